"""One sheet of the workbook: its head, its table with live formulas, its print set-up.

What belongs here: how a layout becomes a sheet. Which sheets there are is in `workbook.py`.

Numbers: a workbook holds IEEE doubles, which carry 15 decimal digits exactly; an amount of up to 15 digits is written
as a number (it reads back to the very cent), a longer one as text. Sums in formulas are rounded to the cent, because
adding doubles leaves traces far behind the decimal point. Text never becomes a formula, an address or a number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from qbo_pipeline.reports.fields import DAY, INSTANT, MONEY, NUMBERS, QUANTITY, TEXT, WHOLE, Layout, ReportField
from qbo_pipeline.reports.header import ReportHeader
from qbo_pipeline.reports.paper import heading_height, is_wrapped, print_set_up, row_heights
from qbo_pipeline.reports.rows import ROWS_AT_ONCE, Rows, added_up, largest
from qbo_pipeline.reports.safe_text import cell_text
from qbo_pipeline.reports.sheet_rows import CellColumn, formula_texts, rows_xml, too_long
from qbo_pipeline.reports.table_sheet import TableSheet
from qbo_pipeline.reports.words import NOT_CHECKED, standing

EXCEL_ROWS = 1_048_576
LINKS = 65_000  # Excel keeps 65,530 links a sheet
TABLE_AT = 6  # row of the headings; the rows above are the sheet's head
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

FormulasOf = Callable[[ReportField, int, int], Any | None]  # a column's formulas in these rows, as Arrow texts
Progress = Callable[[int], None]  # told how many rows were written


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
    progress: Progress = lambda rows: None

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

    def style_number(self, kind: str = TEXT, *, mark: bool = False, bold: bool = False, **more: Any) -> str:
        """The same by its number in the workbook, as finished rows name it."""
        return str(self.style(kind, mark=mark, bold=bold, **more)._get_xf_index())

    def place(self, layout: Layout, count: int, table_at: int = TABLE_AT) -> None:
        """Note where the columns of a table of `count` rows will stand; one that is not shown whole has no place for
        formulas."""
        if count > self.rows_shown:
            return
        for number, one in enumerate(layout.fields):
            first = xl_rowcol_to_cell(table_at + 1, number, row_abs=True, col_abs=True)
            last = xl_rowcol_to_cell(table_at + max(count, 1), number, row_abs=True, col_abs=True)
            self.columns[f"{layout.view}.{one.name}"] = f"'{layout.sheet}'!{first}:{last}"


class Sheet:
    """Writes one sheet from top to bottom, as a workbook in constant memory asks for."""

    def __init__(self, book: Book, layout: Layout, rows: Rows, *, table_at: int = TABLE_AT, beside: int = 0) -> None:
        self.book, self.layout, self.rows, self.table_at = book, layout, rows, table_at
        self.count = len(rows)
        self.shown = min(self.count, book.rows_shown)
        self.chosen = largest(rows, layout.weight, self.shown)
        self.links = 0
        self.places = {one.name: number for number, one in enumerate(layout.fields)}
        self.sheet = book.workbook.add_worksheet(layout.sheet, worksheet_class=TableSheet)
        self.row = 0
        for number, one in enumerate(layout.fields):
            self.sheet.set_column(number, number, one.width)
        print_set_up(self.sheet, book.header, layout.fields, beside=beside)
        self.sheet.repeat_rows(self.table_at)
        self.sheet.freeze_panes(self.table_at + 1, 1)

    def line(self, *cells: str, **style: Any) -> None:
        """One row of texts from the first column on."""
        for column, text in enumerate(cells):
            self.sheet.write_string(self.row, column, cell_text(text), self.book.style(**style))
        self.row += 1

    def head(self) -> None:
        """Title, company, where the numbers come from, and the note; then the row of totals, if it stands above."""
        self.sheet.set_row(self.row, 22)
        self.line(self.layout.heading, bold=True, font_size=15)
        self.sheet.set_row(self.row, 16)
        self.line(self.book.header.company, bold=True, font_size=11)
        self.line(" · ".join(f"{name}: {value}" for name, value in standing(self.book.header)), font_color="#52606D")
        self.row += 1
        note = self.layout.note
        if self.shown < self.count:
            where = f"; all of them are in {self.layout.csv}.csv" if self.layout.csv else ""
            which = "largest" if self.layout.weight else "first"
            note = f"SHOWN: the {which} {self.shown:,} of {self.count:,} rows{where}. {note}"
        self.line(note, italic=True, font_color="#52606D")

    def table(self, formulas_of: FormulasOf | None = None) -> None:
        """Totals above where the layout wants them, the headings, and the rows, each written as its kind."""
        if self.layout.totals:
            self.row = self.table_at - 1
            self.totals("Total of the rows shown", "SUBTOTAL(109,{range})")
        self.row = self.table_at
        self.sheet.set_row(self.row, heading_height(self.layout.fields))
        style: dict[str, Any] = {"bold": True, "bg_color": _HEAD, "bottom": 1, "border_color": _RULE, "text_wrap": True}
        for number, one in enumerate(self.layout.fields):
            align: dict[str, Any] = {"align": "right"} if one.kind in NUMBERS else {"indent": int(number > 0)}
            self.sheet.write_string(self.row, number, one.title, self.book.style(**style, **align))
        self.row += 1
        if not self.count:
            self.line("none", italic=True)
            return
        for start in range(0, self.shown, ROWS_AT_ONCE):
            self._write_rows(start, min(start + ROWS_AT_ONCE, self.shown), formulas_of)
            self.book.progress(min(start + ROWS_AT_ONCE, self.shown) - start)
        self.sheet.autofilter(self.table_at, 0, self.table_at + self.shown, len(self.layout.fields) - 1)

    def _write_rows(self, start: int, stop: int, formulas_of: FormulasOf | None) -> None:
        rows = self.chosen.part(start, stop)
        marks = rows[self.layout.mark] if self.layout.mark else None
        columns = []
        for number, one in enumerate(self.layout.fields):
            values = rows[one.name]
            style = self._styles(one, marks)
            if one.link:
                style = self._link(number, rows[one.link], values, style, marks)
            if one.kind == INSTANT:
                values = values.cast(pa.timestamp("us", tz=self.book.header.time_zone))
            formulas = self._formulas(one, start, stop, formulas_of) if one.kind in NUMBERS else None
            columns.append(CellColumn(xl_col_to_name(number), one.kind, values, style, formulas))
        heights = row_heights(self.layout.fields, [column.values for column in columns])
        self.sheet.write_rows(self.row, len(columns), rows_xml(self.row + 1, columns, marks, heights))
        self.row += stop - start

    def _styles(self, one: ReportField, marks: Any | None) -> Any:
        """The style's number of a column's cells, or one for each row where some are marked."""
        more: dict[str, Any] = {"text_wrap": True} if is_wrapped(one) else {}
        if one.kind not in NUMBERS and self.places[one.name]:
            more["indent"] = 1  # apart from the number at the left
        plain = self.book.style_number(one.kind, **more)
        if marks is None or not pc.any(marks).as_py():
            return plain
        return pc.if_else(marks, self.book.style_number(one.kind, mark=True, bold=True, **more), plain)

    def _link(self, number: int, links: Any, texts: Any, style: Any, marks: Any | None) -> Any:
        """Link the cells that have an address and a text, as many as Excel keeps; answers the column's styles."""
        linked = np.flatnonzero(np.asarray(pc.and_(pc.is_valid(links), pc.is_valid(texts))))[: LINKS - self.links]
        self.links += len(linked)
        self.sheet.link(xl_col_to_name(number), self.row + 1 + linked, links.take(pa.array(linked)))
        chosen = np.zeros(len(links), dtype=bool)
        chosen[linked] = True
        look: dict[str, Any] = {"font_color": "#0B62A8", "underline": 1, "indent": 1}
        underlined: Any = self.book.style_number(**look)
        if marks is not None and pc.any(marks).as_py():
            underlined = pc.if_else(marks, self.book.style_number(mark=True, bold=True, **look), underlined)
        return pc.if_else(pa.array(chosen), underlined, style)

    def _formulas(self, one: ReportField, start: int, stop: int, formulas_of: FormulasOf | None) -> Any | None:
        """The formulas of a column's rows; the first row of a table has none that looks at the row above."""
        found = formulas_of(one, start, stop) if formulas_of else None
        if found is not None or not one.formula:
            return found
        texts = formula_texts(one.formula, self.row + 1, stop - start, self._place)
        if texts is None or start or "{above." not in one.formula:
            return texts
        return pa.concat_arrays([pa.nulls(1, pa.string()), texts[1:]])

    def _place(self, name: str) -> str | None:
        """The letter of a column of this table, or the range of another's; None where that does not stand whole."""
        return self.book.columns.get(name) if "." in name else xl_col_to_name(self.column(name))

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
        return not any(pc.any(too_long(part[name])).as_py() for part in self.rows.parts())

    def _write_total(self, column: int, amount: Any, formula: str | None, style: Any) -> None:
        if formula:
            self.sheet.write_formula(self.row, column, formula, style, amount)
        elif fits(amount):
            self.sheet.write_number(self.row, column, amount, style)
        else:
            self.sheet.write_string(self.row, column, format(amount, "f"), style)
