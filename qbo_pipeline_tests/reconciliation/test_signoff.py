"""Two people certify, on the same data, and a change voids it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reconciliation.signoff import SignOffError, changed, check, close_of, prepare, review
from qbo_pipeline_tests.reconciliation.language import read

AT = datetime(2026, 4, 1, tzinfo=UTC)
LATER = datetime(2026, 4, 2, tzinfo=UTC)
CLEAN = """
    source  movement/1 receipt 2026-03-01 100.00
    posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
    ledger  JournalEntry 10 2026-03-01 130 100.00
"""


def outcome(text: str = CLEAN) -> Reconciliation:
    return reconcile(read(text).input)


def test_two_people_sign_and_the_period_is_closed() -> None:
    prepared = prepare(outcome(), " Preparer ", AT, "March")
    signed = review(prepared, outcome(), "Reviewer", LATER)
    assert (prepared.state, signed.state, signed.preparer, signed.reviewer) == (
        "prepared",
        "signed",
        "Preparer",
        "Reviewer",
    )
    close = close_of(signed)
    assert (close.through, close.signed_at) == (date(2026, 3, 31), LATER)
    assert [(one.account_id, one.stock_value, one.ledger_balance) for one in close.balances] == [("130", 100, 100)]
    assert check(signed, outcome(), LATER) is signed
    with pytest.raises(SignOffError, match="not reviewed yet"):
        close_of(prepared)


@pytest.mark.parametrize("reviewer", ["Preparer", "preparer", " PREPARER  ", "Ｐreparer"])
def test_nobody_reviews_what_they_prepared(reviewer: str) -> None:
    with pytest.raises(SignOffError, match="must be another person"):
        review(prepare(outcome(), "Preparer", AT), outcome(), reviewer, LATER)


def test_a_change_of_data_voids_it_for_ever() -> None:
    changed_ledger = CLEAN.replace("130 100.00", "130 101.00")
    signed = review(prepare(outcome(), "Preparer", AT), outcome(), "Reviewer", LATER)
    void = check(signed, outcome(changed_ledger), LATER)
    assert void.state == "void"
    assert void.void_why == "the data changed after it was signed: ledger balance was 100.00, is 101.00"
    assert check(void, outcome(), LATER) is void
    with pytest.raises(SignOffError, match="prepare it again"):
        review(prepare(outcome(), "Preparer", AT), outcome(changed_ledger), "Reviewer", LATER)
    with pytest.raises(SignOffError, match="only a prepared one"):
        review(void, outcome(), "Reviewer", LATER)


def test_rows_that_change_without_the_totals_void_it_too() -> None:
    other = CLEAN.replace("2026-03-01", "2026-03-02")
    assert changed(prepare(outcome(), "Preparer", AT), outcome(other)) == (
        "the data changed after it was signed: the totals are the same, single documents are not"
    )


def test_unexplained_amounts_names_and_instants_are_demanded() -> None:
    with pytest.raises(SignOffError, match=r"5\.00 USD of 2026-03-31 are unexplained"):
        prepare(outcome(CLEAN + "balance 130 105.00"), "Preparer", AT)
    with pytest.raises(SignOffError, match="needs a name"):
        prepare(outcome(), "  ", AT)
    with pytest.raises(SignOffError, match="needs its time zone"):
        prepare(outcome(), "Preparer", AT.replace(tzinfo=None))
    with pytest.raises(SignOffError, match="compare the same date"):
        changed(replace(prepare(outcome(), "Preparer", AT), as_at=date(2026, 2, 28)), outcome())
