"""Text that somebody else wrote, made fit for a spreadsheet: in a cell, in a CSV file.

What belongs here: what a spreadsheet cannot carry or would take for a formula, on top of what `surfaces` replaces for
every reader. A cut text says how much was cut. HTML is escaped by the templates.
"""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.surfaces import ILLEGAL, picture, visible

CELL_LIMIT = 32_767  # characters that a cell of a workbook holds
_ILLEGAL_IN_ARROW = (
    r"[\x{0}-\x{8}\x{b}\x{c}\x{e}-\x{1f}\x{7f}-\x{84}\x{86}-\x{9f}\x{fdd0}-\x{fdef}\x{fffe}\x{ffff}"
    r"\x{ad}\x{61c}\x{180e}\x{200b}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}\x{2066}-\x{206f}"
    r"\x{feff}\x{e0000}-\x{e007f}]"
)
# A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV Injection"); a plain number is harmless.
_BEGINS_A_FORMULA = "^[=+\\-@\t\r\n＝＋－＠]"
_PLAIN_NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?$"


def cell_text(text: str) -> str:
    """The text for a workbook's cell, at most `CELL_LIMIT` characters; a longer one ends by saying what was cut."""
    shown = visible(text)
    if len(shown) > CELL_LIMIT:
        end = f" … ({len(shown):,} characters; whole in the CSV files)"
        shown = shown[: CELL_LIMIT - len(end)] + end
    if shown.startswith("<r>") and shown.endswith("</r>"):
        shown = f"{shown[: CELL_LIMIT - 1]} "  # XlsxWriter takes exactly this shape for finished rich-text XML
    return shown


def cell_column(column: Any) -> Any:
    """A text column for a workbook's cells: each text as `cell_text` gives it."""
    odd = pc.or_(
        pc.match_substring_regex(column, f"{_ILLEGAL_IN_ARROW}|\r|^<r>"), pc.greater(pc.utf8_length(column), CELL_LIMIT)
    )
    if not pc.any(odd).as_py():
        return column
    return pa.array([None if text is None else cell_text(text) for text in column.to_pylist()], pa.string())


def csv_text(text: str) -> str:
    """One text for CSV, as `csv_column` writes it."""
    shown = ILLEGAL.sub(picture, text)
    risky = re.match(_BEGINS_A_FORMULA, shown) and not re.match(_PLAIN_NUMBER, shown)
    return f"'{shown}" if risky else shown


def csv_column(column: Any) -> Any:
    """A text column for CSV: what a spreadsheet would take for a formula begins with an apostrophe instead."""
    if pc.any(pc.match_substring_regex(column, _ILLEGAL_IN_ARROW)).as_py():
        column = pa.array(
            [None if text is None else ILLEGAL.sub(picture, text) for text in column.to_pylist()], pa.string()
        )
    risky = pc.and_not(
        pc.match_substring_regex(column, _BEGINS_A_FORMULA), pc.match_substring_regex(column, _PLAIN_NUMBER)
    )
    return pc.if_else(risky, pc.binary_join_element_wise("'", column, ""), column)
