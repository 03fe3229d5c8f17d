"""Days are half-open text intervals: every text of a date's form belongs to exactly one."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_pipeline.sources.days import day_of


@settings(deadline=None)
@given(st.integers(1, 9998), st.integers(0, 99), st.integers(0, 99), st.sampled_from(["", " 10:00:00", "T23:59:59.9"]))
def test_a_text_lies_between_its_day_and_the_next(year: int, month: int, day: int, time: str) -> None:
    written = f"{year:04}-{month:02}-{day:02}{time}"
    found = day_of(written)

    if found is None:
        assert written < "0001-01-01"
    else:
        assert found.isoformat() <= written < (found + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        (date(2011, 2, 28), date(2011, 2, 28)),
        (datetime(2011, 2, 28, 23, 59), date(2011, 2, 28)),  # noqa: DTZ001 - a timestamp without time zone
        ("2011-02-31", date(2011, 2, 28)),
        ("2011-99-99", date(2011, 12, 31)),
        ("2011-01-00", date(2010, 12, 31)),
        (None, None),
        ("", None),
        ("soon", None),
        ("31/02/2011", None),
        (20110228, None),
        ("0000-00-00", None),
    ],
)
def test_day_of(raw: object, day: date | None) -> None:
    assert day_of(raw) == day
