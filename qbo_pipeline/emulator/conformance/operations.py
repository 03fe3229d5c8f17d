"""Which operations of which entity Intuit documents, and which have been seen in recordings."""

from __future__ import annotations

from typing import Final

from qbo_pipeline.emulator.company.pdf import FORMS
from qbo_pipeline.emulator.company.schema.entities import ENTITIES, Entity
from qbo_pipeline.emulator.conformance.evidence import ASSUMED, DOCUMENTED, NOT_EMULATED, RECORDED
from qbo_pipeline.emulator.http.sending import SENDABLE

OPERATIONS: Final = ("create", "read", "query", "update", "sparse", "delete", "void", "cdc", "pdf", "send")
_LISTS: Final = ("Account", "Class", "Customer", "Department", "Employee", "Item", "PaymentMethod", "Term", "Vendor")
_FORMS: Final = (
    *("Bill", "BillPayment", "CreditMemo", "Deposit", "Estimate", "Invoice", "JournalEntry", "Payment", "Purchase"),
    *("PurchaseOrder", "RefundReceipt", "SalesReceipt", "Transfer", "VendorCredit"),
)
_TIME: Final = ("TimeActivity", "Budget")
_READABLE: Final = (
    *(*_LISTS, *_FORMS, *_TIME, "Attachable", "CompanyInfo", "JournalCode", "Preferences", "TaxAgency", "TaxCode"),
    "TaxRate",
)
# Operation -> the entities for which Intuit's reference describes it.
_DOCUMENTED: Final[dict[str, frozenset[str]]] = {
    "create": frozenset((*_LISTS, *_FORMS, *_TIME, "Attachable", "JournalCode", "TaxAgency", "TaxService",
                         "InventoryAdjustment", "CompanyCurrency", "ExchangeRate", "RecurringTransaction",
                         "CreditCardPayment")),
    "read": frozenset((*_READABLE, "ExchangeRate", "InventoryAdjustment", "CompanyCurrency", "CustomerType",
                       "RecurringTransaction", "CreditCardPayment", "ReimburseCharge", "TaxPayment",
                       "TaxClassification")),
    "query": frozenset((*_READABLE, "ExchangeRate", "InventoryAdjustment", "CompanyCurrency", "CustomerType",
                        "RecurringTransaction", "CreditCardPayment", "ReimburseCharge", "TaxPayment")),
    "update": frozenset((*_LISTS, *_FORMS, *_TIME, "Attachable", "CompanyInfo", "Preferences", "CompanyCurrency",
                         "ExchangeRate", "JournalCode", "CreditCardPayment")),
    "sparse": frozenset(("CompanyInfo", "Customer", "Deposit", "Estimate", "Invoice", "JournalEntry", "RefundReceipt",
                         "SalesReceipt", "Transfer", "InventoryAdjustment", "CreditCardPayment")),
    "delete": frozenset((*_FORMS, *_TIME, "Attachable", "InventoryAdjustment", "RecurringTransaction",
                         "CreditCardPayment")),
    "void": frozenset(("Invoice", "Payment", "BillPayment", "SalesReceipt")),
    "cdc": frozenset((*_LISTS, *_FORMS, "Budget", "Attachable")),
    "pdf": frozenset(("CreditMemo", "Estimate", "Invoice", "Payment", "PurchaseOrder", "RefundReceipt",
                      "SalesReceipt")),
    "send": frozenset(("CreditMemo", "Estimate", "Invoice", "Payment", "PurchaseOrder", "RefundReceipt",
                       "SalesReceipt")),
}  # fmt: skip
_RECORDED: Final = frozenset(
    {
        *(("Customer", name) for name in ("create", "read", "query")),
        *(("Invoice", name) for name in ("create", "void")),
        ("Vendor", "query"),
        ("TaxCode", "query"),
        ("JournalEntry", "create"),
        ("Payment", "query"),
        ("Attachable", "create"),
    }
)
_OUTSIDE: Final = {
    "ExchangeRate": ("create", "read", "query", "update"),
    "TaxClassification": ("read",),
    "TaxService": ("create",),
}


def entities() -> list[str]:
    """Every entity that the emulator has or Intuit documents, by name."""
    return sorted({*ENTITIES, *_OUTSIDE, *(name for names in _DOCUMENTED.values() for name in names)})


def emulated(name: str, operation: str) -> bool:
    """Whether the emulator does an operation of an entity."""
    if name in _OUTSIDE:
        return operation in _OUTSIDE[name]
    found = ENTITIES.get(name)
    return found is not None and _of_entity(found, operation)


def _of_entity(found: Entity, operation: str) -> bool:
    return {
        "create": found.create,
        "read": True,
        "query": True,
        "update": found.update and not found.sparse_only,
        "sparse": found.update,
        "delete": found.delete,
        "void": found.void,
        "cdc": found.changes,
        "pdf": found.name in FORMS,
        "send": found.name in SENDABLE,
    }[operation]


def status(name: str, operation: str) -> str:
    """What is known of an operation of an entity; "" where neither Intuit nor the emulator has it."""
    is_documented = name in _DOCUMENTED[operation]
    if not emulated(name, operation):
        return NOT_EMULATED if is_documented else ""
    if (name, operation) in _RECORDED:
        return RECORDED
    return DOCUMENTED if is_documented else ASSUMED
