"""What a server grants to a client that it does not know: how much, how many, how long.

What belongs here: the numbers, and the door that counts who is in and makes room. No HTTP.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Protocol

from qbo_pipeline.serving.drain import Drain


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of one server; sizes in bytes, times in seconds.

    A head is the request line with its header fields. `head_seconds` count from the connection, or from the first byte
    of a later request, to the head's end, `body_seconds` from there to the body's. `unread_seconds` are granted to a
    client that does not take its answer, `linger_bytes` and `linger_seconds` to one that still sends when it was
    answered already: closing at once would take the answer away from it. Of such clients `lingering` are
    read from at once.
    """

    head_bytes: int = 32 * 1024
    head_fields: int = 100
    head_seconds: float = 5.0
    body_seconds: float = 60.0
    idle_seconds: int = 75
    unread_seconds: float = 30.0
    linger_bytes: int = 4 * 1024 * 1024
    linger_seconds: float = 2.0
    lingering: int = 8
    connections: int = 4_096
    connections_by_address: int = 4_096  # fewer, and whoever comes through one proxy shares them


class Guest(Protocol):
    """A connection as the door sees it."""

    @property
    def address(self) -> str: ...

    def make_room(self) -> None:
        """Leave: somebody else needs the place."""


class Door:
    """Who is in. Where it is full, whoever has waited longest for its own client leaves; one at work never does.

    So silent and slow connections, however many, keep nobody out who says what it wants. `turned_away` counts by
    reason. Not safe for several threads: it belongs to the server's loop.
    """

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.turned_away: Counter[str] = Counter()
        self.drain = Drain(bounds.lingering)
        self._inside: Counter[str] = Counter()
        self._idle: dict[Guest, None] = {}  # in the order in which they began to wait
        self._idle_at: defaultdict[str, dict[Guest, None]] = defaultdict(dict)

    @property
    def inside(self) -> int:
        """How many connections there are."""
        return self._inside.total()

    def enter(self, guest: Guest) -> bool:
        """Let a connection in, making room where needed; `False` where everybody inside is at work."""
        address = guest.address
        if self._inside[address] >= self.bounds.connections_by_address:
            room = self._make_room(self._idle_at[address])
        else:
            room = self.inside < self.bounds.connections or self._make_room(self._idle)
        if not room:
            self.turned_away["full"] += 1
            return False
        self._inside[address] += 1
        self.wait(guest)
        return True

    def wait(self, guest: Guest) -> None:
        """From now on this connection waits for its client."""
        self._idle[guest] = None
        self._idle_at[guest.address][guest] = None

    def work(self, guest: Guest) -> None:
        """Its request is whole: it is not sent away any more."""
        self._idle.pop(guest, None)
        at = self._idle_at[guest.address]
        at.pop(guest, None)
        if not at:
            del self._idle_at[guest.address]

    def leave(self, guest: Guest) -> None:
        """It is gone. Each guest that was let in leaves once."""
        self.work(guest)
        self._inside[guest.address] -= 1
        if not self._inside[guest.address]:
            del self._inside[guest.address]

    def _make_room(self, among: dict[Guest, None]) -> bool:
        oldest = next(iter(among), None)
        if oldest is None:
            return False
        self.turned_away["made_room"] += 1
        oldest.make_room()  # which leaves by this door
        return True
