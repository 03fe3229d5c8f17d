"""The sensor `keep_alive`: access renewed every hour, its end said before it comes, and an alarm within one tick."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from qbo_pipeline.pipeline.connect import open_oauth, open_vault
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.quickbooks.tokens import Tokens
from qbo_pipeline.quickbooks.transport import Transport
from qbo_pipeline.settings import load_settings
from qbo_pipeline.store.tokens import StoredTokenStore
from qbo_pipeline_tests.dagster_face.company import NOWHERE, Company, checks, day, failures, make_company
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator

HOURS_AGO = timedelta(hours=3)


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator("--company", "us", "--limits", "off") as emulator:
        yield emulator


@pytest.fixture
def company(tmp_path: Path, emulator: RunningEmulator) -> Company:
    return connected(tmp_path, emulator)


def connected(folder: Path, emulator: RunningEmulator) -> Company:
    """A company whose access was renewed three hours ago."""
    company = make_company(folder, emulator, days=1)
    tick(company)
    keep(company, minted_at=datetime.now(UTC) - HOURS_AGO)
    return company


@contextmanager
def vault(company: Company) -> Iterator[tuple[StoredTokenStore, Any]]:
    with open_run(load_settings(company.settings)) as run:
        yield open_vault(run.settings, run.secrets, run.tokens), run


def kept(company: Company) -> Tokens:
    with vault(company) as (store, _):
        stored = store.load()
    assert stored is not None
    return stored.tokens


def keep(company: Company, **values: Any) -> None:
    """Change what is known of the access."""
    with vault(company) as (store, _):
        stored = store.load()
        assert stored is not None
        store.save(replace(stored.tokens, **values))


def revoke(company: Company) -> None:
    """Somebody ends the connection at Intuit."""
    with vault(company) as (store, run):
        stored = store.load()
        assert stored is not None
        transport = Transport()
        open_oauth(run.settings, run.secrets, transport).revoke(stored.tokens)
        transport.close()


def tick(company: Company) -> dg.SensorExecutionData:
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, definitions=company.definitions())
        return company.sensor("keep_alive").evaluate_tick(context)


def alarm(company: Company, instance: dg.DagsterInstance, request: dg.RunRequest) -> dg.ExecuteInProcessResult:
    job = company.definitions().resolve_job_def(f"{company.name}_access_alarm")
    return job.execute_in_process(instance=instance, raise_on_error=False, run_config=request.run_config)


def test_access_three_hours_old_is_renewed_and_one_of_a_moment_ago_is_not(company: Company) -> None:
    before = kept(company)
    first = tick(company)
    renewed = kept(company)
    tick(company)
    assert not first.run_requests
    assert "days left" in (first.skip_message or "")
    assert renewed.minted_at > before.minted_at + HOURS_AGO / 2
    assert renewed.access_token != before.access_token
    assert kept(company) == renewed


def test_access_that_was_revoked_is_an_alarm_within_one_tick(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    with running_emulator("--company", "us", "--limits", "off") as emulator:
        company = connected(tmp_path, emulator)
        revoke(company)
        _the_alarm(company, instance)


def _the_alarm(company: Company, instance: dg.DagsterInstance) -> None:
    data, again = tick(company), tick(company)
    (request,), (same,) = data.run_requests or (), again.run_requests or ()
    assert request.run_key == same.run_key  # Dagster starts it once: an alarm a day, not one an hour
    (said,) = failures(alarm(company, instance, request)).values()
    assert "qbo-pipeline connect" in said
    assert kept(company).refresh_token.reveal() not in str(data)


@pytest.mark.parametrize(
    ("which", "days", "state"),
    [
        ("hard_expires_at", 31, "good"),
        ("hard_expires_at", 29, "ends_soon"),
        ("hard_expires_at", 0.5, "ends_soon"),
        ("hard_expires_at", -1, "ended"),
        ("refresh_expires_at", 6, "ends_soon"),
        ("refresh_expires_at", -1, "ended"),
    ],
)
def test_the_end_is_said_before_it_comes(
    company: Company, instance: dg.DagsterInstance, which: str, days: float, state: str
) -> None:
    tick(company)
    now = datetime.now(UTC)
    keep(company, **{which: now + timedelta(days=days, minutes=1)})
    data = tick(company)
    assert bool(data.run_requests) == (state == "ended")
    night = company.run(instance, day(0), assets=["reference_data"])
    assert checks(night)["reference_data.access_lasts"] == (state == "good")
    assert failures(night) == {}
    if state == "ends_soon":
        assert f"in {int(days)} days" in (data.skip_message or "")


def test_intuit_away_is_no_end_of_the_access(company: Company) -> None:
    text = company.settings.read_text(encoding="utf-8")
    with open_run(load_settings(company.settings)) as run:
        base_url = run.settings.quickbooks.base_url
    company.settings.write_text(text.replace(str(base_url), NOWHERE), encoding="utf-8")
    data = tick(company)
    assert not data.run_requests
    assert "the next tick tries again" in (data.skip_message or "")


def test_a_connection_that_nobody_has_connected_yet_is_no_alarm(tmp_path: Path) -> None:
    company = make_company(tmp_path, days=1)
    secrets = company.folder / ".env"
    lines = secrets.read_text(encoding="utf-8").splitlines()
    secrets.write_text("\n".join(line for line in lines if "REFRESH_TOKEN" not in line), encoding="utf-8")
    data = tick(company)
    assert not data.run_requests
    assert "is not connected to QuickBooks yet" in (data.skip_message or "")
