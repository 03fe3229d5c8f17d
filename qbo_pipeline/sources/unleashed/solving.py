"""What moved, where Unleashed says only what there was afterwards: adjustments, transfers, returns.

What belongs here: arithmetic over one product and one day; pure. Stock as at the day and as at the day before are the
system's own figures, and so is everything else that moved. An adjustment says what there is after it, a transfer and
some returns say no cost, and a credit note does not say whether its goods came back. Each is worked out from what is
left, and only where it fits in every way that can be checked; what does not fit is told, not guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product as ways

from qbo_pipeline.sources.unleashed.fields import CENT, cents

Pair = tuple[Decimal, Decimal]
"""A quantity and a value, signed from the stock's side."""
NOTHING: Pair = (Decimal(0), Decimal(0))
_MANY = 4096  # ways that are tried


@dataclass(frozen=True, slots=True)
class MovedLine:
    """A line of which quantity or value is to be found. `kind` is `adjustment` (`quantity` and `value` are those after
    it), `transfer` (from `location` to `target`), `return` (to a supplier) or `credit` (of goods that may have come
    back)."""

    line_id: str
    kind: str
    location: str
    quantity: Decimal
    value: Decimal = Decimal(0)
    target: str | None = None


Answer = Pair | str
"""What a line moved, seen from `location` (a credit of goods that stayed away: nothing), or why it cannot be told."""


def solve(
    lines: Sequence[MovedLine],
    known: Iterable[tuple[str, Pair]],
    before: Mapping[str, Pair],
    after: Mapping[str, Pair],
) -> dict[str, Answer]:
    """By line, what it moved. `known` is all else that moved on the day, by location; adjustments of a location come in
    their order."""
    day = _Day(lines, known, before, after)
    day.find_restocked()
    day.find_values()
    for location in sorted(day.adjusted):
        day.find_adjustments(location)
    return day.answers


