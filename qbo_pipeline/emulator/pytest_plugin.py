"""The fixture `qbo_emulator` for everybody's tests: pytest finds it where this package is installed.

    def test_my_tool(qbo_emulator):
        my_tool(qbo_emulator.base_url, qbo_emulator.realm, qbo_emulator.access_token())

Each test has a company of its own, in memory. `@pytest.mark.qbo_emulator(company="uk", limits="qbo")` chooses what
`in_process.running` takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from qbo_pipeline.emulator.in_process import RunningEmulator


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest of the marker."""
    config.addinivalue_line(
        "markers", "qbo_emulator(company, realm, limits, …): what the fixture qbo_emulator is made with"
    )


@pytest.fixture
def qbo_emulator(request: pytest.FixtureRequest) -> Iterator[RunningEmulator]:
    """An emulated QuickBooks Online company on a loopback port, for one test."""
    from qbo_pipeline.emulator.in_process import running  # not before it is wanted: other tests start without it

    marker = request.node.get_closest_marker("qbo_emulator")
    with running(**(marker.kwargs if marker else {})) as emulator:
        yield emulator
