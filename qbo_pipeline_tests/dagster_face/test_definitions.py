"""The code location as a readable snapshot, and what loading it costs: no I/O beyond the settings, no heavy library."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from qbo_pipeline.assets.column_texts import COLUMN_TEXTS
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.reconciliation import ledger_lines
from qbo_pipeline.store.tables.records import records, reference_data
from qbo_pipeline_tests.dagster_face.company import Company, make_company

ROOT = Path(__file__).parent.parent.parent

# asset -> group, what it comes from, owner, is it partitioned by business date
ASSETS: dict[str, tuple[str, set[str], str, bool]] = {
    "master_data": ("extract", set(), "team:data-engineering", False),
    "reference_data": ("extract", set(), "team:data-engineering", False),
    "documents": ("extract", {"master_data"}, "team:data-engineering", True),
    "movements": ("extract", {"master_data"}, "team:data-engineering", True),
    "payments": ("extract", {"master_data"}, "team:data-engineering", True),
    "postings": (
        "transform",
        {"documents", "movements", "payments", "reference_data"},
        "team:data-engineering",
        True,
    ),
    "quickbooks_documents": ("load", {"postings"}, "team:data-engineering", True),
    "ledger_lines": ("reconcile", {"quickbooks_documents"}, "team:data-engineering", True),
    "reconciliation": ("reconcile", {"ledger_lines", "movements"}, "team:finance", True),
}
READ_BY_PEOPLE = {"quickbooks_documents", "reconciliation"}  # numbers first, no table of columns before them
# check -> does it stop what is downstream
CHECKS = {
    "master_data.no_record_set_aside": False,
    "documents.no_record_set_aside": False,
    "movements.no_record_set_aside": False,
    "payments.no_record_set_aside": False,
    "reference_data.reference_data_is_current": False,
    "reference_data.access_lasts": False,
    "ledger_lines.ledger_is_current": False,
    "quickbooks_documents.counts_add_up": True,
    "quickbooks_documents.attempts_unaltered": True,
    "quickbooks_documents.none_parked": False,
    "quickbooks_documents.no_unknown_older_than_1h": False,
    "ledger_lines.none_changed_in_quickbooks": False,
    "ledger_lines.none_copied_in_quickbooks": False,
    "ledger_lines.none_entered_twice_in_quickbooks": False,
    "reconciliation.tie_out_zero_unexplained": True,
    "reconciliation.ageing_over_30d": False,
    "reconciliation.qbo_only_entries": False,
}
# job -> the assets that it materialises, or the fields of its op's config
ASSET_JOBS = {
    "shop_nightly": set(ASSETS),
    "shop_prepare": set(ASSETS) - {"quickbooks_documents", "ledger_lines", "reconciliation"},
    "shop_reconcile": {"ledger_lines", "reconciliation"},
}
FILTER = {"all", "states", "reasons", "kinds", "entities", "party", "first", "last", "run", "over", "under"}
OP_JOBS: dict[str, set[str]] = {
    "shop_retry": {"key", "who", "why"} | FILTER,
    "shop_skip": {"key", "who", "why"} | FILTER,
    "shop_approve": {"key", "who", "why", "dated"} | FILTER,
    "shop_reverse": {"key", "who", "why", "dated"} | FILTER,
    "shop_unlink": {"key", "who", "why"},
    "shop_relink": {"key", "who", "why", "qbo_id"},
    "shop_recover": {"who", "why", "end"},
    "shop_adopt": {"theirs", "who", "why"},
    "shop_rebind": {"who", "why"},
    "shop_preflight": {"accept_by", "accept_why"},
    "shop_verify": set(),
    "shop_show": {"key"},
    "shop_sign_off": {"as_at", "by", "comment"},
    "shop_correct": {"as_at", "keys", "who", "why"},
    "shop_rollback": {"day", "run", "kinds", "first", "last", "dated", "dependents", "again", "who", "why"},
    "shop_link_parties": {"lists", "who", "why"},
    "shop_link_documents": {"first", "last", "who", "why"},
    "shop_export": {"lists", "who", "why"},
    "shop_switch_mode": {"as_at", "who", "why"},
    "shop_preview": {"first", "last"},
    "shop_restate": {"who", "why"},
    "shop_post_history": {"first", "last", "who", "why"},
    "shop_access_alarm": {"finding"},
}
# job -> what stands in its launchpad, empty: what a person must give
ASKED: dict[str, dict[str, object]] = {
    **{f"shop_{name}": {"key": "", "who": "", "why": ""} for name in ("retry", "skip", "approve", "reverse", "unlink")},
    "shop_relink": {"key": "", "qbo_id": "", "who": "", "why": ""},
    "shop_recover": {"who": "", "why": ""},
    "shop_correct": {"as_at": "", "keys": [], "who": "", "why": ""},
    "shop_rollback": {"day": "", "who": "", "why": ""},
    "shop_link_parties": {"who": "", "why": ""},
    "shop_link_documents": {"first": "", "last": "", "who": "", "why": ""},
    "shop_export": {"who": "", "why": ""},
    "shop_switch_mode": {"as_at": "", "who": "", "why": ""},
    "shop_show": {"key": ""},
    "shop_sign_off": {"as_at": "", "by": ""},
}
HEAVY = ("pandas", "numpy", "pyarrow", "pandera", "xlsxwriter", "starlette", "httpx", "jinja2", "cryptography")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return make_company(tmp_path_factory.mktemp("company"), days=1)


@pytest.fixture(scope="module")
def location(company: Company) -> dg.Definitions:
    return company.definitions()


@pytest.fixture(scope="module")
def specs(location: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.path[-1]: spec for spec in location.resolve_all_asset_specs()}


def test_assets(specs: dict[str, dg.AssetSpec]) -> None:
    found = {
        name: (
            spec.group_name,
            {dep.asset_key.path[-1] for dep in spec.deps},
            ",".join(spec.owners),
            spec.partitions_def is not None,
        )
        for name, spec in specs.items()
    }
    assert found == ASSETS
    assert all(spec.key.path[0] == "shop" for spec in specs.values())


def test_every_asset_says_what_it_is(specs: dict[str, dg.AssetSpec]) -> None:
    for name, spec in specs.items():
        assert len(spec.description or "") > 40, name
        assert spec.kinds, name
        assert spec.tags["connection"] == "shop"
        has_columns = "dagster/column_schema" in spec.metadata
        assert has_columns == (name not in READ_BY_PEOPLE), name


def test_columns_are_those_of_the_store(specs: dict[str, dg.AssetSpec]) -> None:
    schema = specs["ledger_lines"].metadata["dagster/column_schema"]
    columns = {column.name: (column.type, column.constraints.nullable) for column in schema.columns}
    assert columns["business_date"] == ("date", False)
    assert columns["amount"] == ("decimal, 2 places", False)
    assert columns["memo"] == ("text", True)
    assert columns["changed_at"] == ("timestamp, UTC", True)


def test_checks(location: dg.Definitions) -> None:
    found = {
        f"{spec.asset_key.path[-1]}.{spec.name}": spec.blocking
        for definition in location.asset_checks or ()
        for spec in definition.check_specs
    }
    assert found == CHECKS


def test_jobs(location: dg.Definitions) -> None:
    jobs = {job.name: job for job in location.resolve_all_job_defs() if not job.name.startswith("__")}
    assert set(jobs) == set(ASSET_JOBS) | set(OP_JOBS)
    for name, assets in ASSET_JOBS.items():
        assert {key.path[-1] for key in jobs[name].asset_layer.executable_asset_keys} == assets, name
    for name, fields in OP_JOBS.items():
        (op,) = jobs[name].graph.node_defs
        schema = op.config_schema.config_type
        assert set(getattr(schema, "fields", {})) == fields, name


def test_launchpads_ask_for_what_a_person_must_give_and_nothing_else(location: dg.Definitions) -> None:
    found = {}
    for job in location.resolve_all_job_defs():
        if job.name in OP_JOBS and job.run_config:
            (config,) = job.run_config["ops"].values()
            found[job.name] = config["config"]
    assert found == ASKED


def test_every_column_says_what_it_is() -> None:
    for table in (records, reference_data, ledger_lines, postings):
        assert set(COLUMN_TEXTS[table.name]) == {column.name for column in table.columns}, table.name


def test_the_page_about_dagster_names_what_is_there() -> None:
    text = (ROOT / "docs" / "dagster.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in text.splitlines() if line.startswith("| `")]
    quoted = [[re.findall(r"`([^`]+)`", cell) for cell in row] for row in rows]
    checks, jobs = quoted[:-9], quoted[-9:]
    for names, _ in checks:
        *assets, check = names
        assert all(f"{asset}.{check}" in CHECKS for asset in assets), names
    for names, fields in jobs:
        for name in names:
            asked = set(ASKED[f"shop_{name}"])
            assert set(fields) - {"qbo_id", "lists"} == asked - {"qbo_id"}, name
    assert sum(len(names) for names, _ in jobs) == 13


def test_partitions_are_business_dates_of_the_company(specs: dict[str, dg.AssetSpec]) -> None:
    for name, (*_, dated) in ASSETS.items():
        if dated:
            partitions = specs[name].partitions_def
            assert isinstance(partitions, dg.DailyPartitionsDefinition)
            assert partitions.timezone == "America/New_York"
            assert partitions.get_first_partition_key() == "2026-03-02"


def test_a_closed_history_ends_with_its_last_day_and_a_living_company_with_today(
    location: dg.Definitions, tmp_path: Path
) -> None:
    closed = make_company(tmp_path, days=1, name="closed", last_day="2026-03-31").definitions()
    last_keys = {
        name: next(
            spec.partitions_def
            for spec in definitions.resolve_all_asset_specs()
            if spec.key.path[-1] == "reconciliation"
        )
        for name, definitions in (("shop", location), ("closed", closed))
    }
    assert isinstance(last_keys["closed"], dg.DailyPartitionsDefinition)
    assert last_keys["closed"].end_offset == 0
    assert isinstance(last_keys["shop"], dg.DailyPartitionsDefinition)
    assert last_keys["shop"].end_offset == 1
    assert last_keys["closed"].has_partition_key("2026-03-31")
    assert not last_keys["closed"].has_partition_key("2026-04-01")


def test_only_what_people_read_in_a_living_company_has_to_be_fresh(
    specs: dict[str, dg.AssetSpec], tmp_path: Path
) -> None:
    assert {name for name, spec in specs.items() if spec.freshness_policy} == READ_BY_PEOPLE
    closed = make_company(tmp_path, days=1, name="closed", last_day="2026-03-31").definitions()
    assert not any(spec.freshness_policy for spec in closed.resolve_all_asset_specs())


def test_what_posts_starts_stopped_and_what_keeps_our_access_alive_runs(location: dg.Definitions) -> None:
    (schedule,) = location.schedules or ()
    assert isinstance(schedule, dg.ScheduleDefinition)
    assert (schedule.name, schedule.cron_schedule, schedule.execution_timezone) == (
        "shop_nightly",
        "30 2 * * *",
        "America/New_York",
    )
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
    sensors = {
        sensor.name: (sensor.minimum_interval_seconds, sensor.default_status) for sensor in location.sensors or ()
    }
    stopped = (300, dg.DefaultSensorStatus.STOPPED)
    running = (3600, dg.DefaultSensorStatus.RUNNING)
    assert sensors == {"shop_changed_days": stopped, "shop_qbo_changes": stopped, "shop_keep_alive": running}


def test_every_dated_asset_takes_a_range_in_one_run_and_one_step_at_a_time_talks_to_a_company(
    location: dg.Definitions,
) -> None:
    for definition in location.assets or ():
        assert isinstance(definition, dg.AssetsDefinition)
        dated = definition.partitions_def is not None
        assert definition.backfill_policy == (dg.BackfillPolicy.single_run() if dated else None)
        assert definition.op.pool == "realm_9130350000000001"


# Loading, in a process of its own: audit hooks see every file that is opened and every socket that is made.
LOAD = """
import json, os, sys
import qbo_pipeline.definitions as module
folder = os.environ["QBO_PIPELINE_CONNECTIONS"]
seen = []
def hook(event, args):
    if event.startswith(("socket.", "sqlite3.", "subprocess.")):
        seen.append(event)
    elif event == "open" and str(args[0]).startswith(folder):
        seen.append(os.path.basename(str(args[0])))
