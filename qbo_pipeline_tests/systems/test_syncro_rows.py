"""Objects of Syncro as records: its traps, and what the demo's company never does, each with the smallest object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from qbo_pipeline.inventory.records import Document, Movement, Payment, Product
from qbo_pipeline.landing.objects import StoredLanding
from qbo_pipeline.sources.landed.account import Expected
from qbo_pipeline.sources.landed.objects import SeenObject
from qbo_pipeline.sources.landed.values import day
from qbo_pipeline.sources.source import SetAside
from qbo_pipeline.sources.syncro.check import check_account
from qbo_pipeline.sources.syncro.system import syncro
from qbo_pipeline.sources.syncro.values import money
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.opening import make_store
from qbo_pipeline_tests.systems.rows import Landed

PACIFIC = ZoneInfo("America/Los_Angeles")
D = Decimal
MASTER = (
    SeenObject("place", "main", {"id": "main", "name": "All stock"}),
    SeenObject("place", "2", {"id": "2", "name": "Location 2"}),
    SeenObject("customer", "7", {"id": 7, "business_then_name": "Bar Sol", "address": "1 Main St", "zip": "98101"}),
    SeenObject("vendor", "9", {"id": 9, "name": "Mill"}),
    SeenObject("product", "11", {"id": 11, "name": "Flour", "maintain_stock": True, "upc_code": "FLOUR"}),
    SeenObject("product", "12", {"id": 12, "name": "Work", "maintain_stock": False}),
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A store for all tests here, each with a landing of its own; the landing is tested on both databases elsewhere."""
    store = make_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.sqlite'}")
    yield store
    store.close()


@pytest.fixture
def read(database: Database, tmp_path: Path) -> Landed:
    return Landed(database, tmp_path, syncro(PACIFIC, "USD"), MASTER)


def movement(key: str, found: Mapping[str, Any]) -> Movement:
    record = found[key]
    assert isinstance(record, Movement), record
    return record


def document(key: str, found: Mapping[str, Any]) -> Document:
    record = found[key]
    assert isinstance(record, Document), record
    return record


def line(**fields: Any) -> dict[str, Any]:
    usual = {"id": 1, "item": "Flour", "product_id": 11, "quantity": "2.0", "cost": "4.5", "price": "10.0",
             "discount_percent": None, "discount_dollars": None, "taxable": True}  # fmt: skip
    return {**usual, **fields}


def invoice(*lines: Mapping[str, Any], within: bool = False, **fields: Any) -> SeenObject:
    usual = {"id": 21, "number": "4444", "customer_id": 7, "date": "2026-03-05T00:00:00.000Z",
             "due_date": "2026-03-19T00:00:00.000Z", "subtotal": "20.0", "tax": "1.1", "total": "21.1",
             "location_id": None, "line_items": list(lines) or [line()]}  # fmt: skip
    content = {**usual, **fields}
    return SeenObject("invoice", "21", {"invoice": content} if within else content)


def order(*lines: Mapping[str, Any], **fields: Any) -> SeenObject:
    usual = {"id": 31, "number": "PO-1", "vendor_id": 9, "status": "Open", "order_date": "2026-03-01T00:00:00.000Z",
             "location_id": 2, "shipping": 0, "other": 0, "line_items": list(lines) or [ordered()]}  # fmt: skip
    return SeenObject("purchase_order", "31", {"purchase_order": {**usual, **fields}})


def ordered(**fields: Any) -> dict[str, Any]:
    return {"id": 41, "product_id": 11, "quantity": 10, "cost_cents": 450, "total_cents": 4500, **fields}


def received(quantity: str, day: str) -> SeenObject:
    content = {"order": "31", "line": "41", "quantity": quantity, "day": day}
    return SeenObject("received", f"41:{day}", content)


