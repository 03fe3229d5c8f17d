"""Fixtures for the tests of the commands: the command line, and a shop with an emulator of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.shop import Shop, open_shop


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
