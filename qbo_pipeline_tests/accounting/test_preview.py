"""The ledger lines of each entity: sides, accounts, tax; debits equal credits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.accounting.preview import TAX_ACCOUNT, Names, PreviewLine, ledger_lines, party_of, totals_by_account

ACCOUNTS = {"1": ("1100", "Receivable"), "2": ("2000", "Payable"), "3": ("4000", "Sales"), "4": ("1000", "Bank"),
            "5": ("5000", "Cost")}  # fmt: skip
NAMES = Names(
    account=ACCOUNTS.get,
    item_account=lambda item, sold: {"$product/p": "3" if sold else "5"}.get(item),
    party={"$party/c": "Ana"}.get,
    class_={"7": "East"}.get,
    department={"8": "Shop"}.get,
    tax_code={"T": "20.0% S"}.get,
    receivable="1",
    payable="2",
)


def sales(amount: str) -> dict[str, Any]:
    detail = {"ItemRef": {"value": "$product/p"}, "TaxCodeRef": {"value": "T"}, "ClassRef": {"value": "7"}}
    return {"Amount": Decimal(amount), "SalesItemLineDetail": detail}


def expense(amount: str) -> dict[str, Any]:
    return {"Amount": Decimal(amount), "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "5"}}}


def discount(amount: str) -> dict[str, Any]:
    return {"Amount": Decimal(amount), "DiscountLineDetail": {"DiscountAccountRef": {"value": "5"}}}


def goods(amount: str) -> dict[str, Any]:
    return {"Amount": Decimal(amount), "ItemBasedExpenseLineDetail": {"ItemRef": {"value": "$product/p"}}}


TAX = {"TxnTaxDetail": {"TotalTax": Decimal("2.00")}}


@pytest.mark.parametrize(
    ("entity", "payload", "expected"),
    [
        ("Invoice", {"Line": [sales("12"), sales("-2")], **TAX},
         [("Receivable", "12.00"), ("Sales", "-12.00"), ("Sales", "2.00"), (TAX_ACCOUNT, "-2.00")]),
        ("CreditMemo", {"Line": [sales("10")], **TAX},
         [("Receivable", "-12.00"), ("Sales", "10.00"), (TAX_ACCOUNT, "2.00")]),
        ("Bill", {"Line": [expense("10")]}, [("Payable", "-10.00"), ("Cost", "10.00")]),
        ("Bill", {"Line": [goods("10")]}, [("Payable", "-10.00"), ("Cost", "10.00")]),
        ("VendorCredit", {"Line": [expense("10")]}, [("Payable", "10.00"), ("Cost", "-10.00")]),
        ("Payment", {"TotalAmt": Decimal(5), "DepositToAccountRef": {"value": "4"}},
         [("Bank", "5.00"), ("Receivable", "-5.00")]),
        ("BillPayment", {"TotalAmt": Decimal(5), "CheckPayment": {"BankAccountRef": {"value": "4"}}},
         [("Payable", "5.00"), ("Bank", "-5.00")]),
        ("BillPayment", {
            "TotalAmt": Decimal(5), "APAccountRef": {"value": "5"},
            "CreditCardPayment": {"CCAccountRef": {"value": "4"}},
         }, [("Cost", "5.00"), ("Bank", "-5.00")]),
        ("BillPayment", {"TotalAmt": Decimal(5)}, [("Payable", "5.00"), ("not known yet", "-5.00")]),
        ("Invoice", {"Line": [sales("10")], "ARAccountRef": {"value": "4"}}, [("Bank", "10.00"), ("Sales", "-10.00")]),
        ("Bill", {"Line": [expense("10")], "APAccountRef": {"value": "4"}}, [("Bank", "-10.00"), ("Cost", "10.00")]),
        ("Bill", {"Line": [{"Amount": Decimal(3)}]}, [("Payable", "-3.00"), ("not known yet", "3.00")]),
        ("SalesReceipt", {"Line": [sales("10")], "DepositToAccountRef": {"value": "4"}, **TAX},
         [("Bank", "12.00"), ("Sales", "-10.00"), (TAX_ACCOUNT, "-2.00")]),
        ("RefundReceipt", {"Line": [sales("10")], "DepositToAccountRef": {"value": "4"}},
         [("Bank", "-10.00"), ("Sales", "10.00")]),
        ("Invoice", {"Line": [sales("10"), discount("4")]},
         [("Receivable", "6.00"), ("Sales", "-10.00"), ("Cost", "4.00")]),
        ("Invoice", {"Line": [sales("10")], "Deposit": Decimal(4), "DepositToAccountRef": {"value": "4"}},
         [("Bank", "4.00"), ("Receivable", "6.00"), ("Sales", "-10.00")]),
        ("Invoice", {"Line": [sales("4")], "Deposit": Decimal(4), "DepositToAccountRef": {"value": "4"}},
         [("Bank", "4.00"), ("Sales", "-4.00")]),
        ("Invoice", {"Line": [sales("0")]}, []),
        ("Payment", {"TotalAmt": Decimal(0)}, []),
        ("Estimate", {"Line": [sales("10")]}, []),
        ("Customer", {"DisplayName": "Ana"}, []),
    ],
)  # fmt: skip
def test_lines(entity: str, payload: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    lines = ledger_lines(entity, payload, NAMES)
    assert [(line.account, str(line.debit - line.credit)) for line in lines] == expected
    assert sum(line.debit - line.credit for line in lines) == 0
    assert all(min(line.debit, line.credit) == 0 < max(line.debit, line.credit) for line in lines)


def test_a_line_says_class_tax_and_party() -> None:
    line = ledger_lines("Invoice", {"Line": [sales("10")], "DepartmentRef": {"value": "8"}}, NAMES)[1]
    assert (line.account_number, line.class_, line.department, line.tax) == ("4000", "East", "Shop", "20.0% S")
    detail = {"PostingType": "Credit", "AccountRef": {"value": "9"}, "Entity": {"EntityRef": {"value": "$party/c"}}}
    (journal,) = ledger_lines("JournalEntry", {"Line": [{"Amount": 3, "JournalEntryLineDetail": detail}]}, NAMES)
    assert (journal.account, journal.party, journal.credit) == ("9", "Ana", Decimal("3.00"))


LINE = PreviewLine(account_id="1", account_number="1100", account="Receivable", debit=Decimal("12.00"),
                  credit=Decimal("0.00"), department="Shop")  # fmt: skip


def test_a_form_is_told_whole() -> None:
    line = sales("10") | {"Description": "Tea"}
    lines = ledger_lines("Invoice", {"Line": [line], "DepartmentRef": {"value": "8"}, **TAX}, NAMES)
    assert lines == [
        LINE,
        PreviewLine(account_id="3", account_number="4000", account="Sales", debit=Decimal("0.00"),
                   credit=Decimal("10.00"), description="Tea", class_="East", department="Shop", tax="20.0% S"),
        PreviewLine(account_id=None, account_number="", account=TAX_ACCOUNT, debit=Decimal("0.00"),
                   credit=Decimal("2.00")),
    ]  # fmt: skip
    assert {str(amount) for one in lines for amount in (one.debit, one.credit)} == {"0.00", "2.00", "10.00", "12.00"}


@pytest.mark.parametrize(
    ("side", "debit", "credit"), [("Debit", Decimal(3), Decimal("0.00")), ("Credit", Decimal("0.00"), Decimal(3))]
)
def test_a_journals_line_is_told_whole(side: str, debit: Decimal, credit: Decimal) -> None:
    detail = {
        "PostingType": side, "AccountRef": {"value": "5"}, "Entity": {"EntityRef": {"value": "$party/z"}},
        "ClassRef": {"value": "6"}, "DepartmentRef": {"value": "8"},
    }  # fmt: skip
    payload = {"Line": [{"Amount": 3, "Description": "Shipment 1", "JournalEntryLineDetail": detail}]}
    assert ledger_lines("JournalEntry", payload, NAMES) == [
        PreviewLine(account_id="5", account_number="5000", account="Cost", debit=debit, credit=credit,
                   description="Shipment 1", party="$party/z", class_="6", department="Shop"),
    ]  # fmt: skip
    plain = {"Line": [{"Amount": 3, "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": "5"}}}]}
    assert ledger_lines("JournalEntry", plain, NAMES) == [
        PreviewLine(account_id="5", account_number="5000", account="Cost", debit=debit, credit=credit)
    ]


def test_what_is_not_known_stands_under_its_id() -> None:
    bill = {"Line": [{"Amount": Decimal(1), "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "99"}}}]}
    line = ledger_lines("Bill", bill, NAMES)[1]
    assert (line.account_id, line.account_number, line.account) == ("99", "", "99")
    line = ledger_lines("Bill", {"Line": [{"Amount": Decimal(1)}]}, NAMES)[1]
    assert (line.account_id, line.account_number, line.account, line.class_, line.tax, line.description) == (
        None, "", "not known yet", "", "", "",
    )  # fmt: skip


def test_a_line_goes_into_json_under_these_names() -> None:
    assert LINE.as_dict() == {
        "account_number": "1100", "account": "Receivable", "debit": Decimal("12.00"), "credit": Decimal("0.00"),
        "description": "", "party": "", "class": "", "department": "Shop", "tax": "",
    }  # fmt: skip
    other = PreviewLine(account_id="1", account_number="", account="A", debit=Decimal(1), credit=Decimal(0),
                       description="d", party="p", class_="c", tax="t")  # fmt: skip
    assert [other.as_dict()[name] for name in ("description", "party", "class", "tax")] == ["d", "p", "c", "t"]


@pytest.mark.parametrize(
    ("entity", "payload", "name"),
    [
        ("Invoice", {"CustomerRef": {"value": "$party/c"}}, "Ana"),
        ("Bill", {"VendorRef": {"value": "$party/c"}}, "Ana"),
        ("Bill", {"VendorRef": {"value": "12"}}, "12"),
        ("Customer", {"DisplayName": "Bo"}, "Bo"),
        ("Item", {"Name": "Pen"}, "Pen"),
        ("Account", {"Name": "Sales"}, ""),
        ("JournalEntry", {}, ""),
        ("Invoice", {"CustomerRef": "5"}, ""),
    ],
)
def test_whose_a_document_is(entity: str, payload: dict[str, Any], name: str) -> None:
    assert party_of(entity, payload, NAMES) == name


def test_totals_are_by_account() -> None:
    lines = ledger_lines("Invoice", {"Line": [sales("12"), sales("-2")], **TAX}, NAMES)
    assert totals_by_account([*lines, *lines]) == {
        ("1100", "Receivable"): (Decimal("24.00"), Decimal("0.00")),
        ("4000", "Sales"): (Decimal("4.00"), Decimal("24.00")),
        ("", TAX_ACCOUNT): (Decimal("0.00"), Decimal("4.00")),
    }
