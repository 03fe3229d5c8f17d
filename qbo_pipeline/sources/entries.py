"""What an entry of the way back says, for systems that are written by their own API.

What belongs here: reading an entry, the marker in a text of the system's own, and the rules that hold for fields,
payments and quantities whichever system takes them.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from qbo_pipeline.returning.abilities import is_made_in_quickbooks, is_taken_out
from qbo_pipeline.returning.targets import TargetEntry
from qbo_pipeline.sources.http.writer import Declined

_ZERO = Decimal(0)
_MARK = re.compile(r"\s*\[qp:[^\]]*\]")
REFERENCE_LENGTH = 100
MARK = "[qp:"
"""How a marker begins in a text of a system's own."""
FIRST_QUANTITY = "quantity_at_first"
"""What an entry calls the quantity that QuickBooks had of an item when it was made."""


def content_of(entry: TargetEntry) -> dict[str, Any]:
    """The record of an entry, of text alone: its amounts are decimal text."""
    found: dict[str, Any] = json.loads(entry.content)
    return found


def is_new(entry: TargetEntry) -> bool:
    """Whether the thing has QuickBooks' id: the system has to make it, unless it has by now."""
    return is_made_in_quickbooks(content_of(entry))


def is_out(entry: TargetEntry) -> bool:
    """Whether the thing no longer counts."""
    return is_taken_out(entry.operation, content_of(entry))


# --- the marker -------------------------------------------------------------------------------------------------------
def mark_of(marker: str) -> str:
    """The form in which a marker stands in a text, as in what we post to QuickBooks."""
    return f"{MARK}{marker}]"


def with_mark(text: str | None, marker: str, length: int = REFERENCE_LENGTH) -> str:
    """A text with its marker."""
    mark = mark_of(marker)
    rest = _MARK.sub("", text or "").strip()[: length - len(mark) - 1]
    return f"{rest} {mark}".strip()


def carries(text: Any, marker: str) -> bool:
    """Whether a text carries the marker."""
    return isinstance(text, str) and mark_of(marker) in text


# --- lists ------------------------------------------------------------------------------------------------------------
def fields_of(entry: TargetEntry, held: Collection[str]) -> dict[str, Any]:
    """The fields that an entry is about, as they are to be: those that people changed in QuickBooks, or all that a
    system holds of one that it makes.

    Raises `Declined` where one was changed that the system has no place for.
    """
    content = content_of(entry)
    if entry.operation == "void" or "merged_into" in content:
        return {"active": False}
    changed = content.get("changed")
    if changed is None:
        return {name: content[name] for name in held if content.get(name) is not None}
    if lacking := sorted(set(changed) - set(held)):
        what = ", ".join(name.replace("_", " ") for name in lacking)
        raise Declined(
            f"its API has no place for {what}: change it there by hand, then `qbo-pipeline write-back skip` this entry"
        )
    return {name: content.get(name) for name in changed}


def agree(here: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a thing is as it is wanted to be; a field that is empty and one that is not there are the same."""
    return all(_same(here.get(name), value) for name, value in wanted.items())


def refuse_conflict(entry: TargetEntry, here: Mapping[str, Any]) -> None:
    """Raise `Declined` where the system has changed a field since QuickBooks did: nothing is written over it."""
    content = content_of(entry)
    for name, before in (content.get("changed") or {}).items():
        now = here.get(name)
        if not _same(now, before) and not _same(now, content.get(name)):
            raise Declined(
                f"its {name.replace('_', ' ')} is {now!r} there by now, and was {before!r} when it was read: the next "
                "run compares both sides anew"
            )


def _same(one: Any, other: Any) -> bool:
    return (one or None) == (other or None)


# --- payments ---------------------------------------------------------------------------------------------------------
def settled(entry: TargetEntry) -> dict[str, Decimal]:
    """By document, what a payment settles; nothing of one that is voided.

    Raises `Declined` where it takes something back: no system's API has that.
    """
    if is_out(entry):
        return {}
    amounts = {item["document_id"]: Decimal(item["amount"]) for item in content_of(entry).get("allocations", ())}
    if any(amount < 0 for amount in amounts.values()):
        raise Declined(
            "it uses credits of the inventory system, which its API does not let us apply: do it there by hand"
        )
    return {document_id: amount for document_id, amount in amounts.items() if amount}


def on_account(entry: TargetEntry) -> Decimal:
    """What of a payment settles nothing."""
    return entry.amount - sum(settled(entry).values(), _ZERO) if entry.operation != "void" else _ZERO


# --- quantities -------------------------------------------------------------------------------------------------------
Cell = tuple[str, str]
"""A product and a location."""


def quantities(entry: TargetEntry) -> dict[Cell, Decimal]:
    """By product and location, by how much an adjustment changes what there is; nothing of one that is voided.

    Raises `Declined` where it does not say at which location: QuickBooks knows one alone.
    """
    found: dict[Cell, Decimal] = defaultdict(Decimal)
    if not is_out(entry):
        for line in content_of(entry).get("lines", ()):
            if not line.get("location_id"):
                raise Declined("it does not say at which location: name the system's in [write_back] location")
            found[line["product_id"], line["location_id"]] += Decimal(line["quantity"])
    return {cell: quantity for cell, quantity in found.items() if quantity}


def whole(value: Decimal | str, what: str, system: str) -> int:
    """A quantity in pieces.

    Raises `Declined` where it is a fraction, which the system cannot hold.
    """
    number = Decimal(value)
    if number != number.to_integral_value():
        raise Declined(f"{what} is {number}, and {system}'s API takes whole pieces alone: enter it there by hand")
    return int(number)
