"""Which entry of QuickBooks is which of ours: matches by the stated policy, doubts for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.accounting.likenesses import SIGNS, Combination, Listed, compare, listed

ALL: Sequence[Combination] = (("number",), ("tax_number",), ("email", "name"))


def vendor(id: str, name: str, **signs: str) -> Listed:
    content: dict[str, Any] = {"DisplayName": name}
    content |= {"AcctNum": signs["number"]} if "number" in signs else {}
    content |= {"PrimaryEmailAddr": {"Address": signs["email"]}} if "email" in signs else {}
    content |= {"TaxIdentifier": signs["tax"]} if "tax" in signs else {}
    content |= {"CurrencyRef": {"value": signs["currency"]}} if "currency" in signs else {}
    return listed("Vendor", id, content)


OURS = vendor("party/supplier:1", "Leaf Ltd", number="L1", email="a@leaf.example", tax="12-3456789")
# what QuickBooks has, the policy, what comes of it
CASES: list[tuple[str, list[Listed], Sequence[Combination], str]] = [
    ("nothing alike", [vendor("7", "Other")], ALL, ""),
    ("number", [vendor("7", "Other", number="l1 ")], ALL, "7 by number"),
    ("e-mail and name", [vendor("7", "LEAF  ltd", email="A@leaf.example")], ALL, "7 by email+name"),
    ("name alone is a doubt", [vendor("7", "Leaf Ltd")], ALL, "doubt: no more than the name agrees"),
    ("name alone, by policy", [vendor("7", "Leaf Ltd")], [("name",)], "7 by name"),
    ("e-mail alone is a doubt", [vendor("7", "X", email="a@leaf.example")], ALL,
     "doubt: no more than the email agrees"),
    ("all must agree", [vendor("7", "Leaf Ltd", number="L1")], [("number", "email", "name")],
     "doubt: no more than the number and name agrees"),
    ("another number", [vendor("7", "Leaf Ltd", number="L2")], [("name",)], "doubt: another number there"),
    ("another tax number", [vendor("7", "Leaf", number="L1", tax="XXXXXX0000")], ALL,
     "doubt: another tax number there"),
    ("tax number, whole", [vendor("7", "X", tax="123456789")], ALL, "7 by tax_number"),
    ("tax number, masked", [vendor("7", "X", tax="XXXXXX6789")], ALL,
     "doubt: no more than the tax number agrees (the tax number as far as QuickBooks shows it)"),
    ("tax number, masked, with the name", [vendor("7", "Leaf Ltd", tax="XXXXXX6789")], [("tax_number", "name")],
     "7 by tax_number+name"),
    ("two of a number", [vendor("7", "A", number="L1"), vendor("8", "B", number="L1")], ALL,
     "doubt: 2 entries of QuickBooks agree as the policy asks"),
    ("another currency", [vendor("7", "Leaf Ltd", number="L1", currency="EUR")], ALL, "7 by number"),
]  # fmt: skip


@pytest.mark.parametrize(("theirs", "policy", "expected"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_what_is_taken_for_one(theirs: list[Listed], policy: Sequence[Combination], expected: str) -> None:
    assert told(OURS, theirs, policy) == expected


def told(ours: Listed, theirs: Sequence[Listed], policy: Sequence[Combination]) -> str:
    matches, doubts = compare([ours], theirs, policy)
    said = [f"{match.pair.theirs.id} by {'+'.join(match.by)}" for match in matches]
    return "; ".join([*said, *(f"doubt: {doubt.why}" for doubt in doubts)])


def test_one_entry_of_quickbooks_is_never_two_of_ours() -> None:
    both = [vendor("party/supplier:1", "A", number="L1"), vendor("party/supplier:2", "B", number="L1")]
    matches, doubts = compare(both, [vendor("7", "A", number="L1")], ALL)
    assert not matches
    assert [doubt.why for doubt in doubts] == [
        "party/supplier:2 is like the same entry of QuickBooks",
        "party/supplier:1 is like the same entry of QuickBooks",
    ]


def test_names_in_two_currencies_find_each_its_own() -> None:
    ours = [
        vendor("p#USD", "A", email="a@b.example", currency="USD"),
        vendor("p#EUR", "A EUR", email="a@b.example", currency="EUR"),
    ]
    theirs = [
        vendor("7", "A", email="a@b.example", currency="USD"),
        vendor("8", "A EUR", email="a@b.example", currency="EUR"),
    ]
    matches, doubts = compare(ours, theirs, [("email",)])
    assert [(match.pair.ours.id, match.pair.theirs.id) for match in matches] == [("p#USD", "7"), ("p#EUR", "8")]
    assert not doubts


def test_an_item_is_known_by_its_sku_and_lists_are_never_mixed() -> None:
    tea = listed("Item", "product/tea", {"Name": "T-1", "Sku": "T-1", "Description": "Green tea"})
    assert (
        told(tea, [listed("Item", "9", {"Name": "Green Tea", "Sku": "t-1"})], [("number", "name")])
        == "9 by number+name"
    )
    assert told(tea, [vendor("9", "T-1", number="T-1")], ALL) == ""


_values = st.sampled_from(["a", "b", "c"])
_entries = st.builds(
    lambda name, number, email, tax: {"name": name, "number": number, "email": email, "tax": tax},
    _values,
    _values,
    _values,
    _values,
)


@given(st.lists(_entries, max_size=5), st.lists(_entries, max_size=5),
       st.lists(st.lists(st.sampled_from(SIGNS), min_size=1, unique=True).map(tuple), max_size=3))  # fmt: skip
def test_a_match_is_one_to_one_and_agrees_in_all_that_the_policy_asks(ours: Any, theirs: Any, policy: Any) -> None:
    mine = [vendor(f"k{number}", **row) for number, row in enumerate(ours)]
    there = [vendor(str(number), **row) for number, row in enumerate(theirs)]
    matches, doubts = compare(mine, there, policy)
    taken = [match.pair.theirs.id for match in matches]
    assert len(taken) == len(set(taken))
    assert not {match.pair.ours.id for match in matches} & {doubt.ours.id for doubt in doubts}
    for match in matches:
        assert match.by in policy
        assert set(match.by) <= set(match.pair.agree)
