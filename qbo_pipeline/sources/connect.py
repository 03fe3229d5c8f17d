"""Connecting to a source's database: read-only, and errors in plain words.

What belongs here: the URL, and the translation of what drivers raise. How a session becomes read-only is in
`engines.py`; which SELECTs run is in `mapping.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import NoReturn

from sqlalchemy import Connection, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from qbo_pipeline.sources.dialects import Dialect, dialect_of, titles
from qbo_pipeline.sources.engines import open_engine
from qbo_pipeline.sources.errors import Problem, SourceError, SourceUnavailable, did_you_mean, nearest, without_secrets
from qbo_pipeline.sources.transact_sql import without_preface

_SETTING = "[source] url, or the variable that url_variable names"
_LATER = "Nothing is lost: run the same days again once it"
_MISSING_TABLE = re.compile(
    r"no such table: (?:main\.)?(\S+)|relation \"([^\"]+)\" does not exist|Table '(?:[^'.]+\.)?([^']+)' doesn't exist|"
    r"Invalid object name '(?:[^'.]+\.)?([^']+)'"
)
_MISSING_COLUMN = re.compile(
    r"no such column: \"?([\w.]+)|column \"?([\w.]+)\"? does not exist|Unknown column '([\w.]+)'|"
    r"Invalid column name '([^']+)'"
)
_REFUSED = re.compile(
    r"authentication failed|no password supplied|role \"[^\"]*\" does not exist|database \"[^\"]*\" does not exist|"
    r"no pg_hba\.conf entry|not permitted to log in|permission denied for database|Access denied|Unknown database|"
    r"Login failed for user|Cannot open database",
    re.IGNORECASE,
)
_UNUSABLE = re.compile(
    r"invalid (dsn|port|connection option|integer value|sslmode|\w+ value)|invalid URI", re.IGNORECASE
)
_GONE = re.compile(
    r"closed the connection|connection .*(closed|refused|reset|failed)|terminating connection|server closed|"
    r"could not (connect|receive|send)|timeout|timed out|database is locked|unable to open database|disk I/O error|"
    r"starting up|shutting down|recovery|too many (connections|clients)|SSL SYSCALL|EOF detected|lost connection|"
    r"gone away|lock wait|deadlock|shutdown in progress|communication link failure|Login timeout expired",
    re.IGNORECASE,
)


class ReadOnlyDatabase:
    """A source's database behind a session that cannot write.

    PostgreSQL sessions get `default_transaction_read_only`, those of MySQL and MariaDB `TRANSACTION READ ONLY`, and
    both read one snapshot a transaction; those of SQL Server are declared to be for reading and roll back every
    transaction; SQLite files are opened with `mode=ro` and `query_only`. Nothing is created,
    not even a missing file. Each use has a connection of its own, so that a database that went away is asked anew.
    `shown` is how errors name it.
    """

    def __init__(self, url: str, shown: str | None = None) -> None:
        self.url, self.dialect = parse_url(url)
        self.shown = shown or self.url.set(query={}).render_as_string(hide_password=True)
        self._engine = open_engine(self.url)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def reading(self, where: str) -> Iterator[Connection]:
        """A connection within one transaction; `where` names in errors what was being read."""
        try:
            connection = self._engine.connect()
        except SQLAlchemyError as error:
            self._raise_unreachable(error)
        except (TypeError, ValueError, OverflowError) as error:  # what pymysql says of a port or an option
            self._raise_unusable(str(error))
        try:
            with connection:
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

    def _reason(self, error: SQLAlchemyError) -> str:
        return without_secrets(first_words(error), (str(self.url.password or ""),))

    def _raise_unusable(self, reason: str) -> NoReturn:
        remedy = f"Correct port and options in {_SETTING}"
        said = without_secrets(reason, (str(self.url.password or ""),))
        raise SourceError(Problem("the source's URL cannot be used", self.shown, said, remedy)) from None

    def _raise_unreachable(self, error: SQLAlchemyError) -> NoReturn:
        reason = self._reason(error)
        if _UNUSABLE.search(reason):
            self._raise_unusable(reason)
        if _REFUSED.search(reason):
            remedy = f"Correct user, password or database in {_SETTING}"
            raise SourceError(Problem("the source's database refuses us", self.shown, reason, remedy)) from None
        if self.is_sqlite:
            remedy = f"See that it is there and may be read ({_SETTING}). {_LATER} is"
            raise SourceUnavailable(Problem("the source's file cannot be opened", self.shown, reason, remedy)) from None
        remedy = f"See that it runs, and that {_SETTING} has the right host and port. {_LATER} answers"
        raise SourceUnavailable(Problem("the source's database does not answer", self.shown, reason, remedy)) from None

    def _raise(self, error: SQLAlchemyError, where: str) -> NoReturn:
        reason = self._reason(error)
        if missing := _MISSING_TABLE.search(reason):
            raise SourceError(self._missing_table(_found(missing), where)) from None
        if missing := _MISSING_COLUMN.search(reason):
            raise SourceError(self._missing_column(_found(missing), where)) from None
        if is_transient(error, reason):
            what = f"the source's database ({self.shown}) went away while it was read"
            remedy = "What was read is kept; run the same days again when the database answers"
            raise SourceUnavailable(Problem(what, where, reason, remedy)) from None
        remedy = f"Correct the SELECT or the connection ({self.shown})"
        raise SourceError(Problem("the database refused the SELECT", where, reason, remedy)) from None

    def _missing_table(self, table: str, where: str) -> Problem:
        remedy = f"Check that it is the right database or folder; {did_you_mean(table, self.names(), 'tables')}"
        return Problem(f"no table {table}", where, f"{self.shown} has no table of that name", remedy)

    def _missing_column(self, column: str, where: str) -> Problem:
        name = column.rpartition(".")[2]
        with self.reading("the list of columns") as connection:
            inspector = inspect(connection)
            tables = {table: [str(found["name"]) for found in inspector.get_columns(table)] for table in self.names()}
        having = [table for table, names in tables.items() if name.casefold() in map(str.casefold, names)]
        others = {one for names in tables.values() for one in names if one.casefold() != name.casefold()}
        near = nearest(name, others)
        hint = f"did you mean {near!r}?" if near else "no column anywhere has a name like it"
        why = "no table of the SELECT has a column of that name"
        if having:
            why += f"; it is a column of {', '.join(having[:5])}"
        return Problem(f"no column {column}", where, why, f"Correct the SELECT; {hint}")


def normalise_url(url: str) -> str:
    """The URL with the driver that this project reads that kind of database with; another driver's name stays."""
    backend, mark, rest = url.partition("://")
    dialect = dialect_of(backend)
    return url if dialect is None else f"{dialect.driver}{mark}{rest}"


