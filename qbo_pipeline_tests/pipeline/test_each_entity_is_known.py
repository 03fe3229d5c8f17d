"""What the rules post is known wherever a list names the entities that there are: a new kind is in each of them.

The list of those that may carry a marker is held by `test_first_look.py`.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbo_pipeline.accounting.preview import Names, ledger_lines
from qbo_pipeline.accounting.schema import SCHEMAS
from qbo_pipeline.posting.evidence import NAMED_BY
from qbo_pipeline.posting.reversal import COUNTERPART
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.quickbooks.reports import TRANSACTION_LABELS

POSTED = sorted(name for name in SCHEMAS if entity_named(name).transaction)
# They post to no account; and what an adjustment of stock costs, QuickBooks works out.
WITHOUT_LINES = {"Estimate", "PurchaseOrder", "InventoryAdjustment"}
NAMES = Names(
    account=lambda account: ("", account),
    item_account=lambda item, sold: "3",
    party=lambda party: party,
    class_=lambda one: one,
    department=lambda one: one,
    tax_code=lambda one: one,
    receivable="1",
    payable="2",
)
LINE = {
    "Amount": Decimal(5),
    "SalesItemLineDetail": {"ItemRef": {"value": "7"}},
    "JournalEntryLineDetail": {"PostingType": "Debit", "AccountRef": {"value": "3"}},
}


@pytest.mark.parametrize("entity", POSTED)
def test_a_preview_shows_what_it_books(entity: str) -> None:
    payload = {"Line": [LINE], "TotalAmt": Decimal(5), "DepositToAccountRef": {"value": "4"}}
    assert bool(ledger_lines(entity, payload, NAMES)) == (entity not in WITHOUT_LINES)


@pytest.mark.parametrize("entity", POSTED)
def test_reports_call_it_by_a_name_that_is_known(entity: str) -> None:
    assert entity in TRANSACTION_LABELS.values()


@pytest.mark.parametrize("entity", POSTED)
def test_it_tells_whose_a_list_entry_is(entity: str) -> None:
    fields = SCHEMAS[entity]
    for listed, field in (("Customer", "CustomerRef"), ("Vendor", "VendorRef")):
        assert (entity in NAMED_BY[listed][0]) == (field in fields), listed
    sells = "CustomerRef" in fields and "Line" in fields and entity != "Payment"
    assert not sells or entity in NAMED_BY["Item"][0]


def test_what_is_reversed_by_another_form_is_reversed_back() -> None:
    assert all(COUNTERPART[other] == entity or other == entity for entity, other in COUNTERPART.items())
