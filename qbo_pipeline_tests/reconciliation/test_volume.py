"""What agrees costs no Python: the work on documents that differ does not grow with those that do not."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline.reconciliation.inputs import ReconciliationInput
from qbo_pipeline_tests.benchmarks.bench_reconciliation import books

DAMAGED = 20


def calls(given: ReconciliationInput) -> int:
    """How many Python functions are called while it is reconciled."""
    counted = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal counted
        counted += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        reconcile(given)
    finally:
        sys.setprofile(before)
    return counted


def test_ten_times_the_documents_take_as_many_calls() -> None:
    reconcile(books(100, DAMAGED))  # what is imported or made once
    few, many = (calls(books(size, DAMAGED)) for size in (2_000, 20_000))
    assert many < 1.2 * few


def test_ten_times_the_differences_take_ten_times_the_calls_at_most() -> None:
    few, many = (calls(books(5_000, damaged)) for damaged in (100, 1_000))
    assert many < 10 * few
