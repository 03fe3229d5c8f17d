"""How a table of the reports is described: its columns, their kinds, the formula behind them.

What belongs here: `Field` and `Layout`. In a formula, `{name}` is the cell of that column in the same row,
`{above.name}` the one in the row above (the first row then has the value alone), `{view.name}` that whole column of
another table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

TEXT, MONEY, QUANTITY, WHOLE, DAY, INSTANT, YES_NO = "text", "money", "quantity", "whole", "day", "instant", "yes_no"
NUMBERS = (MONEY, QUANTITY, WHOLE)


class ReportField(NamedTuple):
    """One column: heading, name in the rows, kind, width in characters, whether it is added up, formula, link."""

    title: str
    name: str
    kind: str = TEXT
    width: int = 14
    total: bool = False
    formula: str | None = None
    link: str | None = None  # the column that holds the address
    whole_only: bool = False  # where a cell is empty, the sum is not known either


@dataclass(frozen=True, slots=True)
class Layout:
    """One table: its name in the workbook, its heading, what a reader must know, its columns, the CSV of its rows."""

    view: str
    sheet: str
    heading: str
    note: str
    fields: tuple[ReportField, ...]
    csv: str | None = None
    totals: bool = False  # a row of totals of what the filter leaves, above the headings
    mark: str | None = None  # a yes/no column: its rows are highlighted
    only_with_rows: bool = False  # left out where there is nothing to say
    weight: str | None = None  # the amount by whose size rows are chosen where not all can be shown
