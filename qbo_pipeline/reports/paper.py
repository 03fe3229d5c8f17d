"""How a sheet comes out on paper: its size, its scale, the heights that texts need, and what stands at its foot.

What belongs here: what makes it readable in print. Excel fits the height of a row to its text by itself, LibreOffice
and the programs that only print do not: it is said here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from qbo_pipeline.reports.fields import TEXT, ReportField
from qbo_pipeline.reports.header import ReportHeader

LETTER, A4 = 1, 9  # Excel's numbers
_ON_LETTER = ("USD", "CAD")
WRAPPED_FROM = 40  # characters of width
SMALLEST = 60  # per cent: ten points become six
_CHARACTERS = 132  # that an upright sheet's longer side takes at full size
_LINE, _HEADING_LINE = 13.5, 14.0  # points
_MOST_LINES = 25  # a row of Excel's is at most 409 points high
Whole = npt.NDArray[np.int64]


def paper_of(currency: str) -> int:
    """The paper that a company with books in this currency prints on."""
    return LETTER if currency in _ON_LETTER else A4


def print_set_up(sheet: Any, header: ReportHeader, fields: Sequence[ReportField], *, beside: int = 0) -> None:
    """Paper, margins, what stands above and below, and the scale: one page across, or the first column repeated on
    several pages where one would be too small to read. `beside` is the width of what stands at the right, in
    characters."""
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(paper_of(header.currency))
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.set_header(f"&L&9Inventory reconciliation as at {header.as_at.isoformat()}&R&9&A")
    sheet.set_footer(f"&L&7{foot(header)}&R&9Page &P of &N")
    if (sum(one.width for one in fields) + beside) * SMALLEST <= _CHARACTERS * 100:
        sheet.fit_to_pages(1, 0)
    else:
        sheet.set_print_scale(SMALLEST)
        sheet.print_across()
        sheet.repeat_columns(0)


def foot(header: ReportHeader) -> str:
    """What tells this print from another one, for who checks it later; `&` would be a code of Excel's."""
    facts = (
        f"{header.connection}, realm …{header.realm}, run {header.run_id[:40]}, content hash {header.content_hash[:16]}"
    )
    return facts.replace("&", "&&")


def heading_height(fields: Iterable[ReportField]) -> float:
    """Of the row of headings, in points."""
    return max((lines_of(one.title, one.width) for one in fields), default=1) * _HEADING_LINE + 2


def row_heights(fields: Sequence[ReportField], columns: Sequence[Any]) -> Whole:
    """Of rows whose long texts are wrapped, in tenths of a point; 0 where one line is enough. `columns` are the
    fields' values, Arrow arrays."""
    lines = np.ones(len(columns[0]), dtype=np.int64)
    for one, column in zip(fields, columns, strict=True):
        if is_wrapped(one):
            coded = column.dictionary_encode()  # one sentence stands in many rows
            each = [lines_of(text, one.width) for text in coded.dictionary.to_pylist()]
            lines = np.maximum(lines, np.array([*each, 1])[np.asarray(pc.fill_null(coded.indices, -1))])
    heights: Whole = np.where(lines > 1, np.minimum(lines, _MOST_LINES) * round(_LINE * 10), 0)
    return heights


def is_wrapped(one: ReportField) -> bool:
    """Whether a column's texts are wrapped."""
    return one.kind == TEXT and one.width >= WRAPPED_FROM


def lines_of(text: str, width: int) -> int:
    """How many lines a text takes in a column, words kept whole, as far as its width is known."""
    room = max(width - 2, 1)
    plain = " ".join(text.split())
    lines, start = 1, 0
    while len(plain) - start > room:
        end = plain.rfind(" ", start, start + room + 1)  # the last word that ends in the line
        if end < 0:
            return _lines_with_long_words(plain, room)
        lines, start = lines + 1, end + 1
    return lines


def _lines_with_long_words(text: str, room: int) -> int:
    """The same where words are longer than a line and are broken, which is counted word by word."""
    lines, used = 1, 0
    for word in text.split():
        if used and used + 1 + len(word) > room:
            lines, used = lines + 1, 0
        used += len(word) + (1 if used else 0)
        lines, used = lines + max(math.ceil(used / room) - 1, 0), used % room if used > room else used
    return lines
