"""Whole numbers inside the engine: the last amount that fits, the first that does not, and nothing through a float."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from qbo_pipeline.reconciliation.amounts import (
    cents_exact,
    exact,
    micros,
    money,
    round_to_cents,
    sum_by,
    to_cents,
    to_decimal,
)
from qbo_pipeline.reconciliation.frames import EXACT, FrameError

D = Decimal
MOST = D("999999999999.999999")  # of one amount
JUST = [*[MOST] * 9, D("223372036854.775816")]  # their millionths make 2**63 - 1
TOO_MUCH = "ledger.amount: amounts add up to more than 9,223,372,036,854; reconcile in parts"


def column(*amounts: str | Decimal | None) -> pa.Array:
    return pa.array([None if amount is None else D(amount) for amount in amounts], EXACT)


def test_the_largest_sum_that_fits_is_taken_and_one_millionth_more_is_not() -> None:
    assert micros(column(*JUST), "ledger.amount").sum() == 2**63 - 1
    assert micros(column(*JUST[:-1], -JUST[-1]), "ledger.amount")[-1] == -223_372_036_854_775_816
    for amounts in ([*JUST, D("0.000001")], [*JUST, D("-0.000001")]):
        with pytest.raises(FrameError, match=f"^{re.escape(TOO_MUCH)}$"):
            micros(column(*amounts), "ledger.amount")
    with pytest.raises(FrameError, match=f"^{re.escape(TOO_MUCH)}$"):
        cents_exact(column(*[MOST] * 10), "ledger.amount")


def test_null_is_nothing_and_a_part_of_a_column_is_that_part() -> None:
    rows = column("1.00", None, "-2.50", "0.000001")
    assert micros(rows, "x").tolist() == [1_000_000, 0, -2_500_000, 1]
    assert micros(rows.slice(1, 2), "x").tolist() == [0, -2_500_000]
    assert micros(column(), "x").tolist() == []
    assert micros(column(), "x").dtype == np.int64


def test_amounts_of_another_type_are_refused() -> None:
    words = "amounts must be decimal128(18, 6), not decimal128(18, 2)"
    with pytest.raises(FrameError, match=f"^{re.escape(words)}$"):
        micros(pa.array([D("1.00")], pa.decimal128(18, 2)), "x")


def test_cents_are_whole_numbers_to_the_last_one() -> None:
    cents = cents_exact(column("999999999999.99", "-0.01", "0.00"), "x")
    assert cents.tolist() == [99_999_999_999_999, -1, 0]
    assert cents.dtype == np.int64
    with pytest.raises(FrameError, match=r"^x: row 1 holds 1\.000001, but QBO's amounts have two decimals$"):
        cents_exact(column("1.00", "1.000001", "1.005"), "x")


@pytest.mark.parametrize(
    ("amount", "cents"),
    [(0, 0), (4_999, 0), (5_000, 1), (-4_999, 0), (-5_000, -1), (14_999, 1), (15_000, 2),
     (900_000_000_000_064_999, 90_000_000_000_006)],
)  # fmt: skip
def test_half_a_cent_goes_away_from_nil(amount: int, cents: int) -> None:
    assert round_to_cents(np.array([amount])).tolist() == [cents]


def test_numbers_become_amounts_and_amounts_numbers() -> None:
    assert money(np.array([1, -1, 99_999_999_999_999])).to_pylist() == [D("0.01"), D("-0.01"), D("999999999999.99")]
    assert exact(np.array([1, -1, 10**17])).to_pylist() == [D("0.000001"), D("-0.000001"), D("100000000000.000000")]
    assert str(to_decimal(-150)) == "-1.50"
    assert to_cents(D("-1.5")) == -150
    with pytest.raises(ValueError, match=r"^1\.005 has more than two decimals$"):
        to_cents(D("1.005"))


def test_sums_by_key_are_whole_and_in_the_order_of_the_keys() -> None:
    keys, values, ones = sum_by(np.array([3, 1, 3, 2]), np.array([10, 20, 2**60, 40]), np.array([1, 1, 1, 1]))
    assert (keys.tolist(), values.tolist(), ones.tolist()) == ([1, 2, 3], [20, 40, 2**60 + 10], [1, 1, 2])
    none = sum_by(np.zeros(0, dtype=np.int32), np.zeros(0))
    assert [(len(part), part.dtype) for part in none] == [(0, np.int64), (0, np.int64)]
