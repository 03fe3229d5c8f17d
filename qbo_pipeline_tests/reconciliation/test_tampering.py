"""A thousand interventions at once, several on one document: every one is found, at its document, and nothing else."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline.reconciliation.export import rows_of, to_json
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reconciliation.result_frames import FRAMES
from qbo_pipeline_tests.reconciliation.tampering import (
    AS_AT,
    INTERVENTIONS,
    World,
    make_world,
    reconciliation_input,
    tamper,
)

COLUMNS = ("scope", "document_key", "cause", "account_id", "business_date", "amount")


def found_in(result: Reconciliation) -> dict[tuple[object, ...], int]:
    """Cents by document, cause, account and day; parts of a cent of the whole are not a document's."""
    sums: Counter[tuple[object, ...]] = Counter()
    for row in rows_of(result.differences, COLUMNS):
        if row["scope"] == "account":
            assert row["cause"] == "rounding"
            continue
        place = (row["document_key"], row["cause"], row["account_id"], row["business_date"])
        sums[place] += int(row["amount"].scaleb(2))
    return {place: cents for place, cents in sums.items() if cents}


def assert_adds_up(result: Reconciliation) -> None:
    """The identities that hold for every reconciliation."""
    rows, zero = result.differences, Decimal(0)
    assert result.difference == result.ledger_balance - result.stock_value == sum(rows["amount"], start=zero)
    assert result.explained + result.unexplained == result.difference
    assert sum(result.causes["amount"], start=zero) == result.difference
    assert sum(result.documents["difference"], start=zero) == result.difference
    for document in rows_of(result.documents, ("ledger_value", "source_value", "difference")):
        assert document["ledger_value"] - document["source_value"] == document["difference"]
    for account in rows_of(result.accounts, ("account_id", "difference", "explained", "unexplained")):
        mine = rows[rows["account_id"] == account["account_id"]]
        assert sum(mine["amount"], start=zero) == account["difference"]
        assert account["explained"] + account["unexplained"] == account["difference"]
    by_day = rows[rows["scope"].isin(["document", "ledger_entry"])].groupby("business_date")["amount"].sum()
    deltas = dict(zip(result.by_date["business_date"], result.by_date["delta"], strict=True))
    assert {day: cents for day, cents in by_day.items() if cents} == {day: d for day, d in deltas.items() if d}
    assert result.roll_forward[result.roll_forward["line"] == "closing"]["difference"].sum() == result.difference
    moves = result.roll_forward[result.roll_forward["line"] != "closing"]
    assert moves["difference"].sum() == result.difference
    assert not rows["difference_key"].duplicated().any()


def tampered(seed: int, documents: int, times: int) -> World:
    world = make_world(seed, documents)
    tamper(world, times)
    return world


def test_books_that_agree_have_no_difference() -> None:
    result = reconcile(reconciliation_input(make_world(1, 1_500)))
    assert found_in(result) == {}
    assert result.first_divergence is None
    assert result.unexplained == 0
    assert abs(result.difference) <= Decimal("0.005") * 1_500


@pytest.mark.parametrize("seed", range(4))
def test_a_thousand_interventions_are_all_found_and_nothing_else(seed: int) -> None:
    world = tampered(seed, 2_000, 1_000)
    assert set(world.made) == {intervention.__name__ for intervention in INTERVENTIONS}
    result = reconcile(reconciliation_input(world))
    assert found_in(result) == world.must_find()
    assert result.unexplained == 0
    assert result.status == "doubled", "some of the interventions enter a document a second time"
    assert_adds_up(result)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(20, 80), st.integers(len(INTERVENTIONS), 60))
@example(56, 67, 31)  # two lines of one document, on two accounts, whose costs change by the same amount
def test_any_few_interventions_are_found(seed: int, documents: int, times: int) -> None:
    """Few documents: most are touched several times."""
    world = make_world(seed, documents)
    with suppress(IndexError):  # no document is left for one of the interventions
        tamper(world, times)
    result = reconcile(reconciliation_input(world))
    assert found_in(result) == world.must_find()
    assert result.unexplained == 0
    assert_adds_up(result)


def test_the_order_of_rows_changes_nothing() -> None:
    world = tampered(7, 400, 200)
    one = reconcile(reconciliation_input(world))
    other = reconcile(reconciliation_input(world, shuffle=random.Random(5)))
    assert other.content_hash == one.content_hash
    assert to_json(other) == to_json(one)
    assert other.notes == one.notes
    for name in FRAMES:
        assert getattr(other, name).equals(getattr(one, name)), name


def test_the_hash_follows_every_amount_and_nothing_after_the_date() -> None:
    world = make_world(3, 50)
    before = reconcile(reconciliation_input(world)).content_hash
    doc = world.docs[0]
    account = next(iter(doc.ledger))
    doc.ledger[account] += 1
    assert reconcile(reconciliation_input(world)).content_hash != before
    doc.ledger[account] -= 1
    assert reconcile(reconciliation_input(world)).content_hash == before
    doc.lines[0].value += Decimal("0.0001")
    assert reconcile(reconciliation_input(world)).content_hash != before
    doc.lines[0].value -= Decimal("0.0001")
    late = dict.fromkeys(("qbo_id", "qbo_type"), "Bill") | {"account_id": "130", "amount": Decimal(5)}
    world.others.append(late | {"business_date": AS_AT.replace(month=7)})
    assert reconcile(reconciliation_input(world)).content_hash == before
    world.others[0]["business_date"] = AS_AT
    assert reconcile(reconciliation_input(world)).content_hash != before


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(1_000, 1_300))
def test_many_thousand_interventions(seed: int) -> None:
    world = tampered(seed, 2_000, 1_000)
    result = reconcile(reconciliation_input(world))
    assert found_in(result) == world.must_find()
    assert_adds_up(result)
