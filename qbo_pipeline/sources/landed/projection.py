"""What has landed, as rows of the contract: a SQLite file of this machine that can be made anew at any time.

What belongs here: the file, its tables, and the bookkeeping of which day changed. How an object becomes rows is the
system's own (`System`); the rules of the contract are applied by `SqlSource`, which reads the file as any database.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from qbo_pipeline.bounded_files import make_private
from qbo_pipeline.inventory.columns import COLUMNS
from qbo_pipeline.sources.errors import Problem, SourceError, SourceUnavailable
from qbo_pipeline.sources.landed.objects import Landed, Landing

Row = dict[str, Any]
Rows = Mapping[str, Iterable[Row]]
"""By table, rows; a value is text, a whole number or `None`, so that no amount is ever binary floating point."""

_WAIT_SECONDS = 120


class System(Protocol):
    """How one system's objects become rows.

    `version` changes whenever the rows would: every object is then made into rows again; so it is when the rows of a
    kind in `looked_up` change, for others were read by it. `staging` are tables of the system's own beside those of
    the contract, by name their columns; what `finish` has to look at again is found by their column `task_id`.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def looked_up(self) -> frozenset[str]: ...

    @property
    def staging(self) -> Mapping[str, tuple[str, ...]]: ...

    def rows(self, landed: Landed, projection: Projection) -> Rows:
        """The rows of one object, by table."""
        ...

    def finish(self, projection: Projection, at: str) -> None:
        """Make the rows that several objects give together, of what was touched until the instant `at`."""
        ...


