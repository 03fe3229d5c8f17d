"""QBO's ledger lines in the store: read window by window, proved by its balances, replaced only where they changed.

What belongs here: `ledger_lines`, `ledger_windows` and `ledger_balances`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, delete, func, select

from qbo_pipeline.errors import TransientError
from qbo_pipeline.reconciliation.inputs import LEDGER, LEDGER_BALANCES
from qbo_pipeline.store.columns import read_columns
from qbo_pipeline.store.tables.reconciliation import ledger_balances, ledger_lines, ledger_windows

_LINE = tuple(column.name for column in LEDGER if column.name not in ("account_id",))


class LedgerReadError(TransientError):
    """A window whose lines do not lead from its opening to its closing balance: read it again, or in smaller parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerWindow:
    """What QBO answered for one account and the days from `first` to `last`, both included.

    `lines` are mappings of the ledger's columns (`reconciliation.inputs.LEDGER` but for `account_id`), in QBO's order.
    """

    account_id: str
    first: date
    last: date
    opening_balance: Decimal
    closing_balance: Decimal
    lines: Sequence[Mapping[str, Any]]
    read_at: datetime
    run_id: str


@dataclass(frozen=True, slots=True)
class WindowChange:
    """What a window changed in the store: lines that came and lines that went (a changed line is both)."""

    added: int
    removed: int


def replace_window(db: Connection, connection: str, window: LedgerWindow) -> WindowChange:
    """Put a window in the place of what was stored for its days; days that did not change are not written.

    Raises `LedgerReadError` where a line lies outside the window or the lines do not prove the balances.
    """
    _prove(window)
    stored = _stored_days(db, connection, window)
    read = _by_day(window.lines)
    added = removed = 0
    rows: list[dict[str, Any]] = []
    for day in sorted(stored.keys() | read.keys()):
        before, now = stored.get(day, []), read.get(day, [])
        if before == now:
            continue
        removed += len(before)
        added += len(now)
        db.execute(
            delete(ledger_lines).where(*_account(ledger_lines, connection, window), ledger_lines.c.business_date == day)
        )
        head = {"connection": connection, "account_id": window.account_id}
        rows += [head | dict(zip(_LINE, line, strict=True)) | {"line_number": n} for n, line in enumerate(now, start=1)]
    if rows:
        db.execute(ledger_lines.insert(), rows)
    _note_window(db, connection, window)
    return WindowChange(added, removed)


def _prove(window: LedgerWindow) -> None:
    where = f"ledger of account {window.account_id}, {window.first} to {window.last}"
    outside = [line for line in window.lines if not window.first <= line["business_date"] <= window.last]
    if outside:
        raise LedgerReadError(
            f"{where}: {len(outside)} lines are dated outside, the first {outside[0]['business_date']}"
        )
    total = sum((line["amount"] for line in window.lines), start=Decimal(0))
    missing = window.closing_balance - window.opening_balance - total
    if missing:
        raise LedgerReadError(
            f"{where}: opening {window.opening_balance:,} and {len(window.lines)} lines of {total:,} do not make the "
            f"closing balance {window.closing_balance:,}; {missing:,} is missing: read it again in smaller windows"
        )


def _by_day(lines: Iterable[Mapping[str, Any]]) -> dict[date, list[tuple[Any, ...]]]:
    days: dict[date, list[tuple[Any, ...]]] = {}
    for line in lines:
        days.setdefault(line["business_date"], []).append(tuple(line.get(name) for name in _LINE))
    return days


def _account(table: Any, connection: str, window: LedgerWindow) -> tuple[Any, ...]:
    return table.c.connection == connection, table.c.account_id == window.account_id


def _stored_days(db: Connection, connection: str, window: LedgerWindow) -> dict[date, list[tuple[Any, ...]]]:
    query = (
        select(*(ledger_lines.c[name] for name in _LINE))
        .where(
            *_account(ledger_lines, connection, window),
            ledger_lines.c.business_date.between(window.first, window.last),
        )
        .order_by(ledger_lines.c.business_date, ledger_lines.c.line_number)
    )
    return _by_day(row._asdict() for row in db.execute(query))


def _note_window(db: Connection, connection: str, window: LedgerWindow) -> None:
    """Remember the read; windows that it covers go, those that it cuts keep their other days and what those prove."""
    table = ledger_windows
    mine = _account(table, connection, window)
    overlapping = db.execute(
        select(table).where(*mine, table.c.first_day <= window.last, table.c.last_day >= window.first)
    ).all()
    for old in overlapping:
        db.execute(delete(table).where(*mine, table.c.first_day == old.first_day))
        rest = old._asdict()
        if old.first_day < window.first:
            last = window.first - timedelta(days=1)
            closing = old.opening_balance + _sum(db, connection, window, old.first_day, last)
            db.execute(table.insert(), rest | {"last_day": last, "closing_balance": closing})
        if old.last_day > window.last:
            first = window.last + timedelta(days=1)
            opening = old.closing_balance - _sum(db, connection, window, first, old.last_day)
            db.execute(table.insert(), rest | {"first_day": first, "opening_balance": opening})
    db.execute(
        table.insert(),
        {
            "connection": connection,
            "account_id": window.account_id,
            "first_day": window.first,
            "last_day": window.last,
            "opening_balance": window.opening_balance,
            "closing_balance": window.closing_balance,
            "read_at": window.read_at,
            "run_id": window.run_id,
        },
    )


