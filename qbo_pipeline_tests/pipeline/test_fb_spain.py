"""F&B España, S.A, whose costs are USD before 2012-07-13, as a second connection to a second company, in EUR."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from qbo_pipeline.pipeline.counts import broken_counts, open_postings
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import Carried, carry, carry_file, rows, write_connection
from qbo_pipeline_tests.pipeline.food_and_beverage import (
    FIRST_DAY,
    LAST_DAY,
    SOURCE,
    SPAIN,
    STORE,
    US_STOCK_VALUE,
    Company,
    organisations,
    table,
)

NAME = "fb_spain"
REALM = "9130350000000002"
STOCK_VALUE = Decimal("8185245.72")
USD, EUR = "100", "102"
LAST_DAY_IN_USD = "2012-07-12"
CENT = Decimal("0.01")


def _connection(folder: Path, emulator: object, source: Path, **values: object) -> Path:
    days = {"first_day": FIRST_DAY.isoformat(), "last_day": LAST_DAY.isoformat()}
    more = {
        "currency": "EUR",
        "time_zone": "Europe/Madrid",
        "mapping": "openbravo",
        "source_url": f"sqlite:///{source}",
    }
    return write_connection(folder, NAME, emulator, parameters={"legal_entity": SPAIN}, **days, **more, **values)  # type: ignore[arg-type]


def _costs(openbravo: Path) -> dict[str, Decimal]:
    """The sum of the signed costs of the Spanish warehouses: by currency, and all of it in EUR.

    A cost in USD is converted at the rate that C_CONVERSION_RATE gives for its day, to cents.
    """
    mine = organisations(openbravo, SPAIN)
    assert len(mine) == 3
    warehouses = {row["M_WAREHOUSE_ID"] for row in table(openbravo, "M_WAREHOUSE") if row["AD_ORG_ID"] in mine}
    locators = {row["M_LOCATOR_ID"] for row in table(openbravo, "M_LOCATOR") if row["M_WAREHOUSE_ID"] in warehouses}
    rates = [
        (row["VALIDFROM"], row["VALIDTO"], Decimal(row["MULTIPLYRATE"]))
        for row in table(openbravo, "C_CONVERSION_RATE")
        if (row["C_CURRENCY_ID"], row["C_CURRENCY_ID_TO"]) == (USD, EUR)
    ]
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in table(openbravo, "M_TRANSACTION"):
        if row["M_LOCATOR_ID"] not in locators:
            continue
        cost = Decimal(row["TRANSACTIONCOST"]) * (-1 if row["MOVEMENTQTY"].startswith("-") else 1)
        found[row["C_CURRENCY_ID"]] += cost
        if row["C_CURRENCY_ID"] == USD:
            (rate,) = {rate for first, last, rate in rates if first <= row["MOVEMENTDATE"] <= last}
            cost = (cost * rate).quantize(CENT, ROUND_HALF_UP)
        found["home"] += cost
    return found


def test_costs_in_usd_are_converted_and_never_added_as_eur(openbravo: Path, template: Path, tmp_path: Path) -> None:
    costs = _costs(openbravo)
    assert costs["home"] == STOCK_VALUE
    assert costs[USD] > 1_000_000
    assert abs(costs[USD] + costs[EUR] - STOCK_VALUE) > 100_000  # what adding them up would be wrong by
    with running_emulator("--limits", "off", "--company", "eu", "--realm", REALM) as emulator:
        file = _connection(tmp_path, emulator, template / SOURCE)
        with open_run(load_settings(file)) as run:
            carried = carry(run, FIRST_DAY, LAST_DAY)
            assert broken_counts(run) == []
            currencies = rows(
                run,
                "SELECT currency, MIN(business_date) AS first, MAX(business_date) AS last FROM stock_lines GROUP BY 1",
            )
            entries = list(run.quickbooks().query(select("JournalEntry")))
            parked = open_postings(run)

    _assert_spain(carried)
    spans = {row["currency"]: (row["first"], row["last"]) for row in currencies}
    assert spans["USD"][1] <= LAST_DAY_IN_USD < spans["EUR"][0]
    assert {entry["CurrencyRef"]["value"] for entry in entries} == {"EUR"}
    assert {row["reason"].split(":")[0] for row in parked} == {"unknown_tax_code", "unmapped_account"}
    assert all("[tax_codes]" in row["reason"] or "[accounts.hints]" in row["reason"] for row in parked)


def test_both_companies_in_one_store(company: Company, template: Path) -> None:
    """Each connection has its own records, postings, realm and tokens; neither sees the other's."""
    with company.run() as run:
        before = rows(run, "SELECT connection, COUNT(*) AS n FROM postings GROUP BY 1")
    with running_emulator("--limits", "off", "--company", "eu", "--realm", REALM) as emulator:
        file = _connection(company.folder, emulator, template / SOURCE, store_url=f"sqlite:///{STORE}")
        carried = carry_file(file, FIRST_DAY, LAST_DAY)
        again = carry_file(file, FIRST_DAY, LAST_DAY)
        with company.run() as run:
            american = carry(run, FIRST_DAY, LAST_DAY)
            after = rows(run, "SELECT connection, COUNT(*) AS n FROM postings GROUP BY 1 ORDER BY 1")
            bound = rows(run, "SELECT connection, realm, currency FROM connections ORDER BY 1")

    _assert_spain(carried)
    assert set(again.touched.values()) == {0}
    assert set(american.touched.values()) == {0}
    assert company.emulator.meter()["core"] == 0
    assert (american.result.stock_value, american.result.difference) == (US_STOCK_VALUE, 0)
    assert [row["connection"] for row in after] == [NAME, "fb_us"]
    assert after[1:] == before
    assert [(row["connection"], row["currency"]) for row in bound] == [(NAME, "EUR"), ("fb_us", "USD")]
    assert bound[0]["realm"] == REALM != bound[1]["realm"]


