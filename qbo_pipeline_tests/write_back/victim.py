"""The way back in a process of its own that can be killed at a chosen boundary between two effects.

What belongs here: forking the process, and the boundaries: around each transaction of the store, each call of the
target, each request to a system that is written by its API, and each call of QuickBooks that reads changes, fetches a
file or sends one.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from qbo_pipeline.pipeline import attachments
from qbo_pipeline.pipeline import write_back as stage
from qbo_pipeline.pipeline.landed import ReadingWire
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.returning.targets import Target
from qbo_pipeline.settings import load_settings
from qbo_pipeline.store.database import Database
from qbo_pipeline_tests.posting.victim import Boundaries

# Who was killed does nothing any more, so what it left may be looked up at once.
HASTY = Policy(
    deadline=2.0, margin=1.1, lease=4.0, look_lease=4.0, look_margin=1.0, works_on=0.0, settle=4.0, lag=0.0,
    backoff=0.02, look_again=0.1, attempts=50, crashes=50,
)  # fmt: skip
CALLS = ("changes", "download", "upload")


class WatchedTarget:
    """A target whose every call has a boundary before and after it."""

    def __init__(self, target: Target, boundary: Callable[[], None]) -> None:
        self._target, self._boundary = target, boundary

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        return _watched(found, self._boundary) if callable(found) else found


def _watched(method: Callable[..., Any], boundary: Callable[[], None]) -> Callable[..., Any]:
    def watched(*given: Any, **named: Any) -> Any:
        boundary()
        answer = method(*given, **named)
        boundary()
        return answer

    return watched


def _watch(boundary: Callable[[], None]) -> None:
    """Put the boundaries into this process, which is the victim's own."""
    plain, opened = Database.transaction, stage.open_inbox

    @contextmanager
    def transaction(self: Database) -> Iterator[Connection]:
        boundary()
        with plain(self) as connection:
            yield connection
            boundary()
        boundary()

    Database.transaction = transaction  # type: ignore[method-assign]
    stage.open_inbox = lambda run: WatchedTarget(opened(run), boundary)  # type: ignore[assignment,return-value]
    ReadingWire.send = _watched(ReadingWire.send, boundary)  # type: ignore[method-assign]
    for name in CALLS:
        setattr(QuickBooks, name, _watched(getattr(QuickBooks, name), boundary))


def be_hasty() -> None:
    """Short durations in this process."""
    stage.policy_of = lambda run: HASTY
    attachments.UPLOADS = HASTY


def start(settings: Path, boundary: Boundaries | None = None, *, hasty: bool = True) -> int:
    """Fork a process that writes back; answers its id."""
    child = os.fork()
    if child != 0:
        return child
    status = 1
    try:
        if hasty:
            be_hasty()
        if boundary is not None:
            _watch(boundary)
        with open_run(load_settings(settings)) as run:
            stage.write_back(run)
        status = 0
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(status)


def killed_at(settings: Path, kill_at: int, *, hasty: bool = True) -> tuple[bool, int]:
    """Write back in a process that is killed at a boundary (none for 0): whether it was, and how many it passed.

    Raises `AssertionError` where it ended in another way.
    """
    boundaries = Boundaries(kill_at)
    _, waited = os.waitpid(start(settings, boundaries, hasty=hasty), 0)
    killed = os.WIFSIGNALED(waited) and os.WTERMSIG(waited) == signal.SIGKILL
    assert killed or os.waitstatus_to_exitcode(waited) == 0, "the victim failed by itself"
    return killed, boundaries.passed.value


def dies_waiting_for(store: Path, child: int, after: float) -> None:
    """Another program holds the store from `after` seconds on, and the process `child` dies waiting for it."""
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        time.sleep(after)
        other.execute("PRAGMA busy_timeout = 20000")
        other.execute("BEGIN IMMEDIATE")
        time.sleep(1)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        other.execute("ROLLBACK")
