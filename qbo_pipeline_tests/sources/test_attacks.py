"""A mapping as an attacker writes it, on each kind of database: nothing is written, whatever the login may do.

Two doors: the text of a mapping (one SELECT, nothing that reaches beyond its session), and the session itself, which is
tried here with what the first would refuse and by the administrator's login.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from qbo_pipeline.sources.connect import ReadOnlyDatabase, normalise_url
from qbo_pipeline.sources.errors import SourceError
from qbo_pipeline.sources.mapping import load_mapping
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline_tests.sources.company import good_company, write_company


@contextmanager
def administrator(url: str) -> Iterator[Engine]:
    engine = create_engine(normalise_url(url), isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


def parties(url: str) -> Sequence[Any]:
    with administrator(url) as engine, engine.connect() as connection:
        return connection.execute(text("SELECT * FROM parties ORDER BY party_id")).all()


def prepared(url: str, *statements: str) -> Sequence[Any]:
    """The company, and what the source's owner has made beside it; what its parties are."""
    write_company(url, good_company())
    with administrator(url) as engine, engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    return parties(url)


def carry_out(database: ReadOnlyDatabase, *attack: str) -> None:
    """The statements one after another in one session, as the reader would run them; what the last one says counts.

    COMMIT is SQLAlchemy's, which begins the next transaction itself; what is refused before the last is rolled back.
    """
    *first, last = attack
    with database.reading("the test") as connection:
        for statement in first:
            if statement == "COMMIT":
                connection.commit()
                continue
            try:
                connection.exec_driver_sql(statement)
            except Exception:
                connection.rollback()
        connection.exec_driver_sql(last).all()


MARIADB_OWN = (
    """CREATE FUNCTION sneak() RETURNS INT MODIFIES SQL DATA
    BEGIN INSERT INTO parties (party_id) VALUES ('x'); RETURN 1; END""",
    "CREATE TABLE loose (id INT) ENGINE=MyISAM",
    "CREATE FUNCTION sneak_loose() RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO loose VALUES (1); RETURN 1; END",
    "CREATE FUNCTION open_up() RETURNS INT BEGIN SET SESSION tx_read_only = 0; RETURN 1; END",
    "CREATE SEQUENCE numbers",
    "CREATE PROCEDURE sneak_called() INSERT INTO parties (party_id) VALUES ('x')",
)
MARIADB = {
    "a function that writes": ["SELECT sneak()"],
    "a function that writes without transactions": ["SELECT sneak_loose()"],
    "the session's default set by a function": ["SELECT open_up()", "SELECT sneak()"],
    "the session's default, and a transaction of its own": ["SELECT open_up()", "COMMIT", "SELECT sneak()"],
    "a sequence": ["SELECT NEXTVAL(numbers)"],
    "a sequence set": ["SELECT SETVAL(numbers, 77)"],
    "a procedure": ["CALL sneak_called()"],
    "a procedure after its own COMMIT": ["COMMIT", "CALL sneak_called()"],
    "several statements": ["SELECT 1; INSERT INTO parties (party_id) VALUES ('x')"],
    "leaving in several statements": ["SELECT 1; COMMIT; SET SESSION TRANSACTION READ WRITE; SELECT sneak()"],
    "a file loaded": ["LOAD DATA INFILE '/etc/hostname' INTO TABLE parties (party_id)"],
    "a file of ours loaded": ["LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE parties (party_id)"],
    "a table with its own COMMIT": ["CREATE TABLE taken (id INT)"],
    "a right": ["GRANT ALL ON *.* TO taken@localhost"],
}


@pytest.mark.parametrize("attack", MARIADB.values(), ids=MARIADB)
@pytest.mark.parametrize("options", ["", "&client_flag=65536&local_infile=1"], ids=["", "with options in the URL"])
def test_a_mariadb_session_cannot_write(mariadb_url: str, attack: list[str], options: str) -> None:
    before = prepared(mariadb_url, *MARIADB_OWN)
    with pytest.raises(SourceError):
        carry_out(ReadOnlyDatabase(mariadb_url + options), *attack)
    assert parties(mariadb_url) == before
    with administrator(mariadb_url) as engine, engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM loose").scalar_one() == 0
        assert connection.exec_driver_sql("SELECT NEXTVAL(numbers)").scalar_one() == 1
        tables = set(connection.exec_driver_sql("SHOW TABLES").scalars())
    assert "taken" not in tables


def test_a_read_write_transaction_is_not_to_be_had_on_mariadb(mariadb_url: str) -> None:
    """Even a whole statement of its own, which no mapping may hold, is of no use to the one after it."""
    before = prepared(mariadb_url, *MARIADB_OWN)
    with pytest.raises(SourceError, match="READ ONLY"):
        carry_out(ReadOnlyDatabase(mariadb_url), "SET SESSION TRANSACTION READ WRITE", "COMMIT", "SELECT sneak()")
    assert parties(mariadb_url) == before


