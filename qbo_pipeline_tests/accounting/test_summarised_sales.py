"""A day's sales as one form: it books what they would book one by one, and payments settle it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.accounting.drafts import Draft, Excluded
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.accounting.schema import SHIPPING_ITEM
from qbo_pipeline.accounting.schema_checks import problem_in
from qbo_pipeline.accounting.summaries import day_of_summary, in_groups, is_summary, summarise, summary_key
from qbo_pipeline.accounting.summarised_sales import (
    SALES_KINDS,
    SUMMARY_CUSTOMER,
    build_summary_customer,
    channel_of,
    is_summed_up,
)
from qbo_pipeline.inventory.records import Document, DocumentLine
from qbo_pipeline_tests.accounting.company import DAY, Ledger, books, document, item, payment
from qbo_pipeline_tests.accounting.many import many

D = Decimal
LEVELS = {
    ("class", "category", "ware"): "901",
    ("department", "location", "west"): "801",
    ("sales", "product", "bag"): "41",
}
REGIMES: dict[str, Any] = {
    "us": books(overrides=LEVELS, policies={"freight": "shipping"}),
    "us_manual": books(overrides=LEVELS, policies={"tax_regime": "us_manual"}, tax_codes={"S": "3", "R": "4"}),
    "us_none": books(overrides=LEVELS, policies={"tax_regime": "us_none"}),
    "global": books(overrides=LEVELS, policies={"tax_regime": "global"}, tax_codes={"S": "3", "R": "4", "": "5"}),
}
amounts = st.decimals(min_value=-50, max_value=999, places=2)
goods = st.builds(
    lambda product, net, hint: item(product, None, None, str(net), account=hint),
    st.sampled_from(["tea", "cup", "bag", "fit", None]), amounts, st.sampled_from([None, "online"]),
)  # fmt: skip
beside = st.builds(
    lambda role, net: item(None, None, None, str(-net if role == "discount" else net), role=role),
    st.sampled_from(["discount", "freight", "charge"]), st.decimals(min_value=1, max_value=40, places=2),
)  # fmt: skip
lines = goods | goods | goods | beside


def taxed(rows: list[DocumentLine], regime: str, tax: Decimal, code: str) -> list[DocumentLine]:
    if regime == "us_none" or not rows:
        return rows
    first, *rest = rows
    told = {name: getattr(first, name) for name in DocumentLine.__slots__}
    return [DocumentLine(**(told | {"tax_amount": tax, "tax_code": code})), *rest]


@st.composite
def days(draw: Any) -> tuple[str, str, list[Document]]:
    regime, kind = draw(st.sampled_from(sorted(REGIMES))), draw(st.sampled_from(SALES_KINDS))
    found = []
    for number in range(draw(st.integers(1, 5))):
        rows = taxed(
            draw(st.lists(lines, min_size=1, max_size=4)), regime, draw(st.decimals(0, 20, places=2)),
            draw(st.sampled_from(["S", "R"])),
        )  # fmt: skip
        at = draw(st.sampled_from(["east", "west"]))
        made = document(kind, *rows, document_id=f"s{number}", number=f"S{number}", location_id=at)
        if kind == "sales_invoice" and made.total_amount > 1 and draw(st.booleans()):
            made = replace(made, deposit_amount=D(1))
        found.append(made)
    return regime, kind, found


def effects(drafts: list[Draft]) -> dict[Any, Decimal]:
    """What forms do by account, class, tax code, department and entity."""
    found: dict[Any, Decimal] = defaultdict(D)
    for draft in drafts:
        sign = -1 if draft.entity == "CreditMemo" else 1
        form = (draft.payload.get("DepartmentRef", {}).get("value"), draft.payload.get("GlobalTaxCalculation"))
        tax = draft.payload.get("TxnTaxDetail", {})
        found["tax", draft.entity, form, tax.get("TxnTaxCodeRef", {}).get("value")] += sign * tax.get("TotalTax", D(0))
        found["deposit", draft.payload.get("DepositToAccountRef", {}).get("value")] += draft.payload.get(
            "Deposit", D(0)
        )
        coded = any("TAX" in str(line) or "NON" in str(line) for line in draft.payload["Line"])
        for line in draft.payload["Line"]:
            detail = line[line["DetailType"]]
            if line["DetailType"] == "DiscountLineDetail":
                place = (detail["DiscountAccountRef"]["value"], None, "NON" if coded and not form[1] else None)
                found[(draft.entity, *form, *place)] -= sign * line["Amount"]
                continue
            if detail["ItemRef"]["value"] == SHIPPING_ITEM:
                found[(draft.entity, *form, "freight")] += sign * line["Amount"]
                continue
            named = detail["ItemRef"]["value"].removeprefix("$")
            account = (
                named.partition("/")[2] if named.startswith("item/") else ("41" if named == "product/bag" else "40")
            )
            place = (account, detail.get("ClassRef", {}).get("value"), detail.get("TaxCodeRef", {}).get("value"))
            found[(draft.entity, *form, *place)] += sign * line["Amount"]
    return {place: amount for place, amount in found.items() if amount}


@many(60)
@given(days())
def test_the_sum_is_that_of_the_single_forms(given_day: tuple[str, str, list[Document]]) -> None:
    regime, kind, rows = given_day
    its = REGIMES[regime]
    singles = {f"document/{row.document_id}": made for row in rows if isinstance(made := build(row, its), Draft)}
    key = summary_key(kind, DAY)
    groups = in_groups(key, singles, dict.fromkeys(singles, ""))
    made = {name: summarise(name, group, its) for name, group in groups.items()}
    sums = [one for one in made.values() if isinstance(one, Draft)]
    assert all(isinstance(one, Draft | Excluded) for one in made.values())
    assert effects(sums) == effects(list(singles.values()))
    assert sum(one.amount for one in sums) == sum(one.amount for one in singles.values())
    assert sorted(of for group in groups.values() for of in group) == sorted(singles)
    for one in sums:
        assert problem_in(one.entity, one.payload) is None
        assert is_summary(one.key)
        assert day_of_summary(one.key) == key
        assert one.payload["CustomerRef"] == {"value": f"${SUMMARY_CUSTOMER}"}
        assert len(one.payload["DocNumber"]) <= 21
    assert len({one.payload["DocNumber"] for one in sums}) == len(sums)


def test_what_is_summed_up_by_kind_channel_and_currency() -> None:
    policies = {"summarise": ("sales_invoice",), "sales_channel": "location", "summarised_channels": ("web",)}
    web = {"kind": "sales_invoice", "currency": "USD", "location_id": "web"}
    chosen = books(policies=policies)
    assert channel_of(web, chosen) == "web"
    assert is_summed_up(web, chosen)
    for other in ({"location_id": "shop"}, {"currency": "EUR"}, {"kind": "sales_credit"}, {"location_id": None}):
        assert not is_summed_up({**web, **other}, chosen)
    by_shop = books(policies={"summarise": ("sales_invoice",), "sales_channel": "channel"})
    assert channel_of({**web, "channel": "Marketplace"}, by_shop) == "Marketplace"
    everywhere = books(policies={"summarise": ("sales_invoice",)})
    assert is_summed_up({**web, "location_id": "shop"}, everywhere)
    assert channel_of(web, everywhere) == ""


def test_channels_are_forms_of_their_own() -> None:
    rows = [document("sales_invoice", item("tea", 1, "5.00", "5.00"), document_id=at) for at in ("web", "shop")]
    its = books()
    singles = {f"document/{row.document_id}": build(row, its) for row in rows}
    channels = {"document/web": "web", "document/shop": "shop"}
    groups = in_groups(summary_key("sales_invoice", DAY), singles, channels)  # type: ignore[arg-type]
    assert sorted(groups) == [f"summary/{DAY}/sales_invoice#by channel {at}" for at in ("shop", "web")]
    key, group = next(iter(groups.items()))
    made = summarise(key, group, its, channels)
    assert isinstance(made, Draft)
    assert made.payload["PrivateNote"] == f"Sales invoice of {DAY}, 1 record; channel web"
    assert not is_summary(f"{key}#reversal-1")


def test_prices_with_tax_in_them_are_summed_up_before_tax() -> None:
    its = books(
        policies={"tax_regime": "global"}, tax_codes={"S": "3"}, tax_rates={"3": ((D(20),), (D(20),))},
    )  # fmt: skip
    rows = [
        document(
            "sales_invoice", item("tea", 1, None, net, tax_amount=D(tax), tax_code="S"), document_id=name,
            tax_inclusive=inclusive,
        )
        for name, net, tax, inclusive in (
            ("a", "0.83", "0.16", True), ("b", "0.83", "0.16", True), ("c", "5", "1", False),
        )
    ]  # fmt: skip
    singles = {f"document/{row.document_id}": made for row in rows if isinstance(made := build(row, its), Draft)}
    assert singles["document/a"].payload["GlobalTaxCalculation"] == "TaxInclusive"
    (group,) = in_groups(summary_key("sales_invoice", DAY), singles, {}).items()
    made = summarise(*group, its)
    assert isinstance(made, Draft)
    (line,) = made.payload["Line"]
    assert (made.payload["GlobalTaxCalculation"], line["Amount"]) == ("TaxExcluded", D("6.66"))
    assert made.payload["TxnTaxDetail"] == {"TotalTax": D("1.32")}


def test_free_goods_alone_have_nothing_to_post() -> None:
    row = document("sales_invoice", item("tea", 1, "0", "0"))
    made = summarise(summary_key("sales_invoice", DAY), {"document/1": build(row, books())}, books())  # type: ignore[dict-item]
    assert isinstance(made, Excluded)


def test_the_summary_customer_has_the_name_of_the_settings() -> None:
    made = build_summary_customer(
        SUMMARY_CUSTOMER, books(policies={"summary_customer": "Web: shop", "multicurrency": True})
    )
    assert (made.key, made.entity) == (SUMMARY_CUSTOMER, "Customer")
    assert made.payload == {"DisplayName": "Web shop", "CurrencyRef": {"value": "USD"}}


SUMMED = frozenset({"a", "b", "r"}).__contains__
ROWS = [
    document("sales_invoice", item("tea", 1, net, net), document_id=name)
    for name, net in (("a", "60.00"), ("b", "40.00"), ("own", "30.00"))
] + [document("sales_credit", item("tea", 1, "10.00", "10.00"), document_id="r")]


@pytest.mark.parametrize(
    ("amount", "allocations", "wanted"),
    [
        # all of it summarised: one payment of the summary customer, on account
        ("100.00", [("a", "60.00"), ("b", "40.00")],
         [("payment/p1#summary", "Payment", SUMMARY_CUSTOMER, "100.00", [])]),
        # the rest is on account of its own customer
        ("70.00", [("a", "60.00")],
         [("payment/p1", "Payment", "party/customer:7", "10.00", []),
          ("payment/p1#summary", "Payment", SUMMARY_CUSTOMER, "60.00", [])]),
        # an invoice of its own beside a summarised one
        ("90.00", [("own", "30.00"), ("a", "60.00")],
         [("payment/p1", "Payment", "party/customer:7", "30.00", [("document/own", "30.00")]),
          ("payment/p1#summary", "Payment", SUMMARY_CUSTOMER, "60.00", [])]),
        # a summarised credit taken into account
        ("50.00", [("a", "60.00"), ("r", "-10.00")],
         [("payment/p1#summary", "Payment", SUMMARY_CUSTOMER, "50.00",
           [])]),
        # nothing of it is summarised
        ("30.00", [("own", "30.00")],
         [("payment/p1", "Payment", "party/customer:7", "30.00", [("document/own", "30.00")])]),
    ],
)  # fmt: skip
def test_a_payment_settles_the_summary(amount: str, allocations: Any, wanted: Any) -> None:
    its = books(*ROWS, is_summarised=SUMMED)
    outcome = build(payment("payment_received", amount, *allocations), its)
    made = outcome if isinstance(outcome, list) else [outcome]
    told = [
        (
            one.key, one.entity, one.payload["CustomerRef"]["value"].removeprefix("$"), str(one.payload["TotalAmt"]),
            [(line["LinkedTxn"][0]["TxnId"].removeprefix("$"), str(line["Amount"])) for line in one.payload["Line"]],
        )
        for one in made if isinstance(one, Draft)
    ]  # fmt: skip
    assert told == wanted


def test_a_refund_of_a_summarised_credit_is_the_summary_customer_s() -> None:
    its = books(*ROWS, is_summarised=SUMMED)
    made = build(payment("payment_received", "-10.00", ("r", "-10.00")), its)
    assert isinstance(made, list)
    (entry,) = made
    named = [line["JournalEntryLineDetail"].get("Entity") for line in entry.payload["Line"]]
    assert {"Type": "Customer", "EntityRef": {"value": f"${SUMMARY_CUSTOMER}"}} in named
    assert Ledger().post(entry).balance("Bank") == D("-10.00")
