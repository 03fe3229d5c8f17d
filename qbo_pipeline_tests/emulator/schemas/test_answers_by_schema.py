"""Every answer of every entity against Intuit's published schemas: names, types, enumerations, what must be there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.schema.entities import ENTITIES, wrapper
from qbo_pipeline_tests.emulator.company.opening import account, open_company
from qbo_pipeline_tests.emulator.company.random_books import LISTS, RandomBooks

FACTS: Final = json.loads(Path(__file__).with_name("facts.json").read_text(encoding="utf-8"))
TYPES: Final[dict[str, Any]] = FACTS["types"]
WORDS: Final[dict[str, list[str]]] = FACTS["words"]
# What answers in JSON have beyond the schemas of XML: property, and where that is shown.
BEYOND: Final = {
    "InvoiceLink": "Intuit's reference of Invoice",
    "ReimburseLineDetail": "Intuit's reference of ReimburseCharge",
    "LinkedTxn": "Intuit's reference of ReimburseCharge: on its lines",
    "RecurringInfo": "Intuit's reference of RecurringTransaction",
    "TotalAmt": "public recordings: JournalEntry answers 0, Deposit its total",
    "CustomField": "public recordings: Preferences hold the definitions of custom fields by their type",
}


def _members(kind: str) -> dict[str, str]:
    """Name (with its marks) and type of all that a type has, what it extends included."""
    found: dict[str, str] = {}
    name: str | None = kind
    while name in TYPES:
        found = TYPES[name]["has"] | found
        name = TYPES[name].get("of")
    return found


def _is_text(kind: str) -> bool:
    """Whether a type is text with attributes, such as a reference; JSON has its text under `value`."""
    name: str | None = kind
    while name in TYPES:
        name = TYPES[name].get("of")
    return name == "text"


def problems(kind: str, value: Any, path: str) -> Iterator[str]:
    """What is wrong with a value of a type, each with its place."""
    if kind in WORDS:
        if value not in WORDS[kind]:
            yield f"{path}: {value!r} is none of {kind}"
    elif kind in TYPES and kind != "IntuitAnyType":
        yield from _object(kind, value, path)
    elif not _CHECKS.get(kind, lambda _: True)(value):
        yield f"{path}: {value!r} is no {kind}"


def _object(kind: str, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no {kind}"
        return
    members = {name.rstrip("*!"): (name, type_) for name, type_ in _members(kind).items()}
    if _is_text(kind):
        members["value"] = ("value!", "text")
    for name, inner in value.items():
        if name not in members:
            if name not in BEYOND:
                yield f"{path}.{name}: {kind} has no such property"
            continue
        marked, type_ = members[name]
        if "*" in marked:
            if not isinstance(inner, list):
                yield f"{path}.{name}: is no list"
            else:
                for n, each in enumerate(inner):
                    yield from problems(type_, each, f"{path}.{name}[{n}]")
        else:
            yield from problems(type_, inner, f"{path}.{name}")
    for name, (marked, _) in members.items():
        if marked.endswith("!") and name not in value:
            yield f"{path}.{name}: must be there"


def _is_date(value: Any) -> bool:
    return (
        isinstance(value, str)
        and re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None
        and bool(date.fromisoformat(value))
    )


def _is_instant(value: Any) -> bool:
    return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None


_CHECKS: Final = {
    "text": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, Decimal)) and not isinstance(value, bool),
    "date": _is_date,
    "datetime": _is_instant,
}
# What Intuit's reference marks as required, beside Id, SyncToken and MetaData, which every answer has.
REQUIRED: Final = {
    "Account": ("Name", "AccountType", "AccountSubType"),
    "Bill": ("VendorRef", "Line", "CurrencyRef"),
    "BillPayment": ("VendorRef", "Line", "TotalAmt", "PayType", "CurrencyRef"),
    "Budget": ("Name", "StartDate", "EndDate", "BudgetType", "BudgetEntryType"),
    "Class": ("Name", "FullyQualifiedName"),
    "CompanyInfo": ("CompanyName", "CompanyAddr", "Country", "FiscalYearStartMonth"),
    "CreditCardPayment": ("CreditCardAccountRef", "BankAccountRef", "Amount"),
    "CreditMemo": ("CustomerRef", "Line", "CurrencyRef"),
    "Customer": ("DisplayName", "FullyQualifiedName", "Balance", "CurrencyRef"),
    "Department": ("Name", "FullyQualifiedName"),
    "Deposit": ("DepositToAccountRef", "Line", "CurrencyRef"),
    "Employee": ("DisplayName",),
    "Estimate": ("CustomerRef", "Line", "CurrencyRef"),
    "Invoice": ("CustomerRef", "Line", "CurrencyRef", "DueDate", "Balance", "TotalAmt"),
    "Item": ("Name", "Type"),
    "JournalCode": ("Name", "Type"),
    "JournalEntry": ("Line", "CurrencyRef"),
    "Payment": ("CustomerRef", "TotalAmt", "CurrencyRef", "UnappliedAmt"),
    "PaymentMethod": ("Name",),
    "Purchase": ("AccountRef", "PaymentType", "Line", "CurrencyRef"),
    "PurchaseOrder": ("VendorRef", "Line", "APAccountRef", "CurrencyRef", "POStatus"),
    "RefundReceipt": ("DepositToAccountRef", "Line", "CurrencyRef"),
    "ReimburseCharge": ("CustomerRef", "Line", "Amount", "HasBeenInvoiced", "CurrencyRef"),
    "SalesReceipt": ("Line", "CurrencyRef", "TotalAmt"),
    "TaxAgency": ("DisplayName",),
    "TaxCode": ("Name",),
    "TaxPayment": ("PaymentDate", "PaymentAmount", "PaymentAccountRef", "Refund"),
    "TaxRate": ("Name", "RateValue"),
    "Term": ("Name",),
    "TimeActivity": ("NameOf", "TxnDate"),
    "Transfer": ("FromAccountRef", "ToAccountRef", "Amount", "CurrencyRef"),
    "Vendor": ("DisplayName", "Balance", "CurrencyRef"),
    "VendorCredit": ("VendorRef", "Line", "CurrencyRef"),
}
_ALWAYS: Final = ("Id", "SyncToken", "MetaData", "domain", "sparse")


def _lacking(kind: str, found: dict[str, Any]) -> Iterator[str]:
    for name in (*_ALWAYS, *REQUIRED.get(kind, ())):
        if found.get(name) is None:
            yield f"{kind}.{name}: must be there"


@pytest.fixture(scope="module", params=["us", "uk", "eu"])
def company(request: pytest.FixtureRequest) -> Iterator[Company]:
    made = open_company(request.param)
    books = RandomBooks(made, 20261129)
    books.run(220)
    for kind, body in LISTS.items():
        if kind != "JournalCode" or request.param == "eu":
            made.create(kind, body(books, f"One {kind}"))
    if request.param == "uk":
        made.pay_tax("1", account(made, "Checking")["value"], Decimal("7.50"))
    item = made.query("select * from Item where Type = 'Service'")["Item"][0]["Id"]
    group = {"GroupItemRef": {"value": made.make_bundle("Two of them", {item: Decimal(2)})["Id"]}}
    if request.param == "us":
        line = {"DetailType": "GroupLineDetail", "GroupLineDetail": group}
        made.create("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line]})
    made.upload({"Note": "a file"}, "a.txt", "text/plain", b"text")
    yield made
    made.close()


def _answers(company: Company, kind: str) -> list[dict[str, Any]]:
    condition = " where Active in (true, false)" if "Active" in ENTITIES[kind].fields else ""
    found: list[dict[str, Any]] = company.query(f"select * from {kind}{condition} maxresults 1000").get(
        wrapper(kind), []
    )
    return found


_SEEN: dict[str, int] = {}


def test_every_answer(company: Company) -> None:
    wrong: set[str] = set()
    for kind in ENTITIES:
        answers = _answers(company, kind)
        _SEEN[kind] = _SEEN.get(kind, 0) + len(answers)
        for answer in answers:
            inner = {kind: answer} if kind != "RecurringTransaction" else answer
            for name, found in inner.items():
                told = [*problems(wrapper(name), found, name), *_lacking(name, found)]
                wrong |= {re.sub(r"\[\d+\]", "[]", text) for text in told}
    assert sorted(wrong) == []


def test_no_entity_was_left_out() -> None:
    if len(_SEEN) < len(ENTITIES):
        pytest.skip("the answers were not looked at in this run")
    assert {kind for kind, count in _SEEN.items() if not count} == set()


def test_what_is_wrong_is_told() -> None:
    good = {"Id": "1", "CustomerRef": {"value": "1", "name": "A"}, "TotalAmt": Decimal(1), "TxnDate": "2026-01-01"}
    assert list(problems("Invoice", good, "Invoice")) == []
    bad: list[tuple[dict[str, Any], str]] = [
        ({"Nonsense": 1}, "Invoice.Nonsense: Invoice has no such property"),
        ({"TotalAmt": "1"}, "Invoice.TotalAmt: '1' is no number"),
        ({"TxnDate": "1.1.2026"}, "Invoice.TxnDate: '1.1.2026' is no date"),
        ({"Line": {}}, "Invoice.Line: is no list"),
        ({"EmailStatus": "Perhaps"}, "Invoice.EmailStatus: 'Perhaps' is none of EmailStatusEnum"),
        ({"CustomerRef": {"name": "A"}}, "Invoice.CustomerRef.value: must be there"),
        ({"CustomerRef": "1"}, "Invoice.CustomerRef: '1' is no ReferenceType"),
        ({"MetaData": {"CreateTime": "2026-01-01T00"}}, "Invoice.MetaData.CreateTime: '2026-01-01T00' is no datetime"),
    ]  # fmt: skip
    for change, said in bad:
        assert list(problems("Invoice", good | change, "Invoice")) == [said]
