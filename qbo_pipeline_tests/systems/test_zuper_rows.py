"""Objects of Zuper as records: its traps, and what the demo's company never does, each with the smallest object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from qbo_pipeline.inventory.records import Document, Movement, Party, Payment, Product
from qbo_pipeline.landing.objects import StoredLanding
from qbo_pipeline.sources.landed.account import Expected
from qbo_pipeline.sources.landed.objects import SeenObject
from qbo_pipeline.sources.source import SetAside
from qbo_pipeline.sources.zuper.check import check_account
from qbo_pipeline.sources.zuper.region import address, question
from qbo_pipeline.sources.zuper.system import zuper
from qbo_pipeline.sources.zuper.values import line_net
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.opening import make_store
from qbo_pipeline_tests.systems.rows import Landed

INDIA = ZoneInfo("Asia/Kolkata")
D = Decimal
MASTER = (
    SeenObject("place", "main", {"id": "main", "name": "All stock"}),
    SeenObject("place", "van", {"id": "van", "name": "Van 2"}),
    SeenObject("customer", "c7", {"customer_uid": "c7", "customer_first_name": "Asha", "customer_last_name": "Rao",
                                  "customer_company_name": "Rao Homes", "customer_contact_no": {"work": "040 1"}}),
    SeenObject("vendor", "v9", {"vendor_uid": "v9", "vendor_name": "Mill", "vendor_email": "a@mill.example"}),
    SeenObject("product", "p1", {"product_uid": "p1", "product_id": "FILTER", "product_name": "Filter",
                                 "product_type": "PARTS", "track_quantity": True, "uom": "each"}),
    SeenObject("product", "p2", {"product_uid": "p2", "product_no": 12, "product_name": "Work",
                                 "product_type": "LABOR", "track_quantity": False}),
)  # fmt: skip


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A store for all tests here, each with a landing of its own; the landing is tested on both databases elsewhere."""
    store = make_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.sqlite'}")
    yield store
    store.close()


@pytest.fixture
def read(database: Database, tmp_path: Path) -> Landed:
    return Landed(database, tmp_path, zuper(INDIA, "USD"), MASTER)


def movement(key: str, found: Mapping[str, Any]) -> Movement:
    record = found[key]
    assert isinstance(record, Movement), record
    return record


def document(key: str, found: Mapping[str, Any]) -> Document:
    record = found[key]
    assert isinstance(record, Document), record
    return record


def payment(key: str, found: Mapping[str, Any]) -> Payment:
    record = found[key]
    assert isinstance(record, Payment), record
    return record


def line(**fields: Any) -> dict[str, Any]:
    usual = {"line_item_uid": "l1", "line_item_type": "ITEM", "product_uid": "p1", "name": "Filter", "quantity": 2,
             "unit_price": D("10.0"), "total": 20, "purchase_price": D("4.5"), "location_uid": "VAN",
             "tax": {"tax_exempt": False}}  # fmt: skip
    return {**usual, **fields}


def invoice(*lines: Mapping[str, Any], **fields: Any) -> SeenObject:
    usual = {"invoice_uid": "i1", "prefix": "INV-", "invoice_no": 4175, "invoice_date": "2026-03-04T18:30:00.000Z",
             "due_date": "2026-04-04T18:29:59.000Z", "customer": {"customer_uid": "C7"}, "sub_total": 20,
             "tax": [{"tax_name": "GST", "tax_percent": D("5.5"), "tax_amount": D("1.1")}], "total": D("21.1"),
             "invoice_status": "AWAIT_PAYMENT", "payment_history": [],
             "line_items": list(lines) or [line()]}  # fmt: skip
    return SeenObject("invoice", "i1", {"type": "success", "data": {**usual, **fields}})


def paid(**fields: Any) -> dict[str, Any]:
    usual = {"amount": 10, "payment_mode": {"payment_mode_name": "Cash"}, "is_void": False, "reference_no": "77",
             "payment_transaction": {"payment_transaction_uid": "T1", "id": None},
             "payment_date": "2026-03-09T20:00:00.000Z"}  # fmt: skip
    return {**usual, **fields}


