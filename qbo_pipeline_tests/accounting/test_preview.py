"""The ledger lines of each entity: sides, accounts, tax; debits equal credits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.accounting.preview import TAX_ACCOUNT, Names, ledger_lines

ACCOUNTS = {"1": ("1100", "Receivable"), "2": ("2000", "Payable"), "3": ("4000", "Sales"), "4": ("1000", "Bank"),
            "5": ("5000", "Cost")}  # fmt: skip
NAMES = Names(
    account=ACCOUNTS.get,
    item_account={"$product/p": "3"}.get,
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


TAX = {"TxnTaxDetail": {"TotalTax": Decimal("2.00")}}


@pytest.mark.parametrize(
    ("entity", "payload", "expected"),
    [
        ("Invoice", {"Line": [sales("12"), sales("-2")], **TAX},
         [("Receivable", "12.00"), ("Sales", "-12.00"), ("Sales", "2.00"), (TAX_ACCOUNT, "-2.00")]),
        ("CreditMemo", {"Line": [sales("10")], **TAX},
         [("Receivable", "-12.00"), ("Sales", "10.00"), (TAX_ACCOUNT, "2.00")]),
        ("Bill", {"Line": [expense("10")]}, [("Payable", "-10.00"), ("Cost", "10.00")]),
        ("VendorCredit", {"Line": [expense("10")]}, [("Payable", "10.00"), ("Cost", "-10.00")]),
        ("Payment", {"TotalAmt": Decimal(5), "DepositToAccountRef": {"value": "4"}},
         [("Bank", "5.00"), ("Receivable", "-5.00")]),
        ("BillPayment", {"TotalAmt": Decimal(5), "CheckPayment": {"BankAccountRef": {"value": "4"}}},
         [("Payable", "5.00"), ("Bank", "-5.00")]),
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
