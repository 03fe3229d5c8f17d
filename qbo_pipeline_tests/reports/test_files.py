"""All reports in a folder: their names, the same numbers in all of them, and no half-written file."""

from __future__ import annotations

import csv
import json
import stat
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.reports import files as module
from qbo_pipeline.reports.files import write_reports
from qbo_pipeline_tests.reports import books, html
from qbo_pipeline_tests.reports.spreadsheet import Spreadsheet, exact


def test_the_names_tell_the_date(tmp_path: Path) -> None:
    given = books.balanced()
    files = write_reports(given, books.header(given), None, tmp_path / "new" / "folder")
    assert files.page.name == "reconciliation-2026-10-31.html"
    assert files.workbook.name == "reconciliation-2026-10-31.xlsx"
    assert files.json.name == "reconciliation-2026-10-31.json"
    assert files.tables.name == "reconciliation-2026-10-31-csv"
    assert files.parquet.name == "reconciliation-2026-10-31-parquet"
    assert {file.name for file in files.page.parent.iterdir()} == {
        files.page.name, files.workbook.name, files.json.name, files.tables.name, files.parquet.name,
    }  # fmt: skip


@pytest.mark.parametrize("month", [books.balanced, books.broken, books.unexplained, books.hostile])
def test_page_workbook_csv_and_json_have_the_same_numbers(month: Any, tmp_path: Path) -> None:
    given = month()
    files = write_reports(given, books.header(given), None, tmp_path)
    root, sheets = html.read(files.page.read_text()), Spreadsheet(files.workbook)
    said = json.loads(files.json.read_text())
    with (files.tables / "differences.csv").open(encoding="utf-8-sig", newline="") as text:
        listed = [Decimal(row["amount"]) for row in csv.DictReader(text)]
    amounts = list(given.differences["amount"])
    assert listed == amounts
    assert [Decimal(row["amount"]) for row in said["differences"]] == amounts
    assert [exact(row["Amount"]) for row in sheets.table("Differences")] == amounts
    documents = [html.amount(row["Difference"]) for row in html.rows(root, "by_document")]
    assert documents == [exact(row["Difference"]) for row in sheets.table("S4 By document")]
    assert sum(documents, Decimal(0)) == given.difference
    causes = {row["cause"]: Decimal(row["amount"]) for row in said["causes"]}
    assert [html.amount(row["Amount"]) for row in html.rows(root, "causes")] == list(causes.values())
    assert [exact(row["Amount"]) for row in sheets.table("Causes")] == list(causes.values())
    figures = [html.amount(one.text) for one in root.find("dl", **{"class": "figures"})[0].find("dd")]
    assert figures == [Decimal(said[n]) for n in ("stock_value", "ledger_balance", "difference", "unexplained")]


def test_what_fails_leaves_the_files_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = books.balanced()
    files = write_reports(given, books.header(given), None, tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}

    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(module, "write_csv", fail)
    with pytest.raises(OSError, match="no space left"):
        write_reports(books.broken(), books.header(books.broken()), None, tmp_path)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before
    assert files.page in before


def test_a_second_report_of_the_day_replaces_the_first(tmp_path: Path) -> None:
    first, second = books.balanced(), books.broken()
    write_reports(first, books.header(first), None, tmp_path)
    files = write_reports(second, books.header(second), None, tmp_path)
    assert second.content_hash in files.page.read_text()
    assert json.loads(files.json.read_text())["difference"] == "-2324.39"


@pytest.mark.parametrize(("mode", "folder_mode"), [(0o600, 0o700), (0o640, 0o750), (0o644, 0o755)])
def test_who_may_read_them_is_said(tmp_path: Path, mode: int, folder_mode: int) -> None:
    given = books.balanced()
    files = write_reports(given, books.header(given), None, tmp_path, mode=mode)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (files.page, files.workbook, files.json)}
    for folder in (files.tables, files.parquet):
        modes |= {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
        assert stat.S_IMODE(folder.stat().st_mode) == folder_mode
    assert modes == {mode}


def test_they_are_their_owners_alone_unless_told_otherwise(tmp_path: Path) -> None:
    given = books.balanced()
    files = write_reports(given, books.header(given), None, tmp_path)
    assert stat.S_IMODE(files.page.stat().st_mode) == 0o600
