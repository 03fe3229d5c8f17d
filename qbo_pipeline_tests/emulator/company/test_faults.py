"""What QBO refuses, and in which words: code and element of each fault, and that nothing has changed after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.faults import QboFault
from qbo_pipeline_tests.emulator.company.opening import (
    Body,
    account,
    bill_line,
    expense_line,
    id_of,
    journal,
    journal_line,
    open_company,
    ref,
    refused,
    sale_line,
    stock_item,
    token,
)


@dataclass
class World:
    """A company with what the cases need."""

    company: Company
    customer: str
    vendor: str
    service: str
    stock: str
    cogs: Body
    bank: Body

    def numbered(self, number: str, vendor: str) -> Body:
        return {"VendorRef": ref(vendor), "DocNumber": number, "Line": [expense_line(self.cogs, 5)]}

    def invoice(self, **more: Any) -> Body:
        return {"CustomerRef": ref(self.customer), "Line": [sale_line(self.service, 1, 10)], **more}

    def bill(self, **more: Any) -> Body:
        return {"VendorRef": ref(self.vendor), "Line": [expense_line(self.cogs, 10)], **more}


@pytest.fixture
def world() -> World:
    company = open_company("us")
    return World(
        company,
        id_of(company, "Customer", "Cool Cars"),
        id_of(company, "Vendor", "Cal Telephone"),
        id_of(company, "Item", "Design"),
        stock_item(company, "Widget", 5, start="2026-01-10", quantity=10),
        account(company, "Cost of Goods Sold"),
        account(company, "Checking"),
    )


def _deep(world: World) -> None:
    parent = world.customer
    for level in range(6):
        parent = world.company.create("Customer", {"DisplayName": f"level {level}", "ParentRef": ref(parent)})["Id"]


def _receivable(world: World, **entity: Any) -> Body:
    lines = [journal_line("Debit", account(world.company, "Accounts Receivable (A/R)"), 5, **entity)]
    return {"Line": [*lines, journal_line("Credit", world.cogs, 5)]}


def _inactive_item(world: World) -> None:
    item = world.company.read("Item", world.service)
    world.company.update("Item", token(item) | {"sparse": True, "Active": False})
    world.company.create("Invoice", world.invoice())


def _deposited(world: World) -> None:
    payment = world.company.create("Payment", {"CustomerRef": ref(world.customer), "TotalAmt": 5})
    linked = {"Amount": 5, "LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment", "TxnLineId": "0"}]}
    world.company.create("Deposit", {"DepositToAccountRef": world.bank, "Line": [linked]})
    world.company.delete("Payment", token(world.company.read("Payment", payment["Id"])))


def _paid_then_deleted(world: World) -> None:
    made = world.company.create("Invoice", world.invoice())
    link = {"Amount": 10, "LinkedTxn": [{"TxnId": made["Id"], "TxnType": "Invoice"}]}
    world.company.create("Payment", {"CustomerRef": ref(world.customer), "TotalAmt": 10, "Line": [link]})
    world.company.delete("Invoice", token(made))


def _overpaid_lines(world: World) -> None:
    made = world.company.create("Invoice", world.invoice())
    link = {"Amount": 11, "LinkedTxn": [{"TxnId": made["Id"], "TxnType": "Invoice"}]}
    world.company.create("Payment", {"CustomerRef": ref(world.customer), "TotalAmt": 11, "Line": [link]})


def _close_books(world: World) -> None:
    prefs = {"AccountingInfoPrefs": {"BookCloseDate": "2026-01-31"}}
    now = world.company.read("Preferences", "1")
    world.company.update("Preferences", {"sparse": True, "SyncToken": now["SyncToken"], **prefs})
    world.company.create("Invoice", world.invoice(TxnDate="2026-01-31"))


def _twice(world: World, kind: str, body: Body) -> None:
    world.company.create(kind, body)
    world.company.create(kind, body)


def _stale(world: World) -> None:
    made = world.company.create("Invoice", world.invoice())
    world.company.update("Invoice", made | {"PrivateNote": "one"})
    world.company.update("Invoice", made | {"PrivateNote": "two"})


def _sideless(world: World) -> Body:
    detail = {"AccountRef": world.bank}
    return {"Amount": 1, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}


def _new_item(world: World, **more: Any) -> Body:
    body = {
        "Name": "Gadget",
        "Type": "Inventory",
        "TrackQtyOnHand": True,
        "QtyOnHand": 0,
        "InvStartDate": "2026-01-01",
        "IncomeAccountRef": account(world.company, "Sales of Product Income"),
        "ExpenseAccountRef": world.cogs,
        "AssetAccountRef": account(world.company, "Inventory Asset"),
    }
    return {k: v for k, v in (body | more).items() if v is not None}


Case = tuple[str, Callable[[World], Any], list[tuple[str, str]]]
CASES: list[Case] = [
    ("unknown property", lambda w: w.company.create("Invoice", w.invoice(Colour="red")), [("2010", "Colour")]),
    (
        "wrapped body",
        lambda w: w.company.create("JournalEntry", {"JournalEntry": {}}),
        [("2010", "JournalEntry")],
    ),
    ("no lines", lambda w: w.company.create("Bill", {"VendorRef": ref(w.vendor)}), [("2020", "Line")]),
    (
        "no customer",
        lambda w: w.company.create("Invoice", {"Line": [sale_line(w.service, 1, 1)]}),
        [("2020", "CustomerRef")],
    ),
    (
        "one error for each bad line, with the duplicate number",
        lambda w: [
            w.company.create("Bill", w.bill(DocNumber="B1")),
            w.company.create(
                "Bill",
                w.bill(DocNumber="B1")
                | {
                    "Line": [
                        {
                            "Amount": 1,
                            "DetailType": "AccountBasedExpenseLineDetail",
                            "AccountBasedExpenseLineDetail": {},
                        }
                    ]
                    * 2
                },
            ),
        ],
        [("2020", "AccountRef"), ("2020", "AccountRef"), ("6140", "DocNumber")],
    ),
    ("long number", lambda w: w.company.create("Invoice", w.invoice(DocNumber="9" * 22)), [("2050", "DocNumber")]),
    (
        "long memo",
        lambda w: w.company.create("Invoice", w.invoice(CustomerMemo={"value": "x" * 1001})),
        [("2050", "value")],
    ),
    ("not a date", lambda w: w.company.create("Invoice", w.invoice(TxnDate="1/2/2026")), [("2060", "TxnDate")]),
    ("impossible date", lambda w: w.company.create("Invoice", w.invoice(TxnDate="2026-02-30")), [("2070", "TxnDate")]),
    (
        "not a number",
        lambda w: w.company.create("Payment", {"CustomerRef": ref(w.customer), "TotalAmt": "ten"}),
        [("2080", "TotalAmt"), ("2020", "TotalAmt")],
    ),
    (
        "not a boolean",
        lambda w: w.company.create("Customer", {"DisplayName": "N", "Taxable": "maybe"}),
        [("2230", "Taxable")],
    ),
    ("enumeration", lambda w: w.company.create("Invoice", w.invoice(PrintStatus="LATER")), [("2170", "PrintStatus")]),
    (
        "e-mail",
        lambda w: w.company.create("Customer", {"DisplayName": "N", "PrimaryEmailAddr": {"Address": "nobody"}}),
        [("2210", "Address")],
    ),
    (
        "unknown customer",
        lambda w: w.company.create("Invoice", w.invoice(CustomerRef=ref("583"))),
        [("2500", "CustomerRef")],
    ),
    (
        "unknown account",
        lambda w: w.company.create("Bill", w.bill(Line=[expense_line(ref("9999"), 1)])),
        [("2500", "AccountRef")],
    ),
    ("inactive item", _inactive_item, [("2500", "ItemRef")]),
    ("unknown entity", lambda w: w.company.create("Spaceship", {}), [("2000", "")]),
    ("read of nothing", lambda w: w.company.read("Invoice", "999999"), [("610", "")]),
    ("void of a bill", lambda w: w.company.void("Bill", {"Id": "1", "SyncToken": "0"}), [("500", "")]),
    (
        "delete of a list entity",
        lambda w: w.company.delete("Customer", {"Id": w.customer, "SyncToken": "0"}),
        [("500", "")],
    ),
    (
        "update without token",
        lambda w: w.company.update("Customer", {"Id": w.customer, "DisplayName": "N"}),
        [("2020", "SyncToken")],
    ),
    ("stale", _stale, [("5010", "")]),
    (
        "name taken by a vendor",
        lambda w: w.company.create("Customer", {"DisplayName": "cal telephone"}),
        [("6240", "DisplayName")],
    ),
    (
        "account name taken",
        lambda w: w.company.create("Account", {"Name": "Checking", "AccountType": "Bank"}),
        [("6240", "Name")],
    ),
    ("no name", lambda w: w.company.create("Vendor", {"Notes": "?"}), [("6080", "")]),
    ("colon in a name", lambda w: w.company.create("Vendor", {"DisplayName": "a:b"}), [("2040", "DisplayName")]),
    ("account without type", lambda w: w.company.create("Account", {"Name": "X"}), [("6010", "")]),
    (
        "wrong account type",
        lambda w: w.company.create("Item", _new_item(w, AssetAccountRef=w.bank)),
        [("6430", "AssetAccountRef")],
    ),
    (
        "tracked item without asset account",
        lambda w: w.company.create("Item", _new_item(w, AssetAccountRef=None)),
        [("2020", "AssetAccountRef")],
    ),
    ("too deep", _deep, [("6180", "ParentRef")]),
    (
        "amount is not quantity times price",
        lambda w: w.company.create(
            "Invoice", w.invoice(Line=[sale_line(w.service, 3, "3.33") | {"Amount": "1861.07"}])
        ),
        [("6070", "Line")],
    ),
    ("duplicate invoice number", lambda w: _twice(w, "Invoice", w.invoice(DocNumber="A1")), [("6140", "DocNumber")]),
    ("receivable without customer", lambda w: w.company.create("JournalEntry", _receivable(w)), [("6000", "Entity")]),
    (
        "receivable with a vendor",
        lambda w: w.company.create("JournalEntry", _receivable(w, entity=("Vendor", w.vendor))),
        [("6000", "Entity")],
    ),
    (
        "one-sided journal",
        lambda w: w.company.create("JournalEntry", {"Line": [journal_line("Debit", w.cogs, 1)]}),
        [("6000", "Line")],
    ),
    (
        "unbalanced journal",
        lambda w: w.company.create(
            "JournalEntry", {"Line": [journal_line("Debit", w.cogs, 2), journal_line("Credit", w.bank, 1)]}
        ),
        [("6000", "Line")],
    ),
    (
        "negative journal line",
        lambda w: w.company.create("JournalEntry", journal(w.cogs, w.bank, -1)),
        [("2290", "Amount"), ("2290", "Amount")],
    ),
    (
        "journal line without side",
        lambda w: w.company.create("JournalEntry", {"Line": [journal_line("Debit", w.cogs, 1), _sideless(w)]}),
        [("2260", "PostingType"), ("6000", "Line")],
    ),
    ("closed books", _close_books, [("6210", "")]),
    (
        "before the item's start",
        lambda w: w.company.create("Bill", w.bill(TxnDate="2026-01-09", Line=[bill_line(w.stock, 1, 5)])),
        [("6270", "TxnDate")],
    ),
    (
        "tracked line without quantity",
        lambda w: w.company.create(
            "Invoice",
            w.invoice(
                Line=[
                    {"Amount": 5, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": ref(w.stock)}}
                ]
            ),
        ),
        [("6520", "Qty")],
    ),
    (
        "tax code in the US",
        lambda w: w.company.create("Invoice", w.invoice(Line=[sale_line(w.service, 1, 1, TaxCodeRef=ref("77"))])),
        [("6100", "TaxCodeRef")],
    ),
    (
        "the company's own tax code on a US line",
        lambda w: w.company.create("Invoice", w.invoice(Line=[sale_line(w.service, 1, 1, TaxCodeRef=ref("1"))])),
        [("6100", "TaxCodeRef")],
    ),
    (
        "CUSTOM on a US line",
        lambda w: w.company.create("Bill", w.bill(Line=[expense_line(w.cogs, 5, TaxCodeRef=ref("CUSTOM"))])),
        [("6100", "TaxCodeRef")],
    ),
    (
        "a vendor's bill number again",
        lambda w: [w.company.create("Bill", w.numbered("B-1", w.vendor)) for _ in range(2)],
        [("6140", "DocNumber")],
    ),
    (
        "foreign currency in a home company",
        lambda w: w.company.create("Invoice", w.invoice(CurrencyRef=ref("EUR"))),
        [("6000", "CurrencyRef"), ("6000", "CurrencyRef")],
    ),
    ("deposited payment", _deposited, [("6540", "")]),
    ("delete of a paid invoice", _paid_then_deleted, [("6000", "")]),
    ("more applied than is open", _overpaid_lines, [("6000", "Amount")]),
    (
        "customer with a balance made inactive",
        lambda w: [
            w.company.create("Invoice", w.invoice()),
            w.company.update("Customer", {"Id": w.customer, "SyncToken": "0", "sparse": True, "Active": False}),
        ],
        [("6220", "Active")],
    ),
    (
        "rate of the home currency",
        lambda w: w.company.create("ExchangeRate", {"SourceCurrencyCode": "USD", "Rate": 1}),
        [("6000", "SourceCurrencyCode")],
    ),
    (
        "tax rate above 100",
        lambda w: w.company.tax_service(
            {"TaxCode": "T", "TaxRateDetails": [{"TaxRateName": "T", "RateValue": 101, "TaxAgencyId": "1"}]}
        ),
        [("2240", "RateValue")],
    ),
    (
        "multicurrency off again",
        lambda w: [
            w.company.update(
                "Preferences", {"sparse": True, "SyncToken": str(n), "CurrencyPrefs": {"MultiCurrencyEnabled": on}}
            )
            for n, on in ((0, True), (1, False))
        ],
        [("6000", "MultiCurrencyEnabled")],
    ),
]


@pytest.mark.parametrize(("operation", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_refusal(world: World, operation: Callable[[World], Any], expected: list[tuple[str, str]]) -> None:
    assert refused(lambda: operation(world)) == expected


def test_two_vendors_may_use_one_bill_number_unless_the_company_is_told_otherwise() -> None:
    us = open_company("us")
    first, other = (ref(id_of(us, "Vendor", name)) for name in ("Cal Telephone", "Books by the Bay"))
    line = expense_line(account(us, "Advertising"), 5)
    made = [us.create("Bill", {"VendorRef": v, "DocNumber": "2026-1", "Line": [line]}) for v in (first, other)]
    assert [bill["DocNumber"] for bill in made] == ["2026-1", "2026-1"]
    us.change_settings(replace(us.settings, bill_numbers_unique="company"))
    third = {"VendorRef": ref(id_of(us, "Vendor", "Hicks Hardware")), "DocNumber": "2026-1", "Line": [line]}
    assert refused(lambda: us.create("Bill", third)) == [("6140", "DocNumber")]


TEXTS = [
    (
        lambda w: w.company.create("Bill", {"VendorRef": ref(w.vendor)}),
        "Required parameter Line is missing in the request",
    ),
    (
        lambda w: w.company.create("Invoice", w.invoice(DocNumber="9" * 45)),
        "String length specified does not match the supported length. Min:0 Max:21 supported. Supplied length:45",
    ),
    (
        lambda w: w.company.create("Invoice", w.invoice(CustomerRef=ref("583"))),
        "Invalid Reference Id : Names element id 583 not found",
    ),
    (
        lambda w: w.company.create("JournalEntry", _receivable(w)),
        "Business Validation Error: When you use Accounts Receivable, you must choose a customer in the Name field.",
    ),
    (
        lambda w: w.company.create("Invoice", w.invoice(Line=[sale_line(w.service, 3, 3) | {"Amount": "1861.07"}])),
        "Amount is not equal to UnitPrice * Qty. Supplied value:1,861.07",
    ),
]


@pytest.mark.parametrize(("operation", "detail"), TEXTS)
def test_detail_is_in_the_words_of_the_service(world: World, operation: Callable[[World], Any], detail: str) -> None:
    with pytest.raises(QboFault) as caught:
        operation(world)
    assert caught.value.errors[0].detail == detail
    assert caught.value.as_json()["type"] == "ValidationFault"


def test_refused_operation_changes_nothing(world: World) -> None:
    """A refusal found late (after accounts were made, or half the lines were checked) leaves no trace."""
    company = world.company
    before = company.journal(), company.change_counter, company.query("select * from Account maxresults 1000")
    refused(lambda: company.create("JournalEntry", _receivable(world)))
    refused(
        lambda: company.create("Invoice", world.invoice(Line=[sale_line(world.service, 1, 1), sale_line("404", 1, 1)]))
    )
    refused(lambda: _paid_then_deleted(world))
    made = company.query("select * from Invoice orderby Id desc maxresults 1")["Invoice"][0]
    assert made["Balance"] == 0
    after = company.query("select * from Account maxresults 1000")
    assert {a["Id"] for a in before[2]["Account"]} == {a["Id"] for a in after["Account"]}


def test_settings_decide_what_is_not_documented(world: World) -> None:
    strict = open_company("us", journal_imbalance_code="2300", plan="Essentials", subscription_active=True)
    bank, cogs = account(strict, "Checking"), account(strict, "Cost of Goods Sold")
    uneven = {"Line": [journal_line("Debit", cogs, 2), journal_line("Credit", bank, 1)]}
    assert refused(lambda: strict.create("JournalEntry", uneven)) == [("2300", "Line")]
    assert refused(lambda: strict.create("Class", {"Name": "North"})) == [("5020", "")]
    ended = open_company("empty", subscription_active=True)
    ended.change_settings(open_company("empty").settings.__class__(subscription_active=False))
    assert refused(lambda: ended.create("Customer", {"DisplayName": "N"})) == [("6190", "")]


def test_duplicate_number_is_allowed_where_the_option_says_so(world: World) -> None:
    world.company.create("Invoice", world.invoice(DocNumber="A1"))
    made = world.company.create("Invoice", world.invoice(DocNumber="A1"), frozenset({"allowduplicatedocnum"}))
    assert made["DocNumber"] == "A1"
    number = world.company.create("JournalEntry", journal(world.cogs, world.bank, 1), frozenset({"allowautodocnum"}))
    assert number["DocNumber"].isdigit()
    assert "DocNumber" not in world.company.create("JournalEntry", journal(world.cogs, world.bank, Decimal(1)))
