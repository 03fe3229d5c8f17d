"""Unleashed's objects as rows of the contract.

What belongs here: which function makes the rows of which kind of object, and the short ones. Documents are in
`papers.py`, movements of stock in `stock.py`, what several papers give together in `finishing.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from qbo_pipeline.sources.http.exact import write_exact
from qbo_pipeline.sources.landed import anchor
from qbo_pipeline.sources.landed.objects import Landed
from qbo_pipeline.sources.landed.projection import Projection, Row, Rows
from qbo_pipeline.sources.landed.values import Object, amount, key, objects, part, terms, text
from qbo_pipeline.sources.unleashed import stock
from qbo_pipeline.sources.unleashed.fields import day, product, rounded, status
from qbo_pipeline.sources.unleashed.finishing import LINE, MOVEMENT, SHIPPED, UNSOLVED, finish_order, solve_all
from qbo_pipeline.sources.unleashed.lists import STOCK, WAREHOUSE
from qbo_pipeline.sources.unleashed.look_up import LookUp
from qbo_pipeline.sources.unleashed.papers import credit_rows, purchase_rows, return_rows


@dataclass(frozen=True, slots=True)
class Unleashed:
    """`System` of the landing, for one company: its days are in `zone`, its own currency is `currency`."""

    zone: ZoneInfo
    currency: str
    name: str = "unleashed"
    looked_up: frozenset[str] = frozenset()

    @property
    def version(self) -> str:
        return f"2 {self.zone.key} {self.currency}"

    @property
    def staging(self) -> Mapping[str, tuple[str, ...]]:
        return {
            "orders": ("task_id", "party_id", "location_id", "journal_only"),
            "order_lines": ("task_id", "line_number", "product_id", "code", "cost"),
            "invoices": ("task_id", "invoice_id", "content"),
            "shipped": SHIPPED,
            "pending": MOVEMENT,
            "pending_lines": LINE,
            "unsolved": UNSOLVED,
            "stock": anchor.STOCK,
            "stock_days": ("day",),
        }

    def rows(self, landed: Landed, projection: Projection) -> Rows:
        make = _MAKERS.get(landed.kind)
        return {} if make is None else make(LookUp(self.zone, self.currency, projection), landed)

    def finish(self, projection: Projection, at: str) -> None:
        look = LookUp(self.zone, self.currency, projection)
        for task_id in sorted(projection.tasks):
            finish_order(look, task_id, at)
        if projection.owners:
            solve_all(projection, at)
            anchor.chain_stock(projection, self.currency, at)


def _warehouse(look: LookUp, landed: Landed) -> Rows:
    source = landed.content
    location = {"location_id": landed.object_id, "number": text(source, "WarehouseCode"),
                "name": text(source, "WarehouseName", "WarehouseCode")}  # fmt: skip
    return {"locations": [location]}


def _party(kind: str, code: str, name: str) -> Callable[[LookUp, Landed], Rows]:
    def rows(look: LookUp, landed: Landed) -> Rows:
        source = landed.content
        party: Row = {
            "party_id": landed.object_id,
            "kind": kind,
            "number": text(source, code),
            "name": text(source, name),
            "currency": look.code(source),
            "email": text(source, "Email"),
            "phone": text(source, "PhoneNumber"),
            **address_of(source),
            "tax_number": text(source, "GSTVATNumber"),
            "tax_exempt": "yes" if kind == "customer" and source.get("Taxable") is False else None,
            "party_group": text(source, "CustomerType"),
            **terms(source, "PaymentTerm"),
            "active": "no" if source.get("Obsolete") is True else "yes",
        }
        return {"parties": [party]}

    return rows


def address_of(party: Object) -> Row:
    """Where bills go: the postal address, or else the first there is."""
    found = sorted(objects(party, "Addresses"), key=lambda address: text(address, "AddressType") != "Postal")
    if not found:
        return {}
    lines = [line for n in ("", "1", "2") if (line := text(found[0], f"StreetAddress{n}", f"AddressLine{n}"))]
    return {
        "address": "\n".join(dict.fromkeys(lines)) or None,
        "city": text(found[0], "City"),
        "region": text(found[0], "Region"),
        "postal_code": text(found[0], "PostalCode", "PostCode"),
        "country": text(found[0], "Country"),
    }


def _product(look: LookUp, landed: Landed) -> Rows:
    source = landed.content
    found: Row = {
        "product_id": landed.object_id,
        # What never diminishes has no stock: services, freight, work.
        "kind": "non_stocked" if source.get("NeverDiminishing") is True else "stocked",
        "number": text(source, "ProductCode"),
        "name": text(source, "ProductDescription", "ProductCode"),
        "category": text(part(source, "ProductGroup"), "GroupName"),
        "unit": text(part(source, "UnitOfMeasure"), "Name"),
        "weight": rounded(source, "Weight"),
        "active": "no" if source.get("Obsolete") is True else "yes",
    }
    return {"products": [found]}


def _task(source: Object, guid: str) -> str:
    """What shipments and invoices of an order have in common."""
    return text(source, "OrderNumber") or f"none:{guid}"


def _order(look: LookUp, landed: Landed) -> Rows:
    source = landed.content
    task_id = _task(source, landed.object_id)
    order = {
        "task_id": task_id,
        "party_id": key(part(source, "Customer"), "Guid"),
        "location_id": key(part(source, "Warehouse"), "Guid"),
        "journal_only": "yes" if source.get("SendAccountingJournalOnly") is True else None,
    }
    lines = [
        {
            "task_id": task_id,
            "line_number": amount(line, "LineNumber"),
            "product_id": product(line),
            "code": text(part(line, "Product"), "ProductCode"),
            "cost": amount(line, "AverageLandedPriceAtTimeOfSale"),
        }
        for line in objects(source, "SalesOrderLines")
        if (text(line, "LineType") or "").lower() != "charge"  # charges are line 0, and no goods
    ]
    return {"orders": [order], "order_lines": lines}


def _shipment(look: LookUp, landed: Landed) -> Rows:
    source = landed.content
    found = status(source, "ShipmentStatus")
    if not stock.has_moved(found):
        return {}
    lines = [
        {
            "task_id": _task(source, landed.object_id),
            "movement_id": landed.object_id,
            "number": text(source, "ShipmentNumber") or landed.object_id[:8],
            "business_date": day(source, look.zone, "DispatchDate"),
            "party_id": key(part(source, "Customer"), "Guid"),
            "location_id": look.warehouse(source),
            "status": stock.movement_status(found),
            "line_id": f"{landed.object_id}:{position}",
            "position": position,
            "order_line": amount(line, "SalesOrderLineNumber"),
            "code": text(part(line, "Product"), "ProductCode"),
            "quantity": rounded(line, "ShipmentQty"),
        }
        for position, line in enumerate(objects(source, "SalesShipmentLines"), start=1)
    ]
    return {"shipped": lines}


def _invoice(look: LookUp, landed: Landed) -> Rows:
    task_id = _task(landed.content, landed.object_id)
    return {"invoices": [{"task_id": task_id, "invoice_id": landed.object_id, "content": write_exact(landed.content)}]}


def _purchase(look: LookUp, landed: Landed) -> Rows:
    order = {"task_id": _task(landed.content, landed.object_id),
             "location_id": key(part(landed.content, "Warehouse"), "Guid")}  # fmt: skip
    return {
        "orders": [order],  # suppliers' returns name it
        **purchase_rows(look, landed.content, landed.object_id),
        **stock.receipt_rows(look, landed.content, landed.object_id),
    }


def _credit(look: LookUp, landed: Landed) -> Rows:
    return {
        **credit_rows(look, landed.content, landed.object_id),
        **stock.credited_stock(look, landed.content, landed.object_id),
    }


def _return(look: LookUp, landed: Landed) -> Rows:
    return {
        **return_rows(look, landed.content, landed.object_id),
        **stock.return_stock(look, landed.content, landed.object_id),
    }


def _of(make: Callable[[LookUp, Object, str], Rows]) -> Callable[[LookUp, Landed], Rows]:
    return lambda look, landed: make(look, landed.content, landed.object_id)


def _stock(look: LookUp, landed: Landed) -> Rows:
    found = [
        {
            "day": landed.object_id,
            "product_id": key(line, "ProductGuid"),
            "location_id": key(line, "WarehouseGuid"),
            "quantity": rounded(line, "QtyOnHand"),
            "value": rounded(line, "TotalCost", places=2),
        }
        for line in objects(landed.content, "Lines")
    ]
    return {"stock": found, "stock_days": [{"day": landed.object_id}]}


_MAKERS: Mapping[str, Callable[[LookUp, Landed], Rows]] = {
    WAREHOUSE: _warehouse,
    "customer": _party("customer", "CustomerCode", "CustomerName"),
    "supplier": _party("supplier", "SupplierCode", "SupplierName"),
    "product": _product,
    "sales_order": _order,
    "shipment": _shipment,
    "invoice": _invoice,
    "credit_note": _credit,
    "purchase_order": _purchase,
    "supplier_return": _return,
    "adjustment": _of(stock.adjustment_rows),
    "stock_count": _of(stock.count_rows),
    "assembly": _of(stock.assembly_rows),
    "transfer": _of(stock.transfer_rows),
    STOCK: _stock,
}
