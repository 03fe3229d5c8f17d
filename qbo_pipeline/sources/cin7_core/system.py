"""Cin7 Core's objects as rows of the contract.

What belongs here: which function makes the rows of which kind of object, and the short ones. Sales and purchases are in
`papers.py`, movements of stock in `stock.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.cin7_core.fields import day
from qbo_pipeline.sources.cin7_core.lists import COMPANY, MOVEMENTS, STOCK
from qbo_pipeline.sources.cin7_core.papers import Paper, purchase_rows, sale_rows
from qbo_pipeline.sources.cin7_core.parties import party_fields
from qbo_pipeline.sources.cin7_core.stock import finish_task
from qbo_pipeline.sources.landed import anchor
from qbo_pipeline.sources.landed.objects import Landed
from qbo_pipeline.sources.landed.projection import Projection, Row, Rows
from qbo_pipeline.sources.landed.values import Object, amount, exact, key, objects, terms, text

PRODUCT_KINDS = {"Stock": "stocked", "Service": "service", "Non-Inventory": "non_stocked", "Fixed Asset": "non_stocked"}
_ROWS_OF_ONE_LOCATION = "SELECT location_id FROM locations_rows WHERE name = ?"


@dataclass(frozen=True, slots=True)
class Cin7Core:
    """`System` of the landing, for one company: its days are in `zone`."""

    zone: ZoneInfo
    name: str = "cin7_core"
    looked_up: frozenset[str] = frozenset({"location", COMPANY})

    @property
    def version(self) -> str:
        return f"3 {self.zone.key}"

    @property
    def staging(self) -> Mapping[str, tuple[str, ...]]:
        return {
            "company": ("currency",),
            "tasks": ("task_id", "number", "party_id", "status", "account", "memo"),
            "billed": ("task_id", "kind", "document_id", "business_date", "line_id", "product_id", "quantity"),
            "moves": (
                "task_id", "product_id", "type", "business_date", "quantity", "amount", "location_id", "number", "gone",
            ),
            "stock": anchor.STOCK,
        }  # fmt: skip

    def rows(self, landed: Landed, projection: Projection) -> Rows:
        make = _MAKERS.get(landed.kind)
        return {} if make is None else make(_Look(self.zone, projection), landed)

    def finish(self, projection: Projection, at: str) -> None:
        currency = _Look(self.zone, projection).currency
        for task_id in sorted(projection.tasks):
            finish_task(projection, task_id, currency, at)
        if any(owner.startswith((f"{MOVEMENTS}/", f"{STOCK}/")) for owner in projection.owners):
            anchor.anchor_stock(projection, currency, at)


@dataclass(frozen=True, slots=True)
class _Look:
    """What rows of one object take from others."""

    zone: ZoneInfo
    projection: Projection

    @property
    def currency(self) -> str | None:
        """The company's own."""
        found = self.projection.select("SELECT currency FROM company_rows")
        return found[0]["currency"] if found else None

    def location(self, name: str | None) -> str | None:
        """The id of a location by its name, as movements give it; a bin (`Main: A1`) is in its warehouse. A name that
        is not known is handed on, so that its record is set aside."""
        return self.known_location(name) or name

    def known_location(self, name: str | None) -> str | None:
        """The same; `None` for a name that is not known."""
        for shown in (name, (name or "").partition(": ")[0]):
            found = self.projection.select(_ROWS_OF_ONE_LOCATION, shown)
            if found:
                return str(found[0]["location_id"])
        return None


def _company(look: _Look, landed: Landed) -> Rows:
    return {"company": [{"currency": text(landed.content, "Currency")}]}


def _location(look: _Look, landed: Landed) -> Rows:
    if key(landed.content, "ParentID"):
        return {}  # a bin: stock is kept by warehouse
    return {"locations": [{"location_id": landed.object_id, "name": text(landed.content, "Name")}]}


def _party(kind: str) -> Callable[[_Look, Landed], Rows]:
    def rows(look: _Look, landed: Landed) -> Rows:
        party: Row = {
            "party_id": landed.object_id,
            "kind": kind,
            "name": text(landed.content, "Name"),
            "currency": text(landed.content, "Currency"),
            **party_fields(landed.content),
            "tax_number": text(landed.content, "TaxNumber"),
            **terms(landed.content, "PaymentTerm"),
            "active": "no" if text(landed.content, "Status") == "Deprecated" else "yes",
        }
        return {"parties": [party]}

    return rows


def _product(look: _Look, landed: Landed) -> Rows:
    found = str(text(landed.content, "Type"))
    product: Row = {
        "product_id": landed.object_id,
        "kind": PRODUCT_KINDS.get(found, found),
        "number": text(landed.content, "SKU"),
        "name": text(landed.content, "Name"),
        "category": text(landed.content, "Category"),
        "unit": text(landed.content, "UOM"),
        "weight": amount(landed.content, "Weight"),
        "active": "no" if text(landed.content, "Status") == "Deprecated" else "yes",
    }
    return {"products": [product]}


