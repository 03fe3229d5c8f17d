"""The causes of tracked mode on the smallest books that show them, in the language of `language.py`."""

from __future__ import annotations

import pytest

from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline_tests.reconciliation.language import read

TRACKED = {
    "QuickBooks costs the goods of an invoice otherwise": """
        source  movement/1 shipment 2026-03-01 -40.00 disposition=excluded posted_by=document/1
        posting document/1 Invoice 10 2026-03-01 posted 130=-38.50 costed=yes
        ledger  Invoice 10 2026-03-01 130 -38.50
        expect  costed_otherwise document/1 130 2026-03-01 1.50
    """,
    "shipped and not invoiced": """
        source  movement/1 shipment 2026-03-01 -40.00 disposition=excluded awaits_document=yes
        expect  shipped_not_invoiced movement/1 130 2026-03-01 40.00
    """,
    "shipped in part without an invoice": """
        source  movement/1 shipment 2026-03-01 -40.00 disposition=excluded posted_by=document/1
        source  movement/1 shipment 2026-03-01 -10.00 disposition=excluded awaits_document=yes
        posting document/1 Invoice 10 2026-03-01 posted 130=-40.00 costed=yes
        ledger  Invoice 10 2026-03-01 130 -40.00
        expect  shipped_not_invoiced movement/1 130 2026-03-01 10.00
    """,
    "invoiced later, at another cost": """
        source  movement/1 shipment 2026-03-01 -40.00 disposition=excluded posted_by=document/1
        posting document/1 Invoice 10 2026-03-04 posted 130=-42.00 costed=yes
        ledger  Invoice 10 2026-03-04 130 -42.00
        expect  costed_otherwise document/1 130 2026-03-04 -2.00
        expect  shipped_not_invoiced document/1 130 2026-03-01 40.00
        expect  shipped_not_invoiced document/1 130 2026-03-04 -40.00
    """,
    "invoiced and not shipped, in whole": """
        posting document/1 Invoice 10 2026-03-04 posted ahead:130=-42.00 costed=yes record_state=live
        ledger  Invoice 10 2026-03-04 130 -42.00
        expect  invoiced_not_shipped document/1 130 2026-03-04 -42.00
    """,
    "invoiced and not shipped, in part": """
        source  movement/1 shipment 2026-03-04 -20.00 disposition=excluded posted_by=document/1
        posting document/1 Invoice 10 2026-03-04 posted 130=-21.00 ahead:130=-21.00 costed=yes
        ledger  Invoice 10 2026-03-04 130 -42.00
        expect  invoiced_not_shipped document/1 130 2026-03-04 -21.00
        expect  costed_otherwise document/1 130 2026-03-04 -1.00
    """,
    "billed later, otherwise than received": """
        source  movement/1 receipt 2026-03-01 100.00 disposition=excluded posted_by=document/1
        posting document/1 Bill 10 2026-03-04 posted 130=103.00 costed=yes
        ledger  Bill 10 2026-03-04 130 103.00
        expect  costed_otherwise document/1 130 2026-03-04 3.00
        expect  received_not_invoiced document/1 130 2026-03-01 -100.00
        expect  received_not_invoiced document/1 130 2026-03-04 100.00
    """,
    "an adjustment of another day": """
        source  movement/1 write_off 2026-03-01 -40.00
        posting movement/1 InventoryAdjustment 10 2026-03-03 posted 130=-40.00 costed=yes
        ledger  'Inventory Qty Adjust' 10 2026-03-03 130 -40.00
        expect  dated_differently movement/1 130 2026-03-01 40.00
        expect  dated_differently movement/1 130 2026-03-03 -40.00
    """,
    "an adjustment is costed otherwise": """
        source  movement/1 write_off 2026-03-01 -40.00
        posting movement/1 InventoryAdjustment 10 2026-03-01 posted 130=-41.00 costed=yes
        ledger  'Inventory Qty Adjust' 10 2026-03-01 130 -41.00
        expect  costed_otherwise movement/1 130 2026-03-01 -1.00
    """,
    "QuickBooks has not booked the cost yet": """
        source  movement/1 shipment 2026-03-01 -40.00 disposition=excluded posted_by=document/1
        posting document/1 Invoice 10 2026-03-01 posted 130=-40.00 costed=yes
        object  Invoice 10 live business_date=2026-03-01
        expect  waiting document/1 130 2026-03-01 40.00
    """,
    "the invoice of the goods is parked": """
        source  movement/1 shipment 2026-03-01 -40.00 disposition=excluded posted_by=document/1
        posting document/1 Invoice - 2026-03-01 parked 130=-40.00 costed=yes
        expect  parked document/1 130 2026-03-01 40.00
    """,
}


@pytest.mark.parametrize("name", TRACKED)
def test_each_cause_of_tracked_mode(name: str) -> None:
    books = read(TRACKED[name])
    result = reconcile(books.input)
    columns = (result.differences[one] for one in ("cause", "document_key", "account_id", "business_date", "amount"))
    assert sorted(zip(*columns, strict=True)) == sorted(books.expected)
    assert result.unexplained == 0
