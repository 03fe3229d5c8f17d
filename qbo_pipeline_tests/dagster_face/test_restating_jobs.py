"""Preview, restate and post_history from Dagster's launchpad: shown without who and why, ordered with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg

from qbo_pipeline_tests.dagster_face.company import Company, day, failures, make_company
from qbo_pipeline_tests.emulator.server import RunningEmulator

WHO = {"who": "the accountant", "why": "agreed with the auditor"}


def ordered(company: Company, instance: dg.DagsterInstance, name: str, **config: Any) -> dict[str, Any]:
    """The metadata of the op's output."""
    result = company.decide(instance, name, config)
    assert failures(result) == {}
    (event,) = [event for event in result.all_events if event.is_successful_output]
    return {key: value.value for key, value in event.step_output_data.metadata.items()}


def replace(company: Company, before: str, after: str) -> None:
    text = company.settings.read_text(encoding="utf-8")
    assert before in text
    company.settings.write_text(text.replace(before, after), encoding="utf-8")


def test_preview_restate_and_post_history(
    tmp_path: Path, instance: dg.DagsterInstance, emulator: RunningEmulator
) -> None:
    company = make_company(tmp_path, emulator, days=1)
    days = {"first": day(0), "last": day(0)}
    shown = ordered(company, instance, "preview", **days)
    assert shown["would_be_created"] > 0
    assert "Inventory Asset" in shown["totals"]
    assert company.ask("SELECT count(*) FROM postings") == [(0,)]
    assert company.ask("SELECT count(*) FROM records") == [(0,)]

    replace(company, "approval = false", f"approval = false\nhistory_before = {day(1)}")
    assert failures(company.run(instance, day(0))) == {}
    waits = "SELECT count(*) FROM postings WHERE reason = 'history'"
    ((held,),) = company.ask(waits)
    assert held > 0
    assert ordered(company, instance, "post_history", **days)["released"] == 0
    assert ordered(company, instance, "post_history", **days, **WHO)["released"] == held
    assert company.ask(waits) == [(0,)]
    assert failures(company.run(instance, day(0))) == {}

    assert ordered(company, instance, "restate")["records_shown"] == 0
    (refused,) = failures(company.decide(instance, "restate", WHO)).values()
    assert "nothing to restate" in refused
    replace(company, 'cost_of_goods_sold = "Cost of Goods Sold"', 'cost_of_goods_sold = "Purchase Price Variance"')
    assert ordered(company, instance, "restate")["records_shown"] > 0
    assert ordered(company, instance, "restate", **WHO)["restated"] > 0
    assert failures(company.run(instance, day(0))) == {}
    assert company.ask("SELECT count(*) FROM settings_comparisons WHERE differs") == [(0,)]
