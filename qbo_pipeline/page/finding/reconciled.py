"""Reconciliations that are kept: the list, one with its causes, and who signed.

What belongs here: reading them as they were kept; nothing is reconciled here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from qbo_pipeline.page.finding.differences import amount_of, in_cents
from qbo_pipeline.reconciliation.causes import CAUSES, Cause
from qbo_pipeline.store.reconciliations import load_sign_offs
from qbo_pipeline.store.tables.reconciliation import differences, reconciliations
from qbo_pipeline.verdicts import OF_STATUS, Verdict

AT_ONCE = 100


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
    c = differences.c
    query = (
        select(c.cause, func.count().label("rows"), func.sum(in_cents(c.amount)).label("cents"))
        .where(c.connection == name, c.number == number)
        .group_by(c.cause)
    )
    found = [
        CauseSum(code, meaning(code, "label"), meaning(code, "remedy"), meaning(code, "who"), count, amount_of(cents))
        for code, count, cents in connection.execute(query)
    ]
    return sorted(found, key=lambda cause: (-abs(cause.amount), cause.label))


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
