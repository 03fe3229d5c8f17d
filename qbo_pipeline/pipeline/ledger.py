"""The ledger side: QBO's own general ledger lines of the inventory accounts, read completely and kept in the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import select

from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.days import refuse_before_the_books
from qbo_pipeline.pipeline.ledger_start import BEGINNING, keep_seen, ledger_start
from qbo_pipeline.pipeline.not_read import LEDGER, keep_read
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.identity import marker_in
from qbo_pipeline.quickbooks.entities import ENTITIES
from qbo_pipeline.quickbooks.ledger import LedgerLine, LedgerReport
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.store.ledger_lines import LedgerWindow, replace_window, save_balances
from qbo_pipeline.store.postings import chunks, links_to
from qbo_pipeline.store.reference import references
from qbo_pipeline.store.tables.posting import postings

_IDS_IN_A_QUERY = 30
_TEXTS = tuple(field.name for field in fields(LedgerLine) if field.name not in ("amount", "balance"))


@dataclass(frozen=True, slots=True)
class LedgerRead:
    """What was read, and what of it was new to the store."""

    report: LedgerReport
    added: int
    removed: int

    def totals(self) -> dict[str, int]:
        """Numbers for the run's metadata."""
        return {"lines": len(self.report.lines), "lines_added": self.added, "lines_removed": self.removed}

    def rows(self) -> list[dict[str, Any]]:
        """One row for each account."""
        return [
            {
                "account": item.account_name,
                "balance": f"{item.balance:,.2f}",
                "lines": sum(line.account_id == item.account_id for line in self.report.lines),
            }
            for item in self.report.balances
        ]


def read_ledger(run: Run, as_at: date) -> LedgerRead:
    """Read the inventory accounts up to `as_at`, proved complete, from the first day that changed since the last time.

    What lies before the connection's first day is read as well, so that every line belongs to a document.

    A person may change any day of the past in QBO: its change data capture says which, and the balance with which the
    window opens must be the one that the stored lines before it lead to; else everything is read. Days that did not
    change are not written. Raises `Incomplete` where QBO's answer cannot be proved complete.
    """
    refuse_before_the_books(run.settings, as_at)
    with run.database.reading() as connection:
        books = StoredBooks(connection, run.settings).books
        chart = references(connection, run.name, "Account")
    accounts = sorted(books.accounts_of("inventory"))
    start = ledger_start(run, accounts, as_at)
    first = start.day
    ask = partial(
        run.quickbooks().ledger,
        multi_currency=books.policies.multicurrency,
        history_before=run.settings.connection.first_day,
        known=[item.content for item in chart if item.qbo_id in accounts],
    )
    report = ask(accounts, first, as_at)
    if start.expected is not None and start.expected != {item.account_id: item.opening for item in report.balances}:
        first = BEGINNING
        report = ask(accounts, first, as_at)
    run.progress("ledger lines read", len(report.lines))
    notes = _notes_of_others(run, report)
    keys = _keys_of_markers(run, {marker_in(line.memo) for line in report.lines} | {*notes.values()})
    lines: dict[str, list[dict[str, Any]]] = {account: [] for account in accounts}
    for line in report.lines:
        marker = marker_in(line.memo) or notes.get((line.qbo_type, line.qbo_id))
        row = {name: getattr(line, name) or None for name in _TEXTS}
        lines[line.account_id].append(
            {**row, "amount": line.amount, "balance": line.balance, "marker": keys.get(marker or "")}
        )
    added = removed = 0
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        for balance in report.balances:
            window = LedgerWindow(
                account_id=balance.account_id,
                first=first,
                last=as_at,
                opening_balance=balance.opening,
                closing_balance=balance.balance,
                lines=lines[balance.account_id],
                read_at=now,
                run_id=run.run_id,
            )
            change = replace_window(connection, run.name, window)
            added, removed = added + change.added, removed + change.removed
        balances = [(item.account_id, item.account_name, item.balance) for item in report.balances]
        save_balances(connection, run.name, as_at, balances, read_at=now, run_id=run.run_id)
        keep_seen(connection, run.name, start.seen or report.as_at, now)
        keep_read(connection, run.name, LEDGER)
    return LedgerRead(report, added, removed)


def _notes_of_others(run: Run, report: LedgerReport) -> dict[tuple[str, str], str]:
    """The markers in the notes of objects that no posting is linked to: a copy of ours, or ours whose answer was lost.

    The ledger shows the text of a line where it has one, not the note of the whole, so QBO is asked for the objects:
    a metered read for each 30 of them.
    """
    others: dict[str, set[str]] = defaultdict(set)
    for line in report.lines:
        if line.qbo_type in ENTITIES:
            others[line.qbo_type].add(line.qbo_id)
    found: dict[tuple[str, str], str] = {}
    for entity, ids in sorted(others.items()):
        with run.database.reading() as connection:
            ours = links_to(connection, run.name, entity, ids)
        for chunk in chunks(sorted(ids - set(ours)), _IDS_IN_A_QUERY):
            for thing in run.quickbooks().query(select_objects(entity).where("Id", "IN", tuple(chunk))):
                if marker := marker_in(thing.get("PrivateNote")):
                    found[entity, str(thing["Id"])] = marker
    return found


def _keys_of_markers(run: Run, markers: Collection[str | None]) -> dict[str, str]:
    """Which posting each marker names: a copy that somebody made in QBO carries the original's."""
    found: dict[str, str] = {}
    with run.database.reading() as connection:
        for chunk in chunks(sorted(marker for marker in markers if marker)):
            query = select(postings.c.marker, postings.c.key).where(
                postings.c.connection == run.name, postings.c.marker.in_(chunk)
            )
            found |= {row.marker: row.key for row in connection.execute(query)}
    return found
