"""A first look at an Unleashed account: the beginning of each list, and what a first load takes.

What belongs here: the questions, about one call a list. Nothing is landed.
"""

from __future__ import annotations

from dataclasses import replace

from qbo_pipeline.sources.landed.account import AccountLook, ListShown
from qbo_pipeline.sources.landed.listing import Lists
from qbo_pipeline.sources.landed.values import Object, text
from qbo_pipeline.sources.unleashed.lists import INVOICE_PATHS, MASTER_DATA, PAPERS, invoices

SHOWN = 5
DAYS = 365  # of stock on hand, where much is transferred and adjusted
# A thing's own number before those of what it belongs to.
_NAMES = ("WarehouseName", "CustomerName", "SupplierName", "ProductDescription", "ShipmentNumber", "CreditNoteNumber",
          "CreditNumber", "ReturnNumber", "InvoiceNumber", "AdjustmentNumber", "StockTakeCode", "AssemblyNumber",
          "TransferNumber", "TransferOrderNumber", "OrderNumber")  # fmt: skip
_STATUSES = (
    "OrderStatus",
    "ShipmentStatus",
    "InvoiceStatus",
    "AssemblyStatus",
    "TransferStatus",
    "CreditStatus",
    "Status",
)


def look_at(lists: Lists) -> AccountLook:
    """Ask for the beginning of each list; raises as the reader does."""
    path = INVOICE_PATHS[0]
    if lists.reader.get(f"{path}/1", {"pageSize": "0"}) is None:
        path = INVOICE_PATHS[-1]
    shown = []
    calls = places = products = 0
    for listing in (*MASTER_DATA, *PAPERS, *invoices(path)):
        entries, total = next(lists.pages(replace(listing, page_size=SHOWN), listing.params))
        where = listing.path + "".join(
            f" ({value})" for name, value in listing.params.items() if name.endswith("Status")
        )
        shown.append(ListShown(where, total, tuple(_named(entry) for entry in entries[:SHOWN])))
        calls += -(-total // listing.page_size) + 1
        places += total if listing.kind == "warehouse" else 0
        products += total if listing.kind == "product" else 0
    calls += DAYS * places * (products // 500 + 1)
    return AccountLook({"currency and time zone": "not told by the API: as in the settings"}, tuple(shown), calls)


def _named(entry: Object) -> str:
    return " ".join(filter(None, (text(entry, *_NAMES), text(entry, *_STATUSES))))
