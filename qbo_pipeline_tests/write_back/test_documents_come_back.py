"""Documents that people enter in QuickBooks: taken once, never posted again, paid from either side, voided there."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline.drift import find_drift
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import Shop
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing
from qbo_pipeline_tests.write_back.inbox_shop import in_the_inbox, night, ours, shop_with_inbox
from qbo_pipeline_tests.write_back.taking import take_all

KINDS = ("sales_invoices", "sales_credits", "bills", "purchase_credits", "payments_received")


@pytest.fixture
def shop(tmp_path: Path, emulator: RunningEmulator) -> Shop:
    return shop_with_inbox(tmp_path, f"sqlite:///{tmp_path / 'store.sqlite'}", emulator, kinds=KINDS)


def copied(shop: Shop, people: Bookkeeper, entity: str, like: str, key: str, number: str) -> Thing:
    """A bookkeeper enters a document with the lines of one of ours, at half of the price."""
    with shop.run() as run:
        ours_there = ours(run, people, key)
    kind = {"Invoice": "SalesItemLineDetail", "Bill": "ItemBasedExpenseLineDetail"}[like]
    lines = []
    for line in ours_there["Line"]:
        detail = line.get("SalesItemLineDetail") or line.get("ItemBasedExpenseLineDetail")
        if detail:
            body = {"ItemRef": detail["ItemRef"], "Qty": Decimal(1), "UnitPrice": Decimal("5.00")}
            lines.append({"Amount": Decimal("5.00"), "DetailType": kind, kind: body})
    if not lines:
        kind = "AccountBasedExpenseLineDetail"
        account = next(line[kind]["AccountRef"] for line in ours_there["Line"] if kind in line)
        lines = [{"Amount": Decimal("5.00"), "DetailType": kind, kind: {"AccountRef": account}}]
    party = {name: ours_there[name] for name in ("CustomerRef", "VendorRef") if name in ours_there}
    return people.save(entity, {**party, "TxnDate": "2024-03-06", "DocNumber": number, "Line": lines})


def told(shop: Shop, kind: str) -> list[dict[str, Any]]:
    return [
        {**json.loads(entry["content"]), "operation": entry["operation"]}
        for entry in in_the_inbox(shop)
        if entry["kind"] == kind
    ]


def test_an_invoice_made_in_quickbooks_is_taken_paid_by_the_source_and_voided_with_it(
    shop: Shop, people: Bookkeeper
) -> None:
    night(shop)
    made = copied(shop, people, "Invoice", "Invoice", "document/i1", "QB-77")
    copied(shop, people, "SalesReceipt", "Invoice", "document/i1", "QB-76")  # whose kind the settings do not name
    night(shop)
    assert len(in_the_inbox(shop)) == 1
    (entry,) = told(shop, "sales_invoice")
    assert (entry["operation"], entry["party_id"], entry["number"]) == ("create", "c1", "QB-77")
    assert [(line["product_id"], line["net_amount"]) for line in entry["lines"]] == [("p1", "5")] * 2
    take_all(shop)
    # The inventory system is paid for it: its payment names the invoice in QuickBooks, which is not posted again.
    shop.change(
        "INSERT INTO payments (payment_id, kind, number, business_date, party_id, currency, amount, status) VALUES "
        "('y7', 'payment_received', 'Y7', '2024-03-07', 'c1', 'USD', '10.00', 'completed')",
        "INSERT INTO payment_allocations (payment_id, allocation_id, document_id, amount) VALUES "
        f"('y7', '1', 'Invoice-{made['Id']}', '10.00')",
    )
    night(shop)
    assert people.get("Invoice", made["Id"])["Balance"] == 0
    with shop.run() as run:
        assert rows(run, "SELECT disposition, rule FROM records WHERE record_id = :id", id=f"Invoice-{made['Id']}") == [
            {"disposition": "excluded", "rule": "made_in_quickbooks"}
        ]
    assert len([thing for thing in people.all("Invoice") if thing.get("DocNumber") == "QB-77"]) == 1
    # Settled by the source's own payment, it comes back once more by no rule: the content is the same.
    assert [one["operation"] for one in told(shop, "sales_invoice")] == ["create"]

    (payment,) = [thing for thing in people.all("Payment") if thing["TxnDate"] == "2024-03-07"]
    people.delete("Payment", payment)
    people.void("Invoice", people.get("Invoice", made["Id"]))
    night(shop)
    assert [(one["operation"], one.get("status", "completed")) for one in told(shop, "sales_invoice")] == [
        ("create", "completed"), ("void", "voided"),
    ]  # fmt: skip


@pytest.mark.torture
def test_a_payment_in_quickbooks_of_an_invoice_made_there_waits_for_the_invoice(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    made = copied(shop, people, "Invoice", "Invoice", "document/i1", "QB-78")
    line = {"Amount": Decimal(10), "LinkedTxn": [{"TxnId": made["Id"], "TxnType": "Invoice"}]}
    body = {"CustomerRef": made["CustomerRef"], "TotalAmt": Decimal(10), "TxnDate": "2024-03-06", "Line": [line]}
    people.save("Payment", body)
    assert night(shop)["waiting"] == []  # nothing that a person is to do
    assert (len(told(shop, "sales_invoice")), told(shop, "payment_received")) == (1, [])
    take_all(shop)
    night(shop)
    (payment,) = told(shop, "payment_received")
    assert payment["allocations"][0]["document_id"] == f"Invoice-{made['Id']}"


@pytest.mark.torture
def test_bills_and_credits_come_back_by_their_kind(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    copied(shop, people, "Bill", "Bill", "document/b1", "QB-B")
    copied(shop, people, "VendorCredit", "Bill", "document/b1", "QB-V")
    copied(shop, people, "CreditMemo", "Invoice", "document/i1", "QB-C")
    night(shop)
    assert {kind: [one["number"] for one in told(shop, kind)] for kind in ("bill", "purchase_credit", "sales_credit")} \
        == {"bill": ["QB-B"], "purchase_credit": ["QB-V"], "sales_credit": ["QB-C"]}  # fmt: skip
    take_all(shop)
    count = len(people.all("Bill")), len(people.all("VendorCredit")), len(people.all("CreditMemo"))
    night(shop)
    night(shop)
    assert (len(people.all("Bill")), len(people.all("VendorCredit")), len(people.all("CreditMemo"))) == count


@pytest.mark.torture
def test_an_invoice_of_the_source_that_is_voided_in_quickbooks_is_voided_there_too_and_nothing_waits(
    shop: Shop, people: Bookkeeper
) -> None:
    night(shop)
    with shop.run() as run:
        people.void("Invoice", ours(run, people, "document/i1"))
    night(shop)
    (entry,) = told(shop, "sales_invoice")
    assert (entry["operation"], entry["document_id"], entry["status"]) == ("void", "i1", "voided")
    with shop.run() as run:
        find_drift(run)
    take_all(shop)
    shop.change("UPDATE documents SET status = 'voided' WHERE document_id = 'i1'")
    night(shop)
    night(shop)
    assert len(told(shop, "sales_invoice")) == 1
    with shop.run() as run:
        (record,) = rows(run, "SELECT disposition, rule FROM records WHERE record_id = 'i1'")
        waiting = rows(run, "SELECT key FROM postings WHERE state = 'parked' AND key = 'document/i1'")
    assert (record, waiting) == ({"disposition": "excluded", "rule": "voided_in_source"}, [])


@pytest.mark.torture
@pytest.mark.parametrize("vanished", ["hold", "void"])
def test_an_invoice_of_quickbooks_that_the_source_voids_is_voided_in_quickbooks(
    shop: Shop, people: Bookkeeper, vanished: str
) -> None:
    text = shop.settings.read_text()
    shop.settings.write_text(text.replace('vanished = "hold"', f'vanished = "{vanished}"'))
    night(shop)
    made = copied(shop, people, "Invoice", "Invoice", "document/i1", "QB-79")
    night(shop)
    take_all(shop)
    night(shop)
    shop.change(f"UPDATE documents SET status = 'voided' WHERE document_id = 'Invoice-{made['Id']}'")
    night(shop)
    there = people.get("Invoice", made["Id"])
    if vanished == "hold":
        assert there["TotalAmt"] == 10
        with shop.run() as run:
            query = "SELECT state, reason FROM postings WHERE key LIKE '%Invoice-%' ORDER BY revision"
            assert rows(run, query)[-1] == {"state": "parked", "reason": "gone_from_source"}
        return
    assert (there["TotalAmt"], there["PrivateNote"][:6]) == (0, "Voided")
    night(shop)
    night(shop)
    assert [one["operation"] for one in told(shop, "sales_invoice")] == ["create"]
