"""Both directions at once, in memory and on virtual time: papers that people make, change and void on both sides, the
goods that they take, and the product's own core carrying each to the other side, on targets of any abilities.

What belongs here: the two sides, the pipeline's store between them, and one life of a seed. What must hold afterwards
is in `test_both_ways.py`. A paper is an invoice, a bill, a credit, a payment or an adjustment: it is changed where it
was made, voided by either side, and moves a quantity; lists that both sides keep are in `test_both_directions.py`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Any

from qbo_pipeline.posting import core
from qbo_pipeline.posting.events import (
    CannotTell,
    Claim,
    Command,
    Confirmed,
    Fate,
    GiveUp,
    Look,
    LookFailed,
    Lost,
    ReadClock,
    Row,
    Seen,
    Send,
    Settle,
    Unsent,
)
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.states import Reason
from qbo_pipeline.posting.write_backs import POLICY
from qbo_pipeline.returning.targets import Abilities
from qbo_pipeline_tests.posting.simulator.shelf import Shelf

ABILITIES = [Abilities(finds=finds, idempotent=idempotent) for finds in (True, False) for idempotent in (True, False)]
UNDER_FAULTS, AFTERWARDS, AT_REST = 14, 12, 3  # rounds
STOCK = 1_000
FAULTS = ("none", "none", "none", "away", "lost", "late", "never", "twice", "kill before", "kill after")
OTHER = {"source": "quickbooks", "quickbooks": "source"}


class Died(Exception):
    """The worker's process is gone."""


@dataclass(slots=True)
class Paper:
    """A document, payment or adjustment on one side; with a marker it is our copy of the other side's."""

    amount: int
    live: bool = True
    marker: str | None = None
    revision: int = 0

    def says(self) -> tuple[int, bool]:
        return (self.amount if self.live else 0, self.live)


@dataclass(slots=True)
class SimulatedSide:
    """One side: its papers by id, what it has in stock, and how it takes what is written to it."""

    abilities: Abilities
    papers: dict[str, Paper] = field(default_factory=dict)
    stock: int = STOCK
    applied: set[tuple[str, int]] = field(default_factory=set)
    doubled: int = 0
    late: list[tuple[float, Entry]] = field(default_factory=list)

    def find(self, marker: str) -> Paper | None:
        return next((paper for paper in self.papers.values() if paper.marker == marker), None)

    def take(self, entry: Entry) -> None:
        """Make, change or void the copy of a paper; what is taken goes off the stock as a difference."""
        if (entry.marker, entry.revision) in self.applied:
            self.doubled += not self.abilities.idempotent
            return
        self.applied.add((entry.marker, entry.revision))
        if entry.own is not None:  # it is about a paper of this side's own: voided over there
            paper = self.papers[entry.own]
            if not entry.live:
                self.void(paper)
            return
        there = self.find(entry.marker)
        if there is None:
            there = self.papers[f"copy of {entry.marker}"] = Paper(0, marker=entry.marker)
        if self.abilities.finds and entry.revision < there.revision:
            return  # it tells the revisions apart
        there.revision = entry.revision
        if there.live:
            self.stock -= entry.amount - there.amount
            there.amount = entry.amount
        if not entry.live:
            self.void(there)

    def void(self, paper: Paper) -> None:
        if paper.live:
            self.stock += paper.amount
            paper.live = False


@dataclass(frozen=True, slots=True)
class Entry:
    """What a side is to hold: a revision of the paper with this marker, or the end of one of its own (`own`)."""

    marker: str
    revision: int
    amount: int
    live: bool
    own: str | None = None


@dataclass
class Channel:
    """The way to one side: the outbox with the protocol's rows, and what was told last of each paper."""

    to: str
    shelf: Shelf
    entries: dict[str, Entry] = field(default_factory=dict)
    told: dict[str, Entry] = field(default_factory=dict)
    superseded: set[str] = field(default_factory=set)


