"""Amounts inside the engine: exact whole numbers in numpy, and the way from and to Arrow decimals.

What belongs here: micros (millionths, what frames carry), cents (what QBO can hold), and the one rule of rounding
between them. Sums are `int64`; an input whose sums could leave that range is refused.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from qbo_pipeline.reconciliation.frames import EXACT, MONEY, FrameError

Whole = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]  # codes, rows, days: half the memory; multiplied only by an `np.int64`, which widens them

Numbers = Codes | Whole

MICROS_IN_CENT = 10_000
_LIMIT = 2**63 - 1
_DENSE = 4  # places for each key up to which a sum for every possible key takes less than sorting them


def micros(array: Any, where: str) -> Whole:
    """The millionths of a `decimal128(18, 6)` array, null as 0; raises `FrameError` where their sum could overflow."""
    low = _low_words(array)
    values = np.zeros(len(array), dtype=np.int64)
    values[:] = low
    if array.null_count:
        values[np.asarray(array.is_null())] = 0
    total = (int(np.sum(np.abs(values) >> 32)) << 32) + int(np.sum(np.abs(values) & 0xFFFFFFFF))
    if total > _LIMIT:
        raise FrameError(f"{where}: amounts add up to more than {_LIMIT // 1_000_000:,}; reconcile in parts")
    return values


def _low_words(array: Any) -> Whole:
    """decimal128 holds 16 bytes, least significant first; 18 digits always fit the lower 8."""
    if array.type != EXACT:
        raise FrameError(f"amounts must be {EXACT}, not {array.type}")
    if not len(array):
        return np.zeros(0, dtype=np.int64)
    words = np.frombuffer(array.buffers()[1], dtype="<i8").reshape(-1, 2)
    low: Whole = words[array.offset : array.offset + len(array), 0]
    return low


def cents_exact(array: Any, where: str) -> Whole:
    """Cents of an amount that QBO holds; raises `FrameError` where one has more than two decimals."""
    values = micros(array, where)
    odd = np.flatnonzero(values % MICROS_IN_CENT)
    if len(odd):
        amount = Decimal(int(values[odd[0]])).scaleb(-6)
        raise FrameError(f"{where}: row {odd[0]} holds {amount}, but QBO's amounts have two decimals")
    return values // MICROS_IN_CENT


def round_to_cents(values: Whole) -> Whole:
    """Millionths to whole cents, half away from zero: how QuickBooks rounds an amount."""
    half = (np.abs(values) + MICROS_IN_CENT // 2) // MICROS_IN_CENT
    rounded: Whole = np.sign(values) * half
    return rounded


def money(cents: Any) -> Any:
    """Cents as an Arrow `decimal128(18, 2)` array."""
    values = np.ascontiguousarray(cents, dtype="<i8")
    words = np.empty((len(values), 2), dtype="<i8")
    words[:, 0] = values
    words[:, 1] = values >> 63
    return pa.Array.from_buffers(MONEY, len(values), [None, pa.py_buffer(words)])


def exact(values: Any) -> Any:
    """Millionths as an Arrow `decimal128(18, 6)` array."""
    numbers = np.ascontiguousarray(values, dtype="<i8")
    words = np.empty((len(numbers), 2), dtype="<i8")
    words[:, 0] = numbers
    words[:, 1] = numbers >> 63
    return pa.Array.from_buffers(EXACT, len(numbers), [None, pa.py_buffer(words)])


def to_decimal(cents: int) -> Decimal:
    """Cents as a `Decimal` with two decimals."""
    return Decimal(int(cents)).scaleb(-2).quantize(Decimal("0.01"))


def to_cents(amount: Decimal) -> int:
    """A `Decimal` with at most two decimals as cents; raises `ValueError` for more."""
    scaled = amount.scaleb(2)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has more than two decimals")
    return int(scaled)


def distinct(keys: Whole) -> Whole:
    """Distinct keys in ascending order."""
    low, width = _range(keys)
    if width > _DENSE * len(keys):
        found: Whole = np.unique(keys)
        return found
    there = np.zeros(width, dtype=bool)
    there[keys - low] = True
    return np.flatnonzero(there) + low


def sum_by(keys: Whole, *values: Whole) -> tuple[Whole, ...]:
    """Distinct keys in ascending order, and for each the exact sums of the values."""
    low, width = _range(keys)
    if width > _DENSE * len(keys):
        found, place = np.unique(keys, return_inverse=True)
        return (found, *(_added_up(place, len(found), value) for value in values))
    found = distinct(keys) - low
    return (found + low, *(_added_up(keys - low, width, value)[found] for value in values))


def _range(keys: Whole) -> tuple[int, int]:
    """The smallest key, and how many whole numbers there are from it to the largest."""
    if not len(keys):
        return 0, 0
    low = int(keys.min())
    return low, int(keys.max()) - low + 1


def _added_up(place: Whole, count: int, values: Whole) -> Whole:
    sums = np.zeros(count, dtype=np.int64)
    np.add.at(sums, place, values)
    return sums
