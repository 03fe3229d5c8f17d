"""The shape that all reports share: header, columns, rows, amounts as text, the size limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.reports.cash import is_cash
from qbo_pipeline.emulator.company.reports.periods import Period

_TOLD: Final = ("Customer", "Vendor", "Employee", "Item", "Class", "Department")
"""Filters that the header repeats where they are given."""
_BY_STANDARD: Final = ("BalanceSheet", "ProfitAndLoss")
"""Reports that tell the accounting standard (Intuit, reference of reports)."""
Cell = dict[str, str]
Row = dict[str, Any]


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
    if found is not None and found.macro:
        header["DateMacro"] = found.macro.lower()
    header["ReportBasis"] = "Cash" if is_cash(book, params) else "Accrual"
    if found is not None:
        header["StartPeriod"], header["EndPeriod"] = found.start, found.end
    if summarize:
        header["SummarizeColumnsBy"] = summarize
    header["Currency"] = book.home_currency
    header |= {name: params[name.lower()] for name in _TOLD if params.get(name.lower())}
    standard = {"AccountingStandard": "GAAP"} if name in _BY_STANDARD else {}
    listed = {**standard, "NoReportData": "false" if rows else "true", **(options or {})}
    header["Option"] = [{"Name": k, "Value": v} for k, v in listed.items()]
    left = book.settings.report_cell_limit
    kept, is_cut, _ = _cut(rows, left)
    if is_cut:
        text = book.settings.report_limit_text
        kept.append({"ColData": cells(text, *[""] * (len(columns) - 1)), "type": "Data"})
    return {"Header": header, "Columns": {"Column": columns}, "Rows": {"Row": kept} if kept else {}}


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