class BothWays:
    """A life: rounds of people, planning and delivery under faults, then rounds without any."""

    def __init__(self, seed: int, abilities: Abilities, policy: Policy = POLICY, removed: str = "") -> None:
        self.dice = random.Random(f"{abilities}{seed}")
        self.removed = removed
        self.policy = policy
        self.now = 1_000.0
        self.faulty = True
        self.sent = self.asked = 0
        there = Abilities(finds=True, idempotent=True)  # QuickBooks: marker in the note, and a requestid
        self.sides = {"source": SimulatedSide(abilities), "quickbooks": SimulatedSide(there)}
        self.ways = {name: Channel(name, Shelf([], policy)) for name in self.sides}
        self.made = 0

    def live(self) -> BothWays:
        for number in range(UNDER_FAULTS + AFTERWARDS + AT_REST):
            self.faulty = number < UNDER_FAULTS
            if number == UNDER_FAULTS + AFTERWARDS:
                self.sent = 0
            if self.faulty:
                self.people()
            for side in self.dice.sample(sorted(self.sides), 2):
                self.plan(side)
                self.deliver(self.ways[OTHER[side]])
            self.now += self.dice.choice([1.0, 30.0, 400.0]) if self.faulty else 400.0
            self.a_person_looks()
        return self

    # --- people ---------------------------------------------------------------------------------------------------
    def people(self) -> None:
        for side in self.sides.values():
            draw = self.dice.random()
            own = [paper for paper in side.papers.values() if paper.marker is None and paper.live]
            live = [paper for paper in side.papers.values() if paper.live]
            if draw < 0.4:
                self.made += 1
                paper = side.papers[f"p{self.made}"] = Paper(self.dice.randint(1, 9))
                side.stock -= paper.amount
            elif draw < 0.6 and own:
                paper, before = (chosen := self.dice.choice(own)), chosen.amount
                paper.amount = self.dice.randint(1, 9)
                side.stock -= paper.amount - before
            elif draw < 0.75 and live:
                side.void(self.dice.choice(live))

    def a_person_looks(self) -> None:
        """What nobody could be asked about: a person looks in the system, and retries or skips it."""
        for way in self.ways.values():
            for row in way.shelf.rows:
                if row.state == "parked":
                    self.asked += row.reason == Reason.IN_DOUBT
                    entry = way.entries[row.key]
                    there = (entry.marker, entry.revision) in self.sides[way.to].applied
                    there = there or row.key in way.superseded
                    row.state = core.POSTED if there else core.READY
                    row.reason, row.doubt, row.not_before, row.attempts, row.crashes = None, False, None, 0, 0

    # --- what is to be told -----------------------------------------------------------------------------------------
    def plan(self, side: str) -> None:
        """What changed on a side becomes entries for the other; our own writing is known again and never comes back."""
        way, here = self.ways[OTHER[side]], self.sides[side]
        for name, paper in list(here.papers.items()):
            if paper.marker is None:
                self.tell(way, f"{side}/{name}", paper.amount, live=paper.live)
                continue
            back = self.ways[side].told[paper.marker]
            if self.removed == "echo":
                self.tell(way, f"echo of {paper.marker}", paper.amount, live=paper.live)
            elif not paper.live and back.live:  # a person voided our copy: its own side is told
                self.tell(way, f"void of {paper.marker}", 0, live=False, own=paper.marker.partition("/")[2])

    def tell(self, way: Channel, marker: str, amount: int, *, live: bool, own: str | None = None) -> None:
        last = way.told.get(marker)
        if last is None and not live and own is None:
            return  # gone before it was told
        if last is not None and ((last.amount, last.live) == (amount, live) or not last.live):
            return
        entry = Entry(
            marker, last.revision + 1 if last else 1, amount if live else (last.amount if last else 0), live, own
        )
        way.told[marker] = entry
        key = f"{marker}#{entry.revision}"
        way.entries[key] = entry
        way.shelf.rows.append(Row(key, 1, marker=key, fingerprint=f"{amount} {live}"))
        for row in way.shelf.rows[:-1]:
            older = way.entries[row.key]
            if older.marker != marker:
                continue
            way.superseded.add(row.key)  # the newest says all
            if row.state == core.READY and not row.doubt and (older.revision, older.own, live) == (1, None, False):
                way.superseded.add(key)  # it never was there, and need not go

    # --- the protocol -----------------------------------------------------------------------------------------------
    def deliver(self, way: Channel) -> None:
        for _ in range(12):
            try:
                worked = self.turn(way, core.look_once(self.policy)) or self.turn(
                    way, core.send_once(self.policy, "single")
                )
            except Died:
                return
            if not worked:
                return

    def turn(self, way: Channel, procedure: Generator[Command, Any, bool]) -> bool:
        answer: Any = None
        try:
            while True:
                answer = self.do(way, procedure.send(answer))
        except StopIteration as end:
            return bool(end.value)

    def do(self, way: Channel, command: Command) -> Any:
        match command:
            case ReadClock():
                return self.now
            case Claim(purpose="look"):
                return way.shelf.claim_to_look(self.now)
            case Claim():
                return way.shelf.claim_to_send(self.now, "single") if self.may_go(way) else []
            case Send(rows):
                return [self.send(way, row) for row in rows]
            case Look(rows):
                return [self.look(way, row) for row in rows]
            case GiveUp(rows):
                return way.shelf.give_up(rows)
            case Settle(rows, answers):
                return way.shelf.settle(rows, answers, self.now)
        return way.shelf.settle_look(command.rows, command.findings, self.now)

    def may_go(self, way: Channel) -> bool:
        """What a newer revision replaces is not sent; that one waits until the fate of the one before is known."""
        doubtful = {way.entries[row.key].marker for row in way.shelf.rows if row.state in (core.SENDING, core.UNKNOWN)}
        for row in way.shelf.rows:
            if row.state != core.READY:
                continue
            if row.key in way.superseded and self.removed != "newest":
                row.state = core.POSTED
            elif way.entries[row.key].marker in doubtful and self.removed != "order":
                row.not_before = max(row.not_before or 0.0, self.now + 1.0)
        return True

    def send(self, way: Channel, row: Row) -> Fate:
        self.sent += 1
        side, entry = self.sides[way.to], way.entries[row.key]
        self.land(side)
        if self.removed == "differences":  # what is there is written over, not what changed
            side.stock = self.sides[OTHER[way.to]].stock
        fault = self.dice.choice(FAULTS) if self.faulty else "none"
        if fault == "kill before":
            raise Died
        if fault == "away":
            return Unsent("it does not answer")
        if fault == "never":
            return Lost("no answer")
        if fault == "late":
            within = POLICY.deadline + POLICY.works_on
            side.late.append((self.now + self.dice.uniform(1, within), entry))
            self.now += self.dice.uniform(0, POLICY.deadline)
            return Lost("no answer")
        side.take(entry)
        if fault == "twice" and side.abilities.idempotent:
            side.take(entry)  # the network repeats it; only who can be told twice may be told so
        if fault == "kill after":
            raise Died
        return Lost("no answer") if fault == "lost" else Confirmed(row.marker, "", row.fingerprint)

    def look(self, way: Channel, row: Row) -> Any:
        side, entry = self.sides[way.to], way.entries[row.key]
        self.land(side)
        if not side.abilities.finds:
            return [] if side.abilities.idempotent or self.removed == "question" else CannotTell("it cannot be asked")
        if self.faulty and self.dice.random() < 0.2:
            return LookFailed("it does not answer")
        there = (entry.marker, entry.revision) in side.applied and self.removed != "look"
        return [Seen(row.marker, "", row.marker, row.fingerprint)] if there else []

    def land(self, side: SimulatedSide) -> None:
        for item in sorted(side.late, key=lambda one: one[0]):
            if item[0] <= self.now:
                side.late.remove(item)
                side.take(item[1])


