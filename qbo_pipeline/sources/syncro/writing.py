"""Payments, customers and vendors in Syncro: with our marker in a payment's `ref_num` and in the `notes` of the others.

What belongs here: what an entry of the way back is there. Its API makes payments and neither changes nor deletes them,
and dates them itself: a change and a payment that was taken back are left to a person. Customers and vendors it changes
and does not delete.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from qbo_pipeline.returning.targets import TargetEntry
from qbo_pipeline.sources.api_target import (
    Doors,
    UnderMarker,
    carries,
    content_of,
    holds,
    is_made_in_quickbooks,
    settled,
    with_mark,
)
from qbo_pipeline.sources.http.reader import Params
from qbo_pipeline.sources.http.writer import Declined
from qbo_pipeline.sources.landed.values import Object, exact, objects, part, text

NOTES_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class PaymentWriter:
    """`Writer` of Syncro."""

    doors: Doors
    kinds: frozenset[str] = frozenset({"payment_received"})

    def standing(self, entry: TargetEntry) -> UnderMarker:
        """Whether the payment that carries the marker is of this amount; of one that is taken back, whether it is gone
        or failed."""
        there = [item for item in self._marked(entry.marker) if item.get("success") is not False]
        first = text(there[0], "id") if there else None
        if entry.operation == "void":
            return UnderMarker(not there, first)
        return UnderMarker(len(there) == 1 and exact(there[0], "payment_amount") == entry.amount, first)

    def write(self, entry: TargetEntry) -> None:
        """Make the payment; what is there already under the marker, and is another, is left to a person."""
        amounts = settled(entry)
        if entry.operation == "void" or self._marked(entry.marker):
            what = "delete the payment" if entry.operation == "void" else "change the payment"
            raise Declined(
                f"Syncro's API cannot change or delete a payment: {what} whose reference has [qp:{entry.marker}] there "
                "by hand, then `qbo-pipeline write-back retry`"
            )
        if not entry.party_id.isdigit():
            raise Declined(f"customer {entry.party_id!r} is none of Syncro's")
        body: dict[str, Any] = {
            "customer_id": int(entry.party_id),
            "amount_cents": int((entry.amount * 100).to_integral_value()),
            "payment_method": content_of(entry).get("account") or "Other",
            "ref_num": with_mark(entry.number, entry.marker),
            "apply_payments": amounts,
        }
        self.doors.writer.send("POST", "payments", content=body)

    def _marked(self, marker: str) -> list[Object]:
        """The payments that carry the marker: those that were read with it, those that the list finds by it, and those
        that are newer than the last reading. How the list searches and in which order it comes is not described [?]."""
        found = {name.partition("/")[2]: self._one(name.partition("/")[2]) for name in
                 self.doors.beside.owners_marked(marker)}  # fmt: skip
        for entry in self._page({"query": marker}):
            found[str(entry.get("id"))] = entry
        for page in count(1):
            entries = self._page({"page": str(page)})
            fresh = [entry for entry in entries if not self.doors.beside.has("payment", str(entry.get("id")))]
            found |= {str(entry.get("id")): entry for entry in fresh}
            if not fresh:
                break
        return [item for item in found.values() if carries(text(item, "ref_num"), marker)]

    def _one(self, payment_id: str) -> Object:
        answer = self.doors.reader.get(f"payments/{payment_id}")
        return part(answer, "payment") or answer if isinstance(answer, dict) else {}

    def _page(self, params: Params) -> list[Object]:
        answer = self.doors.reader.get("payments", params)
        return list(objects(answer if isinstance(answer, dict) else {}, "payments"))


# By kind: path, the name of one in an answer, and the field of Syncro for each of a party record that it has.
_PARTIES: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "customer": ("customers", "customer", {
        "name": "business_name", "email": "email", "phone": "phone", "address": "address", "city": "city",
        "region": "state", "postal_code": "zip",
    }),
    "supplier": ("vendors", "vendor", {
        "name": "name", "number": "account_number", "email": "email", "phone": "phone", "address": "address",
        "city": "city", "region": "state", "postal_code": "zip",
    }),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PartyWriter:
    """`Writer` of Syncro's customers and vendors."""

    doors: Doors
    kinds: frozenset[str] = frozenset(_PARTIES)

    def standing(self, entry: TargetEntry) -> UnderMarker:
        """Whether the party is as the entry says."""
        _refuse_deletion(entry)
        there = self._there(entry)
        return UnderMarker(bool(there) and holds(there, _party(entry)), text(there, "id"))

    def write(self, entry: TargetEntry) -> None:
        """Make the party, or write over it what the entry says: what it does not name stays."""
        _refuse_deletion(entry)
        path, _, _ = _PARTIES[entry.kind]
        there = self._there(entry)
        notes = {"notes": with_mark(text(there, "notes"), entry.marker, length=NOTES_LENGTH)}
        if there:
            self.doors.writer.send("PUT", f"{path}/{there['id']}", content={**_party(entry), **notes})
        else:
            self.doors.writer.send("POST", path, content={**_party(entry), **notes})

    def _there(self, entry: TargetEntry) -> Object:
        path, name, _ = _PARTIES[entry.kind]
        own = str(content_of(entry).get("party_id") or "")
        if not is_made_in_quickbooks(own):
            answer = self.doors.reader.get(f"{path}/{own}")
            if not isinstance(answer, dict):
                raise Declined(f"{entry.kind} {own} is not there any more")
            return part(answer, name) or answer
        before: list[Object] = []
        for page in count(1):
            answer = self.doors.reader.get(path, {"page": str(page)})
            entries = list(objects(answer if isinstance(answer, dict) else {}, path))
            marked = [item for item in entries if carries(text(item, "notes"), entry.marker)]
            if (
                marked or not entries or entries == before
            ):  # a list that does not know pages answers all of it each time
                return marked[0] if marked else {}
            before = entries
        return {}


def _refuse_deletion(entry: TargetEntry) -> None:
    if entry.operation == "void" or content_of(entry).get("active") is False:
        raise Declined(f"Syncro's API has no way to take out a {entry.kind}: disable it there by hand")


def _party(entry: TargetEntry) -> dict[str, Any]:
    content = content_of(entry)
    _, _, fields = _PARTIES[entry.kind]
    return {name: content[own] for own, name in fields.items() if content.get(own) is not None}
