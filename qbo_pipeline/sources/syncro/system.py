"""Syncro's objects as rows of the contract.

What belongs here: which function makes the rows of which kind of object. What no paper explains is in `stock.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.http.exact import read_exact, write_exact
from qbo_pipeline.sources.landed import anchor
from qbo_pipeline.sources.landed.objects import Landed
from qbo_pipeline.sources.landed.projection import Projection, Row, Rows
from qbo_pipeline.sources.landed.values import Object, amount, exact, objects, part, text
from qbo_pipeline.sources.syncro.lists import FINISHED, PLACE, RECEIVED, STOCK
from qbo_pipeline.sources.syncro.stock import explain_stock
from qbo_pipeline.sources.syncro.values import MAIN, cents, day, ident, money, place

DONE = frozenset({"finished", "finish", "complete", "completed", "closed", "received and finished"})
"""Statuses of a purchase order that is over: that is when Syncro makes a bill of it."""
_ORDER_TABLES = ("documents", "document_lines", "bill_matches", "movements", "movement_lines")
Tables = dict[str, list[Row]]


@dataclass(frozen=True, slots=True)
class Syncro:
    """`System` of the landing, for one company: its days are in `zone`, all its amounts in `currency`."""

    zone: ZoneInfo
    currency: str
    name: str = "syncro"
    looked_up: frozenset[str] = frozenset()

    @property
    def version(self) -> str:
        return f"1 {self.zone.key} {self.currency}"

    @property
    def staging(self) -> Mapping[str, tuple[str, ...]]:
        return {
            "orders": ("task_id", "content"),
            "received": ("task_id", "line_id", "quantity", "day"),
            "finished": ("task_id", "day"),
            "stock": (*anchor.STOCK, "unit_cost"),
            "stock_days": ("day",),
        }

    def rows(self, landed: Landed, projection: Projection) -> Rows:
        make = _MAKERS.get(landed.kind)
        return {} if make is None else make(_Look(self.zone, self.currency, projection), landed)

    def finish(self, projection: Projection, at: str) -> None:
        look = _Look(self.zone, self.currency, projection)
        for task_id in sorted(projection.tasks):
            projection.replace(f"order/{task_id}", _order_rows(look, task_id), at, _ORDER_TABLES)
        if projection.owners:
            explain_stock(projection, self.currency, at)
            anchor.chain_stock(projection, self.currency, at)


@dataclass(frozen=True, slots=True)
class _Look:
    zone: ZoneInfo
    currency: str
    projection: Projection

    def stocked(self, product_id: str | None) -> bool:
        found = self.projection.select("SELECT kind FROM products_rows WHERE product_id = ?", product_id)
        return product_id is not None and (not found or found[0]["kind"] == "stocked")


def _customer(look: _Look, landed: Landed) -> Rows:
    source = _within(landed.content, "customer")
    party: Row = {
        "party_id": landed.object_id,
        "kind": "customer",
        "name": text(source, "business_then_name", "business_name", "fullname", "email"),
        "currency": look.currency,
        "email": text(source, "email"),
        "phone": text(source, "phone", "mobile"),
        **_address(source),
        "active": "no" if source.get("disabled") is True else "yes",
    }
    return {"parties": [party]}


def _vendor(look: _Look, landed: Landed) -> Rows:
    source = _within(landed.content, "vendor")
    party: Row = {
        "party_id": landed.object_id,
        "kind": "supplier",
        "number": text(source, "account_number"),
        "name": text(source, "name"),
        "currency": look.currency,
        "email": text(source, "email"),
        "phone": text(source, "phone"),
        **_address(source),
        "active": "yes",
    }
    return {"parties": [party]}


def _address(source: Object) -> Row:
    lines = [line for name in ("address", "address_2") if (line := text(source, name))]
    return {"address": "\n".join(lines) or None, "city": text(source, "city"), "region": text(source, "state"),
            "postal_code": text(source, "zip")}  # fmt: skip


def _within(content: Object, name: str) -> Object:
    """The object of an answer: some stand in another under their kind's name, some do not."""
    return part(content, name) or content


def _product(look: _Look, landed: Landed) -> Rows:
    source = _within(landed.content, "product")
    found: Row = {
        "product_id": landed.object_id,
        "kind": "stocked" if source.get("maintain_stock") is True else "non_stocked",
        "number": text(source, "upc_code"),
        "name": text(source, "name", "description"),
        "category": text(source, "product_category"),
        "active": "no" if source.get("disabled") is True else "yes",
    }
    return {"products": [found]}


def _place(look: _Look, landed: Landed) -> Rows:
    name = "All stock" if landed.object_id == MAIN else f"Location {landed.object_id}"
    return {"locations": [{"location_id": landed.object_id, "name": name}]}


