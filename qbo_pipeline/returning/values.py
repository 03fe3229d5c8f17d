"""What a return rule answers, and what it may look up.

What belongs here: values without behaviour. How an object of QuickBooks becomes one is in the module of its subject.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol


def _nothing(qbo_id: str) -> None:
    return None


def _none(entity: str, qbo_id: str) -> None:
    return None


def _no(entity: str, qbo_id: str) -> bool:
    return False


def _yes(currency: str) -> bool:
    return True


def _not_known(product_id: str) -> None:
    return None


def _no_other(entity: str, name: str, own_id: str) -> None:
    return None


def _no_twin(record: Any) -> str | None:
    return None


def _not_sent(document_ids: Sequence[str], sha256: str) -> bool:
    return False


class HasContent(Protocol):
    """What an entry can tell: a record, or an attached file."""

    def to_content(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnBook:
    """What is known of both sides.

    - `home_currency`: the company's; an amount in it has no exchange rate.
    - `first_day`, `last_day`: what is dated before or after is not written back; most have no last day.
    - `party(entity, qbo_id)`: the source's id of the customer or supplier that a Customer or Vendor is, or `None`.
    - `document(entity, qbo_id)`: the source's id of the document that an object is, or `None`; `gone(document_id)`
      whether the source no longer has it.
    - `account(qbo_id)`: what the source calls an account (`[accounts.hints]`), or `None`; `tax_code(qbo_id)` likewise
      (`[tax_codes]`).
    - `product(qbo_id)`: the source's id of the product that an Item is, or `None`; `category(qbo_id)` what the source
      calls the category that an Item is.
    - `on_its_way(entity, qbo_id)`: whether an object that the source does not have is written back too.
    - `namesake(entity, name)`: the source's id of a party or product of this name that is nothing in QuickBooks yet.
    - `being_posted(entity, name)`: whether a list entry of this name is being made by a posting of ours.
    - `called(entity, qbo_id)`: what QuickBooks calls a class, a department or a payment method.
    - `file(qbo_id)`: SHA-256, size and place of an attached file that was fetched; `sent_by_us(document_ids, sha256)`
      whether the source gave the same content for one of these documents.
    - `knows_currency(currency)`: whether the source has anything in it; `closed_through` the last day of what it has
      closed; `on_hand(product_id)` how many it has of a product, `None` where it may fall below nothing.
    - `other_named(entity, name, own_id)`: the source's id of another party or product that has this name or number.
    - `twin(record)`: the key of a document of the same kind, party and number, or of a payment of the same kind, party
      and amount and about the same day; none that was taken from QuickBooks.
    - `location`: the source's location of what moves in QuickBooks, which knows one place; `documents_move_stock`
      whether a document's quantities move the source's stock; `default_quantity`: with how many a product begins that
      QuickBooks keeps no quantity of, where the source counts it.
    """

    home_currency: str
    first_day: date
    party: Callable[[str, str], str | None]
    document: Callable[[str, str], str | None]
    gone: Callable[[str], bool]
    account: Callable[[str], str | None]
    tax_code: Callable[[str], str | None] = _nothing
    product: Callable[[str], str | None] = _nothing
    category: Callable[[str], str | None] = _nothing
    on_its_way: Callable[[str, str], bool] = _no
    namesake: Callable[[str, str], str | None] = _none
    being_posted: Callable[[str, str], bool] = _no
    called: Callable[[str, str], str | None] = _none
    file: Callable[[str], tuple[str, int, str] | None] = _nothing
    sent_by_us: Callable[[Sequence[str], str], bool] = _not_sent
    knows_currency: Callable[[str], bool] = _yes
    closed_through: date | None = None
    on_hand: Callable[[str], Decimal | None] = _not_known
    other_named: Callable[[str, str, str], str | None] = _no_other
    twin: Callable[[Any], str | None] = _no_twin
    location: str | None = None
    last_day: date | None = None
    documents_move_stock: bool = False
    default_quantity: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """The inventory system is to hold this record; `beside` is what its content says and a record has no field for."""

    record: HasContent
    beside: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReturned:
    """Not to be written back, by a rule."""

    rule: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """To be written back, but not before a person acts."""

    reason: str
    message: str


Outcome = Returned | NotReturned | Withheld
