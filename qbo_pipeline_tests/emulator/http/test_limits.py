"""Intuit's throttles in sliding windows, scaled or off, and the peaks that are kept in any case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.emulator.http.limits import Limits
from qbo_pipeline.emulator.http.settings import limit_factor


def admitted(limits: Limits, instants: list[float], *, batch: bool = False, factor: float | None = 1.0) -> int:
    return sum(limits.admit(instant, "app", batch=batch, factor=factor) is None for instant in instants)


@pytest.mark.parametrize(
    ("instants", "batch", "factor", "expected"),
    [
        ([0.0] * 30, False, 1.0, 10),
        ([0.0] * 30, False, 2.0, 20),
        ([0.0] * 30, False, None, 30),
        ([n / 10 for n in range(600)], False, 1.0, 500),
        ([n * 0.5 for n in range(100)], True, 1.0, 40),
        ([n * 0.5 for n in range(200)], True, 2.0, 160),
    ],
    ids=["10 a second", "scaled", "off", "500 a minute", "40 batches a minute", "80 batches in each of two minutes"],
)
def test_how_many_requests_pass(instants: list[float], batch: bool, factor: float | None, expected: int) -> None:
    assert admitted(Limits(), instants, batch=batch, factor=factor) == expected


def test_120_batches_a_minute_bind_all_apps_of_a_realm_together() -> None:
    limits = Limits()
    passed = sum(
        limits.admit(n * 0.25, f"app {n % 4}", batch=True, factor=1.0) is None for n in range(200)
    )  # 50 s, 50 batches an app
    assert passed == 120


def test_a_refused_request_uses_up_nothing() -> None:
    limits = Limits()
    assert admitted(limits, [0.0] * 1_000) == 10
    assert limits.admit(1.0, "app", batch=False, factor=1.0) is None


@given(st.lists(st.floats(0, 200), max_size=300).map(sorted))
def test_no_window_ever_holds_more_than_its_limit(instants: list[float]) -> None:
    limits = Limits()
    passed = [t for t in instants if limits.admit(t, "app", batch=True, factor=1.0) is None]
    assert all(sum(t - 1 < other <= t for other in passed) <= 10 for t in passed)
    assert all(sum(t - 60 < other <= t for other in passed) <= 40 for t in passed)
    assert limits.peaks()["per_second"] <= 10


@pytest.mark.parametrize(("text", "factor"), [("qbo", 1.0), ("off", None), ("x10", 10.0), ("x0.5", 0.5)])
def test_how_limits_are_written(text: str, factor: float | None) -> None:
    assert limit_factor(text) == factor


@pytest.mark.parametrize("text", ["", "x", "x0", "x-1", "10", "xnan", "xinf", "on"])
def test_other_limits_are_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="write qbo, off, or xN"):
        limit_factor(text)
