"""Hostile text in every text field of every kind of record and of QuickBooks' objects, read back on every surface."""

from __future__ import annotations

import csv
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from qbo_pipeline.inventory.columns import COLUMNS
from qbo_pipeline.surfaces import ILLEGAL
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.shop import DAYS, LAST_DAY, Shop, open_shop, shop_rows
from qbo_pipeline_tests.reports.html import read

HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202e\u200b\x9b31m<script>alert(1)</script>![i](javascript:x)\nexit 0, in balance"
# Left alone: what links one row to another or is a code, since a row that names nothing tells of nothing else.
LINKS = re.compile(r"(_id|_ids|currency|kind|type|status|role|tax_code|unit|_to|_from|revision)$")
AS_THE_TERMINAL_ENDS_LINES = "\r\n"


def hostile_rows() -> tuple[dict[str, list[dict[str, str]]], int]:
    """The shop's rows with hostile text behind every free text, and how many texts that are."""
    rows, planted = shop_rows(), 0
    for kind, own in rows.items():
        free = [column.name for column in COLUMNS[kind] if column.type == "text" and not LINKS.search(column.name)]
        for number, row in enumerate(own):
            for name in free:
                row[name] = f"{row.get(name) or ''}={number}{HOSTILE}"
                planted += 1
    return rows, planted


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Shop]:
    with running_emulator("--limits", "off") as emulator:
        rows, planted = hostile_rows()
        assert planted > 20
        yield open_shop(tmp_path, emulator, rows)


def through_a_pty(*arguments: object) -> bytes:
    """What a command writes on a terminal, byte by byte."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "qbo_pipeline.cli", *map(str, arguments)]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=dict(os.environ, TERM="dumb", COLUMNS="300")
    ) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux: the other end is closed
                break
            if not piece:
                break
            written += piece
        process.wait(60)
    os.close(ours)
    return written


def check_terminal(written: bytes) -> None:
    text = written.decode("utf-8").replace(AS_THE_TERMINAL_ENDS_LINES, "\n")
    assert "owned\x07" not in text
    assert "\x1b]" not in text
    assert not re.search("[\u202e\u200b\x9b\x07]", text)
    assert not re.search(r"(?m)^exit 0, in balance", text), "a value began a line that looks like ours"


def test_nothing_acts_on_any_surface(hostile: Shop, qbo: CommandLine) -> None:
    assert hostile.emulator is not None
    settings, reports = ("--settings", hostile.settings), hostile.folder / "told"
    first = qbo("run", *settings, *DAYS)
    check_terminal((first.out + first.err).encode())
    shown = qbo("show", "document/i1", *settings)
    assert "␛]0;owned␇" in first.out + first.err + shown.out + shown.err, "the text was planted, and is to be seen"
    for arguments in (
        ("status", *settings),
        ("status", "--json", *settings),
        ("show", "document/i1", *settings),
        ("show", "document/i1", "--json", *settings),
        ("preflight", *settings),
        ("run", *settings, *DAYS),
        ("reconcile", "--as-at", LAST_DAY.isoformat(), "--report", reports, *settings),
    ):
        written = through_a_pty(*arguments)
        assert written
        assert not re.search(rb"Traceback|Usage:", written)
        check_terminal(written)
    pages, workbooks, tables = (list(reports.rglob(f"*.{ending}")) for ending in ("html", "xlsx", "csv"))
    assert (len(pages), len(workbooks)) == (1, 1), written.decode()
    assert tables
    check_page(pages[0])
    check_workbook(workbooks[0])
    for file in tables:
        check_csv(file)
    said = pages[0].read_text("utf-8") + "".join(file.read_text("utf-8") for file in tables)
    assert "owned" in said, "the text was planted, and is to be seen"


def check_page(file: Path) -> None:
    text = file.read_text("utf-8")
    assert not ILLEGAL.search(text)
    root = read(text)
    assert not [one for one in root.find("script") if "alert(1)" in one.text]
    assert not root.find("img")
    for link in root.find("a"):
        assert "javascript:" not in (link.attributes.get("href") or "")


def check_workbook(file: Path) -> None:
    for sheet in openpyxl.load_workbook(file).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and "owned" in cell.value:
                    assert cell.data_type == "s"
                    assert not ILLEGAL.search(cell.value)


def check_csv(file: Path) -> None:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.reader(lines):
            for cell in row:
                assert not ILLEGAL.search(cell)
                assert not ("owned" in cell and cell[:1] in "=+-@\t\r\n")
