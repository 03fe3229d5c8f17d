"""The newest reconciliation that the store has: what `status`, the demo and Dagster's checks say of it.

What belongs here: looking, without the engine that reconciles and the frames that it needs. To reconcile is in
`reconcile.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from qbo_pipeline.errors import PermanentError
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.store.reconciled import difference_rows, newest_summary


class NothingReconciled(PermanentError):
    """There is no reconciliation in the store yet."""


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest reconciliation in the store, with its differences as rows."""

    as_at: date
    status: str
    stock_value: Decimal
    ledger_balance: Decimal
    difference: Decimal
    unexplained: Decimal
    content_hash: str
    made_at: datetime
    differences: list[dict[str, Any]]


def latest_reconciliation(run: Run, as_at: date | None = None) -> Latest:
    """The newest reconciliation in the store (as at a date); raises `NothingReconciled` where there is none."""
    with run.database.reading() as connection:
        summary = newest_summary(connection, run.name, as_at)
        if summary is None:
            raise NothingReconciled(f"{run.name}: nothing has been reconciled yet")
        rows = difference_rows(connection, run.name, summary["number"], summary["as_at"])
    names = [name for name in Latest.__slots__ if name != "differences"]
    return Latest(**{name: summary[name] for name in names}, differences=rows)
