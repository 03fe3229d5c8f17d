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

from qbo_pipeline.surfaces import ILLEGAL
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.hostile import HOSTILE, check_terminal, hostile_rows, plant_in_quickbooks
from qbo_pipeline_tests.pipeline.shop import DAYS, LAST_DAY, Shop, open_shop
from qbo_pipeline_tests.reports.html import read

AS_THE_TERMINAL_ENDS_LINES = "\r\n"


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


def check_written(written: bytes) -> None:
    check_terminal(written.decode("utf-8").replace(AS_THE_TERMINAL_ENDS_LINES, "\n"))


ON_A_TERMINAL = ("show", "run", "reconcile")  # by default: a process of its own for each; the others in the long run


@pytest.mark.parametrize(
    "on_a_terminal", [pytest.param(ON_A_TERMINAL, id="some"), pytest.param((), id="all", marks=pytest.mark.torture)]
)
def test_nothing_acts_on_any_surface(hostile: Shop, qbo: CommandLine, on_a_terminal: tuple[str, ...]) -> None:
    assert hostile.emulator is not None
    settings, reports = ("--settings", hostile.settings), hostile.folder / "told"
    first = qbo("run", *settings, *DAYS)
    check_terminal(first.out + first.err)
    shown = qbo("show", "document/i1", *settings)
    assert "␛]0;owned␇" in first.out + first.err + shown.out + shown.err, "the text was planted, and is to be seen"
    with hostile.run() as run:
        took = plant_in_quickbooks(run, LAST_DAY.isoformat())
    assert set(took) == {"Customer", "Vendor", "JournalEntry", "Invoice", "Bill", "Item", "Account"}
    for arguments in (
        ("status", *settings),
        ("status", "--json", *settings),
        ("show", "document/i1", *settings),
        ("show", "document/i1", "--json", *settings),
        ("preflight", *settings),
        ("run", *settings, *DAYS),
        ("run", *settings, *DAYS, "--dry-run"),
        ("restate", *settings, "--preview"),
        ("correct", "--as-at", LAST_DAY.isoformat(), *settings),
        ("verify", *settings),
        ("skip", "document/i1", "--who", HOSTILE, "--why", HOSTILE, *settings),
        ("retry", f"document/{HOSTILE}", "--who", "a", "--why", "b", *settings),
        ("sign-off", "--as-at", LAST_DAY.isoformat(), "--by", HOSTILE, *settings),
        ("reconcile", "--as-at", LAST_DAY.isoformat(), "--report", reports, *settings),
    ):
        if not on_a_terminal or (arguments[0] in on_a_terminal and "--json" not in arguments):
            written = through_a_pty(*arguments)
        else:
            answer = qbo(*arguments)
            written = (answer.out + answer.err).encode()
        assert written
        assert not re.search(rb"Traceback|Usage:", written)
        check_written(written)
    pages, workbooks, tables = (list(reports.rglob(f"*.{ending}")) for ending in ("html", "xlsx", "csv"))
    assert (len(pages), len(workbooks)) == (1, 1), written.decode()
    assert tables
    check_page(pages[0])
    check_workbook(workbooks[0])
    for file in tables:
        check_csv(file)
    said = pages[0].read_text("utf-8") + "".join(file.read_text("utf-8") for file in tables)
    assert "owned" in said, "the text was planted, and is to be seen"


@pytest.mark.parametrize(
    "arguments",
    [
        ["status", "--\x1b]0;owned\x07\x1b[2J\u202e"],
        ["\x1b]0;owned\x07\x1b[2J\u202e\nexit 0, in balance"],
        ["run", "--from", "\x1b]0;owned\x07\u202e"],
        ["connect", "--timeout", "\x1b]0;owned\x07\u202e"],
        ["status", "too", "many\x1b]0;owned\x07"],
        ["status", "--settings", "/nowhere/\x1b]0;owned\x07\u202e.toml"],
        ["emulator", "--company", "\x1b]0;owned\x07"],
        ["init", "\x1b]0;owned\x07"],
    ],
    ids=["option", "command", "day", "number", "argument", "file", "choice", "name"],
)
def test_a_usage_frame_repeats_an_argument_without_obeying_it(arguments: list[str]) -> None:
    written = through_a_pty(*arguments)
    assert written
    assert b"Traceback" not in written
    check_written(written)


def test_the_log_and_the_traceback_of_a_defect_are_fit_to_be_seen(tmp_path: Path) -> None:
    code = (
        "import logging, sys\n"
        "from qbo_pipeline import cli\n"
        f"HOSTILE = {HOSTILE!r}\n"
        "@cli.app.command()\n"
        "def broken() -> None:\n"
        "    try:\n"
        "        raise KeyError(HOSTILE)\n"
        "    except KeyError as error:\n"
        "        logging.getLogger('qbo_pipeline.pipeline.refusing').error('%s', HOSTILE, exc_info=error)\n"
        "    raise ZeroDivisionError(HOSTILE)\n"
        "cli.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code, "broken"], capture_output=True, timeout=60, check=False)
    assert done.returncode == 1
    said = done.stderr.decode()
    assert "ZeroDivisionError" in said
    assert "␛]0;owned␇" in said
    assert not ILLEGAL.search(said)


@pytest.mark.torture
def test_what_a_fault_of_quickbooks_says_acts_on_nothing(hostile: Shop) -> None:
    assert hostile.emulator is not None
    hostile.emulator.order(
        {"kind": "refusal", "operation": "create", "status": 400, "code": "6000", "message": HOSTILE, "detail": HOSTILE}
    )
    settings = ("--settings", hostile.settings)
    for arguments in (("run", *settings, *DAYS), ("status", *settings), ("show", "document/i1", *settings)):
        check_written(through_a_pty(*arguments))
    assert b"owned" in through_a_pty("status", *settings), "the fault's words are to be seen"
    hostile.emulator.order({"kind": "refusal", "operation": "query", "status": 400, "message": HOSTILE})
    for arguments in (("run", *settings, *DAYS), ("preflight", *settings)):
        check_written(through_a_pty(*arguments))


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
