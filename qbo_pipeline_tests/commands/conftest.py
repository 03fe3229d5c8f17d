"""Fixtures for the tests of the commands: the command line, and a shop with an emulator of its own."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.shop import Shop, open_shop


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """A suite in the background or under `nohup` ignores a signal, and so would each command that it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # the suite itself still outlives its terminal
        signal.signal(signal.SIGHUP, lambda number, frame: None)


@pytest.fixture
def qbo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """`qbo-pipeline` with arguments."""
    monkeypatch.setenv("COLUMNS", "300")
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """The shop, nothing of it read yet."""
    with running_emulator("--limits", "off") as emulator:
        yield open_shop(tmp_path, emulator)
