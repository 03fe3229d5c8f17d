"""Which transaction of QBO is which document, payment or journal of ours: what another integration has posted already.

What belongs here: what of two transactions agrees, and the three answers: a match, a doubt for a person, or nothing
alike. A match agrees in all signs, what it does to the inventory accounts among them, and has no rival on either side.
Where QBO itself numbers a document, because the company does not let others do so, its number is no sign.
A bill that brought goods into stock is no match for one that clears their receipt: taken for ours, the goods would
stand twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Sign = Literal["number", "party", "day", "amount", "stock"]
SIGNS: tuple[Sign, ...] = ("number", "party", "day", "amount", "stock")


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction, ours (`id` is the posting's key) or QBO's (its Id).

    `amount` is in `currency`; of a journal it is what its debits add up to. `stock` is by inventory account what it
    does there, in home currency, debit positive. `party_id` is QBO's, `None` where nobody knows it yet or there is
    none; `party_name` then stands for it, and is empty where names are not to be trusted.
    """

    id: str
    entity: str
    number: str
    party_id: str | None
    party_name: str
    day: date
    amount: Decimal
    currency: str
    stock: Mapping[str, Decimal]

    def shown(self, sign: Sign) -> str:
        """The sign for people."""
        if sign == "party":
            return self.party_name or self.party_id or ""
        if sign == "stock":
            return f"{sum(self.stock.values(), Decimal(0)):,.2f}"
        if sign == "amount":
            return f"{self.amount:,.2f} {self.currency}".rstrip()
        return self.number if sign == "number" else self.day.isoformat()


@dataclass(frozen=True, slots=True)
class Twins:
    """A transaction of ours and one of QBO, with the signs that say otherwise."""

    ours: Transaction
    theirs: Transaction
    differ: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class Doubted:
    """A transaction of ours that is like one or several of QBO's and is not matched; `why` says why not."""

    ours: Transaction
    pairs: tuple[Twins, ...]
    why: str


def compare(ours: Iterable[Transaction], theirs: Iterable[Transaction]) -> tuple[list[Twins], list[Doubted]]:
    """The matches and the doubts, in the order of `ours`; what is in neither is like nothing in QBO.

    Alike are transactions of one entity under one number, or of one party, day and amount.
    """
    index = _Index(theirs)
    found = [(one, [_pair(one, other) for other in index.like(one)]) for one in ours]
    taken: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one, pairs in found:
        for pair in _whole(pairs):
            taken[one.entity, pair.theirs.id].append(one.id)
    matches: list[Twins] = []
    doubts: list[Doubted] = []
    for one, pairs in found:
        whole = _whole(pairs)
        if len(whole) == 1 and len(taken[one.entity, whole[0].theirs.id]) == 1:
            matches.append(whole[0])
        elif pairs:
            doubts.append(Doubted(one, tuple(pairs), _why(whole, pairs)))
    return matches, doubts


class _Index:
    """QBO's transactions by their number, and by party, day and amount."""

    def __init__(self, theirs: Iterable[Transaction]) -> None:
        self._by_number: dict[tuple[str, str], list[Transaction]] = defaultdict(list)
        self._by_day: dict[tuple[str, date, Decimal], list[Transaction]] = defaultdict(list)
        for one in theirs:
            if one.number:
                self._by_number[one.entity, one.number.casefold()].append(one)
            self._by_day[one.entity, one.day, one.amount].append(one)

    def like(self, one: Transaction) -> list[Transaction]:
        same_number = self._by_number.get((one.entity, one.number.casefold()), ()) if one.number else ()
        found = {other.id: other for other in same_number}
        for other in self._by_day.get((one.entity, one.day, one.amount), ()):
            if _same_party(one, other) and _has_party(one):
                found.setdefault(other.id, other)
        return list(found.values())


def _pair(one: Transaction, other: Transaction) -> Twins:
    differ: dict[Sign, bool] = {
        "number": bool(one.number) and one.number.casefold() != other.number.casefold(),
        "party": not _same_party(one, other),
        "day": one.day != other.day,
        "amount": (one.amount, one.currency) != (other.amount, other.currency),
        "stock": _moved(one) != _moved(other),
    }
    return Twins(one, other, tuple(sign for sign in SIGNS if differ[sign]))


def _same_party(one: Transaction, other: Transaction) -> bool:
    if one.party_id is not None:
        return one.party_id == other.party_id
    if one.party_name:
        return one.party_name.casefold() == other.party_name.casefold()
    return other.party_id is None and not _has_party(one)


def _has_party(one: Transaction) -> bool:
    return one.entity != "JournalEntry"


def _moved(one: Transaction) -> dict[str, Decimal]:
    return {account: amount for account, amount in one.stock.items() if amount}


def _whole(pairs: Sequence[Twins]) -> list[Twins]:
    return [pair for pair in pairs if not pair.differ]


def _why(whole: Sequence[Twins], pairs: Sequence[Twins]) -> str:
    if len(whole) > 1:
        return f"{len(whole)} of them are the same in everything"
    if whole:
        return "another one of ours is the same in everything"
    nearest = min(pairs, key=lambda pair: len(pair.differ))
    told = [
        f"{'what it does to the inventory account' if sign == 'stock' else sign} is {nearest.theirs.shown(sign) or '-'}"
        f" there and {nearest.ours.shown(sign) or '-'} here"
        for sign in nearest.differ
    ]
    return ", ".join(told)
