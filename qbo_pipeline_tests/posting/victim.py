"""A poster in a process of its own that can be killed at a chosen boundary between two effects.

What belongs here: forking the process, and the boundaries: before and after each transaction's commit, each POST
and each query.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from multiprocessing import Value
from typing import Any

from sqlalchemy import Connection

from qbo_pipeline.posting import rows
from qbo_pipeline.posting.shell import Poster, PosterSettings
from qbo_pipeline.store.database import Database
from qbo_pipeline_tests.posting.harness import VirtualClock, client

ONE_WORKER = PosterSettings(batch_workers=1, single_workers=0)


class Boundaries:
    """Counts the boundaries between effects, in memory that outlives the process, and kills at the chosen one."""

    def __init__(self, kill_at: int) -> None:
        self.passed = Value("i", 0)
        self._kill_at = kill_at

    def __call__(self) -> None:
        self.passed.value += 1
        if self.passed.value == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


class Watched:
    """A client whose every call has a boundary before and after it."""

    def __init__(self, company: Any, boundary: Callable[[], None]) -> None:
        self.realm = company.realm
        self._company = company
        self._boundary = boundary

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._company, name)

        def watched(*arguments: Any, **named: Any) -> Any:
            self._boundary()
            answer = method(*arguments, **named)
            answer = list(answer) if name == "query" else answer
            self._boundary()
            return answer

        return watched


def watch_transactions(boundary: Callable[[], None]) -> None:
    """A boundary before each claim or settlement begins, before it commits and after it."""
    plain = rows.WriteTurns.transaction

    @contextmanager
    def transaction(self: rows.WriteTurns) -> Iterator[tuple[Connection, datetime]]:
        boundary()
        with plain(self) as begun:
            yield begun
            boundary()
        boundary()

    rows.WriteTurns.transaction = transaction  # type: ignore[method-assign]  # in the victim's own process


def post_in_victim(
    store_url: str, emulator: Any, start: datetime, connection: str, *, kill_at: int = 0
) -> tuple[bool, int]:
    """Run a poster in a forked process; answers whether it was killed, and how many boundaries it passed.

    Raises `AssertionError` where the process ended in another way than by the kill or by finishing.
    """
    boundaries = Boundaries(kill_at)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            watch_transactions(boundaries)
            clock = VirtualClock(start)
            company = Watched(client(emulator, clock=clock), boundaries)
            Poster(Database(store_url, clock=clock.now), company, clock, ONE_WORKER).run(connection)
            status = 0
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(status)
    _, waited = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(waited) and os.WTERMSIG(waited) == signal.SIGKILL
    assert killed or os.waitstatus_to_exitcode(waited) == 0, "the victim failed by itself"
    return killed, boundaries.passed.value
