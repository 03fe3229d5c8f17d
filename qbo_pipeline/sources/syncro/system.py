"""Syncro's objects as rows of the contract.

What belongs here: which function makes the rows of which kind of object. Purchase orders are in `orders.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.landed import anchor, goods
from qbo_pipeline.sources.landed.objects import Landed
from qbo_pipeline.sources.landed.projection import Row, Rows
from qbo_pipeline.sources.landed.values import Object, amount, cents, day, exact, objects, part, text
from qbo_pipeline.sources.landed.without_history import Maker, Making, WithoutHistory
from qbo_pipeline.sources.syncro.orders import read_order
from qbo_pipeline.sources.syncro.values import ident, money, place


def _customer(making: Making, landed: Landed) -> Rows:
    source = _within(landed.content, "customer")
    party: Row = {
        "party_id": landed.object_id,
        "kind": "customer",
        "name": text(source, "business_then_name", "business_name", "fullname", "email"),
        "currency": making.currency,
        "email": text(source, "email"),
        "phone": text(source, "phone", "mobile"),
        **address_of(source),
        "active": "no" if source.get("disabled") is True else "yes",
    }
    return {"parties": [party]}


def _vendor(making: Making, landed: Landed) -> Rows:
    source = _within(landed.content, "vendor")
    party: Row = {
        "party_id": landed.object_id,
        "kind": "supplier",
        "number": text(source, "account_number"),
        "name": text(source, "name"),
        "currency": making.currency,
        "email": text(source, "email"),
        "phone": text(source, "phone"),
        **address_of(source),
        "active": "yes",
    }
    return {"parties": [party]}


def address_of(source: Object) -> Row:
    """Where a party is; two fields of the street are lines."""
    lines = [line for name in ("address", "address_2") if (line := text(source, name))]
    return {"address": "\n".join(lines) or None, "city": text(source, "city"), "region": text(source, "state"),
            "postal_code": text(source, "zip")}  # fmt: skip


def _within(content: Object, name: str) -> Object:
    """The object of an answer: some stand in another under their kind's name, some do not."""
    return part(content, name) or content


def _product(making: Making, landed: Landed) -> Rows:
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


def _invoice(making: Making, landed: Landed) -> Rows:
    """An invoice with its goods: Syncro has no shipments, what an invoice names has left on its day, and what is
    negative on it has come back."""
    source = _within(landed.content, "invoice")
    invoice_id, number = landed.object_id, text(source, "number") or landed.object_id
    dated, customer = (
        day(source, making.zone, "date"),
        ident(source, "customer_id") or ident(part(source, "customer"), "id"),
    )
    document: Row = {
        "document_id": invoice_id,
        "kind": "sales_invoice",
        "number": number,
        "business_date": dated,
        "due_date": day(source, making.zone, "due_date"),
        "party_id": customer,
        "currency": making.currency,
        "net_amount": money(source, "subtotal"),
        "tax_amount": money(source, "tax"),
        "total_amount": money(source, "total"),
        "status": "completed",
        "reference": text(source, "po_number"),
        "memo": text(source, "note"),
    }
    lines: list[Row] = []
    sold = []
    for position, line in enumerate(objects(source, "line_items"), start=1):
        quantity, product_id = exact(line, "quantity"), ident(line, "product_id")
        mark = text(line, "id") or str(position)
        lines.append(
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
        if quantity and product_id is not None and making.stocked(product_id):
            sold.append(goods.Sold(mark, position, product_id, place(source), quantity, exact(line, "cost")))
    moved = goods.goods_rows(invoice_id, number, dated, customer, making.currency, sold)
    return {"documents": [document], "document_lines": lines, **moved}


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


def _payment(making: Making, landed: Landed) -> Rows:
    """Money received. Of several invoices the API does not say how much each got: they are settled in their order."""
    source = _within(landed.content, "payment")
    paid = day(source, making.zone, "applied_at", "created_at")
    whole = exact(source, "payment_amount")
    payment: Row = {
        "payment_id": landed.object_id,
        "kind": "payment_received",
        "number": text(source, "ref_num") or landed.object_id,
        "business_date": paid,
        "party_id": ident(part(source, "customer"), "id") or ident(source, "customer_id"),
        "currency": making.currency,
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
        found = making.projection.select(query, str(invoice_id)) if invoice_id is not None else []
        part_of_it = min(left, anchor.number(found[0]["total_amount"])) if found else Decimal(0)
        if part_of_it > 0:
            left -= part_of_it
            allocations.append(
                {"payment_id": landed.object_id, "business_date": paid, "document_id": str(invoice_id),
                 "allocation_id": f"{landed.object_id}:{invoice_id}", "amount": decimal_text(cents(part_of_it))}
            )  # fmt: skip
    return {"payments": [payment], "payment_allocations": allocations}


_MAKERS: Mapping[str, Maker] = {
    "customer": _customer,
    "vendor": _vendor,
    "product": _product,
    "invoice": _invoice,
    "payment": _payment,
}


def syncro(zone: ZoneInfo, currency: str) -> WithoutHistory:
    """`System` of the landing for a company in Syncro."""
    return WithoutHistory(zone, currency, name="syncro", rules=3, makers=_MAKERS, read_order=read_order)
