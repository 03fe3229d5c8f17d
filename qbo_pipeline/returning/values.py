"""What a return rule answers, and what it may look up.

What belongs here: values without behaviour. How an object of QuickBooks becomes one is in the module of its subject.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from qbo_pipeline.inventory.records import Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnBook:
    """What is known of both sides.

    - `home_currency`: the company's; an amount in it has no exchange rate.
    - `first_day`: what is dated before it is not written back.
    - `party(entity, qbo_id)`: the source's id of the customer or supplier that a Customer or Vendor is, or `None`.
    - `document(entity, qbo_id)`: the source's id of the document that an object is, or `None`; `gone(document_id)`
      whether the source no longer has it.
    - `account(qbo_id)`: what the source calls a bank account (`[accounts.hints]`), or `None`.
    """

    home_currency: str
    first_day: date
    party: Callable[[str, str], str | None]
    document: Callable[[str, str], str | None]
    gone: Callable[[str], bool]
    account: Callable[[str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """The inventory system is to hold this record."""

    record: Payment


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
