"""Since when quantities part, and by which documents: a table of cases, and what holds for every course of them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.reconciliation.parting import ItemMove, Parting, parting

D = Decimal


def day(number: int) -> date:
    return date(2024, 3, number)


def moved(number: int, key: str, quantity: str) -> ItemMove:
    return ItemMove(day(number), key, key, D(quantity))


@pytest.mark.parametrize(
    ("here", "there", "since", "by", "documents"),
    [
        pytest.param([(1, "a", "3")], [(1, "a", "3")], None, [], [], id="equal"),
        pytest.param([(1, "a", "3"), (4, "b", "-1")], [(1, "a", "3")], 4, ["b"], ["b"], id="only here"),
        pytest.param([(1, "a", "3")], [(1, "a", "3"), (2, "c", "-2")], 2, ["c"], ["c"], id="only there"),
        pytest.param([(1, "a", "3")], [(1, "a", "2")], 1, ["a"], ["a"], id="another quantity"),
        pytest.param([(1, "a", "3")], [(2, "a", "3")], None, [], [], id="another day, and the same in the end"),
        pytest.param(
            [(1, "a", "3"), (2, "b", "-1"), (5, "c", "-1")], [(1, "a", "3"), (3, "d", "-1")], 5, ["c"],
            ["b", "d", "c"], id="parted and met again, then parted for good",
        ),
        pytest.param([(1, "a", "1")], [(1, "b", "1")], None, ["a"], ["a", "b"], id="what parts cancels out"),
    ],
)  # fmt: skip
def test_since_when_and_by_which_document(
    here: list[tuple[int, str, str]],
    there: list[tuple[int, str, str]],
    since: int | None,
    by: list[str],
    documents: list[str],
) -> None:
    counts = tuple(sum((D(quantity) for _, _, quantity in side), D(0)) for side in (here, there))
    found = parting([moved(*one) for one in here], [moved(*one) for one in there], (counts[0], counts[1]))
    assert found.since == (day(since) if since else None)
    assert [document.key for document in found.by] == by
    assert [document.key for document in found.documents] == documents
    assert found.beyond == 0


def test_what_no_document_tells_stands_beyond_them() -> None:
    found = parting([moved(1, "a", "3")], [moved(1, "a", "3")], (D(5), D(3)))
    assert found == Parting(None, (), (), D(-2))


def courses() -> st.SearchStrategy[list[ItemMove]]:
    move = st.builds(
        lambda offset, key, quantity: ItemMove(date(2024, 1, 1) + timedelta(days=offset), key, key, D(quantity) / 2),
        st.integers(0, 9), st.sampled_from("abcdef"), st.integers(-6, 6),
    )  # fmt: skip
    return st.lists(move, max_size=12)


def running(here: list[ItemMove], there: list[ItemMove], until: date) -> Decimal:
    sides = (sum((move.quantity for move in side if move.day <= until), D(0)) for side in (here, there))
    ours, theirs = sides
    return theirs - ours


@given(courses(), courses(), st.integers(-9, 9), st.integers(-9, 9))
def test_the_documents_and_the_rest_are_the_difference(
    here: list[ItemMove], there: list[ItemMove], ours: int, theirs: int
) -> None:
    found = parting(here, there, (D(ours), D(theirs)))
    assert sum((document.difference for document in found.documents), D(0)) + found.beyond == theirs - ours
    assert all(document.difference for document in found.documents)
    assert set(found.by) <= set(found.documents)
    days = sorted({move.day for move in (*here, *there)})
    if found.since is None:
        assert not days or running(here, there, days[-1]) == 0
    else:
        assert all(running(here, there, one) for one in days if one >= found.since)
        before = [one for one in days if one < found.since]
        assert not before or running(here, there, before[-1]) == 0
