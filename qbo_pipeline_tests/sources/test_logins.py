"""A login, a port or an option that a database does not take: told at once, for a person, and tried once.

The tests' own PostgreSQL asks for no password, so there a login that does not exist stands for a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import URL, create_engine, make_url, text

from qbo_pipeline.sources.connect import normalise_url
from qbo_pipeline.sources.errors import SourceError, SourceUnavailable
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline.store.database import StoreUrlError
from qbo_pipeline.store.opening import NoStore, open_store

Change = Callable[[URL], URL]
CANARY = "s3cretcanary"


def _with(url: str, change: Change) -> str:
    return change(make_url(url)).render_as_string(hide_password=False)


def _nobody(url: URL) -> URL:
    return url.set(username="nobody_here", password=CANARY)


def _no_database(url: URL) -> URL:
    return url.set(database="nothing_here")


def _bad_port(url: URL) -> URL:
    return url.set(host="127.0.0.1", port=99_999, query={})


def _bad_option(url: URL) -> URL:
    return url.update_query_dict({"nonsense": "1"})


POSTGRESQL: list[tuple[Change, str]] = [
    (_nobody, "refuses us"), (_no_database, "refuses us"), (_bad_option, "cannot be used"),
]  # fmt: skip


@pytest.fixture
def connects(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The drivers' connections as they are tried."""
    import psycopg2
    import pymysql

    tried: list[str] = []

    def counted(name: str, connect: Callable[..., Any]) -> Callable[..., Any]:
        def one(*arguments: Any, **options: Any) -> Any:
            tried.append(name)
            return connect(*arguments, **options)

        return one

    monkeypatch.setattr(psycopg2, "connect", counted("postgresql", psycopg2.connect))
    monkeypatch.setattr(pymysql, "connect", counted("mysql", pymysql.connect))
    return tried


def _refused(url: str, words: str) -> None:
    """Looked at and read: the same plain problem, never one that passes by itself, and no password in it."""
    source = SqlSource(url)
    try:
        (problem,) = source.check()
        assert words in problem.what
        assert "Correct" in problem.remedy
        assert "[source] url" in problem.remedy
        with pytest.raises(SourceError) as caught:
            list(source.read_master_data(batch_size=10))
        assert not isinstance(caught.value, SourceUnavailable)
        assert CANARY not in f"{problem} {caught.value!r} {source!r}"
    finally:
        source.close()


@pytest.mark.parametrize(("change", "words"), POSTGRESQL, ids=["login", "database", "option"])
def test_a_source_on_postgresql(postgresql_url: str, connects: list[str], change: Change, words: str) -> None:
    _refused(_with(postgresql_url, change), words)
    assert len(connects) <= 2  # one look, one reading


@pytest.mark.parametrize(
    ("change", "words"),
    [(_no_database, "refuses us"), (_bad_option, "cannot be used")],
    ids=["database", "option"],
)
def test_a_source_on_mariadb(mariadb_url: str, connects: list[str], change: Change, words: str) -> None:
    _refused(_with(mariadb_url, change), words)
    assert len(connects) <= 2


def test_a_wrong_password_on_mariadb(mariadb_url: str, mariadb_server: str, connects: list[str]) -> None:
    engine = create_engine(mariadb_server)
    with engine.begin() as connection:
        connection.execute(text("CREATE USER reader_here@localhost IDENTIFIED BY 'the right one'"))
    try:
        before = len(connects)
        _refused(_with(mariadb_url, lambda url: url.set(username="reader_here", password=CANARY)), "refuses us")
        assert len(connects) - before <= 2
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP USER reader_here@localhost"))
        engine.dispose()


def test_a_port_that_is_none_is_told_before_anything_is_tried(postgresql_url: str, connects: list[str]) -> None:
    with pytest.raises(SourceError, match=r"there is no port 99999\. Correct the port in "):
        SqlSource(_with(postgresql_url, _bad_port))
    assert connects == []


@pytest.mark.parametrize(
    "change", [_nobody, _no_database, _bad_port, _bad_option], ids=["login", "database", "port", "option"]
)
def test_a_store_on_postgresql(postgresql_url: str, connects: list[str], change: Change) -> None:
    with pytest.raises((StoreUrlError, NoStore)) as caught:
        open_store(_with(normalise_url(postgresql_url), change))
    assert "orrect" in str(caught.value)
    assert CANARY not in f"{caught.value!r} {caught.value}"
    assert len(connects) <= 1
