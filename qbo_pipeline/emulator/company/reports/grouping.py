"""What `group_by` puts the rows of a list of transactions into: sections by name, account, type, place or time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from qbo_pipeline.emulator.company.book import Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.reports.periods import UNITS, Period, title
from qbo_pipeline.emulator.company.reports.shape import Cell

Cells = Mapping[str, Cell]
"""A transaction's cells by ColKey."""
Key = tuple[str, str]
"""What sections are sorted by, and their title."""
_NOT_SPECIFIED: Final = "Not Specified"
# group_by -> the column whose text is the title.
_COLUMNS: Final = {
    "name": "name",
    "account": "account_name",
    "transaction type": "txn_type",
    "customer": "cust_name",
    "vendor": "vend_name",
    "employee": "emp_name",
    "location": "dept_name",
    "payment method": "pmt_mthd",
}
_UNITS: Final = {
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "calendar quarter",
    "year": "calendar year",
    "fiscal year": "fiscal year",
    "fiscal quarter": "fiscal quarter",
}


def grouping(book: Book, params: Mapping[str, str]) -> Callable[[Cells], Key] | None:
    """What gives a transaction its section; None where there are to be none. Raises 2170."""
    word = (params.get("group_by") or "none").strip().lower().replace("_", " ")
    if word == "none":
        return None
    if word in _COLUMNS:
        column = _COLUMNS[word]
        return lambda cells: _text(cells[column]["value"])
    if word in _UNITS:
        unit = _UNITS[word]
        return lambda cells: _time(book, unit, cells["tx_date"]["value"])
    raise fault("2170", "group_by", what=params["group_by"])


def _text(value: str) -> Key:
    """What names none comes last."""
    return (value.casefold(), value) if value else (chr(0x10FFFF), _NOT_SPECIFIED)


def _time(book: Book, unit: str, day: str) -> Key:
    start, end = UNITS[unit](book, date.fromisoformat(day))
    return start.isoformat(), title(Period(start.isoformat(), end.isoformat()), unit)
