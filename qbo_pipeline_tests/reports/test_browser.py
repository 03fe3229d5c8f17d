"""The page in a real browser: no complaint on the console, the script works, it prints on paper."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reports.page import write_page
from qbo_pipeline_tests.reports import books, html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
]  # fmt: skip

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


def browse(folder: Path, file: Path, *flags: str) -> tuple[str, list[str]]:
    """What the browser answers, and what it wrote on the console."""
    profile = folder / "profile"
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", *flags, file.as_uri()]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    shutil.rmtree(profile, ignore_errors=True)
    return done.stdout.decode(), [line for line in done.stderr.decode().splitlines() if "CONSOLE" in line]


def write(folder: Path, given: Reconciliation, **facts: Any) -> Path:
    path = folder / "page.html"
    write_page(given, books.header(given, **facts), None, path)
    return path


def test_hostile_books_leave_the_console_empty(tmp_path: Path) -> None:
    path = write(tmp_path, books.hostile(), company=books.HOSTILE["tag"])
    seen, console = browse(tmp_path, path, "--dump-dom")
    assert console == []
    assert "<title>Inventory reconciliation 2026-10-31 – Waiting or explained</title>" in seen
    buttons = re.findall(r'<span role="button" tabindex="0">', seen)
    assert len(buttons) > 20  # the script ran


def test_the_policy_refuses_a_script_that_is_not_the_page_s_own(tmp_path: Path) -> None:
    path = write(tmp_path, books.balanced())
    path.write_text(path.read_text().replace("</main>", "<script>document.title = 'owned'</script></main>"))
    seen, console = browse(tmp_path, path, "--dump-dom")
    assert "owned</title>" not in seen
    assert any("Content Security Policy" in line for line in console)


@pytest.mark.parametrize("clicks", [1, 2])
def test_a_click_on_a_heading_sorts_by_amount(tmp_path: Path, clicks: int) -> None:
    path = write(tmp_path, books.broken())
    without_policy = re.sub(r"<meta http-equiv[^>]*>", "", path.read_text())
    click = "document.querySelector('#by_document th:nth-child(6) [role=button]').click();" * clicks
    path.write_text(without_policy.replace("</body>", f"<script>{click}</script></body>"))
    seen, console = browse(tmp_path, path, "--dump-dom")
    assert console == []
    table = re.search(r'<table class="sortable" id="by_document">.*?</table>', seen, re.DOTALL)
    assert table
    root = html.read(table.group())
    amounts = [html.amount(row["Difference"]) for row in html.rows(root, "by_document")]
    assert len(amounts) == 7
    assert amounts == sorted(amounts, reverse=clicks == 2)
    sorted_by = [one.attributes["aria-sort"] for one in root.find("th") if "aria-sort" in one.attributes]
    assert sorted_by == ["ascending" if clicks == 1 else "descending"]


def test_a_clean_month_is_certified_on_one_printed_page(tmp_path: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine")
    path, pdf = write(tmp_path, books.balanced()), tmp_path / "page.pdf"
    browse(tmp_path, path, "--no-pdf-header-footer", f"--print-to-pdf={pdf}")
    command = ["pdftotext", "-f", "1", "-l", "1", "-layout", str(pdf), "-"]
    first = subprocess.run(command, capture_output=True, timeout=60, check=True).stdout.decode()
    for text in ("In balance", "52,112.79", "Unexplained", "Prepared by", "Reviewed by", "Void if the data changes"):
        assert text in first
