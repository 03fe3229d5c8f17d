"""What the inventory system would not take: parked with what, where, why and what to do, while all else goes on.

One shop, one night in which people do all of it at once, and a table of what is said of each.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.returning.values import ReturnBook
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.shop import Shop
from qbo_pipeline_tests.pipeline.test_party_currencies import switch_multicurrency_on
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing
from qbo_pipeline_tests.write_back.inbox_shop import in_the_inbox, night, ours, pay, shop_with_inbox
from qbo_pipeline_tests.write_back.taking import take_all

KINDS = ("customers", "products", "sales_invoices", "payments_received", "attachments")
MORE = 'closed_through = 2024-03-03\nnegative_stock = false\nlocation = "w1"\nfiles = "files"\n'


@dataclass(frozen=True)
class Said:
    """What is said of one: its state and its cause, and parts of why and of what to do."""

    state: str
    reason: str
    why: str
    to_do: str


EXPECTED = {
    "a payment for a document that the source has deleted": Said(
        "withheld", "document_gone", "settles document/i1, which the inventory system no longer", "Restore the document"
    ),
    "an item renamed to a name that exists": Said(
        "withheld", "name_taken", "and p2 is called that in the inventory system", "Rename one of the two"
    ),
    "an attachment of 120 MB": Said(
        "parked", "file_not_taken", "120,000,000 bytes", "Lay a file that it takes"
    ),
    "a customer in a currency that the source does not know": Said(
        "withheld", "currency_unknown", "is in EUR, in which the inventory system has nothing", "Set the currency up"
    ),
    "a change in a closed period of the source": Said(
        "withheld", "closed_in_source", "closed in the inventory system, through 2024-03-03", "Re-open the period"
    ),
    "more than there is, where stock may not fall below nothing": Said(
        "withheld", "negative_stock", "takes 100000 of product p1", "Book the receipt"
    ),
}  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path, emulator: RunningEmulator) -> Shop:
    shop = shop_with_inbox(
        tmp_path, f"sqlite:///{tmp_path / 'store.sqlite'}", emulator, kinds=KINDS[:-1], more=MORE
    )  # fmt: skip
    said = shop.settings.read_text()
    shop.settings.write_text(said.replace('attachments = "off"', 'attachments = "both"'))
    return shop


def sold(people: Bookkeeper, like: Thing, item: str, quantity: int, **more: Any) -> Thing:
    """An invoice that people enter in QuickBooks for the customer of one of ours."""
    detail = {"ItemRef": {"value": item}, "Qty": Decimal(quantity), "UnitPrice": Decimal(1)}
    line = {"Amount": Decimal(quantity), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    body = {"CustomerRef": like["CustomerRef"], "TxnDate": "2024-03-06", "Line": [line]}
    return people.save("Invoice", {**body, **more})


def all_of_it(shop: Shop, people: Bookkeeper, emulator: RunningEmulator) -> dict[str, str]:
    """Everything at once; answers by what it is the key under which it waits."""
    switch_multicurrency_on(emulator)
    big = shop.folder / "files" / "to_quickbooks" / "b1" / "scan.pdf"
    big.parent.mkdir(parents=True)
    with big.open("wb") as out:
        out.truncate(120_000_000)
    with shop.run() as run:
        invoice, item = ours(run, people, "document/i1"), ours(run, people, "product/p1")
        payment = pay(run, people)
    shop.change("DELETE FROM document_lines WHERE document_id = 'i1'", "DELETE FROM documents WHERE document_id = 'i1'")
    people.save("Item", {**item, "Sku": "Gift box"})
    foreign = people.save("Customer", {"DisplayName": "Bar Mond", "CurrencyRef": {"value": "EUR"}})
    early = sold(people, invoice, item["Id"], 1, TxnDate="2024-03-02", DocNumber="QB-EARLY")
    beyond = sold(people, invoice, item["Id"], 100_000, DocNumber="QB-BEYOND")
    sold(people, invoice, item["Id"], 1, DocNumber="QB-GOOD")
    keys = (f"Payment/{payment['Id']}", f"Item/{item['Id']}", "attachment/b1/", f"Customer/{foreign['Id']}",
            f"Invoice/{early['Id']}", f"Invoice/{beyond['Id']}")  # fmt: skip
    return dict(zip(EXPECTED, keys, strict=True))


def test_each_waits_with_what_where_why_and_what_to_do_and_the_rest_goes_on(
    shop: Shop, people: Bookkeeper, emulator: RunningEmulator
) -> None:
    night(shop)
    keys = all_of_it(shop, people, emulator)
    night(shop)
    waiting = night(shop)["waiting"]  # once more: nothing of it goes by itself, and nothing stands twice
    for what, said in EXPECTED.items():
        (row,) = [row for row in waiting if row["key"].startswith(keys[what])]
        assert (row["state"], row["reason"]) == (said.state, said.reason), what
        assert said.why in row["why"], what
        assert row["to_do"].startswith(said.to_do), what
    assert len(waiting) == len(EXPECTED)
    there = [json.loads(entry["content"]) for entry in in_the_inbox(shop)]
    assert [one["number"] for one in there if one["kind"] == "sales_invoice"] == ["QB-GOOD"]
    assert [one for one in there if one.get("name") == "Bar Mond" or one.get("product_id") == "p1"] == []
    assert [thing for thing in people.all("Attachable") if thing.get("FileName") == "scan.pdf"] == []


@pytest.mark.torture
def test_each_goes_once_its_cause_is_gone(shop: Shop, people: Bookkeeper, emulator: RunningEmulator) -> None:
    night(shop)
    all_of_it(shop, people, emulator)
    night(shop)
    said = shop.settings.read_text()
    said = said.replace("closed_through = 2024-03-03", 'currencies = ["EUR"]').replace("negative_stock = false\n", "")
    shop.settings.write_text(said)
    shop.change("UPDATE products SET number = 'another' WHERE product_id = 'p2'")
    (shop.folder / "files" / "to_quickbooks" / "b1" / "scan.pdf").unlink()
    left = {row["reason"] for row in night(shop)["waiting"]}
    assert left <= {"document_gone", "file_not_taken"}
    there = [json.loads(entry["content"]) for entry in in_the_inbox(shop)]
    numbers = {one["number"] for one in there if one["kind"] == "sales_invoice"}
    assert numbers == {"QB-GOOD", "QB-EARLY", "QB-BEYOND"}
    assert [one["currency"] for one in there if one.get("name") == "Bar Mond"] == ["EUR"]


@pytest.mark.torture
def test_what_was_written_is_not_taken_back_out_of_a_closed_period(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    with shop.run() as run:
        invoice, item = ours(run, people, "document/i1"), ours(run, people, "product/p1")
    made = sold(people, invoice, item["Id"], 1, DocNumber="QB-1")
    night(shop)
    take_all(shop)
    night(shop)
    text = shop.settings.read_text()
    shop.settings.write_text(re.sub(r"closed_through = \S+", "closed_through = 2024-03-06", text))
    people.void("Invoice", people.get("Invoice", made["Id"]))
    key = f"Invoice/{made['Id']}"
    assert [row["reason"] for row in night(shop)["waiting"] if row["key"] == key] == ["closed_in_source"]
    assert operations(shop) == ["create"]
    shop.settings.write_text(text)
    assert [row["reason"] for row in night(shop)["waiting"] if row["key"] == key] == []
    assert operations(shop) == ["create", "void"]


def operations(shop: Shop) -> list[str]:
    return [entry["operation"] for entry in in_the_inbox(shop) if entry["kind"] == "sales_invoice"]


@pytest.mark.torture
def test_a_document_that_both_sides_void_waits_for_nobody(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    with shop.run() as run:
        people.void("Invoice", ours(run, people, "document/i1"))
    shop.change("UPDATE documents SET status = 'voided' WHERE document_id = 'i1'")
    for _ in range(2):
        assert [row for row in night(shop)["waiting"] if row["kind"] in ("Invoice", "sales_invoice")] == []
    assert operations(shop) == []


@pytest.mark.torture
def test_an_item_and_a_class_that_the_source_does_not_have_are_told_by_their_names(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    shop = shop_with_inbox(
        tmp_path, f"sqlite:///{tmp_path / 'store.sqlite'}", emulator, kinds=("sales_invoices",)
    )  # fmt: skip
    kept = people.save("Class", {"Name": "Catering"})
    night(shop)
    with shop.run() as run:
        invoice, item = ours(run, people, "document/i1"), ours(run, people, "product/p1")
    body = {"Name": "Filter papers", "Type": "Service", "IncomeAccountRef": item["IncomeAccountRef"]}
    papers = people.save("Item", body)
    sold(people, invoice, papers["Id"], 2, ClassRef={"value": kept["Id"]}, DocNumber="QB-3")
    assert night(shop)["waiting"] == []
    (entry,) = [json.loads(one["content"]) for one in in_the_inbox(shop)]
    assert (entry["lines"][0].get("product_id"), entry["lines"][0]["description"]) == (None, "Filter papers")
    assert entry["class"] == "Catering"


def test_every_look_up_of_the_book_has_an_answer_when_nobody_gave_one() -> None:
    """A rule may ask whatever it needs: where the pipeline knows nothing, everything is let through."""
    book = ReturnBook(home_currency="USD", first_day=None, party=None, document=None, gone=None, account=None)  # type: ignore[arg-type]
    assert book.knows_currency("EUR")
    assert book.on_hand("p1") is None
    assert book.other_named("Item", "P1", "p2") is None
