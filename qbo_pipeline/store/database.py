"""One relational database behind one small class: engine, short transactions, the database's clock, upgrade."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, func, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from qbo_pipeline.errors import PermanentError
from qbo_pipeline.store import roles
from qbo_pipeline.store.migrations import MigrationError, applied, lock, migrations, missing, note, upgrade
from qbo_pipeline.store.parked_by_migration import journal_parked
from qbo_pipeline.store.report_views import NUMBER as VIEWS
from qbo_pipeline.store.report_views import applied_as, create_views, drop_views, report_views
from qbo_pipeline.store.shared_companies import ONE_COMPANY, ConnectionSetAside, set_aside, shared_companies, told

log = logging.getLogger(__name__)

_WRITING = "qbo_writing"
SQLITE_BUSY_SECONDS = 60
_NEARLY_A_URL = re.compile(r"\w[\w+.-]*:(?!\\)|.*@", re.ASCII)
_URL_FORMS = "use sqlite:///FILE or postgresql://USER@HOST/DATABASE"


class StoreUrlError(PermanentError):
    """The store's URL is none that can be used; the text says what can, and repeats no password."""


def normalise_url(url: str) -> URL:
    """A database URL with the driver that this project uses: `postgresql://` means psycopg2 here.

    A bare path or `sqlite:///path` is SQLite. Raises `StoreUrlError` for any other kind of database and for what is no
    URL.
    """
    if "://" not in url and _NEARLY_A_URL.match(url):
        # Taken for a file it would be a new, empty store, with the password in its name.
        raise StoreUrlError(f"the store's URL begins like one and lacks the two slashes of ://: {_URL_FORMS}")
    try:
        parsed = make_url(url if "://" in url else f"sqlite:///{url}")
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise StoreUrlError(f"the store's URL cannot be parsed: {_URL_FORMS}") from None
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg2"):
        return parsed.set(drivername="postgresql+psycopg2")
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return parsed.set(drivername="sqlite+pysqlite")
    raise StoreUrlError(f"the store cannot be kept in {parsed.drivername!r}: {_URL_FORMS}")


def take_turns(connection: Connection, what: str) -> None:
    """Keep others out of `what` until the transaction ends; on SQLite the writing transaction is enough."""
    if connection.dialect.name == "postgresql":
        lock = int.from_bytes(sha256(what.encode()).digest()[:8], "big", signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(lock)))


