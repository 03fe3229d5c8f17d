"""The differences of a kept reconciliation, page after page, and what moved between two of them.

What belongs here: what the database looks for, orders, counts and adds up, so that a request holds the rows of one page
and no others. What was kept never changes: a page of it is the same whenever it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Text, case, cast, func, or_, select

from qbo_pipeline.store.tables.reconciliation import differences, ledger_balances

AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which differences; what is empty does not count. `document` is a part of a number or a key, `least` an amount
    without its sign. The largest stand first, or with `by_day` the earliest."""

    cause: str = ""
    account: str = ""
    document: str = ""
    least: Decimal | None = None
    first: date | None = None
    last: date | None = None
    by_day: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of `number` rows, which come to `amount` together; pages are counted from 1."""

    rows: list[Any]
    page: int
    number: int
    amount: Decimal = Decimal("0.00")

    @property
    def pages(self) -> int:
        return max(-(-self.number // AT_ONCE), 1)

    @property
    def first(self) -> int:
        """The number of the first row on it, counted from 1."""
        return (self.page - 1) * AT_ONCE + 1


@dataclass(frozen=True, slots=True)
class Moved:
    """A document whose difference, by cause, is another one in the second of two reconciliations."""

    document: str
    cause: str
    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        return self.after - self.before


def listed(connection: Connection, name: str, number: int, wanted: Wanted, page: int) -> Page:
    """A page of the differences that fit; the last page where there are fewer."""
    c = differences.c
    fits = _fits(name, number, wanted)
    count, cents = connection.execute(select(func.count(), func.sum(in_cents(c.amount))).where(*fits)).one()
    found = Page([], page, count, amount_of(cents))
    found = Page([], min(page, found.pages), count, found.amount)
    sorted_by = c.business_date if wanted.by_day else func.abs(in_cents(c.amount)).desc()
    keys = connection.scalars(  # of their keys alone, so that what is sorted is small
        select(c.difference_key)
        .where(*fits)
        .order_by(sorted_by, c.document_key, c.difference_key)
        .limit(AT_ONCE)
        .offset(found.first - 1)
    ).all()
    query = select(differences).where(c.connection == name, c.number == number, c.difference_key.in_(keys))
    rows = {row["difference_key"]: dict(row) for row in connection.execute(query).mappings()}
    return Page([rows[key] for key in keys], found.page, count, found.amount)


def _fits(name: str, number: int, wanted: Wanted) -> list[ColumnElement[bool]]:
    c = differences.c
    found = [c.connection == name, c.number == number]
    if wanted.cause:
        found.append(c.cause == wanted.cause)
    if wanted.account:
        found.append(c.account_id == wanted.account)
    if wanted.document:
        part = wanted.document.lower()
        numbers = (c.source_number, c.qbo_number, c.document_key)
        found.append(or_(*(func.lower(one).contains(part, autoescape=True) for one in numbers)))
    if wanted.least is not None:
        cents = abs(wanted.least).scaleb(2).to_integral_value(ROUND_CEILING)
        found.append(func.abs(in_cents(c.amount)) >= int(cents))
    if wanted.first:
        found.append(c.business_date >= wanted.first)
    if wanted.last:
        found.append(c.business_date <= wanted.last)
    return found


def accounts(connection: Connection, name: str, as_at: date) -> list[tuple[str, str]]:
    """The inventory accounts of a date, as ids and names."""
    c = ledger_balances.c
    query = select(c.account_id, c.account_name).where(c.connection == name, c.as_at == as_at).order_by(c.account_id)
    return [(row.account_id, row.account_name or row.account_id) for row in connection.execute(query)]


def compared(connection: Connection, name: str, first: int, second: int, page: int) -> Page:
    """A page of the documents whose difference, by cause, is not the same in both, as `Moved`; the largest change
    first."""
    c = differences.c
    before, after = (func.sum(case((c.number == one, in_cents(c.amount)), else_=0)) for one in (first, second))
    sums = (
        select(c.document_key, c.cause, before.label("before"), after.label("after"))
        .where(c.connection == name, c.number.in_((first, second)))
        .group_by(c.document_key, c.cause)
        .having(before != after)
        .subquery()
    )
    change = func.abs(sums.c.after - sums.c.before)
    query = (
        select(sums, func.count().over().label("number"))  # of all rows, so that they are added up once
        .order_by(change.desc(), sums.c.document_key, sums.c.cause)
        .limit(AT_ONCE)
        .offset((page - 1) * AT_ONCE)
    )
    rows = connection.execute(query).all()
    if not rows and page > 1:
        return compared(connection, name, first, second, compared(connection, name, first, second, 1).pages)
    moved = [Moved(row.document_key, row.cause, amount_of(row.before), amount_of(row.after)) for row in rows]
    return Page(moved, page, rows[0].number if rows else 0)


def in_cents(column: Any) -> Any:
    """An amount of two places as the whole number of its cents, which every database adds up and orders exactly."""
    return cast(func.replace(cast(column, Text), ".", ""), BigInteger)


def amount_of(cents: Any) -> Decimal:
    """The amount of so many cents; 0.00 of none."""
    return Decimal(int(cents or 0)).scaleb(-2)
