"""SQL Server as far as it goes without one: URL and options, what is sent, what is refused, what its driver says.

What belongs here: what can be known without a server; pyodbc is played by a few lines, as it needs libraries of the
system. Where the dialect differs in how rows are found (no rows compared as rows, no LIMIT), SQLite runs the same way.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.dialects import mssql

from qbo_pipeline.sources import dialects
from qbo_pipeline.sources.connect import ReadOnlyDatabase
from qbo_pipeline.sources.dialects import DIALECTS
from qbo_pipeline.sources.errors import SourceError, SourceUnavailable
from qbo_pipeline.sources.mapping import Mapping, Statement
from qbo_pipeline.sources.reader import Reader
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline.sources.transact_sql import ODBC_DRIVER, OPENING, refuse_beyond, without_preface
from qbo_pipeline_tests.sources.company import all_of, good_company, write_company

URL = "mssql://reader:s3cret@erp.example.com:1444/erp"
MARCH = (date(2024, 3, 1), date(2024, 3, 31))


class Cursor:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.description: Any = None
        self.rowcount = -1

    def execute(self, sql: str, parameters: Any = ()) -> Cursor:
        self.connection.sent.append(sql)
        for words, rows in self.connection.answers.items():
            if words in sql:
                self.description, self._rows = [(name, *[None] * 6) for name in rows[0]], list(rows[1:])
                return self
        self.description, self._rows = ([("one", *[None] * 6)], [(1,)]) if sql.startswith("SELECT") else (None, [])
        return self

    def setinputsizes(self, sizes: Any) -> None:
        pass

    def fetchall(self) -> list[Any]:
        return self._rows

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def close(self) -> None:
        pass


class Connection:
    """What pyodbc gives; `ends` are how transactions ended."""

    def __init__(self, text: str, options: dict[str, Any]) -> None:
        self.text, self.options = text, options
        self.sent: list[str] = []
        self.ends: list[str] = []
        self.answers: dict[str, list[tuple[Any, ...]]] = {
            "schema_name()": [("name",), ("dbo",)], "SERVERPROPERTY": [("v",), ("16.0.1000.6",)],
            "test max support": [("v",), ("x",)],
            "TRANSACTION_ISOLATION_LEVEL": [("v",), ("READ COMMITTED",)], "sys.system_views": [("v",), ("x",)],
        }  # fmt: skip

    def cursor(self) -> Cursor:
        return Cursor(self)

    def commit(self) -> None:
        self.ends.append("commit")

    def rollback(self) -> None:
        self.ends.append("rollback")

    def close(self) -> None:
        self.ends.append("close")

    def add_output_converter(self, *_: Any) -> None:
        pass


class DriverError(Exception):
    pass


class OperationalError(DriverError):
    pass


class Driver(SimpleNamespace):
    """The module `pyodbc`."""

    def __init__(self, *drivers: str, error: Exception | None = None) -> None:
        kinds = dict.fromkeys(("Error", "ProgrammingError", "InterfaceError", "DatabaseError"), DriverError)
        super().__init__(
            drivers=lambda: list(drivers), version="5.3.0", paramstyle="qmark", threadsafety=1, apilevel="2.0",
            OperationalError=OperationalError, Cursor=Cursor, connect=self.connect_, connections=[], error=error,
            **kinds,
        )  # fmt: skip
        for name in ("SQL_DRIVER_NAME", "SQL_WVARCHAR", "SQL_DECIMAL", "SQL_VARCHAR", "Binary", "BinaryNull"):
            setattr(self, name, name)

    def connect_(self, text: str, **options: Any) -> Connection:
        if self.error is not None:
            raise self.error
        self.connections.append(Connection(text, options))
        return self.connections[-1]


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    """pyodbc with Microsoft's driver, and nobody behind it."""
    return played(monkeypatch, Driver(ODBC_DRIVER))


def played(monkeypatch: pytest.MonkeyPatch, driver: Driver) -> Driver:
    monkeypatch.setitem(sys.modules, "pyodbc", driver)  # type: ignore[arg-type]
    monkeypatch.setattr("qbo_pipeline.sources.connect.find_spec", lambda _: object())
    return driver


