"""The check that a payload passes before it becomes a posting: the tables of `schema.py`, and the sums that QBO checks.

What belongs here: what is wrong with a payload, in words. A field that is not in the table is refused: the rules are
strict about what they send.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from qbo_pipeline.accounting.schema import SCHEMAS, SHIPPING_ITEM, Field

MAX_LINES = 10_000
MAX_US_TAXABLE_LINES = 750
_REFERENCE = re.compile(r"\d+|\$[a-z]+/.+")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class PayloadProblem:
    """What QBO would refuse: the field's path and the reason in words."""

    field: str
    text: str


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
