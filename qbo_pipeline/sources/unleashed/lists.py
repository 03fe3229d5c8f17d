"""The lists of Unleashed's API, its pages and what is known of its limits.

What belongs here: data. Where it is from, and what of it is not confirmed: `docs/systems/unleashed.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from qbo_pipeline.sources.http.reader import Api
from qbo_pipeline.sources.landed.listing import Listing, Paging, as_day

BASE_URL = "https://api.unleashedsoftware.com"
API = Api(
    system="Unleashed",
    limited=frozenset({429}),
    rest=30.0,
    calls_per_minute=60.0,  # no limit is published
    credentials="Look up API id and key in Unleashed (Integration, Unleashed API Access) and set both anew",
)

COMPANY = "company"
STOCK = "stock"
WAREHOUSE = "warehouse"
# The page stands in the path. Without page size it is 200 entries; large pages of documents are slow, says the vendor.
PAGES = Paging(size="pageSize", total="Pagination.NumberOfItems", in_path=True)
DOCUMENTS_A_PAGE, ROWS_A_PAGE = 200, 500
INVOICE_PATHS = ("Invoices", "SalesInvoices")
"""The vendor's pages name the first, public programs use the second: the account says which it has."""


def _one(path: str) -> Callable[[str], tuple[str, Mapping[str, str]]]:
    return lambda guid: (f"{path}/{guid}", {})


def _list(kind: str, path: str, size: int, since: str | None = None, **params: str) -> Listing:
    return Listing(
        kind, path, "Items", "Guid", since=since, params=params, page_size=size, paging=PAGES, since_text=as_day,
        one=_one(path),
    )  # fmt: skip


MASTER_DATA = (
    _list(WAREHOUSE, "Warehouses", ROWS_A_PAGE),
    _list("customer", "Customers", ROWS_A_PAGE, includeObsolete="true"),
    _list("supplier", "Suppliers", ROWS_A_PAGE),
    _list("product", "Products", ROWS_A_PAGE, includeObsolete="true"),
)
PAPERS = tuple(
    _list(kind, path, DOCUMENTS_A_PAGE, "modifiedSince")
    for kind, path in (
        ("sales_order", "SalesOrders"),
        ("shipment", "SalesShipments"),
        ("credit_note", "CreditNotes"),
        ("purchase_order", "PurchaseOrders"),
        ("supplier_return", "SupplierReturns"),
        ("adjustment", "StockAdjustments"),
        ("stock_count", "StockCounts"),
        ("assembly", "Assemblies"),
        ("transfer", "WarehouseStockTransfers"),
    )
)


def invoices(path: str) -> tuple[Listing, Listing]:
    """The lists of invoices. Deleted ones are left out of the first: they must be asked for."""
    usual = _list("invoice", path, DOCUMENTS_A_PAGE, "modifiedSince")
    return usual, replace(usual, params={"invoiceStatus": "Deleted"})


STOCK_ON_HAND = Listing(STOCK, "StockOnHand", "Items", "ProductGuid", page_size=ROWS_A_PAGE, paging=PAGES)
