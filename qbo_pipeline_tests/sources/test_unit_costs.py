"""A unit cost beside a line's value: the pipeline multiplies, exactly, and says where the two disagree."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.sources.errors import SourceError
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline.sources.unit_costs import complete_values
from qbo_pipeline_tests.sources.company import Rows, all_of, good_company, write_company
from qbo_pipeline_tests.sources.test_bad_input import MARCH

SHIPMENT = 1  # the row of the shipment's line: -4 pieces


def changed(**values: Any) -> Rows:
    rows = good_company()
    rows["movement_lines"][SHIPMENT] |= values
    return rows


def read(url: str, rows: Rows) -> tuple[dict[str, Any], dict[str, Any]]:
    write_company(url, rows)
    source = SqlSource(url)
    try:
        records, aside, _ = all_of([*source.read_master_data(batch_size=9), *source.read_days(*MARCH, batch_size=9)])
    finally:
        source.close()
    return records, aside


# unit cost, value as delivered, the value of the 4 pieces that go out
GOOD = [
    ("2.5", None, "-10"),
    ("0.3333333333", None, "-1.33"),
    ("1.00125", None, "-4.01"),  # 4.005, half up
    ("0", None, "0"),
    ("2.5", "-10.00", "-10"),
    ("0.3333333333", "-1.333333", "-1.333333"),  # agrees to the cent: the source's own digits are kept
]


@pytest.mark.parametrize(("unit_cost", "value", "expected"), GOOD)
def test_the_value_is_quantity_times_unit_cost(
    source_url: str, unit_cost: str, value: str | None, expected: str
) -> None:
    records, aside = read(source_url, changed(unit_cost=unit_cost, value=value))
    assert aside == {}
    (line,) = records["movement/d1"].lines
    assert line.value == Decimal(expected)


BAD = [
    ("2.5", "-10.01", "unit_cost", "unit_cost", "times the unit_cost 2.5, which is -10.00"),
    ("-2.5", None, "unit_cost", "unit_cost", "0 or more"),
    (None, None, "required", "value", "neither value nor unit_cost"),
]


@pytest.mark.parametrize(("unit_cost", "value", "rule", "column", "words"), BAD)
def test_what_disagrees_or_is_missing_is_set_aside(
    source_url: str, unit_cost: str | None, value: str | None, rule: str, column: str, words: str
) -> None:
    records, aside = read(source_url, changed(unit_cost=unit_cost, value=value))
    found = aside["movement/d1"]
    assert (found.rule, found.column) == (rule, column)
    assert words in found.message
    assert "movement/r1" in records


def test_the_product_of_long_numbers_is_rounded_once() -> None:
    """28 digits, which Python takes without being told otherwise, would make 0.005 of what is just less."""
    row = {"quantity": Decimal("999999999999.999999"), "unit_cost": Decimal("0.0000000001"), "value": None}
    assert complete_values([row], ()) == []
    assert row["value"] == Decimal("100.00")
    row = {"quantity": Decimal("100000000000"), "unit_cost": Decimal("99.99"), "value": None}
    (found,) = complete_values([row], ())
    assert (found.rule, row["value"]) == ("too_large", None)


def test_a_unit_cost_values_nothing_where_there_is_no_quantity() -> None:
    """The labour of an assembly and a revaluation have quantity 0: their value is not 0 by that."""
    row = {"quantity": Decimal(0), "unit_cost": Decimal("2.50"), "value": None}
    (found,) = complete_values([row], ())
    assert "deliver its value" in found.message


def test_a_source_with_neither_column_is_told_so(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path / 'source.sqlite'}"
    write_company(url, good_company())
    import sqlite3

    with sqlite3.connect(tmp_path / "source.sqlite") as database:
        database.execute("ALTER TABLE movement_lines DROP COLUMN unit_cost")
        database.execute("ALTER TABLE movement_lines RENAME COLUMN value TO amount")
    source = SqlSource(url)
    with pytest.raises(SourceError, match="movement_lines lacks the column value"):
        list(source.read_days(*MARCH, batch_size=9))
    source.close()