def credit(**fields: Any) -> SeenObject:
    usual = {"credit_note_uid": "n1", "credit_note_number": 333, "credit_note_date": "2026-03-08T00:00:00.000Z",
             "total_amount": D("31.4"), "customer": {"customer_uid": "c7"}, "payment_method": None,
             "module_data": {"invoice_no": 4175}, "remarks": None}  # fmt: skip
    return SeenObject("credit_note", "n1", {"type": "success", "data": {**usual, **fields}})


def order(*lines: Mapping[str, Any], **fields: Any) -> SeenObject:
    usual = {"purchase_order_uid": "o1", "prefix": "PO-", "purchase_order_number": 5, "vendor": "v9",
             "purchase_order_status": "SENT_TO_VENDOR", "purchase_order_date": "2026-03-01",
             "ship_to": {"product_location": "van"}, "line_items": list(lines) or [ordered()]}  # fmt: skip
    return SeenObject("purchase_order", "o1", {"type": "success", "data": {**usual, **fields}})


def ordered(**fields: Any) -> dict[str, Any]:
    return {"line_item_uid": "ol1", "product_uid": "p1", "quantity": "10", "unit_price": "4.50", **fields}


def received(quantity: str, day: str) -> SeenObject:
    return SeenObject("received", f"ol1:{day}", {"order": "o1", "line": "ol1", "quantity": quantity, "day": day})


def test_master_data(read: Landed) -> None:
    found = read.master()
    filters, work, customer = found["p1"], found["p2"], found["customer:c7"]
    assert isinstance(filters, Product)
    assert isinstance(work, Product)
    assert isinstance(customer, Party)
    assert (filters.kind, filters.number, work.kind, work.number) == ("stocked", "FILTER", "service", "12")
    assert (customer.name, customer.phone) == ("Asha Rao", "040 1")


def test_an_invoice_counts_on_its_day_there_and_is_the_shipment_of_its_goods(read: Landed) -> None:
    work = line(line_item_uid="l2", product_uid="p2", total=0, tax={"tax_exempt": True})
    heading = {"line_item_type": "HEADER", "name": "Kitchen"}
    found = read(invoice(heading, line(), work))
    sold = document("i1", found)
    assert (sold.business_date, sold.due_date, sold.number, sold.party_id) == (
        date(2026, 3, 5), date(2026, 4, 4), "INV-4175", "c7",
    )  # fmt: skip
    assert (sold.net_amount, sold.tax_amount, sold.total_amount) == (D(20), D("1.1"), D("21.1"))
    assert [(item.net_amount, item.tax_code) for item in sold.lines] == [(D(20), "GST"), (D(0), "NON")]
    sent = movement("i1:shipment", found)
    assert [(item.product_id, item.location_id, item.quantity, item.value) for item in sent.lines] == [
        ("p1", "van", D(-2), D(-9)),
    ]  # fmt: skip


def test_two_taxes_are_one_code(read: Landed) -> None:
    taxes = [{"tax_name": "GST", "tax_amount": D("1.1")}, {"tax_name": "City", "tax_amount": "0.40"}]
    sold = document("i1", read(invoice(tax=taxes, total=D("21.5"))))
    assert (sold.tax_amount, sold.lines[0].tax_code) == (D("1.5"), "GST + City")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"total": D("19.999")}, "20"),
        ({"total": None, "discount": 1, "discount_type": "FIXED"}, "19"),
        ({"total": None, "discount": 10, "discount_type": "PERCENTAGE"}, "18"),
        ({"total": None, "quantity": "2", "unit_price": "10.00"}, "20"),
        ({"total": None, "unit_price": "a few"}, "a few"),
    ],
)
def test_a_line_says_its_total_or_price_and_discount(fields: dict[str, Any], expected: str) -> None:
    assert line_net(line(**fields)) == expected


@pytest.mark.parametrize(("status", "expected"), [("CANCELED", "voided"), ("PAID", "completed"), ("DRAFT", None)])
def test_an_invoice_counts_by_its_status(read: Landed, status: str, expected: str | None) -> None:
    found = read(invoice(invoice_status=status))
    if expected is None:
        assert isinstance(found["i1"], SetAside)
    else:
        assert (document("i1", found).status, movement("i1:shipment", found).status) == (expected, expected)


def test_what_was_deleted_is_no_record(read: Landed) -> None:
    assert read(invoice()).keys() == {"i1", "i1:shipment"}
    assert read(invoice(is_deleted=True)).keys() == set()