def test_what_has_no_rate_is_set_aside_from_both_sides_and_said(template: Path, tmp_path: Path) -> None:
    """Without the source's rates a cost in USD is refused with its reason, and no total is made with it."""
    last = FIRST_DAY.replace(day=28)
    source = tmp_path / SOURCE
    source.write_bytes((template / SOURCE).read_bytes())
    with closing(sqlite3.connect(source)) as database:
        assert database.execute("DELETE FROM C_CONVERSION_RATE").rowcount > 0
        database.commit()
    with running_emulator("--limits", "off", "--company", "eu", "--realm", REALM) as emulator:
        file = _connection(tmp_path, emulator, source)
        with open_run(load_settings(file)) as run:
            carried = carry(run, FIRST_DAY, last)
            parked = [row for row in open_postings(run) if row["key"].startswith("movement/")]
            assert broken_counts(run) == []
            assert reconcile_as_at(run, last).ledger_balance == 0

    assert len(parked) == carried.extracted["movement"].rows_read > 0
    assert all("USD" in row["reason"] and "rate" in row["reason"] for row in parked)
    assert carried.result.stock_value == 0
    assert any("USD" in note for note in carried.result.notes), carried.result.notes


def _assert_spain(carried: Carried) -> None:
    result = carried.result
    assert (result.stock_value, result.ledger_balance) == (STOCK_VALUE, STOCK_VALUE)
    assert (result.currency, result.difference, result.unexplained, result.status) == ("EUR", 0, 0, "balanced")


@pytest.mark.parametrize("name", ["currency", "realm"])
def test_a_connection_is_not_turned_to_another_company(company: Company, name: str) -> None:
    from qbo_pipeline.pipeline.connect import ConnectionMismatch
    from qbo_pipeline_tests.pipeline.connections import point_to

    settings = load_settings(company.settings)
    before = {"currency": 'currency = "USD"', "realm": f'realm = "{settings.quickbooks.realm}"'}[name]
    point_to(company.settings, before, {"currency": 'currency = "EUR"', "realm": f'realm = "{REALM}"'}[name])
    told = {"currency": "has posted with .* of their own", "realm": "tied to realm .* another connection name"}[name]
    with pytest.raises(ConnectionMismatch, match=told), company.run():
        pass
