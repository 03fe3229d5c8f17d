"""The month's reads are used up: the nightly run posts, its ledger is as of the last one, and two checks say so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from qbo_pipeline_tests.dagster_face.company import Company, checks, day, failures, make_company, materialized
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator

CURRENT = ("reference_data.reference_data_is_current", "ledger_lines.ledger_is_current")
QUOTA = {"kind": "refusal", "status": 429, "code": "3001", "detail": "The CorePlus quota of this month is used up"}


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator("--company", "us", "--limits", "off") as emulator:
        yield emulator


@pytest.fixture
def company(tmp_path: Path, emulator: RunningEmulator) -> Company:
    return make_company(tmp_path, emulator, days=2)


def use_up(emulator: RunningEmulator) -> None:
    emulator.order(*({**QUOTA, "operation": operation} for operation in ("read", "query", "cdc", "report")))


def test_the_night_goes_on_and_says_what_is_not_of_now(
    company: Company, emulator: RunningEmulator, instance: dg.DagsterInstance
) -> None:
    assert failures(company.run(instance, day(0))) == {}
    written = emulator.meter()["core"]
    use_up(emulator)
    blind = company.run(instance, day(1))

    assert failures(blind) == {}
    assert emulator.meter()["core"] > written
    assert [checks(blind)[name] for name in CURRENT] == [False, False]
    assert checks(blind)["quickbooks_documents.counts_add_up"]
    assert not checks(blind)["reconciliation.tie_out_zero_unexplained"], "explained, and a warning: not in balance"
    assert materialized(instance, company, "quickbooks_documents") == {day(0), day(1)}
    (ledger,) = (
        event.step_materialization_data.materialization.metadata
        for event in blind.all_events
        if event.is_step_materialization and event.asset_key == company.key("ledger_lines")
    )
    assert "the metered reads of this month are used up" in str(ledger["warning"].value)

    emulator.order()
    clear = company.run(instance, day(1))
    assert failures(clear) == {}
    assert [checks(clear)[name] for name in CURRENT] == [True, True]


def test_what_was_never_read_fails_and_is_not_tried_again(
    company: Company, emulator: RunningEmulator, instance: dg.DagsterInstance
) -> None:
    use_up(emulator)
    blind = company.run(instance, day(0))
    (said,) = (text for step, text in failures(blind).items() if step == "shop__reference_data")
    assert "metered reads of this month are used up" in said
    assert not any(event.is_step_up_for_retry for event in blind.all_events)
    assert emulator.meter()["core"] == 0
