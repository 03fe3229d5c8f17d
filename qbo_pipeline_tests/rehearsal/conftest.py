"""Fixtures for the tests of rehearsals: a shop with an emulator that stands for its real company, and F&B US."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.shop import Shop, open_shop
from qbo_pipeline_tests.sources.openbravo import completed


@pytest.fixture
def qbo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """`qbo-pipeline` with arguments."""
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """The shop, nothing of it read yet."""
    with running_emulator("--limits", "off") as emulator:
        yield open_shop(tmp_path / "shop", emulator)


@pytest.fixture(scope="session")
def openbravo(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the CSV files of the sample company; never written to."""
    return completed(shared_data / "openbravo_fb", tmp_path_factory.mktemp("openbravo") / "fb")