class Projection:
    """The file while it is brought up to date: one transaction, seen by readers when all of it is done.

    `tasks` are the values of `task_id` whose staging rows changed, `owners` the objects that changed.
    """

    def __init__(self, db: sqlite3.Connection, system: System, stamp: str | None) -> None:
        self.tasks: set[str] = set()
        self.owners: set[str] = set()
        self._db = db
        self._stamp = stamp
        self._columns = _tables(system)

    def select(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """All rows of a SELECT; the rows of the table `x` with their owner are in `x_rows`."""
        return self._db.execute(statement, values).fetchall()

    def each(self, statement: str, *values: Any) -> Iterator[sqlite3.Row]:
        """The same, one by one: nothing of the tables that it names may change meanwhile."""
        yield from self._db.execute(statement, values)

    def replace(self, owner: str, rows: Rows, at: str, tables: Collection[str] | None = None) -> set[str]:
        """Put these rows in the place of those that the owner has; answers the tables in which something changed.

        The days of dated rows of a table that changed count as changed at `at`.
        """
        wanted = {table: [self._full(table, row) for row in found] for table, found in rows.items()}
        changed: set[str] = set()
        days: set[str] = set()
        for table in tables or self._columns:
            columns = self._columns[table]
            query = f"SELECT {', '.join(columns)} FROM {table}_rows WHERE owner = ?"
            before = {_as_text(tuple(row)) for row in self._db.execute(query, (owner,))}
            after = wanted.get(table, [])
            others = before ^ {_as_text(row) for row in after}
            if not others:
                continue
            changed.add(table)
            self.owners.add(owner)
            for column, found in (("task_id", self.tasks), ("business_date", days)):
                if column in columns:
                    position = columns.index(column)
                    found |= {value for row in others if (value := row[position])}
            self._db.execute(f"DELETE FROM {table}_rows WHERE owner = ?", (owner,))
            marks = ", ".join("?" * (len(columns) + 1))
            self._db.executemany(
                f"INSERT INTO {table}_rows (owner, {', '.join(columns)}) VALUES ({marks})",
                [(owner, *row) for row in after],
            )
        for day in days:
            self.day_changed(day, at)
        return changed

    def day_changed(self, day: str, at: str) -> None:
        """Something of this day is another one since `at`; in a file that is made anew, since its making."""
        self._db.execute(
            "INSERT INTO changed_days_rows (owner, business_date, changed_at) VALUES ('', ?, ?)"
            " ON CONFLICT (business_date) DO UPDATE SET changed_at = max(changed_at, excluded.changed_at)",
            (day, self._stamp or at),
        )

    def _full(self, table: str, row: Row) -> tuple[Any, ...]:
        columns = self._columns[table]
        assert set(row) <= set(columns), f"{table} has no column {sorted(set(row) - set(columns))}"
        return tuple(row.get(name) for name in columns)


def catch_up(path: Path, landing: Landing, system: System) -> None:
    """Bring the file up to date with the landing; made anew where it is none that can go on.

    Raises `SourceUnavailable` where another process keeps the file too long, `SourceError` where it cannot be written.
    """
    try:
        make_private(path)
        with closing(sqlite3.connect(path, isolation_level=None, timeout=_WAIT_SECONDS)) as db:
            db.row_factory = sqlite3.Row
            db.execute("BEGIN IMMEDIATE")
            try:
                version = f"{system.name} {system.version} {landing.identity()}"
                if not _continue(db, landing, system, version, _done(db, version)):
                    _continue(db, landing, system, version, None)
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
    except (OSError, sqlite3.OperationalError, sqlite3.DatabaseError) as error:
        locked = "locked" in str(error)
        remedy = (
            "Run it again" if locked else "See that the folder can be written and has room; the file may be deleted"
        )
        problem = Problem("cannot keep what has landed as rows", str(path), str(error), remedy)
        raise (SourceUnavailable if locked else SourceError)(problem) from error


def _continue(db: sqlite3.Connection, landing: Landing, system: System, version: str, done: int | None) -> bool:
    """Take in what landed since the change `done`, or all of it; `False` where all of it has to be made anew."""
    stamp = None
    if done is None:
        _make(db, system, version)
        stamp = datetime.now(UTC).isoformat(timespec="microseconds")
    projection = Projection(db, system, stamp)
    number = at = None
    for landed in landing.changed_after(done or 0):
        at = landed.changed_at.astimezone(UTC).isoformat(timespec="microseconds")
        rows: Rows = {} if landed.vanished else system.rows(landed, projection)
        changed = projection.replace(f"{landed.kind}/{landed.object_id}", rows, at)
        if changed and done and landed.kind in system.looked_up:
            return False
        number = landed.change_number
    if number is not None and at is not None:
        system.finish(projection, at)
        db.execute("UPDATE _projection SET done = ?", (number,))
    return True


def _done(db: sqlite3.Connection, version: str) -> int | None:
    """The last change in the file; `None` where it is new, of another version or made from another landing."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = '_projection'").fetchone():
        return None
    row = db.execute("SELECT * FROM _projection").fetchone()
    return row["done"] if row and row["version"] == version else None


def _make(db: sqlite3.Connection, system: System, version: str) -> None:
    for kind, name in db.execute("SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view')").fetchall():
        db.execute(f'DROP {kind.upper()} "{name}"')
    db.execute("CREATE TABLE _projection (version TEXT, done INTEGER)")
    db.execute("INSERT INTO _projection VALUES (?, 0)", (version,))
    for table, columns in _tables(system).items():
        db.execute(f"CREATE TABLE {table}_rows (owner TEXT NOT NULL, {', '.join(f'{name} TEXT' for name in columns)})")
        db.execute(f"CREATE INDEX {table}_by_owner ON {table}_rows (owner)")
        for column in columns:
            if column.endswith("_id") or column in ("business_date", "day"):
                unique = "UNIQUE " if table == "changed_days" else ""
                db.execute(f"CREATE {unique}INDEX {table}_by_{column} ON {table}_rows ({column})")
        if table in COLUMNS:
            db.execute(f"CREATE VIEW {table} AS SELECT {', '.join(columns)} FROM {table}_rows")


def _tables(system: System) -> dict[str, tuple[str, ...]]:
    contract = {kind: tuple(column.name for column in columns) for kind, columns in COLUMNS.items()}
    return contract | dict(system.staging)


def _as_text(row: tuple[Any, ...]) -> tuple[str | None, ...]:
    return tuple(None if value is None else str(value) for value in row)
