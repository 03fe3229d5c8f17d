"""The inbox of an inventory system that is a table in a database: the first target of the way back.

What belongs here: writing rows of `qbo_inbox` and reading what the inventory system said of them. Rows are added and
never changed; the table's primary key (marker, revision) makes an entry that is sent twice one row. The inventory
system itself books it: no other table of its database is ever written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    cast,
    create_engine,
    event,
    func,
    inspect,
    or_,
    select,
    text,
)
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from qbo_pipeline.returning.targets import (
    Abilities,
    Held,
    InboxAnswer,
    NotTaken,
    NotWritten,
    Outcome,
    Taken,
    TargetEntry,
    Unclear,
    Written,
)
from qbo_pipeline.sources.connect import first_words, is_transient, parse_url
from qbo_pipeline.sources.errors import Problem, SourceError, SourceUnavailable, without_secrets
from qbo_pipeline.sql_files import sql_folder

TABLE = "qbo_inbox"
SETTING = "[write_back] url, or the variable that url_variable names"
CONNECT_SECONDS = 10
STATEMENT_SECONDS = 15
_TEXTS = ("operation", "kind", "business_date", "party_id", "number", "currency", "amount", "content", "content_hash")
_IDS_IN_A_QUERY = 200

inbox = Table(
    TABLE,
    MetaData(),
    Column("marker", String, primary_key=True),
    Column("revision", Integer, primary_key=True),
    *(Column(name, String) for name in _TEXTS),
    Column("taken_as", String),
    Column("refused", String),
)
_I = inbox.c
_ENTRY = and_(_I.marker == text(":marker"), _I.revision == text(":revision"))


class SqlInbox:
    """The inbox in a database of the inventory system's choice.

    Raises `SourceError` where the URL, the login or the table is wrong, and `SourceUnavailable` where nobody answers.
    """

    abilities = Abilities(finds=True, idempotent=True)

    def __init__(self, url: str) -> None:
        self.url, self.dialect = parse_url(url, SETTING)
        self.shown = self.url.set(query={}).render_as_string(hide_password=True)
        self._engine = _engine(self.url)

    def put(self, entries: Sequence[TargetEntry]) -> list[Outcome]:
        """Add entries in one transaction; where the database refuses one of them, each in its own."""
        fit = [entry for entry in entries if not _holds_nul(entry)]
        outcomes = iter(self._put_fit(fit) if fit else [])
        nul = NotTaken("a text of it holds the character NUL, which a database does not take")
        return [nul if _holds_nul(entry) else next(outcomes) for entry in entries]

    def _put_fit(self, entries: Sequence[TargetEntry]) -> list[Outcome]:
        try:
            return self._put(entries)
        except (DataError, IntegrityError) as error:
            if len(entries) > 1:
                return [outcome for entry in entries for outcome in self._put_fit([entry])]
            return [NotTaken(f"the inbox does not take it: {self._reason(error)}")]

    def find(self, entries: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Held]:
        """What is held of these markers and revisions."""
        with self._connected("entries of the inbox") as connection:
            return self._held(connection, entries)

    def newest(self, markers: Sequence[str]) -> dict[str, Held]:
        """The newest revision that is held of each marker."""
        found: dict[str, Held] = {}
        with self._connected("entries of the inbox") as connection:
            for start in range(0, len(markers), _IDS_IN_A_QUERY):
                part = list(markers[start : start + _IDS_IN_A_QUERY])
                last = (
                    select(_I.marker, func.max(_I.revision).label("revision"))
                    .where(_I.marker.in_(part))
                    .group_by(_I.marker)
                    .subquery()
                )
                query = _holding().join(last, and_(_I.marker == last.c.marker, _I.revision == last.c.revision))
                found |= {row.marker: Held(*row) for row in connection.execute(query)}
        return found

    def answers(self, entries: Sequence[tuple[str, int]]) -> list[InboxAnswer]:
        """What the inventory system has said of these, as far as it has."""
        found: list[InboxAnswer] = []
        with self._connected("answers in the inbox") as connection:
            for condition in _conditions(entries):
                said = or_(_I.taken_as.is_not(None), _I.refused.is_not(None))
                query = select(_I.marker, _I.revision, _I.taken_as, _I.refused).where(condition, said)
                found += [InboxAnswer(*row) for row in connection.execute(query)]
        return found

    def taken(self, ids: Sequence[str]) -> list[Taken]:
        """The entries that the inventory system took under these ids of its own, whoever wrote them."""
        found: list[Taken] = []
        with self._connected("answers in the inbox") as connection:
            for start in range(0, len(ids), _IDS_IN_A_QUERY):
                part = list(ids[start : start + _IDS_IN_A_QUERY])
                query = _holding().add_columns(_I.taken_as).where(_I.taken_as.in_(part)).order_by(_I.revision)
                found += [Taken(Held(*row[:5]), row.taken_as) for row in connection.execute(query)]
        return found

    def check(self, kinds: Sequence[str] = ()) -> list[Problem]:
        """What would stop the way back; empty when all is well. It takes every kind."""
        try:
            with self._connected("the inbox") as connection:
                inspector = inspect(connection)
                if not inspector.has_table(TABLE):
                    return [self._no_table()]
                there = {column["name"] for column in inspector.get_columns(TABLE)}
        except (SourceError, SourceUnavailable) as error:
            return list(error.problems)
        missing = [column.name for column in inbox.columns if column.name not in there]
        if not missing:
            return []
        why = f"the table has no column {', '.join(missing)}"
        return [Problem("the inbox is not as agreed", self.shown, why, f"Make it as {self.script().name} says")]

    def create(self) -> None:
        """Make the table where it is not there; for whoever may change that database."""
        with self._connected("the inbox") as connection:
            if not inspect(connection).has_table(TABLE):
                connection.exec_driver_sql(self.script().read_text(encoding="utf-8"))
                connection.commit()

    def script(self) -> Path:
        """The SQL that makes the table in this kind of database."""
        return sql_folder("write_back") / f"inbox.{self.url.get_backend_name()}.sql"

    def close(self) -> None:
        self._engine.dispose()

    # ----------------------------------------------------------------------------------------------------------------
    def _put(self, entries: Sequence[TargetEntry]) -> list[Outcome]:
        names = [(entry.marker, entry.revision) for entry in entries]
        for again in (True, False):
            committing = False
            try:
                with self._engine.connect() as connection:
                    there = self._held(connection, names)
                    rows = [_row(entry) for entry in entries if (entry.marker, entry.revision) not in there]
                    if rows:
                        connection.execute(inbox.insert(), rows)
                    committing = True
                    connection.commit()
                return [_outcome(entry, there.get((entry.marker, entry.revision))) for entry in entries]
            except IntegrityError:
                if not again:
                    raise  # a rule of that database, which one of them breaks
                # another process may have added one of them meanwhile: what is there is read again
            except DataError:
                raise
            except SQLAlchemyError as error:
                if not committing:
                    self._raise_unless_away(error, "the inbox")
                message = f"the inbox ({self.shown}) does not answer: {self._reason(error)}"
                outcome: Outcome = Unclear(message) if committing else NotWritten(message)
                return [outcome] * len(entries)
        raise AssertionError("the second time ends in an answer or an error")

    def _held(self, connection: Connection, entries: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Held]:
        found: dict[tuple[str, int], Held] = {}
        for condition in _conditions(entries):
            for row in connection.execute(_holding().where(condition)):
                found[row.marker, row.revision] = Held(*row)
        return {name: found[name] for name in entries if name in found}

    @contextmanager
    def _connected(self, where: str) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            self._raise_unless_away(error, where)
            remedy = f"See that it runs and that {SETTING} has the right host and port; the next run goes on"
            problem = Problem("the inbox does not answer", self.shown, self._reason(error), remedy)
            raise SourceUnavailable(problem) from None

    def _raise_unless_away(self, error: SQLAlchemyError, where: str) -> None:
        reason = self._reason(error)
        if not is_transient(error, reason):
            self._raise_wrong(reason, where)

    def _raise_wrong(self, reason: str, where: str) -> NoReturn:
        remedy = f"Correct {SETTING}, or make the table with `qbo-pipeline write-back create-inbox`"
        raise SourceError(Problem(f"{where} cannot be used", self.shown, reason, remedy)) from None

    def _no_table(self) -> Problem:
        remedy = (
            f"Make it with `qbo-pipeline write-back create-inbox`, or by hand with sql/write_back/{self.script().name}"
        )
        return Problem("there is no inbox", self.shown, f"the database has no table {TABLE}", remedy)

    def _reason(self, error: SQLAlchemyError) -> str:
        return without_secrets(first_words(error), (str(self.url.password or ""),))


def _engine(url: Any) -> Engine:
    backend = url.get_backend_name()
    if backend == "sqlite":
        if not Path(url.database or "").is_file():
            remedy = f"Correct {SETTING}; no database is made"
            raise SourceError(Problem("no database file", str(url.database), "there is no such file", remedy))
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": CONNECT_SECONDS})

        @event.listens_for(engine, "connect")
        def waits(connection: Any, _: object) -> None:
            connection.isolation_level = None

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

        return engine
    arguments: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS}
    if backend == "postgresql":
        arguments |= {"application_name": "qbo-pipeline"}
    else:
        arguments |= {"charset": "utf8mb4", "client_flag": 0, "local_infile": False}
        arguments |= {"read_timeout": STATEMENT_SECONDS, "write_timeout": STATEMENT_SECONDS}
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=arguments)
    if backend == "postgresql":

        @event.listens_for(engine, "connect")
        def patient(connection: Any, _: object) -> None:
            with connection.cursor() as cursor:
                cursor.execute(f"SET statement_timeout = {STATEMENT_SECONDS * 1000}")
            connection.commit()

    return engine


def _holding() -> Any:
    return select(_I.marker, _I.revision, _I.operation, _I.content, cast(_I.content_hash, String(64)))


def _conditions(entries: Sequence[tuple[str, int]]) -> Iterator[Any]:
    for start in range(0, len(entries), _IDS_IN_A_QUERY):
        part = entries[start : start + _IDS_IN_A_QUERY]
        yield or_(*(and_(_I.marker == marker, _I.revision == revision) for marker, revision in part))


def _holds_nul(entry: TargetEntry) -> bool:
    return any("\0" in value for value in _row(entry).values() if isinstance(value, str))


def _row(entry: TargetEntry) -> dict[str, Any]:
    return {
        "marker": entry.marker,
        "revision": entry.revision,
        "operation": entry.operation,
        "kind": entry.kind,
        "business_date": entry.business_date.isoformat(),
        "party_id": entry.party_id,
        "number": entry.number,
        "currency": entry.currency,
        "amount": format(entry.amount, "f"),
        "content": entry.content,
        "content_hash": entry.content_hash,
    }


def _outcome(entry: TargetEntry, held: Held | None) -> Outcome:
    if held is None or held.content_hash == entry.content_hash:
        return Written()
    return NotTaken(
        f"the inbox holds another content as revision {entry.revision} of {entry.marker}: another store writes to it"
    )
