"""What a rehearsal found, as data: what one run left in its copy, what failures changed, what people did.

What belongs here: the shapes, and reading what a run left out of its store and its company. How it is told is
`telling.py`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from qbo_pipeline.accounting.preview import totals_by_account
from qbo_pipeline.pipeline.counts import open_postings, set_aside_records
from qbo_pipeline.pipeline.extract import DATED, MASTER_DATA
from qbo_pipeline.pipeline.previewing import lines_of
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.events import POSTED
from qbo_pipeline.quickbooks.meter import CallTotals
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.rehearsal.objects import CompanyObjects, ObjectDifference
from qbo_pipeline.store.postings import counts
from qbo_pipeline.store.tables.posting import postings

AT_ONCE = 500
WAITING = ("parked", "ready", "sending", "unknown", "drifted", "deleted_in_qbo")


@dataclass(frozen=True, slots=True)
class PostingGroup:
    """Postings of one kind in one currency."""

    kind: str
    currency: str
    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class WaitingGroup:
    """Postings or records that wait for one reason; `words` are those of the first of them, `example` its key."""

    kind: str
    why: str
    count: int
    example: str
    words: str


@dataclass(frozen=True, slots=True)
class AccountTotal:
    """What would be debited and credited to an account, in the documents' currency."""

    currency: str
    number: str
    account: str
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True, slots=True)
class RunFindings:
    """What a run left: `night` is what the night said of itself (`night.carry_out`)."""

    night: Mapping[str, Any]
    posted: tuple[PostingGroup, ...]
    accounts: tuple[AccountTotal, ...]
    waits: tuple[WaitingGroup, ...]
    states: Mapping[str, str]  # by key of each posting
    objects: CompanyObjects


@dataclass(slots=True)
class FailureFindings:
    """The second run: what came of the failures, and where it differs from the run without them."""

    failures: Mapping[str, int] = field(default_factory=dict)
    kills: int = 0
    runs: int = 0
    differences: list[ObjectDifference] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)  # key -> how it stands instead
    twice: int = 0
    edits: tuple[str, ...] = ()
    edited: int = 0  # objects of ours that people left otherwise
    noticed: int = 0
    overwritten: list[ObjectDifference] = field(default_factory=list)
    books_after: Mapping[str, Any] | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Everything that a rehearsal found."""

    connection: str
    company: str
    first: date
    last: date
    seed: int
    copied: Mapping[str, int]
    refused: Mapping[str, str]  # lists that the company would not give
    brought_forward: int  # accounts with a balance
    not_brought_forward: Mapping[str, Decimal]  # by the account's name
    company_calls: CallTotals
    read: Mapping[str, Any]
    run: RunFindings
    twice: int
    failures: FailureFindings | None
    seconds: float


def look_at(run: Run, night: Mapping[str, Any], objects: CompanyObjects) -> RunFindings:
    """What the store says of a run that is over."""
    return RunFindings(night, _posted(run), _accounts(run), (*_waits(run), *_set_aside(run)), _states(run), objects)


def _posted(run: Run) -> tuple[PostingGroup, ...]:
    found: dict[tuple[str, str], tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal("0.00")))
    with run.database.reading() as connection:
        for row in counts(connection, run.name):
            if row.state == POSTED:
                count, amount = found[row.entity, row.currency]
                found[row.entity, row.currency] = (count + row.count, amount + row.amount)
    return tuple(PostingGroup(kind, currency, *sums) for (kind, currency), sums in sorted(found.items()))


def _accounts(run: Run) -> tuple[AccountTotal, ...]:
    """The ledger lines of everything that was posted, by account."""
    columns = (postings.c.key, postings.c.entity, postings.c.currency, postings.c.payload)
    query = (
        select(*columns)
        .where(
            postings.c.connection == run.name, postings.c.state == POSTED, postings.c.superseded_by.is_(None),
            postings.c.payload.is_not(None), postings.c.operation.in_(("create", "update")),
        )
        .order_by(postings.c.key)
    )  # fmt: skip
    totals: dict[tuple[str, str, str], tuple[Decimal, Decimal]] = {}
    with run.database.reading() as connection:
        for part in connection.execution_options(yield_per=AT_ONCE).execute(query).partitions(AT_ONCE):
            objects = [(row.entity, from_wire(row.payload)) for row in part]
            with run.database.reading() as names:
                lines = lines_of(names, run, objects)
            for row, own in zip(part, lines, strict=True):
                for (number, account), (debit, credit) in totals_by_account(own).items():
                    place = (row.currency, number, account)
                    before = totals.get(place, (Decimal("0.00"), Decimal("0.00")))
                    totals[place] = (before[0] + debit, before[1] + credit)
    return tuple(AccountTotal(*place, *sums) for place, sums in sorted(totals.items()))


def _waits(run: Run) -> list[WaitingGroup]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in open_postings(run, WAITING):
        why = str(row["reason"] or row["state"]).partition(":")[0]
        found[row["kind"], why].append(row)
    return [
        WaitingGroup(kind, why.replace("_", " "), len(rows), rows[0]["key"], str(rows[0]["reason"] or rows[0]["state"]))
        for (kind, why), rows in sorted(found.items())
    ]


def _set_aside(run: Run) -> list[WaitingGroup]:
    found: dict[tuple[str, str], list[tuple[str, ...]]] = defaultdict(list)
    for row in set_aside_records(run, MASTER_DATA + DATED):
        record, _, _, rule, _ = row
        found[record.partition("/")[0], rule].append(row)
    return [
        WaitingGroup(kind, f"set aside: {rule.replace('_', ' ')}", len(rows), rows[0][0], rows[0][4])
        for (kind, rule), rows in sorted(found.items())
    ]


def _states(run: Run) -> dict[str, str]:
    query = select(postings.c.key, postings.c.state, postings.c.reason).where(
        postings.c.connection == run.name, postings.c.superseded_by.is_(None)
    )
    with run.database.reading() as connection:
        return {
            row.key: f"{row.state} ({row.reason})" if row.reason else row.state for row in connection.execute(query)
        }
