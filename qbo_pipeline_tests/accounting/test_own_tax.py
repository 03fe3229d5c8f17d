"""QuickBooks' own tax beside the source's: by line or in total, groups, reverse charge, prices with tax in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.accounting.own_tax import tax_rounding_of
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.settings import CompanySettings
from qbo_pipeline.inventory.records import Document, DocumentLine
from qbo_pipeline_tests.accounting.company import books, document, draft, item, ledger_of, refused
from qbo_pipeline_tests.accounting.many import many

D = Decimal
# Ids, and rates on sales and on purchases: standard, reduced, none, a group of two, reverse charge.
RATES = {
    "1": ((D(20),), (D(20),)),
    "2": ((D(5),), (D(5),)),
    "3": ((D(0),), (D(0),)),
    "8": ((D(5), D("9.975")), (D(5), D("9.975"))),
    "6": ((D(0),), (D(20), D(-20))),
}
CODES = {"S": "1", "R": "2", "": "3", "GST+QST": "8", "RC": "6"}


def of(tax_total: str = "source", **changes: Any) -> Books:
    policies = {"tax_regime": "global", "tax_total": tax_total}
    return books(policies=policies, tax_codes=CODES, **{"tax_rates": RATES} | changes)


def line(net: str, code: str, tax: str) -> DocumentLine:
    return item("bag", None, None, net, tax_code=code, tax_amount=D(tax))


THREE = [line("0.13", "S", "0.03")] * 3  # 0.026 each: 0.09 by line, 0.08 together


@pytest.mark.parametrize("kind", ["sales_invoice", "bill", "sales_credit", "purchase_credit"])
@pytest.mark.parametrize(
    ("tax_total", "own", "rounding"),
    [("source", "0.09", "0"), ("by_line", "0.09", "0"), ("by_document", "0.08", "0.01")],
)
def test_the_cents_between_the_sources_tax_and_quickbooks_own_go_to_rounding(
    kind: str, tax_total: str, own: str, rounding: str
) -> None:
    made = draft(document(kind, *THREE), of(tax_total))
    assert made.payload["TxnTaxDetail"]["TotalTax"] == D(own)
    assert made.amount == D("0.48")
    ledger = ledger_of(made)
    side = -1 if kind in ("sales_invoice", "purchase_credit") else 1
    assert ledger.balance("Rounding") == side * D(rounding)
    assert tax_rounding_of(made.payload) == D(rounding)
    if D(rounding):
        text = made.payload["Line"][-1]["Description"]
        assert text == "Tax rounding: 0.09 in the inventory system, 0.08 in QuickBooks"


def test_a_source_that_rounds_in_total_against_a_company_that_rounds_by_line() -> None:
    made = draft(document("sales_invoice", *THREE, tax_amount=D("0.08"), total_amount=D("0.47")), of("by_line"))
    assert (made.payload["TxnTaxDetail"]["TotalTax"], made.amount) == (D("0.09"), D("0.47"))
    assert ledger_of(made).balance("Rounding") == D("0.01")


def test_a_code_may_be_a_group_of_rates_and_each_is_rounded_by_itself() -> None:
    made = draft(document("bill", line("10.10", "GST+QST", "1.51")), of("by_document"))
    assert made.payload["TxnTaxDetail"]["TotalTax"] == D("1.52")  # 0.505 and 1.007: 0.51 and 1.01
    assert ledger_of(made).text().endswith("Dr QBO tax 1.52\nCr Payables 11.61")


def test_reverse_charge_is_owed_and_claimed_and_comes_to_nothing() -> None:
    rows = (line("100", "RC", "0"), line("10", "S", "2.00"))
    made = draft(document("bill", *rows), of("by_document"))
    assert made.payload["TxnTaxDetail"]["TotalTax"] == D("2.00")
    assert [row["AccountBasedExpenseLineDetail"]["TaxCodeRef"]["value"] for row in made.payload["Line"]] == ["6", "1"]


@pytest.mark.parametrize("tax_total", ["by_document", "by_line"])
def test_more_than_rounding_explains_is_refused(tax_total: str) -> None:
    within = document("sales_invoice", line("10", "S", "2.05"))
    assert ledger_of(draft(within, of(tax_total))).balance("Rounding") == D("-0.05")
    answer = refused(document("sales_invoice", line("10", "S", "2.06")), of(tax_total))
    assert (answer.reason, answer.field) == ("tax_differs", "tax_amount")
    assert "has tax 2.06, and QuickBooks reckons 2.00 USD" in answer.message


def test_where_rates_are_not_known_or_in_the_us_the_sources_tax_is_told() -> None:
    known = {code: found for code, found in RATES.items() if code != "1"}
    record = document("sales_invoice", *THREE)
    assert draft(record, of("by_document", tax_rates=known)).payload["TxnTaxDetail"] == {"TotalTax": D("0.09")}
    at_home = books(policies={"tax_total": "by_document"}, tax_codes=CODES, tax_rates=RATES)
    assert draft(record, at_home).payload["TxnTaxDetail"] == {"TotalTax": D("0.09")}


def inclusive(kind: str, *lines: DocumentLine, **changes: Any) -> Document:
    return document(kind, *lines, tax_inclusive=True, **changes)


def test_prices_with_tax_in_them_stay_so_on_a_sales_form() -> None:
    made = draft(inclusive("sales_invoice", line("8.33", "S", "1.67"), line("5", "", "0")), of())
    assert made.payload["GlobalTaxCalculation"] == "TaxInclusive"
    details = [row["SalesItemLineDetail"]["TaxInclusiveAmt"] for row in made.payload["Line"]]
    assert (details, [row["Amount"] for row in made.payload["Line"]]) == (
        [D("10.00"), D("5.00")],
        [D("8.33"), D("5.00")],
    )
    assert (made.payload["TxnTaxDetail"]["TotalTax"], made.amount) == (D("1.67"), D("15.00"))


def test_on_a_purchase_form_and_without_known_rates_amounts_stay_before_tax() -> None:
    bill = draft(inclusive("bill", line("8.33", "S", "1.67")), of())
    unknown = draft(inclusive("sales_invoice", line("8.33", "S", "1.67")), of(tax_rates={}))
    for made in (bill, unknown):
        assert made.payload["GlobalTaxCalculation"] == "TaxExcluded"
        assert made.payload["Line"][0]["Amount"] == D("8.33")
        assert "TaxInclusiveAmt" not in str(made.payload)


class British:
    """A company of the emulator in the UK, with what our forms refer to."""

    def __init__(self, rounding: str) -> None:
        self.company = Company.open(
            None,
            seed="uk",
            realm="9130350000000008",
            clock=lambda: datetime(2026, 3, 20, 12, tzinfo=UTC),
            settings=CompanySettings(tax_rounding=rounding),  # type: ignore[arg-type]
        )
        income = self._new("Account", Name="Our sales", AccountType="Income")
        self.expense = self._new("Account", Name="Our purchases", AccountType="Expense")
        self.item = self._new("Item", Name="Our goods", Type="NonInventory", IncomeAccountRef={"value": income})
        self.party = {
            "CustomerRef": self._new("Customer", DisplayName="A"),
            "VendorRef": self._new("Vendor", DisplayName="B"),
        }

    def _new(self, entity: str, **body: Any) -> str:
        return str(self.company.create(entity, body)["Id"])

    def taken(self, made: Draft, *, told: bool) -> tuple[Decimal, Decimal]:
        """Total and tax of a form as the company has it; `told`: with our total of tax, else it reckons by itself."""
        body = {name: value for name, value in made.payload.items() if name not in ("DocNumber", "APAccountRef")}
        for name in self.party.keys() & body.keys():
            body[name] = {"value": self.party[name]}
        if not told:
            del body["TxnTaxDetail"]
        body["Line"] = [self._line(row) for row in body["Line"]]
        found = self.company.create(made.entity, body)
        return found["TotalAmt"], found["TxnTaxDetail"]["TotalTax"]

    def _line(self, row: dict[str, Any]) -> dict[str, Any]:
        detail = row[row["DetailType"]]
        own = {"ItemRef": {"value": self.item}} if "ItemRef" in detail else {"AccountRef": {"value": self.expense}}
        return row | {row["DetailType"]: detail | own}


@pytest.fixture(scope="module")
def british() -> Iterator[dict[str, British]]:
    found = {"by_document": British("total"), "by_line": British("line")}
    yield found
    for one in found.values():
        one.company.close()


@given(
    st.sampled_from(["by_document", "by_line"]),
    st.sampled_from(["sales_invoice", "bill"]),
    st.lists(st.tuples(st.sampled_from(["S", "R", ""]), st.decimals("0.01", "500", places=2)), min_size=1, max_size=6),
    st.booleans(),
)
@many(40)
def test_the_emulator_reckons_as_we_say_that_quickbooks_does(
    british: dict[str, British], tax_total: str, kind: str, rows: list[tuple[str, Decimal]], with_tax: bool
) -> None:
    """Left to reckon by itself it comes to our own tax, and the total is the source's, whoever rounds how."""
    percent = {"S": D(20), "R": D(5), "": D(0)}
    taxes = [(net * percent[code] / 100).quantize(D("0.01")) for code, net in rows]
    lines = [line(str(net), code, str(tax)) for (code, net), tax in zip(rows, taxes, strict=True)]
    record = document(kind, *lines, tax_inclusive=with_tax or None)
    made = build(record, of(tax_total))
    if not isinstance(made, Draft) or not record.tax_amount:
        return
    company = british[tax_total]
    own = made.payload["TxnTaxDetail"]["TotalTax"]
    assert company.taken(made, told=True) == (record.total_amount, own)
    assert company.taken(made, told=False) == (record.total_amount, own)
