"""The certificate: the one page of the workbook that a preparer and a reviewer sign.

What belongs here: what stands on that page, in the order in which a controller reads it, and how it is printed
(upright, one page, Letter where the books are in US or Canadian dollars, A4 elsewhere). What engineers want stands at
its foot.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from qbo_pipeline.reconciliation.causes import GROUPS
from qbo_pipeline.reports.fields import MONEY, WHOLE
from qbo_pipeline.reports.layouts import CERTIFICATION
from qbo_pipeline.reports.list_layouts import COUNTS
from qbo_pipeline.reports.paper import lines_of, paper_of
from qbo_pipeline.reports.rows import added_up
from qbo_pipeline.reports.safe_text import cell_text
from qbo_pipeline.reports.sheet import Book, fits
from qbo_pipeline.reports.views import ReportView, certification, counts
from qbo_pipeline.reports.words import (
    GROUP_WORDS,
    NOT_CHECKED,
    STATE_WORDS,
    day,
    identity,
    instant,
    money,
    signed,
    verdict,
)

NAME = "Certificate"
_ACCOUNTS_SHOWN = 3  # more have their columns on the sheet of accounts; here their sum stands
_LABEL_WIDTH, _AMOUNT_WIDTH = 40, 17
_AMOUNT = "#,##0.00;[Red](#,##0.00);0.00"  # nothing is written as 0.00: it is what is signed
_GREY, _RULE = "#52606D", "#B8C2CC"
_LINES = (
    ("Stock value, inventory system", "stock_value"),
    ("Inventory accounts, QuickBooks", "ledger_balance"),
    ("Difference", "difference"),
)


def write_certificate(book: Book, report: ReportView, colours: dict[str, tuple[str, str]]) -> None:
    """Write the page as the next sheet of the workbook; its amounts follow those of the sheet of accounts."""
    page = _Page(book, report)
    page.title(colours)
    page.amounts()
    page.records()
    page.signatures()
    page.foot()


class _Page:
    def __init__(self, book: Book, report: ReportView) -> None:
        self.book, self.report, self.header = book, report, report.header
        rows = certification(report)
        names = [str(name) for name in rows["account_name"].to_pylist()]
        self.rows = rows
        self.names = names if 1 < len(names) <= _ACCOUNTS_SHOWN else []
        self.last = len(self.names) + 1  # the column of all accounts together
        self.sheet = book.workbook.add_worksheet(NAME)
        self.row = 0
        self._print_set_up()

    def _print_set_up(self) -> None:
        sheet = self.sheet
        sheet.set_portrait()
        sheet.set_paper(paper_of(self.header.currency))
        sheet.fit_to_pages(1, 1)
        sheet.set_margins(left=0.7, right=0.7, top=0.7, bottom=0.7)
        sheet.center_horizontally()
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, _LABEL_WIDTH)
        sheet.set_column(1, self.last, _AMOUNT_WIDTH)

    def title(self, colours: dict[str, tuple[str, str]]) -> None:
        said = verdict(self.report.reconciliation)
        ink, paper = colours[said.tone]
        self._across(self.header.company, height=24, bold=True, font_size=16)
        self._across(f"Inventory reconciliation as at {day(self.header.as_at)}", height=20, font_size=13)
        self.row += 1
        self._across(said.word, height=24, bold=True, font_size=14, font_color=ink, bg_color=paper, valign="vcenter")
        self._across(said.sentence, height=30, font_size=11, text_wrap=True)
        self._across(said.since, height=30, font_color=_GREY, text_wrap=True)
        self.row += 1

    def amounts(self) -> None:
        """Both sides, what parts them, cause by cause, and what has no cause."""
        self._headings(f"Amounts in {self.header.currency}", [*self.names, "All accounts"])
        for label, name in _LINES:
            self._amount_line(label, name, bold=name == "difference")
        for group in GROUPS:
            if any(self.rows[group].to_pylist()):
                word = GROUP_WORDS[group]
                lower = word[:1].lower() + word[1:] if word[1:2].islower() else word  # not of an abbreviation
                self._amount_line(f"    of it {lower}", group)
        self._amount_line("Without a known cause", "unexplained", bold=True, top=1)
        self.row += 1

    def _amount_line(self, label: str, name: str, **style: Any) -> None:
        self.sheet.write_string(self.row, 0, label, self.book.style(font_size=11, **style))
        place = self.book.columns.get(f"{CERTIFICATION.view}.{name}")
        own = self.rows[name].to_pylist()
        for column in range(1, self.last):
            self._amount(column, own[column - 1], place and f"=SUM({_cell(place, column - 1)})", style)
        everything = sum((value for value in own if value is not None), Decimal(0))
        self._amount(self.last, everything, place and f"=ROUND(SUM({place}),2)", style)
        self.row += 1

    def _amount(self, column: int, value: Decimal | None, formula: str | None, style: dict[str, Any]) -> None:
        form = self.book.style(MONEY, font_size=11, num_format=_AMOUNT, **style)
        if value is None:
            self.sheet.write_blank(self.row, column, None, form)
        elif not fits(value):
            self.sheet.write_string(self.row, column, money(value), form)
        elif formula:
            self.sheet.write_formula(self.row, column, formula, form, value)
        else:
            self.sheet.write_number(self.row, column, value, form)

    def records(self) -> None:
        """What became of the records, so that nothing is silently missing from the amounts."""
        self._headings("Records", ["Number"])
        rows = counts(self.report)
        for one in COUNTS.fields:
            if one.total:
                number = added_up(rows, one)
                style = self.book.style(WHOLE, font_size=11)
                label = _capital(STATE_WORDS[one.name]) if one.name in STATE_WORDS else one.title
                self.sheet.write_string(self.row, 0, label, self.book.style(font_size=11))
                if number is None:
                    self.sheet.write_string(
                        self.row, 1, NOT_CHECKED, self.book.style(bold=True, font_size=11, align="right")
                    )
                else:
                    self.sheet.write_number(self.row, 1, number, style)
                self.row += 1
        self.row += 1

    def signatures(self) -> None:
        self._across(signed(self.report.reconciliation), height=30, bold=True, text_wrap=True)
        for title, who, at in (
            ("Prepared by", self.header.prepared_by, self.header.prepared_at),
            ("Reviewed by", self.header.reviewed_by, self.header.reviewed_at),
        ):
            self.sheet.set_row(self.row, 28)
            line = self.book.style(font_size=11, bottom=1, border_color=_RULE, valign="bottom")
            self.sheet.write_string(self.row, 0, f"{title}   {cell_text(who) if who else ''}", line)
            on = f"on {instant(at, self.header)}" if at else "on"
            self.sheet.write_string(self.row, 1, on, line)
            for column in range(2, self.last + 1):
                self.sheet.write_blank(self.row, column, None, line)
            self.row += 1
        self._across(f"Comment   {self.header.comment or ''}", height=28, bottom=1, border_color=_RULE, text_wrap=True)
        self.row += 1

    def foot(self) -> None:
        """What tells this page from another one, for who checks it later."""
        facts = [f"{name}: {value}" for name, value in identity(self.header)[1:]]
        note = "The signatures are void if the data changes. " + " · ".join(facts)
        self._across(note, height=48, font_size=8, font_color=_GREY, text_wrap=True)
        self.sheet.print_area(0, 0, self.row - 1, self.last)

    def _headings(self, label: str, names: list[str]) -> None:
        style: dict[str, Any] = {"bold": True, "font_size": 11, "bottom": 1, "border_color": _RULE, "text_wrap": True}
        self.sheet.set_row(self.row, 15 * max(lines_of(name, _AMOUNT_WIDTH) for name in names) + 2)
        style["valign"] = "bottom"
        self.sheet.write_string(self.row, 0, label, self.book.style(**style))
        for column, name in enumerate(names, start=1):
            self.sheet.write_string(self.row, column, cell_text(name), self.book.style(align="right", **style))
        self.row += 1

    def _across(self, text: str, *, height: int | None = None, **style: Any) -> None:
        if height:
            self.sheet.set_row(self.row, height)
        last = xl_col_to_name(self.last)
        self.sheet.merge_range(f"A{self.row + 1}:{last}{self.row + 1}", cell_text(text), self.book.style(**style))
        self.row += 1


def _cell(place: str, number: int) -> str:
    """The cell of this number in a column's range, as a range of itself."""
    column, first = place.partition(":")[0].rsplit("$", 1)
    return f"{column}${int(first) + number}:{column.rpartition('!')[2]}${int(first) + number}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
