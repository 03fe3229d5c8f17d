"""The rollback from Dagster's launchpad: shown first, done on order, and posted again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg

from qbo_pipeline_tests.dagster_face.company import Company, day, failures, make_company
from qbo_pipeline_tests.emulator.server import RunningEmulator

WHO = {"who": "the accountant", "why": "the day was entered twice"}


def done(company: Company, instance: dg.DagsterInstance, **config: Any) -> dict[str, Any]:
    """Order it, and answer the metadata of the op's output."""
    result = company.decide(instance, "rollback", config)
    assert failures(result) == {}
    (event,) = [event for event in result.all_events if event.is_successful_output]
    return {key: value.value for key, value in event.step_output_data.metadata.items()}


def in_the_books(company: Company) -> int:
    query = "SELECT count(*) FROM postings WHERE state = 'posted' AND superseded_by IS NULL AND operation = 'create'"
    ((count,),) = company.ask(f"{query} AND business_date = ?", day(0))
    return int(count)


def test_a_day_is_shown_leaves_and_comes_back(
    tmp_path: Path, instance: dg.DagsterInstance, emulator: RunningEmulator
) -> None:
    company = make_company(tmp_path, emulator, name="returns", days=1)
    assert failures(company.run(instance, day(0))) == {}
    posted = in_the_books(company)
    shown = done(company, instance, day=day(0))
    assert shown["would_be_out_of_the_books"] == posted > 0
    assert shown["stay"] == 0
    assert in_the_books(company) == posted  # nothing was changed
    left = done(company, instance, day=day(0), **WHO)
    assert (left["are_out_of_the_books"], left["stay"], in_the_books(company)) == (posted, 0, 0)
    assert left["books"].startswith(f"as at {day(0)}: difference ")
    back = done(company, instance, day=day(0), again=True, **WHO)
    assert back["are_posted_again"] == posted


def test_what_is_not_said_clearly_is_refused(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    company = make_company(tmp_path, days=1)
    for config, words in (
        ({}, "say which: one of day, run and kinds"),
        ({"day": day(0), "run": "1"}, "say which: one of day, run and kinds"),
        ({"run": "1", "first": day(0)}, "first and last belong to kinds"),
        ({"day": day(0), "again": True, "dependents": True}, "do not go with again"),
    ):
        (text,) = failures(company.decide(instance, "rollback", {"who": "", "why": "", **config})).values()
        assert words in text
