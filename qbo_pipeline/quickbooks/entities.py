"""The QBO entities that the client knows: path, what can be done with each, and the fields a query may name.

Sources: Intuit's entity reference (operations), its query reference (`Id`, dates and names can be filtered; line
fields cannot). A field that a company refuses (4001) is an `InvalidRequest` of that query, nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass

_COMMON = ("Id", "SyncToken", "MetaData.CreateTime", "MetaData.LastUpdatedTime")
_TRANSACTION = ("TxnDate", "DocNumber", "PrivateNote", "TotalAmt", "CurrencyRef")
_SALES = ("CustomerRef", "Balance", "DueDate")
_PURCHASE = ("VendorRef", "Balance", "DueDate", "APAccountRef")
_PARTY = (
    "DisplayName",
    "GivenName",
    "FamilyName",
    "CompanyName",
    "PrintOnCheckName",
    "Active",
    "Balance",
    "CurrencyRef",
)


@dataclass(frozen=True, slots=True)
class Entity:
    """`void`: the parameters of a void (empty where there is none); `inactive`: lists hide inactive ones unless asked;
    `changes`: change data capture covers it; `delete`: it can be deleted (lists are made inactive instead)."""

    name: str
    fields: tuple[str, ...]
    transaction: bool = True
    delete: bool = True
    void: tuple[tuple[str, str], ...] = ()
    inactive: bool = False
    changes: bool = True

    @property
    def path(self) -> str:
        return self.name.lower()


_VOID = (("operation", "void"),)
_VOID_BY_UPDATE = (("operation", "update"), ("include", "void"))


def _transaction(name: str, *fields: str, void: tuple[tuple[str, str], ...] = ()) -> Entity:
    return Entity(name, (*_COMMON, *_TRANSACTION, *fields), void=void)


def _list(name: str, *fields: str, changes: bool = True, inactive: bool = True) -> Entity:
    active = ("Active",) if inactive else ()
    return Entity(
        name, (*_COMMON, *active, *fields), transaction=False, delete=False, inactive=inactive, changes=changes
    )  # fmt: skip


ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        _transaction("Invoice", *_SALES, "SalesTermRef", void=_VOID),
        _transaction("CreditMemo", *_SALES),
        _transaction("SalesReceipt", *_SALES, void=_VOID_BY_UPDATE),
        _transaction("RefundReceipt", *_SALES),
        _transaction("Estimate", *_SALES, "ExpirationDate", "TxnStatus"),
        _transaction("Payment", "CustomerRef", "PaymentRefNum", "UnappliedAmt", void=_VOID_BY_UPDATE),
        _transaction("Bill", *_PURCHASE, "SalesTermRef"),
        _transaction("VendorCredit", *_PURCHASE),
        _transaction("PurchaseOrder", "VendorRef", "POStatus", "APAccountRef"),
        _transaction("BillPayment", "VendorRef", "PayType", "APAccountRef", void=_VOID_BY_UPDATE),
        _transaction("Purchase", "PaymentType", "AccountRef"),
        _transaction("Deposit", "DepositToAccountRef"),
        _transaction("Transfer", "FromAccountRef", "ToAccountRef", "Amount"),
        _transaction("JournalEntry", "Adjustment"),
        _transaction("InventoryAdjustment", "AdjustAccountRef"),
        Entity("TimeActivity", (*_COMMON, "TxnDate"), changes=False),
        Entity("Attachable", (*_COMMON, "FileName", "Note"), transaction=False),
        _list("Customer", *_PARTY, "FullyQualifiedName", "ParentRef", "Job"),
        _list("Vendor", *_PARTY, "AcctNum"),
        _list("Employee", *_PARTY),
        _list("Item", "Name", "FullyQualifiedName", "Sku", "Type", "ParentRef", "QtyOnHand", "InvStartDate"),
        _list("Account", "Name", "FullyQualifiedName", "AcctNum", "AccountType", "AccountSubType", "Classification",
              "CurrencyRef", "ParentRef", "CurrentBalance"),
        _list("Class", "Name", "FullyQualifiedName"),
        _list("Department", "Name", "FullyQualifiedName"),
        _list("Term", "Name"),
        _list("PaymentMethod", "Name", "Type"),
        _list("TaxCode", "Name", changes=False),
        _list("TaxRate", "Name", changes=False),
        _list("TaxAgency", "DisplayName", changes=False, inactive=False),
        _list("CompanyCurrency", "Code", "Name"),
        Entity("CompanyInfo", _COMMON, transaction=False, delete=False),
        Entity("Preferences", _COMMON, transaction=False, delete=False),
        Entity("ExchangeRate", ("SourceCurrencyCode", "AsOfDate"), transaction=False, delete=False, changes=False),
    )
}  # fmt: skip


def entity_named(name: str) -> Entity:
    """The entity of this name, exactly as QBO spells it; raises `ValueError` for one that is not in the table."""
    if name not in ENTITIES:
        near = next((known for known in ENTITIES if known.lower() == name.lower()), None)
        hint = f"; did you mean {near}?" if near else f"; known are {', '.join(sorted(ENTITIES))}"
        raise ValueError(f"{name!r} is not a QuickBooks entity that the client knows{hint}")
    return ENTITIES[name]
