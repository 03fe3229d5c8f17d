"""The table of return rules: the entity of QuickBooks names the function that makes the source's record of it.

What belongs here: the table, and the one door through which what happened in QuickBooks becomes a record. A further
entity is a row here and a function in the module of its subject.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qbo_pipeline.inventory.records import PRODUCT_KINDS, Record
from qbo_pipeline.quickbooks.shapes import JsonObject, OddShape
from qbo_pipeline.returning.attachments import build_attachment
from qbo_pipeline.returning.contacts import build_contact, contact_of
from qbo_pipeline.returning.documents import SIDES, build_document
from qbo_pipeline.returning.guards import guarded
from qbo_pipeline.returning.items import build_adjustment, build_item, item_of
from qbo_pipeline.returning.payments import build_payment
from qbo_pipeline.returning.values import Outcome, ReturnBook, Withheld

# By the kind that the settings name in [ownership], the entity that people keep in QuickBooks; in the order in which
# one refers to another.
ENTITIES = {
    "customers": "Customer",
    "suppliers": "Vendor",
    "products": "Item",
    "sales_invoices": "Invoice",
    "sales_credits": "CreditMemo",
    "sales_receipts": "SalesReceipt",
    "sales_refunds": "RefundReceipt",
    "bills": "Bill",
    "purchase_credits": "VendorCredit",
    "adjustments": "InventoryAdjustment",
    "payments_received": "Payment",
    "payments_made": "BillPayment",
    "attachments": "Attachable",
}
# By the kind of a record, what [ownership] calls it.
OWNED_AS = {
    "customer": "customers",
    "supplier": "suppliers",
    **dict.fromkeys(PRODUCT_KINDS, "products"),
    "sales_invoice": "sales_invoices",
    "sales_credit": "sales_credits",
    "sales_receipt": "sales_receipts",
    "sales_refund": "sales_refunds",
    "bill": "bills",
    "purchase_credit": "purchase_credits",
    "adjustment": "adjustments",
    "payment_received": "payments_received",
    "payment_made": "payments_made",
}


@dataclass(frozen=True, slots=True)
class TwoSided:
    """A list that both sides keep: what [ownership] calls it, how keys of its records begin, and how an object is read
    as the record that it is."""

    owned_as: str
    key_prefix: str
    read: Callable[[str, JsonObject, ReturnBook, Record], Record]


# Of what we posted of these too, what people change in QuickBooks comes back.
TWO_SIDED = {
    "Customer": TwoSided("customers", "party/customer:", contact_of),
    "Vendor": TwoSided("suppliers", "party/supplier:", contact_of),
    "Item": TwoSided("products", "product/", item_of),
}

RULES: dict[str, Callable[[str, JsonObject, ReturnBook], Outcome]] = {
    **dict.fromkeys(("Customer", "Vendor"), build_contact),
    "Item": build_item,
    "InventoryAdjustment": build_adjustment,
    "Attachable": build_attachment,
    **dict.fromkeys(SIDES, build_document),
    **dict.fromkeys(("Payment", "BillPayment"), build_payment),
}


_CALLED = ("DocNumber", "PaymentRefNum", "DisplayName")


def build(entity: str, thing: JsonObject, book: ReturnBook) -> Outcome:
    """The record that the inventory system is to hold for an object of QuickBooks, or why there is none.

    The same object and book give the same answer. Raises `KeyError` for an entity that is not in the table.
    """
    try:
        called = next((str(thing[name]) for name in _CALLED if thing.get(name)), f"Id {thing.get('Id')}")
        return guarded(entity, called, RULES[entity](entity, thing, book), book)
    except OddShape as error:
        message = f"{entity} Id {thing.get('Id')} cannot be read: {error}. Correct it in QuickBooks"
        return Withheld(reason="odd_object", message=message)
