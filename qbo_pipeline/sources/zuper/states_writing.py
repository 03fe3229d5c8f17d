"""What became of Zuper's invoices in QuickBooks: paid, in full or in part, voided or deleted.

What belongs here: what an entry of the way back is there. Zuper is told the state of an invoice; of a payment it is
told how much was paid, when, and a reference, which holds our marker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from qbo_pipeline.returning.abilities import KindAbility, own_id
from qbo_pipeline.returning.targets import TargetEntry
from qbo_pipeline.sources.api_target import Doors, UnderMarker
from qbo_pipeline.sources.entries import carries, content_of, is_out, on_account, settled, with_mark
from qbo_pipeline.sources.http.writer import Declined
from qbo_pipeline.sources.landed.values import Object, exact, objects, part, text
from qbo_pipeline.sources.zuper.abilities import NOT_CHANGED, STATES
from qbo_pipeline.sources.zuper.papers import CANCELED
from qbo_pipeline.sources.zuper.values import uid

PAID = "PAID"


@dataclass(frozen=True, slots=True)
class StateWriter:
    """`Writer` of the state of Zuper's invoices."""

    doors: Doors
    abilities: Mapping[str, KindAbility]

    def standing(self, entry: TargetEntry) -> UnderMarker:
        """Whether an invoice that was voided is cancelled; whether the payments that carry the marker are those that
        the entry says."""
        if entry.kind == "sales_invoice":
            own = str(own_id(content_of(entry)) or "")
            if not is_out(entry):
                return UnderMarker(False, own)
            return UnderMarker(text(self._invoice(own), "invoice_status") == CANCELED, own)
        there = self._there(entry)
        ids = " ".join(sorted(f"{invoice}:{own}" for invoice, own, _ in there)) or None
        paid = {invoice: amount for invoice, _, amount in there}
        return UnderMarker(len(paid) == len(there) and paid == _wanted(entry), ids)

    def write(self, entry: TargetEntry) -> None:
        """Cancel the invoice, or tell Zuper of each that it was paid."""
        if entry.kind == "sales_invoice":
            self._set(str(own_id(content_of(entry))), {"invoice_status": CANCELED})
            return
        wanted, there = _wanted(entry), self._there(entry)
        if any(wanted.get(invoice) != amount for invoice, _, amount in there):
            raise Declined(NOT_CHANGED.replace("{marker}", entry.marker))
        paid = {invoice for invoice, _, _ in there}
        for invoice, amount in wanted.items():
            if invoice not in paid:
                self._set(invoice, {
                    "invoice_status": PAID, "amount_paid": amount, "payment_date": entry.business_date.isoformat(),
                    "reference_no": with_mark(entry.number, entry.marker), "source": "EXTERNAL",
                    "remarks": content_of(entry).get("account") or "", "send_receipt": False, "charge_card": False,
                })  # fmt: skip

    def _set(self, invoice: str, said: Mapping[str, Any]) -> None:
        self.doors.writer.send("PUT", f"invoice/{invoice}/status", content={"invoice_uid": invoice, **said})

    def _there(self, entry: TargetEntry) -> list[tuple[str, str, Decimal]]:
        """Invoice, uid and amount of our payments on every invoice where they are now, or were told to be."""
        told = [*self.doors.beside.told(entry.marker), entry]
        named = [item["document_id"] for one in told for item in content_of(one).get("allocations", ())]
        named += [name.partition("/")[2] for name in self.doors.beside.owners_marked(entry.marker)]
        return [found for invoice in dict.fromkeys(named) for found in self._of(invoice, entry.marker)]

    def _of(self, invoice: str, marker: str) -> Iterator[tuple[str, str, Decimal]]:
        for item in objects(self._invoice(invoice), "payment_history"):
            if carries(text(item, "reference_no"), marker) and item.get("is_void") is not True:
                own = uid(part(item, "payment_transaction"), "payment_transaction_uid") or text(item, "_id") or ""
                yield invoice, own, exact(item, "amount") or Decimal(0)

    def _invoice(self, own: str) -> Object:
        found = part(self.doors.reader.get(f"invoice/{own}") or {}, "data")
        if not found:
            raise Declined(f"invoice {own} is not there any more")
        return found


def writer(doors: Doors) -> StateWriter:
    """The writer of the state of an account's invoices."""
    return StateWriter(doors, STATES)


def _wanted(entry: TargetEntry) -> dict[str, Decimal]:
    if rest := on_account(entry):
        raise Declined(
            f"{rest} of it settles nothing, and Zuper is told of money for an invoice alone: enter it there by hand, "
            "or settle documents with it in QuickBooks"
        )
    return settled(entry)
