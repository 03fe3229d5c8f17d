"""What other integrations say No to: edited invoices, split and moved payments; and what stays there here too."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.shop import Shop
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing
from qbo_pipeline_tests.write_back.inbox_shop import in_the_inbox, night, ours, shop_with_inbox
from qbo_pipeline_tests.write_back.taking import take_all
from qbo_pipeline_tests.write_back.test_documents_come_back import copied

KINDS = ("sales_invoices", "payments_received", "payments_made")


@pytest.fixture
def shop(tmp_path: Path, emulator: RunningEmulator) -> Shop:
    return shop_with_inbox(tmp_path, f"sqlite:///{tmp_path / 'store.sqlite'}", emulator, kinds=KINDS)


def told(shop: Shop, kind: str) -> list[dict[str, Any]]:
    return [
        {**json.loads(entry["content"]), "operation": entry["operation"]}
        for entry in in_the_inbox(shop)
        if entry["kind"] == kind
    ]


def settled(entry: dict[str, Any]) -> dict[str, str]:
    return {one["document_id"]: one["amount"] for one in entry["allocations"]}


def link(thing: Thing, amount: int) -> Thing:
    return {"Amount": Decimal(amount), "LinkedTxn": [{"TxnId": thing["Id"], "TxnType": "Invoice"}]}


@pytest.mark.torture
def test_an_invoice_made_in_quickbooks_and_edited_there_comes_back_edited(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    made = copied(shop, people, "Invoice", "Invoice", "document/i1", "QB-1")
    night(shop)
    take_all(shop)
    night(shop)
    lines = [line for line in made["Line"] if line.get("DetailType") == "SalesItemLineDetail"][:1]
    people.save("Invoice", {**people.get("Invoice", made["Id"]), "Line": lines, "PrivateNote": "one line less"})
    night(shop)
    entries = told(shop, "sales_invoice")
    assert [(one["operation"], len(one["lines"]), one["memo"]) for one in entries] == [
        ("create", 2, None), ("update", 1, "one line less"),
    ]  # fmt: skip
    take_all(shop)
    night(shop)
    assert len(told(shop, "sales_invoice")) == 2


@pytest.mark.torture
def test_a_payment_split_over_documents_and_moved_between_them_comes_back_so(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    other = copied(shop, people, "Invoice", "Invoice", "document/i1", "QB-2")
    night(shop)
    take_all(shop)
    night(shop)
    with shop.run() as run:
        invoice = ours(run, people, "document/i1")
    of = {"CustomerRef": invoice["CustomerRef"], "TotalAmt": Decimal(30), "TxnDate": "2024-03-06"}
    payment = people.save("Payment", {**of, "Line": [link(invoice, 20), link(other, 10)]})
    night(shop)
    take_all(shop)
    people.save("Payment", {**people.get("Payment", payment["Id"]), "Line": [link(invoice, 30)]})
    night(shop)
    split, moved = told(shop, "payment_received")
    assert settled(split) == {"i1": "20", f"Invoice-{other['Id']}": "10"}
    assert (moved["operation"], settled(moved), moved["amount"]) == ("update", {"i1": "30"}, "30")


@pytest.mark.torture
def test_money_without_a_document_stays_in_quickbooks(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    with shop.run() as run:
        invoice, bill = ours(run, people, "document/i1"), ours(run, people, "document/b1")
    accounts = {one["AccountType"]: {"value": one["Id"]} for one in people.all("Account")}
    kind = "AccountBasedExpenseLineDetail"
    spent = [{"Amount": Decimal(5), "DetailType": kind, kind: {"AccountRef": accounts["Expense"]}}]
    people.save("Purchase", {"PaymentType": "Cash", "AccountRef": accounts["Bank"], "EntityRef": bill["VendorRef"],
                             "TxnDate": "2024-03-06", "Line": spent})  # fmt: skip
    detail = {"AccountRef": accounts["Income"]}
    banked = [{"Amount": Decimal(5), "DetailType": "DepositLineDetail", "DepositLineDetail": detail}]
    people.save("Deposit", {"DepositToAccountRef": accounts["Bank"], "TxnDate": "2024-03-06", "Line": banked})
    item = next(line["SalesItemLineDetail"]["ItemRef"] for line in invoice["Line"] if "SalesItemLineDetail" in line)
    sale = {"ItemRef": item, "Qty": 1, "UnitPrice": 5}
    line = {"Amount": Decimal(5), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": sale}
    people.save("SalesReceipt", {"CustomerRef": invoice["CustomerRef"], "TxnDate": "2024-03-06", "Line": [line]})
    standing = night(shop)
    assert in_the_inbox(shop) == []
    assert standing["waiting"] == []
