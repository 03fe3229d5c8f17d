"""The way back: what people enter in QuickBooks reaches the inventory system once, and is not posted a second time."""

from __future__ import annotations

import json
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.pipeline.write_back_standing import write_back_standing
from qbo_pipeline.pipeline.write_targets import open_inbox
from qbo_pipeline.store.evidence import altered
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import Shop, open_shop
from qbo_pipeline_tests.tampering.people import Bookkeeper
from qbo_pipeline_tests.write_back.inbox_shop import (
    carry,
    content,
    in_the_inbox,
    night,
    operations,
    ours,
    owned_by,
    paid,
    pay,
    payments,
    shop_with_inbox,
    take,
)


def test_a_payment_made_in_quickbooks_is_taken_once_and_never_comes_back(
    tmp_path: Path, store_url: str, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    shop = shop_with_inbox(tmp_path, store_url, emulator)
    with shop.run() as run:
        carry(run)
        assert in_the_inbox(shop) == []
        payment = pay(run, people, PaymentRefNum="CHQ-7")
    with shop.run() as run:
        carry(run)
    (entry,) = in_the_inbox(shop)
    assert (entry["operation"], entry["kind"], entry["revision"]) == ("create", "payment_received", 1)
    content = json.loads(entry["content"])
    assert (content["number"], content["business_date"], content["amount"]) == ("CHQ-7", "2024-03-06", "90")
    assert [(item["document_id"], item["amount"]) for item in content["allocations"]] == [("i1", "90")]

    take(shop)
    for _ in range(2):
        with shop.run() as run:
            carry(run)
            standing = write_back_standing(run)
            assert rows(run, "SELECT disposition, rule FROM records WHERE record_type = 'payment'") == [
                {"disposition": "excluded", "rule": "made_in_quickbooks"}
            ]
            with run.database.reading() as connection:
                assert list(altered(connection, run.name)) == []
    assert [(row["state"], row["answer"], row["count"]) for row in standing.entries] == [("posted", "taken", 1)]
    assert list(standing.grounds()) == []
    assert len(in_the_inbox(shop)) == 1
    assert [thing["Id"] for thing in payments(people)] == [payment["Id"]]


def test_a_change_in_quickbooks_is_one_further_revision(shop: Shop, people: Bookkeeper) -> None:
    payment = paid(shop, people)
    take(shop)
    night(shop)
    half = [{**payment["Line"][0], "Amount": Decimal("40.00")}]
    people.save("Payment", {**people.get("Payment", payment["Id"]), "TotalAmt": Decimal("40.00"), "Line": half})
    standing = night(shop)
    assert operations(shop) == [(1, "create"), (2, "update")]
    assert (content(shop)["amount"], content(shop)["allocations"][0]["amount"]) == ("40", "40")
    # Before it takes that, the inventory system changes its own: both are told, and nothing is posted.
    shop.change("UPDATE payments SET amount = '95.00'")
    night(shop)
    with shop.run() as run:
        (record,) = rows(run, "SELECT disposition, rule, message FROM records WHERE record_type = 'payment'")
    assert (record["disposition"], record["rule"]) == ("refused", "changed_in_source")
    assert "amount 40 there and 95 here" in record["message"]
    take(shop)
    standing = night(shop)
    assert [(row["state"], row["answer"]) for row in standing["entries"]] == [("posted", "taken")]
    assert standing["waiting"] == []
    assert operations(shop) == [(1, "create"), (2, "update")]
    assert len(payments(people)) == 1


@pytest.mark.parametrize("how", ["void", pytest.param("delete", marks=pytest.mark.torture)])
def test_what_is_voided_or_deleted_in_quickbooks_is_taken_back(shop: Shop, people: Bookkeeper, how: str) -> None:
    payment = paid(shop, people)
    take(shop)
    night(shop)
    now = people.get("Payment", payment["Id"])
    if how == "delete":
        people.delete("Payment", now)
    else:
        people.save("Payment", {"Id": now["Id"], "SyncToken": now["SyncToken"], "sparse": True}, include="void")
    night(shop)
    assert operations(shop) == [(1, "create"), (2, "void")]
    assert (content(shop)["status"], content(shop)["amount"], content(shop)["allocations"]) == ("voided", "0", [])
    take(shop)
    for _ in range(2):
        assert night(shop)["waiting"] == []
    assert operations(shop) == [(1, "create"), (2, "void")]


@pytest.mark.torture
def test_what_is_gone_before_it_was_read_is_never_written(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    with shop.run() as run:
        payment = pay(run, people)
    people.delete("Payment", people.get("Payment", payment["Id"]))
    night(shop)
    assert in_the_inbox(shop) == []


def test_our_own_payments_never_come_back(tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper) -> None:
    shop = open_shop(tmp_path, emulator)  # with its payment, which is posted
    owned_by(shop, "both")
    with shop.run() as run, closing(open_inbox(run)) as inbox:
        inbox.create()
    for _ in range(3):
        night(shop)
    assert in_the_inbox(shop) == []
    assert len(payments(people)) == 1
    with shop.run() as run:
        ours(run, people, "payment/y1")


def test_a_bill_that_is_paid_in_quickbooks_is_paid_in_the_inventory_system(shop: Shop, people: Bookkeeper) -> None:
    before = shop.settings.read_text()
    shop.settings.write_text(before.replace('payments_made = "source"', 'payments_made = "quickbooks"'))
    night(shop)
    with shop.run() as run:
        bill = ours(run, people, "document/b1")
    line = {"Amount": bill["TotalAmt"], "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}
    (bank,) = [one for one in people.all("Account") if one["Name"] == "Checking"]
    body = {"VendorRef": bill["VendorRef"], "TotalAmt": bill["TotalAmt"], "TxnDate": "2024-03-06", "PayType": "Check"}
    check = {"CheckPayment": {"BankAccountRef": {"value": bank["Id"]}}}
    people.save("BillPayment", {**body, **check, "DocNumber": "1001", "Line": [line]})
    night(shop)
    said = content(shop)
    assert (said["kind"], said["number"], said["allocations"][0]["document_id"]) == ("payment_made", "1001", "b1")
    assert Decimal(said["amount"]) == Decimal(str(bill["TotalAmt"]))
