"""Roles, levels and the stock accounts of the books; and what the table of rules covers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbo_pipeline.accounting.rules import RULES
from qbo_pipeline.inventory.records import (
    DOCUMENT_KINDS,
    MOVEMENT_KINDS,
    PARTY_KINDS,
    PAYMENT_KINDS,
    PRODUCT_KINDS,
)
from qbo_pipeline_tests.accounting.company import ROLES, books, document, draft, item, match, movement, stock


def test_stock_accounts_are_those_of_the_stock_roles_with_their_overrides() -> None:
    in_books = books(overrides={("inventory", "location", "west"): "83", ("sales", "location", "west"): "41"})
    assert in_books.stock_accounts == {"81", "82", "83", "84", "33"}
    assert in_books.accounts_of("inventory") == {"81", "83"}


def test_a_role_that_is_not_set_has_no_accounts() -> None:
    without = books(roles={role: id for role, id in ROLES.items() if role != "landed_cost"})
    assert without.accounts_of("landed_cost") == frozenset()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"roles": ROLES | {"stock": "81"}}, "stock"),
        ({"overrides": {("inventory", "warehouse", "west"): "83"}}, "inventory by warehouse"),
        ({"overrides": {("stock", "location", "west"): "83"}}, "stock by location"),
    ],
)
def test_a_role_or_level_that_does_not_exist_is_an_error(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        books(**changes)


def test_every_kind_of_record_has_a_rule() -> None:
    kinds = PARTY_KINDS + PRODUCT_KINDS + DOCUMENT_KINDS + MOVEMENT_KINDS + PAYMENT_KINDS + ("location",)
    assert set(RULES) == set(kinds)


def test_a_receipt_that_comes_late_changes_the_bill_that_matches_it() -> None:
    billed = document("bill", item("tea", 1, "6", "6"), matches=(match(1, "receipt", 1, 1),))
    before = draft(billed, books())
    after = draft(billed, books(movement("receipt", stock("tea", 1, "5"))))
    assert [line["Amount"] for line in before.payload["Line"]] == [Decimal("6.00")]
    assert [line["Amount"] for line in after.payload["Line"]] == [Decimal("5.00"), Decimal("1.00")]