def insert_unless_there(connection: Connection, table: Table) -> Any:
    """An INSERT that does nothing where the row is there: two processes may begin at once."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table).on_conflict_do_nothing()


class Database:
    """The store's database.

    `clock` replaces the database's clock in tests on virtual time; everywhere else leases and instants come from
    the database itself, so that several machines agree. `patience` is for whoever has somebody waiting: the most
    seconds for a connection, for a lock and for a statement.
    """

    def __init__(self, url: str, *, clock: Callable[[], datetime] | None = None, patience: int | None = None) -> None:
        self.url = normalise_url(url)
        self.dialect = self.url.get_backend_name()
        self._clock = clock
        self.engine = (_sqlite_engine if self.dialect == "sqlite" else _postgresql_engine)(self.url, patience)

    @property
    def file(self) -> Path | None:
        """The file of a store in SQLite; `None` for one in memory or on a server."""
        name = self.url.database
        return Path(name) if self.dialect == "sqlite" and name and name != ":memory:" else None

    def __repr__(self) -> str:
        return f"Database({self.url.render_as_string(hide_password=True)})"

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A short writing transaction: committed at the end of the block, rolled back on an exception.

        On SQLite the write lock is taken at the start (`BEGIN IMMEDIATE`), so that a transaction that has read
        never fails on its first write.
        """
        with self.engine.connect().execution_options(**{_WRITING: True}) as connection, connection.begin():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reading, with a consistent view for the length of the block; nothing is committed."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection for reading many tables as they were at one moment; nobody who writes waits for it."""
        with self.engine.connect() as connection:
            if self.dialect == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    def now(self, connection: Connection) -> datetime:
        """The database's clock, in UTC. SQLite's is the machine's own, which this process reads without a statement."""
        if self._clock is not None:
            return self._clock()
        if self.dialect == "sqlite":
            return datetime.now(UTC)
        instant: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return instant.astimezone(UTC)

    def upgrade(self, *, grant_roles: bool = False, setting_aside: ConnectionSetAside | None = None) -> list[str]:
        """Bring tables and report views to this version; answers what was applied, in order: the migrations' names,
        `reports`, `roles`.

        Where all is as this version wants it, two SELECTs are all that it takes, and no right but to read. On
        PostgreSQL `grant_roles` gives the group roles their rights; where they have them, they get them again after
        every change. `setting_aside` is a person's order about a company that two connections share. Raises
        `MigrationError` where the store is of a later version, where something is missing and this login is not the
        owner of the tables, and where a company has two connections.
        """
        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
        if grant_roles and self.dialect == "sqlite":
            raise MigrationError("a store in SQLite has no roles: who may read the file may read the store")
        may = grant_roles or self._may_upgrade()
        if not may and setting_aside is None:
            return []
        with self.transaction() as connection:
            lock(connection, self.dialect)
            return self._upgrade(connection, grant_roles=grant_roles, setting_aside=setting_aside)

    def _may_upgrade(self) -> bool:
        """Whether there is something to do, and this login may do it."""
        known, views = migrations(self.dialect), applied_as(report_views())
        with self.reading() as connection:
            before = applied(connection)
            pending = missing(known, before)
            if not pending and before.get(VIEWS) == views:
                return False
            if self.dialect == "sqlite" or (login := roles.login(connection)).may_migrate:
                return True
        if not pending:
            # They are for other people's tools: the pipeline itself does without them.
            log.warning("the store has report views of another version: %s", _as_owner(login))
            return False
        at = f"is at migration {max(before):04d}, this version needs {len(known):04d}" if before else "has no tables"
        raise MigrationError(f"the store {at}: {_as_owner(login)}")

    def _upgrade(
        self, connection: Connection, *, grant_roles: bool, setting_aside: ConnectionSetAside | None
    ) -> list[str]:
        """What is still missing now that other upgrades are kept away."""
        views, now = report_views(), self.now(connection)
        before = applied(connection)
        pending = missing(migrations(self.dialect), before)
        done: list[str] = []
        if before and any(migration.number == ONE_COMPANY for migration in pending):
            if setting_aside is not None:
                set_aside(connection, setting_aside, now)
                done += [f"set aside {name}" for name in setting_aside.names]
            if shared := shared_companies(connection):
                raise MigrationError(told(connection, shared))
        elif setting_aside is not None:
            raise MigrationError("no company of this store belongs to two connections: nothing was set aside")
        granted = grant_roles or (self.dialect == "postgresql" and roles.are_granted(connection))
        if pending or before.get(VIEWS) != applied_as(views):
            drop_views(connection)
            done += upgrade(connection, self.dialect, now)
            journal_parked(connection, now)
            create_views(connection, views)
            note(connection, VIEWS, applied_as(views), now)
            done.append("reports")
        if granted and (done or grant_roles):
            roles.grant(connection)
            done.append("roles")
        return done

    def close(self) -> None:
        self.engine.dispose()


def open_database(url: str, *, clock: Callable[[], datetime] | None = None) -> Database:
    """The store at this URL, its tables brought to this version."""
    database = Database(url, clock=clock)
    database.upgrade()
    return database


def _as_owner(login: roles.Login) -> str:
    whose = f"it belongs to {login.owner}" if login.owner else "it was not migrated yet, or not for this login"
    return f"{whose}, and {login.name} may not change it. Run `qbo-pipeline upgrade` with the owner's URL"


def _sqlite_engine(url: URL, patience: int | None) -> Engine:
    engine = create_engine(url, connect_args={"timeout": patience or SQLITE_BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def configure(dbapi_connection: Any, _record: Any) -> None:
        # The driver's own transaction control is switched off: `begin` below says which kind is wanted.
        dbapi_connection.isolation_level = None
        # FULL: an intent that is committed must survive a power failure, not only a crash of the process.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            dbapi_connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get(_WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgresql_engine(url: URL, patience: int | None) -> Engine:
    waits = {} if patience is None else {"connect_timeout": patience}
    engine = create_engine(
        url,
        executemany_mode="values_plus_batch",  # a statement a row makes psycopg2 four times slower
        pool_pre_ping=True,
        pool_size=4,
        max_overflow=8,
        pool_timeout=patience or 30,
        connect_args=waits,
    )

    @event.listens_for(engine, "connect")
    def configure(dbapi_connection: Any, _record: Any) -> None:
        with dbapi_connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")
            if patience is not None:
                cursor.execute("SET statement_timeout = %s", (patience * 1000,))
                cursor.execute("SET lock_timeout = %s", (patience * 1000,))
        dbapi_connection.commit()

    return engine
