"""Objects of Unleashed as records: its traps, and what the demo's company never does, each with the smallest object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from qbo_pipeline.inventory.records import Document, Movement, Party, Product
from qbo_pipeline.landing.objects import StoredLanding
from qbo_pipeline.sources.landed.account import Expected
from qbo_pipeline.sources.landed.objects import SeenObject
from qbo_pipeline.sources.source import SetAside
from qbo_pipeline.sources.unleashed.check import check_account
from qbo_pipeline.sources.unleashed.fields import day, shared
from qbo_pipeline.sources.unleashed.system import Unleashed
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.opening import make_store
from qbo_pipeline_tests.systems.rows import Landed

AUCKLAND = ZoneInfo("Pacific/Auckland")
GUIDS = [f"{n}0000000-0000-0000-0000-00000000000a" for n in range(1, 10)]
MAIN, SHOP, CUSTOMER, SUPPLIER, FLOUR, WORK, PAPER, ORDER, SALE = GUIDS
NOBODY = "00000000-0000-0000-0000-000000000000"
MARCH_5 = "/Date(1772668800000)/"  # midnight of UTC
D = Decimal


def ref(guid: str, **fields: str) -> dict[str, Any]:
    return {"Guid": guid.upper(), **fields}


MASTER = (
    SeenObject("warehouse", MAIN, {"Guid": MAIN, "WarehouseCode": "MAIN", "WarehouseName": "Main"}),
    SeenObject("warehouse", SHOP, {"Guid": SHOP, "WarehouseCode": "SHOP", "WarehouseName": "Shop"}),
    SeenObject("customer", CUSTOMER, {"Guid": CUSTOMER, "CustomerCode": "C1", "CustomerName": "Bar Sol"}),
    SeenObject("supplier", SUPPLIER, {"Guid": SUPPLIER, "SupplierCode": "S1", "SupplierName": "Mill"}),
    SeenObject("product", FLOUR, {"Guid": FLOUR, "ProductCode": "FLOUR", "ProductDescription": "Flour"}),
    SeenObject("product", WORK, {"Guid": WORK, "ProductCode": "WORK", "ProductDescription": "Work",
                                 "NeverDiminishing": True}),
)  # fmt: skip


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A store for all tests here, each with a landing of its own; the landing is tested on both databases elsewhere."""
    store = make_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.sqlite'}")
    yield store
    store.close()


@pytest.fixture
def read(database: Database, tmp_path: Path) -> Landed:
    return Landed(database, tmp_path, Unleashed(AUCKLAND, "NZD"), MASTER)


def document(guid: str, found: Mapping[str, Any]) -> Document:
    record = found[guid]
    assert isinstance(record, Document), record
    return record


def movement(guid: str, found: Mapping[str, Any]) -> Movement:
    record = found[guid]
    assert isinstance(record, Movement), record
    return record


def line(**fields: Any) -> dict[str, Any]:
    usual = {"LineNumber": 1, "LineType": None, "Product": ref(FLOUR, ProductCode="FLOUR"),
             "OrderQuantity": D("2.0000"),
             "LineTotal": D("10.00000000"), "LineTax": D("1.500"), "Guid": f"{PAPER}1"}  # fmt: skip
    return {**usual, **fields}


def invoice(*lines: Mapping[str, Any], **fields: Any) -> SeenObject:
    usual = {"Guid": SALE, "InvoiceNumber": "INV-1", "OrderNumber": "SO-1", "InvoiceDate": MARCH_5,
             "InvoiceStatus": "Completed", "Customer": ref(CUSTOMER), "Currency": {"CurrencyCode": "NZD"},
             "SubTotal": D("10.000"), "TaxTotal": D("1.500"), "Total": D("11.500"),
             "InvoiceLines": list(lines) or [line(InvoiceQuantity=D(2))]}  # fmt: skip
    return SeenObject("invoice", SALE, {**usual, **fields})