def test_a_number_that_cannot_be_read_sets_its_record_aside(read: Landed) -> None:
    found = read(invoice(line(total="a few")))["i1"]
    assert isinstance(found, SetAside)
    assert found.value == "a few"


def test_a_payment_settles_its_invoice_and_a_credit_that_was_used_is_none(read: Landed) -> None:
    own = paid(payment_mode={"payment_mode_name": "Customer Credit"}, payment_transaction={"id": None})
    nameless = paid(payment_transaction=None, is_void=True)
    found = read(invoice(payment_history=[paid(), own, nameless]))
    received_ = payment("i1:t1", found)
    assert (received_.business_date, received_.amount, received_.account) == (date(2026, 3, 10), D(10), "Cash")
    assert [(item.document_id, item.amount) for item in received_.allocations] == [("i1", D(10))]
    assert payment("i1:3", found).status == "voided"
    assert "i1:2" not in found


def test_one_transaction_may_pay_several_invoices(read: Landed) -> None:
    other = invoice(payment_history=[paid(amount=5)]).content
    found = read(invoice(payment_history=[paid()]), SeenObject("invoice", "i2", other))
    assert [payment(key, found).amount for key in ("i1:t1", "i2:t1")] == [D(10), D(5)]


def test_a_paper_without_a_customer_waits_for_a_person(read: Landed) -> None:
    found = read(invoice(customer=None, organization={"organization_uid": "o1"}), credit(customer=None))
    assert [type(found[key]) for key in ("i1", "n1")] == [SetAside, SetAside]


def test_of_a_credit_note_the_total_is_told(read: Landed) -> None:
    found = document("n1", read(credit()))
    assert (found.kind, found.business_date, found.total_amount, found.tax_amount, found.reference) == (
        "sales_credit", date(2026, 3, 8), D("31.4"), D(0), "4175",
    )  # fmt: skip
    assert [(item.net_amount, item.product_id) for item in found.lines] == [(D("31.4"), None)]


def test_a_credit_that_was_paid_for_is_money_on_account(read: Landed) -> None:
    found = payment("n1", read(credit(payment_method={"payment_mode_name": "Google Pay"})))
    assert (found.amount, found.account, found.party_id, found.allocations) == (D("31.4"), "Google Pay", "c7", ())


def test_what_was_received_counts_on_the_day_on_which_it_was_first_seen(read: Landed) -> None:
    found = read(order(), received("4", "2026-03-05"), received("6", "2026-03-08"))
    (arrived,) = movement("o1:receipt:2026-03-05", found).lines
    assert (arrived.location_id, arrived.quantity, arrived.value) == ("van", D(4), D(18))
    assert movement("o1:receipt:2026-03-08", found).lines[0].value == D(27)
    assert "o1:bill" not in found


def test_an_invoiced_order_is_its_bill_and_its_goods_cost_what_was_paid(read: Landed) -> None:
    discounted = ordered(discount="10", discount_type="PERCENTAGE")
    found = read(order(discounted, purchase_order_status="INVOICED"), received("10", "2026-03-05"),
                 SeenObject("finished", "o1", {"order": "o1", "day": "2026-03-09"}))  # fmt: skip
    bill = document("o1:bill", found)
    assert (bill.business_date, bill.total_amount, bill.party_id, bill.number) == (
        date(2026, 3, 9), D("40.5"), "v9", "PO-5",
    )  # fmt: skip
    assert [(match.movement_id, match.quantity) for match in bill.matches] == [("o1:receipt:2026-03-05", D(10))]
    assert movement("o1:receipt:2026-03-05", found).lines[0].value == D("40.5")


def test_an_estimate_is_a_quote_and_moves_nothing(read: Landed) -> None:
    fields = {"estimate_uid": "e1", "prefix": "Q-", "estimate_no": 3, "estimate_date": "2026-03-04T18:30:00.000Z",
              "estimate_status": "APPROVED", "customer": {"customer_uid": "c7"}, "sub_total": 20, "tax": [],
              "total": 20, "line_items": [line()]}  # fmt: skip
    found = read(SeenObject("estimate", "e1", {"type": "success", "data": fields}))
    quote = document("e1", found)
    assert (quote.kind, quote.number, quote.business_date, quote.total_amount, quote.status) == (
        "quote", "Q-3", date(2026, 3, 5), D(20), "completed",
    )  # fmt: skip
    assert found.keys() == {"e1"}


