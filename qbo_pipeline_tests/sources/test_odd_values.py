"""Values that a database holds and nobody else: dates beyond Python, years nobody means, structured types, broken text.

Each is set aside with its row, or refused with its column; the other rows are read.
"""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from qbo_pipeline.sources.connect import normalise_url
from qbo_pipeline.sources.errors import SourceError
from qbo_pipeline.sources.source import SetAside
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline_tests.sources.company import all_of, good_company, write_company

FROM_THE_FIRST_DAY_ON = (date(1, 1, 1), date(9999, 12, 30))


def changed(url: str, *statements: str, types: dict[str, str] | None = None) -> SqlSource:
    write_company(url, good_company(), types)
    engine = create_engine(normalise_url(url))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement.replace(":", r"\:")))
    engine.dispose()
    return SqlSource(url)


def read(source: SqlSource, size: int = 1) -> tuple[dict[str, Any], dict[str, SetAside]]:
    try:
        days = source.read_days(*FROM_THE_FIRST_DAY_ON, batch_size=size)
        records, aside, _ = all_of([*source.read_master_data(batch_size=size), *days])
    finally:
        source.close()
    return records, aside


@pytest.mark.parametrize("column", ["business_date", "due_date"])
@pytest.mark.parametrize(
    "value", ["0001-12-31 BC", "2024-03-04 BC", "0024-03-04", "9999-12-31", "20000-01-01", "infinity", "-infinity"]
)
def test_a_date_of_postgresql_that_no_document_has_is_set_aside(postgresql_url: str, column: str, value: str) -> None:
    types = {f"documents.{column}": "DATE"}
    source = changed(postgresql_url, f"UPDATE documents SET {column} = '{value}' WHERE document_id = 'i1'", types=types)
    records, aside = read(source)
    assert aside["document/i1"].column == column
    assert aside["document/i1"].rule in ("not_a_date", "impossible_year")
    assert "document/i1" not in records
    assert {"document/b1", "movement/d1"} <= records.keys()


@pytest.mark.parametrize("value", ["0024-03-04", "9999-12-31"])
def test_a_year_that_nobody_means_is_set_aside_once(source_url: str, value: str) -> None:
    source = changed(source_url, f"UPDATE documents SET business_date = '{value}' WHERE document_id = 'i1'")
    records, aside = read(source)
    assert (aside["document/i1"].rule, aside["document/i1"].business_date) == ("impossible_year", None)
    assert "document/b1" in records


STRUCTURED = [
    ("jsonb", "jsonb_build_object('en_US', memo)"),
    ("json", "CAST(jsonb_build_object('en_US', memo) AS json)"),
    ("text[]", "ARRAY[memo]"),
    ("int4range", "int4range(1, 5)"),
    ("point", "point(1, 2)"),
    ("bytea", "CAST('a' AS bytea)"),
]


@pytest.mark.parametrize(("type_", "value"), STRUCTURED, ids=[row[0] for row in STRUCTURED])
def test_a_column_of_structured_values_is_refused_by_its_name(postgresql_url: str, type_: str, value: str) -> None:
    source = changed(postgresql_url, f"ALTER TABLE documents ALTER COLUMN memo TYPE {type_} USING {value}")
    with pytest.raises(SourceError) as told:
        read(source)
    assert [problem.what for problem in told.value.problems] == [f"documents.memo is {type_}"]


def test_ids_that_are_uuids_are_text(postgresql_url: str) -> None:
    source = changed(
        postgresql_url, "ALTER TABLE documents ALTER COLUMN memo TYPE uuid USING CAST(md5(document_id) AS uuid)"
    )
    records, aside = read(source)
    assert aside == {}
    assert len(records["document/i1"].memo) == 36


LATIN = "CAST(x'436166E9' AS TEXT)"  # Café in Latin-1


@pytest.mark.parametrize(
    ("statement", "broken", "column"),
    [
        (f"UPDATE documents SET memo = {LATIN} WHERE document_id = 'i1'", "document/i1", "memo"),
        (f"UPDATE parties SET name = {LATIN} WHERE party_id = 'c1'", "party/customer:c1", "name"),
        (f"UPDATE documents SET document_id = {LATIN} WHERE document_id = 'i1'", "document/Caf?", "document_id"),
        (f"UPDATE parties SET party_id = {LATIN} WHERE party_id = 'c1'", "party/customer:Caf?", "party_id"),
    ],
)
@pytest.mark.parametrize("size", [1, 50])
def test_text_of_sqlite_that_is_not_utf8_is_set_aside(
    tmp_path: Path, statement: str, broken: str, column: str, size: int
) -> None:
    file = tmp_path / "source.sqlite"
    write_company(f"sqlite:///{file}", good_company())
    with sqlite3.connect(file) as database:
        database.execute(statement)
    records, aside = read(SqlSource(f"sqlite:///{file}"), size)
    assert (aside[broken].rule, aside[broken].column) == ("not_utf8", column)
    assert {"document/b1", "movement/r1", "movement/a1"} <= records.keys()  # what refers to nothing of it
