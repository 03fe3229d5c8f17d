"""The runner of the numbered migrations in `sql/store/<dialect>/`."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from qbo_pipeline.errors import PermanentError
from qbo_pipeline.sql_files import sql_folder

_LOCK = 7_226_001  # any number: the advisory lock that keeps two upgrades apart on PostgreSQL


class MigrationError(PermanentError):
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


@dataclass(frozen=True, slots=True)
class Applied:
    """A row of `schema_migrations`: what was applied and how it read."""

    name: str
    digest: str


def applied(connection: Connection) -> dict[int, Applied]:
    """What was applied to this database, by number; number 0 is the report views. Empty where it has no tables."""
    if not inspect(connection).has_table("schema_migrations"):
        return {}
    rows = connection.execute(text("SELECT number, name, digest FROM schema_migrations"))
    return {row.number: Applied(row.name, row.digest) for row in rows}


def missing(known: Sequence[Migration], before: Mapping[int, Applied]) -> list[Migration]:
    """The migrations that are still to be applied.

    Raises `MigrationError` where the database is of a later version than this code, or where an applied migration
    no longer reads as it did.
    """
    if max(before, default=0) > len(known):
        raise MigrationError(
            f"the store is at migration {max(before):04d}, this version of qbo_pipeline knows {len(known):04d}: "
            "upgrade qbo_pipeline, or restore the copy of the store that belongs to this version"
        )
    for migration in known:
        if migration.number in before and before[migration.number].digest != migration.digest:
            raise MigrationError(f"migration {migration.name} was applied in another form: restore the file")
    return [migration for migration in known if migration.number not in before]


def lock(connection: Connection, dialect: str) -> None:
    """Keep other upgrades away until the transaction ends; on SQLite the writing transaction does."""
    if dialect == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def upgrade(connection: Connection, dialect: str, now: datetime, folder: Path | None = None) -> list[str]:
    """Apply what is missing, inside the caller's transaction, and answer the names applied.

    Raises `MigrationError` as `missing` does.
    """
    lock(connection, dialect)
    pending = missing(migrations(dialect, folder), applied(connection))
    for migration in pending:
        run_script(connection, dialect, migration.script)
        note(connection, migration.number, Applied(migration.name, migration.digest), now)
    return [migration.name for migration in pending]


def note(connection: Connection, number: int, done: Applied, now: datetime) -> None:
    """Remember what was applied, in the place of what stood there."""
    connection.execute(
        text(
            "CREATE TABLE IF NOT EXISTS schema_migrations ("
            "number INTEGER PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL, applied_at TEXT NOT NULL)"
        )
    )
    connection.execute(text("DELETE FROM schema_migrations WHERE number = :number"), {"number": number})
    connection.execute(
        text("INSERT INTO schema_migrations VALUES (:number, :name, :digest, :applied_at)"),
        {"number": number, "name": done.name, "digest": done.digest, "applied_at": now.isoformat()},
    )


def run_script(connection: Connection, dialect: str, script: str) -> None:
    """Run the statements of a file."""
    for statement in _statements(script) if dialect == "sqlite" else (script,):
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})  # a % is a %


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
