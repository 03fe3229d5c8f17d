"""Fixtures of the emulator's HTTP tests: a fresh company behind a real socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qbo_pipeline_tests.emulator.http.serving import Served, serving, shared_server


@pytest.fixture
def served() -> Iterator[Served]:
    """An empty company, limits off, virtual time standing still."""
    with serving() as emulator:
        yield emulator


@pytest.fixture(scope="session", autouse=True)
def _stop_the_shared_server() -> Iterator[None]:
    yield
    if shared_server.cache_info().currsize:
        shared_server().stop()
