"""Every asset on one day and on a range of days, as Dagster runs them: what is stored, what a person reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.dagster_face.company import Company, checks, day, failures, make_company, materialized
from qbo_pipeline_tests.emulator.server import RunningEmulator

ASSETS = (
    "master_data",
    "reference_data",
    "documents",
    "movements",
    "payments",
    "postings",
    "quickbooks_documents",
    "ledger_lines",
    "reconciliation",
)
DATED = ASSETS[2:]


@dataclass
class Night:
    """A company, its instance, and the run of one day and then of the three days after it."""

    company: Company
    instance: dg.DagsterInstance
    one_day: dg.ExecuteInProcessResult
    three_days: dg.ExecuteInProcessResult


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, emulator: RunningEmulator) -> Iterator[Night]:
    company = make_company(tmp_path_factory.mktemp("company"), emulator, days=4)
    with dg.DagsterInstance.ephemeral() as instance:
        one_day = company.run(instance, day(0))
        assert failures(one_day) == {}
        three_days = company.run(instance, day(1), day(3))
        assert failures(three_days) == {}
        yield Night(company, instance, one_day, three_days)


def shown(result: dg.ExecuteInProcessResult, company: Company, asset: str) -> dict[str, Any]:
    """An asset's metadata as plain values, of its last materialisation in a run."""
    event = result.asset_materializations_for_node(f"{company.name}__{asset}")[-1]
    return {name: value.value for name, value in event.metadata.items()}


@pytest.mark.parametrize("asset", ASSETS)
def test_an_asset_materializes_a_day_and_a_range(night: Night, asset: str) -> None:
    one = [event.partition for event in night.one_day.asset_materializations_for_node(f"shop__{asset}")]
    three = [event.partition for event in night.three_days.asset_materializations_for_node(f"shop__{asset}")]
    if asset in DATED:
        assert one == [day(0)]
        assert sorted(three) == [day(1), day(2), day(3)]
        assert materialized(night.instance, night.company, asset) == {day(offset) for offset in range(4)}
    else:
        assert one == [None]
        assert three == [None]


def test_what_the_metadata_counts_is_what_the_store_holds(night: Night) -> None:
    company = night.company
    for asset, record_type in (("documents", "document"), ("movements", "movement"), ("payments", "payment")):
        first = shown(night.one_day, company, asset)
        rest = shown(night.three_days, company, asset)
        query = "SELECT count(*) FROM records WHERE record_type = ? AND business_date >= ? AND business_date <= ?"
        ((stored,),) = company.ask(query, record_type, day(0), day(0))
        assert (first["read"], first["new"], first["set_aside"]) == (stored, stored, 0)
        ((stored,),) = company.ask(query, record_type, day(1), day(3))
        assert (rest["read"], rest["new"], rest["vanished"]) == (stored, stored, 0)
    ((posted,),) = company.ask("SELECT count(*) FROM postings WHERE state = 'posted'")
    loaded = [shown(result, company, "quickbooks_documents") for result in (night.one_day, night.three_days)]
    assert sum(item["posted"] for item in loaded) == posted
    assert loaded[1]["now_posted"] == posted
    assert all(0 < item["api_writes"] <= item["api_calls"] for item in loaded)


def test_reconciliation_shows_amounts_causes_and_where_the_report_lies(night: Night) -> None:
    for result, last in ((night.one_day, day(0)), (night.three_days, day(3))):
        metadata = shown(result, night.company, "reconciliation")
        assert metadata["as_at"] == last
        amounts = {name: metadata[name] for name in ("stock_value", "ledger_balance", "difference", "unexplained")}
        assert all(isinstance(amount, float) for amount in amounts.values())  # what Dagster plots over the partitions
        assert (amounts["difference"], amounts["unexplained"]) == (0.0, 0.0)
        assert amounts["stock_value"] == amounts["ledger_balance"] != 0.0
        assert metadata["verdict"] == "in balance"
        assert metadata["first_divergence"] == "never"
        assert metadata["causes"] == "none"
        for name, ending in (("page", ".html"), ("workbook", ".xlsx")):
            assert Path(metadata[name]).is_file()
            assert metadata[name].endswith(ending)


def test_each_day_has_amounts_of_its_own_to_be_plotted(night: Night) -> None:
    """Those of a day of a range are what the reconciliation as at that day said when it was the last one."""
    found = {}
    for event in night.three_days.asset_materializations_for_node("shop__reconciliation"):
        found[event.partition] = {name: value.value for name, value in event.metadata.items()}
    assert sorted(found) == [day(1), day(2), day(3)]
    values = [found[day(offset)]["stock_value"] for offset in (1, 2, 3)]
    assert len(set(values)) > 1
    assert all(one["stock_value"] == one["ledger_balance"] for one in found.values())
    assert all(one["difference"] == one["unexplained"] == 0.0 for one in found.values())
    with open_run(load_settings(night.company.settings)) as run:
        for offset in (1, 2):
            then = reconcile_as_at(run, date.fromisoformat(day(offset)))
            assert Decimal(str(found[day(offset)]["stock_value"])) == then.stock_value


