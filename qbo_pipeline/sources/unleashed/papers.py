"""Invoices, credit notes, purchase orders with their bills, and suppliers' credits of Unleashed, as rows.

What belongs here: documents with lines. What of these papers moved stock is in `stock.py`.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from qbo_pipeline.sources.landed.projection import Row
from qbo_pipeline.sources.landed.values import Object, amount, exact, key, objects, part, terms, text
from qbo_pipeline.sources.unleashed.fields import (
    DELETED,
    cents,
    day,
    paper_status,
    product,
    rounded,
    shared,
    status,
)
from qbo_pipeline.sources.unleashed.look_up import LookUp

Tables = dict[str, list[Row]]
RETURNED = ("ReturnQuantity", "PurchaseUnitReturnQuantity", "OrderQuantity")
RECEIVED = ("ReceivedDate", "ReceiptDate", "CompletedDate", "DeliveryDate")
BILLED = ("SupplierInvoiceDate", "CompletedDate", "ReceivedDate", "ReceiptDate", "DeliveryDate")
_ACCOUNTS = ("SalesAccount", "XeroSalesAccount", "PurchaseAccount", "ExpenseAccount")
_STATUSES = ("CustomOrderStatus", "OrderStatus", "InvoiceStatus", "CreditStatus", "ReturnStatus", "Status")
_TAXES = ("LineTaxCode", "XeroTaxCode")


def invoice_rows(look: LookUp, invoice: Object, invoice_id: str, *, journal_only: bool) -> Tables:
    """A sales invoice. One whose order is to be posted as a journal only is kept out of the books as a document."""
    rows: Tables = defaultdict(list)
    found = paper_status(status(invoice, "InvoiceStatus", "Status"))
    _document(
        look, rows, invoice, objects(invoice, "InvoiceLines"), "sales_invoice", invoice_id,
        number=text(invoice, "InvoiceNumber") or invoice_id[:8],
        business_date=day(invoice, look.zone, "InvoiceDate"),
        due_date=day(invoice, look.zone, "DueDate"),
        party_id=key(part(invoice, "Customer"), "Guid"),
        status="not_posted" if journal_only and found == "completed" else found,
        reference=text(invoice, "CustomerRef"),
    )  # fmt: skip
    return rows


def credit_rows(look: LookUp, credit: Object, credit_id: str) -> Tables:
    """A credit note to a customer; its lines come under one of two names."""
    rows: Tables = defaultdict(list)
    _document(
        look, rows, credit, credit_lines(credit), "sales_credit", credit_id,
        number=text(credit, "CreditNoteNumber", "CreditNumber") or credit_id[:8],
        business_date=day(credit, look.zone, "CreditDate"),
        party_id=key(part(credit, "Customer"), "Guid"),
        status=paper_status(status(credit, "Status", "CreditStatus")),
        reference=text(credit, "InvoiceNumber"),
    )  # fmt: skip
    return rows


def credit_lines(credit: Object) -> list[Object]:
    """The lines of a credit note."""
    return objects(credit, "CreditNoteLines") or objects(credit, "CreditLines")


def purchase_rows(look: LookUp, order: Object, order_id: str) -> Tables:
    """A purchase order, and its bill: there is none of its own, the order becomes it once the supplier has billed (the
    supplier's invoice date says so) or it is complete."""
    rows: Tables = defaultdict(list)
    found = status(order, "OrderStatus")
    lines = objects(order, "PurchaseOrderLines")
    supplier = key(part(order, "Supplier"), "Guid")
    number = text(order, "OrderNumber") or order_id[:8]
    _document(
        look, rows, order, lines, "purchase_order", f"{order_id}:order", number=number, party_id=supplier,
        business_date=day(order, look.zone, "OrderDate"), status=paper_status(found, placed_counts=True),
        finished_on=day(order, look.zone, "CompletedDate") if found in ("complete", "completed") else None,
    )  # fmt: skip
    if is_billed(order):
        reference = text(order, "SupplierRef")
        _document(
            look, rows, order, lines, "bill", f"{order_id}:bill", number=reference or number, party_id=supplier,
            business_date=day(order, look.zone, *BILLED), status=paper_status(found), reference=reference,
        )  # fmt: skip
    return rows


def is_billed(order: Object) -> bool:
    """Whether a purchase order stands for a supplier's bill as well: goods have come, and the bill too."""
    found = status(order, "OrderStatus")
    if found == "receipted":
        return text(order, "SupplierInvoiceDate") is not None
    return found in ("complete", "completed") or (found == DELETED and has_arrived(order))


def has_arrived(order: Object) -> bool:
    """Whether a purchase order's goods have come; of one that was deleted its dates tell."""
    found = status(order, "OrderStatus")
    if found == DELETED:
        return text(order, *RECEIVED[:3]) is not None
    return found in ("receipted", "complete", "completed")


def return_rows(look: LookUp, source: Object, return_id: str) -> Tables:
    """A supplier's credit for what was sent back."""
    rows: Tables = defaultdict(list)
    number = return_number(source, return_id)
    _document(
        look, rows, source, objects(source, "SupplierReturnLines") or objects(source, "Lines"), "purchase_credit",
        return_id, number=text(source, "SupplierRef") or number, business_date=day(source, look.zone, "ReturnDate"),
        party_id=key(part(source, "Supplier"), "Guid"), reference=text(source, "SupplierRef"),
        status=paper_status(status(source, "Status", "ReturnStatus")),
    )  # fmt: skip
    return rows


def return_number(source: Object, return_id: str) -> str:
    return text(source, "ReturnNumber", "SupplierReturnNumber", "OrderNumber") or return_id[:8]


def returned(line: Object) -> Decimal | None:
    """How much of a line was sent back."""
    return exact(line, *RETURNED)


def _document(
    look: LookUp, rows: Tables, source: Object, lines: list[Object], kind: str, document_id: str, **fields: str | None
) -> None:
    net = exact(source, "SubTotal", "BaseSubTotal")
    rows["documents"].append(
        {
            "document_id": document_id,
            "kind": kind,
            "currency": look.code(source),
            "exchange_rate": look.rate_text(source),
            "net_amount": rounded(source, "SubTotal", "BaseSubTotal", places=2),
            "tax_amount": rounded(source, "TaxTotal", "BaseTaxTotal", places=2),
            "total_amount": rounded(source, "Total", "BaseTotal", places=2),
            "memo": text(source, "Comments"),
            "source_status": text(source, *_STATUSES),
            "location_id": key(part(source, "Warehouse"), "Guid"),
            **terms(source, "PaymentTerm"),
            **fields,
        }
    )
    with_nets = [_with_net(line, kind) for line in lines]
    nets = shared(with_nets, "LineTotal", net)
    taxes = shared(with_nets, "LineTax", exact(source, "TaxTotal", "BaseTaxTotal"))
    for position, (line, line_net, tax) in enumerate(zip(with_nets, nets, taxes, strict=True), start=1):
        rows["document_lines"].append(
            {
                "document_id": document_id,
                "business_date": fields["business_date"],
                "line_id": f"{document_id}:{line_mark(line, position)}",
                "line_number": position,
                "product_id": product(line),
                "description": text(part(line, "Product"), "ProductDescription") or text(line, "Comments"),
                "quantity": rounded(line, *_QUANTITIES[kind]),
                "unit_price": rounded(line, "DiscountedUnitPrice", "UnitPrice", "CreditPrice", "ReturnPrice"),
                "net_amount": line_net,
                "tax_amount": tax,
                "tax_code": text(line, *_TAXES) or text(source, "XeroTaxCode"),
                "account": text(line, *_ACCOUNTS),
                "role": "charge" if (text(line, "LineType") or "").lower() == "charge" else None,
                **(_ordered(document_id, line, position) if kind == "bill" else {}),
            }
        )


_QUANTITIES = {
    "sales_invoice": ("InvoiceQuantity", "OrderQuantity"), "sales_credit": ("CreditQuantity", "OrderQuantity"),
    "purchase_order": ("OrderQuantity",), "bill": ("ReceiptQuantity", "OrderQuantity"),
    "purchase_credit": RETURNED,
}  # fmt: skip


def _ordered(bill_id: str, line: Object, position: int) -> dict[str, str]:
    """The order's line that a bill's line is for: the order has become the bill."""
    order_id = f"{bill_id.removesuffix(':bill')}:order"
    return {"order_id": order_id, "order_line_id": f"{order_id}:{line_mark(line, position)}"}


def line_mark(line: Object, position: int) -> str:
    """What tells a line from its neighbours: its id, which stays when a line before it goes, or its place."""
    return key(line, "Guid") or str(position)


def _with_net(line: Object, kind: str) -> Object:
    """A line with its net amount: a supplier's return says price and quantity instead."""
    if kind != "purchase_credit" or amount(line, "LineTotal") is not None:
        return line
    price, quantity = exact(line, "ReturnPrice", "ReturnCost"), returned(line)
    return line if price is None or quantity is None else {**line, "LineTotal": cents(price * quantity)}