def stock(at: str, *held: tuple[str, str, str]) -> SeenObject:
    lines = [{"product_id": "11", "location_id": place, "quantity": D(quantity), "unit_cost": D(cost)}
             for place, quantity, cost in held]  # fmt: skip
    return SeenObject("stock", at, {"Lines": lines})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"total": "64.99"}, "64.99"),
        ({"total": D("64.99")}, "64.99"),
        ({"total": "64.995"}, "65"),
        ({"total": 65}, "65"),
        ({"total_cents": 6499}, "64.99"),
        ({"total_cents": "6499"}, "64.99"),
        ({"total": "a few"}, "a few"),
        ({"total": None}, None),
    ],
)
def test_money_comes_as_text_as_a_number_and_in_cents(source: dict[str, Any], expected: str | None) -> None:
    assert money(source, *source) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-05T00:00:00.000Z", "2026-03-05"),  # a day, though it is the evening before in Los Angeles
        ("2026-03-05T03:30:00.000Z", "2026-03-04"),
        ("2026-03-05", "2026-03-05"),
        ("soon", "soon"),
    ],
)
def test_days(text: str, expected: str) -> None:
    assert day({"date": text}, PACIFIC, "date") == expected


def test_master_data(read: Landed) -> None:
    found = read.master()
    flour, work = found["11"], found["12"]
    assert isinstance(flour, Product)
    assert isinstance(work, Product)
    assert (flour.kind, flour.number, work.kind) == ("stocked", "FLOUR", "non_stocked")
    assert found["main"].name == "All stock"  # type: ignore[union-attr]


@pytest.mark.parametrize("within", [True, False])
def test_an_invoice_is_the_shipment_of_its_goods(read: Landed, within: bool) -> None:
    work = line(id=2, product_id=12, price="0.0", cost="0.0")
    found = read(invoice(line(), work, within=within))
    sold = document("21", found)
    assert (sold.net_amount, sold.tax_amount, sold.total_amount) == (D(20), D("1.1"), D("21.1"))
    assert [(item.net_amount, item.tax_code) for item in sold.lines] == [(D(20), "TAX"), (D(0), "TAX")]
    sent = movement("21:shipment", found)
    assert [(item.product_id, item.location_id, item.quantity, item.value) for item in sent.lines] == [
        ("11", "main", D(-2), D(-9)),
    ]  # fmt: skip


def test_a_discount_is_in_percent_or_in_dollars(read: Landed) -> None:
    lines = [line(discount_percent="10.0"), line(id=2, discount_dollars="1.5")]
    found = document("21", read(invoice(*lines, subtotal="36.5", tax="0.0", total="36.5")))
    assert [item.net_amount for item in found.lines] == [D(18), D("18.5")]


def test_a_negative_invoice_brings_its_goods_back(read: Landed) -> None:
    found = read(invoice(line(quantity="-2.0"), subtotal="-20.0", tax="-1.1", total="-21.1"))
    back = movement("21:customer_return", found)
    assert [(item.quantity, item.value) for item in back.lines] == [(D(2), D(9))]
    assert document("21", found).total_amount == D("-21.1")


def test_a_number_that_cannot_be_read_sets_its_record_aside(read: Landed) -> None:
    found = read(invoice(line(price="a few")))["21"]
    assert isinstance(found, SetAside)
    assert found.value == "a few"


def test_what_was_received_counts_on_the_day_on_which_it_was_first_seen(read: Landed) -> None:
    found = read(order(), received("4", "2026-03-05"), received("6", "2026-03-08"))
    (arrived,) = movement("31:receipt:2026-03-05", found).lines
    assert (arrived.location_id, arrived.quantity, arrived.value) == ("2", D(4), D(18))
    assert movement("31:receipt:2026-03-08", found).lines[0].value == D(27)
    assert "31:bill" not in found


def test_a_finished_order_is_its_bill_with_shipping(read: Landed) -> None:
    found = read(order(status="Finished", shipping=D("7.5")), received("10", "2026-03-05"),
                 SeenObject("finished", "31", {"order": "31", "day": "2026-03-09"}))  # fmt: skip
    bill = document("31:bill", found)
    assert (bill.business_date, bill.total_amount, bill.party_id) == (date(2026, 3, 9), D("52.5"), "9")
    assert [(item.net_amount, item.account) for item in bill.lines] == [(D(45), None), (D("7.5"), "SHIPPING")]
    assert [(match.movement_id, match.quantity) for match in bill.matches] == [("31:receipt:2026-03-05", D(10))]


