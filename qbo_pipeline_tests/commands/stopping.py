"""A command as a process of its own that waits where it is told to, and is stopped there by signals.

What belongs here: the process, where it waits, what it said. As a module it is that process:
`python -m qbo_pipeline_tests.commands.stopping PLACE ENTERED ARGUMENT ...`.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from qbo_pipeline.pipeline import load
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.shell import PosterSettings

# An answer that does not come is given up after 30 seconds, so that the next run need not wait for minutes.
PATIENT = PosterSettings(Policy(deadline=30, margin=0.5, lease=31, works_on=1, settle=32, lag=0.1))
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
NOWHERE = "-"
IN_A_THREAD = "thread:"  # before a place: only where another thread than the main one comes there
QUICK = 20.0  # seconds from the signal to the end on a busy machine, whatever is on its way
_LONG = 120


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit status, what it wrote, and the seconds from the first signal to its end."""

    status: int
    out: str
    err: str
    took: float


def stopped(
    arguments: Sequence[object],
    *numbers: signal.Signals,
    place: str,
    entered: Path,
    begun: Callable[[], bool] | None = None,
    between: float = 0.1,
) -> Ended:
    """Start the command, wait until it is at its place (or until `begun` says so), and send it the signals.

    `entered` is a file that the process makes when it is there; `between` are the seconds between two signals.
    """
    here = begun or entered.exists
    command = [sys.executable, "-m", __name__, place, str(entered), *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            end = time.monotonic() + 90
            while not here():
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < end, "it never came there"
                time.sleep(0.05)
            first = time.monotonic()
            for number in numbers:
                process.send_signal(number)
                time.sleep(between if len(numbers) > 1 else 0)
            out, err = process.communicate(timeout=90)
            return Ended(process.returncode, out, err, time.monotonic() - first)
        finally:
            process.kill()


def main() -> None:
    """The command line, but that it waits where it enters a function, and says so."""
    place, entered = sys.argv.pop(1), sys.argv.pop(1)
    load.poster_settings = lambda _: PATIENT
    in_a_thread = place.startswith(IN_A_THREAD)
    place = place.removeprefix(IN_A_THREAD)
    if place != NOWHERE:
        module_name, name = place.rsplit(":", 1)
        module = importlib.import_module(module_name)
        owner, _, attribute = name.rpartition(".")
        holder = getattr(module, owner) if owner else module
        real = getattr(holder, attribute)

        def wait(*arguments: object, **named: object) -> object:
            if in_a_thread and threading.current_thread() is threading.main_thread():
                return real(*arguments, **named)
            Path(entered).touch()
            time.sleep(_LONG)
            return real(*arguments, **named)

        setattr(holder, attribute, wait)
    from qbo_pipeline.__main__ import main as begin

    sys.argv[0] = "qbo-pipeline"
    os.environ |= {"COLUMNS": "300", "BROWSER": "true"}
    begin()


if __name__ == "__main__":
    main()