def held(day: str, quantity: int) -> SeenObject:
    lines = [{"product_id": "p1", "location_id": "van", "quantity": quantity, "unit_cost": D("4.5")}]
    return SeenObject("stock", day, {"Lines": lines})


def test_what_was_adjusted_in_quickbooks_has_a_paper(read: Landed) -> None:
    """Its transaction carries the marker: nothing of it is left to be explained without one."""
    moved = {"transaction_uid": "t1", "product": {"product_uid": "p1"}, "from_location": {"location_uid": "VAN"},
             "quantity": 2, "type": "OUTWARD", "created_at": "2026-03-05T08:00:00.000Z",
             "remarks": "ADJ 7 [qp:ABC.DE]"}  # fmt: skip
    read(held("2026-03-04", 10))
    found = read(SeenObject("transaction", "t1", moved), held("2026-03-05", 7))
    own = movement("t1", found)
    assert (own.kind, own.business_date, own.memo) == ("adjustment", date(2026, 3, 5), "ADJ 7 [qp:ABC.DE]")
    assert [(line.location_id, line.quantity, line.value) for line in own.lines] == [("van", D(-2), D("-9"))]
    (rest,) = movement("stock:2026-03-05", found).lines  # the third that is missing has none
    assert (rest.quantity, rest.value) == (D(-1), D("-4.5"))


def test_an_order_that_was_canceled_is_voided(read: Landed) -> None:
    assert document("o1:order", read(order(purchase_order_status="VENDOR_REJECTED"))).status == "voided"


def test_stock_without_a_purchase_price_is_told(database: Database) -> None:
    landing = StoredLanding(database, "free stock", "zuper")
    product = {"product_uid": "p1", "product_id": "FILTER", "track_quantity": True, "quantity": 3}
    landing.put([SeenObject("product", "p1", {**product, "purchase_price": None})], calls=0)
    (problem,) = check_account(landing, Expected("USD", "Asia/Kolkata", date(2026, 3, 1)), {})
    assert (problem.what, problem.severity) == ("stock that costs nothing", "warning")
    assert "1 products are in stock without a purchase price: FILTER" in str(problem)
    landing.put([SeenObject("product", "p1", {**product, "purchase_price": D("4.5")})], calls=0)
    assert check_account(landing, Expected("USD", "Asia/Kolkata", date(2026, 3, 1)), {}) == []


@pytest.mark.parametrize(
    ("zone", "times", "said"),
    [
        ("Asia/Kolkata", ["18:30:00"] * 6, []),
        ("Europe/Berlin", ["18:30:00"] * 6, ["another time zone"]),
        ("Europe/Berlin", ["18:30:00"] * 4, []),  # too few to tell
        ("Europe/Berlin", ["18:30:00"] * 6 + [f"{n:02}:15:00" for n in range(8)], []),  # the hours at which they came
    ],
)
def test_another_time_zone_is_seen_by_the_hour_of_invoices(
    database: Database, zone: str, times: list[str], said: list[str]
) -> None:
    landing = StoredLanding(database, f"hours {zone} {len(times)}", "zuper")
    landing.put([SeenObject("invoice", str(n), {"data": {"invoice_date": f"2026-03-04T{time}.000Z"}})
                 for n, time in enumerate(times)], calls=0)  # fmt: skip
    found = check_account(landing, Expected("USD", zone, date(2026, 3, 1)), {})
    assert [problem.what for problem in found] == said


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"type":"success","config":{"dc_api_url":"https://us-west-1c.zuperpro.com"}}',
         "https://us-west-1c.zuperpro.com/api"),
        (b'{"dc_api_url":"https://eu.zuperpro.com/api/"}', "https://eu.zuperpro.com/api"),
        (b'{"config":{}}', None),
        (b'["https://eu.zuperpro.com"]', None),
        (b"<html>", None),
    ],
)  # fmt: skip
def test_the_region_is_told_in_two_ways(body: bytes, expected: str | None) -> None:
    assert address(body) == expected
    assert question('a "b"') == b'{"company_name": "a \\"b\\""}'
