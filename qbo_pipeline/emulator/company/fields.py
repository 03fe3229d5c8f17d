"""The vocabulary of the rule tables: what a property may hold. What follows from that is checked in `cleaning`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """One property: `kind` chooses the check, the rest are its limits.

    `kind`: text, email, bool, date, datetime, amount (2 decimals), number, integer, ref, enum, object, list or any.
    `target` names the entities that a reference may point to; `fixed` properties are kept as first written.
    """

    kind: str
    max: int = 0
    required: bool = False
    read_only: bool = False
    fixed: bool = False
    target: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    fields: Mapping[str, Field] | None = None
    queryable: bool | None = None
    low: Decimal | None = None
    high: Decimal | None = None


def text(max: int = 4000, **more: Any) -> Field:
    """A string of at most `max` characters."""
    return Field("text", max=max, **more)


def ref(*target: str, **more: Any) -> Field:
    """A reference to one of the entities named."""
    return Field("ref", target=target, **more)


def enum(*options: str, **more: Any) -> Field:
    """One of the words given; case does not matter on input."""
    return Field("enum", options=options, **more)


def obj(fields: Mapping[str, Field], **more: Any) -> Field:
    """A nested object."""
    return Field("object", fields=fields, **more)


def rows(fields: Mapping[str, Field] | None = None, **more: Any) -> Field:
    """A list of objects (of anything, where no fields are given)."""
    return Field("list", fields=fields, **more)


def computed(kind: str = "any", *, queryable: bool | None = None) -> Field:
    """A property that QBO fills in: accepted and ignored on input."""
    return Field(kind, read_only=True, queryable=queryable)


BOOL = Field("bool")
DATE = Field("date")
AMOUNT = Field("amount")
NUMBER = Field("number")
INTEGER = Field("integer")
EMAIL = Field("email", max=100)
ANY = Field("any")
