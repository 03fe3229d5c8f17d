"""Reconciliations that are kept: the list, one with its causes and documents, two compared, and who signed.

What belongs here: reading them as they were kept; nothing is reconciled here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, and_, or_, select

from qbo_pipeline.reconciliation.causes import CAUSES, Cause
from qbo_pipeline.store.reconciliations import load_sign_offs
from qbo_pipeline.store.tables.reconciliation import differences, reconciliations
from qbo_pipeline.verdicts import OF_STATUS, Verdict

AT_ONCE = 100
_ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Kept:
    """One reconciliation, by the columns of its table, with its verdict and how its date is signed."""

    row: dict[str, Any]
    signed: str

    @property
    def verdict(self) -> Verdict:
        return OF_STATUS[self.row["status"]]

    @property
    def notes(self) -> list[str]:
        return list(orjson.loads(self.row["notes"]))


@dataclass(frozen=True, slots=True)
class CauseSum:
    """What one cause comes to in a reconciliation."""

    code: str
    label: str
    remedy: str
    who: str
    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Moved:
    """A document whose difference is another one in the second of two reconciliations."""

    document: str
    cause: str
    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        return self.after - self.before


def kept(connection: Connection, name: str, before: int | None = None) -> list[Kept]:
    """The newest reconciliations, one more than a page says that there is more."""
    table = reconciliations
    query = select(table).where(table.c.connection == name).order_by(table.c.number.desc()).limit(AT_ONCE + 1)
    if before is not None:
        query = query.where(table.c.number < before)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    signed = _signed(connection, name)
    return [Kept(row, signed.get((row["as_at"], row["content_hash"]), "")) for row in rows]


def one(connection: Connection, name: str, number: int) -> Kept | None:
    """The reconciliation with this number."""
    table = reconciliations
    row = (
        connection.execute(select(table).where(table.c.connection == name, table.c.number == number)).mappings().first()
    )
    if row is None:
        return None
    return Kept(dict(row), _signed(connection, name).get((row["as_at"], row["content_hash"]), ""))


def causes(connection: Connection, name: str, number: int) -> list[CauseSum]:
    """The causes of a reconciliation's differences, the largest first."""
    query = select(differences.c.cause, differences.c.amount).where(
        differences.c.connection == name, differences.c.number == number
    )
    sums: dict[str, list[Decimal]] = defaultdict(list)
    for cause, amount in connection.execute(query):
        sums[cause].append(amount)
    found = [
        CauseSum(code, meaning(code, "label"), meaning(code, "remedy"), meaning(code, "who"), len(own), sum(own, _ZERO))
        for code, own in sums.items()
    ]
    return sorted(found, key=lambda cause: (-abs(cause.amount), cause.label))


def of_cause(
    connection: Connection, name: str, number: int, cause: str, after: tuple[date, str] | None
) -> list[dict[str, Any]]:
    """A page of the differences of one cause, by date; one more than a page says that there is more."""
    c = differences.c
    query = select(differences).where(c.connection == name, c.number == number, c.cause == cause)
    if after:
        day, key = after
        query = query.where(or_(c.business_date > day, and_(c.business_date == day, c.difference_key > key)))
    query = query.order_by(c.business_date, c.difference_key).limit(AT_ONCE + 1)
    return [dict(row) for row in connection.execute(query).mappings()]


def compared(connection: Connection, name: str, first: int, second: int) -> list[Moved]:
    """The documents whose difference, by cause, is not the same in both; the largest change first."""
    sums: dict[tuple[str, str], dict[int, Decimal]] = defaultdict(dict)
    query = select(
        differences.c.number, differences.c.document_key, differences.c.source_number, differences.c.cause,
        differences.c.amount,
    ).where(differences.c.connection == name, differences.c.number.in_((first, second)))  # fmt: skip
    for row in connection.execute(query):
        own = sums[row.document_key, row.cause]
        own[row.number] = own.get(row.number, _ZERO) + row.amount
    moved = [
        Moved(document, meaning(cause, "label"), own.get(first, _ZERO), own.get(second, _ZERO))
        for (document, cause), own in sums.items()
    ]
    return sorted((one for one in moved if one.change), key=lambda one: (-abs(one.change), one.document))


def certificates(connection: Connection, name: str, as_at: date) -> list[Any]:
    """The certificates of a date, the newest first."""
    return [one for _, one in reversed(load_sign_offs(connection, name)) if one.as_at == as_at]


def _signed(connection: Connection, name: str) -> dict[tuple[date, str], str]:
    """By date and content how it is signed, where a certificate holds."""
    found = {}
    for _, sign_off in load_sign_offs(connection, name):
        if sign_off.state != "void":
            found[sign_off.as_at, sign_off.content_hash] = sign_off.state
    return found


def meaning(code: str, what: str) -> str:
    """A cause's words; its code where a later version named it."""
    try:
        return str(getattr(CAUSES[Cause(code)], what))
    except ValueError:
        return code if what == "label" else ""