@pytest.mark.parametrize("scheme", ["mssql", "mssql+pyodbc"])
def test_the_session_is_for_reading_and_ends_with_a_rollback(driver: Driver, scheme: str) -> None:
    database = ReadOnlyDatabase(URL.replace("mssql", scheme) + "?Encrypt=yes")
    with database.reading("the test") as connection:
        connection.exec_driver_sql("SELECT 1")
    (there,) = driver.connections
    for part in (
        "Server=erp.example.com,1444",
        "Database=erp",
        "UID=reader",
        f"DRIVER={{{ODBC_DRIVER}}}",
        "encrypt=yes",
    ):
        assert part.casefold() in there.text.casefold()
    assert there.options["ApplicationIntent"] == "ReadOnly"
    assert (there.options["autocommit"], there.options["readonly"]) == (False, True)
    assert there.sent[: len(OPENING)] == list(OPENING)
    assert there.ends[0] == "commit"  # of what opens the session
    assert "commit" not in there.ends[1:]
    assert there.ends[-2:] == ["rollback", "close"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (URL + "?autocommit=true", "the option 'autocommit' is not used"),
        (URL + "?ApplicationIntent=ReadWrite", "the option 'applicationintent' is not used"),
        (URL + "?odbc_connect=DSN%3Dx", "the option 'odbc_connect' is not used"),
        ("mssql://warehouse", "host and database are needed.*Write it as mssql://USER@HOST/DATABASE"),
        ("mssql+pymssql://u:s3cret@h/d", "is read by pyodbc alone. Write it as mssql://, without a driver"),
        (URL + "?driver=Old", "the ODBC driver 'Old' is missing.*it has ODBC Driver 18"),
    ],
)
def test_what_could_write_or_is_not_whole_is_refused(driver: Driver, url: str, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        SqlSource(url)
    assert "s3cret" not in str(caught.value)


def test_what_is_missing_on_the_machine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qbo_pipeline.sources.connect.find_spec", lambda _: None)
    with pytest.raises(SourceError, match=r"the driver for SQL Server.*pip install \"qbo-pipeline\[mssql\]\""):
        SqlSource(URL)
    played(monkeypatch, Driver())
    with pytest.raises(SourceError, match=r"it has none\. Install unixODBC and Microsoft's 'ODBC Driver 18"):
        SqlSource(URL)
    monkeypatch.setitem(sys.modules, "pyodbc", None)
    with pytest.raises(SourceError, match=r"cannot be loaded .*Install unixODBC"):
        SqlSource(URL)


MICROSOFT = "[Microsoft][ODBC Driver 18 for SQL Server]"


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (
            OperationalError("08001", f"[08001] {MICROSOFT}Login timeout expired (0) (SQLDriverConnect)"),
            SourceUnavailable,
            "does not answer .*Login timeout expired",
        ),
        (
            OperationalError("28000", f"[28000] {MICROSOFT}[SQL Server]Login failed for user 'reader'. (18456) (SQL)"),
            SourceError,
            "refuses us .*Login failed for user 'reader'.*Correct user, password",
        ),
    ],
)  # fmt: skip
def test_what_its_driver_says_is_told_without_program_text(
    monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type[Exception], words: str
) -> None:
    played(monkeypatch, Driver(ODBC_DRIVER, error=error))
    with pytest.raises(kind, match=words) as caught:
        list(SqlSource(URL).read_master_data(batch_size=1))
    assert type(caught.value) is kind
    for program in ("Microsoft]", "08001", "18456", "s3cret", "(SQL"):
        assert program not in str(caught.value)


