"""Dagster's event log in SQLite, its databases kept open between two events.

What belongs here: that alone. Dagster makes an engine for each event that it stores or mirrors, and compiles its
statements anew: three quarters of an event's time, and half of a quiet month's (docs/speed.md). Files and tables are
Dagster's own: an instance may change between the two at any time. `dagster.yaml` names this class; a deployment keeps
its events in PostgreSQL.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster import Field, StringSource
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine

KEPT_OPEN = 4  # databases: the index, and the runs that were written or looked at last
HOME_VARIABLE = "DAGSTER_HOME"


class EventLog(SqliteEventLogStorage):
    """The event log in the folder `base_dir`, by default where Dagster itself would keep it: below `DAGSTER_HOME`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
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
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

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
