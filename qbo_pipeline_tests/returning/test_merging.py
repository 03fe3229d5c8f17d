"""The three-way comparison of a thing that both sides keep: nothing is lost, doubled or half applied."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.returning.merging import Agreed, Merge, Side, merge

FIELDS = ("name", "email", "phone")
values = st.fixed_dictionaries({field: st.sampled_from([None, "a", "b", "c"]) for field in FIELDS})
Values = dict[str, str | None]


def same(field: str, here: object, there: object) -> bool:
    return here == there


def merged(
    here: Values, there: Values, agreed: Agreed, rules: dict[str, Side] | None = None, owner: Side | None = None
) -> Merge:
    return merge(FIELDS, here, there, agreed, same=same, rules=rules or {}, owner=owner)


@given(values, values, values)
def test_each_change_goes_to_the_other_side_and_then_nothing_is_sent_any_more(
    here: Values, there: Values, before: Values
) -> None:
    found = merged(here, there, Agreed(before, before))
    in_conflict = {conflict.field for conflict in found.conflicts}
    assert in_conflict == {
        field for field in FIELDS if len({before[field], here[field], there[field]}) == 3
    }  # fmt: skip
    if in_conflict:
        assert not found.to_source
        assert not found.to_quickbooks
        return
    assert not set(found.to_source) & set(found.to_quickbooks)
    after_here, after_there = {**here, **found.to_source}, {**there, **found.to_quickbooks}
    assert after_here == after_there
    again = merged(after_here, after_there, Agreed(found.agreed_source, found.agreed_quickbooks))
    assert (again.to_source, again.to_quickbooks, again.conflicts) == ({}, {}, [])


@given(values, values, values, st.sampled_from(["source", "quickbooks"]))
def test_a_rule_for_every_field_leaves_no_conflict_and_its_side_wins(
    here: Values, there: Values, before: Values, side: Side
) -> None:
    found = merged(here, there, Agreed(before, before), rules=dict.fromkeys(FIELDS, side))
    assert found.conflicts == []
    winner = here if side == "source" else there
    for field in FIELDS:
        if len({before[field], here[field], there[field]}) == 3:
            assert {**here, **found.to_source}[field] == {**there, **found.to_quickbooks}[field] == winner[field]


@given(values, values, values)
def test_where_quickbooks_owns_a_thing_nothing_goes_there(here: Values, there: Values, before: Values) -> None:
    found = merged(here, there, Agreed(before, before), owner="quickbooks")
    assert found.to_quickbooks == {}
    assert found.conflicts == []


def test_what_was_agreed_to_mean_the_same_is_no_change_of_either() -> None:
    agreed = Agreed({"name": "ACME: Paris"}, {"name": "ACME Paris"})
    found = merged({"name": "ACME: Paris", "phone": "1"}, {"name": "ACME Paris"}, agreed)
    assert (found.to_source, found.to_quickbooks) == ({}, {"phone": "1"})


def test_what_may_differ_is_told_until_a_side_changes_it() -> None:
    agreed = Agreed({"phone": "2"}, {"phone": "1"})
    assert merged({"phone": "2", "email": "a"}, {"phone": "1"}, agreed).left == {"phone": "1"}
    assert merged({"phone": "1"}, {"phone": "1"}, agreed).left == {}
    changed = merged({"phone": "3"}, {"phone": "1"}, agreed)
    assert (changed.left, changed.to_quickbooks) == ({}, {"phone": "3"})
