"""Reconciliations over time: how old differences are, the roll-forward, one document through all of them, the archive.

What belongs here: reading what was kept; nothing is reconciled here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, and_, case, exists, func, select

from qbo_pipeline.page.finding.differences import amount_of, in_cents
from qbo_pipeline.page.finding.reconciled import meaning
from qbo_pipeline.reconciliation.result_frames import AGEING_BUCKETS
from qbo_pipeline.reconciliation.signoff import SignOff
from qbo_pipeline.store.reconciliations import load_sign_offs
from qbo_pipeline.store.signed_reports import load_reports
from qbo_pipeline.store.tables.page import difference_notes
from qbo_pipeline.store.tables.reconciliation import differences, reconciliations, roll_forwards

_ZERO = Decimal("0.00")
_LAST_DAYS = (7, 30, 60, 90)  # of `AGEING_BUCKETS`, but for the last one


@dataclass(frozen=True, slots=True)
class AgeOfCause:
    """What is open of one cause by age: count and amount in each of `AGEING_BUCKETS`; `new` are seen for the first
    time, `cleared` are those of the reconciliation before that are gone."""

    label: str
    cells: list[tuple[int, Decimal]]
    new: int
    carried: int
    cleared: int


def ageing(connection: Connection, name: str, row: Mapping[str, Any]) -> list[AgeOfCause]:
    """The differences of a reconciliation by cause and by age in days, the oldest amounts first."""
    c, number = differences.c, row["number"]
    earlier = _number_before(connection, name, row)
    last = len(AGEING_BUCKETS) - 1
    place = case(
        *((c.business_date >= row["as_at"] - timedelta(days=days), at) for at, days in enumerate(_LAST_DAYS)),
        else_=last,
    )  # fmt: skip
    query = (
        select(c.cause, place.label("place"), func.count(), func.sum(in_cents(c.amount)))
        .where(c.connection == name, c.number == number)
        .group_by(c.cause, "place")  # by its name: to PostgreSQL the expression twice is two
    )
    cells: dict[str, list[tuple[int, Decimal]]] = {}
    for cause, at, count, cents in connection.execute(query):
        cells.setdefault(cause, [(0, _ZERO)] * len(AGEING_BUCKETS))[at] = (count, amount_of(cents))
    new = _only_there(connection, name, number, earlier)
    cleared = _only_there(connection, name, earlier, number)
    for cause in cleared:
        cells.setdefault(cause, [(0, _ZERO)] * len(AGEING_BUCKETS))
    found = [
        AgeOfCause(
            meaning(cause, "label"), own, new.get(cause, 0),
            sum(count for count, _ in own) - new.get(cause, 0), cleared.get(cause, 0),
        )
        for cause, own in cells.items()
    ]  # fmt: skip
    return sorted(found, key=lambda one: ([-abs(amount) for _, amount in reversed(one.cells)], one.label))


def _only_there(connection: Connection, name: str, number: int | None, other: int | None) -> dict[str, int]:
    """By cause how many differences of a reconciliation the other one does not have."""
    mine, its = differences.alias(), differences.alias()
    query = select(mine.c.cause, func.count().label("lines")).where(mine.c.connection == name, mine.c.number == number)
    there = exists().where(
        its.c.connection == name, its.c.number == other, its.c.difference_key == mine.c.difference_key
    )
    rows = connection.execute(query.where(~there).group_by(mine.c.cause))
    return {row.cause: row.lines for row in rows}


def _number_before(connection: Connection, name: str, row: Mapping[str, Any]) -> int | None:
    """The last reconciliation of this date or an earlier one that was made before."""
    c = reconciliations.c
    query = (
        select(c.number)
        .where(c.connection == name, c.as_at <= row["as_at"], c.number < row["number"])
        .order_by(c.as_at.desc(), c.number.desc())
        .limit(1)
    )
    found: int | None = connection.execute(query).scalar()
    return found


@dataclass(frozen=True, slots=True)
class RollForward:
    """From the close of the last signed period to the date: `lines` are name, source, ledger; `signed` what was signed
    of both at the opening. `holds` says whether the lines add up to what was reconciled."""

    lines: list[tuple[str, Decimal, Decimal]]
    signed: tuple[Decimal, Decimal] | None
    holds: bool


def roll_forward(connection: Connection, name: str, row: Mapping[str, Any]) -> RollForward | None:
    """The roll-forward of a reconciliation over all its accounts; `None` for one from before it was kept."""
    c = roll_forwards.c
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    agreed: list[tuple[Decimal, Decimal]] = []
    for one in connection.execute(
        select(roll_forwards).where(c.connection == name, c.number == row["number"]).order_by(c.place)
    ):
        source, ledger = sums.get(one.line, (_ZERO, _ZERO))
        sums[one.line] = (source + one.source, ledger + one.ledger)
        if one.signed_source is not None:
            agreed.append((one.signed_source, one.signed_ledger))
    if not sums:
        return None
    closing = sums.pop("closing", (_ZERO, _ZERO))
    moved = [sum((pair[side] for pair in sums.values()), _ZERO) for side in (0, 1)]
    holds = (*moved,) == closing == (row["stock_value"], row["ledger_balance"])
    lines = [(line, *pair) for line, pair in sums.items() if any(pair) or line == "opening"]
    signed = (sum((one for one, _ in agreed), _ZERO), sum((one for _, one in agreed), _ZERO)) if agreed else None
    return RollForward([*lines, ("closing", *closing)], signed, holds)


@dataclass(frozen=True, slots=True)
class OfDocument:
    """What one document came to in one reconciliation."""

    number: int
    as_at: date
    amount: Decimal
    cause: str


def of_document(connection: Connection, name: str, document_key: str) -> list[OfDocument]:
    """The differences of a document through all reconciliations, the newest first."""
    c, r = differences.c, reconciliations.c
    query = (
        select(c.number, r.as_at, c.cause, c.amount)
        .join(reconciliations, and_(r.connection == c.connection, r.number == c.number))
        .where(c.connection == name, c.document_key == document_key)
        .order_by(c.number.desc(), c.cause)
    )
    found: dict[tuple[int, date, str], Decimal] = {}
    for row in connection.execute(query):
        place = (row.number, row.as_at, meaning(row.cause, "label"))
        found[place] = found.get(place, _ZERO) + row.amount
    return [OfDocument(number, as_at, amount, cause) for (number, as_at, cause), amount in found.items()]


def remarked_documents(connection: Connection, name: str, number: int) -> dict[str, Decimal]:
    """By key of each document with a difference in a reconciliation and a remark on it, what it comes to."""
    c = differences.c
    noted = select(difference_notes.c.document_key).where(difference_notes.c.connection == name)
    query = (
        select(c.document_key, func.sum(in_cents(c.amount)))
        .where(c.connection == name, c.number == number, c.document_key.in_(noted))
        .group_by(c.document_key)
    )
    return {key: amount_of(cents) for key, cents in connection.execute(query)}


@dataclass(frozen=True, slots=True)
class SignedPeriod:
    """A certificate with the reconciliation that it is about, and the forms in which its report is kept."""

    number: int
    sign_off: SignOff
    reconciliation: int | None
    forms: tuple[str, ...]


def archive(connection: Connection, name: str) -> list[SignedPeriod]:
    """Every certificate that two people signed, void ones too, the newest date first."""
    kept_reports = load_reports(connection, name)
    c = reconciliations.c
    found = []
    for number, sign_off in load_sign_offs(connection, name):
        if sign_off.reviewer is None:
            continue
        about = connection.execute(
            select(func.max(c.number)).where(
                c.connection == name, c.as_at == sign_off.as_at, c.content_hash == sign_off.content_hash
            )
        ).scalar()
        forms = tuple(form for form in ("page", "workbook") if (number, form) in kept_reports)
        found.append(SignedPeriod(number, sign_off, about, forms))
    return sorted(found, key=lambda one: (one.sign_off.as_at, one.number), reverse=True)
