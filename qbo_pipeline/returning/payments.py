"""Payments that people enter in QuickBooks: money received and bills paid, with the documents that they settle.

What belongs here: how a Payment or BillPayment becomes the inventory system's payment record.

Amounts have the signs of the record: what settles an invoice or a bill is positive, a credit that is used up is
negative, and the amount of the payment is what changed hands. The part that settles nothing of the inventory system's
(on account, or a document that only QuickBooks has) has no allocation and is told in the memo.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from qbo_pipeline.inventory.records import Allocation, Payment
from qbo_pipeline.quickbooks.shapes import JsonObject, an_object, exact, objects
from qbo_pipeline.returning.reading import currency_of, day_of, on_its_way, outside, rate_of, value_of
from qbo_pipeline.returning.values import NotReturned, Outcome, ReturnBook, Returned, Withheld

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Side:
    kind: str
    party_field: str
    party_entity: str
    charge: str
    credit: str


_SIDES = {
    "Payment": _Side("payment_received", "CustomerRef", "Customer", "Invoice", "CreditMemo"),
    "BillPayment": _Side("payment_made", "VendorRef", "Vendor", "Bill", "VendorCredit"),
}


def build_payment(entity: str, thing: JsonObject, book: ReturnBook) -> Outcome:
    """The record of a Payment or BillPayment as the client read it.

    Raises `OddShape` where the object is not as Intuit documents it.
    """
    side = _SIDES[entity]
    day = day_of(thing)
    label = f"{entity} {_number(thing) or 'Id ' + str(thing['Id'])} of {day}"
    if (not_ours := outside(label, day, book)) is not None:
        return not_ours
    party_id = book.party(side.party_entity, value_of(thing, side.party_field))
    allocations, elsewhere, coming = _allocations(entity, thing, side, book)
    if party_id is None and book.on_its_way(side.party_entity, value_of(thing, side.party_field)):
        return on_its_way(label, f"its {side.party_entity.lower()}")
    if party_id is None:
        if not allocations:
            return NotReturned(
                rule="party_not_in_source",
                message=f"{label} is of a {side.party_entity.lower()} that the inventory system does not have",
            )
        return Withheld(
            reason="party_not_linked",
            message=f"{label} settles a document of the inventory system, but its {side.party_entity.lower()} is none "
            "that was posted from there: link the party (`qbo-pipeline relink`), or correct the payment in QuickBooks",
        )
    if coming:
        return on_its_way(label, f"{coming[0]}, which it settles,")
    if not allocations and elsewhere:
        return NotReturned(rule="nothing_of_source", message=f"{label} settles only what QuickBooks alone has")
    if gone := [item.document_id for item in allocations if book.gone(item.document_id)]:
        return Withheld(
            reason="document_gone",
            message=f"{label} settles document/{gone[0]}, which the inventory system no longer has: restore it there, "
            "or move the payment to another document in QuickBooks",
        )
    total = exact(thing.get("TotalAmt", 0), "TotalAmt")
    settled = sum((item.amount for item in allocations), _ZERO)
    if settled > total:
        return Withheld(
            reason="does_not_add_up",
            message=f"{label} is of {total}, and what it settles comes to {settled}: correct it in QuickBooks",
        )
    return Returned(
        record=Payment(
            payment_id=f"{entity}/{thing['Id']}",
            kind=side.kind,
            number=_number(thing) or f"QB-{thing['Id']}",
            business_date=day,
            party_id=party_id,
            currency=currency_of(thing, book),
            exchange_rate=rate_of(thing, book),
            amount=total,
            account=_account(entity, thing, book),
            reference=_number(thing),
            memo=_memo(elsewhere),
            allocations=tuple(allocations),
        )
    )


def _number(thing: JsonObject) -> str | None:
    number = thing.get("PaymentRefNum") or thing.get("DocNumber")
    return str(number) if number else None


def _allocations(
    entity: str, thing: JsonObject, side: _Side, book: ReturnBook
) -> tuple[list[Allocation], list[str], list[str]]:
    """What settles documents of the source, added up by document; in words what settles something else, and which of
    that is on its way to the source."""
    amounts: dict[str, Decimal] = {}
    elsewhere: list[str] = []
    coming: list[str] = []
    for line in objects(thing.get("Line"), "Line"):
        amount = exact(line.get("Amount", 0), "Amount")
        for link in objects(line.get("LinkedTxn"), "LinkedTxn"):
            kind, qbo_id = str(link.get("TxnType", "")), str(link.get("TxnId", ""))
            document_id = book.document(kind, qbo_id) if kind in (side.charge, side.credit) else None
            if document_id is None:
                elsewhere.append(f"{kind} Id {qbo_id} {amount}")
                coming += [f"{kind} Id {qbo_id}"] if book.on_its_way(kind, qbo_id) else []
                continue
            signed = amount if kind == side.charge else -amount
            amounts[document_id] = amounts.get(document_id, _ZERO) + signed
    found = [
        Allocation(allocation_id=f"{entity}/{thing['Id']}:{document_id}", document_id=document_id, amount=amount)
        for document_id, amount in sorted(amounts.items())
    ]
    return found, elsewhere, coming


def _account(entity: str, thing: JsonObject, book: ReturnBook) -> str | None:
    if entity == "Payment":
        return book.account(value_of(thing, "DepositToAccountRef"))
    by_check = value_of(an_object(thing.get("CheckPayment"), "CheckPayment"), "BankAccountRef")
    by_card = value_of(an_object(thing.get("CreditCardPayment"), "CreditCardPayment"), "CCAccountRef")
    return book.account(by_check or by_card)


def _memo(elsewhere: list[str]) -> str | None:
    return f"In QuickBooks it also settles {'; '.join(elsewhere)}" if elsewhere else None
