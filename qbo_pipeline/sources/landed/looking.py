"""A first look at an account: the beginning of each list, and about how many calls a first load takes.

What belongs here: about one call a list; nothing is landed. What an account says of itself is its system's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from qbo_pipeline.sources.landed.account import ListShown
from qbo_pipeline.sources.landed.listing import Entry, Listing, Lists

SHOWN = 5


def look_at_lists(
    lists: Lists, listings: Iterable[Listing], named: Callable[[Entry], str], a_page: int
) -> tuple[tuple[ListShown, ...], int]:
    """Ask for the first page of each list, which has `a_page` entries when it is full; raises as the reader does.

    Answers what they show, each entry `named` in a few words, and about how many calls all of them take.
    """
    shown, calls = [], 0
    for listing in listings:
        path, params = listing.paging.address(listing.path, listing.paging.first(SHOWN))
        answer = lists.reader.get(path, {**listing.params, **params}) or {}
        entries = answer.get(listing.items) or []
        total, pages = listing.paging.stated(answer), listing.paging.stated_pages(answer)
        shown.append(ListShown(listing.path, total, tuple(named(entry) for entry in entries[:SHOWN])))
        about = total if total is not None else (pages or 1) * max(len(entries), 1)
        calls += about // a_page + 2 + (about if listing.detail is not None else 0)
    return tuple(shown), calls
