"""Payments in Syncro, with our marker in their `ref_num`.

What belongs here: what an entry of the way back is there. Its API makes payments and neither changes nor deletes them,
and dates them itself: a change and a payment that was taken back are left to a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from qbo_pipeline.returning.abilities import KindAbility
from qbo_pipeline.returning.targets import TargetEntry
from qbo_pipeline.sources.api_target import Doors, UnderMarker
from qbo_pipeline.sources.entries import carries, content_of, settled, with_mark
from qbo_pipeline.sources.http.reader import Params
from qbo_pipeline.sources.http.writer import Declined
from qbo_pipeline.sources.landed.values import Object, exact, objects, part, text
from qbo_pipeline.sources.syncro.abilities import NOT_CHANGED, PAYMENTS


@dataclass(frozen=True, slots=True)
class PaymentWriter:
    """`Writer` of Syncro."""

    doors: Doors
    abilities: Mapping[str, KindAbility]

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
        if self._marked(entry.marker):
            raise Declined(NOT_CHANGED.replace("{marker}", entry.marker))
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


def writer(doors: Doors) -> PaymentWriter:
    """The writer of an account's payments."""
    return PaymentWriter(doors, PAYMENTS)
