"""Choosing postings by what a person says of them: state, reason, kind, entity, party, days, run, amount.

What belongs here: the filter, its check, and the query. What is then decided about what was chosen is elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson
from sqlalchemy import Connection, Text, and_, cast, not_, or_, select

from qbo_pipeline.inventory.checks import PARTY_OF
from qbo_pipeline.inventory.records import DOCUMENT_KINDS, MOVEMENT_KINDS, PARTY_KINDS, PAYMENT_KINDS
from qbo_pipeline.posting.persons import NotPossible
from qbo_pipeline.posting.reversal import REVERSAL_MARK
from qbo_pipeline.posting.states import Operation, State
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.shares import OF_RECORD
from qbo_pipeline.store.tables.posting import posting_records, postings
from qbo_pipeline.store.tables.records import UNDATED, record_revisions, records

TYPES = ("document", "movement", "payment")
KINDS = (*TYPES, *DOCUMENT_KINDS, *MOVEMENT_KINDS, *PAYMENT_KINDS)
RUN_DIGITS = 8  # of a run's id, as Dagster shows it: so many name a run

_P, _R = postings.c, posting_records.c
_KEY = records.c.record_type + "/" + records.c.record_id
_SHOWN = (
    "key", "revision", "record_key", "entity", "operation", "business_date", "amount", "currency", "payload", "origin",
    "number", "state", "reason", "message", "qbo_id", "qbo_number",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which postings: all conditions hold together, and of several values of one condition any.

    `kinds` are the source's kinds of records, or `document`, `movement`, `payment`; `party` the number, id or name of a
    customer or supplier; `first` and `last` business dates; `run_id` (or its beginning) the run that read the records,
    new or changed, of which the postings were made; `over` and `under` amounts without sign, in the posting's currency,
    themselves left out; `keys` those of the postings, at most a few hundred.
    """

    states: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    party: str | None = None
    first: date | None = None
    last: date | None = None
    run_id: str | None = None
    over: Decimal | None = None
    under: Decimal | None = None
    keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for what, given, known in (("state", self.states, tuple(State)), ("kind", self.kinds, KINDS)):
            if unknown := [name for name in given if name not in known]:
                raise NotPossible(f"there is no {what} {', '.join(map(repr, unknown))}; there are {', '.join(known)}")
        for name in self.entities:
            try:
                entity_named(name)
            except ValueError as error:
                raise NotPossible(str(error)) from None
        if self.first is not None and self.last is not None and self.last < self.first:
            raise NotPossible(f"the last day {self.last} is before the first {self.first}")
        if self.run_id is not None and len(self.run_id) < RUN_DIGITS:
            raise NotPossible(f"{self.run_id!r} names no run: give its id, or at least its first {RUN_DIGITS} digits")

    @property
    def says_nothing(self) -> bool:
        """Whether it is met by every posting."""
        return all(getattr(self, field.name) in (None, ()) for field in fields(self))


def amount_of(text: str, field: str) -> Decimal:
    """An amount as a person types it; raises `NotPossible` for what is none."""
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise NotPossible(f"{field}: {text!r} is no amount: write it as 1250.00, without sign and currency")
    return amount


def chosen(reading: Connection, name: str, wanted: Filter, *conditions: Any) -> list[dict[str, Any]]:
    """The newest revisions that meet the filter and further SQL conditions, by date and key: columns of `postings`.

    Raises `NotPossible` for a party or a run of which nothing is known.
    """
    query = select(*(_P[column] for column in _SHOWN)).where(
        _P.connection == name, _P.superseded_by.is_(None), _P.state != State.SUPERSEDED, *_meets(reading, name, wanted)
    )
    rows = reading.execute(query.where(*conditions).order_by(_P.business_date, _P.key)).mappings()
    found = [dict(row) for row in rows if _is_between(row["amount"], wanted)]
    if wanted.party is None:
        return found
    sides = _parties(reading, name, wanted.party)
    having = _of_parties(reading, name, [row["key"] for row in found], sides)
    return [row for row in found if row["key"] in having]


