"""What two sides say of one thing, field by field: what goes where, and what is a conflict.

What belongs here: the three-way comparison, pure. What was last agreed is two values for each field, one of each
side: they need not be the same text (QuickBooks takes no colon in a name), only known to mean the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Value = Any  # text, bool or None, as canonical content has them
Values = Mapping[str, Value]
Side = Literal["source", "quickbooks"]


@dataclass(frozen=True, slots=True)
class Agreed:
    """What each side said when the two last agreed."""

    source: Values
    quickbooks: Values


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that both sides changed since they last agreed, with what each says now."""

    field: str
    source: Value
    quickbooks: Value

    def __str__(self) -> str:
        return f"{self.field} {_shown(self.source)} in the inventory system and {_shown(self.quickbooks)} in QuickBooks"


@dataclass(slots=True)
class Merge:
    """Fields with the value that a side is to take, conflicts, and what is agreed after this comparison.

    Where there is a conflict nothing goes either way: `to_source` and `to_quickbooks` are empty. `left` are the fields
    in which the two may differ, with what QuickBooks says of each: nobody has changed one since that was agreed.
    """

    to_source: dict[str, Value] = field(default_factory=dict)
    to_quickbooks: dict[str, Value] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    left: dict[str, Value] = field(default_factory=dict)
    agreed_source: dict[str, Value] = field(default_factory=dict)
    agreed_quickbooks: dict[str, Value] = field(default_factory=dict)


def merge(
    fields: tuple[str, ...],
    source: Values,
    quickbooks: Values,
    agreed: Agreed,
    *,
    same: Callable[[str, Value, Value], bool],
    rules: Mapping[str, Side],
    owner: Side | None = None,
) -> Merge:
    """Compare the sides by field.

    `same(field, source, quickbooks)` says whether two values mean the same; `rules` names the side that wins a
    conflict of a field; `owner` is the side whose word alone counts, where one owns the whole thing.
    """
    found = Merge()
    for name in fields:
        here, there = source.get(name), quickbooks.get(name)
        before_here, before_there = agreed.source.get(name), agreed.quickbooks.get(name)
        changed_here, changed_there = here != before_here, there != before_there
        if same(name, here, there) or not (changed_here or changed_there):
            found.agreed_source[name], found.agreed_quickbooks[name] = here, there
            if not same(name, here, there):
                found.left[name] = there
            continue
        found.agreed_source[name], found.agreed_quickbooks[name] = before_here, before_there
        winner = owner or (rules.get(name) if changed_here and changed_there else None)
        if winner == "source" or (winner is None and not changed_there):
            found.to_quickbooks[name] = here
        elif winner == "quickbooks" or (winner is None and not changed_here):
            found.to_source[name] = there
        else:
            found.conflicts.append(Conflict(name, here, there))
    if found.conflicts:
        found.to_source, found.to_quickbooks = {}, {}
    return found


def _shown(value: Value) -> str:
    return "nothing" if value is None else repr(value) if isinstance(value, str) else str(value).lower()
