"""Connecting: nothing can be written, no secret is shown, and errors say whether to try again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from qbo_pipeline.sources.connect import ReadOnlyDatabase, normalise_url
from qbo_pipeline.sources.errors import SourceError, SourceUnavailable, did_you_mean, nearest, without_secrets
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline_tests.sources.company import good_company, write_company


@pytest.mark.parametrize(
    "sql", ["INSERT INTO parties (party_id) VALUES ('x')", "DELETE FROM parties", "CREATE TABLE mine (x INTEGER)"]
)
def test_nothing_can_be_written(source_url: str, sql: str) -> None:
    write_company(source_url, good_company())
    database = ReadOnlyDatabase(source_url)

    with (
        pytest.raises(SourceError, match=r"(?i)read[- ]?only"),
        database.reading("the test") as connection,
    ):
        connection.execute(text(sql))


def test_reading_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "source.sqlite"
    write_company(f"sqlite:///{path}", good_company())
    before = path.read_bytes()

    source = SqlSource(f"sqlite:///{path}")
    source.check()
    list(source.read_master_data(batch_size=2))
    source.close()

    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["source.sqlite"]


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no database file .*nothing\.sqlite"):
        SqlSource(f"sqlite:///{tmp_path / 'nothing.sqlite'}")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (
            "oracle://user:s3cret@host/db",
            r"'oracle' are not read .*only PostgreSQL, SQLite, MySQL or MariaDB and SQL Server \(untested\) are",
        ),
        ("mysql+mysqldb://user:s3cret@host/db", "read by pymysql alone. Write it as mysql://, without a driver"),
        ("postgresql+asyncpg://user:s3cret@host/db", "Write it as postgresql://"),
        ("not a url s3cret", "malformed"),
        ("postgresql://user:s3cret@host:port/db", "malformed"),
    ],
)
def test_a_wrong_url_is_refused_without_its_password(url: str, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        SqlSource(url)

    assert "s3cret" not in repr(caught.value) + str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "url", ["postgresql://reader:s3cret@127.0.0.1:1/erp?password=s3cret", "mysql://u:s3cret@127.0.0.1:1/erp"]
)
def test_a_server_that_does_not_answer_may_answer_later(url: str) -> None:
    source = SqlSource(url)

    (problem,) = source.check()
    with pytest.raises(SourceUnavailable) as caught:
        list(source.read_master_data(batch_size=1))

    assert problem.what == "the source's database does not answer"
    assert "127.0.0.1:1/erp" in problem.where
    assert "[source] url" in problem.remedy
    assert "s3cret" not in f"{source!r} {problem} {caught.value!r} {caught.value}"


def test_a_locked_database_may_answer_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "source.sqlite"
    write_company(f"sqlite:///{path}", good_company())
    monkeypatch.setattr("qbo_pipeline.sources.engines.CONNECT_SECONDS", 0)
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(SourceUnavailable, match="locked"):
            list(SqlSource(f"sqlite:///{path}").read_master_data(batch_size=1))
    finally:
        writer.close()


@pytest.mark.parametrize("url", ["postgresql://u@h/d", "postgres://u@h/d", "postgresql+psycopg2://u@h/d"])
def test_postgresql_urls_name_the_driver(url: str) -> None:
    assert normalise_url(url) == "postgresql+psycopg2://u@h/d"


@pytest.mark.parametrize(
    ("text_", "shown"),
    [
        ("postgresql://user:s3cret@host/db refused", "postgresql://user:***@host/db refused"),
        ("password=s3cret host=x", "password=*** host=x"),
        ("PASSWORD = 's3 cret'", "PASSWORD=***"),
        ("nothing to hide at 10:30@noon", "nothing to hide at 10:30@noon"),
    ],
)
def test_secrets_are_taken_out_of_messages(text_: str, shown: str) -> None:
    assert without_secrets(text_) == shown
    assert without_secrets(f"{text_} hunter2", ["hunter2"]).endswith("***")


def test_nearest_names() -> None:
    assert nearest("M_TRANSACTIONS", ["M_TRANSACTION", "M_INOUT"]) == "M_TRANSACTION"
    assert nearest("quite else", ["M_TRANSACTION"]) is None
    assert did_you_mean("x", [], "tables") == "there are no tables at all"