def reversed_on_a_day(name: str) -> Any:
    """Keys of postings whose newest revision has a reversal that stands on a day of its own, as a query."""
    newest, reversal = postings.alias(), postings.alias()
    key = newest.c.key + REVERSAL_MARK + cast(newest.c.revision, Text)
    together = and_(reversal.c.connection == newest.c.connection, reversal.c.key == key)
    gone = and_(reversal.c.operation.in_((Operation.VOID, Operation.DELETE)), reversal.c.state == State.POSTED)
    standing = and_(newest.c.superseded_by.is_(None), reversal.c.superseded_by.is_(None), not_(gone))
    return select(newest.c.key).join(reversal, together).where(newest.c.connection == name, standing)


def _meets(reading: Connection, name: str, wanted: Filter) -> list[Any]:
    met: list[Any] = []
    for column, values in ((_P.state, wanted.states), (_P.reason, wanted.reasons), (_P.entity, wanted.entities)):
        if values:
            met.append(column.in_(values))
    if wanted.first is not None:
        met.append(_P.business_date >= wanted.first)
    if wanted.last is not None:
        met.append(_P.business_date <= wanted.last)
    if wanted.first is not None or wanted.last is not None:
        met.append(_P.business_date != UNDATED)  # a list entry has no date: days say nothing of it
    if wanted.keys:
        met.append(_P.key.in_(wanted.keys))
    if wanted.kinds:
        met.append(_has_record(name, or_(records.c.kind.in_(wanted.kinds), records.c.record_type.in_(wanted.kinds))))
    if wanted.run_id is not None:
        met.append(_of_run(reading, name, wanted.run_id))
    return met


def _has_record(name: str, condition: Any) -> Any:
    """A share of the posting is a record's that meets the condition."""
    share = select(_R.key).join(records, and_(records.c.connection == name, _R.record_key == _KEY))
    return share.where(OF_RECORD, condition).correlate(postings).exists()


def _of_run(reading: Connection, name: str, run_id: str) -> Any:
    """A share of the posting is of a content that this run read: the record's newest, or a revision that it had."""
    tables = (records, record_revisions)
    ids = {
        found
        for table in tables
        for found in reading.scalars(
            select(table.c.run_id).where(table.c.connection == name, table.c.run_id.startswith(run_id, autoescape=True))
        )
    }
    if len(ids) != 1:
        said = "several runs are meant by" if ids else "nothing that is kept was read, new or changed, by a run"
        raise NotPossible(f"{said} {run_id!r}: look up its id in Dagster, or in the report that it wrote")
    (whole,) = ids
    return or_(*(_share_read_by(name, table, whole) for table in tables))


def _share_read_by(name: str, table: Any, run_id: str) -> Any:
    key = table.c.record_type + "/" + table.c.record_id
    content = and_(table.c.connection == name, key == _R.record_key, table.c.content_hash == _R.record_hash)
    share = select(_R.key).join(table, content).where(OF_RECORD, table.c.run_id == run_id)
    return share.correlate(postings).exists()


def _is_between(amount: Decimal, wanted: Filter) -> bool:
    size = abs(amount)
    return (wanted.over is None or size > wanted.over) and (wanted.under is None or size < wanted.under)


def _parties(reading: Connection, name: str, said: str) -> set[tuple[str, str]]:
    """(customer or supplier, its id) of everybody whose id, number or name this is."""
    query = select(records.c.kind, records.c.number, records.c.content)
    rows = reading.execute(query.where(records.c.connection == name, records.c.record_type == "party"))
    found = set()
    for row in rows:
        party = orjson.loads(row.content)
        if said in (party.get("party_id"), row.number) or said.casefold() == str(party.get("name", "")).casefold():
            found.add((row.kind, party["party_id"]))
    if not found:
        raise NotPossible(f"there is no {' or '.join(PARTY_KINDS)} with the number, id or name {said!r}")
    return found


def _of_parties(reading: Connection, name: str, keys: Sequence[str], sides: set[tuple[str, str]]) -> set[str]:
    """Which of these postings have a share of a record of these parties."""
    having = set()
    for part in chunks(keys):
        query = select(_R.key, records.c.kind, records.c.content).join(
            records, and_(records.c.connection == name, _R.record_key == _KEY)
        )
        newest = select(_P.key).where(OF_RECORD, _P.superseded_by.is_(None)).exists()
        for row in reading.execute(query.where(_R.connection == name, _R.key.in_(part), newest)):
            side = PARTY_OF.get(row.kind, row.kind)
            if (side, orjson.loads(row.content).get("party_id")) in sides:
                having.add(row.key)
    return having
