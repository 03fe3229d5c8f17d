"""What is taken for one of ours that QBO has already, what is in doubt, and what is like nothing there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.accounting.documents_there import Transaction, compare

STOCK = "81"
OURS = Transaction("document/7", "Bill", "INV 7", "42", "", date(2026, 10, 2), Decimal("64.00"), "USD", {})
THEIRS = replace(OURS, id="1001", party_name="Cape & Cable")


@pytest.mark.parametrize(
    ("ours", "theirs", "why"),
    [
        ({}, {}, None),
        ({}, {"number": "inv 7"}, None),
        ({"party_id": None, "party_name": "CAPE & CABLE"}, {}, None),
        ({"number": ""}, {}, None),  # QBO numbers it: the number is no sign
        ({"stock": {STOCK: Decimal(0)}}, {}, None),
        ({"party_id": None}, {}, "party is Cape & Cable there and - here"),  # a name says nothing without a policy
        ({"party_id": "43"}, {}, "party is Cape & Cable there and 43 here"),
        ({}, {"number": "INV 8"}, "number is INV 8 there and INV 7 here"),
        ({}, {"day": date(2026, 10, 3)}, "day is 2026-10-03 there and 2026-10-02 here"),
        ({}, {"amount": Decimal("63.99")}, "amount is 63.99 USD there and 64.00 USD here"),
        ({}, {"currency": "EUR"}, "amount is 64.00 EUR there and 64.00 USD here"),
        (
            {},
            {"stock": {STOCK: Decimal("64.00")}},
            "what it does to the inventory account is 64.00 there and 0.00 here",
        ),
    ],
)
def test_a_match_agrees_in_everything(ours: Mapping[str, Any], theirs: Mapping[str, Any], why: str | None) -> None:
    matches, doubts = compare([replace(OURS, **ours)], [replace(THEIRS, **theirs)])
    assert [doubt.why for doubt in doubts] == ([] if why is None else [why])
    assert len(matches) == (why is None)


@pytest.mark.parametrize(
    "theirs",
    [
        {"entity": "VendorCredit"},
        {"number": "INV 8", "day": date(2026, 10, 3)},
        {"number": "INV 8", "party_id": "43"},
    ],
)
def test_what_has_neither_number_nor_party_day_and_amount_in_common_is_not_alike(theirs: Mapping[str, Any]) -> None:
    assert compare([OURS], [replace(THEIRS, **theirs)]) == ([], [])


def test_a_rival_on_either_side_makes_a_doubt() -> None:
    matches, doubts = compare([OURS], [THEIRS, replace(THEIRS, id="1002")])
    assert (matches, [doubt.why for doubt in doubts]) == ([], ["2 of them are the same in everything"])
    matches, doubts = compare([OURS, replace(OURS, id="document/8")], [THEIRS])
    assert (matches, {doubt.why for doubt in doubts}) == ([], {"another one of ours is the same in everything"})


def test_journals_have_no_party_and_are_alike_by_their_number_alone() -> None:
    ours = replace(OURS, id="movement/3", entity="JournalEntry", party_id=None, stock={STOCK: Decimal("-5.00")})
    theirs = replace(ours, id="1003")
    assert len(compare([ours], [theirs])[0]) == 1
    assert compare([ours], [replace(theirs, number="JE 1")]) == ([], [])
