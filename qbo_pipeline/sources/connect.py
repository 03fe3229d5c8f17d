"""Connecting to a source's database: read-only, and errors in plain words.

What belongs here: the engine, and the translation of what drivers raise. Which SELECTs run is in `mapping.py`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from qbo_pipeline.sources.errors import Problem, SourceError, SourceUnavailable, did_you_mean, nearest, without_secrets

CONNECT_SECONDS = 15
_MISSING_TABLE = re.compile(r"no such table: (?:main\.)?(\S+)|relation \"([^\"]+)\" does not exist")
_MISSING_COLUMN = re.compile(r"no such column: \"?([\w.]+)|column \"?([\w.]+)\"? does not exist")
_GONE = re.compile(
    r"closed the connection|connection .*(closed|refused|reset|failed)|terminating connection|server closed|"
    r"could not (connect|receive|send)|timeout|timed out|database is locked|unable to open database|disk I/O error|"
    r"starting up|shutting down|recovery|too many (connections|clients)|SSL SYSCALL|EOF detected",
    re.IGNORECASE,
)


class ReadOnlyDatabase:
    """A source's database behind a session that cannot write.

    PostgreSQL sessions get `default_transaction_read_only` and read one snapshot a transaction; SQLite files are
    opened with `mode=ro` and `query_only`. Nothing is created, not even a missing file. Each use has a connection of
    its own, so that a database that went away is asked anew. `shown` is how errors name it.
    """

    def __init__(self, url: str, shown: str | None = None) -> None:
        self.url = _parse(url)
        self.shown = shown or self.url.set(query={}).render_as_string(hide_password=True)
        self._engine = _engine(self.url)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def reading(self, where: str) -> Iterator[Connection]:
        """A connection within one transaction; `where` names in errors what was being read."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            self._raise(error, where)

    def names(self) -> list[str]:
        """The tables and views there are."""
        with self.reading("the list of tables") as connection:
            inspector = inspect(connection)
            return sorted({*inspector.get_table_names(), *inspector.get_view_names()})

    def close(self) -> None:
        self._engine.dispose()

    def _raise(self, error: SQLAlchemyError, where: str) -> NoReturn:
        reason = without_secrets(_reason(error), (str(self.url.password or ""),))
        if missing := _MISSING_TABLE.search(reason):
            raise SourceError(self._missing_table(missing[1] or missing[2], where)) from None
        if missing := _MISSING_COLUMN.search(reason):
            raise SourceError(self._missing_column(missing[1] or missing[2], where)) from None
        if _is_transient(error, reason):
            remedy = "What was read is kept; run the same days again when the database answers"
            raise SourceUnavailable(Problem("the database went away", where, reason, remedy)) from None
        remedy = f"Correct the SELECT or the connection ({self.shown})"
        raise SourceError(Problem("the database refused the SELECT", where, reason, remedy)) from None

    def _missing_table(self, table: str, where: str) -> Problem:
        remedy = f"Check that it is the right database or folder; {did_you_mean(table, self.names(), 'tables')}"
        return Problem(f"no table {table}", where, f"{self.shown} has no table of that name", remedy)

    def _missing_column(self, column: str, where: str) -> Problem:
        name = column.rpartition(".")[2]
        with self.reading("the list of columns") as connection:
            inspector = inspect(connection)
            names = {str(found["name"]) for table in self.names() for found in inspector.get_columns(table)}
        remedy = f"Correct the SELECT; {_near_column(name, names)}"
        return Problem(f"no column {column}", where, "no table of the SELECT has a column of that name", remedy)


def normalise_url(url: str) -> str:
    """`postgres://` and `postgresql://` name the driver psycopg2."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg2://" + url.removeprefix(prefix)
    return url


def _near_column(name: str, names: set[str]) -> str:
    near = nearest(name, names)
    return f"did you mean {near!r}?" if near else "no column anywhere has a name like it"


def _parse(url: str) -> URL:
    try:
        parsed = make_url(normalise_url(url))
        backend = parsed.get_backend_name()
    except (ArgumentError, SQLAlchemyError, ValueError):
        remedy = "Write it as postgresql://user@host/database or sqlite:///file"
        raise SourceError(
            Problem("the source's URL is malformed", "source.url", "it cannot be parsed", remedy)
        ) from None
    if backend not in ("postgresql", "sqlite"):
        remedy = "Read other systems through a CSV folder, or through a PostgreSQL copy"
        raise SourceError(
            Problem(
                f"databases of kind {backend!r} are not read", "source.url", "only PostgreSQL and SQLite are", remedy
            )
        )
    return parsed


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    engine = create_engine(
        url,
        poolclass=NullPool,
        isolation_level="REPEATABLE READ",
        hide_parameters=True,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "qbo-pipeline"},
    )

    @event.listens_for(engine, "connect")
    def read_only(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")
        connection.commit()

    return engine


def _sqlite_engine(url: URL) -> Engine:
    path = Path(url.database or "")
    if not path.is_file():
        remedy = "Correct the path; nothing is created in a source"
        raise SourceError(Problem("no database file", str(path), "there is no such file", remedy))

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(path.resolve()))}?mode=ro", uri=True, isolation_level=None, check_same_thread=False,
            timeout=CONNECT_SECONDS,
        )  # fmt: skip
        connection.execute("PRAGMA query_only = ON")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _reason(error: SQLAlchemyError) -> str:
    original = error.orig if isinstance(error, DBAPIError) else error
    lines = [line.strip() for line in str(original).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def _is_transient(error: SQLAlchemyError, reason: str) -> bool:
    gone = isinstance(error, DBAPIError) and error.connection_invalidated
    code = getattr(getattr(error, "orig", None), "pgcode", None) or ""
    if code[:2] in ("08", "57", "40", "53"):
        return True
    return gone or (isinstance(error, OperationalError | InterfaceError) and bool(_GONE.search(reason)))
