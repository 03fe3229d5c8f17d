"""The lists of Syncro's API (v1), its pages and its limit.

What belongs here: data. Where it is from: the vendor's own OpenAPI description, and `docs/systems/syncro.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qbo_pipeline.sources.http.reader import Api
from qbo_pipeline.sources.landed.listing import Entry, Listing, Paging

API = Api(
    system="Syncro",
    limited=frozenset({429}),
    rest=60.0,
    calls_per_minute=180.0,
    credentials="Make an API token in Syncro (Admin, API Tokens) that may view customers, vendors, products, invoices,"
    " payments and purchase orders, and set it anew",
)

COMPANY = "company"
# A page has the size that Syncro gives it; some lists say how many entries there are, some how many pages, some none.
PAGES = Paging(number="page", total="meta.total_entries", pages="meta.total_pages")


def _one(path: str) -> Callable[[str], tuple[str, Mapping[str, str]]]:
    return lambda key: (f"{path}/{key}", {})


def _behind(path: str) -> Callable[[Entry], tuple[str, Mapping[str, str]]]:
    return lambda entry: (f"{path}/{entry['id']}", {})


CUSTOMERS = Listing("customer", "customers", "customers", "id", params={"include_disabled": "true"}, paging=PAGES,
                    one=_one("customers"), within="customer")  # fmt: skip
VENDORS = Listing("vendor", "vendors", "vendors", "id", paging=PAGES, one=_one("vendors"), within="vendor")
PRODUCTS = Listing("product", "products", "products", "id", paging=PAGES, one=_one("products"), within="product")
MASTER_DATA = (CUSTOMERS, VENDORS, PRODUCTS)
# Invoices are listed without their lines, and purchase orders may be: what is behind an entry is asked for.
PAPERS = (
    Listing("invoice", "invoices", "invoices", "id", since="since_updated_at", detail=_behind("invoices"),
            changed="updated_at", paging=PAGES, one=_one("invoices"), within="invoice"),
    Listing("purchase_order", "purchase_orders", "purchase_orders", "id", detail=_behind("purchase_orders"),
            changed="updated_at", paging=PAGES, one=_one("purchase_orders"), within="purchase_order"),
    Listing("payment", "payments", "payments", "id", paging=PAGES, one=_one("payments"), within="payment"),
)  # fmt: skip