def order(*lines: Mapping[str, Any], **fields: Any) -> SeenObject:
    usual = {"Guid": ORDER, "OrderNumber": "SO-1", "OrderStatus": "Completed", "Customer": ref(CUSTOMER),
             "Warehouse": ref(MAIN), "SendAccountingJournalOnly": False,
             "SalesOrderLines": list(lines) or [line(AverageLandedPriceAtTimeOfSale=D("4.33333333333333"))],
             }  # fmt: skip
    return SeenObject("sales_order", ORDER, {**usual, **fields})


def shipment(status: str = "Dispatched", **fields: Any) -> SeenObject:
    sent = {"Product": {"ProductCode": "FLOUR"}, "ShipmentQty": D("3.0000"), "SalesOrderLineNumber": 1, **fields}
    content = {"Guid": PAPER, "ShipmentNumber": "SS-1", "ShipmentStatus": status, "OrderNumber": "SO-1",
               "Warehouse": ref(MAIN), "Customer": ref(CUSTOMER), "DispatchDate": MARCH_5,
               "SalesShipmentLines": [sent]}  # fmt: skip
    return SeenObject("shipment", PAPER, content)


def purchase(*lines: Mapping[str, Any], **fields: Any) -> SeenObject:
    usual = {"Guid": PAPER, "OrderNumber": "PO-1", "OrderDate": MARCH_5, "OrderStatus": "Receipted",
             "ReceivedDate": MARCH_5, "Supplier": ref(SUPPLIER), "Warehouse": ref(MAIN),
             "Currency": {"CurrencyCode": "NZD"}, "SubTotal": D("10.000"), "TaxTotal": 0, "Total": D("10.000"),
             "PurchaseOrderLines": list(lines) or [line(LineTax=0)]}  # fmt: skip
    return SeenObject("purchase_order", PAPER, {**usual, **fields})


def stock(at: str, *held: tuple[str, str, str]) -> SeenObject:
    lines = [{"ProductGuid": FLOUR.upper(), "WarehouseGuid": place, "QtyOnHand": D(quantity), "TotalCost": D(value)}
             for place, quantity, value in held]  # fmt: skip
    return SeenObject("stock", at, {"Lines": lines})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MARCH_5, "2026-03-05"),  # a day, not noon of it in Auckland
        ("/Date(1772622000000)/", "2026-03-05"),  # midnight in Auckland, 11:00 of the day before in UTC
        ("/Date(1772622000000+1300)/", "2026-03-05"),
        ("/Date(1772665200000+0000)/", "2026-03-05"),  # noon in Auckland
        ("/Date(1772708399999)/", "2026-03-05"),  # the last moment of the day
        ("/Date(1772708400000)/", "2026-03-06"),
        ("/Date(-86400000)/", "1969-12-31"),
        ("2026-03-05", "2026-03-05"),
        ("2026-03-05T00:00:00", "2026-03-05"),
        ("/Date(soon)/", "/Date(soon)/"),
        ("/Date(999999999999999)/", "/Date(999999999999999)/"),
        (None, None),
    ],
)
def test_days(text: str | None, expected: str | None) -> None:
    assert day({"Date": text}, AUCKLAND, "Date") == expected


def test_lines_of_eight_decimals_add_up_to_the_document() -> None:
    lines = [{"LineTotal": D("1.00500000")}, {"LineTotal": D("1.00500000")}, {"LineTotal": D("7.99000000")}]
    assert shared(lines, "LineTotal", D("10.000")) == ["1.01", "1.01", "7.98"]
    assert shared(lines, "LineTotal", D("11.000")) == ["1.01", "1.01", "7.99"]  # more than rounding: it is to be seen


def test_master_data(read: Landed) -> None:
    read(SeenObject("customer", CUSTOMER, {
        "Guid": CUSTOMER, "CustomerCode": "C1", "CustomerName": "Bar Sol", "Email": "bar@example.com", "Obsolete": True,
        "Currency": {"CurrencyCode": "AUD"}, "Addresses": [
            {"AddressType": "Physical", "StreetAddress": "Dock 4"},
            {"AddressType": "Postal", "StreetAddress": "1 Queen St", "City": "Auckland", "PostalCode": "1010"}],
    }))  # fmt: skip
    found = read.master()
    party, work = found[f"customer:{CUSTOMER}"], found[WORK]
    assert isinstance(party, Party)
    assert isinstance(work, Product)
    assert (party.currency, party.email, party.active) == ("AUD", "bar@example.com", False)
    assert (party.address, party.city, party.postal_code) == ("1 Queen St", "Auckland", "1010")
    assert work.kind == "non_stocked"