def _movements(look: _Look, landed: Landed) -> Rows:
    moves: list[Row] = []
    values: list[Row] = []
    currency = look.currency
    for gone, name in (("", "Movements"), ("1", "Gone")):
        for movement in objects(landed.content, name):
            quantity, cost = exact(movement, "Quantity"), exact(movement, "Amount")
            move: Row = {
                "task_id": key(movement, "TaskID"),
                "product_id": landed.object_id,
                "type": text(movement, "Type"),
                "business_date": day(movement, "Date", look.zone),
                "quantity": amount(movement, "Quantity"),
                "amount": amount(movement, "Amount"),
                "location_id": look.location(text(movement, "Location")),
                "number": text(movement, "Number"),
                "gone": gone,
            }
            moves.append(move)
            if not gone and quantity is not None and cost is not None:
                signed = abs(cost).copy_sign(quantity) if quantity else cost
                value: Row = {name: move[name] for name in ("product_id", "location_id", "business_date", "quantity")}
                values.append({**value, "value": decimal_text(signed), "currency": currency})
    return {"moves": moves, "stock_values": values}


def _stock(look: _Look, landed: Landed) -> Rows:
    found = [
        {
            "day": landed.object_id,
            "product_id": key(line, "ID"),
            "location_id": look.location(text(line, "Location")),
            "quantity": amount(line, "OnHand"),
            "value": amount(line, "StockOnHand"),
        }
        for line in objects(landed.content, "Lines")
        if exact(line, "OnHand") or exact(line, "StockOnHand")
    ]
    return {"stock": found}


def _paper(party: str, code: str, make: Callable[[Paper], None]) -> Callable[[_Look, Landed], Rows]:
    def rows(look: _Look, landed: Landed) -> Rows:
        source = landed.content
        foreign = text(source, code) != text(source, "BaseCurrency")
        paper = Paper(
            zone=look.zone,
            source=source,
            paper_id=landed.object_id,
            party_id=key(source, party),
            code=text(source, code) or text(source, "BaseCurrency") or look.currency,
            rate=amount(source, "CurrencyRate") if foreign else None,
            location_id=look.known_location(text(source, "Location")),
        )
        make(paper)
        return paper.rows

    return rows


def _task(number: str, memo: str) -> Callable[[_Look, Landed], Rows]:
    def rows(look: _Look, landed: Landed) -> Rows:
        task: Row = {
            "task_id": landed.object_id,
            "number": text(landed.content, number),
            "status": text(landed.content, "Status"),
            "account": text(landed.content, "Account") if number not in _OWN_ACCOUNT else None,
            "memo": text(landed.content, memo),
        }
        return {"tasks": [task]}

    return rows


_OWN_ACCOUNT = {"AssemblyNumber", "DisassemblyNumber"}  # theirs is that of the product, not a reason


def _on_account(party: str, kind: str, name: str) -> Callable[[_Look, Landed], Rows]:
    """What is left of a credit or a deposit: what was used of it is among the payments of documents already."""

    def rows(look: _Look, landed: Landed) -> Rows:
        source: Object = landed.content
        left = exact(source, "RemainingAmount")
        used_up = left is not None and left <= Decimal(0)
        code = text(source, "Currency")
        payment: Row = {
            "payment_id": landed.object_id,
            "kind": kind,
            "number": text(source, "Description") or landed.object_id[:8],
            "business_date": day(source, "Date", look.zone),
            "party_id": key(source, party),
            "currency": code,
            "exchange_rate": amount(source, "ConvRate") if code != look.currency else None,
            "amount": amount(source, "Amount" if used_up else "RemainingAmount"),
            "status": "voided" if used_up else "completed",
            "account": text(source, "Account"),
            "memo": name,
        }
        return {"payments": [payment]}

    return rows


_MAKERS: Mapping[str, Callable[[_Look, Landed], Rows]] = {
    COMPANY: _company,
    "location": _location,
    "customer": _party("customer"),
    "supplier": _party("supplier"),
    "product": _product,
    MOVEMENTS: _movements,
    STOCK: _stock,
    "sale": _paper("CustomerID", "CustomerCurrency", sale_rows),
    "purchase": _paper("SupplierID", "SupplierCurrency", purchase_rows),
    "stock_adjustment": _task("StocktakeNumber", "Reference"),
    "stock_take": _task("StocktakeNumber", "Reference"),
    "write_off": _task("InventoryWriteOffNumber", "Notes"),
    "finished_goods": _task("AssemblyNumber", "Notes"),
    "disassembly": _task("DisassemblyNumber", "Notes"),
    "stock_transfer": _task("Number", "Reference"),
    "customer_credit": _on_account("CustomerID", "payment_received", "Customer credit"),
    "supplier_deposit": _on_account("SupplierID", "payment_made", "Supplier deposit"),
}
