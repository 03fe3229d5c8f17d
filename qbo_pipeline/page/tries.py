"""How often somebody may try to sign in: failures counted by name and address, in bounded memory.

What belongs here: counting. A name is held up only at the address from which it fails, so that nobody locks out
another; many failures of one name from many addresses slow that name down everywhere.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

WINDOW = 900.0  # seconds in which failures count
BY_NAME_AND_ADDRESS, BY_ADDRESS, BY_NAME = 5, 20, 100
_KEPT = 20_000  # names and addresses; the oldest are forgotten


class Tries:
    """Safe to use from several threads; `clock` answers seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failed: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def wait(self, name: str, address: str) -> float:
        """For how many seconds this name may not be tried from this address; 0 where it may."""
        with self._lock:
            return max(self._wait(place, most) for place, most in _places(name, address))

    def begin(self, name: str, address: str) -> None:
        """A try is made; it counts as wrong until it is known to be right, so that many at once gain nothing."""
        now = self._clock()
        with self._lock:
            for place, most in _places(name, address):
                times = self._failed.setdefault(place, deque(maxlen=most))
                times.append(now)
                self._failed.move_to_end(place)
            while len(self._failed) > _KEPT:
                self._failed.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """The try was right: it does not count, nor does what this name failed from here before."""
        with self._lock:
            (own, _), *others = _places(name, address)
            self._failed.pop(own, None)
            for place, _ in others:
                if times := self._failed.get(place):
                    times.pop()

    def _wait(self, place: tuple[str, str], most: int) -> float:
        times = self._failed.get(place)
        if times is None or len(times) < most:
            return 0.0
        return max(0.0, times[0] + WINDOW - self._clock())


def _places(name: str, address: str) -> tuple[tuple[tuple[str, str], int], ...]:
    near = _network(address)
    return (((name, near), BY_NAME_AND_ADDRESS), (("", near), BY_ADDRESS), ((name, ""), BY_NAME))


def _network(address: str) -> str:
    """The address; of IPv6 the network, since one client has all of its addresses."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped) if found.ipv4_mapped else str(IPv6Address(int(found) >> 64 << 64))
    return str(found)
