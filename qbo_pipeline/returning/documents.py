"""Invoices, bills, credits, sales receipts and their refunds that people enter in QuickBooks, as documents of the
inventory system.

What belongs here: how each of these becomes the inventory system's document, with its lines, the tax that QuickBooks
computed, and the class; of what is paid at once also how it was paid and where the money lies. Purchases without a bill
and deposits are no documents of an inventory system and have no rule.

QuickBooks has no drafts: what is saved there is in the books, so that each document is an approved one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from qbo_pipeline.inventory.records import Document, DocumentLine, decimal_text
from qbo_pipeline.quickbooks.shapes import JsonObject, an_object, exact, objects
from qbo_pipeline.returning.reading import (
    currency_of,
    day_of,
    on_its_way,
    outside,
    part_id,
    rate_of,
    read_day,
    value_of,
)
from qbo_pipeline.returning.values import NotReturned, Outcome, ReturnBook, Returned, Withheld

_ZERO, _CENT = Decimal(0), Decimal("0.01")
_INWARD = ("CreditMemo", "RefundReceipt", "Bill")  # whose goods come in
_NO_TAX = ("", "NON")
_NO_ITEM = frozenset({"SHIPPING_ITEM_ID", "GRATUITY_ITEM_ID"})  # what QuickBooks puts for lines of its own
_COUNTED = frozenset({"SalesItemLineDetail", "ItemBasedExpenseLineDetail", "AccountBasedExpenseLineDetail",
                      "DiscountLineDetail"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Side:
    kind: str
    party_field: str
    party_entity: str
    paid_at_once: bool = False


SIDES = {
    "Invoice": _Side("sales_invoice", "CustomerRef", "Customer"),
    "CreditMemo": _Side("sales_credit", "CustomerRef", "Customer"),
    "SalesReceipt": _Side("sales_receipt", "CustomerRef", "Customer", paid_at_once=True),
    "RefundReceipt": _Side("sales_refund", "CustomerRef", "Customer", paid_at_once=True),
    "Bill": _Side("bill", "VendorRef", "Vendor"),
    "VendorCredit": _Side("purchase_credit", "VendorRef", "Vendor"),
}


@dataclass(frozen=True, slots=True)
class _Line:
    row: JsonObject
    detail: JsonObject
    amount: Decimal
    item: str


def build_document(entity: str, thing: JsonObject, book: ReturnBook) -> Outcome:
    """The record of a document as the client read it.

    Raises `OddShape` where the object is not as Intuit documents it.
    """
    side = SIDES[entity]
    day = day_of(thing)
    label = f"{entity} {thing.get('DocNumber') or 'Id ' + str(thing['Id'])} of {day}"
    if (not_ours := outside(label, day, book)) is not None:
        return not_ours
    of_whom = value_of(thing, side.party_field)
    party_id = book.party(side.party_entity, of_whom)
    if party_id is None and book.on_its_way(side.party_entity, of_whom):
        return on_its_way(label, f"its {side.party_entity.lower()}")
    if party_id is None:
        whose = "is of a {} that the inventory system does not have" if of_whom else "names no {}"
        message = f"{label} {whose.format(side.party_entity.lower())}"
        return NotReturned(rule="party_not_in_source", message=message)
    lines = list(_lines(thing.get("Line")))
    for line in lines:
        if line.item and book.product(line.item) is None and book.on_its_way("Item", line.item):
            return on_its_way(label, f"the item {_name(line.detail, 'ItemRef')}")
    tax = exact(an_object(thing.get("TxnTaxDetail"), "TxnTaxDetail").get("TotalTax") or 0, "TotalTax")
    total = exact(thing.get("TotalAmt", 0), "TotalAmt")
    net = sum((line.amount for line in lines), _ZERO)
    if net + tax != total:
        return Withheld(
            reason="does_not_add_up",
            message=f"{label} is of {total}, and its lines come to {net} with tax of {tax}: correct it in QuickBooks",
        )
    shares = _shares(tax, lines)
    return Returned(
        beside=_stock(entity, lines, book),
        record=Document(
            document_id=f"{entity}/{thing['Id']}",
            kind=side.kind,
            number=str(thing.get("DocNumber") or f"QB-{thing['Id']}"),
            business_date=day,
            due_date=read_day(thing["DueDate"], "DueDate") if thing.get("DueDate") else None,
            party_id=party_id,
            currency=currency_of(thing, book),
            exchange_rate=rate_of(thing, book),
            net_amount=net,
            tax_amount=tax,
            total_amount=total,
            reference=_reference(thing, side),
            memo=_memo(thing),
            account=book.account(value_of(thing, "DepositToAccountRef")) if side.paid_at_once else None,
            method=book.called("PaymentMethod", value_of(thing, "PaymentMethodRef")) if side.paid_at_once else None,
            class_=book.called("Class", value_of(thing, "ClassRef")),
            department=book.called("Department", value_of(thing, "DepartmentRef")),
            lines=tuple(
                _line(f"{entity}/{thing['Id']}", number, line, share, book)
                for number, (line, share) in enumerate(zip(lines, shares, strict=True), start=1)
            ),
        ),
    )


def _lines(given: object) -> Iterator[_Line]:
    """The lines that count, those inside a group of items among them; a discount counts against the others."""
    for row in objects(given, "Line"):
        kind = str(row.get("DetailType") or "")
        detail = an_object(row.get(kind), kind)
        if detail.get("Line"):
            yield from _lines(detail["Line"])
        elif kind in _COUNTED:
            amount = exact(row.get("Amount") or 0, "Amount")
            item = value_of(detail, "ItemRef") if detail.get("ItemRef") else ""
            signed = -amount if kind == "DiscountLineDetail" else amount
            yield _Line(row, detail, signed, "" if item in _NO_ITEM else item)


def _line(of: str, number: int, line: _Line, tax: Decimal, book: ReturnBook) -> DocumentLine:
    detail = line.detail
    product = book.product(line.item) if line.item else None
    code = value_of(detail, "TaxCodeRef")
    account = value_of(detail, "AccountRef") or value_of(detail, "DiscountAccountRef")
    return DocumentLine(
        line_id=part_id(of, line.row, number),
        line_number=number,
        product_id=product,
        description=_description(line, named=product is None),
        quantity=exact(detail["Qty"], "Qty") if detail.get("Qty") is not None else None,
        unit_price=exact(detail["UnitPrice"], "UnitPrice") if detail.get("UnitPrice") is not None else None,
        net_amount=line.amount,
        tax_amount=tax,
        tax_code=(book.tax_code(code) or code) if code not in _NO_TAX else None,
        account=book.account(account) if account else None,
        location_id=book.location if product is not None else None,
        class_=book.called("Class", value_of(detail, "ClassRef")),
        order_id=_order(line, book),
    )


def _order(line: _Line, book: ReturnBook) -> str | None:
    """The purchase order of the source's that a bill's line is for: QuickBooks links the two where people make one of
    the other."""
    links = objects(line.row.get("LinkedTxn"), "LinkedTxn")
    orders = (str(link.get("TxnId") or "") for link in links if link.get("TxnType") == "PurchaseOrder")
    return next((found for order in orders if (found := book.document("PurchaseOrder", order)) is not None), None)


def _stock(entity: str, lines: list[_Line], book: ReturnBook) -> JsonObject:
    """By product, how the document changes the stock: differences, which add up with whatever else is taken."""
    if not book.documents_move_stock:
        return {}
    sign = 1 if entity in _INWARD else -1
    moved: dict[str, Decimal] = {}
    for line in lines:
        product = book.product(line.item) if line.item else None
        if product is not None and line.detail.get("Qty") is not None:
            moved[product] = moved.get(product, _ZERO) + sign * exact(line.detail["Qty"], "Qty")
    place = {"location_id": book.location} if book.location is not None else {}
    return {"stock": [{"product_id": own, "quantity": decimal_text(moved[own]), **place} for own in sorted(moved)]}


def _description(line: _Line, *, named: bool) -> str | None:
    """What the line says; one whose item the inventory system does not have is told by that item's name."""
    said = str(line.row.get("Description") or "").strip()
    item = _name(line.detail, "ItemRef") if named and line.item else ""
    return ": ".join(part for part in (item, said) if part) or None


