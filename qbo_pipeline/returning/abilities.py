"""What a target can do with entries of each kind, said beforehand: what it holds of them, how doubt ends, what is left
to a person.

What belongs here: the values. Each system that is written by its own API has a table of them beside its writers
(`sources/<system>/abilities.py`); the writing goes by it, the documentation is made from it, and the tests run over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from qbo_pipeline.inventory.records import DOCUMENT_KINDS, PARTY_KINDS, PAYMENT_KINDS, PRODUCT_KINDS
from qbo_pipeline.returning.rules import OWNED_AS

Action = Literal["make", "change", "take_out"]
MAKE: Action = "make"
CHANGE: Action = "change"
TAKE_OUT: Action = "take_out"
ACTIONS: tuple[Action, ...] = (MAKE, CHANGE, TAKE_OUT)

ID_FIELDS: Mapping[str, str] = {
    **dict.fromkeys(PAYMENT_KINDS, "payment_id"),
    **dict.fromkeys(DOCUMENT_KINDS, "document_id"),
    **dict.fromkeys(PARTY_KINDS, "party_id"),
    **dict.fromkeys(PRODUCT_KINDS, "product_id"),
    "adjustment": "movement_id",
    "attachment": "attachment_id",
}
"""By kind, the field of an entry's content that holds its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindAbility:
    """What a system can do with entries of one kind.

    - `found_by`: where our marker stands, or what else tells that an entry is there already.
    - `cannot`: what it has no way to do, each with what a person does instead; `{marker}` stands for the entry's.
    - `idempotent`: whether the same request twice leaves one thing there.
    - `versions`: whether it tells a version, so that nothing is written over what changed meanwhile.
    - `afterwards`: what of a thing may be changed once it is approved there.
    - `left_out`: what an entry says and the system takes no note of.
    - `asks_for`: what the system asks of each new one, in its own words, and QuickBooks does not know: the settings say
      it (`[write_back.new_entries]`).
    """

    kind: str
    found_by: str
    cannot: Mapping[Action, str] = field(default_factory=dict)
    idempotent: bool = False
    versions: bool = False
    afterwards: str = "all of it"
    left_out: str = ""
    asks_for: tuple[str, ...] = ()

    def can(self, action: Action) -> bool:
        """Whether it has a way to do that."""
        return action not in self.cannot


def by_kind(*abilities: KindAbility) -> dict[str, KindAbility]:
    """Abilities by the kind that they are of."""
    return {ability.kind: ability for ability in abilities}


def own_id(content: Mapping[str, Any]) -> str | None:
    """The id in an entry's content: the system's own, or that of QuickBooks for what is to be made."""
    return content.get(ID_FIELDS.get(content.get("kind", ""), ""))


def is_made_in_quickbooks(content: Mapping[str, Any]) -> bool:
    """Whether the id in an entry's content is QuickBooks', of a thing that the system has to make."""
    return "/" in (own_id(content) or "")


def is_taken_out(operation: str, content: Mapping[str, Any]) -> bool:
    """Whether an entry says that the thing no longer counts."""
    return operation == "void" or content.get("status") == "voided" or content.get("active") is False


def action_of(operation: str, content: Mapping[str, Any]) -> Action:
    """What a system has to do for an entry."""
    if is_taken_out(operation, content):
        return TAKE_OUT
    return MAKE if is_made_in_quickbooks(content) else CHANGE


def asked_for(takes: Mapping[str, KindAbility]) -> dict[str, tuple[str, ...]]:
    """By what `[ownership]` calls a list, what a system asks of each new entry of it."""
    return {OWNED_AS[kind]: ability.asks_for for kind, ability in takes.items() if ability.asks_for}
