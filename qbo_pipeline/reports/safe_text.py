"""Text that somebody else wrote, made fit to be shown: in a cell, on a page, in a CSV file.

What belongs here: what each medium cannot carry, and what stands in its place. Nothing is dropped silently: a control
character becomes its visible picture, and a cut text says how much was cut. HTML is escaped by the templates.
"""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

CELL_LIMIT = 32_767  # characters that a cell of a workbook holds
_CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
_ILLEGAL = re.compile(_CONTROL)
_ILLEGAL_IN_ARROW = r"[\x{0}-\x{8}\x{b}\x{c}\x{e}-\x{1f}\x{7f}-\x{84}\x{86}-\x{9f}\x{fdd0}-\x{fdef}\x{fffe}\x{ffff}]"
# A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV Injection"); a plain number is harmless.
_BEGINS_A_FORMULA = "^[=+\\-@\t\r\n＝＋－＠]"
_PLAIN_NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?$"


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def visible(text: str) -> str:
    """The text with characters that XML forbids or a reader cannot see replaced: U+0007 becomes ␇, others become �."""
    return _ILLEGAL.sub(_picture, text.replace("\r\n", "\n").replace("\r", "␍"))


def cell_text(text: str) -> str:
    """The text for a workbook's cell, at most `CELL_LIMIT` characters; a longer one ends by saying what was cut."""
    shown = visible(text)
    if len(shown) > CELL_LIMIT:
        end = f" … ({len(shown):,} characters; whole in the CSV files)"
        shown = shown[: CELL_LIMIT - len(end)] + end
    if shown.startswith("<r>") and shown.endswith("</r>"):
        shown = f"{shown[: CELL_LIMIT - 1]} "  # XlsxWriter takes exactly this shape for finished rich-text XML
    return shown


def csv_text(text: str) -> str:
    """One text for CSV, as `csv_column` writes it."""
    shown = _ILLEGAL.sub(_picture, text)
    risky = re.match(_BEGINS_A_FORMULA, shown) and not re.match(_PLAIN_NUMBER, shown)
    return f"'{shown}" if risky else shown


def csv_column(column: Any) -> Any:
    """A text column for CSV: what a spreadsheet would take for a formula begins with an apostrophe instead."""
    if pc.any(pc.match_substring_regex(column, _ILLEGAL_IN_ARROW)).as_py():
        column = pa.array(
            [None if text is None else _ILLEGAL.sub(_picture, text) for text in column.to_pylist()], pa.string()
        )
    risky = pc.and_not(
        pc.match_substring_regex(column, _BEGINS_A_FORMULA), pc.match_substring_regex(column, _PLAIN_NUMBER)
    )
    return pc.if_else(risky, pc.binary_join_element_wise("'", column, ""), column)
