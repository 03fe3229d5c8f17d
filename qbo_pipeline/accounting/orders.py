"""Purchase orders and their bills: which order a bill's line belongs to, and the bill that an order makes by itself.

What belongs here: the link from a bill's line to its order's line in QBO, and orders of a source that has no bills.

A line of an order is known in QBO by an Id of its own, which a link has to name (`TxnLineId`). Lines are sent with
their position as that Id: QBO counts new lines from 1, and keeps an Id that it knows when the order is sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.documents import Subject
from qbo_pipeline.accounting.drafts import Payload, refuse
from qbo_pipeline.accounting.exporting import kept_out
from qbo_pipeline.inventory.records import Document, DocumentLine


def makes_its_bill(order: Document, books: Books) -> bool:
    """Whether this is a finished purchase order that makes its bill, by the policy of the day it was finished."""
    return (
        order.kind == "purchase_order"
        and order.finished_on is not None
        and books.on(order.finished_on).policies.bills_from_orders
    )


def bill_key(order: Document) -> str:
    """The key of the bill that an order makes."""
    return f"document/{order.document_id}#bill"


def bill_of(order: Document, books: Books) -> Document:
    """The bill of a finished order: its lines and matches, dated when it was finished.

    `Refused` where a bill of the source names the order too: its goods would be billed twice.
    """
    assert order.finished_on is not None
    own = [bill for bill in books.bills_naming(order.document_id) if bill.status != "voided"]
    if own:
        refuse(
            "order_billed_twice",
            f"Purchase order {order.number} was finished on {order.finished_on.isoformat()} and makes its bill, and "
            f"bill {own[0].number} of the source is for it too: void one of them in the source, or say "
            "[posting] bills_from_orders = false",
            "finished_on",
        )
    lines = tuple(replace(line, order_id=order.document_id, order_line_id=line.line_id) for line in order.lines)
    return replace(order, kind="bill", business_date=order.finished_on, lines=lines)


def lines_to_link(made: Sequence[Sequence[Payload]]) -> list[Payload]:
    """The lines of an order in QBO from those that each line of the source makes, with their Ids: the first of each
    line, of which each has one, at the position of that line; what else a line makes at the end."""
    first = [lines[0] for lines in made]
    rest = [line for lines in made for line in lines[1:]]
    return [line | {"Id": str(position)} for position, line in enumerate([*first, *rest], start=1)]


def order_link(subject: Subject, books: Books, line: DocumentLine) -> Payload:
    """`LinkedTxn` of a bill's line: the purchase order's line that it bills; nothing where the order is not in QBO.

    `Refused` where the order is another supplier's, in another currency, or has no such line.
    """
    if line.order_id is None or line.order_line_id is None or subject.entity != "Bill":
        return {}
    order = books.document(line.order_id)
    where = f"line {line.line_number} of {subject.label}"
    if order is not None and subject.document.document_id != order.document_id and makes_its_bill(order, books):
        refuse(
            "order_billed_twice",
            f"{where} bills purchase order {order.number}, which is finished and makes its bill itself: void one of "
            "them in the source, or say [posting] bills_from_orders = false",
            "order_id",
        )
    if order is None or not _is_linked(order, books):
        return {}
    if (order.kind, order.party_id, order.currency) != (
        "purchase_order",
        subject.document.party_id,
        subject.document.currency,
    ):
        refuse(
            "order_of_another",
            f"{where} names the order {order.number}, which is no purchase order of this supplier in "
            f"{subject.document.currency}: correct `order_id` in the source, or leave it out",
            "order_id",
        )
    ids: dict[str, Any] = {own.line_id: str(position) for position, own in enumerate(order.lines, start=1)}
    if line.order_line_id not in ids:
        refuse(
            "unknown_order_line",
            f"{where} names line {line.order_line_id} of purchase order {order.number}, which has no such line: "
            "correct `order_line_id` in the source, or leave it out",
            "order_line_id",
        )
    linked = {
        "TxnId": f"$document/{order.document_id}",
        "TxnType": "PurchaseOrder",
        "TxnLineId": ids[line.order_line_id],
    }
    return {"LinkedTxn": [linked]}


def _is_linked(order: Document, books: Books) -> bool:
    """Whether the order is in QBO with lines that can be linked."""
    policies = books.on(order.business_date).policies
    stands = order.status not in ("voided", "not_posted") and kept_out(order, books) is None
    return policies.purchase_orders and policies.link_orders and stands
