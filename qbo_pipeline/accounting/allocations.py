"""What a payment settles: which of its allocations can be linked in QBO, and up to which amount.

What belongs here: links and their limits. Which form a payment becomes is the business of `payments.py`.

Linked is what is posted now or later, in the payment's currency, of the payer or of a customer that is a part of the
payer; charges by positive allocations and credits by negative ones. What is not linked is on account.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.converting import converted_document, converted_payment
from qbo_pipeline.accounting.documents import CREDIT_ENTITIES, can_be_settled, entity_of
from qbo_pipeline.accounting.drafts import Stop
from qbo_pipeline.accounting.exporting import kept_out
from qbo_pipeline.accounting.money import ZERO, cents
from qbo_pipeline.accounting.orders import bill_key, makes_its_bill
from qbo_pipeline.inventory.records import Allocation, Document, Payment

_SIDES = {"payment_received": ("Invoice", "CreditMemo"), "payment_made": ("Bill", "VendorCredit")}
MAX_LEVELS = 5  # of sub-customers in QBO


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """What of a payment settles one object of QBO; `amount` is positive, `day` the object's business date."""

    key: str
    entity: str
    amount: Decimal
    number: str = ""
    day: date | None = None
    summed: bool = False  # whether it stands in a day's summary, which is the summary customer's

    @property
    def settles(self) -> Decimal:
        """What it takes of the payment: a credit gives."""
        return -self.amount if self.entity in CREDIT_ENTITIES else self.amount


def links_of(payment: Payment, books: Books) -> tuple[tuple[Portion, ...], tuple[str, ...]]:
    """What is linked, and what is not, as texts: a document's number (its id where unknown) and the amount.

    A document is settled up to its total less what payments that came before say that they settle of it: by the order
    of their coming, not of their dates, for what stands in QBO keeps what it settles there. Charges (invoices, bills)
    and credits hold each other up: a payment settles charges up to its amount and the credits, a refund settles credits
    up to its amount and the charges. What exceeds that is not linked.
    """
    linkable: list[Portion] = []
    left: dict[str, Decimal] = {}  # by key, how much of a document is not settled yet
    unlinked: list[str] = []
    for allocation in payment.allocations:
        document, key = _settled_document(allocation.document_id, books)
        number = document.number if document is not None else allocation.document_id
        amount = cents(allocation.amount)
        if document is not None and (entity := _linkable_as(payment, document, amount)) is not None:
            if kept_out(document, books) is not None and books.posted_as(key) is None:
                unlinked.append(f"{number} {amount}")
                continue
            if not _may_pay_for(payment, document, books):
                unlinked.append(f"{number} {amount} (of another {'customer' if _is_received(payment) else 'supplier'})")
                continue
            if key not in left:
                left[key] = _open_before(payment, document, books)
            settled = min(abs(amount), left[key])
            left[key] -= settled
            if settled:
                day = document.business_date
                summed = books.is_summarised(document.document_id)
                linkable.append(Portion(key=key, entity=entity, amount=settled, number=number, day=day, summed=summed))
            if settled < abs(amount):
                unlinked.append(f"{number} {abs(amount) - settled}")
        elif amount:
            unlinked.append(f"{number} {amount}")
    charges = [item for item in linkable if item.settles > 0]
    credits = [item for item in linkable if item.settles < 0]
    paid = cents(payment.amount)
    if paid >= 0:
        credits = _capped(credits, total(charges), unlinked)
        charges = _capped(charges, paid + total(credits), unlinked)
    else:
        charges = _capped(charges, total(credits), unlinked)
        credits = _capped(credits, -paid + total(charges), unlinked)
    return tuple(credits + charges), tuple(unlinked)


def total(links: list[Portion]) -> Decimal:
    """The sum of the links' amounts."""
    return sum((item.amount for item in links), ZERO)


def _settled_document(document_id: str, books: Books) -> tuple[Document | None, str]:
    """The document that an allocation names, and its key: for a purchase order, the bill that it makes."""
    document = books.document(document_id)
    if document is not None:
        document = converted_document(document, books.on(document.business_date))
    if document is not None and makes_its_bill(document, books):
        assert document.finished_on is not None
        return replace(document, kind="bill", business_date=document.finished_on), bill_key(document)
    return document, f"document/{document_id}"


def _is_received(payment: Payment) -> bool:
    return payment.kind == "payment_received"


def _linkable_as(payment: Payment, document: Document | None, amount: Decimal) -> str | None:
    """The entity that an allocation links to: charges by positive amounts, credits by negative ones."""
    if document is None or not can_be_settled(document) or document.currency != payment.currency or not amount:
        return None
    entity = entity_of(document)
    charge, credit = _SIDES[payment.kind]
    return entity if entity == (charge if amount > 0 else credit) else None


def _may_pay_for(payment: Payment, document: Document, books: Books) -> bool:
    """Whether QBO lets the payer settle it: its own document, or that of a customer somewhere below it."""
    if document.party_id == payment.party_id:
        return True
    if not _is_received(payment) or books.policies.sub_customers != "kept":
        return False
    party = books.party("customer", document.party_id)
    for _ in range(MAX_LEVELS - 1):
        if party is None or party.parent_id is None:
            return False
        if party.parent_id == payment.party_id:
            return True
        party = books.party("customer", party.parent_id)
    return False


def _open_before(payment: Payment, document: Document, books: Books) -> Decimal:
    """What of a document is open when this payment comes: its total less the allocations of those before it."""
    others = books.payments_of(document.document_id)
    before = itertools.takewhile(lambda other: other.payment_id != payment.payment_id, others)
    settled = sum(
        (
            abs(cents(allocation.amount))
            for other in before
            if other.kind == payment.kind and other.status != "voided"
            for allocation in _as_posted(other, books)
            if _settles_too(other, allocation, document)
        ),
        ZERO,
    )
    taken = cents(document.deposit_amount or Decimal(0))
    return max(abs(cents(document.total_amount)) - taken - settled, ZERO)


def _settles_too(other: Payment, allocation: Allocation, document: Document) -> bool:
    return (
        allocation.document_id == document.document_id
        and _linkable_as(replace(other, currency=document.currency), document, cents(allocation.amount)) is not None
    )


def _as_posted(payment: Payment, books: Books) -> tuple[Allocation, ...]:
    """A payment's allocations in the currency in which it is posted; none of one that is refused for want of a rate."""
    try:
        return converted_payment(payment, books.on(payment.business_date))[0].allocations
    except Stop:
        return ()


def _capped(links: list[Portion], limit: Decimal, unlinked: list[str]) -> list[Portion]:
    """The links up to a limit in all, one for each document; what exceeds it is added to `unlinked`."""
    taken: dict[str, Portion] = {}
    left = limit
    for item in links:
        amount = min(item.amount, left)
        left -= amount
        if amount < item.amount:
            unlinked.append(f"{item.number} {item.amount - amount}")
        if amount:
            earlier = taken[item.key].amount if item.key in taken else ZERO
            taken[item.key] = replace(item, amount=earlier + amount)
    return list(taken.values())
