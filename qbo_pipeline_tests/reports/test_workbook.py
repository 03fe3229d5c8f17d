"""The workbook read back: every number and formula, its form, and hostile text that stays text."""

from __future__ import annotations

import zipfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given as given_by
from hypothesis import strategies as st
from xlsxwriter.url import Url
from xlsxwriter.worksheet import Worksheet

from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reports import paper
from qbo_pipeline.reports.fields import NUMBERS
from qbo_pipeline.reports.paper import paper_of
from qbo_pipeline.reports.rows import Rows
from qbo_pipeline.reports.sheet import NUMBER_FORMATS
from qbo_pipeline.reports.table_sheet import TableSheet, TableWorkbook
from qbo_pipeline.reports.workbook import TABLES, write_workbook
from qbo_pipeline.surfaces import visible
from qbo_pipeline_tests.reports import books
from qbo_pipeline_tests.reports.spreadsheet import Spreadsheet, exact

LAYOUTS = [layout for layout, _ in TABLES if not layout.only_with_rows]  # what a month in external mode shows
MONTHS = {
    "balanced": books.balanced,
    "broken": books.broken,
    "unexplained": books.unexplained,
    "hostile": books.hostile,
}


@pytest.fixture(scope="module", params=MONTHS)
def month(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Reconciliation, Spreadsheet]:
    reconciliation = MONTHS[request.param]()
    path = tmp_path_factory.mktemp("workbook") / "month.xlsx"
    write_workbook(reconciliation, books.header(reconciliation), None, path)
    return reconciliation, Spreadsheet(path)


def test_every_formula_comes_to_the_value_stored_beside_it(month: Any) -> None:
    _, sheets = month
    formulas = [(sheet, cell.value, stored) for sheet, cell, stored in sheets.cells() if cell.data_type == "f"]
    assert len(formulas) > 100
    wrong = [
        (sheet, formula, stored.value)
        for sheet, formula, stored in formulas
        if sheets.compute(sheet, formula) != exact(stored.value)
    ]
    assert wrong == []


def test_formulas_stand_only_where_the_layouts_put_them(month: Any) -> None:
    _, sheets = month
    ours = ("=ROUND(", "=SUM(")
    assert [
        cell.value for _, cell, _ in sheets.cells() if cell.data_type == "f" and not cell.value.startswith(ours)
    ] == []


def test_the_totals_are_those_of_the_reconciliation(month: Any) -> None:
    given, sheets = month
    accounts = sheets.table("S1 Certification")
    for title, name in (
        ("GL balance (QBO)", "ledger_balance"), ("Stock value (source)", "stock_value"),
        ("Difference", "difference"), ("Unexplained", "unexplained"),
    ):  # fmt: skip
        assert sum(exact(row[title]) for row in accounts) == getattr(given, name)
    listed = [exact(row["Amount"]) for row in sheets.table("Differences")]
    assert sum(listed, Decimal(0)) == given.difference
    assert listed == list(given.differences["amount"])
    documents = sheets.table("S4 By document")
    assert [exact(row["Difference"]) for row in documents] == list(given.documents["difference"])


def test_a_table_is_frozen_filtered_and_ready_for_paper(month: Any) -> None:
    _, sheets = month
    assert sheets.formulas.sheetnames == ["Certificate", *(layout.sheet for layout in LAYOUTS)]
    wide = set()
    for sheet in sheets.formulas.worksheets[1:]:
        headings = int(sheet.freeze_panes[1:]) - 1
        assert sheet.print_title_rows == f"${headings}:${headings}"
        assert sheet.page_setup.orientation == "landscape"
        set_up = sheet.sheet_properties.pageSetUpPr
        if set_up is not None and set_up.fitToPage:
            assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
            width = sum(column.width for column in sheet.column_dimensions.values())
            assert width * paper.SMALLEST < 140 * 100, sheet.title  # ten points stay six, or about that
        else:
            assert (sheet.page_setup.scale, sheet.print_title_cols) == (paper.SMALLEST, "$A:$A")
            wide.add(sheet.title)
        assert (sheet.oddFooter.right.text or "").endswith("Page &P of &N")
        assert not sheet.merged_cells.ranges
        assert bool(sheet.auto_filter.ref) == bool(sheets.table(sheet.title))
    assert {"S1 Certification", "S4 By document", "Differences", "S7 Work list"} <= wide
    assert not {"S2 Roll-forward", "S3 By date", "S6 Ageing", "Causes"} & wide


