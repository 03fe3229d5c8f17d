"""Periods of reports: from dates or a macro, cut into days, weeks, months, quarters or years."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from qbo_pipeline.emulator.company.book import Book
from qbo_pipeline.emulator.company.cleaning import clean
from qbo_pipeline.emulator.company.faults import QboError, fault
from qbo_pipeline.emulator.company.fields import DATE

_DAY: Final = timedelta(days=1)
Span = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Period:
    """First and last day of a report, both included, as ISO text, and the macro that named them."""

    start: str
    end: str
    macro: str | None = None


def period(book: Book, params: Mapping[str, str], default: str) -> Period:
    """The period that the parameters name, explicitly or by `date_macro`. Raises 2060, 2070, 2170 and 6000 (both)."""
    macro = params.get("date_macro")
    given = {name: params[name] for name in ("start_date", "end_date") if params.get(name)}
    if macro and given:
        raise fault("6000", "date_macro", what="Give start_date and end_date, or date_macro, not both.")
    found = _by_macro(book, macro or default)
    if not given:
        return found if macro else Period(found.start, found.end, default)
    checked = {name: day(given, name) for name in given}
    end = checked.get("end_date") or book.today().isoformat()
    start = checked.get("start_date") or min(book.fiscal_year_start(date.fromisoformat(end)).isoformat(), end)
    if start > end:
        raise fault("6000", "start_date", what="start_date must not be after end_date.")
    return Period(start, end)


def day(params: Mapping[str, str], name: str) -> str:
    """The date in a parameter that is there. Raises 2060 and 2070."""
    problems: list[QboError] = []
    checked: dict[str, Any] = clean({name: params[name]}, {name: DATE}, problems)
    if problems:
        raise fault(problems[0].code, name, what=params[name])
    return str(checked[name])


def days(book: Book, params: Mapping[str, str], what: str) -> Period | None:
    """The days in `start_<what>`, `end_<what>` or `<what>_macro`; None where none is given. Raises as `period` does."""
    macro = params.get(f"{what}_macro")
    given = {name: day(params, name) for name in (f"start_{what}", f"end_{what}") if params.get(name)}
    if macro and given:
        raise fault("6000", f"{what}_macro", what=f"Give start_{what} and end_{what}, or {what}_macro, not both.")
    if macro:
        return _by_macro(book, macro, f"{what}_macro")
    if not given:
        return None
    found = Period(given.get(f"start_{what}", ""), given.get(f"end_{what}", "9999-12-31"))
    if found.start > found.end:
        raise fault("6000", f"start_{what}", what=f"start_{what} must not be after end_{what}.")
    return found


def report_day(book: Book, params: Mapping[str, str]) -> str:
    """The day as at which a report is made: `report_date`, else the end of the period, else today."""
    if params.get("report_date"):
        return day(params, "report_date")
    return period(book, params, "today").end


def _by_macro(book: Book, macro: str, name: str = "date_macro") -> Period:
    today = book.today()
    if macro.lower() == "all":
        return Period("1970-01-01", "9998-12-31", macro)
    found = _MACROS.get(macro.lower().replace("-", " "))
    if found is None:
        raise fault("2170", name, what=macro)
    unit, step, to_date = found
    start, end = UNITS[unit](book, today)
    for _ in range(abs(step)):
        start, end = UNITS[unit](book, end + _DAY if step > 0 else start - _DAY)
    if macro.lower() == "next 4 weeks":
        end = start + timedelta(days=27)
    if to_date:
        end = min(start + (today - UNITS[unit](book, today)[0]), end)
    return Period(start.isoformat(), end.isoformat(), macro)


def _month(day: date) -> Span:
    return day.replace(day=1), date(day.year + day.month // 12, day.month % 12 + 1, 1) - _DAY


def _week(book: Book, day: date) -> Span:
    first = day - timedelta(days=(day.weekday() + 1) % 7)
    return first, first + timedelta(days=6)


def _quarter(day: date, first_month: int) -> Span:
    start = day.replace(day=1)
    while (start.month - first_month) % 3:
        start = (start - _DAY).replace(day=1)
    return start, _month(_month(_month(start)[1] + _DAY)[1] + _DAY)[1]


def _fiscal_year(book: Book, day: date) -> Span:
    start = book.fiscal_year_start(day)
    return start, date(start.year + 1, start.month, 1) - _DAY


# Unit -> the span of that unit which holds a day. Weeks begin on Sunday, as in QBO's reports.
UNITS: Final[dict[str, Callable[[Book, date], Span]]] = {
    "day": lambda book, day: (day, day),
    "week": _week,
    "month": lambda book, day: _month(day),
    "fiscal quarter": lambda book, day: _quarter(day, book.fiscal_month),
    "fiscal year": _fiscal_year,
    "calendar quarter": lambda book, day: _quarter(day, 1),
    "calendar year": lambda book, day: (date(day.year, 1, 1), date(day.year, 12, 31)),
}
# Macro -> unit, how many units from the present one, and whether it ends as far into its unit as today lies in its own.
_MACROS: Final[dict[str, tuple[str, int, bool]]] = {
    "today": ("day", 0, False),
    "yesterday": ("day", -1, False),
    "next 4 weeks": ("week", 1, False),
    **{
        f"{word} {unit}{ending}": (unit, step, bool(ending))
        for word, step in (("this", 0), ("last", -1), ("next", 1))
        for unit in ("week", "month", "fiscal quarter", "fiscal year", "calendar quarter", "calendar year")
        for ending in ("", " to date")
        if not (word == "next" and ending)
    },
}
MACROS: Final = tuple(_MACROS)
"""The macros that are known, with blanks for hyphens."""


def cut(book: Book, found: Period, unit: str) -> list[Period]:
    """The period cut where units of a kind (a key of `UNITS`) begin."""
    out = []
    start, end = date.fromisoformat(found.start), date.fromisoformat(found.end)
    if (end - start).days > _MOST_DAYS:
        raise fault("10000", what="The period is too long to be summarized by columns.")
    while start <= end:
        last = min(UNITS[unit](book, start)[1], end)
        out.append(Period(start.isoformat(), last.isoformat()))
        start = last + _DAY
    return out


_MOST_DAYS: Final = 200 * 366


def title(found: Period, unit: str) -> str:
    """The title of a column for one part of a period: "Jan - Dec 2014", "Jul 4 - Dec 31, 2013" (recorded)."""
    start, end = date.fromisoformat(found.start), date.fromisoformat(found.end)
    if unit == "month":
        return f"{start:%b %Y}"
    if start == end:
        return f"{start:%b} {start.day}, {start.year}"
    is_whole = start.day == 1 and (end + _DAY).day == 1
    if unit == "week" or (not is_whole and start.year == end.year):
        return f"{start:%b} {start.day} - {end:%b} {end.day}, {end.year}"
    if start.year != end.year:
        return f"{start:%b %Y} - {end:%b %Y}"
    return f"{start:%b} - {end:%b} {end.year}" if "year" in unit else f"{start:%b} - {end:%b}, {end.year}"
