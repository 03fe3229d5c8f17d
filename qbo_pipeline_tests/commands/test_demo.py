"""The demo: what is past in one run, then nights, told as it goes; and it ends in balance."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from qbo_pipeline.commands.demo_choices import DemoCountry, DemoMode
from qbo_pipeline.commands.demo_nights import windows
from qbo_pipeline.commands.demo_systems import demo_system
from qbo_pipeline_tests.accounting.table.in_the_books import not_in_books, not_in_papers
from qbo_pipeline_tests.accounting.table.sections import SECTIONS
from qbo_pipeline_tests.conftest import ROOT

pytestmark = pytest.mark.torture  # of the long run: it takes a minute or more

FIRST = date(2026, 10, 1)
ROWS = [row for rows in SECTIONS.values() for row in rows]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (1, [(1, 1)]),
        (3, [(1, 1), (2, 2), (3, 3)]),
        (4, [(1, 1), (2, 2), (3, 3), (4, 4)]),
        (31, [(1, 28), (29, 29), (30, 30), (31, 31)]),
    ],
)
def test_all_but_the_last_three_nights_are_one_run(days: int, expected: list[tuple[int, int]]) -> None:
    assert [(first.day, last.day) for first, last in windows(FIRST, days)] == expected


def test_the_demo_says_where_it_is_and_ends_in_balance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-m", "qbo_pipeline.cli", "demo", "--folder", str(tmp_path / "demo"), "--days", "5"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    told = [line.partition(" s ")[2].strip() for line in lines if " s " in line]
    nights = [f"the night after 2026-10-0{day}" for day in (3, 4, 5)]
    assert [line for line in told if line.startswith(("2026", "the night"))] == [
        "2026-10-01 to 2026-10-02, in one run",
        *nights,
    ]
    for step in ("documents", "documents into QuickBooks", "reconciliation"):
        assert told.count(step) == 4, step
    assert "difference 0.00 USD" in lines
    assert "unexplained 0.00 USD" in lines
    assert any(line.endswith("0 set aside, 0 waiting; all accounted for") for line in lines)
    with closing(sqlite3.connect(tmp_path / "demo" / "store.sqlite")) as store:
        ((days,),) = store.execute("SELECT COUNT(DISTINCT business_date) FROM reads WHERE record_type = 'document'")
    assert days >= 5
    check_runs(tmp_path / "demo" / "dagster", monkeypatch)


@pytest.mark.parametrize(("company", "currency"), [("us", "USD"), ("uk", "GBP"), ("eu", "EUR")])
@pytest.mark.parametrize("mode", ["external", "summarised", "tracked"])
def test_each_mode_in_each_country_ends_with_every_cent_explained(
    mode: str, company: str, currency: str, tmp_path: Path
) -> None:
    """The whole month: each row of docs/what-is-posted.md is in the company's papers, and posted as it says."""
    command = [sys.executable, "-m", "qbo_pipeline.cli", "demo", "--folder", str(tmp_path / "demo")]
    command += ["--mode", mode, "--company", company]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert f"unexplained 0.00 {currency}" in lines, done.stdout + done.stderr
    assert any(line.endswith("0 set aside, 0 waiting; all accounted for") for line in lines)
    # In tracked mode goods wait for their bills and invoices, and QuickBooks costs them by itself: told, exit status 1.
    assert done.returncode == (1 if mode == "tracked" else 0)
    assert (f"difference 0.00 {currency}" in lines) is (mode != "tracked")
    told = dict(line.partition(" ")[::2] for line in lines)
    amounts = [told[name].removesuffix(f" {currency}") for name in ("stock", "ledger", "difference", "unexplained")]
    documents, stock, ledger = told["posted"].split()[0], amounts[0].split()[-1], amounts[1].split()[-1]
    row = [mode, company, str(done.returncode), documents, f"{stock} {currency}", ledger, *amounts[2:]]
    assert f"| {' | '.join(row)} |" in (ROOT / "docs" / "posting-modes.md").read_text(encoding="utf-8")
    if (mode, company) == ("external", "us"):
        assert set(ends_of_the_readme()) <= set(lines)
    (page,) = (tmp_path / "demo").rglob("reconciliation-2026-10-31.html")
    assert "It adds up." in page.read_text(encoding="utf-8")
    papers, place = tmp_path / "demo" / "inventory.sqlite", (DemoMode(mode), DemoCountry(company))
    assert not_in_papers(papers, ROWS, *place) == []
    assert not_in_books(papers, tmp_path / "demo" / "store.sqlite", ROWS, *place) == []