def parse_url(url: str, setting: str = _SETTING) -> tuple[URL, Dialect]:
    """The URL with the driver that is used here, and its kind of database; raises `SourceError` for any other."""
    try:
        parsed = make_url(normalise_url(url))
        backend = parsed.get_backend_name()
    except (ArgumentError, SQLAlchemyError, ValueError):
        remedy = (
            "Write it as postgresql://user@host/database, mysql://user@host/database, mssql://user@host/database or "
            "sqlite:///file"
        )
        raise SourceError(Problem("the source's URL is malformed", setting, "it cannot be parsed", remedy)) from None
    if parsed.port is not None and not 0 < parsed.port < 65_536:
        why = f"there is no port {parsed.port}"
        raise SourceError(Problem("the source's URL cannot be used", setting, why, f"Correct the port in {setting}"))
    dialect = dialect_of(backend)
    if dialect is None:
        remedy = "Read other systems through a CSV folder, or through a copy in one of these"
        raise SourceError(
            Problem(f"databases of kind {backend!r} are not read", setting, f"only {titles()} are", remedy)
        )
    if parsed.drivername != dialect.driver:
        remedy = f"Write it as {dialect.driver.partition('+')[0]}://, without a driver"
        why = f"{dialect.title} is read by {dialect.driver.rpartition('+')[2]} alone"
        raise SourceError(Problem(f"the driver {parsed.drivername!r} is not used", setting, why, remedy))
    if dialect.extra and find_spec(dialect.driver.rpartition("+")[2]) is None:
        remedy = f'Install it with pip install "qbo-pipeline[{dialect.extra}]"'
        raise SourceError(Problem(f"the driver for {dialect.title} is missing", setting, "it is an extra", remedy))
    return parsed, dialect


def _found(missing: re.Match[str]) -> str:
    return next(group for group in missing.groups() if group)


def first_words(error: SQLAlchemyError) -> str:
    """What the database itself said, in a line."""
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    # MySQL's driver gives (number, text): the whole would read as program text.
    said = original.args[1] if len(original.args) == 2 and isinstance(original.args[0], int) else original
    arguments: tuple[object, ...] = getattr(original, "args", ())
    if len(arguments) == 2 and isinstance(arguments[0], str):
        said = without_preface(str(arguments[1]))  # ODBC's gives (state, text)
    lines = [line.strip() for line in str(said).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def is_transient(error: SQLAlchemyError, reason: str) -> bool:
    """Whether trying again may help; `reason` are the first words of the error."""
    gone = isinstance(error, DBAPIError) and error.connection_invalidated
    code = getattr(getattr(error, "orig", None), "pgcode", None) or ""
    if code[:2] in ("08", "57", "40", "53"):
        return True
    return gone or (isinstance(error, OperationalError | InterfaceError) and bool(_GONE.search(reason)))
