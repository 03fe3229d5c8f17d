"""Many rows of a sheet at once, a column at a time: their XML is made by Arrow, not cell by cell.

What belongs here: how a column of values becomes cells of SpreadsheetML (ECMA-376 part 1, 18.3.1). Texts are inline
strings, as XlsxWriter writes them in constant memory; instants are counted in days, like dates. How they get into the
workbook is in `table_sheet.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reports.fields import DAY, NUMBERS, TEXT, YES_NO
from qbo_pipeline.reports.safe_text import cell_column

DIGITS = 15  # of a number that a double holds exactly
_EPOCH = date(1899, 12, 31)
_NO_29_FEBRUARY = 59  # Excel takes 1900 for a leap year: days after its 59th count one more
_ESCAPED = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
_LOOKS_ESCAPED = "(_x[0-9a-fA-F]{4}_)"  # Excel would read it as the character of that code


class CellColumn(NamedTuple):
    """A column of cells: its letter, kind and values, the number of its style or a text array of them, formulas."""

    letter: str
    kind: str
    values: Any  # Arrow
    style: Any
    formulas: Any | None = None  # Arrow texts; null: the value alone


def rows_xml(first: int, columns: Sequence[CellColumn], marked: Any | None, heights: Any | None = None) -> Any:
    """The XML of each row from number `first` on, counted from 1, as Arrow texts.

    An empty cell is left out, except in a marked row. `heights` are of each row, in tenths of a point; 0 leaves it to
    the program that shows the sheet.
    """
    count = len(columns[0].values)
    numbers = pa.array(np.arange(first, first + count)).cast(pa.string())
    cells = [_cells(column, numbers, marked) for column in columns]
    end = '">' if heights is None or not heights.any() else _with_height(heights)
    return joined('<row r="', numbers, end, *cells, "</row>\n")


def _with_height(tenths: Any) -> Any:
    texts = [
        f'" ht="{one // 10}.{one % 10}" customHeight="1">' if one else '">' for one in range(int(tenths.max()) + 1)
    ]
    return pa.array(texts, pa.string()).take(pa.array(tenths))


def too_long(values: Any) -> Any:
    """Whether each number has more digits than a double holds exactly, as an Arrow array; null is not."""
    if not (pa.types.is_decimal(values.type) or pa.types.is_integer(values.type)):
        return pa.array(np.zeros(len(values), dtype=bool))
    scale = values.type.scale if pa.types.is_decimal(values.type) else 0
    texts = values.cast(pa.decimal128(38, scale)).cast(pa.string())
    large = pc.greater_equal(pc.utf8_length(texts), DIGITS)
    if not pc.any(large).as_py():
        return pc.fill_null(large, False)
    digits = pc.replace_substring_regex(texts, "[-.]", "")
    digits = pc.utf8_trim(digits, "0")
    return pc.fill_null(pc.greater(pc.utf8_length(digits), DIGITS), False)


def formula_texts(template: str, first: int, count: int, place: Callable[[str], str | None]) -> Any | None:
    """The formulas of a column for rows from number `first` on, as Arrow texts ready for XML.

    In the template `{name}` is the cell of that column, `{above.name}` the one in the row above; `place` gives a
    column's letter, or the range of `{view.name}`. None where it knows no such place.
    """
    numbers = pa.array(np.arange(first, first + count)).cast(pa.string())
    above = pa.array(np.arange(first - 1, first + count - 1)).cast(pa.string())
    parts: list[Any] = []
    for literal, name in re.findall(r"([^{]*)(?:\{([^}]+)\})?", template):
        parts.append(_escaped(literal))
        if not name:
            continue
        view, _, column = name.rpartition(".")
        there = place(column if view == "above" else name)
        if there is None:
            return None
        parts.append(_escaped(there))
        if view in ("", "above"):
            parts.append(above if view else numbers)
    return joined(*parts)


def _cells(column: CellColumn, numbers: Any, marked: Any | None) -> Any:
    begin = joined(f'<c r="{column.letter}', numbers, '" s="', column.style, '"')
    values = column.values
    if column.kind in (TEXT, YES_NO):
        full = _text(begin, values if column.kind == TEXT else pc.if_else(values, "yes", "no"))
    elif column.kind in NUMBERS:
        full = _number(begin, values.cast(pa.string()), column.formulas)
        long = too_long(values)
        if pc.any(long).as_py():
            full = pc.if_else(long, _text(begin, values.cast(pa.string())), full)
    else:
        full = _number(begin, (_day if column.kind == DAY else _instant)(values), None)
    empty = "" if marked is None else pc.if_else(marked, joined(begin, "/>"), "")
    return pc.if_else(pc.is_valid(values), full, empty)


def _text(begin: Any, texts: Any) -> Any:
    shown = escaped_column(cell_column(texts.cast(pa.string())))
    if pc.any(pc.match_substring(shown, "_x")).as_py():
        shown = pc.replace_substring_regex(shown, _LOOKS_ESCAPED, r"_x005F\1")
    return joined(begin, ' t="inlineStr"><is><t xml:space="preserve">', shown, "</t></is></c>")


def escaped_column(texts: Any) -> Any:
    """Arrow texts as XML has them."""
    for plain, written in _ESCAPED:
        texts = pc.replace_substring(texts, plain, written)
    return texts


def _number(begin: Any, texts: Any, formulas: Any | None) -> Any:
    if formulas is None:
        return joined(begin, "><v>", texts, "</v></c>")
    formula = pc.if_else(pc.is_valid(formulas), joined("<f>", formulas, "</f>"), "")
    return joined(begin, ">", formula, "<v>", texts, "</v></c>")


def _day(values: Any) -> Any:
    """Dates as Excel counts them: days since the last of 1899, and one more after its 29 February 1900."""
    days = pc.subtract(values.cast(pa.int32()).cast(pa.int64()), (_EPOCH - date(1970, 1, 1)).days)
    return pc.if_else(pc.greater(days, _NO_29_FEBRUARY), pc.add(days, 1), days).cast(pa.string())


def _instant(values: Any) -> Any:
    """Local instants as days with their part of the day: Excel knows no zones."""
    micros = pc.local_timestamp(values).cast(pa.timestamp("us")).cast(pa.int64())
    days = pc.divide(micros.cast(pa.float64()), float(86_400 * 10**6))
    return pc.add(days, float((date(1970, 1, 1) - _EPOCH).days + 1)).cast(pa.string())


def _escaped(text: str) -> str:
    for plain, written in _ESCAPED:
        text = text.replace(plain, written)
    return text


def joined(*parts: Any) -> Any:
    """Each row's parts behind one another, as Arrow texts; null is nothing."""
    return pc.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement="")
