"""Tracked items replaced by untracked ones: shown first, in order, resumed where it was cut; nothing costs twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import update

from qbo_pipeline.pipeline import switching
from qbo_pipeline.pipeline.switching import planned_switch, switch
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY
from qbo_pipeline_tests.pipeline.test_tracked_mode import on_hand, open_tracked

D = Decimal
ANA = Person("Ana", "the inventory system costs the stock from now on")
NEXT = date(2024, 3, 8)


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator("--limits", "off") as running:
        yield running


def test_from_tracked_to_untracked_items_in_order(
    tmp_path: Path, emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = open_tracked(tmp_path, emulator)
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        told = "\n".join(planned_switch(run, LAST_DAY).lines())
        assert "Beans p1 (Id" in told
        assert "the quantities of 2 items are adjusted to 0, 100.00 USD in all" in told
        assert "a journal brings back what the inventory system's stock is worth, 100.00 USD" in told
        with run.database.transaction() as connection:
            one = update(postings).where(postings.c.key == "movement/a1")
            connection.execute(one.values(state="ready"))
        with pytest.raises(NotPossible, match="1 postings up to 2024-03-07 are not sent yet"):
            planned_switch(run, LAST_DAY)
        with run.database.transaction() as connection:
            connection.execute(one.values(state="posted"))
        with pytest.raises(NotPossible, match="moved in QuickBooks after 2024-03-04"):
            planned_switch(run, date(2024, 3, 4))
        assert on_hand(run) == {"Beans p1": D(5), "Gift box p2": D(4)}

    with monkeypatch.context() as patched:  # cut between the money and the items

        def cut(*_: object) -> None:
            raise KeyboardInterrupt

        patched.setattr(switching, "_retire", cut)
        with shop.run() as run, pytest.raises(KeyboardInterrupt):
            switch(run, LAST_DAY, ANA)
    with shop.run() as run:
        switch(run, LAST_DAY, ANA)
        items = list(run.quickbooks().query(select("Item", with_inactive=True).where("Type", "=", "Inventory")))
        retired = {item["Name"]: item for item in items if "(until 2024-03-07)" in item["Name"]}
        assert len(retired) == 2
        assert all(not item["Active"] and item["QtyOnHand"] == 0 for item in retired.values())

    shop.change(
        "INSERT INTO movements (movement_id, kind, number, business_date, currency, party_id)"
        " VALUES ('d2', 'shipment', 'D2', '2024-03-08', 'USD', 'c1')",
        "INSERT INTO movement_lines (movement_id, line_id, product_id, location_id, quantity, value)"
        " VALUES ('d2', 'd2-1', 'p1', 'w1', '-1', '-10.00')",
        "INSERT INTO documents (document_id, kind, number, business_date, party_id, currency, net_amount, tax_amount,"
        " total_amount) VALUES ('i2', 'sales_invoice', 'I2', '2024-03-08', 'c1', 'USD', '25.00', '0', '25.00')",
        "INSERT INTO document_lines (document_id, line_id, product_id, quantity, net_amount)"
        " VALUES ('i2', 'i2-1', 'p1', '1', '25.00')",
        "INSERT INTO stock_values (business_date, product_id, location_id, quantity, value, currency)"
        " VALUES ('2024-03-08', 'p1', 'w1', '-1', '-10.00', 'USD')",
    )
    point_to(shop.settings, 'mode = "tracked"', 'mode = "external"')
    point_to(shop.settings, "first_day = 2024-03-01", "first_day = 2024-03-08")
    point_to(shop.settings, "last_day = 2024-03-07", "last_day = 2024-03-08")
    with shop.run() as run:
        result = carry(run, NEXT, NEXT).result
        (beans,) = run.quickbooks().query(select("Item").where("Name", "=", "Beans p1"))
        assert beans["Type"] == "NonInventory"
        assert (result.stock_value, result.ledger_balance, result.status) == (D("90.00"), D("90.00"), "balanced")
