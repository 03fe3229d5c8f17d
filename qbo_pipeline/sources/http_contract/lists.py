"""The lists of the HTTP contract: one for each kind of record, each entry with its lines.

What belongs here: data. The columns are those of `inventory/columns.py`, as in the contract of a SQL source.
"""

from __future__ import annotations

from qbo_pipeline.sources.http.reader import Api
from qbo_pipeline.sources.landed.listing import Listing, Paging

API = Api(
    system="The inventory system",
    limited=frozenset({429, 503}),
    rest=60.0,
    calls_per_minute=60.0,
    credentials="Set its token anew",
)
COMPANY = "company"
STOCK = "stock"
PAGES = Paging(size="limit", cursor="after", next="next")
CHILDREN: dict[str, dict[str, str]] = {
    "documents": {"lines": "document_lines", "matches": "bill_matches"},
    "movements": {"lines": "movement_lines"},
    "payments": {"allocations": "payment_allocations"},
}
"""By kind, the arrays within an entry and whose columns their rows have; they repeat neither the header's id nor its
date."""
IDS = {
    "parties": "party_id", "products": "product_id", "locations": "location_id", "documents": "document_id",
    "movements": "movement_id", "payments": "payment_id",
}  # fmt: skip
LISTINGS = tuple(
    Listing(
        kind,
        kind,
        "items",
        id_field,
        since="changed_since",
        page_size=500,
        paging=PAGES,
        any_case=False,
        also=("kind",) if kind == "parties" else (),  # a party that buys and sells has one entry for each
    )
    for kind, id_field in IDS.items()
)
STOCK_VALUES = Listing(STOCK, "stock_values", "items", "product_id", page_size=500, paging=PAGES, any_case=False)
