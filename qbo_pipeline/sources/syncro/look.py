"""A first look at a Syncro account: what it says of itself, the beginning of each list, what a first load takes.

What belongs here: the questions, about one call a list. Nothing is landed.
"""

from __future__ import annotations

from qbo_pipeline.sources.landed.account import AccountLook, ListShown
from qbo_pipeline.sources.landed.listing import Lists
from qbo_pipeline.sources.landed.values import Object, part, text
from qbo_pipeline.sources.syncro.lists import MASTER_DATA, PAPERS

SHOWN = 5
A_PAGE = 25
_NAMES = ("business_then_name", "name", "number", "ref_num")


def look_at(lists: Lists) -> AccountLook:
    """Ask for the account's settings and the first page of each list; raises as the reader does."""
    me, settings = lists.reader.get("me") or {}, lists.reader.get("settings") or {}
    locale = part(settings, "locale")
    shown, calls = [], 2
    for listing in (*MASTER_DATA, *PAPERS):
        path, params = listing.paging.address(listing.path, listing.paging.first(0))
        answer = lists.reader.get(path, {**listing.params, **params}) or {}
        entries = answer.get(listing.items) or []
        total, pages = listing.paging.stated(answer), listing.paging.stated_pages(answer)
        shown.append(ListShown(listing.path, total, tuple(_named(entry) for entry in entries[:SHOWN])))
        about = total if total is not None else (pages or 1) * max(len(entries), 1)
        calls += about // A_PAGE + 2 + (about if listing.detail is not None else 0)
    company = {"subdomain": text(me, "subdomain"), "time_zone": text(locale, "time_zone"),
               "currency_symbol": text(locale, "currency_symbol")}  # fmt: skip
    return AccountLook(company, tuple(shown), calls)


def _named(entry: Object) -> str:
    return " ".join(filter(None, (text(entry, *_NAMES), text(entry, "status"))))
