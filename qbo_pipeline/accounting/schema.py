"""What QuickBooks Online accepts, as tables: the check that a payload passes before it becomes a posting.

What belongs here: fields, lengths, enumerations, amounts and references of the entities that the rules make, and
the sums that QBO checks. A field that is not in the table is refused: the rules are strict about what they send.
Source of the limits: QBO's field documentation for the v3 Accounting API.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

MAX_LINES = 10_000
MAX_US_TAXABLE_LINES = 750
SHIPPING_ITEM = "SHIPPING_ITEM_ID"  # QBO's own line of freight, where the company ships
_REFERENCE = re.compile(r"\d+|\$[a-z]+/.+")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class PayloadProblem:
    """What QBO would refuse: the field's path and the reason in words."""

    field: str
    text: str


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


def problem_in(entity: str, payload: Mapping[str, Any]) -> PayloadProblem | None:
    """The first thing that QBO would refuse in a payload, or `None`.

    Raises `KeyError` for an entity that the rules do not make.
    """
    return next(_problems(entity, payload), None)


def _problems(entity: str, payload: Mapping[str, Any]) -> Iterator[PayloadProblem]:
    yield from _object_problems(SCHEMAS[entity], payload, "")
    lines = payload.get("Line", [])
    if len(lines) > MAX_LINES:
        yield PayloadProblem("Line", f"{len(lines)} lines, and QBO takes {MAX_LINES}: split the document in the source")
    for number, line in enumerate(lines):
        if "DetailType" in line and line["DetailType"] not in line:
            yield PayloadProblem(f"Line[{number}].{line['DetailType']}", "is missing, and DetailType names it")
    yield from _SUMS.get(entity, _no_sums)(payload)


def _object_problems(table: Mapping[str, Field], value: Mapping[str, Any], path: str) -> Iterator[PayloadProblem]:
    for name, rule in table.items():
        if rule.required and value.get(name) in (None, "", []):
            yield PayloadProblem(path + name, "is required and missing")
    for name, item in value.items():
        if name not in table:
            yield PayloadProblem(path + name, "is not a field of this object")
        elif item is not None:
            yield from _field_problems(table[name], item, path + name)


def _field_problems(rule: Field, value: Any, path: str) -> Iterator[PayloadProblem]:
    if rule.kind == "list":
        for number, item in enumerate(value):
            yield from _object_problems(rule.fields, item, f"{path}[{number}].")
    elif rule.kind == "object":
        yield from _object_problems(rule.fields, value, f"{path}.")
    elif (text := _scalar_problem(rule, value)) is not None:
        yield PayloadProblem(path, text)


def _scalar_problem(rule: Field, value: Any) -> str | None:
    if rule.kind in ("amount", "signed", "number"):
        return _amount_problem(rule.kind, value)
    if rule.kind == "flag":
        return None if isinstance(value, bool) else f"is {type(value).__name__}, and must be true or false"
    if not isinstance(value, str):
        return f"is {type(value).__name__}, and must be text"
    if rule.kind == "id":
        return None if _REFERENCE.fullmatch(value) else f"'{value}' is neither a QBO id nor a reference to a posting"
    if rule.kind == "item" and value != SHIPPING_ITEM:
        return _scalar_problem(Field("id"), value)
    if rule.kind == "currency":
        return None if _CURRENCY.fullmatch(value) else f"'{value}' is not an ISO currency code"
    if rule.kind == "day":
        return _day_problem(value)
    if rule.choices and value not in rule.choices:
        return f"'{value}' is not one of {', '.join(rule.choices)}"
    if rule.limit and len(value) > rule.limit:
        return f"has {len(value)} characters, and QBO takes {rule.limit}"
    if any(char in rule.banned for char in value):
        return f"'{value}' has a character that QBO does not take in a name"
    return None


def _amount_problem(kind: str, value: Any) -> str | None:
    if kind == "number":
        return None if type(value) in (Decimal, int) else f"is {type(value).__name__}, and must be a decimal"
    if type(value) is not Decimal:
        return f"is {type(value).__name__}, and must be a decimal"
    if value.as_tuple().exponent != -2:
        return f"{value} does not have two decimals"
    if kind == "amount" and value < 0:
        return f"{value} is negative"
    return None


