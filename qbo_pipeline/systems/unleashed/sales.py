"""The company's sales as Unleashed shows them: orders, shipments, invoices, credit notes.

What belongs here: their shapes. An order that was shipped in parts is several orders, as Unleashed makes one of what is
left over. A shipment's lines have no cost: that is the order line's. Credit notes come under two spellings, do not say
whether goods came back, and have no warehouse of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from qbo_pipeline.systems.company import CompanyDatabase, Record, grouped, guid
from qbo_pipeline.systems.exact import cents, milli
from qbo_pipeline.systems.unleashed.words import (
    CURRENCY,
    NO_GUID,
    Names,
    Thing,
    as_date,
    average,
    exact_total,
    in_the_evening,
)

_TAX_PER_MILLE = 55


def sales(company: CompanyDatabase, names: Names) -> dict[str, dict[str, Thing]]:
    """By kind and id."""
    return _Sales(company, names).made()


class _Sales:
    def __init__(self, company: CompanyDatabase, names: Names) -> None:
        self.company, self.names = company, names
        self.found: dict[str, dict[str, Thing]] = {
            kind: {} for kind in ("sales_order", "shipment", "invoice", "credit_note")
        }
        self.number_of_shipment: dict[int, str] = {}

    def made(self) -> dict[str, dict[str, Thing]]:
        shipments = grouped(self.company.table("shipments"), "order_id")
        invoice_of = {row["shipment_id"]: row for row in self.company.table("invoices") if row["shipment_id"]}
        invoice_lines = grouped(self.company.table("invoice_lines"), "invoice_id")
        shipped = grouped(self.company.table("shipment_lines"), "shipment_id")
        ordered = grouped(self.company.table("sales_order_lines"), "order_id")
        for order in self.company.table("sales_orders"):
            parts = shipments[order["id"]]
            for n, shipment in enumerate(parts):
                self._shipped(order, shipment, n, shipped[shipment["id"]], ordered[order["id"]])
                if invoice := invoice_of.get(shipment["id"]):
                    self._invoice(invoice, invoice_lines[invoice["id"]], self.number_of_shipment[shipment["id"]])
            left = [{**line, "quantity_milli": line["quantity_milli"] - line["shipped_milli"]}
                    for line in ordered[order["id"]] if line["shipped_milli"] < line["quantity_milli"]]  # fmt: skip
            if left:
                self._order(_part_guid(order, len(parts)), _part(order["number"], len(parts)), order, "Placed", left)
        for invoice in self.company.rows("SELECT * FROM invoices WHERE shipment_id IS NULL ORDER BY id"):
            number = f"SO-S{invoice['number']}"
            lines = invoice_lines[invoice["id"]]
            self._order(guid("service_order", invoice["id"]), number, invoice, "Completed", lines)
            self._invoice(invoice, lines, number)
        self._credits()
        return self.found

    def _order(self, object_id: str, number: str, row: Record, status: str, lines: list[Record]) -> None:
        shown = []
        for n, line in enumerate(lines, start=1):
            shown.append({
                "LineNumber": n, "LineType": None, "Product": self.names.product(line["item_id"]),
                "DueDate": as_date(row["business_date"]), "OrderQuantity": milli(line["quantity_milli"]),
                "UnitPrice": cents(line["unit_cents"]), "DiscountRate": Decimal("0.0000"),
                "LineTotal": exact_total(line["quantity_milli"], line["unit_cents"]), "Volume": None, "Weight": None,
                "Comments": "",
                "AverageLandedPriceAtTimeOfSale": average(line.get("cost_cents", 0), line["quantity_milli"]),
                "TaxRate": Decimal("0.000000"), "LineTax": cents(line.get("tax_cents", 0)), "LineTaxCode": None,
                "XeroSalesAccount": None, "SerialNumbers": None, "BatchNumbers": None,
                "Guid": guid(f"{object_id}/line", n),
            })  # fmt: skip
        place = row.get("warehouse_id")
        self.found["sales_order"][object_id] = {
            "OrderNumber": number, "OrderDate": as_date(row["business_date"]), "OrderStatus": status,
            "RequiredDate": None, "CompletedDate": None, "Customer": self.names.customer(row["customer_id"]),
            "CustomerRef": row.get("customer_reference"), "Comments": None,
            "Warehouse": None if place is None else self.names.warehouse(place), "Currency": CURRENCY,
            "ExchangeRate": Decimal("1.000000"), "SendAccountingJournalOnly": False, "SourceId": None,
            "SalesOrderLines": shown, "Guid": object_id,
        }  # fmt: skip

    def _shipped(self, order: Record, shipment: Record, n: int, lines: list[Record], ordered: list[Record]) -> None:
        number = _part(order["number"], n)
        self.number_of_shipment[shipment["id"]] = number
        prices = {line["id"]: line["unit_cents"] for line in ordered}
        voided = shipment["status"] == "voided"
        priced = [{**line, "unit_cents": prices[line["order_line_id"]]} for line in lines]
        order_id = _part_guid(order, n)
        self._order(order_id, number, order, "Deleted" if voided else "Completed", priced)
        object_id = guid("shipment", shipment["id"])
        self.found["shipment"][object_id] = {
            "ShipmentNumber": shipment["number"], "ShipmentStatus": "Deleted" if voided else "Dispatched",
            "ShipmentStatusEnum": 3 if voided else 2, "OrderNumber": number, "OrderGuid": order_id,
            "Customer": self.names.customer(shipment["customer_id"]),
            "Warehouse": self.names.warehouse(shipment["warehouse_id"]),
            "DispatchDate": in_the_evening(shipment["business_date"]), "TrackingNumber": None,
            "ShippingCompany": None, "TotalCommercialValue": 0, "Guid": object_id,
            "SalesShipmentLines": [
                {"Product": {"ProductCode": self.names.items[line["item_id"]]["sku"]},
                 "ShipmentQty": milli(line["quantity_milli"]), "SalesOrderLineNumber": position}
                for position, line in enumerate(lines, start=1)
            ],
        }  # fmt: skip

    def _invoice(self, row: Record, lines: list[Record], order_number: str) -> None:
        object_id = guid("invoice", row["id"])
        self.found["invoice"][object_id] = {
            "InvoiceNumber": row["number"], "OrderNumber": order_number, "InvoiceDate": as_date(row["business_date"]),
            "DueDate": as_date(row["due_date"]), "PaymentReceived": row["paid_cents"] >= row["total_cents"],
            "InvoiceStatus": "Deleted" if row["status"] == "voided" else "Completed", "PaymentTerm": "30 days",
            "Customer": self.names.customer(row["customer_id"]), "Comments": row["memo"], **_money(row),
            "InvoiceLines": self._lines(object_id, lines, "InvoiceQuantity", "UnitPrice"), "Guid": object_id,
        }  # fmt: skip

    def _lines(self, object_id: str, rows: Iterable[Record], quantity: str, price: str) -> list[Thing]:
        shown = []
        for n, row in enumerate(rows, start=1):
            charge = self.names.items[row["item_id"]]["sku"] == "FREIGHT-OUT"
            nothing = {"Guid": NO_GUID, "ProductCode": None, "ProductDescription": "Shipping and handling"}
            shown.append({
                "LineNumber": 0 if charge else n, "LineType": "Charge" if charge else None,
                "Product": nothing if charge else self.names.product(row["item_id"]),
                "OrderQuantity": milli(row["quantity_milli"]), quantity: milli(row["quantity_milli"]),
                price: cents(row["unit_cents"]), "DiscountRate": Decimal("0.0000"),
                "LineTotal": exact_total(row["quantity_milli"], row["unit_cents"]), "LineTax": cents(row["tax_cents"]),
                "LineTaxCode": row["tax_code"], "Comments": None, "SerialNumbers": None, "BatchNumbers": None,
                "Guid": guid(f"{object_id}/line", n),
            })  # fmt: skip
        return shown

    def _credits(self) -> None:
        """Goods that came back are credited on their day, whether or not somebody has written it yet."""
        invoices = self.company.by_id("invoices")
        invoice_lines = self.company.by_id("invoice_lines")
        written = self.company.table("credit_notes")
        lines = grouped(self.company.table("credit_note_lines"), "credit_note_id")
        by_return = {row["return_id"]: row for row in written if row["return_id"] is not None}
        back = grouped(self.company.table("customer_return_lines"), "return_id")
        for row in self.company.table("customer_returns"):
            note = by_return.get(row["id"])
            if note is None:
                (line,) = back[row["id"]]
                sold = invoice_lines[line["invoice_line_id"]]
                shown = [_credited(line, sold)]
                note = {"number": f"CRN-{row['number']}", "memo": "Returned", **_summed(shown)}
            else:
                shown = lines[note["id"]]
            self._credit(guid("customer_return", row["id"]), note, shown, row, invoices[row["invoice_id"]])
        for note in written:
            if note["return_id"] is None:
                own = invoices[note["invoice_id"]]
                self._credit(guid("credit_note", note["id"]), note, lines[note["id"]], note, own)

    def _credit(self, object_id: str, note: Record, lines: list[Record], dated: Record, invoice: Record) -> None:
        order = self.number_of_shipment.get(invoice["shipment_id"])
        newer = int(object_id[0], 16) % 2
        voided = "voided" in (dated["status"], note.get("status"))
        self.found["credit_note"][object_id] = {
            "CreditNoteNumber" if newer else "CreditNumber": note["number"],
            "CreditDate": as_date(dated["business_date"]),
            "Status" if newer else "CreditStatus": "Deleted" if voided else "Completed", "CreditType": "Credit",
            "CreditReason": note["memo"], "InvoiceNumber": invoice["number"], "SalesOrder": {"OrderNumber": order},
            "Customer": self.names.customer(invoice["customer_id"]), **_money(note),
            "Guid": object_id,
            "CreditNoteLines" if newer else "CreditLines":
                self._lines(object_id, lines, "CreditQuantity", "CreditPrice"),
        }  # fmt: skip


def _part_guid(order: Record, n: int) -> str:
    """The id of an order's part: what is still to come is the same order once it has been sent."""
    return guid(f"sales_order/{order['id']}", n)