sys.addaudithook(hook)
definitions = getattr(module, sys.argv[1])
definitions.resolve_all_job_defs()
print(json.dumps({"seen": sorted(set(seen)), "modules": sorted(sys.modules)}))
"""


@pytest.fixture(scope="module")
def loaded(company: Company) -> dict[str, list[str]]:
    found = subprocess.run(
        [sys.executable, "-c", LOAD, "shop"],
        env={**os.environ, "QBO_PIPELINE_CONNECTIONS": str(company.folder)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    answer: dict[str, list[str]] = json.loads(found.stdout)
    return answer


def test_loading_reads_the_settings_and_nothing_else(loaded: dict[str, list[str]]) -> None:
    assert loaded["seen"] == ["shop.toml"]


@pytest.mark.parametrize("name", HEAVY)
def test_loading_imports_no_heavy_library(loaded: dict[str, list[str]], name: str) -> None:
    assert name not in loaded["modules"]


def test_a_connection_without_settings_says_which_file_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import qbo_pipeline.definitions as module

    monkeypatch.setenv("QBO_PIPELINE_CONNECTIONS", str(tmp_path))
    with pytest.raises(AttributeError, match=r"no attribute 'absent': there is no file .*absent\.toml"):
        _ = module.absent


def test_dagster_validates_the_workspace(company: Company, tmp_path: Path) -> None:
    (tmp_path / "demo.toml").write_text(
        company.settings.read_text(encoding="utf-8").replace('name = "shop"', 'name = "demo"'), encoding="utf-8"
    )
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "dagster.yaml").write_bytes((ROOT / "dagster.yaml").read_bytes())
    found = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-w", str(ROOT / "workspace.yaml")],
        env={**os.environ, "QBO_PIPELINE_CONNECTIONS": str(tmp_path), "DAGSTER_HOME": str(tmp_path / "home")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert "Validation successful for code location demo" in found.stdout + found.stderr
