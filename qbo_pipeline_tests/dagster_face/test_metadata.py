"""What stands in metadata: tables and small charts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbo_pipeline.resources import curve, table


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([], ""),
        (["5"], "▁"),
        (["1", "1", "1"], "▁▁▁"),
        (["0", "7"], "▁█"),
        (["-3.50", "0", "3.50"], "▁▄█"),
        (["0", "1", "2", "3", "4", "5", "6", "7"], "▁▂▃▄▅▆▇█"),
    ],
)
def test_a_curve_goes_from_its_lowest_to_its_highest_value(values: list[str], drawn: str) -> None:
    assert curve([Decimal(value) for value in values]) == drawn


def test_a_long_curve_shows_its_end() -> None:
    assert curve([Decimal(100)] * 10 + [Decimal(0), Decimal(1)], width=2) == "▁█"


def test_a_table_keeps_text_in_its_cell() -> None:
    shown = table([{"a": "x|y\nz", "b": None}], ["a", "b"]).value
    assert shown == "| a | b |\n|---|---|\n| x\\|y␊z |  |"
