"""AdventureWorks: 4,012 purchase orders and 72,591 work orders of a bicycle maker, as rows of the contract.

What belongs here: the mapping. What was received on an order's ship date is a receipt, and a bill of it with its
tax and freight; what was rejected goes back on the same day, with a supplier's credit. A work order is an assembly on
its end date: the components of the bill of materials of that day at their standard cost, and the share of what was
scrapped is waste. Components without a standard cost go at 0: the zero-cost gate holds what they would post.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from qbo_pipeline_tests.real_data.tables import Row

FIRST_DAY, LAST_DAY = date(2022, 4, 24), date(2025, 10, 16)
DAYS_LATER = timedelta(days=4_017)  # the work orders' dates are the original ones
_CENT = Decimal("0.01")
_TAX = Decimal("0.08")


def _table(folder: Path, name: str) -> Iterator[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Order:
    """A purchase order with its lines."""

    head: dict[str, str]
    lines: list[dict[str, str]]

    @property
    def key(self) -> str:
        return self.head["PurchaseOrderID"]

    @property
    def day(self) -> date:
        return date.fromisoformat(self.head["ShipDate"][:10])

    def part(self, column: str) -> list[tuple[dict[str, str], Decimal, Decimal]]:
        """The lines of which something was received (`ReceivedQty`) or rejected, with quantity and value in cents."""
        found = []
        for line in self.lines:
            quantity = Decimal(line[column])
            if quantity:
                found.append((line, quantity, _cents(quantity * Decimal(line["UnitPrice"]))))
        return found


def orders(folder: Path, last: date = LAST_DAY) -> Iterator[Order]:
    """The purchase orders that were shipped up to a day."""
    lines = defaultdict(list)
    for line in _table(folder, "Purchasing.PurchaseOrderDetail"):
        lines[line["PurchaseOrderID"]].append(line)
    found = (Order(head, lines[head["PurchaseOrderID"]]) for head in _table(folder, "Purchasing.PurchaseOrderHeader"))
    yield from (one for one in found if one.day <= last)


class Costs:
    """Standard costs and bills of materials by date."""

    def __init__(self, folder: Path) -> None:
        self._standard = {
            row["ProductID"]: Decimal(row["StandardCost"]) for row in _table(folder, "Production.Product")
        }
        self._history = defaultdict(list)
        for row in _table(folder, "Production.ProductCostHistory"):
            since, until = row["StartDate"][:10], row["EndDate"][:10] or "9999"
            self._history[row["ProductID"]].append((since, until, Decimal(row["StandardCost"])))
        self._parts = defaultdict(list)
        for row in _table(folder, "Production.BillOfMaterials"):
            since, until = row["StartDate"][:10], row["EndDate"][:10] or "9999"
            if row["ProductAssemblyID"]:
                part = (since, until, row["ComponentID"], Decimal(row["PerAssemblyQty"]))
                self._parts[row["ProductAssemblyID"]].append(part)

    def of(self, product: str, day: str) -> Decimal:
        """The standard cost of a day, else the latest one."""
        found = (cost for since, until, cost in self._history[product] if since <= day <= until)
        return next(found, self._standard[product])

    def parts(self, product: str, day: str) -> list[tuple[str, Decimal]]:
        """Component and quantity for one, by the bill of materials of a day, else its newest."""
        rows = self._parts[product]
        found = [(part, quantity) for since, until, part, quantity in rows if since <= day <= until]
        return found or [(part, quantity) for _, until, part, quantity in rows if until == "9999"]


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """One work order: what is taken, what comes of it, and what is lost; values in cents, positive."""

    key: str
    product: str
    day: date
    made: int
    scrapped: int
    parts: list[tuple[str, Decimal, Decimal]]  # component, quantity, value

    @property
    def value(self) -> Decimal:
        return sum((value for _, _, value in self.parts), Decimal(0))

    @property
    def waste(self) -> Decimal:
        """The scrapped share of what was taken."""
        return _cents(self.value * self.scrapped / (self.made + self.scrapped))

    @property
    def held(self) -> bool:
        """Whether something of it would be posted, and a component has no cost."""
        return self.waste > 0 and any(not value for _, _, value in self.parts)


def work_orders(folder: Path, last: date = LAST_DAY) -> Iterator[WorkOrder]:
    """The work orders that ended up to a day."""
    costs = Costs(folder)
    with gzip.open(folder / "WorkOrder.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            day = date.fromisoformat(row["end_date"][:10]) + DAYS_LATER
            if day > last:
                continue
            ordered, scrapped, text = int(row["order_qty"]), int(row["scrapped_qty"] or 0), day.isoformat()
            parts = [
                (part, quantity * ordered, _cents(quantity * ordered * costs.of(part, text)))
                for part, quantity in costs.parts(row["product_id"], text)
            ]
            yield WorkOrder(row["work_order_id"], row["product_id"], day, ordered - scrapped, scrapped, parts)


def rows(folder: Path, last: date = LAST_DAY) -> Iterator[Row]:
    """The rows of the contract's tables."""
    yield "locations", {"location_id": "1", "name": "Plant"}
    for row in _table(folder, "Purchasing.Vendor"):
        yield "parties", {
            "party_id": row["BusinessEntityID"], "kind": "supplier", "number": row["AccountNumber"],
            "name": row["Name"],
        }  # fmt: skip
    for row in _table(folder, "Production.Product"):
        yield "products", {
            "product_id": row["ProductID"], "kind": "stocked", "number": row["ProductNumber"], "name": row["Name"],
        }  # fmt: skip
    for order in orders(folder, last):
        yield from _ordered(order)
        yield from _delivered(order, "ReceivedQty", "receipt", "bill", 1)
        yield from _delivered(order, "RejectedQty", "supplier_return", "purchase_credit", -1)
    for work in work_orders(folder, last):
        yield from _assembly(work)


