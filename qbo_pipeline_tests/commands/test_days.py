"""Days before the books and days to come: a plain sentence, and an honest exit status."""

from __future__ import annotations

from pathlib import Path

import pytest

from qbo_pipeline.quickbooks.query import select
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import point_to, rows
from qbo_pipeline_tests.pipeline.shop import DAYS, FIRST_DAY, open_shop


@pytest.fixture
def qbo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "300")
    return CommandLine(monkeypatch, capsys)


@pytest.mark.parametrize(
    "command",
    [
        ("run", "--from", "2024-02-01", "--to", "2024-02-05"),
        ("run", "--from", "2024-02-01", "--to", "2024-02-05", "--dry-run"),
        ("reconcile", "--as-at", "2024-02-05"),
        ("sign-off", "--as-at", "2024-02-05", "--by", "Ann"),
    ],
    ids=lambda command: command[0] + command[-1].removeprefix("2024-02-05"),
)
def test_what_lies_before_the_books_is_refused_in_a_sentence(
    tmp_path: Path, qbo: CommandLine, command: tuple[str, ...]
) -> None:
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator)
        assert qbo("run", *DAYS, "--settings", shop.settings).status == 0
        answer = qbo(*command, "--settings", shop.settings)
    assert answer.status == 2
    assert f"2024-02-05 lies before the books begin, on {FIRST_DAY} ([connection] first_day" in answer.plain
    assert "Traceback" not in answer.plain


@pytest.mark.parametrize("more", [(), ("--dry-run",)], ids=["run", "dry run"])
def test_of_a_range_that_goes_beyond_the_books_the_days_within_them_are_worked(
    tmp_path: Path, qbo: CommandLine, more: tuple[str, ...]
) -> None:
    early = ("--from", "2024-02-27", "--to", "2024-03-09")
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator)
        shop.change(
            "UPDATE documents SET business_date = '2024-02-28' WHERE document_id = 'i1'",
            "UPDATE payments SET business_date = '2024-03-08'",
        )
        answer = qbo("run", *early, *more, "--settings", shop.settings, "--json")
        with shop.run() as run:
            stored = [
                row["record_id"] for row in rows(run, "SELECT record_id FROM records WHERE record_id IN ('i1', 'y1')")
            ]
    assert [text for text in answer.json["warnings"] if "were not read" in text] == [
        (
            "the books begin on 2024-03-01 ([connection] first_day): the days from 2024-02-27 to 2024-02-29 were not "
            "read, what is earlier is in the opening balance"
        ),
        (
            "this history ends on 2024-03-07 ([connection] last_day): the days from 2024-03-08 to 2024-03-09 were not "
            "read"
        ),
    ]
    assert stored == [], "what is dated before the books or after them is neither read nor posted"
    assert answer.json["records_read"] > 5


def test_a_day_to_come_is_told(tmp_path: Path, qbo: CommandLine) -> None:
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator)
        far = ("run", "--from", "2124-03-01", "--to", "2124-03-01", "--dry-run", "--settings", shop.settings, "--json")
        ended = qbo(*far)
        point_to(shop.settings, "last_day = 2024-03-07", "")
        run = qbo(*far)
        past = qbo("run", *DAYS, "--settings", shop.settings, "--json")
        seen = qbo("reconcile", "--as-at", "2124-03-01", "--settings", shop.settings)
    assert ended.status == 2
    assert "2124-03-01 lies after the end of this history, on 2024-03-07 ([connection] last_day" in ended.plain
    assert [text for text in run.json["warnings"] if text.startswith("2124-03-01 is still to come: today is ")]
    assert not [text for text in past.json["warnings"] if "still to come" in text]
    assert "2124-03-01 is still to come: today is " in seen.plain


def test_our_number_is_printed_where_quickbooks_numbers_sales_forms(tmp_path: Path, qbo: CommandLine) -> None:
    """A US company as Intuit makes it: custom numbers are off for sales forms; bills and journals bear ours."""
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator)
        with shop.run() as run:
            quickbooks = run.quickbooks()
            (preferences,) = quickbooks.query(select("Preferences"))
            changed = {**preferences, "SalesFormsPrefs": {"CustomTxnNumbers": False}}
            quickbooks.update("Preferences", changed, request_id="prefs")
        answer = qbo("run", *DAYS, "--settings", shop.settings)
        with shop.run() as run:
            (invoice,) = run.quickbooks().query(select("Invoice").where("TxnDate", "=", "2024-03-04"))
            (bill,) = run.quickbooks().query(select("Bill").where("DocNumber", "=", "B1"))
    assert answer.status == 0, answer.plain
    assert (invoice["DocNumber"].isdecimal(), invoice["CustomerMemo"]) == (True, {"value": "Our number: I1"})
    assert bill["DocNumber"] == "B1"
