"""Cells: what each column type takes from a driver, and what it refuses."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_pipeline.inventory.columns import Column
from qbo_pipeline.sources.cells import BadCell, as_text, parse_cell, parse_decimal


def _cell(type_: Any, raw: Any, **more: Any) -> Any:
    return parse_cell(Column("x", type_, False, "", **more), raw)


@pytest.mark.parametrize(
    ("type_", "raw", "value"),
    [
        ("amount", "12.50", Decimal("12.5")),
        ("amount", " -.5 ", Decimal("-0.5")),
        ("amount", "1.000000000000", Decimal(1)),
        ("amount", Decimal("123456789012.123456"), Decimal("123456789012.123456")),
        ("amount", 7, Decimal(7)),
        ("amount", "", None),
        ("amount", None, None),
        ("amount", "-0", Decimal(0)),
        ("amount", Decimal("0E-10"), Decimal(0)),
        ("rate", "0.1234567891", Decimal("0.1234567891")),
        ("integer", "10.00", 10),
        ("date", "2024-02-29T12:00:00", date(2024, 2, 29)),
        ("date", datetime(2024, 2, 29, 23), date(2024, 2, 29)),  # noqa: DTZ001 - a timestamp without time zone
        ("date", date(2024, 2, 29), date(2024, 2, 29)),
        ("text", 4711, "4711"),
        ("text", "  ", None),
        ("flag", "Y", True),
        ("flag", 0, False),
        ("flag", False, False),
    ],
)
def test_good_cells(type_: str, raw: Any, value: Any) -> None:
    found = _cell(type_, raw)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("type_", "raw", "rule"),
    [
        ("amount", 1.5, "binary_float"),
        ("amount", float("nan"), "binary_float"),
        ("amount", "nan", "not_a_number"),
        ("amount", Decimal("NaN"), "not_a_number"),
        ("amount", Decimal("Infinity"), "not_a_number"),
        ("amount", True, "not_a_number"),
        ("amount", b"1", "not_a_number"),
        ("amount", "1 000", "not_a_number"),
        ("amount", "١٢", "not_a_number"),
        ("amount", "0.0000001", "too_many_decimals"),
        ("amount", "1000000000000", "too_large"),
        ("rate", "100000000", "too_large"),
        ("integer", "1.5", "not_an_integer"),
        ("date", "2023-02-29", "not_a_date"),
        ("date", "2023-2-9", "not_a_date"),
        ("date", 20230209, "not_a_date"),
        ("date", datetime(2024, 2, 29, tzinfo=UTC), "zoned_date"),
        ("date", "2024-02-29 00:00:00+01", "zoned_date"),
        ("text", b"x", "not_text"),
        ("text", 1.0, "binary_float"),
        ("flag", "maybe", "not_a_flag"),
        ("flag", 2, "not_a_flag"),
    ],
)
def test_bad_cells(type_: str, raw: Any, rule: str) -> None:
    with pytest.raises(BadCell) as caught:
        _cell(type_, raw)

    assert caught.value.rule == rule


def test_defaults_stand_where_nothing_is() -> None:
    assert _cell("flag", None, default="yes") is True
    assert _cell("amount", " ", default="0") == 0


@settings(deadline=None)
@given(st.decimals(-(10**12) + 1, 10**12 - 1, places=6))
def test_every_amount_comes_through_exactly(value: Decimal) -> None:
    assert parse_decimal(format(value, "f")) == value
    assert parse_decimal(value) == value


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ({"a": 1}, "not_text"),
        ([1, 2], "not_text"),
        (("x",), "not_text"),
        ("Te\0a", "nul_character"),
        ("Te\udce9", "not_utf8"),
    ],
)
def test_no_program_text_and_no_broken_text_leaves(raw: object, rule: str) -> None:
    with pytest.raises(BadCell) as told:
        _cell("text", raw)
    assert told.value.rule == rule
    shown = as_text(raw)
    assert shown is not None
    assert "\0" not in shown
    shown.encode("utf-8")


def test_what_has_too_many_decimals_is_told_with_what_to_write() -> None:
    with pytest.raises(BadCell, match=r"NUMERIC is exact: ROUND\(\.\.\., 4\); SQLite's ROUND is a binary float"):
        parse_decimal("1.123456", 4)
    with pytest.raises(BadCell, match=r"CAST\(\.\.\. AS TEXT\) the exact column.*unit_cost"):
        parse_decimal(1.5, 4)
