"""Dagster's event log in SQLite, its databases kept open between two events, and what comes together written together.

What belongs here: that alone. Dagster makes an engine for each event that it stores or mirrors, and compiles its
statements anew: three quarters of an event's time, and half of a quiet month's (docs/speed.md). What is planned for a
run, and the days of a range that an asset was made for, it can hand over at once; its own storage in SQLite writes each
of them in transactions of its own. For a run's database, a dozen tables, it has Alembic read all migrations there ever
were, and for each check it asks whether there is a table of checks. Files and tables are Dagster's: an instance may
change between the two at any time.
`dagster.yaml` names this class; a deployment keeps its events in PostgreSQL, where Dagster itself writes the days of a
range at once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster import DagsterEventType, EventLogEntry, Field, StringSource
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import OperationalError

KEPT_OPEN = 4  # databases: the index, and the runs that were written or looked at last
_MADE = "SELECT COUNT(*) FROM sqlite_master WHERE name = 'alembic_version'"
_REVISION = "SELECT version_num FROM alembic_version"
_TABLES = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
HOME_VARIABLE = "DAGSTER_HOME"
# How many events Dagster hands over at once, by its own variable; without it, one. Every process that opens an instance
# imports this module before it stores anything.
os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "1000")


class EventLog(SqliteEventLogStorage):
    """The event log in the folder `base_dir`, by default where Dagster itself would keep it: below `DAGSTER_HOME`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """As Dagster's own, but that the folder has a default."""
        return {"base_dir": Field(StringSource, is_required=False)}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> EventLog:
        """The event log as configured; raises `KeyError` where neither a folder nor `DAGSTER_HOME` is given."""
        if (folder := config_value.get("base_dir")) is not None:
            return cls(folder, inst_data)
        return cls(str(Path(os.environ[HOME_VARIABLE]).expanduser() / "history" / "runs"), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                if not self._is_made(shard, engine):
                    self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def has_table(self, table_name: str) -> bool:
        """Dagster asks whenever a check is stored: a table that was there is not asked for again."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _event_to_row(self, event: EventLogEntry) -> dict[str, Any]:
        """As Dagster's own, but that its JSON has no blanks between names and values: a sixteenth of the bytes."""
        row: dict[str, Any] = super()._event_to_row(event)
        return row | {"event": json.dumps(json.loads(row["event"]), separators=(",", ":"))}

    def _is_made(self, shard: str, engine: Engine) -> bool:
        """Whether the database has its tables and its revision; that of a new run is made as the index is.

        False where Dagster is to see to it: the index itself, what was made before there were revisions, or what
        another process is just making.
        """
        with engine.connect() as connection:
            if connection.exec_driver_sql(_MADE).scalar_one():
                return connection.exec_driver_sql(_REVISION).first() is not None
        return shard != INDEX_SHARD_NAME and self._made_as_the_index(engine)

    def _made_as_the_index(self, engine: Engine) -> bool:
        with self._engine(INDEX_SHARD_NAME).connect() as index:
            if not index.exec_driver_sql(_MADE).scalar_one():
                return False
            tables = index.exec_driver_sql(_TABLES).scalars().all()
            revisions = index.exec_driver_sql(_REVISION).all()
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                if connection.exec_driver_sql(_TABLES).first() is not None:
                    return False
                for statement in tables:
                    connection.exec_driver_sql(statement)
                for revision in revisions:
                    connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", tuple(revision))
                connection.commit()
        except OperationalError:  # another process is at it: Dagster waits for it and looks again
            return False
        return bool(revisions)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store what comes together: a transaction for the run's database and one for the index. In the list of assets
        stands the last event of each, as on PostgreSQL."""
        by_run: dict[str, list[EventLogEntry]] = {}
        for event in events:
            by_run.setdefault(event.run_id, []).append(event)
        for run_id, of_run in by_run.items():
            with self.run_connection(run_id) as connection:
                connection.execute(SqlEventLogStorageTable.insert(), [self._event_to_row(event) for event in of_run])
        numbered: list[tuple[EventLogEntry, int]] = []
        with self.index_connection() as connection:
            for event in events:
                added = connection.execute(SqlEventLogStorageTable.insert(), self._event_to_row(event))
                numbered.append((event, added.lastrowid))
            of_assets = [(event, number) for event, number in numbered if not _is_of_a_check(event)]
            self._store_asset_event_tags(
                connection, *([list(part) for part in zip(*of_assets, strict=True)] or [[], []])
            )
            last = {event.get_dagster_event().asset_key: (event, number) for event, number in of_assets}
            for event, number in last.values():
                self._store_asset_event(connection, event, number)
        for event, number in numbered:  # Dagster opens the index for each: not within the transaction above
            if _is_of_a_check(event):
                self.store_asset_check_event(event, number)

    def _engine(self, shard: str) -> Engine:
        found = self._engines.pop(shard, None)
        if found is None:
            found = create_engine(
                self.conn_string_for_shard(shard), connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
            )
        self._engines[shard] = found
        while len(self._engines) > KEPT_OPEN:
            self._engines.pop(next(iter(self._engines))).dispose()
        return found

    def wipe(self) -> None:
        """Dagster removes the files: what was open of them is closed first."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """The end of the instance."""
        self._close()
        super().dispose()

    def _close(self) -> None:
        while self._engines:
            self._engines.popitem()[1].dispose()


def _is_of_a_check(event: EventLogEntry) -> bool:
    return event.get_dagster_event().event_type == DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED
