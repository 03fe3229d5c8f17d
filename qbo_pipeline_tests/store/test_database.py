"""The store's foundation: exact columns, transactions, migrations."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import get_type_hints

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, inspect, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from qbo_pipeline.store import tables
from qbo_pipeline.store.database import Database, StoreUrlError, normalise_url, open_database
from qbo_pipeline.store.migrations import MigrationError, upgrade
from qbo_pipeline.store.postings import Posting, Standing
from qbo_pipeline.store.tables.metadata import metadata
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.types import Day, Instant, Money, Quantity

for module in pkgutil.iter_modules(tables.__path__, tables.__name__ + "."):
    importlib.import_module(module.name)

_scratch = Table(
    "scratch",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("amount", Money()),
    Column("quantity", Quantity()),
    Column("day", Day()),
    Column("at", Instant()),
)


@pytest.fixture
def scratch(database: Database) -> Database:
    with database.transaction() as connection:
        _scratch.create(connection)
    return database


def test_columns_give_back_exactly_what_they_were_given(scratch: Database) -> None:
    paris = timezone(timedelta(hours=2))
    with scratch.transaction() as connection:
        connection.execute(
            _scratch.insert(),
            [
                {
                    "id": 1,
                    "amount": Decimal("-99999999999999.99"),
                    "quantity": Decimal("0.000001"),
                    "day": date(2024, 2, 29),
                    "at": datetime(2024, 3, 1, 1, 30, 0, 123456, paris),
                },
                {"id": 2, "amount": Decimal("0.1"), "quantity": None, "day": None, "at": None},
            ],
        )
    with scratch.reading() as connection:
        first, second = connection.execute(select(_scratch).order_by(_scratch.c.id)).all()
    assert (first.amount, first.quantity) == (Decimal("-99999999999999.99"), Decimal("0.000001"))
    assert first.day == date(2024, 2, 29)
    assert first.at == datetime(2024, 2, 29, 23, 30, 0, 123456, UTC)
    assert first.at.tzinfo is UTC
    assert second.amount == Decimal("0.10")
    assert (second.quantity, second.day, second.at) == (None, None, None)


@pytest.mark.parametrize(
    ("column", "value"),
    [("amount", Decimal("0.001")), ("amount", 0.5), ("amount", 1), ("at", datetime(2024, 1, 1))],  # noqa: DTZ001
)
def test_columns_refuse_what_they_would_have_to_change(scratch: Database, column: str, value: object) -> None:
    with pytest.raises(StatementError), scratch.transaction() as connection:
        connection.execute(_scratch.insert(), {"id": 1, column: value})


def test_a_failed_transaction_leaves_nothing(scratch: Database) -> None:
    def insert_and_fail() -> None:
        with scratch.transaction() as connection:
            connection.execute(_scratch.insert(), {"id": 1})
            connection.execute(_scratch.insert(), {"id": 1})

    with pytest.raises(IntegrityError):
        insert_and_fail()
    with scratch.reading() as connection:
        assert connection.execute(select(_scratch)).all() == []


def test_the_databases_clock_is_utc(database: Database) -> None:
    with database.reading() as connection:
        assert database.now(connection).utcoffset() == timedelta(0)


def test_the_declared_tables_are_the_migrated_ones(database: Database) -> None:
    inspector = inspect(database.engine)
    migrated = set(inspector.get_table_names()) - {"schema_migrations"}
    assert migrated == set(metadata.tables)
    for name, table in metadata.tables.items():
        columns = {column["name"]: column["nullable"] for column in inspector.get_columns(name)}
        assert columns == {column.name: bool(column.nullable) for column in table.columns}, name
        key = inspector.get_pk_constraint(name)["constrained_columns"]
        assert key == [column.name for column in table.primary_key.columns], name
        indexes = {index["name"] for index in inspector.get_indexes(name) if not index.get("duplicates_constraint")}
        assert {index.name for index in table.indexes} <= indexes, name


def test_an_upgrade_is_done_once(store_url: str) -> None:
    database = Database(store_url)
    assert database.upgrade()[0] == "0001_records"
    assert database.upgrade() == []
    database.close()


def test_an_upgrade_from_an_earlier_version_keeps_the_data(store_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_a.sql").write_text("CREATE TABLE a (id INTEGER PRIMARY KEY);\nINSERT INTO a VALUES (7);\n")
    database = Database(store_url)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with database.transaction() as connection:
        assert upgrade(connection, database.dialect, now, folder) == ["0001_a"]
    (folder / "0002_b.sql").write_text("ALTER TABLE a ADD COLUMN name TEXT;\nUPDATE a SET name = 'x;y';\n")
    with database.transaction() as connection:
        assert upgrade(connection, database.dialect, now, folder) == ["0002_b"]
    with database.reading() as connection:
        assert connection.execute(text("SELECT id, name FROM a")).all() == [(7, "x;y")]
    (folder / "0001_a.sql").write_text("CREATE TABLE a (id INTEGER);\n")
    with (
        pytest.raises(MigrationError, match="0001_a was applied in another form"),
        database.transaction() as connection,
    ):
        upgrade(connection, database.dialect, now, folder)
    (folder / "0002_b.sql").unlink()
    with pytest.raises(MigrationError, match="the store is at migration 0002"), database.transaction() as connection:
        upgrade(connection, database.dialect, now, folder)
    database.close()


def test_a_migration_without_its_end_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_a.sql").write_text("CREATE TABLE a (id INTEGER)\n")
    database = Database(f"sqlite:///{tmp_path / 'store.sqlite'}")
    with pytest.raises(MigrationError, match="without its semicolon"), database.transaction() as connection:
        upgrade(connection, "sqlite", datetime(2026, 1, 1, tzinfo=UTC), folder)
    database.close()


def test_a_store_opens_where_its_folder_does_not_exist_yet(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path / 'a' / 'b' / 'store.sqlite'}").close()
    assert (tmp_path / "a" / "b" / "store.sqlite").exists()


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgresql://u:p@h/d", "postgresql+psycopg2"),
        ("postgres://u@h/d", "postgresql+psycopg2"),
        ("sqlite:///x.sqlite", "sqlite+pysqlite"),
        ("x.sqlite", "sqlite+pysqlite"),
    ],
)
def test_urls_as_people_write_them(url: str, driver: str) -> None:
    assert normalise_url(url).drivername == driver


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(StoreUrlError, match="mysql"):
        normalise_url("mysql://u@h/d")


def test_what_is_no_url_is_refused_without_its_password() -> None:
    with pytest.raises(StoreUrlError, match="cannot be parsed: use sqlite") as told:
        normalise_url("postgresql://u:hunter2@h:port/d")
    assert "hunter2" not in str(told.value)


def test_a_password_does_not_show() -> None:
    assert "hunter2" not in repr(Database("postgresql://u:hunter2@127.0.0.1:1/d"))


def test_the_typed_rows_of_postings_name_every_column() -> None:
    assert set(get_type_hints(Posting)) == {column.name for column in postings.c}
    assert set(get_type_hints(Standing)) < set(get_type_hints(Posting))