def _invoice(look: _Look, landed: Landed) -> Rows:
    """An invoice with its goods: Syncro has no shipments, what an invoice names has left on its day, and what is
    negative on it has come back."""
    source = _within(landed.content, "invoice")
    rows: Tables = defaultdict(list)
    invoice_id, number = landed.object_id, text(source, "number") or landed.object_id
    dated, customer = (
        day(source, look.zone, "date"),
        ident(source, "customer_id") or ident(part(source, "customer"), "id"),
    )
    rows["documents"].append(
        {
            "document_id": invoice_id,
            "kind": "sales_invoice",
            "number": number,
            "business_date": dated,
            "due_date": day(source, look.zone, "due_date"),
            "party_id": customer,
            "currency": look.currency,
            "net_amount": money(source, "subtotal"),
            "tax_amount": money(source, "tax"),
            "total_amount": money(source, "total"),
            "status": "completed",
            "reference": text(source, "po_number"),
            "memo": text(source, "note"),
        }
    )
    moved: Tables = defaultdict(list)
    for position, line in enumerate(objects(source, "line_items"), start=1):
        quantity, product_id = exact(line, "quantity"), ident(line, "product_id")
        mark = text(line, "id") or str(position)
        rows["document_lines"].append(
            {
                "document_id": invoice_id,
                "business_date": dated,
                "line_id": f"{invoice_id}:{mark}",
                "line_number": position,
                "product_id": product_id,
                "description": text(line, "name", "item"),
                "quantity": amount(line, "quantity"),
                "unit_price": _six(line, "price"),
                "net_amount": _net(line),
                "tax_code": None if line.get("taxable") is None else "TAX" if line["taxable"] else "NON",
            }
        )
        if quantity and look.stocked(product_id):
            cost = exact(line, "cost")
            kind = "shipment" if quantity > 0 else "customer_return"
            moved[kind].append(
                {
                    "movement_id": f"{invoice_id}:{kind}",
                    "business_date": dated,
                    "line_id": f"{invoice_id}:{kind}:{mark}",
                    "line_number": position,
                    "role": "stock",
                    "product_id": product_id,
                    "location_id": place(source),
                    "quantity": decimal_text(-quantity),
                    "value": None if cost is None else decimal_text(cents(-quantity * cost)),
                }
            )
    for kind, lines in moved.items():
        rows["movements"].append(_movement(look, f"{invoice_id}:{kind}", kind, number, dated, customer))
        rows["movement_lines"] += lines
    return rows


def _net(line: Object) -> str | None:
    """A line before tax: price times quantity, less its discount."""
    price, quantity = exact(line, "price"), exact(line, "quantity")
    if price is None or quantity is None:
        return amount(line, "price")
    percent, dollars = exact(line, "discount_percent"), exact(line, "discount_dollars")
    whole = price * quantity
    return decimal_text(cents(whole - whole * (percent or 0) / 100 - (dollars or 0)))


def _six(line: Object, name: str) -> str | None:
    number = exact(line, name)
    return amount(line, name) if number is None else decimal_text(round(number, 6))


def _movement(look: _Look, movement_id: str, kind: str, number: str, dated: str | None, party: str | None) -> Row:
    return {"movement_id": movement_id, "kind": kind, "number": number, "business_date": dated, "party_id": party,
            "currency": look.currency, "status": "completed"}  # fmt: skip


def _payment(look: _Look, landed: Landed) -> Rows:
    """Money received. Of several invoices the API does not say how much each got: they are settled in their order."""
    source = _within(landed.content, "payment")
    paid = day(source, look.zone, "applied_at", "created_at")
    whole = exact(source, "payment_amount")
    payment: Row = {
        "payment_id": landed.object_id,
        "kind": "payment_received",
        "number": text(source, "ref_num") or landed.object_id,
        "business_date": paid,
        "party_id": ident(part(source, "customer"), "id") or ident(source, "customer_id"),
        "currency": look.currency,
        "amount": money(source, "payment_amount", "amount_cents"),
        "status": "voided" if source.get("success") is False else "completed",
        "account": text(source, "payment_method"),
        "method": text(source, "payment_method"),
        "reference": text(source, "ref_num"),
    }
    allocations: list[Row] = []
    left = whole or Decimal(0)
    ids = source.get("invoice_ids")
    for invoice_id in ids if isinstance(ids, list) else ():
        query = "SELECT total_amount FROM documents_rows WHERE document_id = ?"
        found = look.projection.select(query, str(invoice_id)) if invoice_id is not None else []
        part_of_it = min(left, anchor.number(found[0]["total_amount"])) if found else Decimal(0)
        if part_of_it > 0:
            left -= part_of_it
            allocations.append(
                {"payment_id": landed.object_id, "business_date": paid, "document_id": str(invoice_id),
                 "allocation_id": f"{landed.object_id}:{invoice_id}", "amount": decimal_text(cents(part_of_it))}
            )  # fmt: skip
    return {"payments": [payment], "payment_allocations": allocations}


def _purchase(look: _Look, landed: Landed) -> Rows:
    return {"orders": [{"task_id": landed.object_id, "content": write_exact(landed.content)}]}


