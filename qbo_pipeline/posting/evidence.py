"""Which list entries of QuickBooks our own documents name: how an entry is known to be ours after a store was lost.

What belongs here: the proof for what can carry no marker. Customers, vendors and items are made when the first document
needs them, so that a document with our marker names each of them; a name that looks alike, or the whole content, shows
nothing, for a person may have typed the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Protocol

from qbo_pipeline.posting.content import item_ids
from qbo_pipeline.posting.identity import marker_in, tag_of
from qbo_pipeline.quickbooks.query import PAGE, Query, select
from qbo_pipeline.quickbooks.shapes import JsonObject, OddShape

# By list entity, the documents that name it, and how: a field of the document, or its lines' items.
NAMED_BY: dict[str, tuple[tuple[str, ...], str | None]] = {
    "Customer": (
        ("Invoice", "CreditMemo", "Payment", "Estimate", "SalesReceipt", "RefundReceipt"),
        "CustomerRef",
    ),
    "Vendor": (("Bill", "VendorCredit", "BillPayment", "PurchaseOrder"), "VendorRef"),
    "Item": (
        ("Invoice", "CreditMemo", "Estimate", "SalesReceipt", "RefundReceipt", "Bill", "VendorCredit", "PurchaseOrder"),
        None,
    ),
}


class _Reader(Protocol):
    def query(self, query: Query) -> Iterable[JsonObject]: ...


def named_by_ours(quickbooks: _Reader, entity: str, tag: str) -> set[str]:
    """The Ids of an entity that documents with our tag name, among the newest thousand of each kind: a metered read for
    each kind."""
    kinds, field = NAMED_BY.get(entity, ((), None))
    found: set[str] = set()
    for kind in kinds:
        newest = select(kind).order_by("MetaData.CreateTime", descending=True)
        for thing in islice(quickbooks.query(newest), PAGE):
            code = marker_in(thing.get("PrivateNote"))
            if code is not None and tag_of(code) == tag:
                found |= _named(thing, field)
    return found


def _named(thing: JsonObject, field: str | None) -> set[str]:
    if field is None:
        try:
            return item_ids(thing)
        except OddShape:
            return set()
    reference = thing.get(field)
    return {str(reference.get("value"))} if isinstance(reference, dict) else set()
