"""Ends before time, with real processes: signals, a closed pipe, a full disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "qbo_pipeline.cli"]
# A command that is in the middle of something: it says so and waits.
BUSY = """
import sys, time
import typer
from qbo_pipeline import cli
from qbo_pipeline.commands.ends import note_phase

@cli.app.command()
def busy() -> None:
    note_phase("posting")
    print("under way", flush=True)
    time.sleep(60)

cli.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_says_in_a_line_where_it_stopped_and_how_it_goes_on(number: signal.Signals) -> None:
    command = [sys.executable, "-c", BUSY, "busy"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "under way\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=30)

    assert process.returncode == 128 + number
    first, last = said.splitlines()
    assert first.startswith(f"stopped by {number.name} (it was at: posting). What was committed stays")
    assert last == f"exit {128 + number}"


def test_what_nohup_ignores_stays_ignored() -> None:
    code = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + BUSY.replace("60", "1")
    with subprocess.Popen([sys.executable, "-c", code, "busy"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        assert process.wait(timeout=30) == 0


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["emulator", "--help"]])
def test_a_closed_pipe_is_no_error(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([*COMMAND, *arguments], stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False)
    finally:
        os.close(writing)

    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_output_is_said_in_a_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "--help"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )

    assert done.returncode == 3
    assert done.stderr.splitlines()[0].startswith("the output cannot be written: No space left on device.")
    assert "Traceback" not in done.stderr