def test_an_invoice_with_a_charge(read: Landed) -> None:
    charge = line(LineNumber=0, LineType="Charge", Product=ref(NOBODY, ProductDescription="Freight"), Guid=f"{PAPER}2",
                  LineTotal=D("5.00000000"), LineTax=D("0.750"))  # fmt: skip
    found = document(SALE, read(invoice(line(), charge, SubTotal=D(15), TaxTotal=D("2.25"), Total=D("17.25"))))
    assert (found.total_amount, found.party_id, found.status) == (D("17.25"), CUSTOMER, "completed")
    assert [(item.product_id, item.description, item.net_amount) for item in found.lines] == [
        (FLOUR, None, D(10)), (None, "Freight", D(5)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "became"), [("Deleted", "voided"), ("Completed", "completed"), ("Parked", "draft"), ("Frozen", "choice")]
)
def test_statuses_of_an_invoice(read: Landed, status: str, became: str) -> None:
    found = read(invoice(InvoiceStatus=status))[SALE]
    assert (found.rule if isinstance(found, SetAside) else getattr(found, "status", None)) == became


def test_the_invoice_of_an_order_that_is_a_journal_only_is_not_posted(read: Landed) -> None:
    found = read(order(SendAccountingJournalOnly=True), shipment(), invoice())
    assert document(SALE, read(invoice())).status == "not_posted"
    assert document(SALE, found).status == "not_posted"
    assert document(SALE, read(order())).status == "completed"  # the mark was taken off


def test_a_shipment_costs_what_its_order_line_says(read: Landed) -> None:
    found = movement(PAPER, read(order(), shipment()))
    assert (found.kind, found.business_date, found.party_id) == ("shipment", date(2026, 3, 5), CUSTOMER)
    assert [(item.product_id, item.location_id, item.quantity, item.value) for item in found.lines] == [
        (FLOUR, MAIN, D(-3), D("-13.00")),
    ]  # fmt: skip


def test_a_shipment_without_its_order_line_waits_for_it(read: Landed) -> None:
    assert isinstance(read(shipment())[PAPER], SetAside)
    assert isinstance(read(order())[PAPER], Movement)


def test_a_shipment_of_another_product_than_the_order_line_is_set_aside(read: Landed) -> None:
    found = read(order(), shipment(Product={"ProductCode": "SUGAR"}))[PAPER]
    assert isinstance(found, SetAside)
    assert found.value == "SUGAR"


def test_what_never_diminishes_is_not_shipped(read: Landed) -> None:
    assert PAPER not in read(
        order(line(Product=ref(WORK, ProductCode="WORK"))), shipment(Product={"ProductCode": "WORK"})
    )


@pytest.mark.parametrize(("status", "became"), [("Packed", None), ("Dispatched", "completed"), ("Deleted", "voided")])
def test_a_shipment_counts_when_it_is_dispatched(read: Landed, status: str, became: str | None) -> None:
    assert getattr(read(order(), shipment(status)).get(PAPER), "status", None) == became


def test_a_receipt_counts_long_before_its_order_is_complete(read: Landed) -> None:
    found = read(purchase())
    assert movement(f"{PAPER}:receipt", found).lines[0].value == D(10)
    assert f"{PAPER}:bill" not in found
    billed = read(purchase(SupplierInvoiceDate="/Date(1772755200000)/", SupplierRef="F-77"))
    bill = document(f"{PAPER}:bill", billed)
    assert (bill.number, bill.business_date, bill.reference) == ("F-77", date(2026, 3, 6), "F-77")
    assert [(match.movement_id, match.quantity) for match in bill.matches] == [(f"{PAPER}:receipt", D(2))]


@pytest.mark.parametrize("status", ["Parked", "Placed", "Costed"])
def test_an_order_that_was_not_received_is_an_order_alone(read: Landed, status: str) -> None:
    assert read(purchase(OrderStatus=status, ReceivedDate=None)).keys() == {f"{PAPER}:order"}