def test_rows_are_as_high_as_their_texts(month: Any) -> None:
    """What is wrapped lies on no row below it, where nothing fits the height by itself."""
    _, sheets = month
    sheet = sheets.formulas["Differences"]
    first = int(sheet.freeze_panes[1:])
    titles = [cell.value for cell in sheet[first - 1]]
    places = [titles.index(title) for title in ("What happened", "What to do")]
    for row in range(first, first + len(sheets.table("Differences"))):
        longest = max(len(str(sheet[row][place].value or "")) for place in places)
        height = sheet.row_dimensions[row].height or 15
        assert height >= min(longest / 60, 25) * 13, (row, longest, height)
    certified = sheets.formulas["S1 Certification"]
    headings = int(certified.freeze_panes[1:]) - 1
    assert certified.row_dimensions[headings].height > 25  # two lines


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 12, 1),
        ("ten letters", 13, 1),
        ("ten letters", 9, 2),
        ("ten letters", 8, 3),
        ("a" * 25, 12, 3),
        ("one two three", 7, 3),
    ],
)
def test_lines_of_a_text(text: str, width: int, lines: int) -> None:
    assert paper.lines_of(text, width) == lines


def test_numbers_and_dates_are_what_they_say(month: Any) -> None:
    _, sheets = month
    for layout in LAYOUTS:
        sheet = sheets.formulas[layout.sheet]
        row = int(sheet.freeze_panes[1:])
        for column, field in enumerate(layout.fields, start=1):
            cell = sheet.cell(row, column)
            if cell.value is None or cell.value == "none":
                continue
            if field.kind in NUMBERS:
                assert cell.data_type in ("n", "f"), (layout.sheet, field.title)
                assert cell.number_format == NUMBER_FORMATS[field.kind]
                assert cell.alignment.horizontal == "right"
            elif field.kind == "day":
                assert cell.is_date
                assert cell.number_format == "yyyy-mm-dd"


def test_every_sheet_says_whose_books_it_shows(month: Any) -> None:
    given, sheets = month
    for sheet in sheets.values.worksheets[1:]:
        head = " ".join(str(sheet.cell(row, 1).value) for row in range(1, 6))
        for fact in ("Harbour Coffee", "2026-10-31 (America/New_York)", "USD"):
            assert fact in head, (sheet.title, fact)
        for fact in (
            "harbour",
            "…4242",
            "5f0c7d1e",
            given.content_hash[:16],
        ):  # at the foot: it is for who checks later
            assert fact in sheet.oddFooter.left.text, (sheet.title, fact)
            assert fact not in head, (sheet.title, fact)
        source, qbo = "America/New_York (-04:00)", "America/New_York (-05:00)"  # the clock was set back between them
        assert (
            f"Inventory system read up to: 2026-11-01 01:00 {source} · QuickBooks read at: 2026-11-01 01:12 {qbo}"
            in head
        )


def test_the_certificate_is_one_page_that_says_what_is_signed(month: Any) -> None:
    given, sheets = month
    page, shown = sheets.formulas["Certificate"], sheets.values["Certificate"]
    assert (page.page_setup.orientation, page.page_setup.fitToWidth or 1, page.page_setup.fitToHeight or 1) == (
        "portrait", 1, 1,
    )  # fmt: skip
    assert page.page_setup.paperSize == 1  # Letter, for books in US dollars
    assert all(sheet.page_setup.paperSize == 1 for sheet in sheets.formulas)
    by_label = {row[0].value: [cell.value for cell in row[1:]] for row in shown.iter_rows()}
    for label, name in (
        ("Stock value, inventory system", "stock_value"), ("Inventory accounts, QuickBooks", "ledger_balance"),
        ("Difference", "difference"), ("Without a known cause", "unexplained"),
    ):  # fmt: skip
        amounts = [exact(value) for value in by_label[label] if value is not None]
        assert amounts[-1] == getattr(given, name)
        assert len(amounts) == 1 or sum(amounts[:-1]) == amounts[-1]
    causes = [exact(values[len(values) - 1] or 0) for label, values in by_label.items() if "    of it" in str(label)]
    assert sum(causes, Decimal(0)) + given.unexplained == given.difference
    words = " ".join(str(cell.value) for row in shown.iter_rows() for cell in row if cell.value)
    signed = f"Signed is what stands above: a difference of {given.difference:,.2f} USD, of it {given.unexplained:,.2f}"
    assert signed.replace("-", "−") in words.replace("-", "−")
    assert words.index("Prepared by") < words.index("Reviewed by") < words.index(given.content_hash)
    first = " ".join(str(shown.cell(row, 1).value) for row in range(1, 7))
    assert not any(word in first for word in ("…4242", "5f0c7d1e", given.content_hash))


