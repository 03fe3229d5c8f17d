"""Which entry of QBO's lists is which customer, supplier or product of ours: by signs that agree, never by guess.

What belongs here: the signs, what of two entries agrees, and the three answers: a match by the stated policy, a doubt
for a person, or nothing alike. A policy is a list of combinations of signs; a match is what agrees in all signs of one
combination, contradicts in no strong one, and has no rival on either side.

QBO keeps a number of vendors (`AcctNum`) and items (`Sku`), none of customers; tax numbers it answers masked, so that
one which is seen in part is never a match by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Sign = Literal["number", "email", "tax_number", "name"]
Combination = tuple[Sign, ...]
SIGNS: tuple[Sign, ...] = ("number", "email", "tax_number", "name")
STRONG: tuple[Sign, ...] = ("number", "tax_number")  # where both sides have one, and it is another, it is somebody else
_MASK = "x"  # in lower case
_NAMES = {"Customer": ("DisplayName", "CompanyName"), "Vendor": ("DisplayName", "CompanyName"),
          "Item": ("Name", "Description")}  # fmt: skip
_NUMBERS = {"Vendor": "AcctNum", "Item": "Sku"}
_TAX_NUMBERS = {"Customer": "PrimaryTaxIdentifier", "Vendor": "TaxIdentifier"}


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of a list, ours (`id` is the posting's key) or QBO's (its Id), with its signs as they stand."""

    id: str
    entity: str
    name: str
    currency: str
    signs: Mapping[Sign, tuple[str, ...]]

    def shown(self, sign: Sign) -> str:
        """The sign for people; empty where there is none."""
        return next(iter(self.signs.get(sign, ())), "")


@dataclass(frozen=True, slots=True)
class Pair:
    """An entry of ours and one of QBO, with the signs that agree and those that say otherwise."""

    ours: Listed
    theirs: Listed
    agree: tuple[Sign, ...]
    differ: tuple[Sign, ...]
    in_part: bool = False  # the tax number agrees as far as QBO shows it


@dataclass(frozen=True, slots=True)
class Likeness:
    """A pair that the policy takes for one; `by` is the combination that agrees."""

    pair: Pair
    by: Combination


@dataclass(frozen=True, slots=True)
class Doubt:
    """An entry of ours that is like one or several of QBO's and is not matched; `why` says why not."""

    ours: Listed
    pairs: tuple[Pair, ...]
    why: str


def listed(entity: str, id: str, content: Mapping[str, Any]) -> Listed:
    """An entry from a payload of ours, or from an object as QBO answered it."""
    names = tuple(dict.fromkeys(str(content[field]) for field in _NAMES[entity] if content.get(field)))
    email = (content.get("PrimaryEmailAddr") or {}).get("Address")
    number, tax = content.get(_NUMBERS.get(entity, "")), content.get(_TAX_NUMBERS.get(entity, ""))
    signs: dict[Sign, tuple[str, ...]] = {"name": names}
    for sign, value in (("number", number), ("email", email), ("tax_number", tax)):
        if value:
            signs[sign] = (str(value),)  # type: ignore[index]  # the three are signs
    currency = str((content.get("CurrencyRef") or {}).get("value") or "")
    return Listed(id, entity, names[0] if names else "", currency, signs)


def compare(
    ours: Iterable[Listed], theirs: Iterable[Listed], policy: Sequence[Combination]
) -> tuple[list[Likeness], list[Doubt]]:
    """The matches and the doubts, in the order of `ours`; what is in neither is like nothing in QBO.

    Entries of different lists, or kept in different currencies, are never alike.
    """
    index = _Index(theirs)
    ours = list(ours)
    found = {one.id: [_pair(one, other) for other in index.like(one)] for one in ours}
    taken: dict[tuple[str, str], list[str]] = defaultdict(list)
    chosen: dict[str, list[Likeness]] = {}
    for one in ours:
        chosen[one.id] = [Likeness(pair, by) for pair in found[one.id] if (by := _by(pair, policy)) is not None]
        for match in chosen[one.id]:
            taken[one.entity, match.pair.theirs.id].append(one.id)
    matches: list[Likeness] = []
    doubts: list[Doubt] = []
    for one in ours:
        own = chosen[one.id]
        if not found[one.id]:
            continue
        if len(own) == 1 and len(taken[one.entity, own[0].pair.theirs.id]) == 1:
            matches.append(own[0])
            continue
        doubts.append(Doubt(one, tuple(found[one.id]), _why(one, own, found[one.id], taken)))
    return matches, doubts