def payment(**fields: Any) -> SeenObject:
    usual = {"id": 51, "success": True, "payment_amount": 30, "invoice_ids": [21], "ref_num": "11006",
             "applied_at": "2026-03-09T00:00:00.000Z", "payment_method": "Check", "customer": {"id": 7}}  # fmt: skip
    return SeenObject("payment", "51", {**usual, **fields})


def test_a_payment_settles_its_invoice_and_the_rest_is_on_account(read: Landed) -> None:
    found = read(invoice(), payment())["51"]
    assert isinstance(found, Payment)
    assert (found.amount, found.account, found.party_id) == (D(30), "Check", "7")
    assert [(item.document_id, item.amount) for item in found.allocations] == [("21", D("21.1"))]


@pytest.mark.parametrize("fields", [{"success": False}, {"invoice_ids": [None]}, {"invoice_ids": None}])
def test_a_payment_that_failed_or_settles_nothing(read: Landed, fields: dict[str, Any]) -> None:
    found = read(invoice(), payment(**fields))["51"]
    assert isinstance(found, Payment)
    assert found.status == ("voided" if "success" in fields else "completed")
    assert len(found.allocations) == (1 if "success" in fields else 0)


def test_what_changed_without_a_paper_is_an_adjustment_at_the_cost_of_now(read: Landed) -> None:
    """Ten at 4.50, two sold at 9.00; three days later there are seven, and one costs 5.00."""
    found = read(invoice(), stock("2026-03-04", ("main", "10", "4.50")), stock("2026-03-08", ("main", "7", "5.00")))
    lost, dearer = movement("stock:2026-03-08", found), movement("cost:2026-03-08", found)
    assert (lost.kind, lost.account, dearer.kind, dearer.account) == (
        "adjustment", "NO-PAPER", "revaluation", "COST-CHANGE",
    )  # fmt: skip
    assert [(item.quantity, item.value) for item in lost.lines] == [(D(-1), D(-5))]
    assert [(item.quantity, item.value) for item in dearer.lines] == [(D(0), D(4))]


def test_the_first_day_is_where_history_begins(read: Landed) -> None:
    found = read(invoice(), stock("2026-03-08", ("main", "7", "5.00")))
    assert not {key for key in found if key.startswith(("stock:", "cost:"))}
    with read.source() as source:
        held = {n: [(item.quantity, item.value) for item in source.stock_values(date(2026, 3, n))] for n in (4, 5, 8)}
    assert held == {4: [(D(9), D(44))], 5: [(D(7), D(35))], 8: [(D(7), D(35))]}


def test_as_at_a_day_is_what_was_seen_then(read: Landed) -> None:
    read(stock("2026-03-04", ("main", "10", "4.50")), stock("2026-03-05", ("main", "8", "4.50"), ("2", "1", "4.50")),
         stock("2026-03-08", ("2", "1", "5.00")))  # fmt: skip
    with read.source() as source:
        found = [
            {
                (item.location_id, item.quantity, item.value)
                for item in source.stock_values(date(2026, 3, n))
                if item.value
            }
            for n in (4, 5, 7, 8)
        ]
    seen = {("2", D(1), D("4.5")), ("main", D(8), D(36))}
    assert found == [{("main", D(10), D(45))}, seen, seen, {("2", D(1), D(5))}]


@pytest.mark.parametrize(
    ("zone", "first", "said"),
    [
        ("America/Los_Angeles", date(2026, 3, 8), []),
        ("Europe/Berlin", date(2026, 3, 8), ["another time zone"]),
        ("Somewhere", date(2026, 3, 1), ["the history of stock begins later"]),
    ],
)
def test_guard_rails(database: Database, zone: str, first: date, said: list[str]) -> None:
    landing = StoredLanding(database, f"guard {zone}", "syncro")
    company = SeenObject("company", "company", {"subdomain": "shop", "locale": {"time_zone": zone}})
    landing.put([company, stock("2026-03-08")], calls=0)
    found = check_account(landing, Expected("USD", "America/Los_Angeles", first), {})
    assert [problem.what for problem in found] == said