def _order_rows(look: _Look, task_id: str) -> Tables:
    """A purchase order, what was received of it day by day, and its bill once it is finished."""
    rows: Tables = defaultdict(list)
    select = look.projection.select
    for found in select("SELECT content FROM orders_rows WHERE task_id = ?", task_id):
        order = _within(read_exact(found["content"]), "purchase_order")
        vendor, number = (
            ident(order, "vendor_id") or ident(part(order, "vendor"), "id"),
            text(order, "number") or task_id,
        )
        where = place(order) if ident(order, "location_id") else place(part(order, "location"), "id")
        _purchase_document(look, rows, order, f"{task_id}:order", "purchase_order", number, vendor,
                           day(order, look.zone, "order_date", "created_at"))  # fmt: skip
        lines = {str(line.get("id")): line for line in objects(order, "line_items")}
        finished = select("SELECT day FROM finished_rows WHERE task_id = ?", task_id)
        if finished:
            _purchase_document(look, rows, order, f"{task_id}:bill", "bill", number, vendor, finished[0]["day"])
        events: dict[str, list[Row]] = defaultdict(list)
        for event in select("SELECT * FROM received_rows WHERE task_id = ? ORDER BY day, line_id", task_id):
            line = lines.get(event["line_id"])
            product_id = ident(line, "product_id") if line is not None else None
            if line is None or not look.stocked(product_id):
                continue
            movement_id = f"{task_id}:receipt:{event['day']}"
            line_id = f"{movement_id}:{event['line_id']}:{len(events[event['day']])}"
            cost = exact(line, "cost_cents")
            quantity = Decimal(event["quantity"])
            events[event["day"]].append(
                {"movement_id": movement_id, "business_date": event["day"], "line_id": line_id,
                 "line_number": len(events[event["day"]]) + 1, "role": "stock", "product_id": product_id,
                 "location_id": where, "quantity": event["quantity"],
                 "value": None if cost is None else decimal_text(cents(quantity * cost / 100))}
            )  # fmt: skip
            if finished and quantity > 0:
                rows["bill_matches"].append(
                    {"document_id": f"{task_id}:bill", "line_id": f"{task_id}:bill:{event['line_id']}",
                     "movement_id": movement_id, "movement_line_id": line_id, "quantity": event["quantity"]}
                )  # fmt: skip
        for dated, found_lines in events.items():
            rows["movements"].append(_movement(look, f"{task_id}:receipt:{dated}", "receipt", number, dated, vendor))
            rows["movement_lines"] += found_lines
    return rows


def _purchase_document(
    look: _Look, rows: Tables, order: Object, document_id: str, kind: str, number: str, vendor: str | None,
    dated: str | None,
) -> None:  # fmt: skip
    """An order's lines in cents, its shipping and other costs in dollars, as a document."""
    shown: list[tuple[str, str | None, str | None, str | None, str | None, str | None]] = [
        (str(line.get("id")), ident(line, "product_id"), text(line, "name"), amount(line, "quantity"),
         money(line, "total_cents"), None)
        for line in objects(order, "line_items")
    ]  # fmt: skip
    shown += [
        (name, None, name.capitalize(), None, money(order, name), name.upper())
        for name in ("shipping", "other")
        if exact(order, name)
    ]
    total = sum((anchor.number(net) for *_, net, _ in shown), Decimal(0))
    rows["documents"].append(
        {"document_id": document_id, "kind": kind, "number": number, "business_date": dated, "party_id": vendor,
         "currency": look.currency, "net_amount": decimal_text(total), "tax_amount": "0",
         "total_amount": decimal_text(total), "status": "completed",
         "due_date": day(order, look.zone, "due_date") if kind == "bill" else None}
    )  # fmt: skip
    for position, (mark, product_id, description, quantity, net, account) in enumerate(shown, start=1):
        rows["document_lines"].append(
            {"document_id": document_id, "business_date": dated, "line_id": f"{document_id}:{mark}",
             "line_number": position, "product_id": product_id, "description": description, "quantity": quantity,
             "net_amount": net, "account": account}
        )  # fmt: skip


def _received(look: _Look, landed: Landed) -> Rows:
    source = landed.content
    return {"received": [{"task_id": source["order"], "line_id": source["line"], "quantity": source["quantity"],
                          "day": source["day"]}]}  # fmt: skip


def _finished(look: _Look, landed: Landed) -> Rows:
    return {"finished": [{"task_id": landed.content["order"], "day": landed.content["day"]}]}


def _stock(look: _Look, landed: Landed) -> Rows:
    found = []
    for line in objects(landed.content, "Lines"):
        quantity, cost = exact(line, "quantity") or Decimal(0), exact(line, "price_cost") or Decimal(0)
        found.append(
            {"day": landed.object_id, "product_id": text(line, "product_id"), "location_id": place(line),
             "quantity": decimal_text(quantity), "value": decimal_text(cents(quantity * cost)),
             "unit_cost": decimal_text(cost)}
        )  # fmt: skip
    return {"stock": found, "stock_days": [{"day": landed.object_id}]}


_MAKERS: Mapping[str, Callable[[_Look, Landed], Rows]] = {
    "customer": _customer,
    "vendor": _vendor,
    "product": _product,
    PLACE: _place,
    "invoice": _invoice,
    "payment": _payment,
    "purchase_order": _purchase,
    RECEIVED: _received,
    FINISHED: _finished,
    STOCK: _stock,
}
