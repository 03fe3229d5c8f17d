"""The table that ends a run of benchmarks."""

from __future__ import annotations

import pytest

from qbo_pipeline_tests.benchmarks.goals import Goals

_GOALS = pytest.StashKey[Goals]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_GOALS] = Goals()


@pytest.fixture(scope="session")
def goals(pytestconfig: pytest.Config) -> Goals:
    return pytestconfig.stash[_GOALS]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    goals = config.stash.get(_GOALS, None)
    if goals is not None and goals.rows:
        terminalreporter.section("speed beside its goals", "=")
        for line in goals.lines():
            terminalreporter.write_line(line)