def _part(number: str, n: int) -> str:
    return f"{number}/{n}" if n else number


def _credited(line: Record, sold: Record) -> Record:
    net = (line["quantity_milli"] * sold["unit_cents"] + 500) // 1000
    tax = (net * _TAX_PER_MILLE + 500) // 1000 if sold["tax_code"] == "TAX" else 0
    kept = {name: sold[name] for name in ("item_id", "unit_cents", "tax_code")}
    return {**kept, "quantity_milli": line["quantity_milli"], "net_cents": net, "tax_cents": tax}


def _summed(lines: list[Record]) -> Record:
    net, tax = (sum(line[name] for line in lines) for name in ("net_cents", "tax_cents"))
    return {"net_cents": net, "tax_cents": tax, "total_cents": net + tax}


def _money(row: dict[str, Any]) -> Thing:
    return {
        "SubTotal": cents(row["net_cents"]), "TaxTotal": cents(row["tax_cents"]), "Total": cents(row["total_cents"]),
        "BCSubTotal": cents(row["net_cents"]), "BCTaxTotal": cents(row["tax_cents"]),
        "BCTotal": cents(row["total_cents"]),
        "Currency": CURRENCY, "ExchangeRate": Decimal("1.000000"), "XeroTaxCode": None,
    }  # fmt: skip
