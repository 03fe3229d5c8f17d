"""How a connection stands: the reasons why it is not in balance, for `run`, `reconcile`, `status`, `verify`, the demo
and Dagster's checks alike.

What belongs here: from what the store says to reasons with their verdicts. The table of verdicts is `verdicts.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from qbo_pipeline.pipeline.counts import DayCount
from qbo_pipeline.verdicts import OF_STATUS, Ground, Verdict


class Reconciled(Protocol):
    """What a reconciliation, new or stored, says of itself."""

    @property
    def status(self) -> str: ...
    @property
    def difference(self) -> Decimal: ...
    @property
    def unexplained(self) -> Decimal: ...


def of_reconciliation(found: Reconciled) -> Iterator[Ground]:
    """Why stock value and ledger do not agree; nothing where they do."""
    verdict = OF_STATUS[found.status]
    if verdict is Verdict.IN_BALANCE:
        return
    amounts = f"difference {found.difference:,.2f}, unexplained {found.unexplained:,.2f}"
    what = {"explained": "every cent has its cause, which somebody must settle", "doubled": "a document stands twice"}
    yield Ground(verdict, f"{amounts}: {what.get(found.status, 'no cause is known for a part of it')}")


def of_counts(broken: Sequence[DayCount]) -> Iterator[Ground]:
    """Records that are lost or doubled, and days whose reading broke off."""
    unread = [count for count in broken if count.rows_read is None]
    wrong = len(broken) - len(unread)
    if wrong:
        yield Ground(Verdict.UNEXPLAINED, f"the counts do not add up for {_number(wrong, 'day')} of a type of record")
    if unread:
        yield Ground(
            Verdict.WAITING,
            f"the reading broke off on {_number(len(unread), 'day')} of a type of record: run them again",
        )


def of_postings(rows: Sequence[Mapping[str, Any]]) -> Iterator[Ground]:
    """Postings that wait, by state."""
    for state in sorted({row["state"] for row in rows}):
        count = sum(row["state"] == state for row in rows)
        yield Ground(Verdict.WAITING, f"{_number(count, 'posting')} {_STATES.get(state, state)}")


def of_copies(rows: Sequence[Mapping[str, Any]]) -> Iterator[Ground]:
    """Copies that people made in QuickBooks of what was posted: each document stands twice."""
    if rows:
        first = rows[0]
        named = f"{first['kind']} {first['number'] or 'Id ' + first['qbo_id']} of {first['day']} ({first['key']})"
        yield Ground(
            Verdict.UNEXPLAINED,
            f"{_number(len(rows), 'document')} copied in QuickBooks, such as {named}: delete the copy",
        )


def of_set_aside(rules: Sequence[str]) -> Iterator[Ground]:
    """Records set aside, each by the rule that it broke; a draft of the inventory system waits for nobody here."""
    count = sum(rule != "draft" for rule in rules)
    if count:
        yield Ground(Verdict.WAITING, f"{_number(count, 'record')} set aside: correct in the inventory system")


def of_refusals(texts: Sequence[str | None]) -> Iterator[Ground]:
    """What a system did not answer."""
    yield from (Ground(Verdict.UNAVAILABLE, text) for text in texts if text)


_STATES = {
    "parked": "parked for a person",
    "unknown": "of unknown outcome",
    "drifted": "changed in QuickBooks",
    "deleted_in_qbo": "deleted in QuickBooks",
    "ready": "ready and not sent",
    "sending": "under way",
}


def _number(count: int, what: str) -> str:
    first, _, rest = what.partition(" ")
    return f"{count:,} {first}{'' if count == 1 else 's'}{' ' + rest if rest else ''}"
