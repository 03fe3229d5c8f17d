"""The company's one SQLite file (or memory): its tables, and transactions around them."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
    entity TEXT NOT NULL, id INTEGER NOT NULL, active INTEGER NOT NULL, sync INTEGER NOT NULL,
    created TEXT NOT NULL, updated TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (entity, id));
CREATE TABLE IF NOT EXISTS txns (
    id INTEGER PRIMARY KEY, entity TEXT NOT NULL, number TEXT, date TEXT NOT NULL, party_kind TEXT, party INTEGER,
    currency TEXT NOT NULL, total INTEGER NOT NULL, balance INTEGER, sync INTEGER NOT NULL,
    created TEXT NOT NULL, updated TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS txns_number ON txns (entity, number) WHERE number IS NOT NULL;
CREATE INDEX IF NOT EXISTS txns_date ON txns (entity, date);
CREATE INDEX IF NOT EXISTS txns_updated ON txns (entity, updated);
CREATE INDEX IF NOT EXISTS txns_party ON txns (party, party_kind) WHERE party IS NOT NULL;
CREATE TABLE IF NOT EXISTS lines (
    txn INTEGER NOT NULL, n INTEGER NOT NULL, date TEXT NOT NULL, account INTEGER NOT NULL,
    home INTEGER NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL, party_kind TEXT, party INTEGER,
    item INTEGER, qty INTEGER, memo TEXT, class INTEGER, department INTEGER, customer INTEGER,
    PRIMARY KEY (txn, n)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS lines_account ON lines (account, date, home, amount);
CREATE TABLE IF NOT EXISTS links (
    source INTEGER NOT NULL, line INTEGER NOT NULL, target INTEGER NOT NULL, target_line TEXT NOT NULL,
    kind TEXT NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (source, line, target, target_line)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS links_target ON links (target);
CREATE TABLE IF NOT EXISTS moves (
    txn INTEGER NOT NULL, n INTEGER NOT NULL, item INTEGER NOT NULL, date TEXT NOT NULL, qty INTEGER NOT NULL,
    rule TEXT NOT NULL, cost INTEGER NOT NULL, base INTEGER NOT NULL, counter INTEGER NOT NULL, due TEXT,
    PRIMARY KEY (txn, n)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS moves_item ON moves (item, date, txn, n);
CREATE INDEX IF NOT EXISTS moves_due ON moves (due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS sums (
    kind TEXT NOT NULL, id INTEGER NOT NULL, amount INTEGER NOT NULL, home INTEGER NOT NULL,
    PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deleted (
    entity TEXT NOT NULL, id INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (entity, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, content_type TEXT NOT NULL, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS rates (
    currency TEXT NOT NULL, as_of TEXT NOT NULL, rate TEXT NOT NULL, updated TEXT NOT NULL,
    PRIMARY KEY (currency, as_of)) WITHOUT ROWID;
"""
# Columns that came later than their tables: table, column, type.
_ADDED: Final = (("lines", "customer", "INTEGER"),)


def entry_key(id: str) -> int | str:
    """The key of a list entity's row: its number, or the text itself where QBO's own Id is a word (TAX, NON)."""
    return int(id) if id.isascii() and id.isdigit() else id


def row_id(text: str) -> int:
    """The number in an id, or -1 (which no row has) for text that is none: ids are plain digits that fit a row id."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


class Store:
    """One connection. `batch` opens a transaction that may hold many `savepoint`s; each of those stands or falls alone.

    A committed write survives a killed process: the journal is a write-ahead log, written before commit returns.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._db.close)  # of a company that nobody closes, in a test say
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA cache_size = -65536")
        self._upgrade()
        self.execute = self._db.execute
        self.executemany = self._db.executemany

    def _upgrade(self) -> None:
        """Add what a file that is new, or that an earlier version made, does not have yet."""
        self._db.executescript(_TABLES)
        for table, column, kind in _ADDED:
            if column not in {row[1] for row in self._db.execute(f"PRAGMA table_info({table})")}:
                self._db.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")

    def close(self) -> None:
        """Let go of the file; what is not committed is lost."""
        self._db.close()

    def image(self) -> bytes:
        """The whole state as the bytes of a database file."""
        return self._db.serialize()

    def copy_to(self, other: sqlite3.Connection) -> None:
        """Copy the whole state into another connection's file."""
        self._db.backup(other)

    def replace_by(self, other: sqlite3.Connection) -> None:
        """Put another connection's whole state in the place of this one."""
        other.backup(self._db)
        self._upgrade()

    def begin(self) -> None:
        """Open the transaction of a batch."""
        self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make everything since `begin` durable."""
        self._db.execute("COMMIT")

    def rollback(self) -> None:
        """Forget everything since `begin`."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """One operation inside the batch: all of it or nothing."""
        self._db.execute("SAVEPOINT operation")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK TO operation")
                self._db.execute("RELEASE operation")
            raise
        self._db.execute("RELEASE operation")

    def rows(self, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a statement."""
        return self._db.execute(sql, tuple(parameters)).fetchall()

    def row(self, sql: str, parameters: Iterable[Any] = ()) -> tuple[Any, ...] | None:
        """The first row, or None."""
        found: tuple[Any, ...] | None = self._db.execute(sql, tuple(parameters)).fetchone()
        return found

    def value(self, sql: str, parameters: Iterable[Any] = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, parameters)
        return None if found is None else found[0]

    def get_meta(self, key: str) -> str | None:
        """A stored setting of the company itself."""
        found: str | None = self.value("SELECT value FROM meta WHERE key = ?", (key,))
        return found

    def set_meta(self, key: str, value: str) -> None:
        """Store a setting of the company itself."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
