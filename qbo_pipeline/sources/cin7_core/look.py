"""A first look at a Cin7 Core account: what it says of itself, the beginning of each list, what a first load takes.

What belongs here: the questions, about one call a list. Nothing is landed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qbo_pipeline.sources.cin7_core.lists import AVAILABILITY, LISTINGS, WITH_MOVEMENTS
from qbo_pipeline.sources.landed.account import AccountLook, ListShown
from qbo_pipeline.sources.landed.listing import Listing, Lists
from qbo_pipeline.sources.landed.values import text

SHOWN = 5
_NAMES = ("Name", "OrderNumber", "StocktakeNumber", "InventoryWriteOffNumber", "AssemblyNumber", "DisassemblyNumber",
          "Number", "CustomerName", "SupplierName")  # fmt: skip
_COMPANY = ("Company", "Currency", "TimeZone", "LockDate", "OpeningBalanceDate")


def look_at(lists: Lists) -> AccountLook:
    """Ask for the account's own settings and the beginning of each list; raises as the reader does."""
    company = lists.reader.get("me") or {}
    shown = []
    calls = 2
    products = 0
    for listing in LISTINGS:
        found, total = _beginning(lists, listing)
        shown.append(ListShown(listing.path, total, tuple(_named(entry) for entry in found)))
        pages = -(-(total or 0) // listing.page_size) + 1
        calls += pages + (total or 0 if listing.detail is not None else 0)
        if listing.kind == "product":
            products = total or 0
    calls += products // WITH_MOVEMENTS.page_size + products // AVAILABILITY.page_size + 2
    return AccountLook({name: text(company, name) for name in _COMPANY}, tuple(shown), calls)


def _beginning(lists: Lists, listing: Listing) -> tuple[list[Mapping[str, Any]], int | None]:
    answer = lists.reader.get(listing.path, {**listing.params, "Page": "1", "Limit": str(SHOWN)}) or {}
    total = answer.get("Total")
    return list(answer.get(listing.items) or [])[:SHOWN], None if total is None else int(total)


def _named(entry: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (text(entry, *_NAMES), text(entry, "Status"))))
