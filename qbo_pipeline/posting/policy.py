"""The numbers of the posting protocol, and what makes a set of them sound.

What belongs here: durations (seconds), bounds, and the one choice that the meaning of an answer hangs on. They
are one value, so that the core, the store's claims and the simulator cannot disagree about them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

QBO_WORKS_ON = 120.0  # seconds for which QuickBooks Online may go on with a request that we gave up (its own timeout)


@dataclass(frozen=True, slots=True)
class Policy:
    """Durations are seconds; bounds are counts.

    `settle` must cover the latest moment at which a claimed request can still leave (it is handed over within
    `send_within`, and may wait for its slot or a token until its deadline) and QBO's own time limit;
    `__post_init__` refuses anything else. What is left of it, and `lag`, cover the lag of QBO's queries.
    """

    deadline: float = 60.0  # for one POST, all phases together
    margin: float = 3.0  # what must be left of the lease beyond the deadline when the request leaves
    lease: float = 75.0  # by the database's clock, from the claim
    look_lease: float = 300.0  # a read-back may wait for its slot and be tried again
    look_margin: float = 80.0  # what must be left of that when the last answer is read: a token may have to be fetched
    works_on: float = QBO_WORKS_ON
    settle: float = 200.0  # from the claim to the first read-back
    lag: float = 20.0  # between two read-backs that find nothing
    looks: int = 2  # read-backs that must find nothing before the same bytes are sent again
    attempts: int = 6  # sends that may have reached QBO, throttled ones not counted
    crashes: int = 3  # workers lost over one document before it is quarantined
    stale: int = 3  # new SyncTokens tried for one update
    backoff: float = 2.0  # after a request that never left
    look_again: float = 15.0  # after a read-back that failed
    quiet: float = 60.0  # the whole realm, after a 429
    # What QBO already has under the name of a list entry, and is not ours: linked where it fits, or left to a person.
    link_existing: bool = False
    # Entities of lists that people keep in QuickBooks too: an update of ours is for the version that it was made of and
    # never sent on a newer one, which may be a person's change that nobody has looked at.
    kept_by_both: frozenset[str] = frozenset()

    def of(self, entity: str) -> Policy:
        """The policy for documents of an entity."""
        return replace(self, stale=0) if entity in self.kept_by_both and self.stale else self

    @property
    def send_within(self) -> float:
        """Seconds from the claim within which a request may be handed over."""
        return self.lease - self.deadline - self.margin

    @property
    def leave_within(self) -> float:
        """Seconds from the claim within which the last byte of a request may leave."""
        return self.lease - self.margin

    @property
    def look_within(self) -> float:
        """Seconds from the claim within which a read-back has its answer, or gives up."""
        return self.look_lease - self.look_margin

    def __post_init__(self) -> None:
        if self.send_within <= 0:
            raise ValueError(f"lease {self.lease} s leaves no time to send with a deadline of {self.deadline} s")
        if self.look_within <= 0:
            raise ValueError(f"look_lease {self.look_lease} s leaves no time to look")
        least = self.send_within + self.deadline + self.works_on
        if self.settle < least:
            raise ValueError(f"settle {self.settle} s is shorter than {least} s: an answer given up could still land")
        if min(self.looks, self.attempts, self.crashes) < 1:
            raise ValueError("looks, attempts and crashes must be at least 1")
