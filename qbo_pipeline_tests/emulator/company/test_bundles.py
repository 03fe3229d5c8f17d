"""Bundles: made in the window, read by the API, sold on a line that holds a line for each product."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline_tests.emulator.company.opening import (
    Body,
    balance,
    id_of,
    open_company,
    ref,
    refused,
    sale_line,
    token,
)


@pytest.fixture
def us() -> Company:
    return open_company("us")


def _bundle(us: Company) -> Body:
    """A fountain of 275.00 that is tracked and two hours of design at 75.00."""
    parts = {id_of(us, "Item", "Rock Fountain"): Decimal(1), id_of(us, "Item", "Design"): Decimal(2)}
    return us.make_bundle("Garden package", parts)


def _sold(us: Company, bundle: Body, **detail: object) -> Body:
    line = {"DetailType": "GroupLineDetail", "GroupLineDetail": {"GroupItemRef": ref(bundle["Id"]), **detail}}
    return us.create("Invoice", {"CustomerRef": ref("1"), "Line": [line, sale_line("4", 1, 75)]})


def test_a_bundle_is_read_and_not_written(us: Company) -> None:
    made = _bundle(us)
    assert made == us.query("select * from Item where Type = 'Group'")["Item"][0]
    assert [line["Qty"] for line in made["ItemGroupDetail"]["ItemGroupLine"]] == [1, 2]
    assert refused(lambda: us.create("Item", {"Name": "Another", "Type": "Group"})) == [("5030", "Type")]
    assert refused(lambda: _bundle(us)) == [("6240", "Name")]
    assert refused(lambda: us.make_bundle("Of nothing", {})) == [("2020", "ItemGroupLine")]
    assert refused(lambda: us.make_bundle("Of itself", {made["Id"]: Decimal(1)})) == [("2500", "ItemRef")]


def test_its_products_are_what_is_sold(us: Company) -> None:
    bundle = _bundle(us)
    stock, costs = (
        us.query("select * from Item where Name = 'Rock Fountain'")["Item"][0],
        balance(us, "Cost of Goods Sold"),
    )
    made = _sold(us, bundle, Quantity=2)
    group, single, subtotal = made["Line"]
    assert (group["Amount"], single["Amount"], subtotal["Amount"], made["TotalAmt"]) == (0, 75, 925, 925)
    inner = group["GroupLineDetail"]["Line"]
    assert [(line["Id"], line["Amount"], line["SalesItemLineDetail"]["Qty"]) for line in inner] == [
        *(("3", 550, 2), ("4", 300, 4)),
    ]
    assert inner[0]["SalesItemLineDetail"]["ItemRef"] == {"value": stock["Id"], "name": "Rock Fountain"}
    assert us.read("Item", stock["Id"])["QtyOnHand"] == stock["QtyOnHand"] - 2
    assert balance(us, "Cost of Goods Sold") == costs + 250
    again = us.update("Invoice", made)
    assert (again["Line"], again["TotalAmt"]) == (made["Line"], 925), "what is read may be sent back"
    us.delete("Invoice", token(again))
    assert us.read("Item", stock["Id"])["QtyOnHand"] == stock["QtyOnHand"]


def test_lines_that_the_request_gives_stand(us: Company) -> None:
    made = _sold(us, _bundle(us), Line=[sale_line(id_of(us, "Item", "Design"), 3, "60")])
    assert (made["TotalAmt"], made["Line"][0]["GroupLineDetail"]["Line"][0]["Amount"]) == (255, 180)


def test_what_is_no_bundle(us: Company) -> None:
    assert refused(lambda: _sold(us, {"Id": "4"})) == [("2500", "GroupItemRef")]
    line = sale_line(_bundle(us)["Id"], 1, 10)
    assert refused(lambda: us.create("Invoice", {"CustomerRef": ref("1"), "Line": [line]})) == [("2500", "ItemRef")]
