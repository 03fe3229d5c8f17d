"""Reconciliations written down whole, against what a person has looked at (`told/`)."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from qbo_pipeline.reconciliation import examine, foreign
from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline.reconciliation.frames import FrameError
from qbo_pipeline_tests.reconciliation.telling import BOOKS, EXPECTED, TOLD, known, told

COLUMNS = ("cause", "document_key", "account_id", "business_date", "amount")
KNOWN = known()


@pytest.mark.parametrize("name", BOOKS)
def test_a_reconciliation_is_the_same_to_the_last_word(name: str) -> None:
    result = reconcile(BOOKS[name])
    if name in EXPECTED:
        columns = (result.differences[one] for one in COLUMNS)
        assert sorted(zip(*columns, strict=True)) == EXPECTED[name]
    if name in TOLD:
        assert told(result).splitlines() == KNOWN[name].splitlines()


@pytest.mark.parametrize("at_a_time", [1, 2, 3, 10])
@pytest.mark.parametrize("name", ["a month of everything", "together: without more facts"])
def test_portions_change_nothing(name: str, at_a_time: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "CHUNK", at_a_time)
    monkeypatch.setattr(examine, "PORTION", at_a_time)
    assert told(reconcile(BOOKS[name])).splitlines() == KNOWN[name].splitlines()


def test_nothing_else_is_written_down() -> None:
    assert sorted(KNOWN) == sorted(TOLD)
    assert set(BOOKS) - set(TOLD) <= set(EXPECTED)


def test_stock_from_before_the_first_day_needs_that_day() -> None:
    words = "opening_values: without opening_date nobody knows their date; deliver both or neither"
    with pytest.raises(FrameError, match=f"^{re.escape(words)}$"):
        reconcile(replace(BOOKS["stock from before the first day"], opening_date=None))
