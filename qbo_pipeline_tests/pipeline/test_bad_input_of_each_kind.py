"""Bad input of each kind in one company: what waits says what, where, why and what to do; all else is posted."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import point_to, rows
from qbo_pipeline_tests.pipeline.shop import DATED, DAYS, open_shop, shop_rows
from qbo_pipeline_tests.sources.company import Rows

DAY = "2024-03-04"


def sale(name: str, *, kind: str = "sales_invoice", line: dict[str, Any] | None = None, **header: Any) -> Rows:
    document = {
        "document_id": name, "kind": kind, "number": name.upper(), "business_date": DAY, "party_id": "c1",
        "currency": "USD", "net_amount": "8.00", "tax_amount": "0", "total_amount": "8.00",
    }  # fmt: skip
    row = {"document_id": name, "line_id": f"{name}-1", "product_id": "p1", "net_amount": "8.00", "quantity": "1"}
    return {"documents": [document | header], "document_lines": [row | (line or {})]}


def bill(name: str, *, line: dict[str, Any] | None = None, **header: Any) -> Rows:
    made = sale(name, kind="bill", **{"party_id": "s1", **header})
    made["document_lines"][0] |= {"product_id": "f1", **(line or {})}
    return made


def moved(name: str, kind: str, quantity: str, value: str, **line: Any) -> Rows:
    movement = {"movement_id": name, "kind": kind, "number": name.upper(), "business_date": DAY, "currency": "USD"}
    row = {"movement_id": name, "line_id": f"{name}-1", "product_id": "p1", "location_id": "w1"}
    return {"movements": [movement], "movement_lines": [row | {"quantity": quantity, "value": value} | line]}


def paid(name: str, amount: str, *allocations: tuple[str, str], **header: Any) -> Rows:
    payment = {
        "payment_id": name, "kind": "payment_received", "number": name.upper(), "business_date": "2024-03-06",
        "party_id": "c1", "currency": "USD", "amount": amount,
    }  # fmt: skip
    own = [
        {"payment_id": name, "allocation_id": f"{name}-{n}", "document_id": of, "amount": part}
        for n, (of, part) in enumerate(allocations)
    ]
    return {"payments": [payment | header], "payment_allocations": own}


class Bad(NamedTuple):
    """One bad thing in the source, and what must be told of the record that it is in."""

    what: str
    rows: Rows
    key: str
    reason: str  # of its posting; "set aside" where it never became a record
    words: tuple[str, ...]


BAD = [
    Bad(
        "money through an account of the wrong type",
        paid("wrongtype", "3.00", account="COGS"),
        "payment/wrongtype",
        "account_type",
        ("Payment from customer WRONGTYPE", "'Cost of Goods Sold', a Cost of Goods Sold account", "map it to"),
    ),
    Bad(
        "an account code that nobody mapped",
        sale("nocode", line={"product_id": None, "account": "ADVERTS"}),
        "document/nocode",
        "unmapped_account",
        ("NOCODE", "'ADVERTS'", "[accounts.hints]"),
    ),
    Bad(
        "a class that QuickBooks does not have",
        sale("noclass", line={"class": "Moon"}),
        "document/noclass",
        "unknown_class",
        ("NOCLASS", "'Moon'", "create it there"),
    ),
    Bad(
        "a department that QuickBooks does not have",
        sale("nodep", department="Moon"),
        "document/nodep",
        "unknown_department",
        ("NODEP", "'Moon'", "create it there"),
    ),
    Bad(
        "payment terms that QuickBooks does not have",
        sale("noterms", payment_terms="Some day"),
        "document/noterms",
        "unknown_terms",
        ("NOTERMS", "'Some day'", "make them there"),
    ),
    Bad(
        "a customer that there is not",
        sale("noparty", party_id="c9"),
        "document/noparty",
        "set aside",
        ("party_id 'c9' is no customer",),
    ),
    Bad(
        "a product that there is not",
        sale("noproduct", line={"product_id": "p9"}),
        "document/noproduct",
        "set aside",
        ("'p9' is no product",),
    ),
    Bad(
        "a currency without a rate",
        sale("norate", currency="EUR"),
        "document/norate",
        "no_exchange_rate",
        ("from EUR to USD", "give the source a rate for this date"),
    ),
    Bad(
        "a rate that cannot be",
        sale("badrate", currency="EUR", exchange_rate="0.0000000001"),
        "document/badrate",
        "impossible_exchange_rate",
        ("EUR", "which no two currencies have", "correct it in the source"),
    ),
    Bad(
        "a fee above its payment",
        paid("fee", "3.00", fee_amount="4.00"),
        "payment/fee",
        "fee_above_payment",
        ("FEE is 4.00, more than the payment of 3.00", "deliver `amount` before the fee"),
    ),
    Bad(
        "an order that a bill of the source is for too",
        {},
        "document/po1",
        "order_billed_twice",
        ("PO1", "bill SECOND", "void one of them in the source"),
    ),
    Bad(
        "a bill of an order that makes its bill itself",
        bill("second", line={"order_id": "po1", "order_line_id": "po1-1"}),
        "document/second",
        "order_billed_twice",
        ("SECOND", "PO1", "void one of them in the source"),
    ),
    Bad(
        "a supplier's bill twice",
        bill("twice", reference="R-77"),
        "document/twice",
        "conflict",
        ("bill document/first", "has the same number", "void one of them"),
    ),
    Bad(
        "goods received at a negative cost",
        moved("below", "receipt", "1", "-5.00"),
        "movement/below",
        "cost_pending",
        ("BELOW", "line 1 come in at a cost below 0", "corrected there", "approve it where it is meant"),
    ),
    Bad(
        "a summarised day with one bad record",
        moved("nocost", "shipment", "-1", "0"),
        "movement/nocost",
        "cost_pending",
        ("NOCOST", "have cost 0", "approve it where they cost nothing"),
    ),
]
GOOD = [
    moved("negative", "shipment", "-1", "5.00"),
    sale("good"),
    bill("first", reference="R-77"),
    moved("fine", "shipment", "-1", "-10.00"),
    sale("order", kind="purchase_order", party_id="s1", finished_on=DAY),
]


def test_each_waits_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    qbo = CommandLine(monkeypatch, capsys)
    source = shop_rows()
    source["parties"].append({"party_id": "c2", "kind": "customer", "name": "North: the other one"})
    source["products"].append({"product_id": "f1", "kind": "service", "name": "Freight"})
    order = sale("po1", kind="purchase_order", party_id="s1", finished_on=DAY, line={"product_id": "f1"})
    colon, over = sale("colon", party_id="c2"), paid("over", "20.00", ("good", "20.00"))
    for made in (*(bad.rows for bad in BAD), *GOOD, order, colon, over):
        for kind, own in made.items():
            source.setdefault(kind, []).extend(own)
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator, source)
        point_to(shop.settings, "[accounts.hints]", '[accounts.hints]\n"COGS" = "Cost of Goods Sold"\n#')
        point_to(shop.settings, "summarise = []", 'summarise = ["shipment"]')
        point_to(shop.settings, "bills_from_orders = false", "bills_from_orders = true")
        answer = qbo("run", *DAYS, "--settings", shop.settings)
        status = qbo("status", "--settings", shop.settings, "--json")
        with shop.run() as run:
            assert broken_counts(run) == []
            found = {
                row["key"]: (row["state"], row["reason"], row["message"])
                for row in rows(run, "SELECT key, state, reason, message FROM postings WHERE superseded_by IS NULL")
            }
            seen = rows(run, "SELECT warnings FROM records WHERE record_id = 'negative'")
            (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'party/customer:c2'")
            colon_name = run.quickbooks().read("Customer", link["qbo_id"])["DisplayName"]
            (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'payment/over'")
            left = run.quickbooks().read("Payment", link["qbo_id"])["UnappliedAmt"]
            (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = :key", key=f"summary/{DAY}/shipment")
            day_of_shipments = run.quickbooks().read("JournalEntry", link["qbo_id"])
    aside = {row["record"]: row["message"] for row in status.json["set_aside"]}
    for bad in BAD:
        state, reason, message = found.get(bad.key, ("set aside", "set aside", aside.get(bad.key, "")))
        assert (bad.what, state, reason) == (bad.what, "parked" if bad.reason != "set aside" else state, bad.reason)
        for word in bad.words:
            assert word in message, (bad.what, message)
    told = {bad.key for bad in BAD}
    assert {key for key, (state, *_) in found.items() if state != "posted"} | set(aside) == told
    assert set(DATED) - {"movement/d1"} <= set(found)
    assert {"document/good", "document/first", "document/order#bill", "payment/over"} <= set(found)
    assert (answer.status, status.status) == (1, 1)
    # What has a stated rule of its own is posted: the colon, the rest on account, the day without its bad record.
    assert colon_name == "North the other one"
    assert Decimal(str(left)) == 12
    assert {Decimal(str(line["Amount"])) for line in day_of_shipments["Line"]} == {Decimal("45.00")}
    # What leaves a stock of negative value follows from that: the books follow it, and it is told as worth a look.
    assert "the cost of one is negative" in str(seen)
