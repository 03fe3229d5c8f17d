"""A made-up company for tests of Dagster's face: its inventory database, its settings, its code location.

What belongs here: making a company's folder, and running its jobs on an instance. Companies start on FIRST_DAY.
"""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from qbo_pipeline.commands.demo_systems import HINTS
from qbo_pipeline.commands.template import DEFAULT_ROLES, settings_text
from qbo_pipeline.definitions import build_definitions
from qbo_pipeline.demo.company import generate
from qbo_pipeline.schedules import RANGE_END, RANGE_START
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import made_live

FIRST_DAY = date(2026, 3, 2)  # a Monday
NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody answers there
NO_LIMITS = "requests_per_minute = 1000000\nrequests_per_second = 100000\nbatches_per_minute = 100000\n"


def day(offset: int) -> str:
    """The partition of a day, counted from the first."""
    return (FIRST_DAY + timedelta(days=offset)).isoformat()


@dataclass(frozen=True, slots=True)
class Company:
    """A folder with the company's inventory database and its connection's settings."""

    folder: Path
    name: str

    @property
    def inventory(self) -> Path:
        return self.folder / f"{self.name}_inventory.sqlite"

    @property
    def store(self) -> Path:
        return self.folder / f"{self.name}_store.sqlite"

    @property
    def settings(self) -> Path:
        return self.folder / f"{self.name}.toml"

    def definitions(self) -> dg.Definitions:
        """The code location as in production, but that a retry comes at once."""
        return build_definitions(self.settings, retry_after=0)

    def key(self, asset: str) -> dg.AssetKey:
        return dg.AssetKey([self.name, asset])

    def run(
        self,
        instance: dg.DagsterInstance,
        first: str,
        last: str | None = None,
        *,
        job: str = "nightly",
        tags: Mapping[str, str] | None = None,
        assets: list[str] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """Run a job over one day, or over a range of days in one run; what fails is in the result."""
        days = {RANGE_START: first, RANGE_END: last} if last is not None else {}
        return (
            self.definitions()
            .resolve_job_def(f"{self.name}_{job}")
            .execute_in_process(
                instance=instance,
                partition_key=None if last is not None else first,
                tags={**days, **(tags or {})},
                raise_on_error=False,
                asset_selection=[self.key(asset) for asset in assets] if assets else None,
                run_config=QUIET,
            )
        )

    def decide(self, instance: dg.DagsterInstance, name: str, config: dict[str, Any]) -> dg.ExecuteInProcessResult:
        """Run one of the jobs that are a single op, configured as on the launchpad."""
        job = self.definitions().resolve_job_def(f"{self.name}_{name}")
        (op,) = job.graph.node_defs
        run_config = {**QUIET, **({"ops": {op.name: {"config": config}}} if config else {})}
        return job.execute_in_process(instance=instance, raise_on_error=False, run_config=run_config)

    def sensor(self, name: str) -> dg.SensorDefinition:
        """One of the connection's sensors, by its name without the connection's."""
        found = {sensor.name: sensor for sensor in self.definitions().sensors or ()}
        sensor = found[f"{self.name}_{name}"]
        assert isinstance(sensor, dg.SensorDefinition)
        return sensor

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What a SELECT on the store answers."""
        with closing(sqlite3.connect(self.store)) as db:
            return db.execute(query, values).fetchall()

    def change(self, statement: str, *values: object) -> int:
        """Change something in the inventory database; answers how many rows."""
        with closing(sqlite3.connect(self.inventory)) as db, db:
            return db.execute(statement, values).rowcount


QUIET: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def make_company(
    folder: Path,
    emulator: RunningEmulator | None = None,
    *,
    name: str = "shop",
    days: int = 3,
    seed: int = 7,
    **values: Any,
) -> Company:
    """Generate a company of `days` days and write its connection's settings; without an emulator nobody answers."""
    folder.mkdir(parents=True, exist_ok=True)
    company = Company(folder, name)
    generate(company.inventory, seed=seed, first_day=FIRST_DAY, days=days)
    here = {
        "name": name,
        "currency": "USD",
        "time_zone": "America/New_York",
        "first_day": FIRST_DAY.isoformat(),
        "source_url": f"sqlite:///{company.inventory.name}",
        "environment": "emulator",
        "realm": emulator.realm if emulator else "9130350000000001",
        "base_url": emulator.base_url if emulator else NOWHERE,
        "store_url": f"sqlite:///{company.store.name}",
        "roles": DEFAULT_ROLES,
        "hints": HINTS,
        "tax_codes": {"": "NON", "NON": "NON", "TAX": "TAX"},
    }
    text = settings_text({**here, **values}).replace("[store]", f"{NO_LIMITS}\n[store]")
    company.settings.write_text(text, encoding="utf-8")
    prefix = f"QBO_{name.upper()}_"
    secrets = [f"{prefix}ENCRYPTION_KEY={base64.b64encode(bytes(32)).decode()}"]
    secrets += [
        f"{prefix}{key.upper()}={getattr(emulator, key) if emulator else 'none'}"
        for key in ("client_id", "client_secret", "refresh_token")
    ]
    with (folder / ".env").open("a", encoding="utf-8") as out:
        out.write("\n".join(secrets) + "\n")
    made_live(company.settings)
    return company


def failures(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """The steps that failed, each with what a person reads."""
    return {
        event.step_key: (event.step_failure_data.user_failure_data.description or "")
        if event.step_failure_data.user_failure_data
        else str(event.step_failure_data.error)
        for event in result.all_events
        if event.is_step_failure
    }


def checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    """The checks that were made: name -> passed."""
    return {
        f"{item.asset_key.path[-1]}.{item.check_name}": item.passed for item in result.get_asset_check_evaluations()
    }


def materialized(instance: dg.DagsterInstance, company: Company, asset: str) -> set[str]:
    """The days of an asset that Dagster shows as there."""
    return set(instance.get_materialized_partitions(company.key(asset)))
