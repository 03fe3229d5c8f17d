"""Frames and schemas: exact Arrow columns, and what one column may hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pandera.errors
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_pipeline.inventory.columns import COLUMNS, ROLES, STATUSES
from qbo_pipeline.inventory.frames import make_frame
from qbo_pipeline.inventory.schemas import SCHEMAS, schema_findings

GOOD: dict[str, dict[str, Any]] = {
    "parties": {"party_id": "c1", "kind": "customer", "name": "Café"},
    "documents": {
        "document_id": "i1", "kind": "sales_invoice", "number": "1", "business_date": date(2024, 3, 1),
        "party_id": "c1", "currency": "EUR", "exchange_rate": Decimal("1.0812345678"), "net_amount": Decimal("90.10"),
        "total_amount": Decimal("90.10"), "status": "completed",
    },
    "movement_lines": {
        "movement_id": "m", "line_id": "l", "role": "stock", "quantity": Decimal(1), "value": Decimal("2.5"),
        "direction": -1,
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", list(COLUMNS))
def test_an_empty_frame_has_the_contracts_columns_and_breaks_nothing(kind: str) -> None:
    frame = make_frame(kind, [])

    assert list(frame.columns) == [column.name for column in COLUMNS[kind]]
    assert schema_findings(kind, frame) == []


def test_columns_are_exact() -> None:
    frame = make_frame("documents", [GOOD["documents"]])
    types = {name: dtype.pyarrow_dtype for name, dtype in frame.dtypes.items()}

    assert types["net_amount"] == types["total_amount"] == pa.decimal128(18, 6)
    assert types["exchange_rate"] == pa.decimal128(18, 10)
    assert types["business_date"] == types["due_date"] == pa.date32()
    assert types["number"] == pa.string()
    assert make_frame("movement_lines", []).dtypes["direction"].pyarrow_dtype == pa.int64()
    assert make_frame("parties", []).dtypes["active"].pyarrow_dtype == pa.bool_()


@settings(deadline=None)
@given(st.lists(st.decimals(-(10**12) + 1, 10**12 - 1, places=6), min_size=1, max_size=20))
def test_sums_in_frames_are_exact(amounts: list[Decimal]) -> None:
    frame = make_frame("movement_lines", [{"movement_id": "m", "value": amount} for amount in amounts])

    assert frame["value"].sum() == sum(amounts)
    assert frame.groupby("movement_id")["value"].sum().loc["m"] == sum(amounts)


@pytest.mark.parametrize("kind", list(GOOD))
def test_good_rows_break_nothing(kind: str) -> None:
    assert schema_findings(kind, make_frame(kind, [GOOD[kind]])) == []


@pytest.mark.parametrize(
    ("kind", "column", "value", "rule"),
    [
        ("parties", "kind", "friend", "choice"),
        ("parties", "name", None, "required"),
        ("parties", "currency", "EURO", "currency"),
        ("documents", "business_date", None, "required"),
        ("documents", "currency", "eur", "currency"),
        ("documents", "currency", "XTS", "currency"),
        ("documents", "exchange_rate", Decimal(0), "rate"),
        ("documents", "status", "posted", "choice"),
        ("documents", "total_amount", None, "required"),
        ("movement_lines", "direction", 0, "direction"),
        ("movement_lines", "role", "freight", "choice"),
        ("movement_lines", "unit_cost", Decimal("-0.01"), "unit_cost"),
        ("movement_lines", "quantity", None, "required"),
    ],
)
def test_a_bad_cell_is_found_at_its_row(kind: str, column: str, value: Any, rule: str) -> None:
    key = COLUMNS[kind][0].name if kind != "movement_lines" else "line_id"
    rows = [GOOD[kind], {**GOOD[kind], key: "other", column: value}, {**GOOD[kind], key: "third"}]

    (finding,) = schema_findings(kind, make_frame(kind, rows))

    assert (finding.row, finding.rule, finding.column, finding.fatal) == (1, rule, column, True)
    assert finding.value == (None if value is None else str(value))
    assert column in finding.message


def test_keys_are_unique_and_both_copies_are_found() -> None:
    rows = [{**GOOD["parties"], "kind": kind} for kind in ("customer", "supplier", "customer")]

    findings = schema_findings("parties", make_frame("parties", rows))

    assert [(finding.row, finding.rule) for finding in findings] == [(0, "duplicate"), (2, "duplicate")]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda frame: frame.drop(columns="name"),
        lambda frame: frame.assign(name=frame["name"].astype(object)),
        lambda frame: frame.assign(more=1),
        lambda frame: frame[list(reversed(frame.columns))],
    ],
)
def test_a_malformed_frame_is_a_mistake_and_no_bad_row(spoil: Any) -> None:
    frame: pd.DataFrame = spoil(make_frame("parties", [GOOD["parties"]]))

    with pytest.raises(pandera.errors.SchemaErrors):
        schema_findings("parties", frame)

    assert SCHEMAS["parties"].name == "parties"  # pandera names the frame in that error


def test_columns_say_what_they_mean_and_what_stands_in_for_an_empty_one() -> None:
    every = [(kind, column) for kind, columns in COLUMNS.items() for column in columns]
    assert all(column.meaning and isinstance(column.required, bool) for _, column in every)
    assert {(column.name, column.default) for _, column in every if column.default is not None} == {
        ("active", "yes"), ("status", "completed"), ("role", "stock"), ("tax_amount", "0"),
    }  # fmt: skip
    assert {column.name: column.values for _, column in every if column.name in ("status", "role")} == {
        "status": STATUSES, "role": ROLES,
    }  # fmt: skip
