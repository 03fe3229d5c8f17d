"""The table of what QBO takes, at its edges: what it requires of each entity, and the last value that it takes."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.accounting.schema_checks import problem_in

Payload = dict[str, Any]
D = Decimal


def _ref(value: str = "1") -> Payload:
    return {"value": value}


def _sales(amount: str = "10.00") -> Payload:
    return {"Amount": D(amount), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": _ref()}}


def _expense(kind: str = "Account") -> Payload:
    name = f"{kind}BasedExpenseLineDetail"
    return {"Amount": D("10.00"), "DetailType": name, name: {f"{kind}Ref": _ref()}}


def _leg(side: str, amount: str = "10.00") -> Payload:
    named = {"Type": "Vendor", "EntityRef": _ref()}
    detail = {"PostingType": side, "AccountRef": _ref(), "Entity": named}
    return {"Amount": D(amount), "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}


def _paying(amount: str, kind: str) -> Payload:
    return {"Amount": D(amount), "LinkedTxn": [{"TxnId": "7", "TxnType": kind}]}


ON_A_DAY: Payload = {"TxnDate": "2026-03-14"}
SALE: Payload = ON_A_DAY | {"CustomerRef": _ref(), "Line": [_sales()]}
PURCHASE: Payload = ON_A_DAY | {"VendorRef": _ref(), "Line": [_expense()]}
NAMED: Payload = {"DisplayName": "Kitchen", "PrimaryEmailAddr": {"Address": "a@b.example"}}
GOOD: dict[str, Payload] = {
    "Customer": NAMED,
    "Vendor": NAMED,
    "Term": {"Name": "Net 30", "Type": "STANDARD", "DueDays": 30},
    "Item": {"Name": "Tea", "Type": "NonInventory", "IncomeAccountRef": _ref()},
    **dict.fromkeys(("Invoice", "CreditMemo", "Estimate"), SALE),
    **dict.fromkeys(("SalesReceipt", "RefundReceipt"), SALE | {"DepositToAccountRef": _ref()}),
    **dict.fromkeys(("Bill", "VendorCredit", "PurchaseOrder"), PURCHASE),
    "Payment": ON_A_DAY | {"CustomerRef": _ref(), "TotalAmt": D("10.00"), "Line": [_paying("10.00", "Invoice")]},
    "BillPayment": ON_A_DAY
    | {
        "VendorRef": _ref(), "TotalAmt": D("10.00"), "PayType": "Check", "CheckPayment": {"BankAccountRef": _ref()},
        "Line": [_paying("10.00", "Bill")],
    },
    "JournalEntry": ON_A_DAY | {"Line": [_leg("Debit"), _leg("Credit")]},
}  # fmt: skip
_LINE = ("Line.0.Amount", "Line.0.DetailType")
_LINK = ("Line.0.Amount", "Line.0.LinkedTxn", "Line.0.LinkedTxn.0.TxnId", "Line.0.LinkedTxn.0.TxnType")
_SALE = ("TxnDate", "CustomerRef", "Line", *_LINE, "Line.0.SalesItemLineDetail.ItemRef")
_PURCHASE = ("TxnDate", "VendorRef", "Line", *_LINE, "Line.0.AccountBasedExpenseLineDetail.AccountRef")
_DETAIL = "Line.0.JournalEntryLineDetail"
REQUIRED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("Customer", "Vendor"), ("DisplayName", "PrimaryEmailAddr.Address")),
    "Item": ("Name", "Type", "IncomeAccountRef", "IncomeAccountRef.value"),
    "Term": ("Name", "Type", "DueDays"),
    **dict.fromkeys(("Invoice", "CreditMemo", "Estimate"), _SALE),
    **dict.fromkeys(("SalesReceipt", "RefundReceipt"), (*_SALE, "DepositToAccountRef")),
    **dict.fromkeys(("Bill", "VendorCredit", "PurchaseOrder"), _PURCHASE),
    "Payment": ("TxnDate", "CustomerRef", "TotalAmt", *_LINK),
    "BillPayment": ("TxnDate", "VendorRef", "TotalAmt", "PayType", "CheckPayment.BankAccountRef", "Line", *_LINK),
    "JournalEntry": (
        "TxnDate", "Line", *_LINE, f"{_DETAIL}.PostingType", f"{_DETAIL}.AccountRef", f"{_DETAIL}.AccountRef.value",
        f"{_DETAIL}.Entity.Type", f"{_DETAIL}.Entity.EntityRef",
    ),
}  # fmt: skip


def _without(payload: Payload, path: str) -> Payload:
    spoilt: Any = copy.deepcopy(payload)
    *steps, last = path.split(".")
    at = spoilt
    for step in steps:
        at = at[int(step) if step.isdigit() else step]
    del at[last]
    return dict(spoilt)


@pytest.mark.parametrize(("entity", "path"), [(entity, path) for entity, paths in REQUIRED.items() for path in paths])
def test_what_qbo_requires_is_missed_by_its_path(entity: str, path: str) -> None:
    assert problem_in(entity, GOOD[entity]) is None
    problem = problem_in(entity, _without(GOOD[entity], path))
    assert problem is not None
    assert problem.text == "is required and missing"
    assert problem.field == path.replace(".0.", "[0].")


@pytest.mark.parametrize(
    ("entity", "path"),
    [("Item", "Name"), ("Invoice", "TxnDate"), ("Bill", "Line"), ("Payment", "TotalAmt")],
)
@pytest.mark.parametrize("empty", [None, "", []])
def test_an_empty_value_is_a_missing_one(entity: str, path: str, empty: Any) -> None:
    problem = problem_in(entity, GOOD[entity] | {path: empty})
    assert problem is not None
    assert (problem.field, problem.text) == (path, "is required and missing")


LIMITS = [
    ("Customer", "DisplayName", 500),
    ("Customer", "CompanyName", 100),
    ("Customer", "Notes", 2000),
    ("Vendor", "AcctNum", 100),
    ("Item", "Name", 100),
    ("Item", "Sku", 100),
    ("Item", "Description", 4000),
    ("Invoice", "DocNumber", 21),
    ("Bill", "PrivateNote", 4000),
    ("Payment", "PaymentRefNum", 21),
]


@pytest.mark.parametrize(("entity", "field", "most"), LIMITS)
def test_a_text_may_be_as_long_as_qbo_takes_and_no_longer(entity: str, field: str, most: int) -> None:
    assert problem_in(entity, GOOD[entity] | {field: "x" * most}) is None
    problem = problem_in(entity, GOOD[entity] | {field: "x" * (most + 1)})
    assert problem is not None
    assert (problem.field, problem.text) == (field, f"has {most + 1} characters, and QBO takes {most}")


@pytest.mark.parametrize(("entity", "banned"), [("Customer", ":\t\n"), ("Vendor", ":\t\n"), ("Item", ':\t\n"')])
def test_each_character_that_a_name_may_not_have_is_refused(entity: str, banned: str) -> None:
    name = "Name" if entity == "Item" else "DisplayName"
    for character in banned:
        problem = problem_in(entity, GOOD[entity] | {name: f"A{character}B"})
        assert problem is not None
        assert problem.field == name
    assert problem_in("Customer", NAMED | {"DisplayName": 'A"B'}) is None


def test_a_document_takes_ten_thousand_lines_and_no_more() -> None:
    assert problem_in("Bill", PURCHASE | {"Line": [_expense()] * 10_000}) is None
    problem = problem_in("Bill", PURCHASE | {"Line": [_expense("Item")] * 10_001})
    assert problem is not None
    assert problem.text.startswith("10001 lines, and QBO takes 10000")


def test_only_a_us_sale_with_tax_is_held_to_750_lines() -> None:
    tax = {"TxnTaxDetail": {"TotalTax": D("1.00")}}
    assert problem_in("Invoice", SALE | tax | {"Line": [_sales()] * 750}) is None
    problem = problem_in("Invoice", SALE | tax | {"Line": [_sales()] * 751})
    assert problem is not None
    assert (problem.field, problem.text[:26]) == ("Line", "751 lines, and QBO takes 7")
    long = {"Line": [_sales()] * 751}
    assert problem_in("Invoice", SALE | long) is None
    assert problem_in("Invoice", SALE | long | tax | {"GlobalTaxCalculation": "TaxExcluded"}) is None
    assert problem_in("Bill", PURCHASE | tax | {"Line": [_expense()] * 751}) is None


def test_a_total_of_nil_is_taken_and_one_cent_below_is_not() -> None:
    tax = {"TxnTaxDetail": {"TotalTax": D("1.00")}}
    assert problem_in("Invoice", SALE | {"Line": [_sales("10.00"), _sales("-10.00")]}) is None
    assert problem_in("Invoice", SALE | tax | {"Line": [_sales("-1.00")]}) is None
    problem = problem_in("Invoice", SALE | tax | {"Line": [_sales("-1.01")]})
    assert problem is not None
    assert problem.text == "the total -0.01 is negative"


def test_a_discount_counts_against_the_lines() -> None:
    def form(discount: str) -> Payload:
        less = {
            "Amount": D(discount),
            "DetailType": "DiscountLineDetail",
            "DiscountLineDetail": {"DiscountAccountRef": _ref()},
        }
        return SALE | {"Line": [_sales("10.00"), less]}

    assert problem_in("Invoice", form("10.00")) is None
    problem = problem_in("Invoice", form("10.01"))
    assert problem is not None
    assert problem.text == "the total -0.01 is negative"


def test_a_journal_needs_two_lines_even_where_they_add_up() -> None:
    problem = problem_in("JournalEntry", ON_A_DAY | {"Line": [_leg("Debit", "0.00")]})
    assert problem is not None
    assert problem.text == "a journal entry needs a debit and a credit"


@pytest.mark.parametrize(("entity", "owed", "credit"), [("Payment", "Invoice", "CreditMemo"),
                                                        ("BillPayment", "Bill", "VendorCredit")])  # fmt: skip
def test_a_payment_may_be_used_up_and_a_credit_counts_against_what_is_owed(entity: str, owed: str, credit: str) -> None:
    good = GOOD[entity]
    assert problem_in(entity, good | {"Line": [_paying("15.00", owed), _paying("5.00", credit)]}) is None
    assert problem_in(entity, good | {"Line": [_paying("5.00", owed), _paying("5.00", credit)]}) is None
    over = problem_in(entity, good | {"Line": [_paying("15.01", owed), _paying("5.00", credit)]})
    assert over is not None
    assert over.text == "10.01 is linked, more than the payment of 10.00"
    under = problem_in(entity, good | {"Line": [_paying("5.00", owed), _paying("5.01", credit)]})
    assert under is not None
    assert under.text == "credits exceed what they settle by 0.01"


def test_a_payment_on_account_links_nothing() -> None:
    assert problem_in("Payment", _without(GOOD["Payment"], "Line")) is None


@pytest.mark.parametrize(
    ("value", "taken"),
    [("7", True), ("$product/tea", True), ("$Product/tea", False), ("$product/", False), ("7a", False), ("", False)],
)
def test_a_reference_is_an_id_or_the_key_of_a_posting(value: str, taken: bool) -> None:
    assert (problem_in("Invoice", SALE | {"CustomerRef": _ref(value)}) is None) is taken


@pytest.mark.parametrize(
    ("code", "taken"), [("EUR", True), ("EURO", False), ("EU", False), ("eur", False), ("E1R", False)]
)
def test_a_currency_is_three_capital_letters(code: str, taken: bool) -> None:
    assert (problem_in("Invoice", SALE | {"CurrencyRef": _ref(code)}) is None) is taken


def test_a_quantity_is_a_whole_or_a_decimal_number_and_never_rounded() -> None:
    for quantity in (3, D("0.123456789")):
        line = copy.deepcopy(_sales())
        line["SalesItemLineDetail"]["Qty"] = quantity
        assert problem_in("Invoice", SALE | {"Line": [line]}) is None
    line["SalesItemLineDetail"]["Qty"] = 0.5
    problem = problem_in("Invoice", SALE | {"Line": [line]})
    assert problem is not None
    assert (problem.field, problem.text) == (
        "Line[0].SalesItemLineDetail.Qty", "is float, and must be a decimal",
    )  # fmt: skip


def test_what_is_not_said_is_no_problem_and_nil_is_no_negative_amount() -> None:
    assert problem_in("Invoice", SALE | {"DocNumber": None, "DepartmentRef": None}) is None
    assert (
        problem_in("Payment", GOOD["Payment"] | {"TotalAmt": D("0.00"), "Line": [_paying("0.00", "Invoice")]}) is None
    )
