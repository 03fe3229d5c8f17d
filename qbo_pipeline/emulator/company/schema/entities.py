"""The table of entities: rules, kind, what may be done with each, and how reports name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.fields import Field
from qbo_pipeline.emulator.company.schema import lists, planning, recurring, setup, transactions


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of object. `name_field` carries its unique name; `party` is the reference to its customer or vendor."""

    name: str
    kind: Literal["list", "transaction", "single"]
    fields: Mapping[str, Field]
    label: str = ""
    name_field: str = ""
    party: str = ""
    create: bool = True
    update: bool = True
    delete: bool = False
    void: bool = False
    changes: bool = True
    sparse_only: bool = False
    plans: tuple[str, ...] = ()


_PLUS: Final = ("Plus", "Advanced")
_ALL: Final = (
    Entity("Account", "list", lists.ACCOUNT, name_field="Name"),
    Entity("Attachable", "list", setup.ATTACHABLE, delete=True),
    Entity("Bill", "transaction", transactions.BILL, "Bill", party="VendorRef", delete=True),
    Entity(
        "BillPayment",
        "transaction",
        transactions.BILL_PAYMENT,
        "Bill Payment",
        party="VendorRef",
        delete=True,
        void=True,
    ),
    Entity("Budget", "list", planning.BUDGET, name_field="Name", delete=True),
    Entity("Class", "list", lists.CLASS, name_field="Name", plans=_PLUS),
    Entity("CompanyCurrency", "list", lists.COMPANY_CURRENCY, name_field="Code"),
    Entity("CompanyInfo", "single", setup.COMPANY_INFO, create=False),
    Entity(
        "CreditMemo",
        "transaction",
        transactions.CREDIT_MEMO,
        "Credit Memo",
        party="CustomerRef",
        delete=True,
        void=True,
    ),
    Entity(
        "CreditCardPayment",
        "transaction",
        transactions.CREDIT_CARD_PAYMENT,
        "Credit Card Payment",
        party="VendorRef",
        delete=True,
    ),
    Entity(
        "CustomerType", "list", planning.CUSTOMER_TYPE, name_field="Name", create=False, update=False, changes=False
    ),
    Entity("Customer", "list", lists.CUSTOMER, name_field="DisplayName"),
    Entity("Department", "list", lists.DEPARTMENT, name_field="Name", plans=_PLUS),
    Entity("Deposit", "transaction", transactions.DEPOSIT, "Deposit", delete=True),
    Entity("Employee", "list", lists.EMPLOYEE, name_field="DisplayName"),
    Entity("Estimate", "transaction", transactions.ESTIMATE, "Estimate", party="CustomerRef", delete=True),
    Entity(
        "InventoryAdjustment",
        "transaction",
        transactions.INVENTORY_ADJUSTMENT,
        "Inventory Qty Adjust",
        delete=True,
        sparse_only=True,
        plans=_PLUS,
    ),
    Entity("Invoice", "transaction", transactions.INVOICE, "Invoice", party="CustomerRef", delete=True, void=True),
    Entity("Item", "list", lists.ITEM, name_field="Name"),
    Entity("JournalEntry", "transaction", transactions.JOURNAL_ENTRY, "Journal Entry", delete=True),
    Entity("JournalCode", "list", planning.JOURNAL_CODE, name_field="Name", changes=False),
    Entity("Payment", "transaction", transactions.PAYMENT, "Payment", party="CustomerRef", delete=True, void=True),
    Entity("PaymentMethod", "list", lists.PAYMENT_METHOD, name_field="Name"),
    Entity("Preferences", "single", setup.PREFERENCES, create=False),
    Entity("Purchase", "transaction", transactions.PURCHASE, "Expense", party="EntityRef", delete=True, void=True),
    Entity(
        "PurchaseOrder",
        "transaction",
        transactions.PURCHASE_ORDER,
        "Purchase Order",
        party="VendorRef",
        delete=True,
        plans=_PLUS,
    ),
    Entity(
        "RecurringTransaction", "list", recurring.RECURRING_TRANSACTION, name_field="Name", delete=True, changes=False
    ),
    Entity(
        "RefundReceipt",
        "transaction",
        transactions.REFUND_RECEIPT,
        "Refund",
        party="CustomerRef",
        delete=True,
        void=True,
    ),
    Entity(
        "ReimburseCharge",
        "transaction",
        transactions.REIMBURSE_CHARGE,
        "Billable Expense Charge",
        party="CustomerRef",
        create=False,
        update=False,
        changes=False,
    ),
    Entity(
        "SalesReceipt",
        "transaction",
        transactions.SALES_RECEIPT,
        "Sales Receipt",
        party="CustomerRef",
        delete=True,
        void=True,
    ),
    Entity("TaxAgency", "list", setup.TAX_AGENCY, name_field="DisplayName", changes=False),
    Entity("TaxCode", "list", setup.TAX_CODE_TABLE, name_field="Name", create=False, changes=False),
    Entity(
        "TaxPayment", "transaction", transactions.TAX_PAYMENT, "Tax Payment", create=False, update=False, changes=False
    ),
    Entity("TaxRate", "list", setup.TAX_RATE, name_field="Name", create=False, changes=False),
    Entity("Term", "list", lists.TERM, name_field="Name"),
    Entity("TimeActivity", "list", planning.TIME_ACTIVITY, delete=True, changes=False),
    Entity("Transfer", "transaction", transactions.TRANSFER, "Transfer", delete=True, void=True),
    Entity("Vendor", "list", lists.VENDOR, name_field="DisplayName"),
    Entity("VendorCredit", "transaction", transactions.VENDOR_CREDIT, "Vendor Credit", party="VendorRef", delete=True),
)
ENTITIES: Final[dict[str, Entity]] = {entity.name: entity for entity in _ALL}
EXCHANGE_RATE: Final = Entity("ExchangeRate", "single", setup.EXCHANGE_RATE)
STARTING_VALUE: Final = "InventoryStartingValue"
"""Internal transaction that QBO makes for an inventory item's opening quantity; it cannot be read or queried."""
LABELS: Final = {e.name: e.label for e in _ALL if e.label} | {STARTING_VALUE: "Inventory Starting Value"}
WRAPPERS: Final = {"CreditCardPayment": "CreditCardPaymentTxn"}
"""Entities that answers name otherwise than addresses and queries do (Intuit, reference of CreditCardPayment)."""
_CANONICAL: Final = {name.lower(): name for name in (*ENTITIES, "ExchangeRate", "TaxClassification", "TaxService")} | {
    wrapper.lower(): name for name, wrapper in WRAPPERS.items()
}


def entity_name(name: str) -> str:
    """The canonical spelling of an entity's name in any case. Raises fault 2000."""
    found = _CANONICAL.get(name.lower())
    if found is None:
        raise fault("2000", what=name)
    return found


def wrapper(name: str) -> str:
    """The word under which an answer holds an object of an entity."""
    return WRAPPERS.get(name, name)


def entity(name: str) -> Entity:
    """The table row of an entity. Raises fault 2000."""
    found = entity_name(name)
    if found == "ExchangeRate":
        return EXCHANGE_RATE
    if found not in ENTITIES:
        raise fault("500", what=name)
    return ENTITIES[found]
