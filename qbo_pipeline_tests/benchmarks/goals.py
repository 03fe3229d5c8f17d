"""What speed is held to: each benchmark says what it measured beside its goal, and one table of all ends the run.

What belongs here: the rows and how they are shown. A goal that was missed is said and is no failure: seconds differ by
machine; what may never get worse is asserted by the benchmarks and counted by tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

_HEAD = ("what", "measured", "goal", "beside it", "")


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    measured: str
    goal: str
    beside: str
    reached: bool

    def cells(self) -> tuple[str, ...]:
        return self.what, self.measured, self.goal, self.beside, "reached" if self.reached else "MISSED"


@dataclass(slots=True)
class Goals:
    """The rows of one run of benchmarks, in the order in which they were measured."""

    rows: list[Row] = field(default_factory=list)

    def at_most(self, what: str, value: float, most: float, unit: str = "s", *, beside: str = "") -> None:
        """Note a value, the lowest or median of its runs, and the most that it may be."""
        digits = 0 if value >= 100 and unit not in ("s", "ms") else 2
        shown, goal = (f"{number:,.{digits}f} {unit}" for number in (value, most))
        self.rows.append(Row(what, shown, goal, beside, value <= most))

    def lines(self) -> Iterator[str]:
        """The table, a line for each row below its head."""
        table = [_HEAD, *[row.cells() for row in self.rows]]
        widths = [max(len(row[column]) for row in table) for column in range(len(_HEAD))]
        for row in table:
            yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