def test_a_complete_order_is_billed_on_the_day_that_its_supplier_wrote_or_else_of_its_completion(read: Landed) -> None:
    found = read(purchase(OrderStatus="Complete", CompletedDate="/Date(1772841600000)/"))
    assert document(f"{PAPER}:bill", found).business_date == date(2026, 3, 7)
    assert movement(f"{PAPER}:receipt", found).business_date == date(2026, 3, 5)


def test_a_deleted_order_takes_back_its_receipt_and_its_bill(read: Landed) -> None:
    found = read(purchase(OrderStatus="Deleted", SupplierInvoiceDate=MARCH_5))
    assert {key: record.status for key, record in found.items() if not isinstance(record, SetAside)} == dict.fromkeys(  # type: ignore[union-attr]
        (f"{PAPER}:order", f"{PAPER}:bill", f"{PAPER}:receipt"), "voided"
    )


def test_a_service_on_a_purchase_order_is_billed_and_not_received(read: Landed) -> None:
    work = line(Product=ref(WORK), LineTax=0, Guid=f"{PAPER}2", LineTotal=D("4.00000000"))
    found = read(purchase(line(LineTax=0), work, SubTotal=D(14), Total=D(14), SupplierInvoiceDate=MARCH_5))
    assert len(document(f"{PAPER}:bill", found).lines) == 2
    assert [item.product_id for item in movement(f"{PAPER}:receipt", found).lines] == [FLOUR]
    assert len(document(f"{PAPER}:bill", found).matches) == 1


def test_a_foreign_order_is_worth_what_it_says_in_home_currency(read: Landed) -> None:
    foreign = line(LineTax=0, BCSubTotal=D("15.3846"))
    found = read(purchase(foreign, Currency={"CurrencyCode": "USD"}, BCSubTotal=D("15.3846"), ExchangeRate=D("0.65"),
                          SupplierInvoiceDate=MARCH_5))  # fmt: skip
    bill, receipt = document(f"{PAPER}:bill", found), movement(f"{PAPER}:receipt", found)
    assert (bill.currency, bill.exchange_rate, bill.total_amount) == ("USD", D("1.53846"), D(10))
    assert (receipt.currency, receipt.lines[0].value) == ("NZD", D("15.38"))


def adjustment(status: str = "Completed", **fields: Any) -> SeenObject:
    one = {"Product": ref(FLOUR), "NewQuantity": D(7), "NewActualValue": D("35.0000"), "Guid": f"{PAPER}1", **fields}
    content = {"Guid": PAPER, "AdjustmentNumber": "SA-1", "AdjustmentDate": MARCH_5, "AdjustmentReason": "Damaged",
               "AccountCode": "404", "Status": status, "Warehouse": ref(MAIN), "StockAdjustmentLines": [one],
               }  # fmt: skip
    return SeenObject("adjustment", PAPER, content)


def test_an_adjustment_says_what_there_is_and_not_what_changed(read: Landed) -> None:
    evenings = stock("2026-03-04", (MAIN, "10", "50.00")), stock("2026-03-05", (MAIN, "7", "35.00"))
    found = movement(PAPER, read(adjustment(), *evenings))
    assert (found.kind, found.account, found.number) == ("adjustment", "404", "SA-1")
    assert [(item.quantity, item.value) for item in found.lines] == [(D(-3), D(-15))]


def test_an_adjustment_of_value_alone_is_a_revaluation(read: Landed) -> None:
    evenings = stock("2026-03-04", (MAIN, "7", "50.00")), stock("2026-03-05", (MAIN, "7", "35.00"))
    found = movement(PAPER, read(adjustment(), *evenings))
    assert (found.kind, found.lines[0].quantity, found.lines[0].value) == ("revaluation", D(0), D(-15))


@pytest.mark.parametrize(
    ("evening", "said"), [(None, "was not read yet"), (stock("2026-03-05", (MAIN, "5", "25.00")), "do not fit")]
)
def test_an_adjustment_that_cannot_be_worked_out_says_why(read: Landed, evening: SeenObject | None, said: str) -> None:
    found = read(adjustment(), stock("2026-03-04", (MAIN, "10", "50.00")), *([evening] if evening else []))[PAPER]
    assert isinstance(found, SetAside)
    assert said in str(found.value)


