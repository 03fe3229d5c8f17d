"""Sessions that cannot write, one way for each kind of database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from qbo_pipeline.sources.errors import Problem, SourceError
from qbo_pipeline.sources.transact_sql import open_read_only

CONNECT_SECONDS = 15
# Standard SQL in a MySQL session: "name" is a name, || joins texts, and a backslash is a backslash.
_STANDARD = "SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES')"


def open_engine(url: URL) -> Engine:
    """The engine for a URL whose driver is known; connects to nobody yet. Raises `SourceError` for a SQLite file that
    is not there."""
    return _ENGINES[url.get_backend_name()](url)


def _postgresql(url: URL) -> Engine:
    arguments = {"connect_timeout": CONNECT_SECONDS, "application_name": "qbo-pipeline"}
    # The first statement is for SQLAlchemy's own look at the session; after it each transaction begins as READ ONLY,
    # whatever the session's default became. The second: a backslash in a plain literal is one, as `tokens.py` reads it.
    engine = _server(url, arguments, "SET default_transaction_read_only = on", "SET standard_conforming_strings = on")
    event.listen(engine, "connect", _take_any_date)
    return engine.execution_options(postgresql_readonly=True)


def _take_any_date(connection: Any, _: object) -> None:
    """Dates that PostgreSQL holds and Python does not (before Christ, the year 20000) come as text, not as an end."""
    from psycopg2 import extensions  # type: ignore[import-untyped]  # it ships no types

    for number, name in ((1082, "DATE"), (1114, "DATETIME")):
        known = extensions.string_types[number]

        def take(text: str | None, cursor: Any, known: Any = known) -> Any:
            if text is not None and text.endswith("BC"):
                return text  # psycopg2 leaves the BC out, and the year would be one of ours
            try:
                return known(text, cursor)
            except (ValueError, OverflowError):
                return text

        extensions.register_type(extensions.new_type((number,), name, take), connection)


def _mysql(url: URL) -> Engine:
    # One statement at a time and no file of this machine, whatever the URL's options say.
    arguments = {"connect_timeout": CONNECT_SECONDS, "charset": "utf8mb4", "client_flag": 0, "local_infile": False}
    # Instants come as UTC, whatever the server's own time zone.
    utc = "SET SESSION time_zone = '+00:00'"
    engine = _server(url, arguments, "SET SESSION TRANSACTION READ ONLY", _STANDARD, utc)

    # Each transaction says it of itself: a function that a SELECT calls may change the session's default.
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("START TRANSACTION READ ONLY")

    return engine


def _server(url: URL, arguments: dict[str, Any], *statements: str) -> Engine:
    engine = create_engine(
        url, poolclass=NullPool, isolation_level="REPEATABLE READ", hide_parameters=True, connect_args=arguments
    )

    # Before SQLAlchemy's own first look at the session, which notes how names are quoted there.
    @event.listens_for(engine, "connect", insert=True)
    def read_only(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.commit()

    return engine


def _sqlite(url: URL) -> Engine:
    path = Path(url.database or "")
    if not path.is_file():
        remedy = "Correct [source] url; nothing is created in a source"
        raise SourceError(Problem("no database file", str(path), "there is no such file", remedy))

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(path.resolve()))}?mode=ro", uri=True, isolation_level=None, check_same_thread=False,
            timeout=CONNECT_SECONDS,
        )  # fmt: skip
        connection.execute("PRAGMA query_only = ON")
        # What is not UTF-8 goes on with its bytes marked: its row is set aside, the others are read.
        connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _mssql(url: URL) -> Engine:
    return open_read_only(url, CONNECT_SECONDS)


_ENGINES: dict[str, Callable[[URL], Engine]] = {
    "postgresql": _postgresql,
    "mysql": _mysql,
    "mssql": _mssql,
    "sqlite": _sqlite,
}