HASTY = replace(POLICY, deadline=0.1, works_on=0.1, settle=8.2, lag=0.0, lease=10.0, margin=2.0)
REMOVED: dict[str, Callable[[int, Abilities], BothWays]] = {
    **{name: (lambda seed, of, name=name: BothWays(seed, of, removed=name))  # type: ignore[misc]
       for name in ("echo", "differences", "look", "question", "order", "newest")},
    "patience": lambda seed, of: BothWays(seed, of, policy=HASTY),
}  # fmt: skip


def wrong(world: BothWays) -> list[str]:
    """Which promises a life broke."""
    found = []
    for name, side in world.sides.items():
        other = world.sides[OTHER[name]]
        found += [f"{side.doubled} entries stand twice in {name}"] if side.doubled else []
        markers = [paper.marker for paper in side.papers.values() if paper.marker is not None]
        if len(markers) != len(set(markers)):
            found.append(f"{name} has two copies of one paper")
        for paper_id, paper in side.papers.items():
            if paper.marker is not None:
                continue
            copy = other.find(f"{name}/{paper_id}")
            if copy is None and paper.live:
                found.append(f"{paper_id} of {name} is lost")
            elif copy is not None and copy.says() != paper.says():
                found.append(f"{paper_id} of {name} says {paper.says()}, its copy {copy.says()}")
    if world.sides["source"].stock != world.sides["quickbooks"].stock:
        found.append("the quantities differ")
    if world.sides["source"].stock != STOCK - sum(paper.says()[0] for paper in world.sides["source"].papers.values()):
        found.append("a quantity is lost")
    if world.sent:
        found.append(f"it still sends: {world.sent}")
    states = {row.state for way in world.ways.values() for row in way.shelf.rows}
    if states - {core.POSTED}:
        found.append(f"not at rest: {sorted(states)}")
    return found
