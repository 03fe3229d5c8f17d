"""Fixtures for the end-to-end tests: F&B US carried once for all of them, people in a company and at a terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.food_and_beverage import Company, back_filled, reopened
from qbo_pipeline_tests.sources.openbravo import completed
from qbo_pipeline_tests.tampering.people import Bookkeeper


@pytest.fixture(scope="session")
def openbravo(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the CSV files of the company; never written to."""
    return completed(shared_data / "openbravo_fb", tmp_path_factory.mktemp("openbravo") / "fb")


@pytest.fixture(scope="session")
def template(openbravo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with F&B US carried; only to be copied."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return back_filled(openbravo, shared / "fb_us")


@pytest.fixture(scope="module")
def carried(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """F&B US carried, to look at only."""
    with reopened(template, tmp_path_factory.mktemp("carried") / "fb_us") as company:
        yield company


@pytest.fixture
def company(template: Path, tmp_path: Path) -> Iterator[Company]:
    """F&B US carried, to be changed."""
    with reopened(template, tmp_path / "fb_us") as company:
        yield company


@pytest.fixture
def people(emulator: RunningEmulator) -> Iterator[Bookkeeper]:
    """A bookkeeper in the company of the test's own emulator."""
    people = Bookkeeper(emulator)
    yield people
    people.close()


@pytest.fixture
def qbo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """The commands, at a terminal wide enough for whole lines."""
    monkeypatch.setenv("COLUMNS", "300")
    return CommandLine(monkeypatch, capsys)
