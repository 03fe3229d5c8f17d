"""Payments in Cin7 Core: one for each invoice or bill that money settles, with our marker in its `Reference`.

What belongs here: what an entry of the way back is there. Cin7 Core can change and delete a payment by its id, so every
revision can be held; money on account cannot, as its API knows payments of invoices alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from qbo_pipeline.returning.abilities import KindAbility
from qbo_pipeline.returning.targets import TargetEntry
from qbo_pipeline.sources.api_target import Doors, UnderMarker
from qbo_pipeline.sources.cin7_core.abilities import PAYMENTS
from qbo_pipeline.sources.entries import carries, content_of, on_account, settled, with_mark
from qbo_pipeline.sources.http.writer import Declined
from qbo_pipeline.sources.landed.values import exact, key, objects, text

SALE, PURCHASE = "sale", "purchase"
KINDS = {"payment_received": SALE, "payment_made": PURCHASE}
_PATHS = {SALE: "sale/payment", PURCHASE: "purchase/payment"}


class _There(NamedTuple):
    """A payment of ours that Cin7 Core has."""

    payment_id: str
    document_id: str
    amount: Decimal
    day: str
    account: str


@dataclass(frozen=True, slots=True)
class PaymentWriter:
    """`Writer` of Cin7 Core."""

    doors: Doors
    abilities: Mapping[str, KindAbility]

    def standing(self, entry: TargetEntry) -> UnderMarker:
        """Whether the payments that carry the marker are those that the entry says: a document has one at most."""
        wanted, there = _wanted(entry), self._there(entry)
        ids = " ".join(sorted(item.payment_id for item in there)) or None
        by_document = {item.document_id: item for item in there}
        agrees = len(by_document) == len(there) and {
            document_id: (item.amount, item.day) for document_id, item in by_document.items()
        } == {document_id: (amount, entry.business_date.isoformat()) for document_id, amount in wanted.items()}
        return UnderMarker(agrees, ids)

    def write(self, entry: TargetEntry) -> None:
        """Make, change and delete payments until they are those of the entry."""
        wanted = _wanted(entry)
        account = content_of(entry).get("account")
        if wanted and not account:
            raise Declined("Cin7 Core needs the account that was paid to: map it in [accounts.hints], one code for it")
        left = dict(wanted)
        path = _PATHS[KINDS[entry.kind]]
        for item in self._there(entry):
            amount = left.pop(item.document_id, None)
            if amount is None:
                more = {"DeleteAllocation": "true"} if entry.kind == "payment_made" else {}
                self.doors.writer.send("DELETE", path, {"ID": item.payment_id, **more})
            elif (item.amount, item.day) != (amount, entry.business_date.isoformat()):
                self.doors.writer.send("PUT", path, content={"ID": item.payment_id, **_body(entry, amount, account)})
        for document_id, amount in left.items():
            task = {"TaskID": document_id, "Type": "Payment"}
            path = self._path_of(document_id, KINDS[entry.kind])
            self.doors.writer.send("POST", path, content={**task, **_body(entry, amount, account)})

    def _there(self, entry: TargetEntry) -> list[_There]:
        """Our payments on every paper where they are now, or were told to be, or were seen."""
        kind = KINDS[entry.kind]
        told = [*self.doors.beside.told(entry.marker), entry]
        documents = [item["document_id"] for one in told for item in content_of(one).get("allocations", ())]
        owners = [self._owner(document_id, kind) for document_id in dict.fromkeys(documents)]
        owners += [name for name in self.doors.beside.owners_marked(entry.marker) if name.startswith(f"{kind}/")]
        found: dict[str, _There] = {}
        for owner in dict.fromkeys(owners):
            found |= {item.payment_id: item for item in self._of(owner, entry.marker)}
        return list(found.values())

    def _path_of(self, document_id: str, kind: str) -> str:
        """Where a document's payments are posted: an advanced purchase has an address of its own."""
        if kind == SALE:
            return _PATHS[SALE]
        paper_id = self._owner(document_id, kind).partition("/")[2]
        simple = self.doors.reader.get("purchase", {"ID": paper_id}) is not None
        return _PATHS[PURCHASE] if simple else "advanced-purchase/payment"

    def _owner(self, document_id: str, kind: str) -> str:
        owner = self.doors.beside.owner(document_id)
        if owner is None or not owner.startswith(f"{kind}/"):
            raise Declined(f"document/{document_id}, which it settles, is no {kind} that was read from Cin7 Core")
        return owner

    def _of(self, owner: str, marker: str) -> Iterable[_There]:
        kind, _, paper_id = owner.partition("/")
        if kind == SALE:
            paper = self.doors.reader.get("sale", {"ID": paper_id})
            parts, name = objects(paper or {}, "Invoices"), SALE
        else:
            paper = self.doors.reader.get("purchase", {"ID": paper_id})
            paper = paper or self.doors.reader.get("advanced-purchase", {"ID": paper_id})
            bills = (paper or {}).get("Invoice")
            parts, name = objects({"Invoice": bills if isinstance(bills, list) else [bills]}, "Invoice"), PURCHASE
        for part in parts:
            document_id = key(part, "TaskID") or paper_id
            for item in objects(part, "Payments"):
                if carries(text(item, "Reference"), marker):
                    yield _payment(item, document_id, name)


def writer(doors: Doors) -> PaymentWriter:
    """The writer of an account's payments."""
    return PaymentWriter(doors, PAYMENTS)


def _payment(item: Mapping[str, Any], document_id: str, kind: str) -> _There:
    return _There(
        payment_id=key(item, "ID") or "",
        document_id=document_id,
        amount=exact(item, "Amount") or Decimal(0),
        day=(text(item, "DatePaid") or "")[:10],
        account=text(item, "Account") or "",
    )


def _wanted(entry: TargetEntry) -> dict[str, Decimal]:
    if rest := on_account(entry):
        raise Declined(
            f"{rest} of it settles nothing, and Cin7 Core takes payments of invoices and bills alone by its API: enter"
            " it there by hand as a deposit or prepayment, or settle documents with it in QuickBooks"
        )
    return settled(entry)


def _body(entry: TargetEntry, amount: Decimal, account: str | None) -> dict[str, Any]:
    content = content_of(entry)
    return {
        "Amount": amount,
        "DatePaid": _midnight(entry.business_date),
        "Account": account,
        "CurrencyRate": Decimal(content.get("exchange_rate") or 1),
        "Reference": with_mark(entry.number, entry.marker),
    }


def _midnight(day: date) -> str:
    return f"{day.isoformat()} 00:00:00"
