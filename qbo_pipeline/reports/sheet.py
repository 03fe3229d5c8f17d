"""One sheet of the workbook: its head, its table with live formulas, its print set-up.

What belongs here: how a layout becomes a sheet. Which sheets there are is in `workbook.py`.

Numbers: a workbook holds IEEE doubles, which carry 15 decimal digits exactly; an amount of up to 15 digits is written
as a number (it reads back to the very cent), a longer one as text. Sums in formulas are rounded to the cent, because
adding doubles leaves traces far behind the decimal point. Text never becomes a formula, an address or a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from qbo_pipeline.reports.fields import DAY, INSTANT, MONEY, NUMBERS, QUANTITY, TEXT, WHOLE, YES_NO, Layout, ReportField
from qbo_pipeline.reports.header import ReportHeader
from qbo_pipeline.reports.safe_text import cell_text
from qbo_pipeline.reports.views import Rows, added_up, length, values
from qbo_pipeline.reports.words import NOT_CHECKED, identity

EXCEL_ROWS = 1_048_576
LINKS = 65_000  # Excel keeps 65,530 links a sheet
TABLE_AT = 6  # row of the headings; the rows above are the sheet's head
_WRAPPED_FROM = 40  # characters of width
_DIGITS = 15
_FIRST_TOO_LONG = 1_000_000_000_000_000

NUMBER_FORMATS = {
    MONEY: '#,##0.00;[Red](#,##0.00);"-"',
    QUANTITY: '#,##0.00####;[Red](#,##0.00####);"-"',
    WHOLE: "#,##0",
    DAY: "yyyy-mm-dd",
    INSTANT: "yyyy-mm-dd hh:mm",
}
_INK, _HEAD, _RULE, _MARK = "#1F2933", "#E8EDF2", "#B8C2CC", "#FFF3C4"

FormulaOf = Callable[[ReportField, int], str | None]  # a formula for this column in the row of this number, or None


LETTER, A4 = 1, 9  # Excel's numbers
_ON_LETTER = ("USD", "CAD")


def paper_of(currency: str) -> int:
    """The paper that a company with books in this currency prints on."""
    return LETTER if currency in _ON_LETTER else A4


def fits(value: Decimal | int) -> bool:
    """Whether a double holds the number exactly as far as its digits go."""
    if isinstance(value, int):
        return abs(value) < _FIRST_TOO_LONG
    return len(value.normalize().as_tuple().digits) <= _DIGITS


@dataclass
class Book:
    """The open workbook, its formats, and where each table's columns stand."""

    workbook: Any
    header: ReportHeader
    rows_shown: int
    formats: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)  # `view.name` → range

    def style(self, kind: str = TEXT, *, mark: bool = False, bold: bool = False, **more: Any) -> Any:
        """The format of a cell; equal ones are one."""
        key = (kind, mark, bold, *sorted(more.items()))
        if key not in self.formats:
            properties: dict[str, Any] = {"font_name": "Calibri", "font_size": 10, "font_color": _INK, "valign": "top"}
            properties |= {"num_format": NUMBER_FORMATS[kind]} if kind in NUMBER_FORMATS else {"num_format": "@"}
            if kind in NUMBERS:
                properties["align"] = "right"
            properties |= {"bg_color": _MARK} if mark else {}
            properties |= {"bold": True} if bold else {}
            self.formats[key] = self.workbook.add_format(properties | more)
        return self.formats[key]

    def place(self, layout: Layout, rows: Rows, table_at: int = TABLE_AT) -> None:
        """Note where the columns of a table will stand; a table that is not shown whole has no place for formulas."""
        count = length(rows)
        if count > self.rows_shown:
            return
        for number, one in enumerate(layout.fields):
            first = xl_rowcol_to_cell(table_at + 1, number, row_abs=True, col_abs=True)
            last = xl_rowcol_to_cell(table_at + max(count, 1), number, row_abs=True, col_abs=True)
            self.columns[f"{layout.view}.{one.name}"] = f"'{layout.sheet}'!{first}:{last}"


