"""Reconciliations written down whole, against what a person has looked at (`told.txt`)."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline.reconciliation.frames import FrameError
from qbo_pipeline_tests.reconciliation.telling import BOOKS, known, told_of

KNOWN = known()


@pytest.mark.parametrize("name", BOOKS)
def test_a_reconciliation_is_the_same_to_the_last_word(name: str) -> None:
    assert told_of(name).splitlines() == KNOWN[name].splitlines()


def test_nothing_else_is_written_down() -> None:
    assert list(KNOWN) == list(BOOKS)


def test_stock_from_before_the_first_day_needs_that_day() -> None:
    words = "opening_values: without opening_date nobody knows their date; deliver both or neither"
    with pytest.raises(FrameError, match=f"^{re.escape(words)}$"):
        reconcile(replace(BOOKS["stock from before the first day"], opening_date=None))
