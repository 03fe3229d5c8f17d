"""Whether a customer, vendor or item is active in QBO, where policy carries the source's word.

What belongs here: the field, and when it says no. QBO takes no document for an inactive name, so that whatever is still
to be sent keeps it active; what it refuses (a customer with an open balance, 6220) waits for a person.
"""

from __future__ import annotations

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Payload
from qbo_pipeline.inventory.records import Party, Product, record_key


def active_field(record: Party | Product, books: Books) -> Payload:
    """`Active`, where policy has inactive entries deactivated; nothing where they are kept active."""
    if books.policies.inactive == "kept_active":
        return {}
    return {"Active": record.active or not books.retired(record_key(record))}
