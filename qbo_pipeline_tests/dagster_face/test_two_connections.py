"""Two connections in one instance: two code locations, two companies of QuickBooks, nothing in common."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from qbo_pipeline_tests.dagster_face.company import checks, day, failures, make_company, materialized
from qbo_pipeline_tests.emulator.server import running_emulator


def test_each_has_its_own_assets_jobs_pool_and_books(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    with (
        running_emulator("--company", "us", "--limits", "off", "--realm", "9130350000000011") as north,
        running_emulator("--company", "us", "--limits", "off", "--realm", "9130350000000022") as south,
    ):
        first = make_company(tmp_path, north, name="north", days=1)
        second = make_company(tmp_path, south, name="south", days=2, seed=11)
        names = [
            {
                *(job.name for job in company.definitions().resolve_all_job_defs() if not job.name.startswith("__")),
                *(spec.key.to_user_string() for spec in company.definitions().resolve_all_asset_specs()),
            }
            for company in (first, second)
        ]
        assert names[0].isdisjoint(names[1])

        results = [first.run(instance, day(0)), second.run(instance, day(0), day(1))]
        assert [failures(result) for result in results] == [{}, {}]
        assert all(all(checks(result).values()) for result in results)
        assert materialized(instance, first, "reconciliation") == {day(0)}
        assert materialized(instance, second, "reconciliation") == {day(0), day(1)}
        for company, emulator in ((first, north), (second, south)):
            ((realm,),) = company.ask("SELECT DISTINCT realm FROM api_calls")
            assert realm == emulator.realm
            assert (
                company.definitions().resolve_job_def(f"{company.name}_skip").graph.node_defs[0].pool
                == f"realm_{realm}"
            )
