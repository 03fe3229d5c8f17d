"""The rows of a view, whose columns are made when somebody asks for them, of the rows that are asked for.

What belongs here: `Rows`, a table with the columns that are made from it, and what is asked of a column: its sum, its
largest. Nothing here holds more of a made column than `ROWS_AT_ONCE` rows, so that a report of many rows needs no more
memory than one of few; the columns of the table itself are the frame's own, not copied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.frames import flat
from qbo_pipeline.reports.fields import ReportField

ROWS_AT_ONCE = 1000

Made = Callable[["Rows"], Any]  # a column as an Arrow array, row by row from others of the same rows


class Rows:
    """Rows of a table, with columns that are made from it; every column is one Arrow array, amounts exact decimals."""

    def __init__(self, table: Any, made: Mapping[str, Made] | None = None) -> None:
        self._table, self._made = table, dict(made or {})

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __getitem__(self, name: str) -> Any:
        """The column of that name, made now where it is a made one."""
        return flat(self._made[name](self) if name in self._made else self._table[name])

    def __contains__(self, name: str) -> bool:
        return name in self._made or name in self._table.column_names

    @property
    def names(self) -> list[str]:
        """The names of all columns."""
        return [*self._table.column_names, *(name for name in self._made if name not in self._table.column_names)]

    def made(self, **columns: Made) -> Rows:
        """The same rows with more columns that are made."""
        return Rows(self._table, self._made | columns)

    def known(self, **columns: Any) -> Rows:
        """The same rows with more columns that are there already, Arrow arrays of all rows."""
        table = self._table
        for name, column in columns.items():
            table = table.append_column(name, column)
        return Rows(table, self._made)

    def part(self, start: int, stop: int) -> Rows:
        """The rows from `start` up to `stop`."""
        return Rows(self._table.slice(start, max(stop - start, 0)), self._made)

    def at(self, places: Any) -> Rows:
        """The rows at these places, in this order."""
        return Rows(self._table.take(pa.array(places)), self._made)

    def parts(self, size: int = 0) -> Iterator[Rows]:
        """All rows, a few at a time."""
        size = size or ROWS_AT_ONCE
        for start in range(0, len(self), size):
            yield self.part(start, start + size)


def values(rows: Rows, fields: Sequence[ReportField]) -> Iterator[tuple[Any, ...]]:
    """The rows as tuples of Python values: each field's, followed by its link's where it has one."""
    names = [name for field in fields for name in (field.name, field.link) if name]
    for part in rows.parts():
        yield from zip(*(part[name].to_pylist() for name in names), strict=True)


def largest(rows: Rows, weight: str | None, count: int) -> Rows:
    """At most `count` rows: those of the largest amounts in the column `weight`, without signs, the largest first; as
    they stand where all of them fit or nothing weighs them."""
    if weight is None or len(rows) <= count:
        return rows.part(0, count)
    sizes = pc.fill_null(pc.abs(rows[weight]), 0)
    return rows.at(pc.sort_indices(pa.table({"size": sizes}), sort_keys=[("size", "descending")])[:count])


def total(rows: Rows, name: str) -> Any:
    """The exact sum of a column: `Decimal` or `int`."""
    found: Any = None
    for part in rows.parts():
        column = part[name]
        found = pc.sum(column).as_py() if found is None else found + (pc.sum(column).as_py() or 0)
    if found is None:
        return Decimal("0.00") if pa.types.is_decimal(rows[name].type) else 0
    return found


def added_up(rows: Rows, field: ReportField) -> Any:
    """The sum under a column; `None` where it cannot be told, because a cell that must be there is empty."""
    if field.whole_only and rows[field.name].null_count:
        return None
    return total(rows, field.name)
