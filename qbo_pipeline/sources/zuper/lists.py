"""The lists of Zuper's API, its pages and its limit.

What belongs here: data. Where it is from: the vendor's own pages (developers.zuper.co) and `docs/systems/zuper.md`.
Where a path is singular it has to be: the plural one is not found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qbo_pipeline.sources.http.reader import Api
from qbo_pipeline.sources.landed.listing import Entry, Listing, Paging, as_day

API = Api(
    system="Zuper",
    limited=frozenset({429}),
    rest=60.0,
    # The least of what the plans allow, which is 200 to 700.
    calls_per_minute=200.0,
    credentials="Make an API key in Zuper (Settings, Developer Hub, API Keys) and set it anew",
)

PAGES = Paging(size="count", number="page", total="total_records", pages="total_pages")
A_PAGE = 500  # of at most 1,000


def _one(path: str) -> Callable[[str], tuple[str, Mapping[str, str]]]:
    return lambda key: (f"{path}/{key}", {})


def _behind(path: str, uid: str) -> Callable[[Entry], tuple[str, Mapping[str, str]]]:
    return lambda entry: (f"{path}/{entry[uid]}", {})


CUSTOMERS = Listing("customer", "customers", "data", "customer_uid", since="filter.updated_at_from", page_size=A_PAGE,
                    paging=PAGES, one=_one("customers"), within="data", removed="is_deleted")  # fmt: skip
VENDORS = Listing("vendor", "vendors", "data", "vendor_uid", since="filter.updated_from_date", since_text=as_day,
                  page_size=A_PAGE, paging=PAGES, one=_one("vendors"), within="data", removed="is_deleted")  # fmt: skip
# Read whole each time: stock is in it, and whether that is a change of the product is not told.
PRODUCTS = Listing("product", "product", "data", "product_uid", page_size=A_PAGE, paging=PAGES, one=_one("product"),
                   within="data", removed="is_deleted")  # fmt: skip
MASTER_DATA = (CUSTOMERS, VENDORS, PRODUCTS)
# Invoices are listed without lines and payments, credit notes without customer; estimates and orders may be without
# lines.
PAPERS = (
    Listing("invoice", "invoice", "data", "invoice_uid", since="filter.updated_at_from", since_text=as_day,
            detail=_behind("invoice", "invoice_uid"), changed="updated_at", page_size=A_PAGE, paging=PAGES,
            one=_one("invoice"), within="data", removed="is_deleted"),
    Listing("estimate", "estimate", "data", "estimate_uid", since="filter.updated_at_from", since_text=as_day,
            detail=_behind("estimate", "estimate_uid"), changed="updated_at", page_size=A_PAGE, paging=PAGES,
            one=_one("estimate"), within="data", removed="is_deleted"),
    Listing("credit_note", "accounting/credit_notes", "data", "credit_note_uid",
            detail=_behind("accounting/credit_notes", "credit_note_uid"), changed="updated_at", page_size=A_PAGE,
            paging=PAGES, one=_one("accounting/credit_notes"), within="data", removed="is_deleted"),
    # Whether an entry says when it changed last is not described: all of it tells whether it did.
    Listing("purchase_order", "purchase_orders", "data", "purchase_order_uid", since="filter.updated_at_from",
            since_text=as_day, detail=_behind("purchase_orders", "purchase_order_uid"), page_size=A_PAGE,
            paging=PAGES, one=_one("purchase_orders"), within="data", removed="is_deleted"),
)  # fmt: skip
