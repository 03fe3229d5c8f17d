"""The lists of Cin7 Core's API (v2), its limits, and what stands behind the entries.

What belongs here: data. Where it is from: the public OpenAPI description of the API, and `docs/systems/cin7_core.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qbo_pipeline.sources.http.reader import Api
from qbo_pipeline.sources.landed.listing import Entry, Listing

BASE_URL = "https://inventory.dearsystems.com/ExternalApi/v2"
API = Api(
    system="Cin7 Core",
    limited=frozenset({503}),
    rest=60.0,
    calls_per_minute=60.0,
    credentials="Make an API application in Cin7 Core (Integrations, API) and set its account id and key anew",
)

COMPANY = "me"
MOVEMENTS = "product_movements"
LEDGER_DAY = "ledger_day"
STOCK = "stock"


def _purchase(entry: Entry) -> tuple[str, Mapping[str, str]]:
    path = "purchase" if entry.get("Type") == "Simple Purchase" else "advanced-purchase"
    return path, {"ID": str(entry["ID"])}


def _sale(entry: Entry) -> tuple[str, Mapping[str, str]]:
    return "sale", {"ID": str(entry["SaleID"])}


def _task(path: str) -> Callable[[Entry], tuple[str, Mapping[str, str]]]:
    return lambda entry: (path, {"TaskID": str(entry["TaskID"])})


_ALL = {"IncludeDeprecated": "true"}
MASTER_DATA = (
    Listing("location", "ref/location", "LocationList", "ID"),
    Listing("customer", "customer", "CustomerList", "ID", since="ModifiedSince", params=_ALL),
    Listing("supplier", "supplier", "SupplierList", "ID", since="ModifiedSince", params=_ALL),
    Listing("product", "product", "Products", "ID", since="ModifiedSince", params=_ALL),
)
PAPERS = (
    Listing("sale", "saleList", "SaleList", "SaleID", since="UpdatedSince", detail=_sale, changed="Updated"),
    Listing("sale", "saleCreditNoteList", "SaleList", "SaleID", since="UpdatedSince", detail=_sale, changed="Updated"),
    Listing(
        "purchase",
        "purchaseList",
        "PurchaseList",
        "ID",
        since="UpdatedSince",
        detail=_purchase,
        changed="LastUpdatedDate",
    ),
    Listing(
        "purchase",
        "purchaseCreditNoteList",
        "PurchaseList",
        "ID",
        since="UpdatedSince",
        detail=_purchase,
        changed="LastUpdatedDate",
    ),
)
# Of these the API cannot say what changed: all of the list is read each time, and what is behind an entry where it is
# new or shown differently, or where the ledger has other lines of it.
TASKS = tuple(
    Listing(
        kind, f"{path}List", items, "TaskID",
        detail=_task(detail),
    )
    for kind, path, items, detail in (
        ("stock_adjustment", "stockadjustment", "StockAdjustmentList", "stockadjustment"),
        ("stock_take", "stockTake", "StockAdjustmentList", "stocktake"),
        ("write_off", "inventoryWriteOff", "InventoryWriteOffs", "inventoryWriteOff"),
        ("finished_goods", "finishedGoods", "FinishedGoods", "finishedGoods"),
        ("disassembly", "disassembly", "Disassemblies", "disassembly"),
        ("stock_transfer", "stockTransfer", "StockTransferList", "stockTransfer"),
    )
)  # fmt: skip
CREDITS = (
    Listing("customer_credit", "ref/customer/credits", "CustomerCredits", "CreditID",
            params={"ShowUsedCredits": "true"}),
    Listing("supplier_deposit", "ref/supplier/deposits", "SupplierDeposits", "DepositID",
            params={"ShowUsedDeposits": "true"}),
)  # fmt: skip
LISTINGS = (*MASTER_DATA, *PAPERS, *TASKS, *CREDITS)
STOCK_KINDS = frozenset(listing.kind for listing in (*PAPERS, *TASKS))

AVAILABILITY = Listing(STOCK, "ref/productavailability", "ProductAvailabilityList", "ID")
LEDGER = Listing(LEDGER_DAY, "transactions", "Transactions", "TaskID")
WITH_MOVEMENTS = Listing(
    MOVEMENTS, "product", "Products", "ID", params={**_ALL, "IncludeMovements": "true"}, page_size=100
)
