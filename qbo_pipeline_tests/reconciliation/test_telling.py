"""Reconciliations written down whole, against what a person has looked at (`told.txt`)."""

from __future__ import annotations

import pytest

from qbo_pipeline_tests.reconciliation.telling import BOOKS, known, told_of

KNOWN = known()


@pytest.mark.parametrize("name", BOOKS)
def test_a_reconciliation_is_the_same_to_the_last_word(name: str) -> None:
    assert told_of(name).splitlines() == KNOWN[name].splitlines()


def test_nothing_else_is_written_down() -> None:
    assert list(KNOWN) == list(BOOKS)