POSTGRESQL_OWN = (
    """CREATE FUNCTION sneak() RETURNS int LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO parties (party_id) VALUES ('x'); RETURN 1; END $$""",
    """CREATE FUNCTION open_up() RETURNS int LANGUAGE plpgsql AS
    $$ BEGIN SET default_transaction_read_only = off; RETURN 1; END $$""",
    "CREATE SEQUENCE numbers",
)
POSTGRESQL = {
    "a function that writes": ["SELECT sneak()"],
    "a WITH that writes": ["WITH x AS (INSERT INTO parties (party_id) VALUES ('x') RETURNING 1) SELECT * FROM x"],
    "the session's default set by a function": ["SELECT open_up()", "SELECT sneak()"],
    "the session's default, and a transaction of its own": ["SELECT open_up()", "COMMIT", "SELECT sneak()"],
    "the transaction's own mode": ["SELECT set_config('transaction_read_only', 'off', false)", "SELECT sneak()"],
    "a sequence": ["SELECT nextval('numbers')"],
    "a sequence set": ["SELECT setval('numbers', 77)"],
    "rows locked": ["SELECT * FROM parties FOR UPDATE"],
    "a query in a query": ["SELECT query_to_xml('SELECT sneak()', true, false, '')"],
    "a new table": ["SELECT 1 AS id INTO taken"],
}


@pytest.mark.parametrize("attack", POSTGRESQL.values(), ids=POSTGRESQL)
def test_a_postgresql_session_cannot_write(postgresql_url: str, attack: list[str]) -> None:
    before = prepared(postgresql_url, *POSTGRESQL_OWN)
    with pytest.raises(SourceError, match=r"read-only transaction|read-write mode"):
        carry_out(ReadOnlyDatabase(postgresql_url), *attack)
    assert parties(postgresql_url) == before
    with administrator(postgresql_url) as engine, engine.connect() as connection:
        assert connection.execute(text("SELECT nextval('numbers')")).scalar_one() == 1


SQLITE = {
    "a row": "INSERT INTO parties (party_id) VALUES ('x')",
    "writing switched on": "PRAGMA query_only = OFF; INSERT INTO parties (party_id) VALUES ('x')",
    "a WITH that writes": "WITH x AS (SELECT 'x' AS id) INSERT INTO parties (party_id) SELECT id FROM x",
    "an extension": "SELECT load_extension('/tmp/taken')",
    "another file": "VACUUM INTO '{folder}/taken'",
    "a schema": "SELECT writable_schema FROM pragma_writable_schema(1)",
}


@pytest.mark.parametrize("attack", SQLITE.values(), ids=SQLITE)
def test_a_sqlite_session_cannot_write(tmp_path: Path, attack: str) -> None:
    file = tmp_path / "source.sqlite"
    prepared(f"sqlite:///{file}")
    before = file.read_bytes()
    with pytest.raises(SourceError):
        carry_out(ReadOnlyDatabase(f"sqlite:///{file}"), attack.replace("{folder}", str(tmp_path)))
    assert file.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["source.sqlite"]


def test_query_only_is_not_what_keeps_a_sqlite_file(tmp_path: Path) -> None:
    """The file itself is opened for reading: a PRAGMA of its own opens nothing."""
    file = tmp_path / "source.sqlite"
    before = prepared(f"sqlite:///{file}")
    with pytest.raises(SourceError, match="readonly database"):
        carry_out(ReadOnlyDatabase(f"sqlite:///{file}"), "PRAGMA query_only = OFF", "DELETE FROM parties")
    assert parties(f"sqlite:///{file}") == before


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'x' INTO OUTFILE '/tmp/taken'",
        "SELECT 1 # '\n INTO OUTFILE '/tmp/taken' # '",
        "SELECT 1 INTO # here \n DUMPFILE '/tmp/taken'",
        "SELECT * FROM dblink('dbname=erp', 'DELETE FROM t RETURNING 1') AS t (a int)",
        "SELECT public.dblink_exec ('dbname=erp', 'DELETE FROM t')",
        "SELECT lo_create(0)",
        'SELECT "lo_unlink" (17)',
        "SELECT pg_file_write('taken', 'x', false)",
        "SELECT pg_terminate_backend(17)",
        "SELECT sys_exec('id')",
    ],
)
def test_what_reaches_beyond_the_session_is_no_mapping(tmp_path: Path, sql: str) -> None:
    (tmp_path / "parties.sql").write_text(sql)
    with pytest.raises(SourceError, match="reaches beyond a read-only session"):
        load_mapping(str(tmp_path))


def test_a_mariadb_login_that_could_write_is_told_and_one_that_cannot_is_not(mariadb_url: str) -> None:
    prepared(mariadb_url)
    url = make_url(mariadb_url)
    name = str(url.database)
    with administrator(mariadb_url) as engine, engine.connect() as connection:
        connection.exec_driver_sql("CREATE OR REPLACE USER only_reads@localhost IDENTIFIED BY 's3cret'")
        connection.exec_driver_sql(f"GRANT SELECT, SHOW VIEW ON {name}.* TO only_reads@localhost")
        reader = url.set(username="only_reads", password="s3cret").render_as_string(hide_password=False)
        assert SqlSource(reader).check() == []
        for right, where in (("INSERT", f"{name}.parties"), ("FILE", "*.*"), ("EXECUTE", f"{name}.*")):
            connection.exec_driver_sql(f"GRANT {right} ON {where} TO only_reads@localhost")
            (problem,) = SqlSource(reader).check()
            assert (problem.severity, problem.what) == ("warning", "the source's login could write")
            assert right in problem.why
            connection.exec_driver_sql(f"REVOKE {right} ON {where} FROM only_reads@localhost")
        connection.exec_driver_sql("DROP USER only_reads@localhost")
