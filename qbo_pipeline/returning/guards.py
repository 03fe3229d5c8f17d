"""What the inventory system would not take, said before anything is written: a currency that it does not know, a period
that it has closed, stock that would fall below nothing.

What belongs here: checks that hold for every kind of record, after its own rule has made it.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from qbo_pipeline.inventory.records import Document, Movement, Party, Payment
from qbo_pipeline.returning.values import Outcome, ReturnBook, Returned, Withheld

CLOSED_PERIOD, CURRENCY_UNKNOWN, NEGATIVE_STOCK = "closed_in_source", "currency_unknown", "negative_stock"
TWIN = "perhaps_one"


def guarded(entity: str, number: str, outcome: Outcome, book: ReturnBook) -> Outcome:
    """The outcome of a return rule, or why the inventory system would not take its record."""
    if not isinstance(outcome, Returned):
        return outcome
    record = outcome.record
    if not isinstance(record, Document | Payment | Movement | Party):
        return outcome
    label = f"{entity} {number}"
    if not isinstance(record, Party):
        label += f" of {record.business_date}"
        if (shut := closed(label, record.business_date, book.closed_through)) is not None:
            return shut
    if record.currency and not book.knows_currency(record.currency):
        return Withheld(
            reason=CURRENCY_UNKNOWN,
            message=f"{label} is in {record.currency}, in which the inventory system has nothing: set the currency up "
            "there and name it in [write_back] currencies, or correct it in QuickBooks",
        )
    if isinstance(record, Document | Payment) and (twin := book.twin(record)) is not None:
        return Withheld(
            reason=TWIN,
            message=f"{label} may be {twin} of the inventory system: if they are one, void the one too many in "
            f"QuickBooks, or `qbo-pipeline relink {twin}` where that is not there by itself; if not, have it written "
            "all the same (`write-back retry`), or left in QuickBooks (`write-back skip`)",
        )
    for product_id, quantity in _moved(outcome).items():
        there = book.on_hand(product_id)
        if there is not None and quantity < 0 and there + quantity < 0:
            return Withheld(
                reason=NEGATIVE_STOCK,
                message=f"{label} takes {-quantity} of product {product_id}, of which the inventory system has "
                f"{there}: it would fall below nothing there. Book the receipt there, correct the quantity in "
                "QuickBooks, or say negative_stock = true in [write_back]",
            )
    return outcome


def closed(label: str, day: date, closed_through: date | None) -> Withheld | None:
    """Why nothing of this day is written; `None` where its period is open in the inventory system."""
    if closed_through is None or day > closed_through:
        return None
    return Withheld(
        reason=CLOSED_PERIOD,
        message=f"{label} would change a period that is closed in the inventory system, through {closed_through}: "
        "re-open it there and move [write_back] closed_through, or date it later in QuickBooks",
    )


def _moved(outcome: Returned) -> dict[str, Decimal]:
    """By product, how the record changes the stock."""
    moved: dict[str, Decimal] = {}
    for one in outcome.beside.get("stock", ()):
        moved[one["product_id"]] = moved.get(one["product_id"], Decimal(0)) + Decimal(one["quantity"])
    if isinstance(outcome.record, Movement):
        for line in outcome.record.lines:
            if line.product_id is not None and line.quantity is not None:
                moved[line.product_id] = moved.get(line.product_id, Decimal(0)) + line.quantity
    return moved
