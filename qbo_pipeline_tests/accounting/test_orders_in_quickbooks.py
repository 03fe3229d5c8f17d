"""Purchase orders in the emulated company: linked to their bills, closed by them, and orders that make their bills."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.inventory.records import Document, DocumentLine
from qbo_pipeline_tests.accounting.company import (
    books,
    document,
    draft,
    excluded,
    item,
    match,
    movement,
    payment,
    refused,
    stock,
)
from qbo_pipeline_tests.accounting.in_quickbooks import Booked, open_booked

D = Decimal
FINISHED = date(2026, 3, 18)
LINKED: dict[str, Any] = {"policies": {"purchase_orders": True, "link_orders": True}}
MADE: dict[str, Any] = {"policies": {"bills_from_orders": True}}
TEA, BAGS = item("tea", 10, "5", "50"), item("bag", 4, "2", "8")
ORDER = document("purchase_order", TEA, BAGS, document_id="o1", number="PO-1")
RECEIPT = movement("receipt", stock("tea", 10, "50"))


@pytest.fixture
def qbo() -> Booked:
    return open_booked()


def of_order(line: int, product: str, quantity: int, price: str, net: str, order: str = "o1") -> DocumentLine:
    return item(product, quantity, price, net, order_id=order, order_line_id=str(line))


def bill(*lines: DocumentLine, **more: Any) -> Document:
    return document("bill", *lines, **({"document_id": "b1", "number": "B-1"} | more))


def status(qbo: Booked) -> str:
    return str(qbo.read("PurchaseOrder", "document/o1")["POStatus"])


def test_an_order_is_closed_by_its_bills_and_open_between_them(qbo: Booked) -> None:
    first = bill(of_order(1, "tea", 6, "5", "30"))
    second = bill(of_order(1, "tea", 4, "5", "20"), of_order(2, "bag", 4, "2", "8"), document_id="b2", number="B-2")
    qbo.books(ORDER, first, second, **LINKED)
    qbo.carry(ORDER, first)
    assert status(qbo) == "Open"
    (made,) = qbo.carry(second)
    assert status(qbo) == "Closed"
    links = [line["LinkedTxn"] for line in made["Line"]]
    order_id = qbo.ids["document/o1"]
    assert links == [[{"TxnId": order_id, "TxnType": "PurchaseOrder", "TxnLineId": line}] for line in ("1", "2")]


def test_a_line_that_clears_goods_received_is_linked_by_all_its_parts(qbo: Booked) -> None:
    billed = bill(
        of_order(1, "tea", 10, "5.30", "53"), of_order(2, "bag", 4, "2", "8"), matches=(match(1, "receipt", 1, 10),)
    )
    of = qbo.books(ORDER, billed, RECEIPT, **LINKED)
    qbo.carry(ORDER, RECEIPT, billed)
    assert qbo.lines("document/b1") == {"GRNI": D(50), "PPV": D(3), "Purchases": D(8), "Accounts Payable (A/P)": D(-61)}
    assert qbo.predicted(draft(billed, of)) == {"GRNI": D(50)}
    assert status(qbo) == "Closed"


def test_an_order_that_changes_keeps_the_lines_that_its_bills_name(qbo: Booked) -> None:
    qbo.books(ORDER, **LINKED)
    qbo.carry(ORDER)
    changed = replace(ORDER, memo="by air")
    later = bill(of_order(2, "bag", 4, "2", "8"))
    qbo.books(changed, later, **LINKED)
    qbo.carry(changed, later)
    assert [line["Id"] for line in qbo.read("PurchaseOrder", "document/o1")["Line"]] == ["1", "2"]


@pytest.mark.parametrize("mode", ["external", "tracked"])
def test_a_line_has_its_position_as_its_id_whatever_the_lines_before_it_make(mode: str) -> None:
    """Lines that come free, and goods whose price makes two lines: bills name an order's line by its position."""
    told = [
        item("bag", 1, "0", "0", description="first"),
        item("tea", 30000, None, "100.01", description="second"),
        item("tea", 1, "0", "0", description="third"),
        item("fit", 1, "3", "3", description="fourth"),
    ]
    order = document("purchase_order", *told, document_id="o1", number="PO-1")
    in_books = books(order, policies={"mode": mode, "purchase_orders": True, "link_orders": True})
    lines = {line["Id"]: line["Description"] for line in draft(order, in_books).payload["Line"]}
    assert {name: lines[name] for name in "1234"} == {"1": "first", "2": "second", "3": "third", "4": "fourth"}
    (linked,) = draft(bill(of_order(4, "fit", 1, "3", "3")), in_books).payload["Line"]
    assert linked["LinkedTxn"][0]["TxnLineId"] == "4"


