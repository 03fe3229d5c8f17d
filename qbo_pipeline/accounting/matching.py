"""Bill lines against goods received: what a bill takes off goods received not invoiced, and what is left over.

What belongs here: the split of one purchase line into account parts. Which document and which fields is the
business of `purchases.py`.

A line's matched part takes from the clearing account exactly the cents that the matched movement put there (partial
matches take slices that add up to the whole), whatever the bill says; where the bill says something else, the
difference is a part of its own, on the account that the policy names. So the clearing account ends at 0.00 on every
matched line. In a foreign currency the cleared amount is divided by the bill's rate and rounded to its cents, so a
cent may be left for each line.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from qbo_pipeline.accounting.accounts import Place, account_for, product_of
from qbo_pipeline.accounting.books import AccountRef, Books
from qbo_pipeline.accounting.documents import Subject
from qbo_pipeline.accounting.journals import Leg
from qbo_pipeline.accounting.money import ZERO, cents, slice_of
from qbo_pipeline.accounting.movements import accrued
from qbo_pipeline.accounting.transit import ahead_of_goods, billed_ahead
from qbo_pipeline.inventory.records import DocumentLine, Match, Movement


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One account's share of a purchase line: in the document's currency and the entity's direction, in cents.

    `known` says whether QBO posts this amount there; what a credit takes out of tracked stock it costs by itself.
    """

    account: AccountRef
    amount: Decimal
    place: Place
    why: str = ""
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cleared:
    """What one match clears: its quantity, and the account's part."""

    quantity: Decimal
    part: Part


