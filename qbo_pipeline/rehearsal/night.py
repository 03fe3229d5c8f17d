"""One rehearsed night, in a process of its own: `python -m qbo_pipeline.rehearsal.night`, with its order on standard
input, progress and outcome as lines of JSON on standard output.

What belongs here: the stages of a night in the order of `run`, and the moment at which the process kills itself, where
its order says so: just before a write leaves, or when its answer has come and nobody has noted it yet.
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import IO, Any

from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data, warned
from qbo_pipeline.pipeline.failures import plain_failure
from qbo_pipeline.pipeline.going_live import accept_preflight
from qbo_pipeline.pipeline.ledger_refresh import refresh_ledger
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.preflight import preflight
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.reference import refresh_reference_data
from qbo_pipeline.pipeline.report_files import write_reports
from qbo_pipeline.pipeline.run import Progress, Run, Surroundings, no_progress, open_run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.posting.persons import Person
from qbo_pipeline.quickbooks.clock import Clock
from qbo_pipeline.quickbooks.transport import Answer, Call, Transport
from qbo_pipeline.rehearsal.elsewhere import (
    STORE,
    RehearsalPlace,
    clock_of,
    open_emulated,
    rehearsed,
    rehearsed_secrets,
)
from qbo_pipeline.settings import Settings, load_settings
from qbo_pipeline.store.database import open_database
from qbo_pipeline.surfaces import log_for_people

READ, CARRY = "read", "carry"
ACCEPTED = Person("the rehearsal", "a copy of the company")
_EVERY_SECONDS = 1.0  # between two lines of progress


@dataclass(frozen=True, slots=True)
class NightOrder:
    """What a night is to do: `stage` is `read` (the source into the store) or `carry` (everything after it).

    `quick` is the moment from which time passes quickly (`elsewhere.QuickClock`); `kill` the write at which the process
    kills itself, counted from 1, and `after` whether it has been sent by then; `reports` the folder for report files.
    """

    settings: str
    place: RehearsalPlace
    first: date
    last: date
    stage: str
    quick: float | None = None
    kill: int | None = None
    after: bool = True
    look_ahead: bool = False  # make the checks before going live, and tell them
    reports: str | None = None

    def to_json(self) -> str:
        """For the process that carries it out."""
        return json.dumps({**asdict(self), "first": self.first.isoformat(), "last": self.last.isoformat()})

    @classmethod
    def from_json(cls, text: str) -> NightOrder:
        """What `to_json` wrote."""
        found = json.loads(text)
        days = {name: date.fromisoformat(found[name]) for name in ("first", "last")}
        return cls(**{**found, **days, "place": RehearsalPlace(**found["place"])})


class Deadly(Transport):
    """A transport that ends its own process, as a power failure would, at the n-th write."""

    def __init__(self, clock: Clock, kill: int | None, *, after: bool) -> None:
        super().__init__(clock=clock)
        self._kill, self._after = kill, after
        self._count = 0
        self._turn = threading.Lock()

    def send(
        self, call: Call, *, deadline: float, max_bytes: int, until: float = math.inf, into: IO[bytes] | None = None
    ) -> Answer:
        """As `Transport.send`, while the process lives."""
        is_now = self._is_now(call)
        if is_now and not self._after:
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            return super().send(call, deadline=deadline, max_bytes=max_bytes, until=until, into=into)
        finally:
            if is_now:
                os.kill(os.getpid(), signal.SIGKILL)

    def _is_now(self, call: Call) -> bool:
        if self._kill is None or call.method != "POST" or call.bearer is None or call.url.endswith("/query"):
            return False
        with self._turn:
            self._count += 1
            return self._count == self._kill


def carry_out(order: NightOrder) -> dict[str, Any]:
    """Do what the order says; answers what came of it, in words and numbers for `to_line`."""
    with opened(order, load_settings(order.settings), _Teller()) as run:
        return _read(run, order) if order.stage == READ else _carry(run, order)


@contextmanager
def opened(order: NightOrder, settings: Settings, progress: Progress = no_progress) -> Iterator[Run]:
    """A run in the store of an order, against its emulated company, in its time."""
    clock = clock_of(order.quick)
    rehearsing = rehearsed(settings, order.place, order.first)
    client = partial(open_emulated, transport=Deadly(clock, order.kill, after=order.after))
    with open_run(
        rehearsing,
        database=open_database(f"sqlite:///{Path(order.place.folder) / STORE}", clock=clock.now),
        progress=progress,
        secrets=rehearsed_secrets(rehearsing, order.place),
        surroundings=Surroundings(client, clock, Path(order.place.folder)),
    ) as run:
        yield run


def _read(run: Run, order: NightOrder) -> dict[str, Any]:
    first = run.settings.connection.first_day
    extracted = [*extract_master_data(run), *extract_days(run, max(first, order.first), order.last)]
    return {
        "records_read": sum(item.rows_read for item in extracted),
        "records_set_aside": sum(item.counts.set_aside for item in extracted),
        "warnings": warned(extracted),
    }


def _carry(run: Run, order: NightOrder) -> dict[str, Any]:
    began = time.monotonic()
    reference = refresh_reference_data(run)
    findings = preflight(run) if order.look_ahead else []
    accept_preflight(run, findings, ACCEPTED)
    transform(run, order.first, order.last)
    loaded = load(run, order.first, order.last)
    unfinished = loaded.unfinished
    side = refresh_ledger(run, order.last, not_asked=unfinished and "the run ended before everything was sent")
    found: dict[str, Any] = {
        "preflight": [asdict(one) for one in findings if not one.ok],
        "unfinished": [text for text in (reference.warning, unfinished, side.warning) if text],
        "remark": loaded.remark,
        "changed_in_quickbooks": sum(side.drifted.found.values()) if side.drifted else 0,
        "lost_days": len([count for count in broken_counts(run) if count.rows_read is not None]),
        "seconds": time.monotonic() - began,
        **run.api_calls(),
    }
    if side.as_of is not None:
        found["books"] = _reconciled(run, order)
    return found


def _reconciled(run: Run, order: NightOrder) -> dict[str, Any]:
    result = reconcile_as_at(run, order.last)
    files = write_reports(run, result, Path(order.reports)) if order.reports else None
    return {
        "as_at": result.as_at,
        "currency": result.currency,
        "status": result.status,
        **{name: getattr(result, name) for name in ("stock_value", "ledger_balance", "difference", "unexplained")},
        "causes": [
            {name: row[name] for name in ("label", "count", "amount")} for row in result.causes.to_dict("records")
        ],
        "notes": list(result.notes),
        "page": str(files.page) if files else None,
        "workbook": str(files.workbook) if files else None,
    }  # fmt: skip


class _Teller:
    """Writes progress, a line a second at most."""

    def __init__(self) -> None:
        self._said_at = 0.0

    def __call__(self, what: str, count: int) -> None:
        if (now := time.monotonic()) - self._said_at >= _EVERY_SECONDS:
            self._said_at = now
            _write({"progress": what, "count": count})


def _write(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, default=str, ensure_ascii=True) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Carry out the order on standard input; exit status 0 with the outcome, or the verdict's with what failed."""
    log_for_people()
    order = NightOrder.from_json(sys.stdin.read())
    try:
        _write({"done": carry_out(order)})
    except Exception as error:
        failure = plain_failure(error)
        if failure is None:
            raise
        _write({"failed": failure.text, "exit": failure.verdict.value})
        sys.exit(failure.verdict.value)


if __name__ == "__main__":
    main()