def test_an_order_that_is_finished_short_is_closed(qbo: Booked) -> None:
    part = bill(of_order(1, "tea", 6, "5", "30"))
    qbo.books(ORDER, part, **LINKED)
    qbo.carry(ORDER, part)
    finished = replace(ORDER, finished_on=FINISHED)
    qbo.books(finished, part, **LINKED)
    qbo.carry(finished)
    assert status(qbo) == "Closed"


def test_a_finished_order_makes_its_bill(qbo: Booked) -> None:
    order = replace(ORDER, finished_on=FINISHED, matches=(match(1, "receipt", 1, 10),))
    of = qbo.books(order, RECEIPT, **MADE)
    (made,) = build(order, of)  # type: ignore[misc]
    assert isinstance(made, Draft)
    assert (made.key, made.entity, made.business_date, made.amount) == ("document/o1#bill", "Bill", FINISHED, 58)
    paid = payment("payment_made", "58", ("o1", "58"), business_date=FINISHED)
    qbo.carry(RECEIPT, order, paid)
    assert qbo.predicted(made) == {"GRNI": D(50)}
    assert qbo.balances() == {"Inventory": D(50), "Purchases": D(8), "Bank": D(-58)}
    assert qbo.read("Bill", "document/o1#bill")["Balance"] == 0


def test_it_is_linked_to_the_order_that_it_is_made_of(qbo: Booked) -> None:
    order = replace(ORDER, finished_on=FINISHED)
    qbo.books(order, policies=LINKED["policies"] | MADE["policies"])
    assert [made["TxnDate"] for made in qbo.carry(order)] == ["2026-03-14", "2026-03-18"]
    assert status(qbo) == "Closed"


@pytest.mark.parametrize(
    "order", [ORDER, replace(ORDER, finished_on=FINISHED, status="voided")], ids=["not finished", "voided"]
)
def test_no_other_order_makes_a_bill(order: Document) -> None:
    assert excluded(order, books(order, **MADE)).rule == "purchase_order_not_posted"


def test_without_the_policy_nothing_is_linked_and_no_line_has_an_id() -> None:
    billed = bill(of_order(1, "tea", 10, "5", "50"))
    plain = books(ORDER, billed, policies={"purchase_orders": True})
    unlinked = bill(item("tea", 10, "5", "50"))
    assert draft(billed, plain) == draft(unlinked, plain)
    assert all("Id" not in line for line in draft(ORDER, plain).payload["Line"])
    assert draft(billed, books(billed, **LINKED)) == draft(unlinked, plain)  # an order that is not among the records


OTHERS = replace(ORDER, document_id="o2", number="PO-2", party_id="8")
REFUSED: list[tuple[str, Document, list[Any], dict[str, Any], str, str, str]] = [
    (
        "a line that the order has not", bill(of_order(3, "tea", 1, "5", "5")), [ORDER], LINKED,
        "unknown_order_line", "order_line_id", "correct `order_line_id`",
    ),
    (
        "another supplier's order", bill(of_order(1, "tea", 1, "5", "5", order="o2")), [OTHERS], LINKED,
        "order_of_another", "order_id", "correct `order_id`",
    ),
    (
        "an order billed twice", replace(ORDER, finished_on=FINISHED), [bill(of_order(1, "tea", 1, "5", "5"))], MADE,
        "order_billed_twice", "finished_on", "void one of them",
    ),
    (
        "a bill for an order that makes its own", bill(of_order(1, "tea", 1, "5", "5")),
        [replace(ORDER, finished_on=FINISHED)], MADE, "order_billed_twice", "order_id", "void one of them",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("record", "others", "changes", "reason", "where", "remedy"),
    [row[1:] for row in REFUSED],
    ids=[row[0] for row in REFUSED],
)
def test_what_cannot_be_posted_says_what_where_why_and_what_to_do(
    record: Document, others: list[Any], changes: dict[str, Any], reason: str, where: str, remedy: str
) -> None:
    answer = refused(record, books(*others, **changes))
    assert (answer.reason, answer.field) == (reason, where)
    assert remedy in answer.message


def test_a_voided_bill_is_no_second_one() -> None:
    voided = bill(of_order(1, "tea", 1, "5", "5"), status="voided")
    assert isinstance(build(replace(ORDER, finished_on=FINISHED), books(voided, **MADE)), list)