def test_the_words_of_a_missing_table_are_left() -> None:
    said = f"[42S02] {MICROSOFT}[SQL Server]Invalid object name 'partys'. (208) (SQLExecDirectW)"
    assert without_preface(said) == "Invalid object name 'partys'."


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT 1 AS a) AS source DELETE FROM t SELECT * FROM (SELECT 1 AS a", "DELETE is no part of a SELECT"),
        ("SELECT 1 AS a) AS s COMMIT UPDATE t SET a = 1 SELECT * FROM (SELECT 1 AS a", "COMMIT is no part"),
        ("SELECT * INTO taken FROM parties", "INTO is no part"),
        ("SELECT 1 AS a exec xp_cmdshell 'x'", "EXEC is no part"),
        ("SELECT * FROM OPENROWSET('x', 'y', 'z') AS o", "OPENROWSET is no part"),
        ("SELECT [a'] FROM t DELETE FROM t WHERE b = ['b]", "is not read in a SELECT for SQL Server"),
        ("SELECT $$ AS a DELETE FROM t SELECT $$ AS b", "is not read in a SELECT for SQL Server"),
        ("WITH a AS (SELECT 1 AS b) SELECT b FROM a", "begins with WITH"),
    ],
)
def test_what_is_more_than_a_select_there_is_refused(sql: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        refuse_beyond({"erp/parties.sql": sql})


def test_an_ordinary_select_is_not_refused() -> None:
    refuse_beyond({"x": "SELECT p.id AS party_id, 'delete' AS name, \"update\" AS kind FROM dbo.[Order Lines] AS p"})


def test_a_mapping_is_looked_at_before_anything_is_sent(driver: Driver, tmp_path: Path) -> None:
    for kind in ("parties", "products", "locations", "documents", "document_lines", "movements", "movement_lines"):
        (tmp_path / f"{kind}.sql").write_text("SELECT * INTO taken FROM t")
    (tmp_path / "stock_values.sql").write_text("SELECT * FROM t")
    (problem, *_) = SqlSource(URL, f"{tmp_path}/").check()
    assert problem.what == "INTO is no part of a SELECT"
    assert driver.connections == []


class Listening:
    """A database of this dialect that writes down what it is asked, and answers with rows that it was given."""

    def __init__(self, types: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        self.dialect = DIALECTS["mssql"]
        self.sent: list[str] = []
        self._types, self._rows = types, rows

    @contextmanager
    def reading(self, where: str) -> Iterator[Listening]:
        yield self

    def execute(self, clause: Any) -> Any:
        self.sent.append(str(clause.compile(dialect=mssql.dialect())))
        cursor = SimpleNamespace(description=[(name, kind) for name, kind in self._types.items()])
        return SimpleNamespace(cursor=cursor, mappings=lambda: iter(self._rows))


TYPES: dict[str, Any] = {
    "document_id": str, "kind": str, "number": str, "business_date": date, "party_id": int, "currency": str,
    "net_amount": int, "tax_amount": int, "total_amount": int, "status": str,
}  # fmt: skip


def test_pages_are_found_by_keys_as_it_writes_them() -> None:
    rows = [{"business_date": date(2024, 3, 1), "document_id": one} for one in ("a", "b", "c")]
    database = Listening(TYPES, rows)
    reader = Reader(database, Mapping("", {"documents": Statement("documents.sql", "SELECT * FROM d")}), {})  # type: ignore[arg-type]
    pages = reader.pages("documents", ("business_date", "document_id"), 2, MARCH, lambda _, page: page)
    assert [row["document_id"] for row in next(pages)] == ["a", "b"]
    next(pages)
    shape, first, second = database.sent
    exact = 'CONVERT(VARBINARY(8000), CONVERT(NVARCHAR(4000), "document_id"))'
    assert shape == "SELECT * FROM (SELECT * FROM d) AS source WHERE 1 = 0"
    assert first.endswith(f'ORDER BY "business_date", {exact} OFFSET 0 ROWS FETCH NEXT 3 ROWS ONLY')
    assert "LIKE '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]%'" in first
    bound = "CONVERT(VARBINARY(8000), CONVERT(NVARCHAR(4000), :key_1))"
    assert f'(("business_date" > :key_0) OR ("business_date" = :key_0 AND {exact} > {bound}))' in second
    assert " LIMIT " not in first + second


@pytest.mark.parametrize(
    ("column", "kind", "words"),
    [
        ("net_amount", float, "documents.net_amount is FLOAT or REAL"),
        ("number", bytearray, "documents.number is binary"),
    ],
)
def test_types_that_are_not_exact_are_refused_by_column(column: str, kind: type, words: str) -> None:
    database = Listening({**TYPES, column: kind}, [])
    reader = Reader(database, Mapping("", {"documents": Statement("documents.sql", "SELECT * FROM d")}), {})  # type: ignore[arg-type]
    with pytest.raises(SourceError, match=words):
        reader.shape(database, "documents")  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_keys_compared_one_by_one_find_what_rows_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    url = f"sqlite:///{tmp_path / 'source.sqlite'}"
    write_company(url, good_company())
    as_rows = all_of(SqlSource(url).read_days(*MARCH, batch_size=size))
    one_by_one = replace(DIALECTS["sqlite"], compares_rows=False, ids=2)
    monkeypatch.setitem(dialects.DIALECTS, "sqlite", one_by_one)
    assert all_of(SqlSource(url).read_days(*MARCH, batch_size=size)) == as_rows


@pytest.mark.parametrize(
    ("administrator", "writable", "rights", "why"),
    [
        (1, 0, [], "it is a sysadmin"),
        (0, 3, [], "it has the right to change 3 tables"),
        (0, 3, ["INSERT", "ALTER"], "it has the right to ALTER, INSERT in the whole database"),
        (0, 0, [], None),
    ],
)
def test_a_login_that_could_write_is_told(
    driver: Driver, administrator: int, writable: int, rights: list[str], why: str | None
) -> None:
    from qbo_pipeline.sources.writing import able_to_write

    database = ReadOnlyDatabase(URL)
    with database.reading("the test") as connection:
        (there,) = driver.connections
        there.answers["IS_SRVROLEMEMBER"] = [("administrator", "writable"), (administrator, writable)]
        there.answers["fn_my_permissions"] = [("permission_name",), *((right,) for right in rights)]
        found = able_to_write(connection, "erp")
    assert [problem.why for problem in found] == ([why] if why else [])


def test_it_is_named_as_what_no_test_has_met() -> None:
    assert "SQL Server (untested)" in dialects.titles()
