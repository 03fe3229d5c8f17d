"""A mapping cannot leave the read-only session, and a login that could write is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from qbo_pipeline.sources.connect import ReadOnlyDatabase, normalise_url
from qbo_pipeline.sources.errors import SourceError, SourceUnavailable
from qbo_pipeline.sources.mapping import Statement, load_mapping
from qbo_pipeline.sources.reader import bound
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline.sources.tokens import code, pieces, without_comments
from qbo_pipeline_tests.sources.company import good_company, write_company

LEAVE = "commit; begin read write; create table taken (id int); commit; select 1"


@pytest.mark.parametrize(
    "sql",
    [
        rf"SELECT E'\'' AS a; {LEAVE} --'",
        rf"SELECT e'\'; {LEAVE.replace(';', ' ')}'; SELECT 1 AS b",
        f"SELECT $$'$$ AS a; {LEAVE}--'",
        f"SELECT $x$ $$ ' $x$ AS a; {LEAVE}--'",
        f"SELECT 1 /* /* */ ' */ ; {LEAVE} --'",
        f"SELECT 1 -- it's\r; {LEAVE} --'",
        f'SELECT $a$"$a$ ; {LEAVE} --"',
        f"SELECT a$b$ ; {LEAVE} ; $b$",
        "SELECT 'x' INTO OUTFILE '/tmp/taken'",
        "SELECT 'x' into\n/* */ dumpfile '/tmp/taken'",
        "SELECT 1 \x00",
    ],
)
def test_more_than_one_select_is_refused(tmp_path: Path, sql: str) -> None:
    (tmp_path / "parties.sql").write_bytes(sql.encode())

    with pytest.raises(SourceError, match=r"has to hold one statement|reaches beyond a read-only session"):
        load_mapping(f"{tmp_path}")


@pytest.mark.parametrize(
    "sql", ["SELECT ';' AS a", r"SELECT E'\';' AS a", "SELECT $$;$$ AS a", 'SELECT 1 AS ";"', r"SELECT '\' AS a"]
)
def test_semicolons_in_literals_are_text_to_postgresql_too(postgresql_url: str, sql: str) -> None:
    assert ";" not in code(sql)
    database = ReadOnlyDatabase(postgresql_url)
    with database.reading("the test") as connection:
        assert len(connection.execute(bound(sql, {})).all()) == 1


def test_pieces_are_the_whole_text() -> None:
    sql = "SELECT 'a''b', E'c\\'d', \"e\"\"f\", $$g$$, $h$i$$j$h$, k$l$, :m -- n\n/* o /* p */ q */ FROM `r`"

    assert "".join(piece for piece, _ in pieces(sql)) == sql
    assert without_comments(sql).split("FROM")[0].rstrip().endswith(":m")
    assert Statement("", r"SELECT E'\':a', $$:b$$, :c").parameters == ("c",)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT set_config('transaction_read_only', 'off', false)",
        "SELECT set_config('default_transaction_read_only', 'off', false)",
    ],
)
def test_a_select_cannot_make_the_session_write(postgresql_url: str, sql: str) -> None:
    database = ReadOnlyDatabase(postgresql_url)
    with database.reading("the test") as connection:
        try:
            connection.execute(text(sql))
            connection.commit()
        except Exception:  # one of the two is refused at once, the other must be of no use
            connection.rollback()
        with pytest.raises(Exception, match="read-only transaction"):
            connection.execute(text("CREATE TABLE taken (id int)"))


def test_a_login_that_could_write_is_told(postgresql_url: str) -> None:
    write_company(postgresql_url, good_company())
    engine = create_engine(normalise_url(postgresql_url), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            schema = connection.execute(text("SELECT current_schema()")).scalar_one()
            for statement in (
                "CREATE ROLE only_reads LOGIN PASSWORD 'x'",
                f'GRANT CONNECT ON DATABASE "{engine.url.database}" TO only_reads',
                f"GRANT USAGE ON SCHEMA {schema} TO only_reads",
                f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO only_reads",
            ):
                connection.execute(text(statement))
        url = make_url(postgresql_url).set(username="only_reads", password="x").render_as_string(hide_password=False)

        assert SqlSource(url).check() == []
        with engine.connect() as connection:
            connection.execute(text("GRANT UPDATE ON parties TO only_reads"))
        (problem,) = SqlSource(url).check()
        assert (problem.severity, problem.why) == ("warning", "it has the right to change 1 table")
        assert [one.why for one in SqlSource(postgresql_url).check()] == ["it is a superuser"]
    finally:
        with engine.connect() as connection:
            connection.execute(text("DROP OWNED BY only_reads"))
            connection.execute(text("DROP ROLE only_reads"))
        engine.dispose()


def test_the_rights_of_a_mysql_login_are_looked_at(mariadb_url: str) -> None:
    write_company(mariadb_url, good_company())
    (problem,) = SqlSource(mariadb_url).check()

    assert problem.severity == "warning"
    assert "ALL PRIVILEGES" in problem.why


@pytest.mark.parametrize("url", ["postgresql://u:s3cret@127.0.0.1:{port}/d", "mysql://u:s3cret@127.0.0.1:{port}/d"])
@pytest.mark.parametrize(("port", "options"), [("99999", ""), ("5432", "?sslmoed=require")])
def test_a_bad_port_or_option_is_a_settings_error(url: str, port: str, options: str) -> None:
    if url.startswith("mysql"):
        pytest.importorskip("pymysql")
    with pytest.raises(SourceError) as caught:
        list(SqlSource(url.format(port=port) + options).read_master_data(batch_size=1))

    assert not isinstance(caught.value, SourceUnavailable)
    assert "[source] url" in str(caught.value)
    assert "s3cret" not in str(caught.value)
