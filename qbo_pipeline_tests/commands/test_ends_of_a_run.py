"""A real run that is stopped in each of its phases: one line says so, and the next run ends with each object once."""

from __future__ import annotations

import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.commands.left_behind import GOES_ON
from qbo_pipeline.pipeline import load
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.commands.stopping import NOWHERE, PATIENT, QUICK, SIGNALS, stopped
from qbo_pipeline_tests.pipeline.shop import DATED, DAYS, Shop

HANG = {"kind": "lost_answer", "how": "hang", "seconds": 120}
PLACES: dict[str, tuple[str, dict[str, Any] | None]] = {
    "extract": ("qbo_pipeline.pipeline.extract:extract_days", None),
    "transform": ("qbo_pipeline.pipeline.transform:transform", None),
    "before the first send": ("qbo_pipeline.posting.shell:Poster.run", None),
    "a document under way, not carried out": (NOWHERE, {**HANG, "operation": "batch", "commit": False, "nth": 1}),
    "a document under way, carried out": (NOWHERE, {**HANG, "operation": "batch", "commit": True, "nth": 1}),
    "reading changes": (NOWHERE, {**HANG, "operation": "cdc", "nth": 1}),
    "reading the ledger": (NOWHERE, {**HANG, "operation": "report", "nth": 1}),
    "reconcile": ("qbo_pipeline.pipeline.reconcile:reconcile_as_at", None),
}
# Three places in the default suite, a signal each; the others are for the long run, as is what was under way, which is
# waited for until its lease has ended: half a minute each.
QUICKLY = {
    (place, SIGNALS[number // 2 % 3]) for number, place in enumerate(PLACES) if "under way" not in place and number % 2
}
CASES = [
    pytest.param(
        place, number, marks=() if (place, number) in QUICKLY else pytest.mark.torture, id=f"{place}-{number.name}"
    )
    for place in PLACES
    for number in SIGNALS
]


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


def fired(shop: Shop) -> bool:
    """Whether the answer that does not come is being waited for."""
    assert shop.emulator is not None
    if not any(one["fired"] for one in shop.emulator.control("faults")["fault"]):
        return False
    time.sleep(0.3)
    return True


@pytest.mark.parametrize(("place", "number"), CASES)
def test_a_run_that_is_stopped_says_so_and_the_next_one_finishes(
    shop: Shop, qbo: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, number: signal.Signals
) -> None:
    monkeypatch.setattr(load, "poster_settings", lambda _: PATIENT)
    assert shop.emulator is not None
    function, rule = PLACES[place]
    if rule is not None:
        shop.emulator.order(rule)
    ended = stopped(
        ["run", *DAYS, "--settings", shop.settings],
        number,
        place=function,
        entered=tmp_path / "entered",
        begun=(lambda: fired(shop)) if rule is not None else None,
    )
    first, last = ended.err.splitlines()
    assert first.startswith(f"stopped by {number.name}")
    assert first.endswith(GOES_ON)
    assert (ended.status, last) == (128 + number, f"exit {128 + number}")
    assert ended.took < QUICK
    shop.emulator.order()
    again = qbo("run", *DAYS, "--settings", shop.settings)
    if again.status == 1 and "unknown" in again.plain:  # what was on its way is asked for once it is settled
        again = qbo("run", *DAYS, "--settings", shop.settings)
    assert again.status == 0, again.plain
    there = markers(shop)
    assert sum(1 for one in there if there[one]) >= len(DATED)
    assert set(there.values()) == {1}
