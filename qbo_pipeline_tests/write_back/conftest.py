"""Fixtures of the way back: an emulated company, a bookkeeper in it, and the shop with an inbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.shop import Shop
from qbo_pipeline_tests.tampering.people import Bookkeeper
from qbo_pipeline_tests.write_back.inbox_shop import (
    shop_with_inbox,
)


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator("--limits", "off") as emulator:
        yield emulator


@pytest.fixture
def people(emulator: RunningEmulator) -> Iterator[Bookkeeper]:
    people = Bookkeeper(emulator)
    yield people
    people.close()


@pytest.fixture
def qbo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "300")
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def shop(tmp_path: Path, emulator: RunningEmulator) -> Shop:
    return shop_with_inbox(tmp_path, f"sqlite:///{tmp_path / 'store.sqlite'}", emulator)
