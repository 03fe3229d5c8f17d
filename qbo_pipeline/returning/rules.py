"""The table of return rules: the entity of QuickBooks names the function that makes the source's record of it.

What belongs here: the table, and the one door through which what happened in QuickBooks becomes a record. A further
entity is a row here and a function in the module of its subject.
"""

from __future__ import annotations

from collections.abc import Callable

from qbo_pipeline.quickbooks.shapes import JsonObject, OddShape
from qbo_pipeline.returning.payments import build_payment
from qbo_pipeline.returning.values import Outcome, ReturnBook, Withheld

# By the kind that the settings name in [ownership], the entity that people enter in QuickBooks.
ENTITIES = {"payments_received": "Payment", "payments_made": "BillPayment"}
# By the kind of a record, what [ownership] calls it.
OWNED_AS = {"payment_received": "payments_received", "payment_made": "payments_made"}

RULES: dict[str, Callable[[str, JsonObject, ReturnBook], Outcome]] = {
    "Payment": build_payment,
    "BillPayment": build_payment,
}


def build(entity: str, thing: JsonObject, book: ReturnBook) -> Outcome:
    """The record that the inventory system is to hold for an object of QuickBooks, or why there is none.

    The same object and book give the same answer. Raises `KeyError` for an entity that is not in the table.
    """
    try:
        return RULES[entity](entity, thing, book)
    except OddShape as error:
        message = f"{entity} Id {thing.get('Id')} cannot be read: {error}. Correct it in QuickBooks"
        return Withheld(reason="odd_object", message=message)
