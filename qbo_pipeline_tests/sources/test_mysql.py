"""What MySQL and MariaDB do otherwise than other databases, each read exactly all the same."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from qbo_pipeline.sources.connect import ReadOnlyDatabase, normalise_url
from qbo_pipeline.sources.errors import SourceError, SourceUnavailable
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline_tests.sources.company import Rows, all_of, errors_of, good_company, write_company

MARCH = (date(2024, 3, 1), date(2024, 3, 31))


def change(url: str, *statements: str) -> None:
    engine = create_engine(normalise_url(url))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def with_ids(ids: list[str]) -> Rows:
    """Invoices with these ids and numbers, each with one line of its own."""
    rows = good_company()
    invoice, line = rows["documents"][1], rows["document_lines"][1]
    rows["documents"] = [
        {**invoice, "document_id": one, "net_amount": "1.00", "tax_amount": "0", "total_amount": "1.00"} for one in ids
    ]
    rows["document_lines"] = [
        {**line, "document_id": one, "line_id": f"{one}-1", "net_amount": "1.00", "tax_amount": "0"} for one in ids
    ]
    for kind in ("bill_matches", "payments", "payment_allocations"):
        del rows[kind]
    return rows


@pytest.mark.parametrize("scheme", ["mysql", "mariadb", "mysql+pymysql"])
def test_its_urls_are_written_as_usual(mariadb_url: str, scheme: str) -> None:
    write_company(mariadb_url, good_company())
    assert errors_of(SqlSource(mariadb_url.replace("mysql:", f"{scheme}:"))) == []


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_ids_that_its_collation_takes_for_one_are_several(mariadb_url: str, size: int) -> None:
    """`ab1`, `AB1`, `áb1` and `ab1` with a blank behind are equal there; each document keeps its own line."""
    ids = ["ab1", "AB1", "áb1", "ab1 ", "b", "B", "ß", "ss", "10", "9"]
    write_company(mariadb_url, with_ids(ids))
    source = SqlSource(mariadb_url)
    assert errors_of(source) == []
    records, set_aside, _ = all_of(source.read_days(*MARCH, batch_size=size, record_types=["document"]))
    assert set_aside == {}
    assert {record.document_id: [line.line_id for line in record.lines] for record in records.values()} == {
        one: [f"{one}-1"] for one in ids
    }
    assert source.existing("document", ["AB1", "aB1", "B"]) == {"AB1", "B"}


@given(ids=st.lists(st.text("abAB1 é-_", min_size=1, max_size=4).map(str.strip).filter(bool), min_size=1, unique=True))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_document_comes_once_whatever_the_ids(mariadb_url: str, ids: list[str]) -> None:
    change(mariadb_url, *(f"DROP TABLE IF EXISTS {kind}" for kind in good_company()))
    write_company(mariadb_url, with_ids(ids))
    source = SqlSource(mariadb_url)
    for size in (1, 2, 7):
        read = [
            record.record_id
            for batch in source.read_days(*MARCH, batch_size=size, record_types=["document"])
            for record in batch.records
        ]
        assert sorted(read) == sorted(ids)


def test_decimals_come_to_the_last_digit_and_floats_do_not_come(mariadb_url: str) -> None:
    rows = good_company()
    rows["stock_values"] = [{**rows["stock_values"][0], "value": "12345678901.234567"}]
    write_company(mariadb_url, rows, {"movement_lines.value": "DOUBLE", "documents.net_amount": "FLOAT"})
    source = SqlSource(mariadb_url)
    (value,) = source.stock_values(MARCH[1])
    assert value.value == Decimal("12345678901.234567")
    told = {problem.what for problem in source.check()}
    assert {"movement_lines.value is DOUBLE", "documents.net_amount is FLOAT"} <= told


def test_a_timestamp_is_an_instant_and_no_business_date(mariadb_url: str) -> None:
    write_company(mariadb_url, good_company(), {"documents.business_date": "TIMESTAMP NULL"})
    with pytest.raises(SourceError, match=r"business_date is TIMESTAMP.*CONVERT_TZ\(business_date, '\+00:00'"):
        list(SqlSource(mariadb_url).read_days(*MARCH, batch_size=10))


def test_rows_without_a_date_or_with_its_zero_date_are_set_aside(mariadb_url: str) -> None:
    write_company(mariadb_url, good_company(), {"documents.business_date": "VARCHAR(20)"})
    change(
        mariadb_url,
        "UPDATE documents SET business_date = '0000-00-00' WHERE document_id = 'b1'",
        "UPDATE documents SET business_date = NULL WHERE document_id = 'i1'",
    )
    _, set_aside, _ = all_of(SqlSource(mariadb_url).read_days(*MARCH, batch_size=1))
    assert {"document/b1", "document/i1"} <= set(set_aside)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO parties (party_id) VALUES ('x')", "DELETE FROM parties", "CREATE TABLE mine (x INTEGER)",
        "DROP TABLE parties", "TRUNCATE parties", "UPDATE parties SET name = 'x'",
    ],
)  # fmt: skip
def test_nothing_can_be_written_even_by_an_administrator(mariadb_url: str, sql: str) -> None:
    write_company(mariadb_url, good_company())
    database = ReadOnlyDatabase(mariadb_url)
    with pytest.raises(SourceError, match="READ ONLY"), database.reading("the test") as connection:
        connection.execute(text(sql))


def test_a_select_of_standard_sql_is_read_as_elsewhere(mariadb_url: str) -> None:
    """`||` joins, `"name"` is a name and a backslash is one: as on PostgreSQL and SQLite."""
    write_company(mariadb_url, good_company())
    with ReadOnlyDatabase(mariadb_url).reading("the test") as connection:
        row = connection.execute(text("SELECT 'a' || 'b\\' AS joined, \"party_id\" FROM parties LIMIT 1")).one()
    assert tuple(row) == ("ab\\", "c1")


def test_what_it_refuses_is_said_without_program_text(mariadb_url: str) -> None:
    write_company(mariadb_url, good_company())
    with pytest.raises(SourceError) as caught, ReadOnlyDatabase(mariadb_url).reading("the test") as connection:
        connection.execute(text("SELECT nam FROM parties"))
    assert str(caught.value).startswith("no column nam (the test)")
    assert "did you mean 'name'?" in str(caught.value)
    with (
        pytest.raises(SourceError, match=r"no table partys .*did you mean 'parties'"),
        ReadOnlyDatabase(mariadb_url).reading("the test") as connection,
    ):
        connection.execute(text("SELECT * FROM partys"))
    wrong = mariadb_url.replace("root@", "nobody:s3cret@")
    with pytest.raises(SourceError, match=r"refuses us .*Access denied for user.*Correct user, password") as refused:
        SqlSource(wrong).read_master_data(batch_size=1).__iter__().__next__()
    assert "s3cret" not in str(refused.value)
    assert not isinstance(refused.value, SourceUnavailable)
    assert "(1045" not in str(refused.value)