def _name(detail: JsonObject, field: str) -> str:
    found = an_object(detail.get(field), field)
    return str(found.get("name") or found.get("value") or "")


def _shares(tax: Decimal, lines: list[_Line]) -> list[Decimal]:
    """The tax of the document by line, for QuickBooks tells it in one sum: by amount over the lines that are taxed,
    rounded to cents so that the sum stays what it is."""
    taxed = [value_of(line.detail, "TaxCodeRef") not in _NO_TAX for line in lines]
    if tax and not any(taxed):
        taxed = [True] * len(lines)  # tax by the whole document, as an automated sales tax may be
    base = sum((line.amount for line, counts in zip(lines, taxed, strict=True) if counts), _ZERO)
    shares: list[Decimal] = []
    reached = given = _ZERO
    for line, counts in zip(lines, taxed, strict=True):
        if not counts or not base:
            shares.append(_ZERO)
            continue
        reached += line.amount
        upto = (tax * reached / base).quantize(_CENT, ROUND_HALF_EVEN)
        shares.append(upto - given)
        given = upto
    return shares


def _reference(thing: JsonObject, side: _Side) -> str | None:
    """The other side's number: of what is paid at once that of the money, such as a check's."""
    number = thing.get("PaymentRefNum" if side.paid_at_once else "DocNumber")
    return str(number) if number else None


def _memo(thing: JsonObject) -> str | None:
    note = thing.get("PrivateNote") or an_object(thing.get("CustomerMemo"), "CustomerMemo").get("value")
    return str(note) if note else None
