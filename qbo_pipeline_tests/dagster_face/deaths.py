"""Where a worker of these tests dies: points named in plain words, each before or after a call of the product.

What belongs here: the table of points, and what happens there: the process kills itself with SIGKILL, or waits until
the test lets it go on.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

PATIENCE = 180.0  # seconds for which a waiting worker waits before it gives up


@dataclass(frozen=True, slots=True)
class Point:
    """`before` or `after` the n-th call, and each one from then on, of a function named as module:path."""

    where: str
    moment: str
    call: int = 1


_SEND, _SEND_BATCH = (f"qbo_pipeline.quickbooks.client:QuickBooks.{name}" for name in ("send", "send_batch"))
POINTS = {
    "records are half written": Point("qbo_pipeline.pipeline.extract:put_records", "after", 21),
    "a range is half read": Point("qbo_pipeline.pipeline.extract:put_reads", "before", 5),
    "records are there, postings are not": Point("qbo_pipeline.pipeline.transform:transform", "before"),
    "postings are half written": Point("qbo_pipeline.pipeline.transform:put_built", "before", 2),
    "a batch is claimed, not sent": Point(_SEND_BATCH, "before"),
    "a batch is answered, not stored": Point(_SEND_BATCH, "after"),
    "a single is claimed, not sent": Point(_SEND, "before"),
    "a single is answered, not stored": Point(_SEND, "after"),
    "a first request is stored": Point("qbo_pipeline.posting.settling:Settlements.of_send", "after"),
    "a second request is claimed": Point("qbo_pipeline.posting.workers:Workers._send", "before", 2),
    "what is in doubt was looked up": Point("qbo_pipeline.posting.workers:look", "after"),
    "all is posted, Dagster does not know": Point("qbo_pipeline.pipeline.load:load", "after"),
    "the ledger is half written": Point("qbo_pipeline.pipeline.ledger:replace_window", "after"),
    "the reconciliation is half written": Point("qbo_pipeline.pipeline.reconcile:save", "after"),
    "the reports are not written": Point("qbo_pipeline.pipeline.report_files:write_reports", "before"),
    "a new token is not stored": Point("qbo_pipeline.quickbooks.keeper:TokenKeeper._refresh", "after"),
}


def die() -> None:
    """End this process as a machine that loses power does."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(mark: Path) -> None:
    """Die, unless a process has died here before: `mark` remembers it."""
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return
    die()


def wait(folder: Path) -> None:
    """Say in `folder` that the point is reached, and wait until the test lets everybody go on."""
    (folder / "reached").touch()
    end = time.monotonic() + PATIENCE
    while not (folder / "go_on").exists():
        if time.monotonic() > end:
            raise TimeoutError(f"nobody let the worker go on for {PATIENCE:.0f} s")
        time.sleep(0.05)


def arm(name: str, happens: Callable[[], None]) -> None:
    """Let `happens` happen in this process whenever it has reached the point of this name."""
    point = POINTS[name]
    module, _, path = point.where.partition(":")
    *owners, attribute = path.split(".")
    owner: Any = import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    really, calls = getattr(owner, attribute), count(1)

    def watched(*arguments: Any, **named: Any) -> Any:
        now = next(calls) >= point.call
        if now and point.moment == "before":
            happens()
        answer = really(*arguments, **named)
        if now and point.moment == "after":
            happens()
        return answer

    setattr(owner, attribute, watched)
