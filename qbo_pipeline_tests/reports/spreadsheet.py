"""A workbook read back: its cells, and its formulas computed again by other means than Excel's.

Only what the reports use is understood: ROUND, SUM, SUBTOTAL(109, …), SUMIFS, cells, ranges, plus and minus; anything
else raises. Sums are exact decimals of what the cells show.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

_RANGE = re.compile(r"(?:'([^']+)'!)?(\$?[A-Z]+\$?\d+)(?::(\$?[A-Z]+\$?\d+))?")
_KNOWN = re.compile(r"^[A-Za-z0-9_'\"!$:,+\-()/ .&−]*$")


class Spreadsheet:
    """Both readings of a workbook: with formulas, and with the values that were stored beside them."""

    def __init__(self, path: Path) -> None:
        self.formulas = load_workbook(path)
        self.values = load_workbook(path, data_only=True)

    def cells(self) -> list[tuple[str, Any, Any]]:
        """Every cell that is not empty: sheet, the cell with its formula, the cell with its value."""
        return [
            (sheet.title, cell, self.values[sheet.title][cell.coordinate])
            for sheet in self.formulas
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None
        ]

    def table(self, name: str) -> list[dict[str, Any]]:
        """The rows below the headings of a sheet, by heading."""
        sheet = self.values[name]
        rows = list(sheet.iter_rows(values_only=True))
        at = int(sheet.freeze_panes[1:]) - 2
        headings = [text for text in rows[at] if text is not None]
        found = []
        for row in rows[at + 1 :]:
            if row[0] is None or row[0] in ("none", "All accounts"):
                break
            found.append(dict(zip(headings, row, strict=False)))
        return found

    def compute(self, sheet: str, formula: str) -> Decimal:
        """What the formula comes to."""
        assert _KNOWN.match(formula.removeprefix("=")), formula
        found: list[list[Any]] = []

        def cells(match: re.Match[str]) -> str:
            book = self.values[match[1] or sheet]
            first, last = match[2].replace("$", ""), (match[3] or match[2]).replace("$", "")
            found.append([cell.value for row in book[f"{first}:{last}"] for cell in row])
            return f"ranges[{len(found) - 1}]" + ("" if match[3] else "[0]")

        parts = re.split(r'("[^"]*")', formula.removeprefix("="))
        code = "".join(part if part.startswith('"') else _RANGE.sub(cells, part) for part in parts)
        numbers = [[exact(value) for value in values] for values in found]
        functions = {"ROUND": _round, "SUM": _sum, "SUBTOTAL": _subtotal, "SUMIFS": _sumifs, "ranges": numbers}
        return Decimal(eval(code, {"__builtins__": {}}, functions))


def exact(value: Any) -> Any:
    """A number as the decimal that it shows."""
    return Decimal(repr(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _round(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _sum(*parts: Any) -> Decimal:
    flat = [value for part in parts for value in (part if isinstance(part, list) else [part])]
    return sum((value for value in flat if isinstance(value, Decimal)), Decimal(0))


def _subtotal(function: int, part: list[Any]) -> Decimal:
    assert function == 109
    return _sum(part)


def _sumifs(amounts: list[Any], *criteria: Any) -> Decimal:
    tests = list(zip(criteria[::2], criteria[1::2], strict=True))
    return _sum([one for row, one in enumerate(amounts) if all(cells[row] == value for cells, value in tests)])
