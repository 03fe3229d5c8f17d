"""Stores of earlier versions, brought to this one: what an upgrade must not do in silence."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import select

from qbo_pipeline.posting.blank_rows import blank
from qbo_pipeline.settings import load_settings
from qbo_pipeline.sql_files import sql_folder
from qbo_pipeline.store import attempts, migrations
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.migrations import MigrationError
from qbo_pipeline.store.shared_companies import ConnectionSetAside
from qbo_pipeline.store.tables.posting import posting_links, postings
from qbo_pipeline.store.tables.records import connections, watermarks
from qbo_pipeline.store.verifying import disagreements
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.pipeline.shop import open_shop

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER_COLUMNS = ("settings_hash", "number_twice")  # of migrations after 0009


@pytest.fixture
def qbo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "300")
    return CommandLine(monkeypatch, capsys)


def store_at(number: int, url: str, tmp_path: Path) -> Database:
    """A store as migration `number` left it."""
    database = Database(url)
    folder = tmp_path / "migrations"
    folder.mkdir()
    for file in sql_folder("store", database.dialect).glob("*.sql"):
        if int(file.name[:4]) <= number:
            shutil.copy(file, folder)
    with database.transaction() as connection:
        migrations.upgrade(connection, database.dialect, NOW, folder)
    return database


@pytest.fixture
def before_0009(store_url: str, tmp_path: Path) -> Iterator[Database]:
    database = store_at(8, store_url, tmp_path)
    yield database
    database.close()


def put_posting(database: Database, name: str, key: str, **fields: Any) -> None:
    row = {
        **blank(), "connection": name, "key": key, "revision": 1, "record_key": key, "record_hash": "h",
        "entity": "Item", "business_date": date(2026, 3, 2), "amount": Decimal(0), "currency": "USD", "payload": "{}",
        "payload_hash": "p", "marker": "m", "by_name": True, "first_seen": NOW, "state": "posted", "qbo_id": "7",
        "sync_token": "0", "posted_at": NOW, "attempts": 1, **fields,
    }  # fmt: skip
    with database.transaction() as connection:
        connection.execute(postings.insert(), {name: row[name] for name in row if name not in LATER_COLUMNS})
        line = attempts.AttemptLine(key=key, revision=1, event="posted", state="posted", fence=0)
        with patch("qbo_pipeline.store.attempts.digests", return_value={}):  # they are of columns that come later
            attempts.append(connection, name, NOW, [line])


def test_what_a_migration_parked_stands_in_the_journal(before_0009: Database) -> None:
    for number, key in enumerate(("product/1", "product/2", "product/3")):
        put_posting(before_0009, "shop", key)
        linked = {"linked_by": "name", "linked_at": NOW.replace(second=number)}
        link = {"connection": "shop", "key": key, "entity": "Item", "qbo_id": "7", "sync_token": "0",
                "fingerprint": "f", "revision": 1, **linked}  # fmt: skip
        with before_0009.transaction() as connection:
            connection.execute(posting_links.insert(), link)
    before_0009.upgrade()
    with before_0009.reading() as reading:
        states = {row.key: row.state for row in reading.execute(select(postings.c.key, postings.c.state))}
        assert states == {"product/1": "posted", "product/2": "parked", "product/3": "parked"}
        lines = attempts.history(reading, "shop", "product/2")
        assert [(line["event"], line["state"]) for line in lines] == [("posted", "posted"), ("parked", "parked")]
        assert "migration 0009" in lines[-1]["why"]
        assert len(attempts.history(reading, "shop", "product/1")) == 1
        assert attempts.verify(reading, "shop") == []
        assert list(disagreements(reading, "shop")) == []


@pytest.fixture
def of_two(store_url: str, tmp_path: Path) -> Iterator[Database]:
    """A store in which one company belongs to two connections."""
    database = store_at(9, store_url, tmp_path)
    with database.transaction() as connection:
        for name in ("acme", "other"):
            row = {"connection": name, "environment": "production", "realm": "77", "source": name, "currency": "USD"}
            connection.execute(connections.insert(), row | {"created_at": NOW})
    put_posting(database, "acme", "product/1")
    put_posting(database, "acme", "product/2")
    yield database
    database.close()


def test_two_connections_of_a_company_are_told_before_anything_is_changed(of_two: Database) -> None:
    for _ in range(2):
        with pytest.raises(MigrationError) as refused:
            of_two.upgrade()
        said = str(refused.value)
        assert "the company 77 (production) belongs to 2 connections" in said
        assert "- acme: 2 postings in QuickBooks, the latest dated 2026-03-02" in said
        assert "- other: nothing posted" in said
        assert "--set-aside NAME" in said
    with of_two.reading() as reading:
        assert max(migrations.applied(reading)) == 9


def test_one_of_them_is_set_aside_by_order_and_keeps_what_it_posted(of_two: Database) -> None:
    order = ConnectionSetAside(("other",), "a controller", "acme has run since January")
    assert of_two.upgrade(setting_aside=order)[0] == "set aside other"
    with of_two.reading() as reading:
        rows = reading.execute(select(connections.c.connection, connections.c.environment))
        found = {row.connection: row.environment for row in rows}
        assert found == {"acme": "production", "other": "set aside: production of other"}
        kept = select(watermarks.c.value).where(watermarks.c.connection == "other")
        assert reading.execute(kept).scalar_one() == "a controller: acme has run since January"
        assert len(reading.execute(select(postings.c.key)).all()) == 2


@pytest.mark.parametrize("name", ["nobody", "acme"])
def test_nothing_else_is_set_aside(of_two: Database, name: str) -> None:
    if name == "acme":
        of_two.upgrade(setting_aside=ConnectionSetAside(("other",), "x", "y"))
    with pytest.raises(MigrationError, match=r"nothing was (changed|set aside)"):
        of_two.upgrade(setting_aside=ConnectionSetAside((name,), "x", "y"))


@pytest.mark.parametrize("kept", ["shop", "other"])
def test_the_commands_tell_it_and_the_one_set_aside_is_refused(tmp_path: Path, qbo: CommandLine, kept: str) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    shop = open_shop(tmp_path, None, store_url=url, with_store=False)
    realm = load_settings(shop.settings).quickbooks.realm
    database = store_at(9, url, tmp_path)
    with database.transaction() as connection:
        for name in ("shop", "other"):
            row = {"connection": name, "environment": "emulator", "realm": realm, "source": name, "currency": "USD"}
            connection.execute(connections.insert(), row | {"created_at": NOW})
    database.close()
    for command in ("status", "upgrade"):
        told = qbo(command, "--settings", shop.settings)
        assert (told.status, "Traceback" in told.err) == (2, False)
        assert "belongs to 2 connections of this store" in told.plain
    goes = "other" if kept == "shop" else "shop"
    assert qbo("upgrade", "--set-aside", goes, "--settings", shop.settings).status == 2  # without who and why
    done = qbo("upgrade", "--set-aside", goes, "--who", "W", "--why", "Y", "--settings", shop.settings)
    assert (done.status, done.out.splitlines()[0]) == (0, f"set aside {goes}")
    after = qbo("status", "--settings", shop.settings)
    assert (after.status, "was set aside" in after.plain) == ((0, False) if kept == "shop" else (2, True))
