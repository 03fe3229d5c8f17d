"""What a posting rule answers: a draft of a QBO object, an exclusion by rule, or a refusal with its remedy.

What belongs here: the answers' shapes. How a record becomes one is in the module of its subject; the table of
rules is in `rules.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

from qbo_pipeline.errors import Signal

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a payload does to one stock account: signed, debit positive, home currency, two decimals.

    `record_key` says whose share it is where the payload sums up several records.
    """

    account_id: str
    amount: Decimal
    product_id: str | None = None
    location_id: str | None = None
    record_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One QBO object that is to exist.

    `amount` is the object's total in `currency`, never negative (a journal entry's total of debits; 0.00 for a
    customer, vendor or item, whose `business_date` is `None`). `effects` add up, for each stock account, to exactly
    what the payload does to it.
    """

    key: str
    entity: str
    payload: Payload
    business_date: date | None
    amount: Decimal
    currency: str
    effects: tuple[Effect, ...] = ()

    @property
    def depends_on(self) -> tuple[str, ...]:
        """The keys that the payload refers to as `"$<key>"` in the place of an Id, each once."""
        return tuple(dict.fromkeys(_keys_in(self.payload)))


def _keys_in(payload: Payload) -> Iterator[str]:
    """The text behind each `"$<key>"` that stands where an Id does; those of one object before those inside it."""
    within: list[Any] = [payload]
    for value in within:  # grows while it is gone through
        if isinstance(value, list):
            within += value
        elif isinstance(value, dict):
            for name, item in value.items():
                if isinstance(item, str):
                    if item.startswith("$") and name in ("value", "TxnId"):
                        yield item[1:]
                elif isinstance(item, dict | list):
                    within.append(item)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """Not to be posted, by a rule.

    `effects` says what moves between products or locations inside one account (a transfer, an assembly): it nets
    to 0.00 on every account, so that there is nothing to post, but a comparison by location still needs it.
    """

    rule: str
    message: str
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Must be posted but cannot be yet: `message` says what, why and what to do; `field` says where."""

    reason: str
    message: str
    field: str


Outcome = Draft | list[Draft] | Excluded | Refused


class Stop(Signal):
    """Ends the work on one record with its answer: not a fault; `rules.build` turns it back into a value."""

    def __init__(self, outcome: Excluded | Refused) -> None:
        super().__init__(outcome.message)
        self.outcome = outcome


def refuse(reason: str, message: str, field: str) -> NoReturn:
    """End the work on this record with a `Refused`."""
    raise Stop(Refused(reason=reason, message=message, field=field))


def exclude(rule: str, message: str) -> NoReturn:
    """End the work on this record with an `Excluded`."""
    raise Stop(Excluded(rule=rule, message=message))
