"""The workbook: the certificate, sheets S1–S12 and what stands behind them, with formulas where finance follows a sum.

What belongs here: the order of the sheets and what the certification, roll-forward and by-date sheets have beside
their tables. How a table is written is in `sheet.py`, which columns it has in `layouts.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pyarrow as pa
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from qbo_pipeline.counted import number_of
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reconciliation.result_frames import ROLL_FORWARD_LINES
from qbo_pipeline.reports import layouts, list_layouts, views
from qbo_pipeline.reports.certificate import write_certificate
from qbo_pipeline.reports.fields import MONEY, WHOLE, Layout, ReportField
from qbo_pipeline.reports.header import ReportExtras, ReportHeader
from qbo_pipeline.reports.rows import Rows, added_up, total
from qbo_pipeline.reports.sheet import EXCEL_ROWS, TABLE_AT, Book, Progress, Sheet
from qbo_pipeline.reports.table_sheet import TableWorkbook
from qbo_pipeline.reports.views import ReportView
from qbo_pipeline.reports.words import NOT_CHECKED, instant, verdict
from qbo_pipeline.reports.worklist import work_list

_CERTIFIED_AT = TABLE_AT + 4
_COLOURS = {
    "good": ("#0B5D3B", "#DDF3E4"), "attention": ("#7A4D00", "#FFF0CC"), "bad": ("#9B1C1C", "#FDE3E3"),
}  # fmt: skip

TABLES: tuple[tuple[Layout, Callable[[ReportView], Rows]], ...] = (
    (layouts.CERTIFICATION, views.certification),
    (layouts.ROLL_FORWARD, views.roll_forward),
    (layouts.BY_DATE, views.by_date),
    (layouts.BY_DOCUMENT, views.by_document),
    (layouts.BY_PRODUCT, views.by_product_location),
    (layouts.AGEING, views.ageing),
    (list_layouts.WORK_LIST, work_list),
    (list_layouts.LEDGER_ONLY, views.ledger_only),
    (list_layouts.CHANGED, views.changed_after_posting),
    (list_layouts.POSTING_JOURNAL, views.posting_journal),
    (list_layouts.SIGN_OFFS, views.sign_offs),
    (list_layouts.QUANTITIES, views.quantities),
    (list_layouts.WAY_BACK, views.way_back),
    (list_layouts.TWO_WAY, views.two_way),
    (list_layouts.TWO_WAY_DIFFERENCES, views.two_way_differences),
    (layouts.CAUSES, views.causes),
    (layouts.DIFFERENCES, views.differences),
    (list_layouts.LATE, views.late_arrivals),
    (list_layouts.COUNTS, views.counts),
    (list_layouts.COMPLETENESS, views.completeness),
)


def write_workbook(
    reconciliation: Reconciliation,
    header: ReportHeader,
    extras: ReportExtras | None,
    path: Path,
    *,
    rows_shown: int = EXCEL_ROWS - TABLE_AT - 2,
    progress: Progress = lambda rows: None,
) -> None:
    """Write the workbook to `path`; the same input (with the same `made_at`) gives the same bytes.

    A table of more than `rows_shown` rows is cut, and says so. `progress` is told how many rows were written each time
    some were; no more of them than `sheet.ROWS_AT_ONCE` are in memory as cells. Raises `ValueError` where the header
    belongs to another reconciliation, `FrameError` where a frame of the extras cannot be used.
    """
    report = ReportView(reconciliation, header, extras or ReportExtras())
    views_rows = [(layout, view(report)) for layout, view in TABLES]
    tables = [(layout, rows) for layout, rows in views_rows if len(rows) or not layout.only_with_rows]
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "constant_memory": True,
    }
    with TableWorkbook(path, options) as workbook:
        workbook.set_properties(
            {
                "title": f"Inventory reconciliation as at {header.as_at.isoformat()}",
                "comments": f"Content hash {header.content_hash}",
                "created": header.made_at.astimezone(UTC),
            }
        )
        book = Book(workbook, header, rows_shown, progress=progress)
        for layout, rows in tables:
            book.place(layout, len(rows), _CERTIFIED_AT if layout is layouts.CERTIFICATION else TABLE_AT)
        write_certificate(book, report, _COLOURS)
        for layout, rows in tables:
            _SPECIAL.get(layout.view, _plain)(book, layout, rows, report)


def _plain(book: Book, layout: Layout, rows: Rows, report: ReportView) -> None:
    sheet = Sheet(book, layout, rows)
    sheet.head()
    sheet.table()


def _certification(book: Book, layout: Layout, rows: Rows, report: ReportView) -> None:
    """S1: the verdict in words, the accounts, what the counts say, who prepared and reviewed it."""
    sheet = Sheet(book, layout, rows, table_at=_CERTIFIED_AT)
    sheet.head()
    said = verdict(report.reconciliation)
    ink, paper = _COLOURS[said.tone]
    sheet.line(said.word, bold=True, font_size=14, font_color=ink, bg_color=paper)
    sheet.line(said.sentence, font_size=11)
    sheet.line(said.since, font_size=11)
    sheet.table()
    first, last = _CERTIFIED_AT + 1, _CERTIFIED_AT + max(len(rows), 1)
    column = sheet.column("unexplained")
    for criteria, (ink, paper) in (("==", _COLOURS["good"]), ("!=", _COLOURS["bad"])):
        style = book.workbook.add_format({"font_color": ink, "bg_color": paper})
        rule = {"type": "cell", "criteria": criteria, "value": 0, "format": style}
        sheet.sheet.conditional_format(first, column, last, column, rule)
    sheet.totals("All accounts", "SUM({range})")
    _proof(sheet, book, report)
    _signatures(sheet, report)


def _proof(sheet: Sheet, book: Book, report: ReportView) -> None:
    """Live checks: the listed differences against the difference, the counts against the records read."""
    row = sheet.row + 1
    difference = xl_rowcol_to_cell(sheet.row - 1, sheet.column("difference"))
    listed = total(views.differences(report), "amount")
    given = report.reconciliation
    amounts = book.columns.get("differences.amount")
    left = given.difference - listed
    checks: list[tuple[str, str | None, Any, str]] = [
        ("Differences listed, one by one", amounts and f"=ROUND(SUM({amounts}),2)", listed, MONEY),
        ("Difference − listed (must be 0.00)", amounts and f"=ROUND({difference}-C{row + 1},2)", left, MONEY),
    ]
    counted = [one for one in list_layouts.COUNTS.fields if one.total]
    rows = views.counts(report)
    for one in counted:
        place = book.columns.get(f"counts.{one.name}")
        amount = added_up(rows, one)
        formula = place and f"=SUM({place})" if amount is not None else None
        checks.append((f"Records: {one.title.lower()}", formula, amount, WHOLE))
    sheet.row = row
    for text, formula, value, kind in checks:
        sheet.sheet.write_string(sheet.row, 0, text, book.style())
        if formula:
            sheet.sheet.write_formula(sheet.row, 2, formula, book.style(kind), value)
        elif value is None:
            sheet.sheet.write_string(sheet.row, 2, NOT_CHECKED, book.style(bold=True))
        else:
            sheet.sheet.write_number(sheet.row, 2, value, book.style(kind))
        sheet.row += 1


def _signatures(sheet: Sheet, report: ReportView) -> None:
    header = report.header
    sheet.row += 1
    for title, who, at in (
        ("Prepared by", header.prepared_by, header.prepared_at),
        ("Reviewed by", header.reviewed_by, header.reviewed_at),
    ):
        sheet.line(title, "", who or "________________", "on", instant(at, header) if at else "________________")
    sheet.line("Comment", "", header.comment or "________________")
    sheet.line("The signatures are void if the data changes.", bold=True)
    sheet.row += 1
    sheet.line("To know", bold=True)
    for note in report.reconciliation.notes:
        sheet.line(note)
    sheet.line("Numbers are held with 15 digits, which is exact to the cent; a longer amount is written as text.")
    sheet.line(f"Instants are in {header.time_zone}. Workbook made {instant(header.made_at, header)}.")
    sheet.line(f"{number_of(len(report.reconciliation.differences), 'row')} on the sheet Differences.")


def _roll_forward(book: Book, layout: Layout, rows: Rows, report: ReportView) -> None:
    """S2: the closing line of each account adds up the lines above it."""
    sheet = Sheet(book, layout, rows)
    lines = len(ROLL_FORWARD_LINES)

    def closing(field: ReportField, start: int, stop: int) -> Any | None:
        if field.name not in ("source", "ledger"):
            return None
        letter = xl_col_to_name(sheet.column(field.name))
        ends = [sheet.row + number for number in range(stop - start)]  # the row above, as Excel counts
        formulas = [
            f"ROUND(SUM({letter}{end - lines + 2}:{letter}{end}),2)" if (start + number + 1) % lines == 0 else None
            for number, end in enumerate(ends)
        ]
        return pa.array(formulas, pa.string())

    sheet.head()
    sheet.table(closing)


def _by_date(book: Book, layout: Layout, rows: Rows, report: ReportView) -> None:
    """S3: the table and a chart of both values and their difference."""
    sheet = Sheet(book, layout, rows, beside=_CHART_WIDTH // 7)
    sheet.head()
    sheet.table()
    if not sheet.shown or sheet.shown < sheet.count:
        return
    chart = book.workbook.add_chart({"type": "line"})
    for name, colour, dash, second in (
        ("cumulative_stock", "#0B62A8", "solid", False),
        ("cumulative_ledger", "#C05621", "dash", False),
        ("cumulative_difference", "#9B1C1C", "solid", True),
    ):
        chart.add_series(
            {
                "name": f"{layout.fields[sheet.column(name)].title}{' (right axis)' if second else ''}",
                "categories": f"={book.columns['by_date.business_date']}",
                "values": f"={book.columns[f'by_date.{name}']}",
                "line": {"color": colour, "width": 1.5, "dash_type": dash},
                "y2_axis": second,
            }
        )
    chart.set_x_axis({"date_axis": True, "num_format": "yyyy-mm-dd"})
    chart.set_legend({"position": "bottom"})
    chart.set_title({"name": "Stock value, ledger and their difference"})
    chart.set_size({"width": _CHART_WIDTH, "height": 340})
    alt = "Lines of the cumulative stock value, ledger balance and difference; the table at the left has the numbers."
    sheet.sheet.insert_chart(TABLE_AT, len(layout.fields) + 1, chart, {"description": alt})


_CHART_WIDTH = 560  # pixels, of which a character takes seven

_SPECIAL: dict[str, Callable[[Book, Layout, Rows, ReportView], None]] = {
    "certification": _certification,
    "roll_forward": _roll_forward,
    "by_date": _by_date,
}