def test_the_log_says_in_ten_lines_what_the_run_did(night: Night) -> None:
    (said,) = [
        entry.user_message for entry in night.instance.all_logs(night.three_days.run_id) if not entry.dagster_event
    ]
    lines = dict(line.split(maxsplit=1) for line in said.splitlines())
    assert list(lines) == [
        "read", "built", "posted", "waits", "costs", "changed", "stock", "ledger", "differs", "verdict", "report",
    ]  # fmt: skip
    company = night.company
    loaded = shown(night.three_days, company, "quickbooks_documents")
    read = sum(shown(night.three_days, company, name)["read"] for name in (*DATED_RECORDS, "master_data"))
    assert lines["read"].startswith(f"{read:,} records: ")
    assert lines["posted"].startswith(f"{loaded['posted']:,} documents")
    assert (lines["waits"], lines["verdict"]) == ("nothing", "in balance")
    assert lines["differs"] == "0.00, unexplained 0.00"
    assert Path(lines["report"]).is_file()


def test_columns_say_where_they_come_from(night: Night) -> None:
    columns = {
        spec.key.path[-1]: {column.name for column in spec.metadata["dagster/column_schema"].columns}
        for spec in night.company.definitions().resolve_all_asset_specs()
        if "dagster/column_schema" in spec.metadata
    }
    for asset in ("postings", "ledger_lines"):
        lineage = shown(night.three_days, night.company, asset)["dagster/column_lineage"].deps_by_column
        assert set(lineage) <= columns[asset]
        for sources in lineage.values():
            assert sources
            assert all(one.column_name in columns[one.asset_key.path[-1]] for one in sources), asset


def test_row_counts_are_those_of_the_store(night: Night) -> None:
    company = night.company
    for asset, table, condition in (
        ("documents", "records", "record_type = 'document'"),
        ("movements", "records", "record_type = 'movement'"),
        ("payments", "records", "record_type = 'payment'"),
        ("master_data", "records", "record_type IN ('party', 'product', 'location')"),
        ("postings", "postings", "1 = 1"),
        ("reference_data", "reference_data", "1 = 1"),
        ("ledger_lines", "ledger_lines", "1 = 1"),
    ):
        ((there,),) = company.ask(f"SELECT count(*) FROM {table} WHERE {condition}")
        assert shown(night.three_days, company, asset)["dagster/row_count"] == there > 0, asset


def test_all_checks_pass_on_a_healthy_night(night: Night) -> None:
    assert checks(night.three_days) == dict.fromkeys(CHECKS, True)


DATED_RECORDS = ("documents", "movements", "payments")
CHECKS = (
    "master_data.no_record_set_aside",
    "documents.no_record_set_aside",
    "movements.no_record_set_aside",
    "payments.no_record_set_aside",
    "reference_data.reference_data_is_current",
    "reference_data.access_lasts",
    "ledger_lines.ledger_is_current",
    "quickbooks_documents.counts_add_up",
    "quickbooks_documents.none_parked",
    "quickbooks_documents.no_unknown_older_than_1h",
    "quickbooks_documents.attempts_unaltered",
    "ledger_lines.none_changed_in_quickbooks",
    "ledger_lines.none_copied_in_quickbooks",
    "ledger_lines.none_entered_twice_in_quickbooks",
    "reconciliation.tie_out_zero_unexplained",
    "reconciliation.ageing_over_30d",
    "reconciliation.qbo_only_entries",
)


def test_the_same_days_again_write_nothing(night: Night, emulator: RunningEmulator) -> None:
    before = emulator.meter()
    again = night.company.run(night.instance, day(1), day(3))
    assert failures(again) == {}
    assert shown(again, night.company, "documents")["new"] == 0
    assert shown(again, night.company, "postings")["postings_new"] == 0
    loaded = shown(again, night.company, "quickbooks_documents")
    assert (loaded["posted"], loaded["api_writes"]) == (0, 0)
    assert before != emulator.meter()  # it read, but
    reread = shown(again, night.company, "reconciliation")["content_hash"]
    assert reread == shown(night.three_days, night.company, "reconciliation")["content_hash"]


def test_preparing_sends_nothing(tmp_path: Path, instance: dg.DagsterInstance, emulator: RunningEmulator) -> None:
    company = make_company(tmp_path, emulator, name="careful", days=1)
    result = company.run(instance, day(0), job="prepare")
    assert failures(result) == {}
    states = company.ask("SELECT DISTINCT state FROM postings")
    assert states == [("ready",)]
    assert company.ask("SELECT count(*) FROM api_calls WHERE kind = 'write'") == [(0,)]
