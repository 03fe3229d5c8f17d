"""A first look at a Zuper account: the beginning of each list, and what a first load takes.

What belongs here: the questions, about one call a list. Nothing is landed.
"""

from __future__ import annotations

from qbo_pipeline.sources.landed.account import AccountLook
from qbo_pipeline.sources.landed.listing import Lists
from qbo_pipeline.sources.landed.looking import look_at_lists
from qbo_pipeline.sources.landed.values import Object, text
from qbo_pipeline.sources.zuper.lists import A_PAGE, MASTER_DATA, PAPERS
from qbo_pipeline.sources.zuper.values import numbered, person


def look_at(lists: Lists) -> AccountLook:
    """Ask for the first page of each list; raises as the reader does. The API does not say whose account it is."""
    shown, calls = look_at_lists(lists, (*MASTER_DATA, *PAPERS), _named, A_PAGE)
    return AccountLook({"company, time zone and currency": "not told by the API"}, shown, calls)


def _named(entry: Object) -> str:
    number = numbered(entry, "invoice_no", "estimate_no", "credit_note_number", "purchase_order_number", "product_id")
    name = person(entry) or text(entry, "vendor_name", "product_name")
    status = text(entry, "invoice_status", "estimate_status", "purchase_order_status", "status")
    return " ".join(filter(None, (number, name, status)))