@given_by(st.lists(st.text("ab ", max_size=9), max_size=12), st.integers(3, 14))
def test_lines_are_those_that_word_after_word_makes(parts: list[str], width: int) -> None:
    text = " ".join(parts)
    assert paper.lines_of(text, width) == paper._lines_with_long_words(text, width - 2)


def test_paper_is_that_of_the_country() -> None:
    assert [paper_of(currency) for currency in ("USD", "CAD", "EUR", "GBP")] == [1, 1, 9, 9]


def test_the_first_break_is_marked_in_words(tmp_path: Path) -> None:
    given = books.broken()
    write_workbook(given, books.header(given), None, tmp_path / "b.xlsx")
    rows = Spreadsheet(tmp_path / "b.xlsx").values["S3 By date"]
    marked = [row[0].value.date() for row in rows.iter_rows(min_row=8) if row[8].value == "first break"]
    assert marked == [date(2026, 10, 6)]


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    given = books.hostile()
    write_workbook(given, books.header(given), None, tmp_path / "h.xlsx")
    sheets = Spreadsheet(tmp_path / "h.xlsx")
    # Excel reads the escape of "_x0041_"; openpyxl does not in the strings that stand in the cells.
    memos = {row["Memo"].replace("_x005F_", "_") for row in sheets.table("S8 QBO-only entries")}
    expected = {visible(text) for text in books.HOSTILE.values()}
    assert {memo.rstrip(" ") for memo in memos} == {text.rstrip(" ") for text in expected}
    links = [cell.hyperlink.target for _, cell, _ in sheets.cells() if cell.hyperlink]
    assert links
    assert all(link.startswith("https://app.sandbox.qbo.intuit.com/app/journal?txnId=") for link in links)


def test_the_same_data_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = books.broken(), books.broken.__wrapped__()
    assert first is not second
    write_workbook(first, books.header(first), None, tmp_path / "1.xlsx")
    write_workbook(second, books.header(second), None, tmp_path / "2.xlsx")
    later = books.header(second, made_at=books.MADE_AT + timedelta(hours=1))
    write_workbook(second, later, None, tmp_path / "3.xlsx")
    one, two, three = ((tmp_path / f"{n}.xlsx").read_bytes() for n in (1, 2, 3))
    assert one == two
    assert one != three


def test_an_amount_of_more_than_fifteen_digits_is_written_as_text(tmp_path: Path) -> None:
    given = books.balanced()
    long, short = Decimal("1234567890123456.78"), Decimal("-9999999999999.99")
    row = {"severity": "high", "what": "w", "to_do": "t"}
    extras = books.extras(given, exceptions=[row | {"amount": long}, row | {"amount": short}])
    write_workbook(given, books.header(given), extras, tmp_path / "l.xlsx")
    amounts = [row["Amount"] for row in Spreadsheet(tmp_path / "l.xlsx").table("S7 Work list")]
    assert amounts[0] == "1234567890123456.78"
    assert round(Decimal(amounts[1]), 2) == short


def test_a_table_that_is_cut_says_so_and_its_totals_stay_whole(tmp_path: Path) -> None:
    given = books.broken()
    write_workbook(given, books.header(given), None, tmp_path / "c.xlsx", rows_shown=3)
    sheets = Spreadsheet(tmp_path / "c.xlsx")
    largest = sorted(given.differences["amount"], key=abs, reverse=True)[:3]
    assert [exact(row["Amount"]) for row in sheets.table("Differences")] == largest
    note = sheets.values["Differences"]["A5"].value
    assert note.startswith(
        f"SHOWN: the largest 3 of {len(given.differences)} rows; all of them are in differences.csv."
    )
    certified = sheets.formulas["S1 Certification"]
    assert {cell.data_type for cell in certified[12][4:15]} == {"n"}  # no formula over rows that are not there
    assert sum(exact(row["Difference"]) for row in sheets.table("S1 Certification")) == given.difference