@pytest.mark.parametrize(("status", "became"), [("Parked", None), ("Deleted", "voided")])
def test_an_adjustment_that_did_not_happen(read: Landed, status: str, became: str | None) -> None:
    assert getattr(read(adjustment(status)).get(PAPER), "status", None) == became


def test_a_transfer_moves_the_value_that_left(read: Landed) -> None:
    content = {"Guid": PAPER, "TransferNumber": "TR-1", "TransferDate": MARCH_5, "TransferStatus": "Completed",
               "SourceWarehouse": ref(MAIN), "DestinationWarehouse": ref(SHOP),
               "TransferDetails": [{"Product": ref(FLOUR), "TransferQuantity": D(4)}]}  # fmt: skip
    evenings = (
        stock("2026-03-04", (MAIN, "10", "50.01")),
        stock("2026-03-05", (MAIN, "6", "30.00"), (SHOP, "4", "20.01")),
    )
    found = movement(PAPER, read(SeenObject("transfer", PAPER, content), *evenings))
    assert [(item.location_id, item.quantity, item.value) for item in found.lines] == [
        (MAIN, D(-4), D("-20.01")), (SHOP, D(4), D("20.01")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "names", [("CreditNoteNumber", "CreditNoteLines", "Status"), ("CreditNumber", "CreditLines", "CreditStatus")]
)
@pytest.mark.parametrize("came_back", [True, False])
def test_a_credit_note_under_both_spellings(read: Landed, names: tuple[str, str, str], came_back: bool) -> None:
    number, lines, status = names
    credited = line(CreditQuantity=D(2), CreditPrice=D(5), Guid=f"{PAPER}1")
    content = {"Guid": PAPER, number: "CR-1", "CreditDate": MARCH_5, status: "Completed", "Customer": ref(CUSTOMER),
               "SalesOrder": {"OrderNumber": "SO-1"}, "SubTotal": D(10), "TaxTotal": D("1.5"), "Total": D("11.5"),
               lines: [credited]}  # fmt: skip
    evening = (MAIN, "3", "13.00") if came_back else (MAIN, "1", "5.00")
    found = read(order(), SeenObject("credit_note", PAPER, content), stock("2026-03-04", (MAIN, "1", "5.00")),
                 stock("2026-03-05", evening))  # fmt: skip
    assert (document(PAPER, found).number, document(PAPER, found).lines[0].quantity) == ("CR-1", D(2))
    returned = found.get(f"{PAPER}:return")
    assert (isinstance(returned, Movement) and [(item.quantity, item.value) for item in returned.lines]) == (
        [(D(2), D(8))] if came_back else False
    )


def test_a_supplier_return_at_an_average_that_it_changed(read: Landed) -> None:
    sent = {"Product": ref(FLOUR), "OrderQuantity": D(9), "PurchaseUnitReturnQuantity": D(2), "ReturnPrice": D("6.00"),
            "AverageLandedPriceBeforeReturn": D("5.00"), "AverageLandedPriceAfterReturn": D("4.75")}  # fmt: skip
    content = {"Guid": PAPER, "ReturnDate": MARCH_5, "Status": "Completed", "Supplier": ref(SUPPLIER),
               "Warehouse": ref(MAIN), "BaseSubTotal": D(12), "BaseTaxTotal": 0, "BaseTotal": D(12),
               "SupplierReturnLines": [sent]}  # fmt: skip
    evenings = stock("2026-03-04", (MAIN, "10", "50.00")), stock("2026-03-05", (MAIN, "8", "38.00"))
    found = read(SeenObject("supplier_return", PAPER, content), *evenings)
    assert [(item.quantity, item.value) for item in movement(f"{PAPER}:return", found).lines] == [(D(-2), D(-12))]
    assert document(PAPER, found).lines[0].net_amount == D(12)
    assert document(PAPER, found).matches[0].quantity == D(2)


def test_a_count_is_the_difference_at_the_average_of_that_moment(read: Landed) -> None:
    lines = [{"Product": ref(FLOUR), "OnHandQuantity": D(10), "CountQuantity": D(counted),
              "AverageLandPriceAtTimeOfStockTake": D("4.33333333333333"), "Guid": f"{n}"}
             for n, counted in enumerate((7, 10))]  # fmt: skip
    content = {"Guid": PAPER, "StockTakeCode": "ST-1", "CompletedDate": MARCH_5, "Status": "Completed",
               "CostOfGoodsAccount": "310", "Warehouse": ref(MAIN), "StockCountLines": lines}  # fmt: skip
    found = movement(PAPER, read(SeenObject("stock_count", PAPER, content)))
    assert [(item.quantity, item.value) for item in found.lines] == [(D(-3), D("-13.00"))]
    assert found.account == "310"


def assembly(**fields: Any) -> SeenObject:
    parts = [{"Product": ref(FLOUR), "Quantity": D(4), "UnitCost": D("2.50"), "Guid": "a"},
             {"Product": ref(WORK), "Quantity": D(30), "UnitCost": D("0.10"), "Guid": "b"}]  # fmt: skip
    usual = {"Guid": PAPER, "AssemblyNumber": "AS-1", "AssemblyDate": MARCH_5, "AssemblyStatus": "Completed",
             "AssemblyType": "Assembly", "Quantity": D(1), "Product": ref(FLOUR), "TotalCost": D("13.00"),
             "SourceWarehouse": ref(MAIN), "DestinationWarehouse": ref(SHOP), "AssemblyLines": parts}  # fmt: skip
    return SeenObject("assembly", PAPER, {**usual, **fields})


def test_work_in_an_assembly_is_labour(read: Landed) -> None:
    found = movement(PAPER, read(assembly()))
    assert [(item.role, item.location_id, item.quantity, item.value) for item in found.lines] == [
        ("stock", MAIN, D(-4), D(-10)), ("stock", SHOP, D(1), D(13)), ("labour", None, D(0), D(3)),
    ]  # fmt: skip


def test_what_is_taken_apart_gives_its_cost_to_its_parts(read: Landed) -> None:
    parts = [{"Product": ref(FLOUR), "Quantity": D(4), "DisassembleCost": D("13.00"), "Guid": "a"}]
    found = movement(
        PAPER, read(assembly(AssemblyType="Disassembly", DisassembleCostTotal=D("13.00"), AssemblyLines=parts))
    )
    assert found.kind == "disassembly"
    assert sorted((item.quantity, item.value) for item in found.lines) == [(D(-1), D(-13)), (D(4), D(13))]


def test_stock_as_at_a_day_is_what_the_system_said_then(read: Landed) -> None:
    """Between the days that were asked for it follows what moved; what nothing explains is of the later of two."""
    read(order(), shipment(), stock("2026-03-01", (MAIN, "10", "50.00")), stock("2026-03-08", (MAIN, "6", "30.00")))
    with read.source() as source:
        found = {
            n: [(item.quantity, item.value) for item in source.stock_values(date(2026, 3, n))] for n in (1, 4, 5, 7, 8)
        }
    assert found == {
        1: [(D(10), D(50))], 4: [(D(10), D(50))], 5: [(D(7), D(37))], 7: [(D(7), D(37))], 8: [(D(6), D(30))],
    }  # fmt: skip


def test_ids_change_their_case(read: Landed) -> None:
    found = read(order(), shipment(), invoice())
    assert document(SALE, found).lines[0].product_id == FLOUR
    assert movement(PAPER, found).lines[0].product_id == FLOUR


@pytest.mark.parametrize(("home", "said"), [(D("10.00"), []), (D("15.38"), ["another currency"]), (None, [])])
def test_another_currency_shows_in_the_papers(database: Database, home: Decimal | None, said: list[str]) -> None:
    landing = StoredLanding(database, f"check {home}", "unleashed")
    landing.put([*MASTER, invoice(BCSubTotal=home)], calls=0)
    expected = Expected("NZD", "Pacific/Auckland", date(2026, 3, 1))
    assert [problem.what for problem in check_account(landing, expected, {})] == said
