"""The first documents of the `us` seed, as a table: key, entity, days before today, and the body."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

Ids = dict[str, dict[str, dict[str, str]]]
Body = dict[str, Any]
Build = Callable[[Ids, dict[str, int]], Body]


def _sale(ids: Ids, customer: str, *lines: tuple[str, int, str]) -> Body:
    return {
        "CustomerRef": ids["Customer"][customer],
        "Line": [
            {
                "DetailType": "SalesItemLineDetail",
                "Amount": Decimal(price) * quantity,
                "Description": item,
                "SalesItemLineDetail": {"ItemRef": ids["Item"][item], "Qty": quantity, "UnitPrice": Decimal(price)},
            }
            for item, quantity, price in lines
        ],
    }


def _stock_bill(ids: Ids, vendor: str, *lines: tuple[str, int, str]) -> Body:
    return {
        "VendorRef": ids["Vendor"][vendor],
        "Line": [
            {
                "DetailType": "ItemBasedExpenseLineDetail",
                "Amount": Decimal(cost) * quantity,
                "ItemBasedExpenseLineDetail": {
                    "ItemRef": ids["Item"][item],
                    "Qty": quantity,
                    "UnitPrice": Decimal(cost),
                },
            }
            for item, quantity, cost in lines
        ],
    }


def _expense(ids: Ids, account: str, amount: str) -> Body:
    detail = {"AccountRef": ids["Account"][account]}
    return {
        "Line": [
            {
                "DetailType": "AccountBasedExpenseLineDetail",
                "Amount": Decimal(amount),
                "AccountBasedExpenseLineDetail": detail,
            }
        ]
    }


def _journal(ids: Ids, debit: str, credit: str, amount: str) -> Body:
    return {
        "Line": [
            {
                "DetailType": "JournalEntryLineDetail",
                "Amount": Decimal(amount),
                "JournalEntryLineDetail": {"PostingType": side, "AccountRef": ids["Account"][account]},
            }
            for side, account in (("Debit", debit), ("Credit", credit))
        ]
    }


def _settling(made: dict[str, int], key: str, kind: str, amount: str) -> Body:
    line = {"Amount": Decimal(amount), "LinkedTxn": [{"TxnId": str(made[key]), "TxnType": kind}]}
    return {"TotalAmt": Decimal(amount), "Line": [line]}


FIRST_DOCUMENTS: Final[tuple[tuple[str, str, int, Build], ...]] = (
    ("opening", "JournalEntry", 95, lambda ids, made: _journal(ids, "Checking", "Opening Balance Equity", "5000")),
    (
        "savings",
        "Transfer",
        94,
        lambda ids, made: {
            "FromAccountRef": ids["Account"]["Checking"],
            "ToAccountRef": ids["Account"]["Savings"],
            "Amount": Decimal(800),
        },
    ),
    (
        "stock",
        "Bill",
        90,
        lambda ids, made: _stock_bill(
            ids,
            "Norton Lumber and Building Materials",
            ("Rock Fountain", 4, "125"),
            ("Fountain Pump", 25, "10"),
            ("Sprinkler Heads", 40, "0.75"),
            ("Sprinkler Pipes", 40, "2.5"),
        ),
    ),
    (
        "phone",
        "Bill",
        60,
        lambda ids, made: _expense(ids, "Telephone", "74.36") | {"VendorRef": ids["Vendor"]["Cal Telephone"]},
    ),
    (
        "fountain",
        "Invoice",
        50,
        lambda ids, made: _sale(
            ids, "Geeta's Garden Design", ("Rock Fountain", 1, "275"), ("Fountain Pump", 2, "15"), ("Design", 4, "75")
        ),
    ),
    (
        "garden",
        "Invoice",
        40,
        lambda ids, made: _sale(ids, "Amy's Bird Sanctuary", ("Gardening", 6, "50"), ("Trimming", 2, "35")),
    ),
    (
        "paid",
        "Payment",
        30,
        lambda ids, made: (
            _settling(made, "garden", "Invoice", "370") | {"CustomerRef": ids["Customer"]["Amy's Bird Sanctuary"]}
        ),
    ),
    (
        "deposit",
        "Deposit",
        28,
        lambda ids, made: {
            "DepositToAccountRef": ids["Account"]["Checking"],
            "Line": [
                {
                    "Amount": Decimal(370),
                    "LinkedTxn": [{"TxnId": str(made["paid"]), "TxnType": "Payment", "TxnLineId": "0"}],
                }
            ],
        },
    ),
    (
        "receipt",
        "SalesReceipt",
        25,
        lambda ids, made: (
            _sale(ids, "Cool Cars", ("Pest Control", 3, "35")) | {"DepositToAccountRef": ids["Account"]["Checking"]}
        ),
    ),
    ("credit", "CreditMemo", 20, lambda ids, made: _sale(ids, "Geeta's Garden Design", ("Design", 1, "75"))),
    (
        "estimate",
        "Estimate",
        15,
        lambda ids, made: _sale(ids, "Sushi by the Sea", ("Gardening", 4, "50"), ("Soil", 5, "10")),
    ),
    (
        "fuel",
        "Purchase",
        12,
        lambda ids, made: (
            _expense(ids, "Fuel", "52.14") | {"PaymentType": "CreditCard", "AccountRef": ids["Account"]["Mastercard"]}
        ),
    ),
    (
        "order",
        "PurchaseOrder",
        10,
        lambda ids, made: _stock_bill(ids, "Tania's Nursery", ("Sprinkler Heads", 20, "0.75")),
    ),
    (
        "bill paid",
        "BillPayment",
        5,
        lambda ids, made: (
            _settling(made, "phone", "Bill", "74.36")
            | {
                "VendorRef": ids["Vendor"]["Cal Telephone"],
                "PayType": "Check",
                "CheckPayment": {"BankAccountRef": ids["Account"]["Checking"]},
            }
        ),
    ),
)
