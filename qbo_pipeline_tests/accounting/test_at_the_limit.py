"""What is just allowed: a fee as high as its payment, a deposit as high as its invoice; and policies that say nothing
new leave the hash of the settings as it was.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbo_pipeline.accounting.books import Policies
from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.accounting.rule_sets import Rules, RuleSet
from qbo_pipeline.accounting.rules import build
from qbo_pipeline_tests.accounting.company import DAY, FURTHER_ROLES, books, document, item, payment

D = Decimal
# The policies of the first release: their names and values are in every hash, however they are set.
FIRST = {
    "accrue_receipts", "bill_difference", "multicurrency", "numbered_by_quickbooks", "purchase_orders", "quotes",
    "supplier_return_clearing", "supplier_suffix", "tax_regime", "unmatched_bill_lines", "zero_cost",
}  # fmt: skip


@pytest.mark.parametrize("fee", ["100", "-100"])
def test_a_fee_may_be_all_of_its_payment(fee: str) -> None:
    record = payment("payment_received", fee, fee_amount=D(fee))
    made = build(record, books(record, roles=FURTHER_ROLES))
    assert isinstance(made, list)
    kept = made[-1]
    assert isinstance(kept, Draft)
    assert (kept.entity, kept.amount) == ("JournalEntry", D(100))


def test_a_deposit_may_be_all_of_its_invoice() -> None:
    record = document("sales_invoice", item("tea", 1, "12", "12"), deposit_amount=D(12))
    made = build(record, books(record, roles=FURTHER_ROLES))
    assert isinstance(made, Draft)
    assert made.payload["Deposit"] == D(12)


def test_policies_that_say_nothing_new_stand_in_no_hash() -> None:
    rules = Rules(first_day=DAY, roles={}, overrides={}, hints={}, tax_codes={}, policies=Policies())
    (written,) = RuleSet(home_currency="USD", by_date=[rules]).as_content()["by_date"]
    assert set(written["policies"]) == FIRST
