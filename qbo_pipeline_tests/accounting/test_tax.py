"""Each tax regime: what a form and its lines say, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from qbo_pipeline.accounting.drafts import Draft, Refused
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.accounting.schema_checks import problem_in
from qbo_pipeline.accounting.tax import REGIMES
from qbo_pipeline.inventory.records import DocumentLine
from qbo_pipeline_tests.accounting.company import books, document, item, money

CODES = {"CA": "3", "NY": "4", "OUT": "NON", "S20": "7", "RC": "9"}
CA = {"tax_amount": money("0.80"), "tax_code": "CA"}


def line(net: str, **changes: Any) -> DocumentLine:
    return item("bag", None, None, net, **changes)


def made(regime: str, kind: str, *lines: Any, **more: Any) -> Draft | Refused:
    record = document(kind, *lines, **more)
    outcome = build(record, books(policies={"tax_regime": regime}, tax_codes=CODES))
    assert isinstance(outcome, Draft | Refused)
    if isinstance(outcome, Draft):
        assert problem_in(outcome.entity, outcome.payload) is None
    return outcome


def codes_of(draft: Draft) -> list[str | None]:
    found = []
    for line in draft.payload["Line"]:
        detail = line[line["DetailType"]]
        found.append(detail.get("TaxCodeRef", {}).get("value"))
    return found


SALE = (line("10.00", **CA), line("5.00"))


@pytest.mark.parametrize(
    ("regime", "form", "codes"),
    [
        ("us", {"TxnTaxDetail": {"TotalTax": money("0.80")}}, ["TAX", "NON"]),
        (
            "us_manual",
            {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": "3"}, "TotalTax": money("0.80")}},
            ["TAX", "NON"],
        ),
    ],
)
def test_a_us_sale(regime: str, form: dict[str, Any], codes: list[str]) -> None:
    draft = made(regime, "sales_invoice", *SALE)
    assert isinstance(draft, Draft)
    assert {name: draft.payload[name] for name in form} == form
    assert "GlobalTaxCalculation" not in draft.payload
    assert codes_of(draft) == codes


XX = {"tax_amount": money("0.80"), "tax_code": "XX"}


def test_by_hand_without_a_code_of_quickbooks_the_total_stands_alone() -> None:
    for code in ("OUT", None):
        draft = made("us_manual", "sales_invoice", line("10.00", **{**XX, "tax_code": code}))
        assert isinstance(draft, Draft)
        assert draft.payload["TxnTaxDetail"] == {"TotalTax": money("0.80")}
    nothing_mapped = books(policies={"tax_regime": "us_manual"}, tax_codes={"": "NON"})
    draft = build(document("sales_invoice", line("10.00", **XX)), nothing_mapped)
    assert isinstance(draft, Draft)
    assert draft.payload["TxnTaxDetail"] == {"TotalTax": money("0.80")}


@pytest.mark.parametrize(
    ("regime", "kind"),
    [("us_manual", "sales_invoice"), ("us_manual", "sales_refund"), ("global", "sales_receipt"), ("global", "bill")],
)
def test_a_code_that_nobody_mapped_is_refused_wherever_codes_are_told(regime: str, kind: str) -> None:
    refused = made(regime, kind, line("10.00", **CA), line("10.00", **XX))
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.field) == ("unknown_tax_code", "tax_code:XX")
    for words in ("line 2", "'XX'", "not mapped", "[tax_codes]"):
        assert words in refused.message


def test_by_hand_a_code_is_not_told_for_lines_that_have_none() -> None:
    lines = (line("10.00", **CA), line("10.00", **{**CA, "tax_code": None}))
    draft = made("us_manual", "sales_invoice", *lines)
    assert isinstance(draft, Draft)
    assert draft.payload["TxnTaxDetail"] == {"TotalTax": money("1.60")}


def test_by_hand_a_form_has_one_code() -> None:
    lines = (line("10.00", **CA), line("10.00", **{**CA, "tax_code": "NY"}))
    refused = made("us_manual", "sales_invoice", *lines)
    assert isinstance(refused, Refused)
    assert refused.reason == "several_tax_codes"
    assert "CA, NY" in refused.message
    assert "[tax_codes]" in refused.message


def test_where_sales_tax_is_off_a_taxed_sale_waits_and_an_untaxed_one_has_no_code() -> None:
    refused = made("us_none", "sales_invoice", *SALE)
    assert isinstance(refused, Refused)
    assert refused.reason == "sales_tax_off"
    draft = made("us_none", "sales_invoice", line("10.00"))
    assert isinstance(draft, Draft)
    assert codes_of(draft) == [None]
    assert "TxnTaxDetail" not in draft.payload


@pytest.mark.parametrize("regime", ["us", "us_manual", "us_none"])
def test_a_us_bill_has_its_tax_as_a_line(regime: str) -> None:
    draft = made(regime, "bill", line("10.00", **CA))
    assert isinstance(draft, Draft)
    assert [line["Amount"] for line in draft.payload["Line"]] == [money("10.00"), money("0.80")]
    assert codes_of(draft) == [None, None]
    assert "TxnTaxDetail" not in draft.payload


@pytest.mark.parametrize("kind", ["sales_invoice", "bill"])
def test_elsewhere_each_line_has_its_code_on_both_sides(kind: str) -> None:
    lines = (line("10.00", tax_amount=money("2.00"), tax_code="S20"), line("5.00", tax_code="RC"))
    draft = made("global", kind, *lines)
    assert isinstance(draft, Draft)
    assert draft.payload["GlobalTaxCalculation"] == "TaxExcluded"
    assert codes_of(draft) == ["7", "9"]
    assert draft.payload["TxnTaxDetail"] == {"TotalTax": money("2.00")}


def test_every_regime_is_tried_here() -> None:
    assert set(REGIMES) == {"us", "us_manual", "us_none", "global"}
