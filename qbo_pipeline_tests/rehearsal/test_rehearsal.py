"""A rehearsal says what a run posts, object by object, and leaves company, store and machine as they were."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.rehearsal.findings import Rehearsal
from qbo_pipeline.rehearsal.objects import CompanyObjects, differences, read_objects
from qbo_pipeline.rehearsal.rehearsing import WantedRehearsal, rehearse
from qbo_pipeline.rehearsal.telling import grounds
from qbo_pipeline.settings import load_settings
from qbo_pipeline.verdicts import Verdict, conclude
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import POSTING_TABLES, RECORD_TABLES, carry, content_of
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop
from qbo_pipeline_tests.pipeline.test_tracked_mode import open_tracked

CANARY = "hunter2canary"


@dataclass
class Lines:
    """What a rehearsal said of its steps."""

    said: list[str] = field(default_factory=list)

    def progress(self, what: str, count: int) -> None:
        self.said.append(f"{what}: {count}")


def rehearsed(settings: Path, folder: Path, first: date, last: date, *, failures: bool, seed: int = 1) -> Rehearsal:
    """A rehearsal of these days, its reports in a folder."""
    lines = Lines()
    folder.mkdir(exist_ok=True)
    return rehearse(
        load_settings(settings), WantedRehearsal(first, last, seed, failures, folder), lines.said.append, lines.progress
    )


def same_as_rehearsed(run: Run, found: Rehearsal, before: CompanyObjects) -> int:
    """Asserts that a company has exactly the objects that the rehearsal made, but for what was there before; answers
    how many."""
    there = read_objects(run)
    assert differences(found.run.objects.by_key, there.by_key) == []
    assert set(there.strangers) == set(before.strangers)
    return len(there.by_key)


def test_what_is_rehearsed_is_what_the_run_posts(
    shop: Shop, qbo: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("QBO_SHOP_WEBHOOK_VERIFIER_TOKEN", CANARY)
    assert shop.emulator is not None
    with shop.run(only_look=True) as run:
        before, store = read_objects(run), content_of(run, *RECORD_TABLES, *POSTING_TABLES)
    shop.emulator.control("meter", method="DELETE")

    folder = shop.folder / "rehearsed"
    found = rehearsed(shop.settings, folder, FIRST_DAY, LAST_DAY, failures=False)

    meter = shop.emulator.meter()
    assert meter["core"] == 0  # as Intuit counts writes
    assert set(meter["by_operation"]) <= {"query", "read", "report", "token"}
    assert (found.company_calls.write, found.company_calls.metered_read) == (0, meter["coreplus"])
    assert list(temporary.iterdir()) == []
    assert {(one.kind, one.count) for one in found.run.posted} == {
        ("Bill", 1), ("Customer", 1), ("Invoice", 1), ("Item", 3), ("JournalEntry", 3), ("Payment", 1), ("Vendor", 1),
    }  # fmt: skip
    assert sum(one.debit for one in found.run.accounts) == sum(one.credit for one in found.run.accounts) > 0
    assert (found.twice, found.run.waits, found.failures) == (0, (), None)
    assert found.run.night["books"]["status"] == "balanced"
    said = conclude(grounds(found))
    assert said.verdict is Verdict.WAITING  # five items that QuickBooks tracks, as preflight says
    assert [one.why.partition(":")[0] for one in said.reasons] == ["before going live"]
    assert {file.suffix for file in folder.iterdir()} >= {".html", ".xlsx", ".json"}
    assert not any(CANARY in file.read_text(errors="replace") for file in folder.rglob("*") if file.is_file())

    with shop.run() as run:
        assert content_of(run, *RECORD_TABLES, *POSTING_TABLES) == store
        assert set(read_objects(run).strangers) == set(before.strangers)
        carry(run, FIRST_DAY, LAST_DAY)
        assert same_as_rehearsed(run, found, before) == 11


@pytest.mark.torture
def test_in_tracked_mode_too_and_failures_change_nothing_of_it(tmp_path: Path) -> None:
    with running_emulator("--limits", "off") as emulator:
        shop = open_tracked(tmp_path / "shop", emulator)
        with shop.run(only_look=True) as run:
            before = read_objects(run)
        found = rehearsed(shop.settings, shop.folder / "rehearsed", FIRST_DAY, LAST_DAY, failures=True)
        assert found.failures is not None
        assert (found.twice, found.run.waits, found.failures.differences, found.failures.overwritten) == (0, (), [], [])
        assert {(one.kind, one.count) for one in found.run.posted} >= {("InventoryAdjustment", 1), ("JournalEntry", 1)}
        books = found.run.night["books"]
        assert (books["status"], books["unexplained"]) == ("explained", "0.00")
        with shop.run() as run:
            carry(run, FIRST_DAY, LAST_DAY)
            assert same_as_rehearsed(run, found, before) > 8


@pytest.mark.torture
def test_the_command_tells_it_and_its_exit_status_is_the_table_s(shop: Shop, qbo: CommandLine) -> None:
    shop.change("UPDATE documents SET party_id = 'nobody' WHERE document_id = 'i1'")
    days = ("--first", "2024-03-01", "--last", "2024-03-02")
    answer = qbo("rehearse", "--settings", shop.settings, *days, "--faults", "none", "--json")
    assert answer.status == 1
    assert (answer.json["exit"], answer.json["verdict"]) == (1, "waiting or explained")
    assert answer.json["run"]["night"]["books"]["as_at"] == "2024-03-02"
    assert "reading the company as at 2024-02-29; nothing can be written through this" in answer.err
    report = shop.folder / "reports" / "shop" / "rehearsal" / "rehearsal-2024-03-01-2024-03-02"
    assert json.loads(report.with_suffix(".json").read_bytes()) == answer.json
    page = report.with_suffix(".md").read_text(encoding="utf-8")
    assert "## What would be posted" in page
    assert report.with_suffix(".md").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--first", "2024-03-05", "--last", "2024-03-02"), "--last 2024-03-02 is before 2024-03-05"),
        (("--last", "2024-02-02"), "lies before the books begin"),
        (("--faults", "some"), "'some' is not one of 'none', 'all'"),
    ],
)
def test_days_and_options_that_cannot_be_are_said(
    tmp_path: Path, qbo: CommandLine, arguments: tuple[str, ...], words: str
) -> None:
    shop = open_shop(tmp_path, None)
    answer = qbo("rehearse", "--settings", shop.settings, *arguments)
    assert answer.status == 2
    assert words in answer.plain


@pytest.mark.torture
def test_a_source_that_is_not_there_is_said_as_any_command_says_it(shop: Shop, qbo: CommandLine) -> None:
    (shop.folder / "shop.sqlite").unlink()
    answer = qbo("rehearse", "--settings", shop.settings)
    assert answer.status == 2
    assert "shop.sqlite" in answer.plain
    assert "the rehearsal could not be carried out" in answer.plain