class _Index:
    """QBO's entries by each of their signs."""

    def __init__(self, theirs: Iterable[Listed]) -> None:
        self._by: dict[tuple[str, Sign, str], list[Listed]] = defaultdict(list)
        self._shown: dict[str, set[int]] = defaultdict(set)  # how many characters of masked tax numbers are seen
        for one in theirs:
            for sign, values in one.signs.items():
                for value in values:
                    plain = _plain(sign, value)
                    tail = _tail(plain) if sign == "tax_number" else None
                    if tail is not None:
                        self._shown[one.entity].add(len(tail))
                    if key := plain if tail is None else tail:
                        self._by[one.entity, sign, key].append(one)

    def like(self, one: Listed) -> list[Listed]:
        """Those that share at least one sign, each once, by Id."""
        found: dict[str, Listed] = {}
        for sign, values in one.signs.items():
            for value in values:
                plain = _plain(sign, value)
                keys = {plain}
                if sign == "tax_number":
                    keys |= {plain[-length:] for length in self._shown[one.entity] if length}
                for key in keys - {""}:
                    found |= {other.id: other for other in self._by.get((one.entity, sign, key), ())}
        alike = [other for other in found.values() if _agreeing(one, other)[0]]
        same = [other for other in alike if not one.currency or other.currency in ("", one.currency)]
        return sorted(same, key=lambda other: (len(other.id), other.id))


def _pair(one: Listed, other: Listed) -> Pair:
    agree, differ, in_part = _agreeing(one, other)
    return Pair(one, other, agree, differ, in_part)


def _agreeing(one: Listed, other: Listed) -> tuple[tuple[Sign, ...], tuple[Sign, ...], bool]:
    agree: list[Sign] = []
    differ: list[Sign] = []
    in_part = False
    for sign in SIGNS:
        own = {_plain(sign, value) for value in one.signs.get(sign, ())} - {""}
        there = {_plain(sign, value) for value in other.signs.get(sign, ())} - {""}
        if not own or not there:
            continue
        tail = _tail(next(iter(there))) if sign == "tax_number" else None
        if own & there:
            agree.append(sign)
        elif tail and next(iter(own)).endswith(tail):
            agree.append(sign)
            in_part = True
        else:
            differ.append(sign)
    return tuple(agree), tuple(differ), in_part


def _by(pair: Pair, policy: Sequence[Combination]) -> Combination | None:
    if set(pair.differ) & set(STRONG):
        return None
    for combination in policy:
        if pair.in_part and combination == ("tax_number",):
            continue
        if set(combination) <= set(pair.agree):
            return combination
    return None


def _why(
    one: Listed, own: Sequence[Likeness], pairs: Sequence[Pair], taken: Mapping[tuple[str, str], Sequence[str]]
) -> str:
    if len(own) > 1:
        return f"{len(own)} entries of QuickBooks agree as the policy asks"
    if own:
        others = [other for other in taken[one.entity, own[0].pair.theirs.id] if other != one.id]
        return f"{others[0]} is like the same entry of QuickBooks"
    against = sorted({sign for pair in pairs for sign in pair.differ if sign in STRONG})
    if against:
        return f"another {_words(against)} there"
    part = any(pair.in_part for pair in pairs)
    agree = _words(sorted({sign for pair in pairs for sign in pair.agree}, key=SIGNS.index))
    return f"no more than the {agree} agrees" + (" (the tax number as far as QuickBooks shows it)" if part else "")


def _words(signs: Sequence[str]) -> str:
    return " and ".join(sign.replace("_", " ") for sign in signs)


def _plain(sign: Sign, value: str) -> str:
    """A sign as it is compared: without capitals and blanks, of a tax number the letters and digits alone."""
    if sign == "tax_number":
        return "".join(character for character in value.casefold() if character.isalnum())
    return " ".join(value.replace(":", " ").split()).casefold()


def _tail(plain: str) -> str | None:
    """What is seen of a masked tax number; `None` for one that is not masked."""
    tail = plain.lstrip(_MASK)
    return tail if len(plain) - len(tail) > 1 else None
