"""Rows that are equal in some columns, found by sorting.

What belongs here: `Groups`. A table of hashes takes ten times the memory of what is sorted here, a number of a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.frames import flat
from qbo_pipeline.reports.rows import ROWS_AT_ONCE

Numbers = npt.NDArray[np.int32]  # of rows or groups, counted from 0


class Groups:
    """The rows of a table that are equal in these columns, null to null; groups stand in the order of their first
    rows. `of_row` has each row's group, `firsts` each group's first row, both counted from 0."""

    def __init__(self, table: Any, names: Sequence[str]) -> None:
        by = [(name, "ascending") for name in names]
        order = np.asarray(pc.sort_indices(table, sort_keys=by)).astype(np.int32)
        starts = np.flatnonzero(begins(table.select(names), order))
        firsts = np.minimum.reduceat(order, starts) if len(starts) else order
        places = np.argsort(firsts)
        numbers = np.empty_like(firsts)
        numbers[places] = np.arange(len(places))
        self.firsts: Numbers = firsts[places]
        self.of_row: Numbers = np.empty_like(order)
        self.of_row[order] = np.repeat(numbers, np.diff(np.append(starts, len(order))))

    def first(self, wanted: npt.NDArray[np.bool_]) -> Any:
        """Each group's first row among those that are wanted, as Arrow numbers; null where none is."""
        rows = np.flatnonzero(wanted)[::-1]  # the last that is set is the first row
        found = np.full(len(self.firsts), -1, dtype=np.int32)
        found[self.of_row[rows]] = rows
        return pa.array(found, mask=found < 0)

    def sums(self, amounts: Any) -> Any:
        """The exact sum of each group; added up is only what stands in groups of several rows."""
        several = np.bincount(self.of_row, minlength=len(self.firsts)) > 1
        added = pa.array(several[self.of_row])
        table = pa.table({"group": pa.array(self.of_row).filter(added), "amount": amounts.filter(added)})
        sums = flat(table.group_by("group", use_threads=False).aggregate([("amount", "sum")])["amount_sum"])
        alone = amounts.take(pa.array(self.firsts))
        return pc.replace_with_mask(alone, pa.array(several), sums.cast(amounts.type))


def begins(table: Any, order: Numbers) -> npt.NDArray[np.bool_]:
    """Whether each row, in this order, differs from the one before it; the first one does."""
    found = np.ones(len(order), dtype=bool)
    for start in range(1, len(order), ROWS_AT_ONCE):
        part = table.take(pa.array(order[start - 1 : start + ROWS_AT_ONCE]))
        found[start : start + ROWS_AT_ONCE] = ~_alike(part)
    return found


def _alike(table: Any) -> npt.NDArray[np.bool_]:
    """Whether each row of a table but the first is equal to the one before it."""
    found = np.ones(max(table.num_rows - 1, 0), dtype=bool)
    for column in map(flat, table.columns):
        above, below = column[:-1], column[1:]
        both_null = pc.and_(pc.is_null(above), pc.is_null(below))
        found &= np.asarray(pc.or_(pc.fill_null(pc.equal(above, below), False), both_null))
    return found