def _sum(db: Connection, connection: str, window: LedgerWindow, first: date, last: date) -> Decimal:
    query = select(ledger_lines.c.amount).where(
        *_account(ledger_lines, connection, window), ledger_lines.c.business_date.between(first, last)
    )
    return sum(db.execute(query).scalars(), start=Decimal(0))


def gaps(db: Connection, connection: str, account_id: str, through: date) -> list[str]:
    """What is not proved up to a day, in plain words: days that no window covers, and windows that do not join.

    An account is whole where every window opens with the balance with which the one before closed.
    """
    table = ledger_windows
    rows = db.execute(
        select(table)
        .where(table.c.connection == connection, table.c.account_id == account_id)
        .order_by(table.c.first_day)
    ).all()
    rows = [row for row in rows if row.first_day <= through]
    if not rows:
        return [f"account {account_id}: nothing was read up to {through}"]
    found = []
    for before, after in pairwise(rows):
        if after.first_day != before.last_day + timedelta(days=1):
            found.append(f"account {account_id}: no window between {before.last_day} and {after.first_day}")
        if after.opening_balance != before.closing_balance:
            found.append(
                f"account {account_id}: {before.last_day} closed with {before.closing_balance:,}, {after.first_day} "
                f"opened with {after.opening_balance:,}: an earlier day changed in QuickBooks, read it again"
            )
    if rows[-1].last_day < through:
        found.append(f"account {account_id}: read up to {rows[-1].last_day}, not to {through}")
    return found


def oldest_read(db: Connection, connection: str, through: date) -> datetime | None:
    """When the oldest window up to a day was read: the ledger is known "as of" then. None where nothing was read."""
    table = ledger_windows
    query = select(func.min(table.c.read_at)).where(table.c.connection == connection, table.c.first_day <= through)
    instant: datetime | None = db.execute(query).scalar_one()
    return instant


def first_read(db: Connection, connection: str) -> date | None:
    """The first day of which the lines of every account were read; None where nothing was read."""
    table = ledger_windows
    own = select(func.min(table.c.first_day)).where(table.c.connection == connection).group_by(table.c.account_id)
    return max(db.execute(own).scalars(), default=None)


def load_ledger(db: Connection, connection: str) -> Any:
    """All stored ledger lines as an Arrow table with the columns of `reconciliation.inputs.LEDGER`."""
    types = {column.name: column.type for column in LEDGER} | {"line_number": pa.int64()}
    query = select(*(ledger_lines.c[name] for name in types)).where(ledger_lines.c.connection == connection)
    order = ("account_id", "business_date", "line_number")
    found = read_columns(db, query, types, by=ledger_lines.c.account_id, order=order)
    return found.drop_columns("line_number").combine_chunks()


def save_balances(
    db: Connection, connection: str, as_at: date, balances: Iterable[tuple[str, str | None, Decimal]], *,
    read_at: datetime, run_id: str,
) -> None:  # fmt: skip
    """Keep QBO's own balances (account, name, balance) as at a date, in the place of those kept before."""
    table = ledger_balances
    db.execute(delete(table).where(table.c.connection == connection, table.c.as_at == as_at))
    names = ("account_id", "account_name", "balance")
    head = {"connection": connection, "as_at": as_at, "read_at": read_at, "run_id": run_id}
    rows = [head | dict(zip(names, row, strict=True)) for row in balances]
    if rows:
        db.execute(table.insert(), rows)


def load_balances(db: Connection, connection: str, as_at: date) -> Any:
    """QBO's balances as at a date with the opening balance of each account's first window, as an Arrow table with the
    columns of `reconciliation.inputs.LEDGER_BALANCES`."""
    windows, table = ledger_windows, ledger_balances
    first = db.execute(
        select(windows.c.account_id, windows.c.opening_balance)
        .where(windows.c.connection == connection)
        .order_by(windows.c.first_day.desc())
    ).all()
    opening = {row.account_id: row.opening_balance for row in first}  # the earliest comes last
    query = (
        select(table.c.account_id, table.c.account_name, table.c.balance)
        .where(table.c.connection == connection, table.c.as_at == as_at)
        .order_by(table.c.account_id)
    )
    rows = [(*row, opening.get(row.account_id)) for row in db.execute(query)]
    columns = zip(*rows, strict=True) if rows else ([] for _ in LEDGER_BALANCES)
    return pa.table(
        {
            column.name: pa.array(list(values), column.type)
            for column, values in zip(LEDGER_BALANCES, columns, strict=True)
        }
    )