@pytest.mark.parametrize("at_once", [1, 3])
def test_portions_of_rows_change_nothing(at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = books.hostile()
    written: list[int] = []
    write_workbook(given, books.header(given), None, tmp_path / "whole.xlsx", progress=written.append)
    monkeypatch.setattr("qbo_pipeline.reports.sheet.ROWS_AT_ONCE", at_once)
    portions: list[int] = []
    write_workbook(given, books.header(given), None, tmp_path / "portions.xlsx", progress=portions.append)
    assert (tmp_path / "portions.xlsx").read_bytes() == (tmp_path / "whole.xlsx").read_bytes()
    assert sum(portions) == sum(written) > max(portions) == at_once


def test_no_cell_of_a_table_is_written_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of a large workbook follows from it; what is written so does not depend on the rows."""
    cells: list[tuple[int, int]] = []
    write_cell = Worksheet._write_cell

    def counted(sheet: Any, row: int, column: int, cell: Any) -> None:
        cells.append((row, column))
        write_cell(sheet, row, column, cell)

    monkeypatch.setattr(Worksheet, "_write_cell", counted)
    given = books.hostile()
    write_workbook(given, books.header(given), None, tmp_path / "all.xlsx")
    every = len(cells)
    cells.clear()
    write_workbook(given, books.header(given), None, tmp_path / "few.xlsx", rows_shown=3)
    assert every == len(cells)


def test_what_is_made_of_a_view_is_never_more_than_a_few_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory of a large workbook follows from it: columns that are made, cells, links are of a few rows each."""
    lengths: list[int] = []
    look = Rows.__getitem__

    def noted(rows: Rows, name: str) -> Any:
        column = look(rows, name)
        if name in rows._made and name != "sum":  # that of the counts, of which there is one a kind
            lengths.append(len(column))
        return column

    for module in ("rows", "groups", "sheet", "worklist"):
        monkeypatch.setattr(f"qbo_pipeline.reports.{module}.ROWS_AT_ONCE", 3)
    monkeypatch.setattr(Rows, "__getitem__", noted)
    held: list[TableSheet] = []
    link = TableSheet.link
    monkeypatch.setattr(TableSheet, "link", lambda sheet, *facts: (held.append(sheet), link(sheet, *facts))[1])
    given = books.hostile()
    write_workbook(given, books.header(given), None, tmp_path / "m.xlsx")
    assert len(lengths) > 400
    assert max(lengths) == 3
    assert sum(one.linked for one in set(held)) > 30
    assert not any(one.hyperlinks or one.external_hyper_links for one in held)
    monkeypatch.undo()
    write_workbook(given, books.header(given), None, tmp_path / "whole.xlsx")
    assert (tmp_path / "m.xlsx").read_bytes() == (tmp_path / "whole.xlsx").read_bytes()


def test_links_are_written_as_xlsxwriter_writes_them(tmp_path: Path) -> None:
    """In the bytes: addresses that need nothing, that are escaped, that have an anchor."""
    plain = [f"https://app.qbo.intuit.com/app/bill?txnId={number}&x=%20" for number in range(3)]
    odd = ["https://a.example/[b]?c={d} e", 'https://a.example/"<x>"', "https://a.example/b#c&d", *plain]
    for number, addresses in enumerate((plain, odd)):
        parts = []
        for ours in (True, False):
            path = tmp_path / f"{number}{ours}.xlsx"
            with TableWorkbook(path, {"constant_memory": True, "strings_to_urls": False}) as made:
                page = made.add_worksheet(worksheet_class=TableSheet)
                for row, address in enumerate(addresses):
                    page.write_string(row, 1, address)
                    if not ours:
                        page.hyperlinks[row][1] = Url(address)
                if ours:
                    for first in range(0, len(addresses), 2):
                        some = addresses[first : first + 2]
                        page.link("B", np.arange(first + 1, first + 1 + len(some)), pa.array(some))
            with zipfile.ZipFile(path) as file:
                parts.append({name: file.read(name) for name in file.namelist() if name != "docProps/core.xml"})
        assert parts[0] == parts[1]
        assert "xl/worksheets/_rels/sheet1.xml.rels" in parts[0]


def test_a_header_of_other_books_is_refused(tmp_path: Path) -> None:
    given, other = books.balanced(), books.broken()
    with pytest.raises(ValueError, match="content_hash: the header says"):
        write_workbook(given, books.header(other), None, tmp_path / "x.xlsx")
