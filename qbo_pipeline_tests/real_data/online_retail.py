"""Online Retail: 245,903 invoice lines of a UK gift wholesaler, as rows of the contract.

What belongs here: the mapping. An invoice is one number; those that begin with C are credit notes. An invoice of which
every line has price 0 and takes goods out is no sale: it is a write-off that people entered there, and it has no cost,
so that the zero-cost gate holds it. Postage, charges, discounts and gift vouchers are services. A sale without customer
goes to one customer who is called that.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from qbo_pipeline_tests.real_data.tables import Row

FIRST_DAY, LAST_DAY = date(2010, 12, 1), date(2011, 6, 30)
NOBODY = "unnamed"
CHARGES = frozenset({"POST", "DOT", "M", "C2", "D", "S", "BANK CHARGES", "AMAZONFEE", "CRUK", "B", "PADS"})
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Invoice:
    """The lines of one number, in the file's order."""

    number: str
    lines: list[dict[str, str]]

    @property
    def day(self) -> date:
        return date.fromisoformat(self.lines[0]["InvoiceDate"][:10])

    @property
    def is_credit(self) -> bool:
        return self.number.startswith("C")

    @property
    def is_write_off(self) -> bool:
        return all(Decimal(line["UnitPrice"]) == 0 and int(line["Quantity"]) < 0 for line in self.lines)

    def amounts(self) -> list[Decimal]:
        """Quantity by price of each line in pence, positive for what the document is."""
        sign = -1 if self.is_credit else 1
        exact = [sign * int(line["Quantity"]) * Decimal(line["UnitPrice"]) for line in self.lines]
        return [amount.quantize(_CENT, ROUND_HALF_UP) for amount in exact]


def invoices(folder: Path, last: date = LAST_DAY) -> Iterator[Invoice]:
    """The invoices up to a day; a number that comes again later in the file is one invoice all the same."""
    by_number: dict[str, list[dict[str, str]]] = {}
    with gzip.open(folder / "online_retail.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for number, lines in groupby(csv.DictReader(file), key=lambda line: line["InvoiceNo"]):
            by_number.setdefault(number, []).extend(lines)
    found = (Invoice(number, lines) for number, lines in by_number.items())
    yield from (one for one in found if one.day <= last)


def rows(folder: Path, last: date = LAST_DAY) -> Iterator[Row]:
    """The rows of the contract's tables."""
    customers: dict[str, str] = {NOBODY: "Customer not named"}
    products: dict[str, str] = {}
    yield "locations", {"location_id": "1", "name": "Warehouse"}
    for invoice in invoices(folder, last):
        customer = invoice.lines[0]["CustomerID"]
        customers.setdefault(customer or NOBODY, f"Customer {customer}")
        for line in invoice.lines:
            products[line["StockCode"]] = products.get(line["StockCode"]) or line["Description"]
        yield from _write_off(invoice) if invoice.is_write_off else _document(invoice, customer or NOBODY)
    for party_id, name in customers.items():
        yield "parties", {"party_id": party_id, "kind": "customer", "name": name}
    for code, name in products.items():
        kind = "service" if code.upper() in CHARGES or code.startswith("gift_") else "stocked"
        yield "products", {"product_id": code, "kind": kind, "number": code, "name": name or code}


def _document(invoice: Invoice, customer: str) -> Iterator[Row]:
    net = sum(invoice.amounts(), Decimal(0))
    yield "documents", {
        "document_id": invoice.number, "kind": "sales_credit" if invoice.is_credit else "sales_invoice",
        "number": invoice.number, "business_date": invoice.day.isoformat(), "party_id": customer, "currency": "GBP",
        "net_amount": str(net), "tax_amount": "0", "total_amount": str(net), "location_id": "1",
        "class": None,
    }  # fmt: skip
    for number, (line, amount) in enumerate(zip(invoice.lines, invoice.amounts(), strict=True), start=1):
        charge = line["StockCode"].upper() in CHARGES
        yield "document_lines", {
            "document_id": invoice.number, "line_id": f"{invoice.number}-{number}", "line_number": str(number),
            "business_date": invoice.day.isoformat(), "product_id": line["StockCode"],
            "description": line["Description"] or None,
            "quantity": str(abs(int(line["Quantity"])) if invoice.is_credit else int(line["Quantity"])),
            "unit_price": line["UnitPrice"], "net_amount": str(amount), "account": "charges" if charge else None,
        }  # fmt: skip


def _write_off(invoice: Invoice) -> Iterator[Row]:
    movement: dict[str, Any] = {
        "movement_id": invoice.number, "kind": "write_off", "number": invoice.number,
        "business_date": invoice.day.isoformat(), "currency": "GBP", "memo": invoice.lines[0]["Description"] or None,
    }  # fmt: skip
    yield "movements", movement
    for number, line in enumerate(invoice.lines, start=1):
        yield "movement_lines", {
            "movement_id": invoice.number, "line_id": f"{invoice.number}-{number}", "line_number": str(number),
            "business_date": invoice.day.isoformat(), "product_id": line["StockCode"], "location_id": "1",
            "quantity": line["Quantity"], "value": "0",
        }  # fmt: skip


@dataclass(slots=True)
class Totals:
    """What the file says by itself: how many of each, and the money of sales less credits."""

    invoices: int = 0
    credits: int = 0
    write_offs: int = 0
    sales: Decimal = Decimal(0)


def control_totals(folder: Path, last: date = LAST_DAY) -> Totals:
    """The totals up to a day."""
    found = Totals()
    for invoice in invoices(folder, last):
        if invoice.is_write_off:
            found.write_offs += 1
        elif invoice.is_credit:
            found.credits += 1
            found.sales -= sum(invoice.amounts(), Decimal(0))
        else:
            found.invoices += 1
            found.sales += sum(invoice.amounts(), Decimal(0))
    return found
