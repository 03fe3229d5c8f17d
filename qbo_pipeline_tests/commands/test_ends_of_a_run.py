"""A real run that is stopped in each of its phases: one line says so, and the next run ends with each object once."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline import load
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.shell import PosterSettings
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.pipeline.shop import DATED, DAYS, Shop

# A run as the command makes it, but that it waits where it enters a function, and says so.
WAITING = """
import importlib, sys, time
from qbo_pipeline import cli
from qbo_pipeline.pipeline import load
from qbo_pipeline_tests.commands.test_ends_of_a_run import PATIENT

load.poster_settings = lambda _: PATIENT
place, entered = sys.argv.pop(1), sys.argv.pop(1)
if place != "-":
    module, name = place.rsplit(":", 1)
    module = importlib.import_module(module)
    owner, _, attribute = name.rpartition(".")
    holder = getattr(module, owner) if owner else module
    real = getattr(holder, attribute)

    def wait(*arguments, **named):
        open(entered, "w").close()
        time.sleep(120)
        return real(*arguments, **named)

    setattr(holder, attribute, wait)
cli.main()
"""
# An answer that does not come is given up after 30 seconds, so that the next run need not wait for minutes.
PATIENT = PosterSettings(Policy(deadline=30, margin=0.5, lease=31, works_on=1, settle=32, lag=0.1))
HANG = {"kind": "lost_answer", "how": "hang", "seconds": 120}
PLACES: dict[str, tuple[str, dict[str, Any] | None]] = {
    "extract": ("qbo_pipeline.pipeline.extract:extract_days", None),
    "transform": ("qbo_pipeline.pipeline.transform:transform", None),
    "before the first send": ("qbo_pipeline.posting.shell:Poster.run", None),
    "a document under way, not carried out": ("-", {**HANG, "operation": "batch", "commit": False, "nth": 1}),
    "a document under way, carried out": ("-", {**HANG, "operation": "batch", "commit": True, "nth": 1}),
    "reading changes": ("-", {**HANG, "operation": "cdc", "nth": 1}),
    "reading the ledger": ("-", {**HANG, "operation": "report", "nth": 1}),
    "reconcile": ("qbo_pipeline.pipeline.reconcile:reconcile_as_at", None),
}
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
CASES = [(place, SIGNALS[number % 3]) for number, place in enumerate(PLACES)]
QUICK = 20.0  # seconds from the signal to the end on a busy machine, whatever is on its way


def markers(shop: Shop) -> Counter[str]:
    """How often each marker of ours stands in the company."""
    found: Counter[str] = Counter()
    with shop.run() as opened:
        for entity in ("JournalEntry", "Invoice", "Bill", "Payment"):
            found.update(
                str(thing["PrivateNote"])[-25:]
                for thing in opened.quickbooks().query(select(entity))
                if thing.get("PrivateNote")
            )
    return found


def begun(shop: Shop, rule: dict[str, Any] | None, entered: Path) -> None:
    """Wait until the run is where it is to be stopped."""
    assert shop.emulator is not None
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if rule is None and entered.exists():
            return
        if rule is not None and any(one["fired"] for one in shop.emulator.control("faults")["fault"]):
            time.sleep(0.3)
            return
        time.sleep(0.05)
    raise AssertionError("the run never came there")


@pytest.mark.parametrize(
    ("place", "number"),
    [
        # What was under way is waited for until its lease has ended: half a minute each, for the long run.
        pytest.param(
            place, number, marks=pytest.mark.torture if "under way" in place else (), id=f"{place}-{number.name}"
        )
        for place, number in CASES
    ],
)
def test_a_run_that_is_stopped_says_so_and_the_next_one_finishes(
    shop: Shop, qbo: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, number: signal.Signals
) -> None:
    monkeypatch.setattr(load, "poster_settings", lambda _: PATIENT)
    assert shop.emulator is not None
    function, rule = PLACES[place]
    if rule is not None:
        shop.emulator.order(rule)
    entered = tmp_path / "entered"
    command = [sys.executable, "-c", WAITING, function, str(entered), "run", *DAYS, "--settings", str(shop.settings)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            begun(shop, rule, entered)
            process.send_signal(number)
            stopped = time.monotonic()
            _, said = process.communicate(timeout=60)
            took = time.monotonic() - stopped
        finally:
            process.kill()
    assert process.returncode == 128 + number, said
    first, last = said.splitlines()
    assert first.startswith(f"stopped by {number.name}")
    assert "nothing is lost: the same command goes on from there" in first
    assert last == f"exit {128 + number}"
    assert took < QUICK
    shop.emulator.order()
    again = qbo("run", *DAYS, "--settings", shop.settings)
    if again.status == 1 and "unknown" in again.plain:  # what was on its way is asked for once it is settled
        again = qbo("run", *DAYS, "--settings", shop.settings)
    assert again.status == 0, again.plain
    there = markers(shop)
    assert sum(1 for one in there if there[one]) >= len(DATED)
    assert set(there.values()) == {1}