def ends_of_the_readme() -> list[str]:
    """What the README says that the demo ends with: the lines with amounts, and how many documents and records."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("and ends like this:")[2]
    block = [" ".join(line.split()) for line in text.strip("\n").split("\n\n")[0].splitlines()]
    found = [line for line in block if not line.endswith("…") and not line.startswith("report")]
    assert len(found) == 6
    return found


def check_runs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asserts what Dagster's time line shows: runs of the code location, the nights those of the schedule."""
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    with dg.DagsterInstance.get() as instance:
        runs = [record.dagster_run for record in instance.get_run_records(ascending=True)]
    origins = [run.remote_job_origin.repository_origin.code_location_origin.location_name for run in runs]
    assert origins == ["demo"] * 4
    names = [run.tags.get("dagster/schedule_name") for run in runs]
    assert names == [None, *["demo_nightly"] * 3]
    ends = [run.tags["dagster/asset_partition_range_end"] for run in runs]
    assert ends == [f"2026-10-0{day}" for day in (2, 3, 4, 5)]


@pytest.mark.parametrize("system", ["cin7_core", "http_contract", "syncro", "unleashed", "zuper"])
def test_behind_a_system_it_ends_in_balance_too(system: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "qbo_pipeline.cli", "demo", "--folder", str(tmp_path / "demo"), "--days", "5"]
    done = subprocess.run([*command, "--system", system], capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[0].startswith(f"A made-up company behind {system} in a box, 5 days")
    assert "difference 0.00 USD" in lines
    assert any(line.endswith("0 set aside, 0 waiting; all accounted for") for line in lines)


SUBJECTS = (
    "invoices", "credit notes", "bills", "suppliers' credits", "payments received", "payments made",
    "balances of customers", "balances of suppliers",
)  # fmt: skip


@pytest.mark.parametrize("nights", ["day", "one"])
@pytest.mark.parametrize("mode", ["external", "tracked"])
def test_with_work_on_both_sides_everything_is_equal_at_the_end(mode: str, nights: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "qbo_pipeline.cli", "demo", "--folder", str(tmp_path / "demo"), "--days", "14"]
    command += ["--ways", "both", "--mode", mode, "--nights", nights]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=3000)
    # In tracked mode QuickBooks costs the goods otherwise: told, exit status 1; 4 where the two sides are not equal.
    assert done.returncode in ((0,) if mode == "external" else (0, 1)), done.stdout + done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    counted = [line for line in lines if line.endswith((" equal", " NOT EQUAL"))]
    subjects = (*SUBJECTS, "quantities of items") if mode == "tracked" else SUBJECTS
    assert [line for line in counted if not line.endswith(" equal") or line.endswith("NOT EQUAL")] == [], done.stdout
    assert [next(name for name in subjects if line.startswith(name)) for line in counted] == list(subjects)
    assert "unexplained 0.00 USD" in lines
    assert any(line.endswith("0 set aside, 0 waiting; all accounted for") for line in lines)
    last = [line.partition(" s ")[2] for line in lines if " round " in line][-1]
    assert last.endswith("0 for QuickBooks, 0 for the warehouse")  # nothing is sent any more
    with closing(sqlite3.connect(tmp_path / "demo" / "inventory.sqlite")) as company:
        waiting = "SELECT COUNT(*) FROM qbo_inbox AS entry WHERE taken_as IS NULL AND NOT EXISTS"
        later = "SELECT 1 FROM qbo_inbox AS later WHERE later.marker = entry.marker AND later.revision > entry.revision"
        assert company.execute(f"{waiting} ({later})").fetchone() == (0,)
        address = "SELECT COUNT(*) FROM customers WHERE email = 'billing@quickbooks.example'"
        assert company.execute(address).fetchone() == (1,)  # the conflict went as it was decided
        kinds = {kind for (kind,) in company.execute("SELECT DISTINCT kind FROM qbo_inbox WHERE taken_as IS NOT NULL")}
    wanted = {"customer", "sales_invoice", "payment_received", "attachment"}
    assert kinds >= (wanted | {"adjustment"} if mode == "tracked" else wanted)


@pytest.mark.parametrize("system", ["cin7_core", "http_contract", "syncro", "unleashed", "zuper"])
def test_with_work_on_both_sides_a_system_takes_what_it_can_by_its_api(system: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "qbo_pipeline.cli", "demo", "--folder", str(tmp_path / "demo"), "--days", "12"]
    done = subprocess.run(
        [*command, "--ways", "both", "--system", system], capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "difference 0.00 USD" in lines
    compared = [line for line in lines if line.endswith(" differ")]
    assert len(compared) == len(demo_system(system).comes_back) - ("attachments" in demo_system(system).comes_back)
    assert [line for line in compared if not line.endswith(" 0 differ")] == []
    if "payments_received" not in demo_system(system).comes_back:
        return
    assert any("a bookkeeper in QuickBooks: 3 payments received" in line for line in lines)
    with closing(sqlite3.connect(tmp_path / "demo" / "inventory.sqlite")) as company:
        paid = "SELECT COUNT(*) FROM bank_entries WHERE reference LIKE '%CHQ-1%' AND status = 'completed'"
        assert company.execute(paid).fetchone() == (1,)