def _ordered(order: Order) -> Iterator[Row]:
    """The order itself, which is not posted unless the settings say so."""
    amounts = [_cents(Decimal(line["OrderQty"]) * Decimal(line["UnitPrice"])) for line in order.lines]
    net = str(sum(amounts, Decimal(0)))
    key = f"order-{order.key}"
    yield "documents", _header(order, key, "purchase_order", net, "0", net)
    for line, amount in zip(order.lines, amounts, strict=True):
        yield "document_lines", {
            "document_id": key, "line_id": f"{key}-{line['PurchaseOrderDetailID']}", "product_id": line["ProductID"],
            "business_date": order.day.isoformat(), "quantity": line["OrderQty"], "net_amount": str(amount),
        }  # fmt: skip


def _delivered(order: Order, column: str, movement: str, document: str, sign: int) -> Iterator[Row]:
    """The goods that came or went back, and the supplier's paper about them."""
    part = order.part(column)
    if not part:
        return
    goods, paper, day = f"{movement}-{order.key}", f"{document}-{order.key}", order.day.isoformat()
    yield "movements", {
        "movement_id": goods, "kind": movement, "number": goods, "business_date": day, "currency": "USD",
        "party_id": order.head["VendorID"],
    }  # fmt: skip
    net, tax, total = _amounts(order, column, document)
    yield "documents", _header(order, paper, document, str(net), str(tax), str(total))
    for line, quantity, value in part:
        its, amount = line["PurchaseOrderDetailID"], str(sign * value)
        moved = {
            "product_id": line["ProductID"],
            "business_date": day,
            "quantity": str(sign * quantity),
            "value": amount,
        }
        yield "movement_lines", {"movement_id": goods, "line_id": f"{goods}-{its}", "location_id": "1", **moved}
        yield "stock_values", {"location_id": "1", "currency": "USD", **moved}
        yield "document_lines", {
            "document_id": paper, "line_id": f"{paper}-{its}", "product_id": line["ProductID"], "business_date": day,
            "quantity": str(quantity), "net_amount": str(value),
        }  # fmt: skip
        yield "bill_matches", {
            "document_id": paper, "line_id": f"{paper}-{its}", "movement_id": goods,
            "movement_line_id": f"{goods}-{its}", "quantity": str(quantity),
        }  # fmt: skip
    if freight := _freight(order, document):
        yield "document_lines", {
            "document_id": paper, "line_id": f"{paper}-freight", "business_date": day, "description": "Freight",
            "net_amount": str(freight), "account": "freight",
        }  # fmt: skip


