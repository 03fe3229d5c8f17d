"""What QuickBooks Online accepts, as tables: fields, lengths, enumerations and references of what the rules make.

What belongs here: the tables; they are held against payloads by `schema_checks.py`. Source of the limits: QBO's field
documentation for the v3 Accounting API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

SHIPPING_ITEM = "SHIPPING_ITEM_ID"  # QBO's own line of freight, where the company ships


@dataclass(frozen=True, slots=True)
class Field:
    """One field's rule. `kind`: text, amount (two decimals, not negative), signed (two decimals), number (not
    rounded), day, id, item (an id or QBO's shipping line), code (a reference's value that is a word), object, list."""

    kind: str
    required: bool = False
    limit: int = 0
    choices: tuple[str, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)
    banned: str = ""


def _text(limit: int, *, required: bool = False, choices: tuple[str, ...] = (), banned: str = "") -> Field:
    return Field("text", required, limit, choices, banned=banned)


def _object(required: bool = False, **fields: Field) -> Field:
    return Field("object", required, fields=fields)


def _ref(required: bool = False) -> Field:
    return _object(required, value=Field("id", True))


def _code() -> Field:
    return _object(value=Field("code", True))


def _lines(required: bool, **fields: Field) -> Field:
    return Field("list", required, fields=fields)


_AMOUNT = Field("amount", True)
_SIGNED = Field("signed", True)
_NUMBER = Field("number")
_NOTE = _text(4000)
_TXN: dict[str, Field] = {
    "DocNumber": _text(21),
    "TxnDate": Field("day", True),
    "PrivateNote": _NOTE,
    "CurrencyRef": _object(value=Field("currency", True)),
    "ExchangeRate": _NUMBER,
    "DepartmentRef": _ref(),
}
_TAX: dict[str, Field] = {
    "GlobalTaxCalculation": _text(20, choices=("TaxExcluded", "TaxInclusive", "NotApplicable")),
    "TxnTaxDetail": _object(TxnTaxCodeRef=_ref(), TotalTax=_AMOUNT),
}
_SALES_LINE = _object(
    ItemRef=_object(True, value=Field("item", True)),
    Qty=_NUMBER,
    UnitPrice=_NUMBER,
    TaxCodeRef=_code(),
    ClassRef=_ref(),
    TaxInclusiveAmt=Field("signed"),
)
_DISCOUNT_LINE = _object(
    PercentBased=Field("flag"), DiscountPercent=_NUMBER, DiscountAccountRef=_ref(True), ClassRef=_ref()
)  # fmt: skip
_ACCOUNT_LINE = _object(AccountRef=_ref(True), TaxCodeRef=_code(), ClassRef=_ref())
_ITEM_LINE = _object(ItemRef=_ref(True), Qty=_NUMBER, UnitPrice=_NUMBER, TaxCodeRef=_code(), ClassRef=_ref())
_JOURNAL_LINE = _object(
    PostingType=_text(6, required=True, choices=("Debit", "Credit")),
    AccountRef=_ref(True),
    Entity=_object(Type=_text(8, required=True, choices=("Customer", "Vendor", "Employee")), EntityRef=_ref(True)),
    ClassRef=_ref(),
    DepartmentRef=_ref(),
)
_LINK = Field(
    "list",
    True,
    fields={
        "TxnId": Field("id", True),
        "TxnType": _text(
            20, required=True, choices=("Invoice", "CreditMemo", "Bill", "VendorCredit", "JournalEntry")
        ),
    },
)  # fmt: skip


def _detailed(amount: Field, **details: Field) -> dict[str, Field]:
    """The fields of a line that says by its DetailType which detail object it carries."""
    return {
        "LineNum": _NUMBER,
        "Description": _text(4000),
        "Amount": amount,
        "DetailType": _text(40, required=True, choices=tuple(details)),
        **details,
    }


def _with_fields(lines: Field, **more: Field) -> Field:
    return replace(lines, fields={**lines.fields, **more})


_SALES: dict[str, Field] = {
    **_TXN,
    **_TAX,
    "CustomerRef": _ref(True),
    "CustomerMemo": _object(value=_text(1000)),
    "Line": _lines(True, **_detailed(_SIGNED, SalesItemLineDetail=_SALES_LINE, DiscountLineDetail=_DISCOUNT_LINE)),
}
_ORDER_LINK = Field(
    "list",
    fields={
        "TxnId": Field("id", True),
        "TxnType": _text(20, required=True, choices=("PurchaseOrder",)),
        "TxnLineId": _text(20, required=True),
    },
)
_PURCHASE: dict[str, Field] = {
    **_TXN,
    **_TAX,
    "VendorRef": _ref(True),
    "APAccountRef": _ref(),
    "Line": _lines(
        True,
        **_detailed(_SIGNED, AccountBasedExpenseLineDetail=_ACCOUNT_LINE, ItemBasedExpenseLineDetail=_ITEM_LINE),
    ),
}
_ADDRESS = _object(
    Line1=_text(500), Line2=_text(500), Line3=_text(500), Line4=_text(500), Line5=_text(500),
    City=_text(255), CountrySubDivisionCode=_text(255), PostalCode=_text(30), Country=_text(255),
)  # fmt: skip
_NAME: dict[str, Field] = {
    "Active": Field("flag"),
    "DisplayName": _text(500, required=True, banned=":\t\n"),
    "CompanyName": _text(100),
    "PrimaryEmailAddr": _object(Address=_text(100, required=True)),
    "CurrencyRef": _object(value=Field("currency", True)),
    "Notes": _text(2000),
    "PrimaryPhone": _object(FreeFormNumber=_text(30, required=True)),
    "BillAddr": _ADDRESS,
}
_PAID: dict[str, Field] = {
    "DepositToAccountRef": _ref(True),
    "PaymentMethodRef": _ref(),
    "PaymentRefNum": _text(21),
}
SCHEMAS: dict[str, dict[str, Field]] = {
    "Customer": {
        **_NAME,
        "Job": Field("flag"),
        "ParentRef": _ref(),
        "Taxable": Field("flag"),
        "PrimaryTaxIdentifier": _text(31),
        "SalesTermRef": _ref(),
    },
    "Vendor": {**_NAME, "AcctNum": _text(100), "TaxIdentifier": _text(20), "TermRef": _ref()},
    "Term": {
        "Name": _text(31, required=True),
        "Type": _text(11, required=True, choices=("STANDARD",)),
        "DueDays": Field("number", True),
    },
    "Item": {
        "Active": Field("flag"),
        "Name": _text(100, required=True, banned=':\t\n"'),
        "Sku": _text(100),
        "Description": _text(4000),
        "Type": _text(20, required=True, choices=("NonInventory", "Service", "Inventory", "Category")),
        "IncomeAccountRef": _ref(),
        "ExpenseAccountRef": _ref(),
        "AssetAccountRef": _ref(),
        "TrackQtyOnHand": Field("flag"),
        "QtyOnHand": _NUMBER,
        "InvStartDate": Field("day"),
        "UnitPrice": _NUMBER,
        "PurchaseCost": _NUMBER,
        "ReorderPoint": _NUMBER,
        "SubItem": Field("flag"),
        "ParentRef": _ref(),
    },
    "Invoice": {
        **_SALES,
        "DueDate": Field("day"),
        "SalesTermRef": _ref(),
        "Deposit": Field("amount"),
        "DepositToAccountRef": _ref(),
    },
    "CreditMemo": _SALES,
    "SalesReceipt": {**_SALES, **_PAID},
    "RefundReceipt": {**_SALES, **_PAID},
    "Estimate": {**_SALES, "ExpirationDate": Field("day")},
    "Bill": {
        **_PURCHASE,
        "DueDate": Field("day"),
        "SalesTermRef": _ref(),
        "Line": _with_fields(_PURCHASE["Line"], LinkedTxn=_ORDER_LINK),
    },
    "VendorCredit": _PURCHASE,
    "PurchaseOrder": {
        **_PURCHASE,
        "DueDate": Field("day"),
        "POStatus": _text(10, choices=("Open", "Closed")),
        "Line": _with_fields(_PURCHASE["Line"], Id=_text(20)),
    },
    "Payment": {
        **_TXN,
        "CustomerRef": _ref(True),
        "TotalAmt": _AMOUNT,
        "PaymentRefNum": _text(21),
        "DepositToAccountRef": _ref(),
        "PaymentMethodRef": _ref(),
        "Line": _lines(False, Amount=_AMOUNT, LinkedTxn=_LINK),
    },
    "BillPayment": {
        **_TXN,
        "VendorRef": _ref(True),
        "TotalAmt": _AMOUNT,
        "APAccountRef": _ref(),
        "PayType": _text(10, required=True, choices=("Check", "CreditCard")),
        "CheckPayment": _object(BankAccountRef=_ref(True)),
        "CreditCardPayment": _object(CCAccountRef=_ref(True)),
        "Line": _lines(True, Amount=_AMOUNT, LinkedTxn=_LINK),
    },
    "InventoryAdjustment": {
        "DocNumber": _text(21),
        "TxnDate": Field("day", True),
        "PrivateNote": _NOTE,
        "AdjustAccountRef": _ref(True),
        "Line": _lines(
            True,
            LineNum=_NUMBER,
            DetailType=_text(40, required=True, choices=("ItemAdjustmentLineDetail",)),
            ItemAdjustmentLineDetail=_object(True, ItemRef=_ref(True), QtyDiff=Field("number", True)),
        ),
    },
    "JournalEntry": {**_TXN, "Line": _lines(True, **_detailed(_AMOUNT, JournalEntryLineDetail=_JOURNAL_LINE))},
}