@dataclass(slots=True, kw_only=True)
class Clearing:
    """The matches of one document, with what its earlier lines have taken of each movement line."""

    subject: Subject
    books: Books
    taken: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    posted: dict[str, dict[str, Leg]] = field(default_factory=dict)
    matches: dict[str, list[Match]] = field(default_factory=dict)
    shared: dict[str, Decimal] = field(default_factory=dict)  # by product, what on hand has a difference already

    def __post_init__(self) -> None:
        for match in self.subject.document.matches:
            self.matches.setdefault(match.line_id, []).append(match)

    def role(self, books: Books, movement: Movement | None = None) -> str:
        """The account between the goods and this document: of landed cost its own, of the rest that of receipts, or by
        the policy for supplier returns."""
        if movement is not None and movement.kind == "landed_cost":
            return "landed_cost"
        if self.subject.document.kind == "purchase_credit":
            return books.policies.supplier_return_clearing
        return "goods_received_not_invoiced"

    def parts(self, line: DocumentLine, amount: Decimal, place: Place) -> Iterator[Part]:
        """The parts of a stock line; they add up to `amount` (the line's cents in the entity's direction)."""
        place = self._located(line, place)
        ahead = list(ahead_of_goods(self.subject.document, line, amount, self.books))
        later = {(item.match.movement_id, item.match.movement_line_id) for item in ahead}
        for item in ahead:
            yield Part(account=item.account, amount=item.amount, place=item.place, why="goods to come")
        amount -= sum((item.amount for item in ahead), ZERO)
        cleared = list(self._cleared(line, later))
        if not cleared:
            yield self._unmatched(line, amount, place)
            return
        yield from (item.part for item in cleared)
        matched = sum((item.quantity for item in cleared), Decimal(0))
        whole = abs(line.quantity or Decimal(0)) - sum((abs(item.match.quantity) for item in ahead), Decimal(0))
        billed = amount
        if matched < whole:
            billed = slice_of(amount, whole, Decimal(0), matched)
            yield self._unmatched(line, amount - billed, place)
        if difference := billed - sum((item.part.amount for item in cleared), ZERO):
            yield from self._differences(difference, matched, cleared[0].part.place, self._came_by(line))

    def clears(self, line: DocumentLine) -> bool:
        """Whether one of the line's matches has accrued what the line bills."""
        for match in self.matches.get(line.line_id, ()):
            movement = self.books.movement(match.movement_id)
            if movement is not None and match.movement_line_id in self._posted_legs(movement):
                return True
        return False

    def _cleared(self, line: DocumentLine, later: Set[tuple[str, str]]) -> Iterator[_Cleared]:
        for match in self.matches.get(line.line_id, ()):
            if (match.movement_id, match.movement_line_id) in later:
                continue
            if (found := self._clear(match, line)) is not None:
                yield found

    def _clear(self, match: Match, line: DocumentLine) -> _Cleared | None:
        """What one match takes off the clearing account; `None` where its movement never put anything there."""
        movement = self.books.movement(match.movement_id)
        leg = self._posted_legs(movement).get(match.movement_line_id) if movement is not None else None
        if movement is None or leg is None:
            return None
        moved = next(abs(row.quantity) for row in movement.lines if row.line_id == match.movement_line_id)
        place = (match.movement_id, match.movement_line_id)
        ahead = billed_ahead(movement, self.books.on(movement.business_date)).get(match.movement_line_id, ())
        in_transit = sum((item.quantity for item in ahead), Decimal(0))
        moved -= in_transit
        if ahead and not moved:
            return None
        earlier = self.books.matched_before(*place, self.subject.document) + self.taken.get(place, Decimal(0))
        earlier -= in_transit
        whole = moved or abs(match.quantity)
        quantity = min(abs(match.quantity), max(whole - earlier, Decimal(0)))
        if not quantity:
            return None
        self.taken[place] = self.taken.get(place, Decimal(0)) + quantity
        home = slice_of(-leg.amount, whole, earlier, quantity)
        direction = 1 if self.subject.entity == "Bill" else -1
        amount = cents(direction * home / self.subject.rate)
        return _Cleared(
            quantity=quantity,
            part=Part(
                account=leg.account,
                amount=amount,
                place=Place(
                    field=f"line {line.line_number} of {self.subject.label}",
                    product=product_of(self.books, leg.product_id, "matches"),
                    location_id=leg.location_id,
                    party=self.subject.party.record_id,
                    line=line,
                    document=self.subject.document,
                ),
            ),
        )

    def _located(self, line: DocumentLine, place: Place) -> Place:
        """The place with the location of the goods, where the document does not say one but its match does."""
        if place.location_id is not None:
            return place
        for match in self.matches.get(line.line_id, ()):
            movement = self.books.movement(match.movement_id)
            for row in movement.lines if movement is not None else ():
                if row.line_id == match.movement_line_id:
                    return replace(place, location_id=row.location_id)
        return place

    def _posted_legs(self, movement: Movement) -> dict[str, Leg]:
        if movement.movement_id not in self.posted:
            self.posted[movement.movement_id] = accrued(
                movement, self.books, self.role(self.books.on(movement.business_date), movement)
            )
        return self.posted[movement.movement_id]

    @property
    def _difference_policy(self) -> str:
        """A credit's difference is a price variance: its goods are gone (row 8)."""
        if self.subject.document.kind == "purchase_credit":
            return "purchase_price_variance"
        return self.books.policies.bill_difference

    def _differences(self, difference: Decimal, matched: Decimal, place: Place, day: date) -> Iterator[Part]:
        """The difference between billed and accrued, on the account that the policy names; shared between stock and
        cost of sales where it is to follow the goods."""
        policy = self._difference_policy
        if policy != "on_hand_share":
            yield self._difference(difference, policy, place)
            return
        there = self._still_there(place, matched, day)
        in_stock = slice_of(difference, matched, Decimal(0), there) if matched else ZERO
        if in_stock:
            yield self._difference(in_stock, "inventory", place)
        if difference - in_stock:
            yield self._difference(difference - in_stock, "cost_of_goods_sold", place)

    def _difference(self, difference: Decimal, role: str, place: Place) -> Part:
        return Part(
            account=account_for(self.books, role, place), amount=difference, place=place, why="price difference"
        )

    def _came_by(self, line: DocumentLine) -> date:
        """The day by which the goods of a line were there and billed."""
        found = (self.books.movement(match.movement_id) for match in self.matches.get(line.line_id, ()))
        days = (movement.business_date for movement in found if movement is not None)
        return max(self.subject.document.business_date, *days)

    def _still_there(self, place: Place, matched: Decimal, day: date) -> Decimal:
        """How many of the goods are on hand at the end of a day; each piece counts for one line."""
        if place.product is None:
            return Decimal(0)
        product = place.product.product_id
        stock = self.books.on_hand(product, day) - self.shared.get(product, Decimal(0))
        there = min(matched, max(stock, Decimal(0)))
        self.shared[product] = self.shared.get(product, Decimal(0)) + there
        return there

    def _unmatched(self, line: DocumentLine, amount: Decimal, place: Place) -> Part:
        """What no movement has accrued. Where its match has, the line asks for more than was moved."""
        role = self.role(self.books)
        if self.subject.document.kind != "purchase_credit":
            accrues = self._accrues(line)
            role = self.books.policies.unmatched_bill_lines if accrues else "inventory"
        if role == "in_transit" and self.subject.document.kind == "purchase_order":
            role = "goods_received_not_invoiced"  # a plan: whether the bill goes ahead is not known yet
        matches = self.matches.get(line.line_id, ())
        beyond = any(match.movement_line_id in self.posted.get(match.movement_id, {}) for match in matches)
        return Part(
            account=account_for(self.books, role, place),
            amount=amount,
            place=place,
            why="beyond what was moved" if beyond else "",
        )

    def _accrues(self, line: DocumentLine) -> bool:
        """Whether goods received accrue: by the date of the receipt where one is known, else by the document's."""
        for match in self.matches.get(line.line_id, ()):
            movement = self.books.movement(match.movement_id)
            if movement is not None:
                return self.books.on(movement.business_date).policies.accrue_receipts
        return self.books.policies.accrue_receipts
