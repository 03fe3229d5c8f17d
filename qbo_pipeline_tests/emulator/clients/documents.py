"""Bodies of every entity that python-quickbooks knows, as its own `from_json` takes them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from quickbooks import QuickBooks, objects
from quickbooks.objects.creditcardpayment_entity import CreditCardPayment

from qbo_pipeline_tests.emulator.clients.conftest import Refs

Make = Callable[[Refs, str], dict[str, Any]]


def ref(value: str) -> dict[str, str]:
    return {"value": value}


def sales_lines(refs: Refs) -> list[dict[str, Any]]:
    return [
        {
            "Amount": 30,
            "Description": "Two hours",
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": ref(refs.service), "Qty": 2, "UnitPrice": 15},
        }
    ]


def expense_lines(refs: Refs) -> list[dict[str, Any]]:
    return [
        {
            "Amount": 20,
            "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": {"AccountRef": ref(refs.expense)},
        }
    ]


def item_lines(refs: Refs) -> list[dict[str, Any]]:
    return [
        {
            "Amount": 20,
            "DetailType": "ItemBasedExpenseLineDetail",
            "ItemBasedExpenseLineDetail": {"ItemRef": ref(refs.service), "Qty": 4, "UnitPrice": 5},
        }
    ]


def journal_line(account: str, posting: str, amount: str) -> dict[str, Any]:
    return {
        "Amount": amount,
        "DetailType": "JournalEntryLineDetail",
        "JournalEntryLineDetail": {"AccountRef": ref(account), "PostingType": posting},
    }


# Class of the client → the body to create, and the field that its update changes.
LISTS: dict[str, tuple[Any, Make, str]] = {
    "Account": (
        objects.Account,
        lambda refs, name: {"Name": name, "AccountType": "Expense", "AccountSubType": "SuppliesMaterials"},
        "Description",
    ),
    "Class": (objects.Class, lambda refs, name: {"Name": name}, "Name"),
    "Customer": (objects.Customer, lambda refs, name: {"DisplayName": name, "CompanyName": "Co"}, "Notes"),
    "Sub-customer": (
        objects.Customer,
        lambda refs, name: {"DisplayName": name, "Job": True, "ParentRef": ref(refs.customer)},
        "Notes",
    ),
    "Department": (objects.Department, lambda refs, name: {"Name": name}, "Name"),
    "Employee": (
        objects.Employee,
        lambda refs, name: {"GivenName": name, "FamilyName": "Tester"},
        "GivenName",
    ),
    "Item (service)": (
        objects.Item,
        lambda refs, name: {"Name": name, "Type": "Service", "IncomeAccountRef": ref(refs.income)},
        "Description",
    ),
    "Item (non-inventory)": (
        objects.Item,
        lambda refs, name: {
            "Name": name,
            "Type": "NonInventory",
            "IncomeAccountRef": ref(refs.income),
            "ExpenseAccountRef": ref(refs.cost),
        },
        "Description",
    ),
    "Item (inventory)": (
        objects.Item,
        lambda refs, name: {
            "Name": name,
            "Type": "Inventory",
            "TrackQtyOnHand": True,
            "QtyOnHand": 10,
            "InvStartDate": "2026-01-01",
            "PurchaseCost": "2.5",
            "UnitPrice": "4",
            "IncomeAccountRef": ref(refs.income),
            "ExpenseAccountRef": ref(refs.cost),
            "AssetAccountRef": ref(refs.stock),
        },
        "Description",
    ),
    "PaymentMethod": (objects.PaymentMethod, lambda refs, name: {"Name": name}, "Name"),
    "Term": (objects.Term, lambda refs, name: {"Name": name[-31:], "DueDays": 10}, "DueDays"),
    "Vendor": (objects.Vendor, lambda refs, name: {"DisplayName": name}, "AcctNum"),
}

TRANSACTIONS: dict[str, tuple[Any, Make]] = {
    "Bill": (objects.Bill, lambda refs, number: {"VendorRef": ref(refs.vendor), "Line": expense_lines(refs)}),
    "Bill of items": (objects.Bill, lambda refs, number: {"VendorRef": ref(refs.vendor), "Line": item_lines(refs)}),
    "BillPayment": (
        objects.BillPayment,
        lambda refs, number: {
            "VendorRef": ref(refs.vendor),
            "TotalAmt": 12,
            "PayType": "Check",
            "CheckPayment": {"BankAccountRef": ref(refs.bank)},
        },
    ),
    "CreditMemo": (
        objects.CreditMemo,
        lambda refs, number: {"CustomerRef": ref(refs.customer), "Line": sales_lines(refs)},
    ),
    "CreditCardPayment": (
        CreditCardPayment,
        lambda refs, number: {
            "CreditCardAccountRef": ref(refs.card),
            "BankAccountRef": ref(refs.bank),
            "Amount": "4.20",
        },
    ),
    "Deposit": (
        objects.Deposit,
        lambda refs, number: {
            "DepositToAccountRef": ref(refs.bank),
            "Line": [
                {
                    "Amount": 8,
                    "DetailType": "DepositLineDetail",
                    "DepositLineDetail": {"AccountRef": ref(refs.income)},
                }
            ],
        },
    ),
    "Estimate": (
        objects.Estimate,
        lambda refs, number: {"CustomerRef": ref(refs.customer), "Line": sales_lines(refs)},
    ),
    "Invoice": (objects.Invoice, lambda refs, number: {"CustomerRef": ref(refs.customer), "Line": sales_lines(refs)}),
    "JournalEntry": (
        objects.JournalEntry,
        lambda refs, number: {
            "DocNumber": number,
            "Line": [journal_line(refs.cost, "Debit", "7.35"), journal_line(refs.expense, "Credit", "7.35")],
        },
    ),
    "Payment": (objects.Payment, lambda refs, number: {"CustomerRef": ref(refs.customer), "TotalAmt": 5}),
    "Purchase": (
        objects.Purchase,
        lambda refs, number: {
            "AccountRef": ref(refs.bank),
            "PaymentType": "Check",
            "EntityRef": {"value": refs.vendor, "type": "Vendor"},
            "Line": expense_lines(refs),
        },
    ),
    "PurchaseOrder": (
        objects.PurchaseOrder,
        lambda refs, number: {
            "VendorRef": ref(refs.vendor),
            "APAccountRef": ref(refs.payable),
            "Line": item_lines(refs),
        },
    ),
    "RefundReceipt": (
        objects.RefundReceipt,
        lambda refs, number: {
            "CustomerRef": ref(refs.customer),
            "DepositToAccountRef": ref(refs.bank),
            "Line": sales_lines(refs),
        },
    ),
    "SalesReceipt": (
        objects.SalesReceipt,
        lambda refs, number: {"CustomerRef": ref(refs.customer), "Line": sales_lines(refs)},
    ),
    "Transfer": (
        objects.Transfer,
        lambda refs, number: {
            "FromAccountRef": ref(refs.bank),
            "ToAccountRef": ref(refs.other_bank),
            "Amount": "3.30",
        },
    ),
    "VendorCredit": (
        objects.VendorCredit,
        lambda refs, number: {"VendorRef": ref(refs.vendor), "Line": expense_lines(refs)},
    ),
}


def unique(what: str) -> str:
    return f"{what} {uuid.uuid4().hex[:8]}"


def saved(name: str, refs: Refs, qb: QuickBooks) -> Any:
    """A document of TRANSACTIONS, created and read back."""
    kind, make = TRANSACTIONS[name]
    made = kind.from_json(make(refs, uuid.uuid4().hex[:12])).save(qb=qb)
    return kind.get(made.Id, qb=qb)
