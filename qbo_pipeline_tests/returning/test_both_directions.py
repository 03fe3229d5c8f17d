"""A thing that both sides keep, through a random life: changes on both sides at any time, entries and postings that are
late, lost, doubled or never tried because the worker died.

A seed is a life. What must hold whatever happens: no change of a person is lost but by a decision, a conflict goes
neither way, and once faults and people rest a bounded number of rounds makes both sides equal and then sends nothing.
`QBO_PIPELINE_TORTURE_WAYS` seeds behind `-m torture` (20,000).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from qbo_pipeline.returning.merging import Agreed, Merge, merge

FIELDS = ("name", "email", "phone")
START = dict.fromkeys(FIELDS, "0")
SEEDS = 300
ROUNDS_UNDER_FAULTS, ROUNDS_AFTER = 12, 8
Values = dict[str, str]


def same(field_name: str, here: object, there: object) -> bool:
    return here == there


@dataclass
class Entry:
    """What the inventory system is told: a revision, its values, and which of them are QuickBooks', with what stood
    there when it was read."""

    revision: int
    values: Values
    changed: Values


@dataclass
class World:
    """Both sides, what lies between them, and the pipeline's store; faults follow the dice."""

    dice: random.Random
    compare: Callable[..., Merge] = merge
    here: Values = field(default_factory=lambda: dict(START))
    there: Values = field(default_factory=lambda: dict(START))
    agreed: Agreed = field(default_factory=lambda: Agreed(dict(START), dict(START)))
    entries: list[Entry] = field(default_factory=list)
    late: list[Entry] = field(default_factory=list)
    taken: int = 0
    sent: int = 0
    clock: int = 0
    wrote: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in FIELDS})
    decided_away: set[str] = field(default_factory=set)
    half_applied: bool = False
    faulty: bool = True

    def people(self) -> None:
        """Somebody changes a field on one side; each value is told apart from all others."""
        for side in (self.here, self.there):
            if self.dice.random() < 0.35:
                self.clock += 1
                name = self.dice.choice(FIELDS)
                side[name] = str(self.clock)
                self.wrote[name].append(side[name])

    def warehouse(self) -> None:
        """The inventory system takes the newest entry, in its own time; an older one that lands late counts no more."""
        if self.faulty and self.dice.random() < 0.4:
            return
        self.entries += self.late
        self.late = []
        newest = max(self.entries, key=lambda entry: entry.revision, default=None)
        if newest is not None and newest.revision > self.taken:
            self.taken = newest.revision
            if any(self.here[name] != before for name, before in newest.changed.items()):
                return  # refused: it was changed here since
            for name in newest.changed:
                self.here[name] = newest.values[name]

    def round(self) -> None:
        """A night: both sides are compared, then one thing is written each way, or not."""
        found = self.compare(FIELDS, self.here, self.there, self.agreed, same=same, rules={}, owner=None)
        if self.faulty and self.dice.random() < 0.2:
            return  # the worker died before it committed
        self.agreed = Agreed(found.agreed_source, found.agreed_quickbooks)
        if found.conflicts:
            self.half_applied |= bool(found.to_source or found.to_quickbooks)
            if not self.faulty or self.dice.random() < 0.5:
                self.decide(found)
            return
        if found.to_source:
            self.tell(found)
        if found.to_quickbooks and not (self.faulty and self.dice.random() < 0.3):
            self.sent += 1
            whole = {**self.here, **found.to_source}
            self.there.update(whole)

    def tell(self, found: Merge) -> None:
        values = {**self.here, **found.to_source}
        changed = {name: self.here[name] for name in found.to_source}
        last = max([*self.entries, *self.late], key=lambda entry: entry.revision, default=None)
        if last is not None and (last.values, last.changed) == (values, changed):
            return
        self.sent += 1
        entry = Entry((last.revision if last else 0) + 1, values, changed)
        fate = self.dice.choice(["there", "there", "late", "twice"]) if self.faulty else "there"
        (self.late if fate == "late" else self.entries).append(entry)
        self.entries += [entry] if fate == "twice" else []

    def decide(self, found: Merge) -> None:
        conflict = self.dice.choice(found.conflicts)
        here, there = dict(self.agreed.source), dict(self.agreed.quickbooks)
        if self.dice.random() < 0.5:
            there[conflict.field] = conflict.quickbooks
            self.decided_away.add(str(conflict.quickbooks))
        else:
            here[conflict.field] = conflict.source
            self.decided_away.add(str(conflict.source))
        self.agreed = Agreed(here, there)


def live(seed: int, compare: Callable[..., Merge] = merge) -> World:
    world = World(random.Random(seed), compare)
    for _ in range(ROUNDS_UNDER_FAULTS):
        for step in world.dice.sample([world.people, world.warehouse, world.round], 3):
            step()
    world.faulty = False
    for _ in range(ROUNDS_AFTER):
        world.round()
        world.warehouse()
    return world


def wrong(world: World) -> list[str]:
    """Which promises a life broke."""
    found = []
    if world.half_applied:
        found.append("a conflict was half applied")
    if world.here != world.there:
        found.append("the sides differ")
    sent = world.sent
    for _ in range(3):
        world.round()
        world.warehouse()
    if world.sent != sent:
        found.append("it still sends")
    for name in FIELDS:
        stands, last = world.here[name], world.wrote[name][-1:]
        overtaken = world.decided_away
        if last and stands != last[0] and last[0] not in overtaken:
            found.append(f"{name} {last[0]} is lost")
        if stands != "0" and stands not in world.wrote[name]:
            found.append(f"{name} is what nobody wrote")
    return found


def check(seeds: range) -> None:
    for seed in seeds:
        assert wrong(live(seed)) == [], f"seed {seed}"


def test_nothing_is_lost_doubled_or_half_applied_and_in_the_end_nothing_is_sent() -> None:
    check(range(SEEDS))


@pytest.mark.torture
def test_the_same_through_many_lives() -> None:
    check(range(SEEDS, SEEDS + int(os.environ.get("QBO_PIPELINE_TORTURE_WAYS", "20000"))))


def halves(*args: object, **named: object) -> Merge:
    """A conflict of one field lets the others go."""
    found = merge(*args, **named)  # type: ignore[arg-type]
    if found.conflicts:
        found.to_quickbooks = {"phone": "half"}
    return found


def agrees_too_soon(*args: object, **named: object) -> Merge:
    """What is on its way counts as agreed before it has arrived."""
    found = merge(*args, **named)  # type: ignore[arg-type]
    _, here, there, _ = args
    found.agreed_source, found.agreed_quickbooks = dict(here), dict(there)  # type: ignore[call-overload]
    return found


def quickbooks_wins(*args: object, **named: object) -> Merge:
    """Without conflicts: what QuickBooks says wins, and nobody is asked."""
    return merge(*args, **{**named, "rules": dict.fromkeys(FIELDS, "quickbooks")})  # type: ignore[arg-type]


@pytest.mark.parametrize("removed", [halves, agrees_too_soon, quickbooks_wins])
def test_each_defence_that_is_removed_is_noticed(removed: Callable[..., Merge]) -> None:
    assert any(wrong(live(seed, removed)) for seed in range(60))