class _Day:
    def __init__(
        self,
        lines: Sequence[MovedLine],
        known: Iterable[tuple[str, Pair]],
        before: Mapping[str, Pair],
        after: Mapping[str, Pair],
    ) -> None:
        self.answers: dict[str, Answer] = {}
        self.adjusted = {line.location for line in lines if line.kind == "adjustment"}
        self._lines = lines
        self._known: dict[str, list[Pair]] = {}
        for location, pair in known:
            self._known.setdefault(location, []).append(pair)
        self._before, self._after = before, after
        self._open = [line for line in lines if line.kind in ("transfer", "return")]

    def _left(self, location: str) -> Pair:
        """What moved in a location that is not accounted for."""
        (q0, v0), (q1, v1) = self._before.get(location, NOTHING), self._after.get(location, NOTHING)
        pairs = self._known.get(location, ())
        return q1 - q0 - sum((q for q, _ in pairs), Decimal(0)), v1 - v0 - sum((v for _, v in pairs), Decimal(0))

    def find_restocked(self) -> None:
        """Which credits brought goods back: those whose quantities the stock has."""
        credits: dict[str, list[MovedLine]] = {}
        for line in self._lines:
            if line.kind == "credit":
                credits.setdefault(line.location, []).append(line)
        for location, found in credits.items():
            left = self._left(location)[0]
            left -= sum((_signed(line, location) for line in self._open if _touches(line, location)), Decimal(0))
            back = _choose([line.quantity for line in found], left)
            for n, line in enumerate(found):
                if location in self.adjusted or back is None:
                    self.answers[line.line_id] = "whether its goods came back cannot be told from the stock of that day"
                elif n in back:
                    self._open.append(line)
                else:
                    self.answers[line.line_id] = NOTHING

    def find_values(self) -> None:
        """What is left in a location where one value is open is that value; where several are, they share by quantity,
        as they left at one average."""
        while self._open:
            if not any(self._settle(location, alone=True) for location in self._places()) and not any(
                self._settle(location, alone=False) for location in self._places()
            ):
                break
        for line in self._open:
            self.answers[line.line_id] = "its cost cannot be told from the stock of that day"

    def _places(self) -> list[str]:
        found = {place for line in self._open for place in (line.location, line.target) if place}
        return sorted(found - self.adjusted)

    def _settle(self, location: str, *, alone: bool) -> bool:
        here = [line for line in self._open if _touches(line, location)]
        signs = {_signed(line, location) > 0 for line in here}
        if not here or (alone and len(here) > 1) or len(signs) > 1:
            return False
        left = self._left(location)[1] * (1 if True in signs else -1)
        if left < 0:  # goods at a cost below nothing: something else is wrong
            return False
        whole = sum((line.quantity for line in here), Decimal(0))
        for n, line in enumerate(here, start=1):
            value = left if n == len(here) else cents(left * line.quantity / whole)
            left -= value
            whole -= line.quantity
            self._found(line, value)
        return True

    def _found(self, line: MovedLine, value: Decimal) -> None:
        self._open.remove(line)
        sign = 1 if line.kind == "credit" else -1
        pair = (sign * line.quantity, sign * value)
        self.answers[line.line_id] = pair
        self._known.setdefault(line.location, []).append(pair)
        if line.target:
            self._known.setdefault(line.target, []).append((-pair[0], -pair[1]))

    def find_adjustments(self, location: str) -> None:
        """What each adjustment changed: what there was after it less what there was before it. Where else something
        moved that day, each order of things is tried, until one leads to what there was in the evening."""
        lines = [line for line in self._lines if line.kind == "adjustment" and line.location == location]
        moved = self._known.get(location, [])
        tries = (len(lines) + 1) ** len(moved)
        if any(_touches(line, location) for line in self._open):
            found: list[Pair] | None = None
        elif tries <= _MANY:
            found = self._order(location, lines, moved)
        else:  # too many: what is left is the adjustment's, unless there are several
            found = [self._left(location)] if len(lines) == 1 else None
        for n, line in enumerate(lines):
            self.answers[line.line_id] = (
                "what it changed cannot be told: stock before it, after it and on the day do not fit"
                if found is None
                else found[n]
            )

    def _order(self, location: str, lines: Sequence[MovedLine], moved: Sequence[Pair]) -> list[Pair] | None:
        evening = self._after.get(location, NOTHING)
        tolerance = CENT * (len(moved) + 1)
        for slots in ways(range(len(lines) + 1), repeat=len(moved)):
            state = _plus(self._before.get(location, NOTHING), moved, slots, 0)
            found: list[Pair] = []
            for n, line in enumerate(lines, start=1):
                found.append((line.quantity - state[0], line.value - state[1]))
                state = _plus((line.quantity, line.value), moved, slots, n)
            if state[0] == evening[0] and abs(state[1] - evening[1]) <= tolerance:
                return found
        return None


def _plus(state: Pair, moved: Sequence[Pair], slots: Sequence[int], slot: int) -> Pair:
    """The state after everything that moved in this slot."""
    for place, (quantity, value) in zip(slots, moved, strict=True):
        if place == slot:
            state = (state[0] + quantity, state[1] + value)
    return state


def _touches(line: MovedLine, location: str) -> bool:
    return location in (line.location, line.target)


def _signed(line: MovedLine, location: str) -> Decimal:
    """The quantity of a line as a location sees it."""
    return line.quantity if line.kind == "credit" or location == line.target else -line.quantity


def _choose(quantities: Sequence[Decimal], wanted: Decimal) -> set[int] | None:
    """Which of these add up to what is wanted; `None` where none do, or there are too many to try."""
    if len(quantities) > 12:
        return set(range(len(quantities))) if sum(quantities, Decimal(0)) == wanted else None
    for taken in ways((False, True), repeat=len(quantities)):
        if sum((q for q, yes in zip(quantities, taken, strict=True) if yes), Decimal(0)) == wanted:
            return {n for n, yes in enumerate(taken) if yes}
    return None
