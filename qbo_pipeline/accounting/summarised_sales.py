"""Summarised sales: a day's invoices, or credits, as one form to one customer instead of one each.

What belongs here: which documents share a form, the form as the sum of the forms that the documents would have been by
themselves (so every account, class and tax moves by the same cents), and the customer that it is for. Purchases are not
summed up: what is owed is owed to a supplier by name, and a bill of his that comes twice is found by its number (Cin7
Core consolidates sales only, too: "purchases are always synced as individual transactions").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, get_args

from qbo_pipeline.accounting.books import Books, SummarisedSale
from qbo_pipeline.accounting.documents import ENTITIES, LABELS
from qbo_pipeline.accounting.drafts import Draft, Excluded, Payload
from qbo_pipeline.accounting.money import ZERO
from qbo_pipeline.accounting.payloads import clean, currency_fields, finish, key_ref, note, number_field, ref
from qbo_pipeline.accounting.products import account_of_item
from qbo_pipeline.accounting.schema import SHIPPING_ITEM

SALES_KINDS: tuple[str, ...] = get_args(SummarisedSale)
SUMMARY_CUSTOMER = "customer/summary"  # its key; it belongs to no record
_CHANNEL_FIELDS = {"channel": "channel", "location": "location_id", "class": "class", "department": "department"}
_US_CODES = ({"value": "TAX"}, {"value": "NON"})
_NOTHING: Mapping[str, str] = {"value": ""}
# Fields that QBO keeps once for a form: documents that differ in one of them have forms of their own (`group_of`).
_ONE_OF_A_FORM = ("DepartmentRef", "DepositToAccountRef", "PaymentMethodRef")
Line = tuple[str, str, str]  # reference to the item, class, tax code


def channel_of(content: Mapping[str, Any], books: Books) -> str:
    """The sales channel of a document, by the field that the policy names; "" where it names none or has none."""
    field = _CHANNEL_FIELDS.get(books.policies.sales_channel)
    return str(content.get(field) or "") if field is not None else ""


def is_summed_up(content: Mapping[str, Any], books: Books) -> bool:
    """Whether the books have a sales document summed up: by its kind, channel and currency.

    In a foreign currency each document has a rate of its own, and the sum in home currency would be another one.
    """
    policies = books.policies
    channels = policies.summarised_channels
    return (
        content["kind"] in policies.summarise
        and content["currency"] == books.home_currency
        and (not channels or channel_of(content, books) in channels)
    )


def group_of(kind: str, draft: Draft, channel: str) -> tuple[tuple[str, str], ...]:
    """What the documents of one form share: QBO keeps one of each for a form. Names and values, those that say nothing
    left out."""
    payload, tax = draft.payload, draft.payload.get("TxnTaxDetail", {})
    says = {
        "entity": "" if draft.entity == ENTITIES[kind][0] else draft.entity,
        "channel": channel,
        "department": payload.get("DepartmentRef", _NOTHING)["value"],
        "tax": _tax_method(payload),
        "tax code": tax.get("TxnTaxCodeRef", _NOTHING)["value"],
        "bank": payload.get("DepositToAccountRef", _NOTHING)["value"],
        "method": payload.get("PaymentMethodRef", _NOTHING)["value"],
    }
    return tuple((name, value) for name, value in says.items() if value)


def sum_of_sales(
    key: str, kind: str, group: tuple[tuple[str, str], ...], drafts: Mapping[str, Draft], books: Books
) -> Draft | Excluded:
    """The form that does what these forms of single documents do, to the summary customer, by account, class and tax.

    `drafts` are by the key of their record, not empty, of one group and day, in home currency. `Excluded` where they
    sell and tax nothing.
    """
    first = next(iter(drafts.values()))
    day = first.business_date
    assert day is not None
    words = [f"{name} {value}" for name, value in group if name in ("channel", "department")]
    label = f"{LABELS[kind]} of {day.isoformat()}, {len(drafts):,} {'record' if len(drafts) == 1 else 'records'}"
    label = "; ".join([label, *words])
    totals: dict[Line, Decimal] = {}
    for draft in drafts.values():
        for line, amount in _lines(draft, books):
            totals[line] = totals.get(line, ZERO) + amount
    tax = sum((draft.payload.get("TxnTaxDetail", {}).get("TotalTax", ZERO) for draft in drafts.values()), ZERO)
    deposits = sum((draft.payload.get("Deposit", ZERO) for draft in drafts.values()), ZERO)
    lines = {line: amount for line, amount in sorted(totals.items()) if amount}
    if not lines and not tax:
        return Excluded(rule="nil_effect", message=f"{label}: they have no amount, there is nothing to post")
    kept = lines or dict(list(totals.items())[:1])
    told = first.payload.get("TxnTaxDetail", {})
    number = " ".join([f"{LABELS[kind]} {day:%y%m%d}", *(value for _, value in group)])
    payload: Payload = {
        **number_field(books, first.entity, number),
        "TxnDate": day.isoformat(),
        "PrivateNote": note(label),
        **currency_fields(books, books.home_currency, Decimal(1)),
        "CustomerRef": key_ref(SUMMARY_CUSTOMER),
        **{name: value for name, value in first.payload.items() if name in _ONE_OF_A_FORM},
        **({"GlobalTaxCalculation": method} if (method := _tax_method(first.payload)) else {}),
        **({"Deposit": deposits} if deposits else {}),
        **({"TxnTaxDetail": {**told, "TotalTax": tax}} if tax or told else {}),
        "Line": [{"LineNum": number, **_line(line, kept[line], books)} for number, line in enumerate(kept, start=1)],
    }
    return finish(
        key=key,
        entity=first.entity,
        payload=payload,
        business_date=day,
        amount=sum((draft.amount for draft in drafts.values()), ZERO),
        currency=books.home_currency,
    )


def build_summary_customer(key: str, books: Books) -> Draft:
    """The customer that summarised sales are for, by the name in the settings."""
    payload: Payload = {"DisplayName": clean(books.policies.summary_customer, ":")}
    if books.policies.multicurrency:
        payload["CurrencyRef"] = ref(books.home_currency)
    return finish(
        key=key,
        entity="Customer",
        payload=payload,
        business_date=None,
        amount=ZERO,
        currency=books.home_currency,
    )


def _lines(draft: Draft, books: Books) -> Iterator[tuple[Line, Decimal]]:
    """The lines by account, which its item stands for; QBO's own line of freight stays one, and the discount of a form
    is a line of its account, for a day's documents have several."""
    untaxed = "NON" if any(_detail(line).get("TaxCodeRef") in _US_CODES for line in draft.payload["Line"]) else ""
    for line in draft.payload["Line"]:
        detail, amount = _detail(line), line["Amount"]
        code = detail.get("TaxCodeRef", _NOTHING)["value"]
        if line["DetailType"] == "DiscountLineDetail":
            item, amount, code = f"$item/{detail['DiscountAccountRef']['value']}", -amount, untaxed
        elif (item := detail["ItemRef"]["value"]) != SHIPPING_ITEM:
            item = f"$item/{account_of_item(books, item)}"
        yield (item, detail.get("ClassRef", _NOTHING)["value"], code), amount


def _tax_method(payload: Payload) -> str:
    """How the day's form states its tax: beside the amounts, also where the documents' prices have it in them.

    QBO would take it out of a day's sum by other cents than out of each document.
    """
    method: str = payload.get("GlobalTaxCalculation", "")
    return "TaxExcluded" if method == "TaxInclusive" else method


def _detail(line: Payload) -> Payload:
    detail: Payload = line[line["DetailType"]]
    return detail


def _line(line: Line, amount: Decimal, books: Books) -> Payload:
    item, class_id, tax_code = line
    detail: Payload = {"ItemRef": ref(item)}
    if tax_code:
        detail["TaxCodeRef"] = ref(tax_code)
    if class_id:
        detail["ClassRef"] = ref(class_id)
    return {
        "Amount": amount,
        "Description": "Freight" if item == SHIPPING_ITEM else books.chart[item.removeprefix("$item/")].name,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": detail,
    }
