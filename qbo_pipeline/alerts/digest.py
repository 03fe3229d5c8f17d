"""The digest of the morning: one company in ten seconds.

What belongs here: its words, from the same facts as the reports. No name, no document: numbers and causes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from qbo_pipeline.alerts.causes import OPEN_STATES, AlertFacts, Trouble
from qbo_pipeline.pipeline import page_links
from qbo_pipeline.pipeline.counts import open_postings
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.verdicts import OF_STATUS, Verdict, worst

_DAY = timedelta(days=1)
_IN_WORDS = {
    "parked": "not posted", "unknown": "sent, and not known whether they arrived", "drifted": "changed in QuickBooks",
    "deleted_in_qbo": "deleted in QuickBooks",
}  # fmt: skip


def digest_of(facts: AlertFacts, here: Sequence[Trouble]) -> tuple[str, str]:
    """Title and body for one company; `here` are the causes that stand."""
    latest, currency = facts.latest, facts.run.settings.connection.currency
    verdicts = [cause.verdict for cause in here]
    if latest is not None:
        verdicts.append(OF_STATUS[latest.status])
    title = f"{facts.run.name}: {worst(verdicts).word if latest or verdicts else 'nothing reconciled yet'}"
    lines = []
    if latest is not None:
        title += f" as at {latest.as_at}"
        lines += [
            (
                f"Stock value {latest.stock_value:,.2f}, ledger {latest.ledger_balance:,.2f} {currency}: difference "
                f"{latest.difference:,.2f}, unexplained {latest.unexplained:,.2f}."
            )
        ]
    lines.append(f"Posted in the last 24 hours: {_posted(facts):,}.")
    waiting = Counter(row["state"] for row in open_postings(facts.run, OPEN_STATES))
    by_state = ", ".join(f"{count:,} {_IN_WORDS[state]}" for state, count in sorted(waiting.items()))
    lines.append(f"Waiting for somebody: {sum(waiting.values()):,}{f' ({by_state})' if waiting else ''}.")
    lines += [f"- {cause.headline}" for cause in here if cause.verdict is not Verdict.IN_BALANCE]
    if link := page_links.work_list(facts.run.settings):
        lines.append(link)
    return title, "\n".join(lines)


def _posted(facts: AlertFacts) -> int:
    query = select(func.count()).where(
        postings.c.connection == facts.run.name, postings.c.posted_at.is_not(None),
        postings.c.posted_at > facts.now - _DAY,
    )  # fmt: skip
    with facts.run.database.reading() as connection:
        return connection.execute(query).scalar_one()
