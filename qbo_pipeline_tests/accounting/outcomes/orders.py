"""Purchase orders with their bills, whose outcomes are written down whole: by name, the record and the books."""

from __future__ import annotations

from typing import Any

from qbo_pipeline.accounting.books import Books, ExportOff
from qbo_pipeline.inventory.records import Document, Record
from qbo_pipeline_tests.accounting.company import DAY, books, document, item, match
from qbo_pipeline_tests.accounting.outcomes.company import DUE, STORED, D, stored

SENT: dict[str, Any] = {"purchase_orders": True, "link_orders": True}
MADE: dict[str, Any] = SENT | {"bills_from_orders": True}
LINES = (item("tea", 10, "5", "50"), item("bag", 3, "1", "3"), item(None, None, None, "2", description="Crate"))


def ordered(**changes: Any) -> Document:
    return document("purchase_order", *LINES, **({"document_id": "o1", "number": "PO-1"} | changes))


def billing(line: str | None = "2", order: str | None = "o1", **changes: Any) -> Document:
    return document("bill", item("bag", 3, "1", "3", order_id=order, order_line_id=line), item("fit", 1, "2", "2"),
                    **changes)  # fmt: skip


def known(*orders: Document, policies: dict[str, Any] | None = None, **changes: Any) -> Books:
    return books(*STORED, *orders, policies=SENT if policies is None else policies, **changes)


ORDER, FINISHED = ordered(), ordered(finished_on=DUE)
BILLED = document("bill", item("bag", 1, "1", "1", order_id="o1"), document_id="b7", number="B-7")
VOIDED = document("bill", item("bag", 1, "1", "1", order_id="o1"), document_id="b6", number="B-6", status="voided")

ORDERS: dict[str, tuple[Record, Books]] = {
    "an order whose lines can be linked": (
        document("purchase_order", item("tea", 30000, None, "100.01"), item("bag", 1, "0", "0"),
                 item("cup", 30000, None, "100.02"), item("bag", 3, "1", "3"), payment_terms="Net 30"),
        stored(policies=SENT | {"mode": "tracked"}),
    ),
    "an order that is finished": (FINISHED, known(FINISHED, policies=SENT)),
    "an order that makes its bill": (FINISHED, known(FINISHED, policies=MADE)),
    "an order that makes its bill and is not sent": (FINISHED, known(FINISHED, policies={"bills_from_orders": True})),
    "an order of nothing that makes its bill": (
        document("purchase_order", item("bag", 1, "0", "0"), finished_on=DUE, matches=(match(1, "gone", 1, 1),)),
        stored(policies={"bills_from_orders": True}),
    ),
    "an order of nothing that makes its bill and is sent": (
        document("purchase_order", item("bag", 1, "0", "0"), finished_on=DUE, matches=(match(1, "gone", 1, 1),)),
        stored(policies=MADE),
    ),
    "a voided order that is finished": (ordered(finished_on=DUE, status="voided"), known(policies=MADE)),
    "an order that is not posted": (ordered(status="not_posted"), known(policies=MADE)),
    "an order that a bill names": (FINISHED, known(FINISHED, BILLED, policies=MADE)),
    "an order that a voided bill names": (FINISHED, known(FINISHED, VOIDED, policies=MADE)),
    "a bill of an order that makes its own": (billing(), known(FINISHED, policies=MADE)),
    "a bill of an order": (billing(), known(ORDER)),
    "a credit of an order": (
        document("purchase_credit", item("bag", 3, "1", "3", order_id="o1", order_line_id="2")), known(ORDER),
    ),
    "a bill of an order without its line": (billing(None), known(ORDER)),
    "a bill of an order that is unknown": (billing(order="o404"), known(ORDER)),
    "a bill of an order that is voided": (billing(), known(ordered(status="voided"))),
    "a bill of an order that is kept out": (billing(), known(ordered(status="not_posted"))),
    "a bill of an order that stays out by settings": (
        billing(), known(ORDER, policies=SENT | {"not_exported": (ExportOff(kinds=("purchase_order",)),)}),
    ),
    "a bill of an order that is not sent": (billing(), known(ORDER, policies={"link_orders": True})),
    "a bill of an order that is not linked": (billing(), known(ORDER, policies={"purchase_orders": True})),
    "a bill of another line of an order": (billing("9"), known(ORDER)),
    "a bill of what is no order": (billing(order="b1"), known()),
    "a bill of another supplier's order": (billing(party_id="8"), known(ORDER)),
    "a bill of an order in another currency": (
        billing(), known(ordered(party_id="9", currency="EUR", exchange_rate=D(1)), policies=SENT),
    ),
    "a line of stock of an order": (
        document("bill", item("tea", 10, "6", "60", order_id="o1", order_line_id="1"), business_date=DAY,
                 matches=(match(1, "receipt", 1, 5),)),
        known(ORDER),
    ),
    "goods of an order in tracked mode": (
        document("bill", item("tea", 3, None, "10", order_id="o1", order_line_id="1")),
        known(ORDER, policies=SENT | {"mode": "tracked"}),
    ),
    "an order in tracked mode": (
        document("purchase_order", item("tea", 3, None, "10"), item("bag", 1, "1", "1")),
        stored(policies=SENT | {"mode": "tracked"}),
    ),
    "an order that makes its bill in tracked mode": (FINISHED, known(FINISHED, policies=MADE | {"mode": "tracked"})),
}  # fmt: skip
