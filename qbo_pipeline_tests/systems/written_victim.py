"""A worker of the way back by API, in a process of its own that can be killed at a chosen boundary between two effects.

What belongs here: forking it, the boundaries (around each transaction of the protocol, and each request to the
system), and what must be so after the next runs.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from dataclasses import replace
from typing import Any

from qbo_pipeline.quickbooks.transport import Transport
from qbo_pipeline.store.database import Database
from qbo_pipeline_tests.posting.victim import Boundaries, watch_transactions
from qbo_pipeline_tests.systems.written_kinds import CASES
from qbo_pipeline_tests.systems.written_rig import Rig


def start(rig: Rig, connection: str, boundary: Boundaries | None = None) -> int:
    """Fork a worker for a connection; answers its process id. It has connections of its own to store and system."""
    child = os.fork()
    if child != 0:
        return child
    status = 1
    try:
        if boundary is not None:
            watch_transactions(boundary)
        own = Database(rig.database.url.render_as_string(hide_password=False), clock=rig.time.now)
        replace(rig, database=own, transport=Transport(), boundary=boundary).poster(connection).run()
        status = 0
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(status)


def killed_at(rig: Rig, connection: str, kill_at: int) -> tuple[bool, int]:
    """Write in a process that is killed at a boundary (none for 0): whether it was, and how many it passed.

    Raises `AssertionError` where it ended in another way.
    """
    boundaries = Boundaries(kill_at)
    return ended(start(rig, connection, boundaries)), boundaries.passed.value


def ended(process: int) -> bool:
    """Wait for a worker; whether it was killed. Raises `AssertionError` where it failed by itself."""
    _, waited = os.waitpid(process, 0)
    killed = os.WIFSIGNALED(waited) and os.WTERMSIG(waited) == signal.SIGKILL
    assert killed or os.waitstatus_to_exitcode(waited) == 0, "the victim failed by itself"
    return killed


def laid(rig: Rig, kind: str) -> tuple[str, Any]:
    """A connection with one entry of this kind that nothing was done about."""
    name = rig.name()
    entry = CASES[rig.system, kind].make(rig, name)
    rig.lay(name, entry)
    return name, entry


def is_there_once(rig: Rig, kind: str, name: str, entry: Any, where: str) -> None:
    rig.go_on(name)
    assert [state for state, _ in rig.states(name)] == ["posted"], (where, rig.states(name))
    assert CASES[rig.system, kind].count(rig, entry) == 1, where


def kill(rig: Rig, kind: str, at: int) -> int:
    """A life that ends at a boundary, and what goes on after it; answers how many boundaries it passed."""
    name, entry = laid(rig, kind)
    _, passed = killed_at(rig, name, at)
    is_there_once(rig, kind, name, entry, f"{rig.system} {kind} killed at boundary {at}")
    return passed
