"""A first look at a Syncro account: what it says of itself, the beginning of each list, what a first load takes.

What belongs here: the questions, about one call a list. Nothing is landed.
"""

from __future__ import annotations

from qbo_pipeline.sources.landed.account import AccountLook
from qbo_pipeline.sources.landed.listing import Lists
from qbo_pipeline.sources.landed.looking import look_at_lists
from qbo_pipeline.sources.landed.values import Object, part, text
from qbo_pipeline.sources.syncro.lists import MASTER_DATA, PAPERS

A_PAGE = 25
_NAMES = ("business_then_name", "name", "number", "ref_num")


def look_at(lists: Lists) -> AccountLook:
    """Ask for the account's settings and the first page of each list; raises as the reader does."""
    me, settings = lists.reader.get("me") or {}, lists.reader.get("settings") or {}
    locale = part(settings, "locale")
    shown, calls = look_at_lists(lists, (*MASTER_DATA, *PAPERS), _named, A_PAGE)
    company = {"subdomain": text(me, "subdomain"), "time_zone": text(locale, "time_zone"),
               "currency_symbol": text(locale, "currency_symbol")}  # fmt: skip
    return AccountLook(company, shown, calls + 2)


def _named(entry: Object) -> str:
    return " ".join(filter(None, (text(entry, *_NAMES), text(entry, "status"))))
