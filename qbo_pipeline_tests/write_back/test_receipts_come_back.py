"""Sales that are paid at once and their refunds, entered in QuickBooks: taken once, no echo of ours."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.two_way import two_way
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import point_to, rows
from qbo_pipeline_tests.pipeline.shop import Shop
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing
from qbo_pipeline_tests.write_back.inbox_shop import in_the_inbox, night, ours, shop_with_inbox
from qbo_pipeline_tests.write_back.taking import take_all

ENTITIES = ("SalesReceipt", "RefundReceipt")
OWN = (
    """INSERT INTO documents (document_id, kind, number, business_date, party_id, currency, net_amount, tax_amount,
       total_amount, account) VALUES ('r1', 'sales_receipt', 'R1', '2024-03-05', 'c1', 'USD', '9.00', '0', '9.00',
       'TILL')""",
    """INSERT INTO document_lines (document_id, line_id, product_id, quantity, net_amount, tax_amount)
       VALUES ('r1', 'r1-1', 'p1', '1', '9.00', '0')""",
)


def told(shop: Shop) -> list[tuple[str, str, dict[str, Any]]]:
    return [(entry["kind"], entry["operation"], json.loads(entry["content"])) for entry in in_the_inbox(shop)]


def in_quickbooks(people: Bookkeeper) -> dict[str, int]:
    """By entity how many are of this week."""
    return {entity: sum(one["TxnDate"].startswith("2024-03-0") for one in people.all(entity)) for entity in ENTITIES}


def entered(shop: Shop, people: Bookkeeper) -> list[Thing]:
    """A bookkeeper sells a thing at once and gives the money of half of it back; the first is paid by a card."""
    with shop.run() as run:
        like = ours(run, people, "document/r1")
    item = next(line["SalesItemLineDetail"]["ItemRef"] for line in like["Line"] if "SalesItemLineDetail" in line)
    (card,) = [one["Id"] for one in people.all("PaymentMethod") if one["Name"] == "Visa"]
    said = {"CustomerRef": like["CustomerRef"], "TxnDate": "2024-03-06",
            "DepositToAccountRef": like["DepositToAccountRef"]}  # fmt: skip
    made = []
    for entity, amount, more in (
        ("SalesReceipt", Decimal(10), {"PaymentMethodRef": {"value": card}, "PaymentRefNum": "8812"}),
        ("RefundReceipt", Decimal(5), {}),
    ):
        detail = {"ItemRef": item, "Qty": Decimal(1), "UnitPrice": amount}
        line = {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
        made.append(people.save(entity, {**said, "DocNumber": f"QB-{amount}", "Line": [line], **more}))
    return made


def test_what_is_paid_at_once_in_quickbooks_is_taken_and_voided_with_it(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    kinds = ("sales_receipts", "sales_refunds")
    shop = shop_with_inbox(tmp_path, f"sqlite:///{tmp_path / 'store.sqlite'}", emulator, kinds=kinds)
    point_to(shop.settings, "[accounts.hints]", '[accounts.hints]\n"TILL" = "Checking"')
    shop.change(*OWN)
    night(shop)
    sale, refund = entered(shop, people)
    assert night(shop)["waiting"] == []
    (_, first, sold), (_, second, given_back) = sorted(told(shop), key=lambda entry: entry[0])
    assert (first, second) == ("create", "create")
    assert {sold["kind"], given_back["kind"]} == {"sales_receipt", "sales_refund"}
    assert (sold["number"], sold["account"], sold["method"], sold["reference"]) == ("QB-10", "TILL", "Visa", "8812")
    assert [(line["product_id"], line["net_amount"]) for line in sold["lines"]] == [("p1", "10")]
    assert (sold["stock"], given_back["stock"]) == (
        [{"product_id": "p1", "quantity": "-1"}], [{"product_id": "p1", "quantity": "1"}],
    )  # fmt: skip
    assert (given_back["total_amount"], given_back["account"], given_back.get("method")) == ("5", "TILL", None)

    take_all(shop)
    night(shop)
    assert in_quickbooks(people) == {"SalesReceipt": 2, "RefundReceipt": 1}
    with shop.run() as run:
        assert [(kind.kind, kind.agree, kind.differ) for kind in two_way(run)] == [
            ("sales_receipts", 2, []), ("sales_refunds", 1, []),
        ]  # fmt: skip
        assert {row["entity"] for row in rows(run, "SELECT entity FROM quickbooks_objects")} == set(ENTITIES)

    people.save("SalesReceipt", {name: people.get("SalesReceipt", sale["Id"])[name] for name in ("Id", "SyncToken")}
                | {"sparse": True}, operation="update", include="void")  # fmt: skip
    people.delete("RefundReceipt", people.get("RefundReceipt", refund["Id"]))
    night(shop)
    assert sorted((kind, said["number"]) for kind, operation, said in told(shop) if operation == "void") == [
        ("sales_receipt", "QB-10"), ("sales_refund", "QB-5"),
    ]  # fmt: skip


def test_a_days_form_is_no_foreign_document_and_sums_up_none(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    """Receipts of the inventory system are summed up, those that people make in QuickBooks come back one by one."""
    shop = summed_up(tmp_path, emulator)
    night(shop)
    (form,) = [one for one in people.all("SalesReceipt") if one["TxnDate"] == "2024-03-05"]
    assert (receipts(shop), in_the_inbox(shop)) == ((1, []), [])
    enter_like(shop, people, form, "QB-9")
    assert night(shop)["waiting"] == []
    take_all(shop)
    for _ in range(2):
        assert night(shop)["waiting"] == []
        assert [one["TotalAmt"] for one in people.all("SalesReceipt") if one["TxnDate"] == "2024-03-05"] == [9, 9]
        assert len(in_the_inbox(shop)) == 1
    assert receipts(shop) == (2, [])


@pytest.mark.torture
def test_what_is_to_be_summed_up_and_may_be_there_waits_by_itself_and_can_be_linked(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    shop = summed_up(tmp_path, emulator)
    night(shop)
    (form,) = [one for one in people.all("SalesReceipt") if one["TxnDate"] == "2024-03-05"]
    shop.change(*(text.replace("'r1", "'r2").replace("'R1'", "'R2'") for text in OWN))
    twin = enter_like(shop, people, form, "R2")
    found = {row["key"]: row["reason"] for row in night(shop)["waiting"]}
    assert found == {f"SalesReceipt/{twin['Id']}": "perhaps_one"}
    with shop.run() as run:
        decide(run, "relink", "document/r2", "Ann", "they are one", qbo_id=twin["Id"])
    for _ in range(2):
        assert night(shop)["waiting"] == []
        assert [one["TotalAmt"] for one in people.all("SalesReceipt") if one["TxnDate"] == "2024-03-05"] == [9, 9]
    assert (receipts(shop), in_the_inbox(shop)) == ((2, []), [])
    form = people.get("SalesReceipt", form["Id"])
    form["Line"] = [line for line in form["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    form["Line"][0]["Amount"], form["Line"][0]["SalesItemLineDetail"]["UnitPrice"] = 8, 8
    people.save("SalesReceipt", form)
    agree, (differs,) = receipts(shop)
    assert (agree, differs["here"], differs["there"]) == (2, 9, 8)
    assert "was changed in QuickBooks" in differs["why"]


def summed_up(folder: Path, emulator: RunningEmulator) -> Shop:
    """The shop whose receipts are summed up, with one of them; those of QuickBooks come back."""
    shop = shop_with_inbox(folder, f"sqlite:///{folder / 'store.sqlite'}", emulator, kinds=("sales_receipts",))
    point_to(shop.settings, "[accounts.hints]", '[accounts.hints]\n"TILL" = "Checking"')
    point_to(shop.settings, "summarise = []", 'summarise = ["sales_receipt"]')
    shop.change(*OWN)
    return shop


def enter_like(shop: Shop, people: Bookkeeper, form: Thing, number: str) -> Thing:
    """A bookkeeper enters a receipt of the day's form's content for the shop's customer."""
    with shop.run() as run:
        (own,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'party/customer:c1'")
    said = {name: form[name] for name in ("DepositToAccountRef", "Line", "TxnDate")}
    return people.save("SalesReceipt", {**said, "CustomerRef": {"value": own["qbo_id"]}, "DocNumber": number})


def receipts(shop: Shop) -> tuple[int, list[dict[str, Any]]]:
    with shop.run() as run:
        (found,) = two_way(run)
    return found.agree, found.differ


def test_one_sale_that_both_sides_entered_waits_however_its_number_is_typed(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    shop = shop_with_inbox(
        tmp_path, f"sqlite:///{tmp_path / 'store.sqlite'}", emulator, kinds=("sales_receipts", "sales_refunds")
    )
    point_to(shop.settings, "[accounts.hints]", '[accounts.hints]\n"TILL" = "Checking"')
    shop.change(*OWN)
    night(shop)
    sale, _ = entered(shop, people)
    shop.change(*(said.replace("'R1'", "'qb-10'").replace("'r1", "'r2") for said in OWN))
    held = {row["key"]: row["reason"] for row in night(shop)["waiting"]}
    with shop.run() as run:
        query = "SELECT key, reason FROM postings WHERE state = 'parked' AND superseded_by IS NULL"
        held |= {row["key"]: row["reason"] for row in rows(run, query)}
    assert held == {f"SalesReceipt/{sale['Id']}": "perhaps_one", "document/r2": "perhaps_one"}
    assert (in_quickbooks(people)["SalesReceipt"], [kind for kind, _, _ in told(shop)]) == (2, ["sales_refund"])
