"""docs/dagster.md, step by step in a browser: why did last night differ, answered from Dagster alone.

After the first night somebody deletes a shipment of ours in QuickBooks and writes an entry of their own on the stock
account. QBO_PIPELINE_PICTURES names a folder for what was seen.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.definitions import build_definitions
from qbo_pipeline.quickbooks.outcomes import Done
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.schedules import RANGE_END, RANGE_START
from qbo_pipeline_tests.dagster_face.company import QUIET
from qbo_pipeline_tests.dagster_face.ui import dagsters_pages, instance_on_disk, press_button, shown
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.hostile import is_stock
from qbo_pipeline_tests.page.browser import CHROMIUM, Browser, browsing
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, NAME, Shop, open_shop

pytestmark = [
    pytest.mark.torture,  # of the long run: it takes half a minute
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
]

LOCATION = "qbo_pipeline.definitions:defs"
EDITOR = "document.querySelector('.CodeMirror').CodeMirror"


def entry_of_somebody_else(company: Any) -> dict[str, Any]:
    """250.00 from an expense to stock, as a person writes it."""
    accounts = list(company.query(select("Account")))
    stock = next(one["Id"] for one in accounts if is_stock(one))
    expense = next(one["Id"] for one in accounts if one["AccountType"] == "Expense")
    lines = [
        {
            "Amount": 250, "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}},
        }
        for side, account in (("Debit", stock), ("Credit", expense))
    ]  # fmt: skip
    return {"TxnDate": LAST_DAY.isoformat(), "DocNumber": "ADJ-9", "Line": lines}


@pytest.fixture
def last_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Shop, str]]:
    """The shop after its second night, and the id of that run."""
    with (
        running_emulator("--limits", "off") as emulator,
        instance_on_disk(tmp_path / "dagster", monkeypatch) as instance,
    ):
        shop = open_shop(tmp_path / "shop", emulator)
        job = build_definitions(shop.settings, retry_after=0).resolve_job_def(f"{NAME}_nightly")

        def night(first: str, last: str) -> str:
            tags = {RANGE_START: first, RANGE_END: last}
            return job.execute_in_process(instance=instance, raise_on_error=False, tags=tags, run_config=QUIET).run_id

        night(FIRST_DAY.isoformat(), (LAST_DAY - timedelta(days=1)).isoformat())
        with shop.run() as run:
            company = run.quickbooks()
            ours = next(one for one in company.query(select("JournalEntry")) if one.get("DocNumber") == "D1")
            deleted = company.delete("JournalEntry", ours["Id"], ours["SyncToken"], request_id="by-a-person")
            added = company.create("JournalEntry", entry_of_somebody_else(company), request_id="by-another")
            assert isinstance(deleted, Done), deleted
            assert isinstance(added, Done), added
        yield shop, night(LAST_DAY.isoformat(), LAST_DAY.isoformat())


def looked_at(browser: Browser, name: str) -> None:
    if folder := os.environ.get("QBO_PIPELINE_PICTURES"):
        browser.picture(Path(folder) / f"{name}.png")


def test_why_last_night_differed(last_night: tuple[Shop, str], tmp_path: Path) -> None:
    shop, run_id = last_night
    with dagsters_pages(shop.settings) as url, browsing(tmp_path / "profile") as browser:
        browser.size(1300, 820)

        browser.go(f"{url}/runs")
        shown(browser, run_id[:8], f"{NAME}_nightly", "Skip")
        press_button(browser, "Skip")  # an invitation that Dagster shows once
        looked_at(browser, "1-runs")

        browser.go(f"{url}/runs/{run_id}?logs=differs")
        said = shown(browser, "verdict")
        assert "1 document newly changed or deleted in QuickBooks by people" in said
        assert "differs    290.00, unexplained 0.00" in said
        looked_at(browser, "2-log")

        browser.go(f"{url}/assets/{NAME}/reconciliation")
        shown(browser, "unexplained")
        press_button(browser, "Plots")
        press_button(browser, "Events")  # the shop has a last day: by partition, Dagster shows only the latest days
        shown(browser, "difference", "unexplained", "ledger_balance", "stock_value")
        looked_at(browser, "3-plots")

        press_button(browser, "Checks")
        shown(browser, "tie_out_zero_unexplained", "qbo_only_entries")
        looked_at(browser, "4-checks")

        browser.go(f"{url}/locations/{LOCATION}/jobs/{NAME}_show/playground")
        shown(browser, "Launch Run", "No errors")
        asked = browser.see(f"{EDITOR}.getValue()")
        assert "key: ''" in asked, "what a person must give, and nothing else"
        given = asked.replace("''", "movement/d1")
        browser.see(f"{EDITOR}.setValue({json.dumps(given)})")
        press_button(browser, "Launch Run")
        shown(browser, "Success", "STEP_SUCCESS")
        press_button(browser, "[Show JSON]")
        assert "deleted" in shown(browser, '"attempts"', '"claimed"')
        looked_at(browser, "5-show")