def _freight(order: Order, document: str) -> Decimal:
    return _cents(Decimal(order.head["Freight"])) if document == "bill" else Decimal(0)


def _amounts(order: Order, column: str, document: str) -> tuple[Decimal, Decimal, Decimal]:
    """Net with freight, tax on the goods, total."""
    goods = sum((value for _, _, value in order.part(column)), Decimal(0))
    tax, net = _cents(goods * _TAX), goods + _freight(order, document)
    return net, tax, net + tax


def _header(order: Order, key: str, kind: str, net: str, tax: str, total: str) -> dict[str, Any]:
    return {
        "document_id": key, "kind": kind, "number": key, "business_date": order.day.isoformat(),
        "party_id": order.head["VendorID"], "currency": "USD", "net_amount": net, "tax_amount": tax,
        "total_amount": total,
    }  # fmt: skip


def _assembly(work: WorkOrder) -> Iterator[Row]:
    key, day = f"work-{work.key}", work.day.isoformat()
    yield "movements", {
        "movement_id": key, "kind": "assembly", "number": key, "business_date": day, "currency": "USD",
    }  # fmt: skip
    goods = [(part, -quantity, -value) for part, quantity, value in work.parts]
    goods.append((work.product, Decimal(work.made), work.value - work.waste))
    for number, (product, quantity, value) in enumerate(goods, start=1):
        moved = {"product_id": product, "business_date": day, "quantity": str(quantity), "value": str(value)}
        yield "movement_lines", {"movement_id": key, "line_id": f"{key}-{number}", "location_id": "1", **moved}
        yield "stock_values", {"location_id": "1", "currency": "USD", **moved}
    if work.waste:
        yield "movement_lines", {
            "movement_id": key, "line_id": f"{key}-waste", "role": "waste", "business_date": day, "quantity": "0",
            "value": str(work.waste),
        }  # fmt: skip


@dataclass(slots=True)
class Totals:
    """What the files say by themselves, in dollars."""

    received: Decimal = Decimal(0)
    rejected: Decimal = Decimal(0)
    payable: Decimal = Decimal(0)
    wasted: Decimal = Decimal(0)  # by work orders whose components all have a cost
    held: Decimal = Decimal(0)  # by those that wait for one
    bills: int = 0
    credits: int = 0
    work_orders: int = 0
    waiting: int = 0

    @property
    def stock(self) -> Decimal:
        return self.received - self.rejected - self.wasted - self.held


def control_totals(folder: Path, last: date = LAST_DAY) -> Totals:
    """The totals up to a day."""
    found = Totals()
    for order in orders(folder, last):
        received, rejected = order.part("ReceivedQty"), order.part("RejectedQty")
        found.received += sum((value for _, _, value in received), Decimal(0))
        found.rejected += sum((value for _, _, value in rejected), Decimal(0))
        if received:
            found.bills += 1
            found.payable += _amounts(order, "ReceivedQty", "bill")[2]
        if rejected:
            found.credits += 1
            found.payable -= _amounts(order, "RejectedQty", "purchase_credit")[2]
    for work in work_orders(folder, last):
        found.work_orders += 1
        found.waiting += work.held
        found.held += work.waste if work.held else 0
        found.wasted += 0 if work.held else work.waste
    return found