def _day_problem(value: str) -> str | None:
    try:
        date.fromisoformat(value)
    except ValueError:
        return f"'{value}' is not a date (YYYY-MM-DD)"
    return None


def _no_sums(payload: Mapping[str, Any]) -> Iterator[PayloadProblem]:
    yield from ()


def _journal_sums(payload: Mapping[str, Any]) -> Iterator[PayloadProblem]:
    """QBO: at least two lines, debits = credits (2300)."""
    totals = {"Debit": Decimal(0), "Credit": Decimal(0)}
    for line in payload["Line"]:
        totals[line["JournalEntryLineDetail"]["PostingType"]] += line["Amount"]
    if totals["Debit"] != totals["Credit"]:
        yield PayloadProblem("Line", f"debits {totals['Debit']} are not credits {totals['Credit']}")
    if len(payload["Line"]) < 2:
        yield PayloadProblem("Line", "a journal entry needs a debit and a credit")


def _document_sums(payload: Mapping[str, Any]) -> Iterator[PayloadProblem]:
    """QBO: a document's total is not negative; US taxable sales forms take 750 lines."""
    signed = (-line["Amount"] if "DiscountLineDetail" in line else line["Amount"] for line in payload["Line"])
    total = sum(signed, Decimal(0))
    total += payload.get("TxnTaxDetail", {}).get("TotalTax", Decimal(0))
    if total < 0:
        yield PayloadProblem("Line", f"the total {total} is negative")
    taxable = "CustomerRef" in payload and "GlobalTaxCalculation" not in payload and "TxnTaxDetail" in payload
    if taxable and len(payload["Line"]) > MAX_US_TAXABLE_LINES:
        yield PayloadProblem(
            "Line",
            f"{len(payload['Line'])} lines, and QBO takes {MAX_US_TAXABLE_LINES} on a form with US sales tax: split "
            "the document in the inventory system",
        )


def _item_needs(payload: Mapping[str, Any]) -> Iterator[PayloadProblem]:
    """QBO: what is sold has an income account, a category is not sold; an item that tracks its quantity needs its
    accounts, its start and what was there on it (2020)."""
    if payload["Type"] != "Category" and not payload.get("IncomeAccountRef"):
        yield PayloadProblem("IncomeAccountRef", "is required and missing")
    if payload["Type"] != "Inventory":
        return
    for name in ("AssetAccountRef", "ExpenseAccountRef", "InvStartDate", "QtyOnHand"):
        if payload.get(name) is None:
            yield PayloadProblem(name, "is required for an item that tracks its quantity, and missing")


def _payment_sums(payload: Mapping[str, Any]) -> Iterator[PayloadProblem]:
    """What is linked (credits counted against) is not more than the payment. A journal entry counts by its side, which
    the payload does not say: against what it settles."""
    linked = entries = Decimal(0)
    for line in payload.get("Line", []):
        if line["LinkedTxn"][0]["TxnType"] == "JournalEntry":
            entries += line["Amount"]
            continue
        credit = line["LinkedTxn"][0]["TxnType"] in _CREDITS[("CustomerRef" in payload)]
        linked += -line["Amount"] if credit else line["Amount"]
    linked += -entries if linked > 0 else entries
    if linked > payload["TotalAmt"]:
        yield PayloadProblem("Line", f"{linked} is linked, more than the payment of {payload['TotalAmt']}")
    if linked < 0:
        yield PayloadProblem("Line", f"credits exceed what they settle by {-linked}")


_FORMS = (
    "Invoice", "CreditMemo", "SalesReceipt", "RefundReceipt", "Estimate", "Bill", "VendorCredit", "PurchaseOrder",
)  # fmt: skip
_CREDITS = {True: ("CreditMemo",), False: ("VendorCredit",)}
_SUMS = {
    "Item": _item_needs,
    "JournalEntry": _journal_sums,
    "Payment": _payment_sums,
    "BillPayment": _payment_sums,
    **dict.fromkeys(_FORMS, _document_sums),
}
