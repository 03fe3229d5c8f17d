"""Corrections end to end: each kind of step is previewed, ordered, carried out, and its difference is gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from qbo_pipeline.commands.correcting import correct
from qbo_pipeline.pipeline.corrections import Correction, carry_out, preview
from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline.posting import decisions
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.reconciliation.tampering import Doc
from qbo_pipeline_tests.tampering import in_quickbooks, in_source
from qbo_pipeline_tests.tampering.companies import Company, demo_company, found_in
from qbo_pipeline_tests.tampering.office import Office

WHO, WHY = "A. Controller", "month end"
Intervention = Callable[[Office], None]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """One company for all: each test leaves it balanced."""
    with demo_company(tmp_path_factory.mktemp("demo"), size="small", days=5) as company:
        yield company


def _order(company: Company, corrections: list[Correction]) -> list[str]:
    outcomes = carry_out(company.run, company.last, [one.key for one in corrections], WHO, WHY)
    assert [outcome.message for outcome in outcomes if not outcome.done] == []
    return [outcome.message for outcome in outcomes]


def _steps(company: Company) -> list[tuple[str, str]]:
    return [(one.action.action, one.action.cause.value) for one in preview(company.run, company.last)]


def _assert_all_is_well(company: Company) -> None:
    result = company.reconciled()
    assert found_in(result) == {}
    assert (result.difference, result.unexplained, result.status) == (0, 0, "balanced")
    assert broken_counts(company.run) == []
    assert verify_attempts(company.run).intact


def _recorded(company: Company, who: str = WHO) -> set[str]:
    return {row["event"] for row in rows(company.run, "SELECT event FROM attempts WHERE who = :who", who=who)}


CORRECTED = {
    "an edited amount": (in_quickbooks.edit_amount, "post_again", "changed_in_qbo"),
    "an edited date": (in_quickbooks.edit_date, "post_again", "changed_in_qbo"),
    "an edited account": (in_quickbooks.edit_account, "post_again", "changed_in_qbo"),
    "a deleted document": (in_quickbooks.delete, "post_again", "deleted_in_qbo"),
    "a voided document": (in_quickbooks.void, "post_again", "deleted_in_qbo"),
    "a changed cost": (in_source.change_cost, "post", "changed_in_source"),
    "a changed date": (in_source.change_date, "post", "changed_in_source"),
    "a deleted movement": (in_source.delete_in_source, "reverse", "vanished_in_source"),
    "a late movement": (in_source.enter_late, "extract", "not_extracted"),
}


@pytest.mark.parametrize("name", CORRECTED)
def test_a_step_takes_its_difference_away(company: Company, name: str) -> None:
    intervention, action, cause = CORRECTED[name]
    office = company.office(5)
    office.extracted = False
    while not office.must_find():
        intervention(office)
    offered = preview(company.run, company.last)
    assert {(one.action.action, one.action.cause.value) for one in offered} == {(action, cause)}
    assert found_in(company.reconciled()) == office.must_find()  # a preview does nothing
    messages = _order(company, offered)
    assert len(messages) == len(offered)
    _assert_all_is_well(company)


def test_what_waits_is_posted(company: Company) -> None:
    office = company.office(6)
    in_source.enter_late(office)
    company.read_source()
    assert _steps(company) == [("post", "waiting")]
    _order(company, preview(company.run, company.last))
    _assert_all_is_well(company)


def test_a_copy_takes_the_place_of_what_was_deleted(company: Company) -> None:
    office = company.office(7)
    in_quickbooks.duplicate_of_content(office)
    (doc,) = [doc for doc in office.world.docs if "copied" in doc.touched]
    office.people.delete(doc.entity, office.people.get(doc.entity, doc.qbo_id))
    offered = preview(company.run, company.last)
    assert [one.action.action for one in offered] == ["adopt"]
    (message,) = _order(company, offered)
    assert message == f"{doc.key} is linked to JournalEntry {offered[0].action.qbo_id}"
    _assert_all_is_well(company)


def test_a_copy_that_differs_is_not_adopted(company: Company) -> None:
    office = company.office(8)
    in_quickbooks.duplicate_with_marker(office)
    (doc,) = [doc for doc in office.world.docs if "duplicated" in doc.touched]
    office.people.delete(doc.entity, office.people.get(doc.entity, doc.qbo_id))
    (step,) = preview(company.run, company.last)
    (outcome,) = carry_out(company.run, company.last, [step.key], WHO, WHY)
    assert not outcome.done
    assert "delete it in QuickBooks and post" in outcome.message
    copy = office.people.get("JournalEntry", str(step.action.qbo_id))
    office.people.delete("JournalEntry", copy)
    _order(company, preview(company.run, company.last))
    _assert_all_is_well(company)


@pytest.mark.parametrize(
    "intervention",
    [
        in_quickbooks.manual_journal,
        in_quickbooks.expense,
        in_quickbooks.duplicate_with_number,
        in_quickbooks.transfer,
        in_quickbooks.journal_to_other_asset,
    ],
)
def test_an_adjusting_journal_is_proposed_approved_and_posted(company: Company, intervention: Intervention) -> None:
    office = company.office(9)
    intervention(office)
    offered = preview(company.run, company.last)
    assert {one.action.action for one in offered} == {"journal"}
    _order(company, offered)
    keys = [f"adjustment/{one.key}" for one in offered]
    waiting = {row["key"]: row for row in rows(company.run, "SELECT * FROM postings WHERE key LIKE 'adjustment/%'")}
    assert {(waiting[key]["state"], waiting[key]["reason"]) for key in keys} == {("parked", "awaiting_approval")}
    load(company.run, company.first, company.last)
    assert found_in(company.reconciled()) == office.must_find()  # nothing is posted before somebody approves
    again = carry_out(company.run, company.last, [one.key for one in offered], WHO, WHY)
    assert all("approve it, or skip it" in outcome.message for outcome in again if not outcome.done)
    assert not any(outcome.done for outcome in again)
    for key in keys:
        decisions.approve(company.run.database, company.run.name, key, Person("B. Reviewer", "seen"))
    load(company.run, company.first, company.last)
    _assert_all_is_well(company)
    assert "proposed" in _recorded(company)
    assert "approve" in _recorded(company, "B. Reviewer")


def test_a_journal_whose_difference_is_gone_is_shown_and_reversed(company: Company) -> None:
    office = company.office(10)
    in_quickbooks.manual_journal(office)
    offered = preview(company.run, company.last)
    _order(company, offered)
    for one in offered:
        decisions.approve(company.run.database, company.run.name, f"adjustment/{one.key}", Person(WHO, WHY))
    load(company.run, company.first, company.last)
    entry = office.people.get("JournalEntry", str(offered[0].action.qbo_id))
    office.people.delete("JournalEntry", entry)
    left = found_in(company.reconciled())
    assert {key for key, *_ in left} == {f"adjustment/{one.key}" for one in offered}
    assert {step for step, _ in _steps(company)} == {"reverse"}
    _order(company, preview(company.run, company.last))
    _assert_all_is_well(company)


def test_only_what_is_ordered_is_done(company: Company) -> None:
    office = company.office(11)
    first, second = (_doc(office, n) for n in (0, 1))
    for doc in (first, second):
        office.people.delete(doc.entity, office.people.get(doc.entity, doc.qbo_id))
    (one, other) = preview(company.run, company.last)
    _order(company, [one])
    assert {key for key, *_ in found_in(company.reconciled())} == {other.action.posting_key}
    with pytest.raises(NotPossible, match="look at the preview again"):
        carry_out(company.run, company.last, [one.key], WHO, WHY)
    with pytest.raises(NotPossible, match="name and a reason"):
        carry_out(company.run, company.last, [other.key], " ", WHY)
    _order(company, [other])
    _assert_all_is_well(company)


def _doc(office: Office, number: int) -> Doc:
    return [doc for doc in office.world.docs if doc.sent][number]


def test_the_command_previews_and_carries_out(company: Company) -> None:
    app = typer.Typer()
    app.command()(correct)
    office = company.office(12)
    doc = _doc(office, 3)
    office.people.delete(doc.entity, office.people.get(doc.entity, doc.qbo_id))
    as_at = ["--as-at", company.last.isoformat(), "--settings", str(company.settings)]

    shown = CliRunner().invoke(app, [*as_at, "--json"])
    assert shown.exit_code == 0, shown.output
    steps = json.loads(shown.stdout)
    assert [(step["action"], step["cause"]) for step in steps] == [("post_again", "deleted_in_qbo")]
    assert Decimal(steps[0]["amount"]) == Decimal(sum(doc.sent.values())).scaleb(-2)

    assert "Nothing was done" in CliRunner().invoke(app, as_at).stdout
    assert CliRunner().invoke(app, [*as_at, "--cause", "qbo_only"]).stdout.startswith("0 steps.")
    assert CliRunner().invoke(app, [*as_at, "--cause", "nonsense"]).exit_code == 2
    assert CliRunner().invoke(app, [*as_at, "--key", "nonsense"]).exit_code == 2
    assert CliRunner().invoke(app, [*as_at, "--yes"]).exit_code == 2
    assert {key for key, *_ in found_in(company.reconciled())} == {doc.key}

    done = CliRunner().invoke(app, [*as_at, "--key", steps[0]["key"], "--yes", "--who", WHO, "--why", WHY])
    assert done.exit_code == 0, done.output
    assert "1 of 1 steps done." in done.stdout
    _assert_all_is_well(company)


def test_a_correction_holds_after_the_next_night(company: Company, tmp_path: Path) -> None:
    """The record is read and built again, and nothing changes."""
    company.read_source()
    done = load(company.run, company.first, company.last + timedelta(days=1))
    assert done.summary.posted == 0
    _assert_all_is_well(company)
