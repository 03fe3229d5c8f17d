"""From which day on the ledger has to be read again: nothing before it can have changed since it was read last.

What was read before is proved by its balances; QBO's change data capture says what changed since. Where either cannot
say for sure, everything is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, delete, func, select, update

from qbo_pipeline.instants import parse_instant
from qbo_pipeline.pipeline.drift import linked_since
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.changes import MAX_OBJECTS, Changes
from qbo_pipeline.quickbooks.entities import ENTITIES
from qbo_pipeline.store.ledger_lines import gaps
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.reconciliation import ledger_lines, ledger_windows
from qbo_pipeline.store.tables.records import watermarks

BEGINNING = date(1970, 1, 1)  # of every company's books: no entry is older
OVERLAP = timedelta(minutes=5)
_NAME = "ledger_changes"
_NOT_POSTING = ("Estimate", "PurchaseOrder")


@dataclass(frozen=True, slots=True)
class LedgerStart:
    """`day` is the first to read. `expected` is, for each account, the balance with which it must open for the lines
    before it still to hold; `None` where everything is read. `seen` is QBO's own time up to which changes are known;
    `None` where that is what the reading itself says."""

    day: date
    expected: dict[str, Decimal] | None
    seen: datetime | None


def ledger_start(run: Run, accounts: Sequence[str], as_at: date) -> LedgerStart:
    """Ask QBO what changed since the last reading: one metered read, more where it is more than 1,000 objects; none
    where there is nothing to compare with."""
    names = [name for name, item in ENTITIES.items() if item.transaction and item.changes and name not in _NOT_POSTING]
    with run.database.reading() as connection:
        since = connection.execute(
            select(watermarks.c.value).where(watermarks.c.connection == run.name, watermarks.c.name == _NAME)
        ).scalar_one_or_none()
        proved = since is not None and _proved_through(connection, run.name, accounts)
        written = linked_since(connection, run.name, parse_instant(since) - OVERLAP) if since else {}
    if since is None or not proved or any(count >= MAX_OBJECTS for count in written.values()):
        return LedgerStart(BEGINNING, None, None)  # nothing to compare with, or more changed than an answer holds
    changes = run.quickbooks().changes([*names, "Item"], parse_instant(since) - OVERLAP, completed=False)
    tracked = any(item.get("Type") == "Inventory" for item in changes.objects.get("Item", ()))
    if not changes.complete or tracked:
        return LedgerStart(BEGINNING, None, changes.as_at)
    with run.database.reading() as connection:
        days = [proved + timedelta(days=1), as_at, *_days_of(connection, run.name, changes, names)]
        day = max(min(days), BEGINNING)
        return LedgerStart(day, _balances_before(connection, run.name, accounts, day), changes.as_at)


def keep_seen(connection: Connection, name: str, seen: datetime | None, now: datetime) -> None:
    """Remember up to when QBO's changes are known, in the transaction that wrote what they brought. Where QBO did not
    say what time it was, nothing is known, and the next reading is from the beginning."""
    connection.execute(delete(watermarks).where(watermarks.c.connection == name, watermarks.c.name == _NAME))
    if seen is not None:
        row = {"connection": name, "name": _NAME, "value": seen.isoformat(), "moved_at": now}
        connection.execute(watermarks.insert(), row)
    # What was not read again is as it was: its windows hold as of now too.
    connection.execute(update(ledger_windows).where(ledger_windows.c.connection == name).values(read_at=now))


def _proved_through(connection: Connection, name: str, accounts: Sequence[str]) -> date | None:
    """The last day up to which every account was read from the beginning without a gap."""
    windows = ledger_windows.c
    query = select(windows.account_id, func.max(windows.last_day)).where(windows.connection == name)
    whole = func.min(windows.first_day) <= BEGINNING
    last = {row[0]: row[1] for row in connection.execute(query.group_by(windows.account_id).having(whole))}
    if any(account not in last for account in accounts):
        return None
    through = min(last[account] for account in accounts)
    return None if any(gaps(connection, name, account, through) for account in accounts) else through


def _days_of(connection: Connection, name: str, changes: Changes, names: Sequence[str]) -> list[date]:
    """The days that changed objects have now, and those on which the store has their lines."""
    days: list[date] = []
    for entity in names:
        things = changes.objects.get(entity, [])
        days += [date.fromisoformat(thing["TxnDate"]) for thing in things if "TxnDate" in thing]
        ids = sorted({str(thing["Id"]) for thing in [*things, *changes.deleted.get(entity, ())]})
        for chunk in chunks(ids):
            query = select(func.min(ledger_lines.c.business_date)).where(
                ledger_lines.c.connection == name, ledger_lines.c.qbo_type == entity, ledger_lines.c.qbo_id.in_(chunk)
            )
            before = connection.execute(query).scalar_one()
            days += [before] if before is not None else []
    return days


def _balances_before(connection: Connection, name: str, accounts: Sequence[str], day: date) -> dict[str, Decimal]:
    found = {}
    for account in accounts:
        mine = (ledger_lines.c.connection == name, ledger_lines.c.account_id == account)
        opening = connection.execute(
            select(ledger_windows.c.opening_balance)
            .where(ledger_windows.c.connection == name, ledger_windows.c.account_id == account)
            .order_by(ledger_windows.c.first_day)
            .limit(1)
        ).scalar_one()
        lines = connection.scalars(select(ledger_lines.c.amount).where(*mine, ledger_lines.c.business_date < day))
        found[account] = sum(lines, opening)
    return found
