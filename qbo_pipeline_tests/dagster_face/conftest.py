"""Fixtures of this room: an emulator for the whole module, an ephemeral instance for each test."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def kept_instance() -> Iterator[dg.DagsterInstance]:
    """An instance on disk: schedules open theirs by its reference."""
    with dg.instance_for_test() as instance:
        yield instance


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    """QuickBooks for one module; each company of it starts where the one before left the books."""
    with running_emulator("--company", "us", "--limits", "off") as emulator:
        yield emulator
