"""A list entry of QBO that has the name of one of ours: whether we made it, and whether it may be linked.

What belongs here: comparing what was sent with an object found by its name. A list entry has no field for a marker
that people do not see on forms, so that ours is told by all of its content, and by when it was made; where nothing is
known of a request, by a document of ours that names it (`evidence.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qbo_pipeline.posting.events import Seen
from qbo_pipeline.quickbooks.shapes import JsonObject

# QBO may keep it without answering it; and what an item was made with is soon another quantity and cost.
_SILENT = frozenset({"Notes"})
_MOVING = frozenset({"QtyOnHand", "PurchaseCost"})
_NEVER_LINKED = frozenset({"Inventory", "Group", "Category"})  # QBO computes cost for the first, none of them is sold
MASKED = frozenset({"PrimaryTaxIdentifier", "TaxIdentifier"})  # QBO answers the last characters alone
# What a linked entry must have in common with ours, and how a person calls it.
_ALIKE = {
    "Type": "type",
    "IncomeAccountRef": "income account",
    "ExpenseAccountRef": "expense account",
    "AssetAccountRef": "inventory account",
    "CurrencyRef": "currency",
}


def told_apart(seen: Seen, thing: JsonObject, sent: JsonObject, since: datetime | None, *, named: bool = False) -> Seen:
    """What was found, with whether it is our own and what keeps it from being linked.

    `since` is the earliest time of its making, `None` where nothing is known of a request; `named` says whether a
    document of ours names it.
    """
    known = named if since is None else _made_since(thing, since)
    own = known and all(_says(thing, name, value) for name, value in sent.items())
    return seen._replace(own=own, obstacle=obstacle(thing, sent))


def obstacle(thing: JsonObject, sent: JsonObject) -> str | None:
    """Why an entry that a person made cannot stand for what we would have sent; `None` where it can."""
    if thing.get("Active") is False:
        return "it is inactive: make it active there, or rename it"
    if thing.get("ParentRef") and _plain(thing["ParentRef"]) != _plain(sent.get("ParentRef")):
        return "it belongs under another one: rename it there"
    if thing.get("Type") in _NEVER_LINKED and thing.get("Type") != sent.get("Type"):
        return f"it is an item of type {thing['Type']}, where this one keeps no quantity in QuickBooks: rename it there"
    for name, words in _ALIKE.items():
        if name in sent and name in thing and _plain(sent[name]) != _plain(thing[name]):
            return f"its {words} is {_plain(thing[name])}, not {_plain(sent[name])}: change or rename it there"
    return None


def same_when_masked(there: str, value: str) -> bool:
    """Whether a tax number as QBO answers it, its beginning masked by X, may be this one."""
    shown = there.lstrip("Xx*")
    return there == value or (len(there) == len(value) and len(shown) < len(there) and value.endswith(shown))


def _made_since(thing: JsonObject, since: datetime) -> bool:
    made = (thing.get("MetaData") or {}).get("CreateTime")
    try:
        return datetime.fromisoformat(str(made)) >= since
    except (TypeError, ValueError):  # no time, or one without its offset
        return False


def _says(thing: JsonObject, name: str, value: Any) -> bool:
    if (name in _SILENT and name not in thing) or name in _MOVING:
        return True
    there = thing.get(name)
    if name in MASKED:
        return same_when_masked(_plain(there), _plain(value))
    if isinstance(value, Mapping) and isinstance(there, Mapping) and "value" not in value:
        return all(_says(dict(there), inner, content) for inner, content in value.items())
    return _plain(there) == _plain(value)


def _plain(value: Any) -> str:
    """A value for comparison and for people: of a reference its Id, of a text its words."""
    text = value.get("value", "") if isinstance(value, Mapping) else value
    return " ".join(str(text).split())
