"""What time it is in an account: by the `Date` of its answers, whatever our own clock says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from qbo_pipeline.pipeline.landed import _dated
from qbo_pipeline.sources.http.reader import HttpReader, Reply
from qbo_pipeline.sources.syncro.lists import API


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Sat, 31 Oct 2026 22:00:00 GMT", datetime(2026, 10, 31, 22, tzinfo=UTC)),
        ("Sat, 31 Oct 2026 22:00:00 +0200", datetime(2026, 10, 31, 20, tzinfo=UTC)),
        ("Sat, 31 Oct 2026 22:00:00", None),  # of no zone: it could be any
        ("tomorrow", None),
        ("", None),
        (None, None),
    ],
)
def test_the_date_of_an_answer(header: str | None, expected: datetime | None) -> None:
    assert _dated(header) == expected


class Wire:
    """A system whose answers say these times, in order."""

    def __init__(self, *times: datetime | None) -> None:
        self.times = list(times)

    def get(self, url: str, headers: Mapping[str, str], *, seconds: float, max_bytes: int) -> Reply:
        return Reply(200, b"{}", self.times.pop(0))

    def wait(self) -> None: ...

    def quiet(self, seconds: float) -> None: ...


def test_the_latest_time_that_was_heard_counts() -> None:
    """An answer may come from a cache on the way, and say when it was made."""
    noon, one = datetime(2026, 10, 31, 12, tzinfo=UTC), datetime(2026, 10, 31, 13, tzinfo=UTC)
    wire = Wire(None, noon, one, noon, None)
    reader = HttpReader(API, "https://system", wire, wire, lambda _query: {}, lambda _seconds: None)
    heard = []
    for _ in range(5):
        reader.get("me")
        heard.append(reader.heard)
    assert heard == [None, noon, one, one, one]
