"""The shape that all reports share: header, columns, rows, periods from parameters, amounts as text, the size limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.fields import DATE, clean
from qbo_pipeline.emulator.company.store import row_id

Cell = dict[str, str]
Row = dict[str, Any]


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
    found = _macro(book, macro or default)
    if not given:
        return found if macro else Period(found.start, found.end, default)
    problems: list[Any] = []
    checked = clean(given, {"start_date": DATE, "end_date": DATE}, problems)
    if problems:
        raise fault(problems[0].code, problems[0].element, what=next(iter(given.values())))
    end = checked.get("end_date") or book.today().isoformat()
    start = checked.get("start_date") or min(book.fiscal_year_start(date.fromisoformat(end)).isoformat(), end)
    if start > end:
        raise fault("6000", "start_date", what="start_date must not be after end_date.")
    return Period(start, end)


def _macro(book: Book, macro: str) -> Period:
    today = book.today()
    month = today.replace(day=1)
    year = book.fiscal_year_start(today)
    last_month = (month - timedelta(days=1)).replace(day=1)
    quarter = month
    while (quarter.month - book.fiscal_month) % 3:
        quarter = (quarter - timedelta(days=1)).replace(day=1)
    week = today - timedelta(days=(today.weekday() + 1) % 7)
    last_year = book.fiscal_year_start(year - timedelta(days=1))
    days = {
        "today": (today, today),
        "yesterday": (today - timedelta(days=1), today - timedelta(days=1)),
        "this week": (week, week + timedelta(days=6)),
        "this month": (month, _month_end(month)),
        "this month-to-date": (month, today),
        "last month": (last_month, month - timedelta(days=1)),
        "this fiscal quarter": (quarter, _month_end(_month_end(_month_end(quarter) + timedelta(1)) + timedelta(1))),
        "this fiscal year": (year, date(year.year + 1, year.month, 1) - timedelta(days=1)),
        "this fiscal year-to-date": (year, today),
        "last fiscal year": (last_year, year - timedelta(days=1)),
        "this calendar year": (date(today.year, 1, 1), date(today.year, 12, 31)),
        "last calendar year": (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
        "all": (date(1970, 1, 1), date(9998, 12, 31)),
    }
    found = days.get(macro.lower())
    if found is None:
        raise fault("2170", "date_macro", what=macro)
    return Period(found[0].isoformat(), found[1].isoformat(), macro)


def _month_end(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1) - timedelta(days=1)


def months(found: Period) -> list[Period]:
    """The period cut at month ends."""
    out = []
    start, end = date.fromisoformat(found.start), date.fromisoformat(found.end)
    while start <= end:
        last = min(_month_end(start), end)
        out.append(Period(start.isoformat(), last.isoformat()))
        start = last + timedelta(days=1)
    return out


def amount(minor_units: int | None) -> str:
    """An amount as reports write it: "4151.74", ".00" for zero, "" for none; exact, from whole minor units."""
    if minor_units is None:
        return ""
    sign, units = ("-", -minor_units) if minor_units < 0 else ("", minor_units)
    whole = units // 100
    return f"{sign}{whole or ''}.{units % 100:02d}"


def column(title: str, kind: str, key: str) -> Body:
    """One entry of Columns."""
    return {"ColTitle": title, "ColType": kind, "MetaData": [{"Name": "ColKey", "Value": key}]}


def cells(*values: str) -> list[Cell]:
    """ColData of plain values."""
    return [{"value": value} for value in values]


def total_row(label: str, *values: str, group: str = "GrandTotal") -> Row:
    """A row that holds a summary alone."""
    return {"Summary": {"ColData": cells(label, *values)}, "type": "Section", "group": group}


def section(header: list[Cell], rows: list[Row], summary: list[Cell] | None, group: str | None = None) -> Row:
    """A section: header, rows inside, summary."""
    out: Row = {"Header": {"ColData": header}, "Rows": {"Row": rows}}
    if summary is not None:
        out["Summary"] = {"ColData": summary}
    out["type"] = "Section"
    if group:
        out["group"] = group
    return out


def report(
    book: Book,
    name: str,
    params: Mapping[str, str],
    columns: list[Body],
    rows: list[Row],
    found: Period | None = None,
    *,
    options: Mapping[str, str] | None = None,
    summarize: str | None = None,
) -> Body:
    """The whole report, cut at the cell limit with QBO's sentence where it is larger."""
    header: Body = {"Time": book.local(book.now()), "ReportName": name}
    if found is not None:
        if found.macro:
            header["DateMacro"] = found.macro.lower()
        header["StartPeriod"], header["EndPeriod"] = found.start, found.end
    header["ReportBasis"] = basis(params)
    if summarize:
        header["SummarizeColumnsBy"] = summarize
    header["Currency"] = book.home_currency
    listed = {"AccountingStandard": "GAAP", "NoReportData": "false" if rows else "true", **(options or {})}
    header["Option"] = [{"Name": k, "Value": v} for k, v in listed.items()]
    left = book.settings.report_cell_limit
    kept, is_cut, _ = _cut(rows, left)
    if is_cut:
        text = book.settings.report_limit_text
        kept.append({"ColData": cells(text, *[""] * (len(columns) - 1)), "type": "Data"})
    return {"Header": header, "Columns": {"Column": columns}, "Rows": {"Row": kept} if kept else {}}


def basis(params: Mapping[str, str]) -> str:
    """Accrual; Cash is refused (5030), since the ledger is kept on accrual."""
    wanted = params.get("accounting_method") or "Accrual"
    if wanted.lower() == "cash":
        raise fault("5030", "accounting_method", what="Cash basis reports are not emulated.")
    if wanted.lower() != "accrual":
        raise fault("2170", "accounting_method", what=wanted)
    return "Accrual"


def _cut(rows: list[Row], left: int) -> tuple[list[Row], bool, int]:
    out: list[Row] = []
    for row in rows:
        width = len(row.get("ColData", ())) or len(row.get("Summary", {}).get("ColData", ()))
        if left < width:
            return out, True, left
        inner = row.get("Rows")
        if inner is None:
            left -= width
            out.append(row)
            continue
        kept, is_cut, left = _cut(inner["Row"], left - width)
        if is_cut:
            out.append({**{k: v for k, v in row.items() if k != "Summary"}, "Rows": {"Row": kept}})
            return out, True, left
        out.append(row)
    return out, False, left


def filter_ids(params: Mapping[str, str], name: str) -> set[int] | None:
    """The ids in a filter parameter (comma separated), or None where it is not given. Raises 2030."""
    text = params.get(name)
    if not text:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(row_id(part) >= 0 for part in parts):
        raise fault("2030", name, what=text)
    return {int(part) for part in parts}


_PERIOD: Final = ("accounting_method", "date_macro", "start_date", "end_date")


def unknown_parameters(params: Mapping[str, str], allowed: tuple[str, ...]) -> None:
    """Raise 2010 for parameters that the report does not know."""
    common = ("minorversion", "requestid", "testing_migration", *_PERIOD)
    wrong = [name for name in params if name not in allowed and name not in common]
    if wrong:
        raise fault("2010", wrong[0], what=", ".join(wrong))
