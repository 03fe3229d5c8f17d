"""The way back in numbers, and what of it waits: for the page, the report and the commands alike.

What belongs here: rows of the store in words. Each that waits has its reason, and what a person does about it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, RowMapping

from qbo_pipeline.instants import parse_instant
from qbo_pipeline.pipeline.entered_by_others import Alike, alike_in_quickbooks
from qbo_pipeline.pipeline.write_back_remedies import PERHAPS_TWICE, REFUSED_THERE, remedy
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.returning.contacts import BEING_POSTED
from qbo_pipeline.returning.reading import ON_ITS_WAY
from qbo_pipeline.store import quickbooks_objects as stored_objects
from qbo_pipeline.store import write_backs as store
from qbo_pipeline.store.tables.write_backs import write_backs

_CALLED = ("DocNumber", "PaymentRefNum", "DisplayName", "Sku", "Name", "FileName")
_STATES = {
    "taken": "taken by the inventory system", "refused": "refused by the inventory system",
    "posted": "lies in its inbox", "ready": "not written yet", "sending": "being written",
    "unknown": "not known whether it arrived", "parked": "waits for somebody", "skipped": "skipped by somebody",
    "superseded": "never written", "withheld": "waits for somebody", "excluded": "stays in QuickBooks",
    "due": "not built yet",
}  # fmt: skip


def way_back_counts(reading: Connection, name: str) -> list[dict[str, Any]]:
    """`kind, state, reason, count`: entries by what the inventory system made of them, and the objects of QuickBooks of
    which there is none."""
    found: Counter[tuple[str, str, str]] = Counter()
    for row in store.counts(reading, name):
        sent = row["kind"] == store.TO_QUICKBOOKS and row["state"] == "posted"
        state = "sent to QuickBooks" if sent else _STATES.get(row["answer"] or row["state"], row["state"])
        found[row["kind"], state, ""] += row["count"]
    for row in stored_objects.object_counts(reading, name):
        if row["disposition"] != "written_back":
            own = row["disposition"] == "withheld" and row["rule"] in (ON_ITS_WAY, BEING_POSTED)
            state = "goes by itself" if own else _STATES.get(row["disposition"], row["disposition"])
            found[row["entity"], state, row["rule"] or ""] += row["count"]
    return [
        {"kind": kind, "state": state, "reason": reason or None, "count": count}
        for (kind, state, reason), count in sorted(found.items())
    ]


def waiting_things(reading: Connection, name: str) -> list[dict[str, Any]]:
    """Each thing that waits to be written back or taken, and each that others entered and may be one of ours; with its
    reason, and what is to be done."""
    refused = write_backs.c.refused.is_not(None) & (write_backs.c.state != "skipped")
    waits = write_backs.c.state.in_(store.WAITS) | refused
    found = [_entry(row) for row in store.listed(reading, name, waits)]
    found += [
        _withheld(row)
        for row in stored_objects.withheld_objects(reading, name)
        if row["rule"] not in (ON_ITS_WAY, BEING_POSTED)  # these go by themselves
    ]
    return found + [_entered(one) for one in alike_in_quickbooks(reading, name)]


def way_back_exceptions(reading: Connection, name: str) -> Iterator[dict[str, Any]]:
    """The same, as lines of the report's work list."""
    for row in waiting_things(reading, name):
        what = f"{row['kind']} {row['number'] or row['key']}".replace("_", " ")
        yield {
            "severity": "medium",
            "what": (
                row["why"]
                if row["reason"] == PERHAPS_TWICE
                else f"{what} is not written back to the inventory system: {row['why']}"
            ),
            "to_do": row["to_do"],
            "who": "accountant",
            "document": row["number"] or row["key"],
            "since": parse_instant(row["since"]),
        }


def _entry(row: RowMapping) -> dict[str, Any]:
    """An entry that waits, in words; `reason` names its cause in `write_back_remedies`."""
    reason = REFUSED_THERE if row["refused"] else row["reason"] or ("unknown" if row["doubt"] else row["state"])
    return {
        "key": row["key"],
        "kind": row["kind"],
        "number": row["number"],
        "day": row["business_date"].isoformat(),
        "amount": f"{row['amount']:,.2f} {row['currency']}",
        "state": "refused by the inventory system" if row["refused"] else row["state"],
        "reason": reason,
        "why": row["refused"] or row["message"] or row["reason"] or "",
        "to_do": remedy(reason).remedy,
        "since": row["first_seen"].isoformat(),
        "revision": row["revision"],
    }


def _withheld(row: RowMapping) -> dict[str, Any]:
    """An object of QuickBooks that is not written back before somebody acts."""
    thing = from_wire(row["content"]) if row["content"] else {}
    called = next((str(thing[name]) for name in _CALLED if thing.get(name)), "")
    return {
        "key": f"{row['entity']}/{row['qbo_id']}",
        "kind": row["entity"],
        "number": called,
        "day": str(thing.get("TxnDate") or ""),
        "amount": f"{thing['TotalAmt']:,.2f}" if thing.get("TotalAmt") is not None else "",
        "state": "withheld",
        "reason": row["rule"] or "",
        "why": row["message"] or "",
        "to_do": remedy(row["rule"] or "").remedy,
        "since": row["first_seen"].isoformat(),
        "revision": 0,
    }


def _entered(one: Alike) -> dict[str, Any]:
    """What others entered in QuickBooks and may be one of ours, of a kind that is not written back."""
    row = one.row
    return {
        "key": one.key,
        "kind": row["entity"],
        "number": row["qbo_number"] or "",
        "day": row["business_date"].isoformat(),
        "amount": f"{row['amount']:,.2f} {row['currency'] or ''}".strip(),
        "state": "in QuickBooks",
        "reason": PERHAPS_TWICE,
        "why": one.told(),
        "to_do": remedy(PERHAPS_TWICE).remedy,
        "since": row["found_at"].isoformat(),
        "revision": 0,
    }
