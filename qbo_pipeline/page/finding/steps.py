"""What can be done about differences, as steps that a person orders: `pipeline.corrections` in rows to keep and show.

What belongs here: asking for the steps (QuickBooks and the source are read for it), and those of some documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from qbo_pipeline.errors import PermanentError
from qbo_pipeline.page.companies import PageCompany
from qbo_pipeline.pipeline import corrections
from qbo_pipeline.pipeline.corrections import Correction
from qbo_pipeline.pipeline.latest import latest_reconciliation
from qbo_pipeline.reconciliation.causes import CAUSES
from qbo_pipeline.store.reference import references


class NothingToCorrect(PermanentError):
    """There is no step that the tool could take; the text says about what."""


def found(company: PageCompany, as_at: date | None, keys: Sequence[str]) -> list[dict[str, Any]]:
    """The steps as at a date (that of the newest reconciliation), all of them or those about some postings.

    Raises `NothingReconciled`, `NothingToCorrect`, and what asking QuickBooks raises.
    """
    with company.own_run() as run:
        day = as_at or latest_reconciliation(run).as_at
        steps = corrections.preview(run, day)
    wanted = [step for step in steps if not keys or {step.action.posting_key, step.action.record_key} & set(keys)]
    if not wanted:
        about = "these documents" if keys else "the differences"
        raise NothingToCorrect(
            f"as at {day} the tool has nothing to do about {about}: there is no difference, or the remedy beside its "
            "cause is a person's"
        )
    with company.database.reading() as connection:
        names = {one.qbo_id: one.name for one in references(connection, company.name, "Account")}
    return [_row(step, day, company.settings.connection.currency, names) for step in wanted]


def _row(step: Correction, as_at: date, currency: str, names: dict[str, str]) -> dict[str, Any]:
    action = step.action
    account = names.get(action.account_id, action.account_id)
    preview = action.preview.replace(f"on account {action.account_id}", f"on {account}")
    return {
        "key": step.key, "as_at": as_at.isoformat(), "action": action.action, "cause": CAUSES[action.cause].label,
        "document": action.posting_key or action.record_key or "", "day": action.business_date.isoformat(),
        "amount": str(action.amount), "currency": currency, "approval": action.approval, "preview": preview,
        "differences": len(action.difference_keys),
    }  # fmt: skip
