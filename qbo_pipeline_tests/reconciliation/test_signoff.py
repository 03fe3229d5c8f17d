"""Two people certify, on the same data, and a change voids it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline.reconciliation.fingerprint import VERSION, version_of
from qbo_pipeline.reconciliation.inputs import ClosedBalance
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reconciliation.signoff import SignOff, SignOffError, changed, check, close_of, prepare, review
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


EXPLAINED = CLEAN + "ledger Bill 20 2026-03-02 131 7.50"
DOUBLED = CLEAN + "ledger JournalEntry 11 2026-03-02 130 100.00 marker=movement/1"
D = Decimal


def test_a_certificate_says_what_was_certified_by_whom_and_when() -> None:
    result = outcome(EXPLAINED)
    first = prepare(result, " Preparer ", AT)
    assert first == SignOff(
        as_at=date(2026, 3, 31), currency="USD", content_hash=result.content_hash, stock_value=D("100.00"),
        ledger_balance=D("107.50"), difference=D("7.50"), unexplained=D("0.00"),
        balances=(
            ClosedBalance("130", D("100.00"), D("100.00")), ClosedBalance("131", D("0.00"), D("7.50")),
        ),
        preparer="Preparer", prepared_at=AT, reviewer=None, reviewed_at=None, comment="", void_at=None, void_why=None,
    )  # fmt: skip
    signed = review(first, outcome(EXPLAINED), " Reviewer ", LATER)
    assert signed == replace(first, reviewer="Reviewer", reviewed_at=LATER)
    assert check(first, outcome(EXPLAINED), LATER) is first
    void = check(signed, outcome(CLEAN.replace("100.00", "1090.00")), LATER)
    why = "the data changed after it was signed: stock value was 100.00, is 1,090.00, "
    assert void == replace(signed, void_at=LATER, void_why=f"{why}ledger balance was 107.50, is 1,090.00")


def prepared() -> SignOff:
    return prepare(outcome(), "Preparer", AT)


REFUSED: list[tuple[Callable[[], object], str]] = [
    (
        lambda: prepare(outcome(DOUBLED), "Preparer", AT),
        "a document stands twice in QuickBooks as at 2026-03-31: delete the second one there before signing off",
    ),
    (
        lambda: prepare(outcome(CLEAN + "balance 130 1105.00"), "Preparer", AT),
        "1,005.00 USD of 2026-03-31 are unexplained: name their causes, or state a tolerance, before signing off",
    ),
    (lambda: prepare(outcome(), "  ", AT), "a signature needs a name"),
    (
        lambda: prepare(outcome(), "Preparer", AT.replace(tzinfo=None)),
        "an instant needs its time zone: datetime.datetime(2026, 4, 1, 0, 0)",
    ),
    (
        lambda: review(replace(prepared(), void_at=AT), outcome(), "Reviewer", LATER),
        "the sign-off of 2026-03-31 is void: only a prepared one can be reviewed",
    ),
    (
        lambda: review(prepared(), outcome(), "PREPARER", LATER),
        "'PREPARER' prepared it: the reviewer must be another person",
    ),
    (
        lambda: review(prepared(), outcome(EXPLAINED), "Reviewer", LATER),
        "the data changed after it was signed: ledger balance was 100.00, is 107.50: prepare it again",
    ),
    (
        lambda: review(prepared(), outcome(), "Reviewer", LATER.replace(tzinfo=None)),
        "an instant needs its time zone: datetime.datetime(2026, 4, 2, 0, 0)",
    ),
    (lambda: review(prepared(), outcome(), " ", LATER), "a signature needs a name"),
    (
        lambda: changed(replace(prepared(), as_at=date(2026, 2, 28)), outcome()),
        "signed as at 2026-02-28 in USD, reconciled as at 2026-03-31 in USD: compare the same date",
    ),
    (
        lambda: changed(replace(prepared(), currency="EUR"), outcome()),
        "signed as at 2026-03-31 in EUR, reconciled as at 2026-03-31 in USD: compare the same date",
    ),
    (lambda: close_of(prepared()), "the sign-off of 2026-03-31 is not reviewed yet"),
    (
        lambda: check(prepared(), outcome(EXPLAINED), LATER.replace(tzinfo=None)),
        "an instant needs its time zone: datetime.datetime(2026, 4, 2, 0, 0)",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("attempt", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_the_rules_do_not_allow_is_said_in_these_words(attempt: Callable[[], object], words: str) -> None:
    with pytest.raises(SignOffError) as caught:
        attempt()
    assert str(caught.value) == words


FIRST_VERSION = "db7bad857a0dba962622fc76a590f913ea844cf8c8629ff275fb92bf5672b1e4"


def test_what_was_signed_by_an_earlier_hash_is_held_to_that_hash() -> None:
    """A new version of the hash voids no certificate: while it stands, its period is hashed as it was signed."""
    given = read(CLEAN).input
    earlier = reconcile(replace(given, hash_version=1))
    assert earlier.content_hash == FIRST_VERSION
    signed = review(prepare(earlier, "Preparer", AT), earlier, "Reviewer", LATER)
    again = reconcile(replace(given, hash_version=version_of(signed.content_hash)))
    assert check(signed, again, LATER) is signed
    moved = read(CLEAN.replace("100.00", "100.01")).input
    assert check(signed, reconcile(replace(moved, hash_version=1)), LATER).state == "void"
    assert version_of(reconcile(given).content_hash) == VERSION == 2
