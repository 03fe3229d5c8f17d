"""What `columns` and `sort_by` ask of a report that is a table of fixed columns."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from qbo_pipeline.emulator.company.book import Body
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.reports.shape import Cell, Row, column

Titles = tuple[tuple[str, str, str], ...]
"""Title, ColType and ColKey of each column."""
_NUMBERS: Final = ("Money", "Quantity")


def chosen(params: Mapping[str, str], titles: Titles, rows: list[Row]) -> tuple[list[Body], list[Row]]:
    """The columns that `columns` names, in its order, and the rows with their cells alone. Raises 2170."""
    text = params.get("columns")
    if not text:
        return [column(*title) for title in titles], rows
    places = [place(params, "columns", titles, key.strip()) for key in text.split(",") if key.strip()]
    return [column(*titles[n]) for n in places], [_picked(row, places) for row in rows]


def place(params: Mapping[str, str], name: str, titles: Titles, key: str) -> int:
    """Where the column of a ColKey stands. Raises 2170 for one that is not there."""
    keys = [title[2] for title in titles]
    if key not in keys:
        raise fault("2170", name, what=params[name])
    return keys.index(key)


def sortable(titles: Titles, at: int, cell: Cell) -> Any:
    """What a cell is sorted by: a number in a column of numbers, its text in any other."""
    return Decimal(cell["value"] or 0) if titles[at][1] in _NUMBERS else cell["value"].casefold()


def _picked(row: Row, places: list[int]) -> Row:
    out = dict(row)
    if "ColData" in row:
        out["ColData"] = [row["ColData"][n] for n in places]
    for part in ("Header", "Summary"):
        if part in row:
            cells = row[part]["ColData"]
            kept = [cells[n] for n in places]
            if cells[0]["value"]:  # what the row is about stays in front
                kept[0] = cells[0]
            out[part] = {"ColData": kept}
    if "Rows" in row:
        out["Rows"] = {"Row": [_picked(inner, places) for inner in row["Rows"]["Row"]]}
    return out
