"""Sees to it that a command which is told to end does end: by itself within seconds, or else at once.

What belongs here: the thread that watches. Python hands a signal to the main thread between two of its own steps, and
there may be none for a minute: a lock of the store is waited for in the database's own code. The watch hears of it at
once, and ends the process where it does not end by itself in time, and where it is told a second time. Nothing is lost
by that: the store and QuickBooks are left as a crash leaves them, which is what the posting protocol is made for.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from qbo_pipeline.surfaces import one_line

PATIENCE = 10.0  # seconds in which a command that is told to end ends by itself
SAME_ORDER = 1.0  # seconds within which a second signal is the first one once more: shells and services send two


_children: set[int] = set()
_kept: list[socket.socket] = []  # of a process that is ending


@contextmanager
def ends_with_us(pid: int) -> Iterator[None]:
    """In the block: the process of this id (negative: its group) is killed where this one is ended at once."""
    _children.add(pid)
    try:
        yield
    finally:
        _children.discard(pid)


@contextmanager
def last_resort(numbers: Collection[int], line: Callable[[int], str], told: Callable[[], bool]) -> Iterator[None]:
    """Watch for these signals while in the block; `line` says what is left where one of them ends the process.

    Where the process is `told` to end, it is watched until it is gone: tidying up may hang as well. Only for the main
    thread, which alone may be told of signals; nothing is watched where there are no numbers.
    """
    if not numbers:
        yield
        return
    hears, tells = socket.socketpair()
    tells.setblocking(False)
    before = signal.set_wakeup_fd(tells.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(hears, frozenset(numbers), line), daemon=True).start()
    try:
        yield
    finally:
        if not told():
            signal.set_wakeup_fd(before)
            tells.close()  # the watch ends with it
        else:
            _kept.append(tells)


def _watch(hears: socket.socket, numbers: frozenset[int], line: Callable[[int], str]) -> None:
    first: int | None = None
    told_at = 0.0
    with hears:
        while True:
            left = None if first is None else max(0.0, told_at + PATIENCE - time.monotonic())
            if not select.select([hears], [], [], left)[0]:
                assert first is not None
                _end(first, line, f"The command did not end by itself in {PATIENCE:.0f} s and was ended at once")
            heard = hears.recv(64)
            if not heard:
                return
            for number in heard:
                if number not in numbers:
                    continue
                if first is None:
                    first, told_at = number, time.monotonic()
                elif time.monotonic() - told_at > SAME_ORDER:
                    _end(number, line, "The command was told a second time and was ended at once")


def _end(number: int, line: Callable[[int], str], why: str) -> None:
    with contextlib.suppress(OSError):
        os.write(2, f"{one_line(line(number))} {why}.\nexit {128 + number}\n".encode())
    for pid in _children:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    os._exit(128 + number)
