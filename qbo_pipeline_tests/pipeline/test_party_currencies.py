"""A customer who pays in two currencies: two customers in QuickBooks, each with its own documents and payments."""

from __future__ import annotations

from pathlib import Path

import httpx

from qbo_pipeline.quickbooks.query import select
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, open_shop, shop_rows


def switch_multicurrency_on(emulator: RunningEmulator) -> None:
    with httpx.Client(base_url=emulator.api(""), headers=emulator.bearer()) as http:
        now = http.get("preferences").json()["Preferences"]
        body = {**now, "CurrencyPrefs": {**now["CurrencyPrefs"], "MultiCurrencyEnabled": True}}
        assert http.post("preferences", json=body).status_code == 200


def test_each_currency_has_a_customer_of_its_own(tmp_path: Path) -> None:
    source = shop_rows()
    for kind, number in (("documents", 1), ("payments", 0)):
        source[kind][number] |= {"currency": "EUR", "exchange_rate": "1.10"}
    with running_emulator("--limits", "off") as emulator:
        switch_multicurrency_on(emulator)
        shop = open_shop(tmp_path, emulator, source)
        with shop.run() as run:
            carry(run, FIRST_DAY, LAST_DAY)
            waiting = {row["key"] for row in rows(run, "SELECT key FROM postings WHERE reason = 'party_currency'")}
            assert waiting == {"document/i1", "payment/y1"}
        point_to(shop.settings, 'party_currencies = "one"', 'party_currencies = "each"')
        with shop.run() as run:
            carried = carry(run, FIRST_DAY, LAST_DAY)
            assert (carried.result.difference, carried.result.unexplained) == (0, 0)
            customers = {item["DisplayName"]: item for item in run.quickbooks().query(select("Customer"))}
            assert customers["Café Sol EUR"]["CurrencyRef"]["value"] == "EUR"
            for key, entity in (("document/i1", "Invoice"), ("payment/y1", "Payment")):
                (link,) = rows(run, f"SELECT qbo_id FROM posting_links WHERE key = '{key}'")
                thing = run.quickbooks().read(entity, link["qbo_id"])
                assert thing["CustomerRef"]["value"] == customers["Café Sol EUR"]["Id"]
        with shop.run() as run:
            assert not any(carry(run, FIRST_DAY, LAST_DAY).touched.values())
        shop.change("UPDATE parties SET name = 'Café Luna' WHERE kind = 'customer'")
        with shop.run() as run:
            carry(run, FIRST_DAY, LAST_DAY)
            names = {item["DisplayName"] for item in run.quickbooks().query(select("Customer"))}
            assert {"Café Luna", "Café Luna EUR"} <= names
            assert "Café Sol EUR" not in names
