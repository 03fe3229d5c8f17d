"""What a day's work is made of: how often each kind of work is done, and in which order.

What belongs here: the table of kinds and the reckoning of what is owed. Each day adds its share of work to what a
kind is owed, in thousandths of a document; what could not be done (nothing to return yet) stays owed for a while.
So the rare kinds come at an even pace, and every kind comes within any month.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from qbo_pipeline.demo import banking, billing, purchasing, sales, warehouse
from qbo_pipeline.demo.workday import Workday


class Kind(NamedTuple):
    """A kind of work: its share of a thousand documents, and whether it is done on weekends too."""

    name: str
    share: int
    weekends: bool
    do: Callable[[Workday], bool]


KINDS = (
    Kind("receipt", 62, False, purchasing.receive),
    Kind("bill_before_goods", 9, False, billing.bill_before_goods),
    Kind("bill_at_other_price", 9, False, billing.bill_at_other_price),
    Kind("bill_goods", 37, False, billing.bill_goods),
    Kind("bill_expense", 9, False, billing.bill_expense),
    Kind("transfer", 27, False, warehouse.transfer),
    Kind("assembly", 24, False, warehouse.assemble),
    Kind("disassembly", 9, False, warehouse.disassemble),
    Kind("quote", 12, False, sales.quote),
    Kind("sales_order", 160, True, sales.order),
    Kind("shipment", 165, True, sales.ship),
    Kind("invoice", 160, True, sales.invoice),
    Kind("invoice_service", 12, False, sales.invoice_service),
    Kind("customer_return", 14, False, sales.take_back),
    Kind("credit_return", 14, False, sales.credit_return),
    Kind("credit_only", 10, False, sales.credit_only),
    Kind("supplier_return", 9, False, purchasing.return_goods),
    Kind("supplier_credit", 9, False, billing.credit_return),
    Kind("adjustment_up", 11, False, warehouse.adjust_up),
    Kind("adjustment_down", 11, False, warehouse.adjust_down),
    Kind("write_off", 14, False, warehouse.write_off),
    Kind("stock_count", 14, False, warehouse.count),
    Kind("purchase_order_billed_first", 9, False, purchasing.order_billed_first),
    Kind("purchase_order", 46, False, purchasing.order),
    Kind("received_in_full", 68, True, partial(banking.in_full, side=banking.RECEIVED)),
    Kind("received_for_several", 13, False, partial(banking.several, side=banking.RECEIVED)),
    Kind("received_in_part", 9, False, partial(banking.in_part, side=banking.RECEIVED)),
    Kind("received_on_account", 9, False, partial(banking.on_account, side=banking.RECEIVED)),
    Kind("paid_in_full", 18, False, partial(banking.in_full, side=banking.MADE)),
    Kind("paid_for_several", 9, False, partial(banking.several, side=banking.MADE)),
    Kind("paid_in_part", 9, False, partial(banking.in_part, side=banking.MADE)),
    Kind("paid_on_account", 9, False, partial(banking.on_account, side=banking.MADE)),
)
_PER_CENT_OF_WEEKDAY = (100, 100, 100, 100, 100, 30, 15)  # Monday to Sunday
_DOCUMENT = 1000  # thousandths
_CARRIED = 2 * _DOCUMENT  # at most this much undone work of a kind is carried to the next day


def work_through(work: Workday) -> None:
    """Do one day's work in the order of the table."""
    owed = dict(work.rows("SELECT kind, owed_milli FROM work_plan ORDER BY kind"))
    weekday = work.day.weekday()
    documents = work.documents_per_day * work.dice.randrange(85, 116) * _PER_CENT_OF_WEEKDAY[weekday] // 10_000
    for kind in KINDS:
        due = owed.get(kind.name, 0) + documents * kind.share
        if weekday < 5 or kind.weekends:
            while due >= _DOCUMENT and kind.do(work):
                due -= _DOCUMENT
            due = min(due, _CARRIED + due % _DOCUMENT)
        owed[kind.name] = due
    work.db.executemany("INSERT OR REPLACE INTO work_plan VALUES (?, ?)", sorted(owed.items()))
