"""QuickBooks' lists in the store: read whole once, then kept current by its changes, a call for all of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from qbo_pipeline.pipeline.reference import LISTS, read_reference_data
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.changes import Changes
from qbo_pipeline.store.reference import references
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import open_shop


def lists(run: Run) -> dict[tuple[str, str], tuple[str, bool]]:
    with run.database.reading() as connection:
        return {
            (entity, item.qbo_id): (item.name, item.active)
            for entity in LISTS
            for item in references(connection, run.name, entity)
        }


def test_what_changes_in_quickbooks_is_known_by_its_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator)
        with shop.run() as run:
            counts = read_reference_data(run)
            assert {"CompanyInfo", "Preferences", "Account", "Term", "PaymentMethod", "TaxCode", "TaxAgency"} <= set(
                counts
            )
            whole, first = run.api_calls()["api_calls"], lists(run)
        with httpx.Client(base_url=emulator.api(""), headers=emulator.bearer()) as http:
            made = http.post("term", json={"Name": "Net 7", "DueDays": 7, "Type": "STANDARD"}).json()["Term"]
            found = http.post("query", content="SELECT * FROM Account", headers={"Content-Type": "application/text"})
            account = next(one for one in found.json()["QueryResponse"]["Account"] if one["Name"] == "Checking")
            body = {**account, "Name": "Main account"}
            assert http.post("account", json=body).status_code == 200
        with shop.run() as run:
            read_reference_data(run)
            again, now = run.api_calls()["api_calls"], lists(run)
            assert again < whole
            assert now == first | {
                ("Term", made["Id"]): ("Net 7", True), ("Account", account["Id"]): ("Main account", True),
            }  # fmt: skip
            (former,) = rows(run, "SELECT qbo_id FROM account_names WHERE name = 'Checking'")
            assert former["qbo_id"] == account["Id"]
        with shop.run() as run:  # where the changes may lack something, the list is read whole
            read = run.quickbooks().changes

            def with_gap(entities: Any, since: Any, **options: Any) -> Changes:
                found = read(entities, since, **options)
                return Changes(found.since, found.as_at, found.objects, found.deleted, {"Term": "too many"})

            monkeypatch.setattr(run.quickbooks(), "changes", with_gap)
            before = run.api_calls()["api_calls"]
            read_reference_data(run)
            assert run.api_calls()["api_calls"] - before == again + 1
            assert lists(run) == now
        with shop.run() as run:  # once a week all of it
            monkeypatch.setattr("qbo_pipeline.pipeline.reference.WHOLE_AFTER", timedelta(0))
            read_reference_data(run)
            assert run.api_calls()["api_calls"] == whole
