"""Payment terms by name, and what becomes of those that QuickBooks lacks; tax number and tax status of a party."""

from __future__ import annotations

from typing import Any

import pytest

from qbo_pipeline.accounting.rules import build_unrecorded
from qbo_pipeline.accounting.terms import term_key
from qbo_pipeline.inventory.records import Document, Party
from qbo_pipeline_tests.accounting.company import books, document, draft, item, refused

NET_30 = {"payment_terms": "NET 30 ", "payment_days": 30}
KNOWN = {"net 30": "3"}


def party(kind: str, **changes: Any) -> Party:
    return Party(kind=kind, party_id="1", name="Acme", **changes)


def form(kind: str, **changes: Any) -> Document:
    lines = [item(None, "1", "10", "10")]
    return document(kind, *lines, **changes)


@pytest.mark.parametrize(("kind", "field"), [("customer", "SalesTermRef"), ("supplier", "TermRef")])
def test_a_party_has_the_terms_of_its_name(kind: str, field: str) -> None:
    one = party(kind, **NET_30)
    assert draft(one, books(one, terms=KNOWN)).payload[field] == {"value": "3"}


@pytest.mark.parametrize(("kind", "has"), [("sales_invoice", True), ("bill", True), ("sales_credit", False)])
def test_an_invoice_and_a_bill_have_terms_and_a_credit_has_none(kind: str, has: bool) -> None:
    payload = draft(form(kind, **NET_30), books(terms=KNOWN)).payload
    assert payload.get("SalesTermRef") == ({"value": "3"} if has else None)
    assert "SalesTermRef" not in draft(form(kind), books(terms=KNOWN)).payload


def test_terms_that_quickbooks_lacks_wait_or_are_left_out_or_made() -> None:
    one = party("customer", **NET_30)
    answer = refused(one, books(one))
    assert (answer.reason, answer.field) == ("unknown_terms", "payment_terms:NET 30")
    assert "Lists, Terms" in answer.message
    assert "SalesTermRef" not in draft(one, books(one, policies={"unknown_terms": "leave_out"})).payload
    in_books = books(one, policies={"unknown_terms": "make"})
    made = draft(one, in_books)
    assert made.depends_on == ("term/30/NET 30",)
    term = build_unrecorded("term/30/NET 30", in_books)
    assert term is not None
    assert (term.entity, term.payload) == ("Term", {"Name": "NET 30", "Type": "STANDARD", "DueDays": 30})


@pytest.mark.parametrize("days", [None, -1, 1000])
def test_terms_are_not_made_of_days_that_nobody_said(days: int | None) -> None:
    one = party("supplier", payment_terms="By month's end", payment_days=days)
    answer = refused(one, books(one, policies={"unknown_terms": "make"}))
    assert answer.reason == "unknown_terms"
    assert "payment_days (0 to 999)" in answer.message


def test_a_long_name_of_terms_fits_and_stays_its_own() -> None:
    keys = {term_key("x" * 40 + end, 7) for end in "ab"}
    drafts = [build_unrecorded(key, books()) for key in keys]
    assert {len(one.payload["Name"]) for one in drafts if one is not None} == {31}
    assert len(keys) == 2
    assert build_unrecorded("party/customer:1", books()) is None


def test_a_tax_number_and_who_is_sold_to_without_tax() -> None:
    customer = party("customer", tax_number=" GB 123\t45 ", tax_exempt=True)
    payload = draft(customer, books(customer)).payload
    assert (payload["PrimaryTaxIdentifier"], payload["Taxable"]) == ("GB 123 45", False)
    supplier = party("supplier", tax_number="7" * 25, tax_exempt=True)
    payload = draft(supplier, books(supplier)).payload
    assert len(payload["TaxIdentifier"]) == 20
    assert "Taxable" not in payload