class Sheet:
    """Writes one sheet from top to bottom, as a workbook in constant memory asks for."""

    def __init__(self, book: Book, layout: Layout, rows: Rows, *, table_at: int = TABLE_AT) -> None:
        self.book, self.layout, self.rows, self.table_at = book, layout, rows, table_at
        self.count = length(rows)
        self.shown = min(self.count, book.rows_shown)
        self.links = 0
        self.styles: dict[tuple[str, bool], Any] = {}
        self.places = {one.name: number for number, one in enumerate(layout.fields)}
        self.sheet = book.workbook.add_worksheet(layout.sheet)
        self.row = 0
        for number, one in enumerate(layout.fields):
            self.sheet.set_column(number, number, one.width)
        self._print_set_up()

    def _print_set_up(self) -> None:
        sheet, as_at = self.sheet, self.book.header.as_at.isoformat()
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(paper_of(self.book.header.currency))
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        sheet.set_header(f"&L&9Inventory reconciliation as at {as_at}&R&9&A")
        sheet.set_footer(f"&L&9Content hash {self.book.header.content_hash[:16]}&R&9Page &P of &N")
        sheet.repeat_rows(self.table_at)
        sheet.freeze_panes(self.table_at + 1, 1)

    def line(self, *cells: str, **style: Any) -> None:
        """One row of texts from the first column on."""
        for column, text in enumerate(cells):
            self.sheet.write_string(self.row, column, cell_text(text), self.book.style(**style))
        self.row += 1

    def head(self) -> None:
        """Title, company, where the numbers come from, and the note; then the row of totals, if it stands above."""
        facts = [f"{name}: {value}" for name, value in identity(self.book.header)]
        self.line(self.layout.heading, bold=True, font_size=15)
        self.line(self.book.header.company, bold=True, font_size=11)
        self.line(" · ".join(facts[1:5]), font_color="#52606D")
        self.line(" · ".join(facts[5:]), font_color="#52606D")
        note = self.layout.note
        if self.shown < self.count:
            where = f"; all of them are in {self.layout.csv}.csv" if self.layout.csv else ""
            note = f"SHOWN: the first {self.shown:,} of {self.count:,} rows{where}. {note}"
        self.line(note, italic=True, font_color="#52606D")

    def table(self, formula_of: FormulaOf | None = None) -> None:
        """Totals above where the layout wants them, the headings, and the rows, each written as its kind."""
        if self.layout.totals:
            self.row = self.table_at - 1
            self.totals("Total of the rows shown", "SUBTOTAL(109,{range})")
        self.row = self.table_at
        style: dict[str, Any] = {"bold": True, "bg_color": _HEAD, "bottom": 1, "border_color": _RULE, "text_wrap": True}
        for number, one in enumerate(self.layout.fields):
            align: dict[str, Any] = {"align": "right"} if one.kind in NUMBERS else {}
            self.sheet.write_string(self.row, number, one.title, self.book.style(**style, **align))
        self.row += 1
        if not self.count:
            self.line("none", italic=True)
            return
        marks = self.rows[self.layout.mark][: self.shown] if self.layout.mark else None
        for number, row in enumerate(values(self.rows, self.layout.fields, 0, self.shown)):
            mark = bool(marks is not None and marks[number])
            self._write_row(row, mark, formula_of, number)
            self.row += 1
        self.sheet.autofilter(self.table_at, 0, self.table_at + self.shown, len(self.layout.fields) - 1)

    def _write_row(self, row: tuple[Any, ...], mark: bool, formula_of: FormulaOf | None, number: int) -> None:
        cells = iter(row)
        for column, one in enumerate(self.layout.fields):
            value = next(cells)
            link = next(cells) if one.link else None
            if value is None and not mark:
                continue
            formula = formula_of(one, number) if formula_of else None
            formula = formula or (self._formula(one.formula) if one.formula else None)
            self._write(column, one, value, mark, formula, link)

    def _write(
        self, column: int, one: ReportField, value: Any, mark: bool, formula: str | None, link: str | None
    ) -> None:
        sheet, row = self.sheet, self.row
        style = self._style(one, mark)
        if value is None:
            sheet.write_blank(row, column, None, style)
        elif one.kind in NUMBERS and not fits(value):
            sheet.write_string(row, column, format(value, "f"), style)
        elif one.kind in NUMBERS and formula:
            sheet.write_formula(row, column, f"={formula}", style, value)
        elif one.kind in NUMBERS:
            sheet.write_number(row, column, value, style)
        elif one.kind == DAY:
            sheet.write_datetime(row, column, value, style)
        elif one.kind == INSTANT:
            sheet.write_datetime(row, column, self.book.header.local(value).replace(tzinfo=None), style)
        elif one.kind == YES_NO:
            sheet.write_string(row, column, "yes" if value else "no", style)
        elif link and self.links < LINKS:
            self.links += 1
            underlined = self.book.style(mark=mark, bold=mark, font_color="#0B62A8", underline=1)
            sheet.write_url(row, column, link, underlined, cell_text(value))
        else:
            sheet.write_string(row, column, cell_text(value), style)

    def _style(self, one: ReportField, mark: bool) -> Any:
        """The format of a column's cells, marked or not; looked up once, for there are many cells."""
        if (one.name, mark) not in self.styles:
            wrap = {"text_wrap": True} if one.kind == TEXT and one.width >= _WRAPPED_FROM else {}
            self.styles[one.name, mark] = self.book.style(one.kind, mark=mark, bold=mark, **wrap)
        return self.styles[one.name, mark]

    def _formula(self, template: str) -> str | None:
        """The formula for the present row; None where a cell or table that it needs is not there."""
        missing = False

        def cell(match: re.Match[str]) -> str:
            nonlocal missing
            view, _, name = match.group(1).rpartition(".")
            if view and view != "above":
                missing |= f"{view}.{name}" not in self.book.columns
                return self.book.columns.get(f"{view}.{name}", "")
            missing |= view == "above" and self.row == self.table_at + 1
            return str(xl_rowcol_to_cell(self.row - (view == "above"), self.column(name)))

        formula = re.sub(r"\{([^}]+)\}", cell, template)
        return None if missing else formula

    def column(self, name: str) -> int:
        """The number of the column of that name."""
        return self.places[name]

    def totals(self, label: str, formula: str) -> None:
        """A row with the sum of each column that is added up; `{range}` stands for the column's cells."""
        first, last = self.table_at + 2, self.table_at + 1 + max(self.shown, 1)
        style: dict[str, Any] = {"bold": True, "top": 1, "border_color": _RULE}
        labelled = False
        for column, one in enumerate(self.layout.fields):
            if not one.total:
                if not labelled:
                    self.sheet.write_string(self.row, column, label, self.book.style(bold=True))
                    labelled = True
                continue
            amount = added_up(self.rows, one)
            if amount is None:
                self.sheet.write_string(self.row, column, NOT_CHECKED, self.book.style(bold=True))
                continue
            letter = xl_col_to_name(column)
            sum_of = formula.replace("{range}", f"{letter}{first}:{letter}{last}")
            rounded = f"ROUND({sum_of},{ {MONEY: 2, WHOLE: 0}.get(one.kind, 6) })"
            exact = self.shown == self.count and fits(amount) and self._numbers_only(one.name)
            self._write_total(column, amount, f"={rounded}" if exact else None, self.book.style(one.kind, **style))
        self.row += 1

    def _numbers_only(self, name: str) -> bool:
        """Whether no cell of the column had to be written as text."""
        column = self.rows[name]
        return all(fits(value) for value in (column if isinstance(column, list) else column.to_pylist()) if value)

    def _write_total(self, column: int, amount: Any, formula: str | None, style: Any) -> None:
        if formula:
            self.sheet.write_formula(self.row, column, formula, style, amount)
        elif fits(amount):
            self.sheet.write_number(self.row, column, amount, style)
        else:
            self.sheet.write_string(self.row, column, format(amount, "f"), style)
