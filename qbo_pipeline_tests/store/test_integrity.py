"""The database's own check of the store: a damaged page of any table or index is found and named."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from qbo_pipeline.store.database import Database
from qbo_pipeline.store.integrity import check_integrity
from qbo_pipeline.store.opening import make_store

PAGE = 4096


def checked(database: Database) -> tuple[str, ...]:
    try:
        return check_integrity(database, lambda what, count: None).findings
    finally:
        database.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with all its tables, in one file."""
    file = tmp_path_factory.mktemp("whole") / "store.sqlite"
    make_store(f"sqlite:///{file}").close()
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return file


def roots(file: Path) -> list[tuple[str, str, int]]:
    """The first page of each table and index, with its table."""
    connection = sqlite3.connect(file)
    found = connection.execute("SELECT tbl_name, name, rootpage FROM sqlite_master WHERE rootpage > 0").fetchall()
    connection.close()
    return found


def test_a_whole_store_has_nothing_to_say(file: Path) -> None:
    told: list[tuple[str, int]] = []
    database = Database(f"sqlite:///{file}")
    result = check_integrity(database, lambda what, count: told.append((what, count)))
    database.close()
    assert (result.findings, result.limits) == ((), ())
    assert result.text == "every page and row can be read, every index agrees with its table"
    assert ("checking the store's table postings" in dict(told), len(told) > 20) == (True, True)


def test_a_damaged_page_of_any_table_and_index_is_found_and_its_table_named(file: Path, tmp_path: Path) -> None:
    places = roots(file)
    assert {"postings", "attempts", "tokens", "sign_offs"} <= {table for table, _, _ in places}
    for table, name, page in places:
        copy = Path(shutil.copy(file, tmp_path / "copy.sqlite"))
        with copy.open("r+b") as opened:
            opened.seek((page - 1) * PAGE)
            opened.write(b"\xff" * 16)
        found = checked(Database(f"sqlite:///{copy}"))
        assert any(f"the table {table} is damaged" in one for one in found), (name, found)


def test_an_index_that_does_not_agree_with_its_table_is_found(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    database = make_store(f"sqlite:///{file}")
    with database.transaction() as connection:
        connection.execute(text("CREATE TABLE beside (content TEXT)"))
        connection.execute(text("CREATE INDEX beside_by_content ON beside (content)"))
        connection.execute(text("INSERT INTO beside VALUES ('a value that stands in two places')"))
        connection.exec_driver_sql("PRAGMA user_version = 7")
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    content = file.read_bytes()
    first = content.index(b"a value that stands")
    file.write_bytes(content[:first] + b"A" + content[first + 1 :])
    (found,) = checked(Database(f"sqlite:///{file}"))
    assert found.startswith("the table beside is damaged: row 1 missing from index beside_by_content")


def test_a_reference_to_a_row_that_is_not_there_is_found(tmp_path: Path) -> None:
    database = make_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    by_hand = sqlite3.connect(tmp_path / "store.sqlite")  # where references are not enforced
    by_hand.executescript(
        "CREATE TABLE whole (id INTEGER PRIMARY KEY); CREATE TABLE part (whole INTEGER REFERENCES whole (id));"
        "INSERT INTO part VALUES (42);"
    )
    by_hand.close()
    assert checked(database) == ("row 1 of part refers to a row of whole that is not there",)


def test_postgresql_reads_every_row_and_says_what_it_cannot_see(postgresql_url: str) -> None:
    make_store(postgresql_url).close()
    database = Database(postgresql_url)
    told: list[str] = []
    result = check_integrity(database, lambda what, count: told.append(what))
    assert result.findings == ()
    assert "checking the store's table postings" in told
    assert "every page and row can be read" in result.text
    with database.transaction() as connection:
        connection.execute(text("CREATE INDEX not_ready ON watermarks (name)"))
        connection.execute(text("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'not_ready'::regclass"))
    assert checked(database) == ("the index not_ready of watermarks is not valid: REINDEX INDEX not_ready",)


def test_a_damaged_page_on_postgresql_is_found(postgresql_url: str) -> None:
    make_store(postgresql_url).close()
    database = Database(postgresql_url)
    with database.reading() as connection:
        folder = connection.execute(text("SHOW data_directory")).scalar_one()
        file = Path(folder) / connection.execute(text("SELECT pg_relation_filepath('watermarks')")).scalar_one()
    try:
        with file.open("ab") as opened:  # one more page: those before it may be in the server's memory
            opened.write(b"\xff" * 8192)
    except OSError:
        pytest.skip("the server's files are not to be written to from here")
    (found,) = checked(database)
    assert found.startswith("the table watermarks is damaged: invalid page in block 0")


def test_postgresql_holds_indexes_against_their_tables_where_it_may(postgresql_url: str) -> None:
    make_store(postgresql_url).close()
    database = Database(postgresql_url)
    with database.transaction() as connection:
        schema = connection.execute(text("SELECT current_schema()")).scalar_one()
        known = connection.execute(text("SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'")).first()
        if known is None:
            pytest.skip("this PostgreSQL has no amcheck")
        connection.execute(text(f"CREATE EXTENSION amcheck SCHEMA {schema}"))
    result = check_integrity(database, lambda what, count: None)
    assert result.findings == ()
    assert "amcheck" not in result.text
    with database.transaction() as connection:
        connection.execute(text("CREATE TABLE beside (content TEXT)"))
        connection.execute(text("CREATE INDEX beside_by_content ON beside (content)"))
        connection.execute(text("INSERT INTO beside VALUES ('a'), ('b')"))
        own = connection.execute(text("SELECT relfilenode FROM pg_class WHERE oid = 'beside'::regclass")).scalar_one()
        # The rows are exchanged below the index, as after a page that was put back.
        connection.execute(text("CREATE TABLE others (content TEXT)"))
        connection.execute(text("INSERT INTO others VALUES ('c'), ('d'), ('e')"))
        connection.execute(
            text(
                "UPDATE pg_class SET relfilenode = (SELECT relfilenode FROM pg_class WHERE oid = 'others'::regclass) "
                "WHERE oid = 'beside'::regclass"
            )
        )
    database.close()
    (found,) = checked(Database(postgresql_url))
    assert found.startswith("the index beside_by_content of beside is damaged: heap tuple")
    with Database(postgresql_url).transaction() as connection:
        restore = text("UPDATE pg_class SET relfilenode = :own WHERE oid = 'beside'::regclass")
        connection.execute(restore, {"own": own})
