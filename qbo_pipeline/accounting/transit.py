"""Bills that come before their goods: what they cost is in transit until the goods arrive.

What belongs here: the policy `unmatched_bill_lines = "in_transit"`, seen from both sides. A bill puts what has not come
by its date on the account `in_transit`; a receipt of a later day takes its share of exactly that off again, and accrues
only what no bill was ahead of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from qbo_pipeline.accounting.accounts import Place, account_for, product_of
from qbo_pipeline.accounting.books import AccountRef, Books, rate_on
from qbo_pipeline.accounting.converting import converted_document
from qbo_pipeline.accounting.money import apportion, cents, slice_of
from qbo_pipeline.inventory.records import Document, DocumentLine, Match, Movement


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledAhead:
    """What a bill has put in transit for one match, in the bill's currency and cents."""

    match: Match
    amount: Decimal
    account: AccountRef
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What a receipt takes off stock in transit again: a quantity, and its home amount in cents."""

    place: Place
    quantity: Decimal
    home: Decimal


def keeps_transit(books: Books) -> bool:
    """Whether bills of the books' date go ahead of their goods through stock in transit."""
    return books.policies.unmatched_bill_lines == "in_transit" and books.policies.accrue_receipts


def ahead_of_goods(document: Document, line: DocumentLine, amount: Decimal, books: Books) -> Iterator[BilledAhead]:
    """The parts of a bill's line whose goods come on a later day; `amount` is the line's cents, `books` of its date.

    The matches take slices of the line by quantity, those whose goods have come first: whatever they are, the slices of
    one line add up to no more than the line.
    """
    if document.kind != "bill" or document.total_amount < 0 or not keeps_transit(books):
        return
    come: list[Match] = []
    later: list[tuple[Match, Movement]] = []
    for match in (match for match in document.matches if match.line_id == line.line_id):
        movement = books.movement(match.movement_id)
        if movement is not None and match.quantity and _is_later(movement, document, books):
            later.append((match, movement))
        else:
            come.append(match)
    before = sum((abs(match.quantity) for match in come), Decimal(0))
    whole = max(abs(line.quantity or Decimal(0)), before + sum((abs(match.quantity) for match, _ in later), Decimal(0)))
    for match, movement in later:
        part = slice_of(amount, whole, before, abs(match.quantity))
        before += abs(match.quantity)
        place = _place(document, line, match, movement, books)
        yield BilledAhead(match=match, amount=part, account=account_for(books, "in_transit", place), place=place)


def billed_ahead(movement: Movement, books: Books) -> dict[str, list[Arrived]]:
    """By line of a receipt, what bills of earlier days have put in transit for it, up to the quantity received: what is
    billed beyond it stays in transit."""
    if movement.kind != "receipt":
        return {}
    found: dict[str, list[Arrived]] = {}
    left = {line.line_id: abs(line.quantity) for line in movement.lines}
    for document_id in books.bills_of(movement.movement_id):
        document = books.document(document_id)
        if document is None or document.status != "completed" or document.business_date >= movement.business_date:
            continue
        its = books.on(document.business_date)
        document = converted_document(document, its)
        rate = rate_on(its, document.currency, document.business_date, document.exchange_rate)
        amounts = apportion(line.net_amount for line in document.lines)
        for line, amount in zip(document.lines, amounts, strict=True):
            for ahead in ahead_of_goods(document, line, amount, its):
                line_id, whole = ahead.match.movement_line_id, abs(ahead.match.quantity)
                quantity = min(whole, left.get(line_id, Decimal(0)))
                if ahead.match.movement_id == movement.movement_id and quantity:
                    left[line_id] -= quantity
                    home = slice_of(cents(ahead.amount * rate), whole, Decimal(0), quantity)
                    found.setdefault(line_id, []).append(Arrived(place=ahead.place, quantity=quantity, home=home))
    return found


def _is_later(movement: Movement, document: Document, books: Books) -> bool:
    accrues = books.on(movement.business_date).policies.accrue_receipts
    posted = movement.kind == "receipt" and movement.status == "completed" and accrues
    return posted and movement.business_date > document.business_date


def _place(document: Document, line: DocumentLine, match: Match, movement: Movement, books: Books) -> Place:
    row = next((row for row in movement.lines if row.line_id == match.movement_line_id), None)
    return Place(
        field=f"line {line.line_number} of bill {document.number}",
        product=product_of(books, row.product_id if row else line.product_id, "matches"),
        location_id=row.location_id if row else line.location_id or document.location_id,
        party=f"supplier:{document.party_id}",
        line=line,
        document=document,
    )
