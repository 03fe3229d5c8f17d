"""What is not known is told as not checked: days whose reading broke off, objects about which QBO gave no answer."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from qbo_pipeline.pipeline import reconcile as stage
from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.report_files import write_reports
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.errors import Throttled
from qbo_pipeline.reconciliation.export import to_json
from qbo_pipeline.reconciliation.remedies import plan
from qbo_pipeline.reports.words import verdict
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop
from qbo_pipeline_tests.reports.spreadsheet import Spreadsheet
from qbo_pipeline_tests.tampering.people import Bookkeeper


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with running_emulator("--limits", "off") as emulator:
        yield open_shop(tmp_path, emulator)


def break_off(run: Run, record_type: str) -> None:
    with run.database.transaction() as connection:
        connection.execute(
            text("DELETE FROM reads WHERE record_type = :name AND business_date = '2024-03-04'"),
            {"name": record_type},
        )


@pytest.mark.parametrize(("record_type", "kind"), [("document", "document"), ("movement", "receipt")])
def test_a_reading_that_broke_off_is_not_checked_in_every_report(
    shop: Shop, tmp_path: Path, record_type: str, kind: str
) -> None:
    with shop.run() as run:
        assert carry(run, FIRST_DAY, LAST_DAY).result.counts["holds"].all()
        break_off(run, record_type)
        result = reconcile_as_at(run, LAST_DAY)
        files = write_reports(run, result, tmp_path / "reports")
    (row,) = (row for row in to_json(result)["counts"] if row["kind"] == kind)
    assert (row["read"], row["adds_up"]) == (None, None)
    said = verdict(result)
    assert said.tone == "attention"
    assert said.sentence.endswith("How many records were read is not known for every day.")

    page = files.page.read_text(encoding="utf-8")
    assert "Not checked: how many were read is not known for every day." in page
    assert "Nothing is lost:</b>" not in page
    book = Spreadsheet(files.workbook)
    sheet = book.values["S1 Certification"]
    proof = {line[0].value: line[2].value for line in sheet.iter_rows() if str(line[0].value).startswith("Records:")}
    assert proof["Records: read"] == "not checked"
    assert isinstance(proof["Records: posted"], int)
    (counted,) = (line for line in book.table("Counts") if line["Kind"].lower() == kind)
    assert (counted["Read"], counted["Adds up"]) == (None, "not checked")
    with (files.tables / "counts.csv").open(encoding="utf-8-sig", newline="") as file:
        (line,) = (line for line in csv.DictReader(file) if line["kind"] == kind)
    assert (line["read"], line["holds"]) == ("", "")


def test_the_commands_say_that_a_reading_broke_off(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = CommandLine(monkeypatch, capsys)
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        break_off(run, "document")
    tied_out = command("reconcile", "--as-at", LAST_DAY, "--settings", shop.settings)
    assert (tied_out.status, "the reading broke off on 1 day of a type of record" in tied_out.err) == (1, True)
    before = command("reconcile", "--as-at", FIRST_DAY, "--settings", shop.settings)
    assert before.status == 0, "a day before it is read completely"
    status = command("status", "--json", "--settings", shop.settings)
    assert status.json["counts"]["document"]["read"] is None
    assert status.json["counts"]["movement"]["read"] == 4
    lines = command("status", "--settings", shop.settings).out.splitlines()
    assert next(line for line in lines if line.startswith("document")).split()[1] == "?"


def _deleted_by_a_person(shop: Shop, run: Run) -> None:
    assert shop.emulator is not None
    (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'movement/r1'")
    people = Bookkeeper(shop.emulator)
    people.delete("JournalEntry", people.get("JournalEntry", link["qbo_id"]))
    people.close()


def _no_answer(*_: Any) -> Any:
    raise Throttled("the limits are reached", retry_after=1.0)


def test_deleted_is_not_said_where_quickbooks_did_not_answer(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        _deleted_by_a_person(shop, run)
        read_ledger(run, LAST_DAY)
        with monkeypatch.context() as blind:
            blind.setattr(stage, "_read_objects", _no_answer)
            unsure = reconcile_as_at(run, LAST_DAY)
        sure = reconcile_as_at(run, LAST_DAY)
    (row,) = unsure.differences.to_dict("records")
    assert (row["cause"], row["detail"]) == ("changed_in_qbo", "not checked")
    assert row["explanation"].startswith("What the pipeline had posted is not on the inventory accounts any more.")
    assert "not checked, QuickBooks did not say whether it was deleted, voided or moved" in row["explanation"]
    assert row["remedy"] == "Reconcile again once QuickBooks answers; correct nothing until then."
    assert plan(unsure) == [], "no step is offered on what is not known"
    assert any("is not checked" in note for note in unsure.notes)
    assert [*sure.differences["cause"]] == ["deleted_in_qbo"]
    assert plan(sure) != []
