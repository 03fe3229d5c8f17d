"""The runner of the numbered migrations in `sql/store/<dialect>/`."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, text

from qbo_pipeline.sql_files import sql_folder

_LOCK = 7_226_001  # any number: the advisory lock that keeps two upgrades apart on PostgreSQL


class MigrationError(RuntimeError):
    """The store cannot be brought to this version; a person must act."""


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    script: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.script.encode()).hexdigest()


def migrations(dialect: str, folder: Path | None = None) -> list[Migration]:
    """All migrations for a dialect (`sqlite`, `postgresql`), in order; raises `MigrationError` for a gap."""
    files = sorted((folder or sql_folder("store", dialect)).glob("[0-9][0-9][0-9][0-9]_*.sql"))
    found = [Migration(int(file.name[:4]), file.stem, file.read_text(encoding="utf-8")) for file in files]
    for expected, migration in enumerate(found, start=1):
        if migration.number != expected:
            raise MigrationError(f"sql/store/{dialect}: migration {expected:04d} is missing before {migration.name}")
    return found


def upgrade(connection: Connection, dialect: str, now: datetime, folder: Path | None = None) -> list[str]:
    """Apply what is missing, inside the caller's transaction, and answer the names applied.

    Raises `MigrationError` where the database is of a later version than this code, or where an applied migration
    no longer reads as it did.
    """
    if dialect == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    connection.execute(
        text(
            "CREATE TABLE IF NOT EXISTS schema_migrations ("
            "number INTEGER PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL, applied_at TEXT NOT NULL)"
        )
    )
    applied = {row.number: row for row in connection.execute(text("SELECT * FROM schema_migrations"))}
    known = migrations(dialect, folder)
    if applied and max(applied) > len(known):
        raise MigrationError(
            f"the store is at migration {max(applied):04d}, this version of qbo_pipeline knows {len(known):04d}: "
            "upgrade qbo_pipeline, or restore the copy of the store that belongs to this version"
        )
    names = []
    for migration in known:
        before = applied.get(migration.number)
        if before is not None:
            if before.digest != migration.digest:
                raise MigrationError(f"migration {migration.name} was applied in another form: restore the file")
            continue
        _execute(connection, dialect, migration.script)
        connection.execute(
            text("INSERT INTO schema_migrations VALUES (:number, :name, :digest, :applied_at)"),
            {
                "number": migration.number,
                "name": migration.name,
                "digest": migration.digest,
                "applied_at": now.isoformat(),
            },
        )
        names.append(migration.name)
    return names


def _execute(connection: Connection, dialect: str, script: str) -> None:
    for statement in _statements(script) if dialect == "sqlite" else (script,):
        connection.exec_driver_sql(statement)


def _statements(script: str) -> Iterator[str]:
    """The statements of a SQLite script: the driver takes one at a time inside a transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip() and not all(line.startswith("--") or not line.strip() for line in statement.splitlines()):
        raise MigrationError(f"a statement without its semicolon: {statement.strip()[:80]}")
