"""Objects of Cin7 Core as records: what the demo's company never does, each with the smallest object that shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from qbo_pipeline.inventory.records import Document, Movement, Party, Payment, Record
from qbo_pipeline.landing.objects import StoredLanding
from qbo_pipeline.sources.cin7_core.check import check_account, ledger_sum
from qbo_pipeline.sources.cin7_core.fields import day
from qbo_pipeline.sources.cin7_core.system import Cin7Core
from qbo_pipeline.sources.landed.account import Expected
from qbo_pipeline.sources.landed.objects import SeenObject
from qbo_pipeline.sources.landed.projection import catch_up
from qbo_pipeline.sources.source import SetAside
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline.store.database import Database

MADRID = ZoneInfo("Europe/Madrid")
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
CUSTOMER, SUPPLIER, PRODUCT, PLACE, TASK, SALE = (f"{n}0000000-0000-0000-0000-00000000000a" for n in range(1, 7))

COMPANY = SeenObject("me", "me", {"Currency": "EUR", "TimeZone": "Europe/Madrid"})
MASTER = (
    COMPANY,
    SeenObject("location", PLACE, {"ID": PLACE, "Name": "Main"}),
    SeenObject("location", "bin", {"ID": "bin", "Name": "A1", "ParentID": PLACE}),
    SeenObject("customer", CUSTOMER, {"ID": CUSTOMER, "Name": "Bar Sol", "Currency": "EUR", "Status": "Active"}),
    SeenObject("supplier", SUPPLIER, {"ID": SUPPLIER, "Name": "Mill", "Currency": "USD", "Status": "Active"}),
    SeenObject(
        "product", PRODUCT, {"ID": PRODUCT, "SKU": "FLOUR", "Name": "Flour", "Type": "Stock", "Status": "Active"}
    ),
)


def movements(*found: Mapping[str, Any], gone: tuple[Mapping[str, Any], ...] = ()) -> SeenObject:
    usual = {"TaskID": TASK.upper(), "Date": "2026-03-05T00:00:00", "Location": "Main", "Number": "T-1"}
    live, former = ([{**usual, **item} for item in items] for items in (found, gone))
    return SeenObject("product_movements", PRODUCT, {"ID": PRODUCT, "Movements": live, "Gone": former})


def invoice(**fields: Any) -> dict[str, Any]:
    usual = {"TaskID": TASK, "InvoiceNumber": "INV-1", "InvoiceDate": "2026-03-05T00:00:00", "Status": "AUTHORISED",
             "TotalBeforeTax": Decimal("10.00"), "Tax": Decimal("2.10"), "Total": Decimal("12.10"),
             "Lines": [line()], "AdditionalCharges": [], "Payments": []}  # fmt: skip
    return {**usual, **fields}


def line(**fields: Any) -> dict[str, Any]:
    usual = {"ProductID": PRODUCT, "Quantity": 2, "Price": Decimal("5.00"), "Total": Decimal("10.00"),
             "Tax": Decimal("2.10"), "TaxRule": "IVA 21", "Account": "700"}  # fmt: skip
    return {**usual, **fields}


def sale(*invoices: Mapping[str, Any], **fields: Any) -> SeenObject:
    usual = {"ID": SALE, "CustomerID": CUSTOMER.upper(), "CustomerCurrency": "EUR", "BaseCurrency": "EUR",
             "TaxCalculation": "Exclusive", "Status": "ORDERED", "Order": {"SaleOrderNumber": "SO-1"}}  # fmt: skip
    return SeenObject("sale", SALE, {**usual, "Invoices": list(invoices), **fields})


Read = Callable[..., dict[str, Record | SetAside]]


@pytest.fixture
def read(database: Database, tmp_path: Path) -> Read:
    """Land these objects beside the master data; answers all dated records and what was set aside, by id."""
    landing = StoredLanding(database, "shop", "cin7_core")
    landing.put(MASTER, calls=0)

    def reading(*objects: SeenObject) -> dict[str, Record | SetAside]:
        landing.put(objects, calls=0)
        with source(landing, tmp_path) as found:
            batches = list(found.read_days(FIRST, LAST, batch_size=100))
        records = {record.record_id: record for batch in batches for record in batch.records}
        return records | {item.record_id: item for batch in batches for item in batch.set_aside}

    return reading


@contextmanager
def source(landing: StoredLanding, folder: Path) -> Iterator[SqlSource]:
    path = folder / "rows.sqlite"
    catch_up(path, landing, Cin7Core(MADRID))
    found = SqlSource(f"sqlite:///{path}")
    try:
        yield found
    finally:
        found.close()


def test_a_party_has_its_default_contact_and_billing_address(database: Database, tmp_path: Path) -> None:
    contacts = [
        {"Email": "old@example.com", "Phone": "1"},
        {"Default": True, "Email": "bills@example.com", "Phone": "2"},
    ]
    addresses = [
        {"Type": "Shipping", "DefaultForType": True, "Line1": "Dock 4"},
        {"Type": "Billing", "DefaultForType": True, "Line1": "Calle Sol 1", "Line2": "2 B", "City": "Madrid",
         "State": "", "Postcode": "28013", "Country": "Spain"},
    ]  # fmt: skip
    content = {"ID": CUSTOMER, "Name": "Bar Sol", "Status": "Active", "Contacts": contacts, "Addresses": addresses}
    landing = StoredLanding(database, "shop", "cin7_core")
    landing.put([*MASTER, SeenObject("customer", CUSTOMER, content)], calls=0)
    with source(landing, tmp_path) as found:
        records = [record for batch in found.read_master_data(batch_size=10) for record in batch.records]
    (party,) = [record for record in records if record.record_id == f"customer:{CUSTOMER}"]
    assert isinstance(party, Party)
    assert (party.email, party.phone) == ("bills@example.com", "2")
    assert (party.address, party.city, party.region, party.postal_code, party.country) == (
        "Calle Sol 1\n2 B", "Madrid", None, "28013", "Spain",
    )  # fmt: skip


def test_prices_that_include_tax_become_net(read: Read) -> None:
    found = read(sale(invoice(Lines=[line(Total=Decimal("12.10"))]), TaxCalculation="Inclusive"))[TASK]
    assert isinstance(found, Document)
    assert [(item.net_amount, item.tax_amount) for item in found.lines] == [(Decimal("10.00"), Decimal("2.10"))]


def test_a_foreign_document_has_its_own_rate(read: Read) -> None:
    paper = sale(invoice(CurrencyConversionRate=Decimal("0.9150")), CustomerCurrency="USD", CurrencyRate=Decimal("0.9"))
    found = read(paper)[TASK]
    assert isinstance(found, Document)
    assert (found.currency, found.exchange_rate) == ("USD", Decimal("0.9150"))


def test_the_rate_of_home_currency_is_not_told(read: Read) -> None:
    found = read(sale(invoice(CurrencyConversionRate=1), CurrencyRate=1))[TASK]
    assert isinstance(found, Document)
    assert found.exchange_rate is None


@pytest.mark.parametrize(
    ("status", "became"), [("AUTHORISED", "completed"), ("PAID", "completed"), ("VOIDED", "voided")]
)
def test_what_a_status_means(read: Read, status: str, became: str) -> None:
    found = read(sale(invoice(Status=status)))[TASK]
    assert isinstance(found, Document)
    assert found.status == became


@pytest.mark.parametrize(("status", "rule"), [("DRAFT", "draft"), ("ON HOLD", "choice")])
def test_what_is_not_final_or_not_known_is_set_aside(read: Read, status: str, rule: str) -> None:
    found = read(sale(invoice(Status=status)))[TASK]
    assert isinstance(found, SetAside)
    assert found.rule == rule


def test_a_part_that_was_never_begun_is_nothing(read: Read) -> None:
    assert (
        read(sale(invoice(Status="NOT AVAILABLE", InvoiceDate=None), CreditNotes=[{"Status": "NOT AVAILABLE"}])) == {}
    )


def test_a_refund_is_seen_by_a_person(read: Read) -> None:
    refund = {"ID": "r1", "Amount": Decimal("12.10"), "DatePaid": "2026-03-09T00:00:00", "Account": "572"}
    credit = invoice(TaskID="c1", CreditNoteNumber="CR-1", CreditNoteDate="2026-03-08T00:00:00", Refunds=[refund])
    found = read(sale(invoice(), CreditNotes=[credit]))
    assert isinstance(found["r1"], SetAside)
    assert found["r1"].value == "refund"


def test_a_payment_settles_its_invoice(read: Read) -> None:
    paid = {"ID": "P1", "Amount": Decimal("5.00"), "DatePaid": "2026-03-09T00:00:00", "Account": "572", "Reference": ""}
    found = read(sale(invoice(Payments=[paid, {**paid, "ID": "p2", "Amount": 0}])))
    assert isinstance(found["p1"], Payment)
    assert found["p1"].allocations[0].document_id == TASK
    assert "p2" not in found


def simple_purchase(**fields: Any) -> SeenObject:
    """Its parts have no task ids: its own id stands for theirs."""
    bill = {**invoice(), "InvocieNumber": "F-77", "Payments": []}
    del bill["TaskID"], bill["InvoiceNumber"]
    usual = {"ID": TASK, "SupplierID": SUPPLIER, "SupplierCurrency": "EUR", "BaseCurrency": "EUR",
             "OrderNumber": "PO-1", "Status": "RECEIVED", "Invoice": bill,
             "StockReceived": {"Status": "AUTHORISED", "Lines": []}}  # fmt: skip
    return SeenObject("purchase", TASK, {**usual, **fields})


def test_a_simple_purchase_is_matched_under_its_own_id(read: Read) -> None:
    found = read(simple_purchase(), movements({"Type": "Purchase", "Quantity": 2, "Amount": Decimal("10.00")}))
    bill, receipt = found[TASK], found[f"{TASK}:receipt"]
    assert isinstance(bill, Document)
    assert isinstance(receipt, Movement)
    assert (bill.number, bill.reference) == ("F-77", "F-77")
    assert (receipt.number, receipt.party_id) == ("PO-1", SUPPLIER)
    assert [(match.movement_id, match.quantity) for match in bill.matches] == [(receipt.movement_id, Decimal(2))]


def test_a_bill_is_matched_as_far_as_its_goods_have_arrived(read: Read) -> None:
    arrived = [{"Type": "Purchase", "Quantity": Decimal("0.5"), "Amount": Decimal("2.50")},
               {"Type": "Purchase", "Quantity": 1, "Amount": 5, "Date": "2026-03-07T00:00:00"}]  # fmt: skip
    found = read(simple_purchase(), movements(*arrived))
    bill = found[TASK]
    assert isinstance(bill, Document)
    assert [(match.movement_id, match.quantity) for match in bill.matches] == [
        (f"{TASK}:receipt", Decimal("0.5")), (f"{TASK}:receipt:2026-03-07", Decimal(1)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "amount", "value"),
    [
        ("SaleMultiple", Decimal("-10.00"), Decimal("-10.00")),
        ("SaleMultiple", Decimal("10.00"), Decimal("-10.00")),  # whichever sign cost has
        ("Inventory Write-Off", Decimal("10.00"), Decimal("-10.00")),
    ],
)
def test_value_has_the_sign_of_quantity(read: Read, kind: str, amount: Decimal, value: Decimal) -> None:
    (found,) = read(movements({"Type": kind, "Quantity": -2, "Amount": amount})).values()
    assert isinstance(found, Movement)
    assert (found.lines[0].value, found.currency, found.number) == (value, "EUR", "T-1")


def test_a_change_of_cost_alone_is_a_revaluation(read: Read) -> None:
    later = {"Quantity": 0, "Date": "2026-03-20T00:00:00"}
    moves = [
        {"Type": "Purchase", "Quantity": 2, "Amount": 10},
        {"Type": "Purchase Cost Change", "Amount": Decimal("-1.25"), **later},
        {"Type": "Sale COGS Change", "Amount": Decimal("0.25"), **later},
    ]
    found = read(movements(*moves))[f"{TASK}:revaluation"]
    assert isinstance(found, Movement)
    assert (found.business_date, sorted(item.value for item in found.lines)) == (
        date(2026, 3, 20), [Decimal("-1.25"), Decimal("0.25")],
    )  # fmt: skip


def test_a_type_that_is_not_known_is_set_aside(read: Read) -> None:
    (found,) = read(movements({"Type": "Teleport", "Quantity": 1, "Amount": 1})).values()
    assert isinstance(found, SetAside)
    assert (found.rule, found.value) == ("choice", "Teleport")


def test_a_bin_is_in_its_warehouse_and_an_unknown_place_is_set_aside(read: Read) -> None:
    (found,) = read(movements({"Type": "Adjustment", "Quantity": 1, "Amount": 1, "Location": "Main: A1"})).values()
    assert isinstance(found, Movement)
    assert found.lines[0].location_id == PLACE
    (found,) = read(movements({"Type": "Adjustment", "Quantity": 1, "Amount": 1, "Location": "Moon"})).values()
    assert isinstance(found, SetAside)
    assert found.value == "Moon"


def test_what_an_assembly_costs_more_than_its_parts_is_labour(read: Read) -> None:
    moves = [
        {"Type": "Finished Goods", "Quantity": -4, "Amount": -8},
        {"Type": "Finished Goods", "Quantity": 1, "Amount": 11},
    ]
    (found,) = read(movements(*moves)).values()
    assert isinstance(found, Movement)
    assert [(item.role, item.value) for item in found.lines][-1] == ("labour", Decimal(3))


def test_a_voided_task_keeps_what_it_moved(read: Read) -> None:
    write_off = {"TaskID": TASK, "InventoryWriteOffNumber": "WO-1", "Account": "659", "Status": "VOIDED"}
    moved = {"Type": "Inventory Write-Off", "Quantity": -1, "Amount": -5}
    found = read(SeenObject("write_off", TASK, write_off), movements(gone=(moved,)))[f"{TASK}:write_off"]
    assert isinstance(found, Movement)
    assert (found.status, found.account, found.lines[0].value) == ("voided", "659", Decimal(-5))


def test_what_a_product_no_longer_shows_is_gone_where_nobody_voided_it(read: Read) -> None:
    assert read(movements(gone=({"Type": "Inventory Write-Off", "Quantity": -1, "Amount": -5},))) == {}


def credit(left: str) -> SeenObject:
    content = {"CreditID": "k1", "CustomerID": CUSTOMER, "Amount": 100, "RemainingAmount": Decimal(left),
               "Currency": "EUR", "ConvRate": 1, "Date": "2026-03-05T00:00:00", "Account": "572"}  # fmt: skip
    return SeenObject("customer_credit", "k1", content)


def test_money_on_account_is_what_is_left_of_it(read: Read) -> None:
    found = read(credit("60.50"))["k1"]
    assert isinstance(found, Payment)
    assert (found.amount, found.status, found.allocations) == (Decimal("60.50"), "completed", ())
    found = read(credit("0"))["k1"]
    assert isinstance(found, Payment)
    assert found.status == "voided"


def test_stock_as_at_a_day_is_what_there_is_less_what_moved_since(
    read: Read, database: Database, tmp_path: Path
) -> None:
    moves = [{"Type": "Purchase", "Quantity": 10, "Amount": 50},
             {"Type": "Sale", "Quantity": -4, "Amount": -20, "Date": "2026-03-09T00:00:00"}]  # fmt: skip
    shown = {"ID": PRODUCT.upper(), "Location": "Main", "OnHand": 7, "StockOnHand": Decimal("36.00")}
    read(movements(*moves), SeenObject("stock", "2026-03-10", {"Lines": [shown]}))
    with source(StoredLanding(database, "shop", "cin7_core"), tmp_path) as found:
        stock = {at: [(item.quantity, item.value) for item in found.stock_values(at)] for at in (
            date(2026, 3, 10), date(2026, 3, 8), date(2026, 3, 1))}  # fmt: skip
    # One piece worth 6.00 is there that no movement explains: on every day, so that it shows as a difference.
    assert list(stock.values()) == [
        [(Decimal(7), Decimal("36.00"))], [(Decimal(11), Decimal("56.00"))], [(Decimal(1), Decimal("6.00"))],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-05T00:00:00", "2026-03-05"),
        ("2026-03-05T00:00:00Z", "2026-03-05"),  # a day, however its midnight is written
        ("2026-03-05T23:30:00Z", "2026-03-06"),  # half past midnight in Madrid
        ("2026-03-05T06:58:21.8882225Z", "2026-03-05"),
        ("soon", "soon"),
        (None, None),
    ],
)
def test_days(text: str | None, expected: str | None) -> None:
    assert day({"Date": text}, "Date", MADRID) == expected


def _checked(database: Database, company: Mapping[str, Any], **expected: Any) -> list[str]:
    landing = StoredLanding(database, "shop", "cin7_core")
    landing.put([SeenObject("me", "me", {"Currency": "EUR", "TimeZone": "Europe/Madrid", **company})], calls=0)
    usual = {"currency": "EUR", "time_zone": "Europe/Madrid", "first_day": date(2026, 3, 1)}
    return [problem.what for problem in check_account(landing, Expected(**{**usual, **expected}), {})]


@pytest.mark.parametrize(
    ("company", "expected", "said"),
    [
        ({}, {}, []),
        ({"Currency": "USD"}, {}, ["another currency"]),
        ({"TimeZone": "Europe/London"}, {}, ["another time zone"]),
        ({"TimeZone": "Somewhere"}, {}, []),
        ({"OpeningBalanceDate": "2026-04-01T00:00:00"}, {}, ["the books of Cin7 Core begin later"]),
        ({"OpeningBalanceDate": "2026-01-01T00:00:00"}, {}, ["earlier days are still open"]),
        ({"OpeningBalanceDate": "2026-01-01T00:00:00", "LockDate": "2026-03-01T00:00:00"}, {}, []),
    ],
)
def test_guard_rails(database: Database, company: dict[str, Any], expected: dict[str, Any], said: list[str]) -> None:
    assert _checked(database, company, **expected) == said


def test_the_golden_sum(database: Database) -> None:
    landing = StoredLanding(database, "shop", "cin7_core")
    entry = {"DebitAccountCode": "300", "CreditAccountCode": "400", "Amount": Decimal("50.00")}
    other_way = {"DebitAccountCode": "600", "CreditAccountCode": "300", "Amount": Decimal("20.00")}
    within = {"DebitAccountCode": "300", "CreditAccountCode": "300", "Amount": Decimal("7.00")}
    days = {"2026-03-05": [entry, within], "2026-03-09": [other_way]}
    shown = {"ID": PRODUCT, "Location": "Main", "OnHand": 6, "StockOnHand": Decimal("30.01")}
    landing.put(
        [*MASTER, *(SeenObject("ledger_day", name, {"Transactions": lines}) for name, lines in days.items()),
         SeenObject("stock", "2026-03-10", {"Lines": [shown]})], calls=0,
    )  # fmt: skip
    assert ledger_sum(landing, ["300"]) == Decimal("30.00")
    assert ledger_sum(landing, ["300"], date(2026, 3, 8)) == Decimal("50.00")
    expected = Expected("EUR", "Europe/Madrid", date(2026, 3, 1))
    (problem,) = check_account(landing, expected, {"inventory_accounts": ["300"]})
    assert str(problem).startswith("Cin7 Core does not agree with itself (/transactions): its ledger has 30.00 on 300")
    assert "its stock is worth 30.01" in str(problem)
    (unknown,) = check_account(landing, expected, {})
    assert unknown.severity == "warning"
    assert 'inventory_accounts = ["CODE"]' in str(unknown)
