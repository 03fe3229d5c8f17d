"""The contract: the document, the table behind it, and the records say the same."""

from __future__ import annotations

import dataclasses

import pytest

from qbo_pipeline.inventory import records
from qbo_pipeline.inventory.columns import COLUMNS
from qbo_pipeline.inventory.schemas import KEYS, SCHEMAS
from qbo_pipeline.sources.assemble import ASSEMBLIES
from qbo_pipeline.sources.contract import KINDS, contract_text
from qbo_pipeline.sql_files import sql_folder


def test_the_document_is_made_from_the_table() -> None:
    written = (sql_folder("source") / "contract.md").read_text(encoding="utf-8")

    assert written == contract_text(), (
        "write it again: python -m qbo_pipeline.sources.contract > sql/source/contract.md"
    )


def test_every_kind_has_columns_a_schema_and_a_key() -> None:
    assert set(KINDS) == set(COLUMNS) == set(SCHEMAS)
    assert all(KINDS[kind].key == ", ".join(key) for kind, key in KEYS.items() if kind != "parties")


# columns that say where a row belongs or how to read it, and are no field of the record
NOT_FIELDS = {
    "document_lines": {"document_id", "business_date"},
    "bill_matches": {"document_id"},
    "movement_lines": {"movement_id", "business_date", "direction", "unit_cost", "currency"},
    "payment_allocations": {"payment_id", "business_date"},
}


@pytest.mark.parametrize("kind", list(ASSEMBLIES))
def test_columns_are_the_fields_of_the_records(kind: str) -> None:
    assembly = ASSEMBLIES[kind]
    children = {field for field, _ in assembly.lines.values()}
    fields = {records.column_of(field.name) for field in dataclasses.fields(assembly.record)} - children

    assert {column.name for column in COLUMNS[kind]} == fields - ({"kind"} if kind == "locations" else set())
    for child, (_, row) in assembly.lines.items():
        columns = {column.name for column in COLUMNS[child]} - NOT_FIELDS[child]
        assert columns == {records.column_of(field.name) for field in dataclasses.fields(row)} - (
            {"document_id"} - columns
        )


@pytest.mark.parametrize("kind", list(ASSEMBLIES))
def test_what_a_record_cannot_do_without_is_required(kind: str) -> None:
    """A required field without a required column would fail with a Python error and no rule."""
    assembly = ASSEMBLIES[kind]
    pairs = [(kind, assembly.record), *((child, row) for child, (_, row) in assembly.lines.items())]
    for name, cls in pairs:
        needed = {field.name for field in dataclasses.fields(cls) if field.default is dataclasses.MISSING}
        given = {column.name for column in COLUMNS[name] if column.required or column.default is not None}
        completed = {"line_number", "value", "lines", "matches", "allocations"}
        assert needed - given <= completed, name
