"""No cause on too little evidence: what looks like one cause and is another, and what lies before the first day."""

from __future__ import annotations

import pytest

from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline_tests.reconciliation.language import read

POSTED = """
    opens   2026-03-01
    source  movement/1 receipt 2026-03-05 100.00
    posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
"""
OURS = POSTED + "ledger JournalEntry 10 2026-03-05 130 100.00 created_at=2026-03-06T01:00"
CASES = {
    "re-dated by a person to a day that was not read: a date, not an account": """
        read-from 2026-03-01
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 drifted 130=100.00
        object  JournalEntry 10 live business_date=2026-02-20
        balance 130 100.00 opening_balance=100.00
        find    changed_in_qbo date movement/1 2026-03-05 -100.00
        find    opening_balance opening account/130/opening 2026-03-04 100.00
    """,
    "re-dated to before the first day, and its line was read": """
        opens   2026-03-01
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 drifted 130=100.00
        ledger  JournalEntry 10 2026-02-20 130 100.00
        find    changed_in_qbo date movement/1 2026-02-20 100.00
        find    changed_in_qbo date movement/1 2026-03-05 -100.00
    """,
    "off the account and re-dated": """
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 drifted 130=100.00
        object  JournalEntry 10 live business_date=2026-03-09
        find    changed_in_qbo 'account and date' movement/1 2026-03-05 -100.00
    """,
    "changed, and nobody asked QuickBooks how": """
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 drifted 130=100.00
        find    changed_in_qbo 'account or date' movement/1 2026-03-05 -100.00
    """,
    "its lines were made to cancel out: an amount, neither voided nor on another account": """
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 drifted 130=100.00
        ledger  JournalEntry 10 2026-03-05 130 70.00
        ledger  JournalEntry 10 2026-03-05 130 -70.00
        object  JournalEntry 10 live business_date=2026-03-05
        find    changed_in_qbo amount movement/1 2026-03-05 -100.00
    """,
    "an ordinary item that sells to the stock account": """
        ledger  'Sales Receipt' 30 2026-03-05 130 -41.00
        object  SalesReceipt 30 live tracked=no
        find    qbo_only 'sale to the stock account' qbo/SalesReceipt/30 2026-03-05 -41.00
    """,
    "a sale whose items nobody looked up": """
        ledger  'Sales Receipt' 30 2026-03-05 130 -41.00
        find    qbo_only 'sale; its items were not looked up' qbo/SalesReceipt/30 2026-03-05 -41.00
    """,
    "an ordinary item of our own invoice sells to the stock account": """
        posting document/9 Invoice 30 2026-03-05 drifted
        ledger  Invoice 30 2026-03-05 130 -41.00
        object  Invoice 30 live tracked=no
        find    changed_in_qbo account document/9 2026-03-05 -41.00
    """,
    "received and billed on one day, without accrual: nothing differs, nothing is said twice": """
        source  movement/1 receipt 2026-03-05 100.00 disposition=excluded posted_by=document/5
        posting document/5 Bill 10 2026-03-05 posted 130=100.00
        ledger  Bill 10 2026-03-05 130 100.00
    """,
    "without accrual, received and billed later: one document, two days": """
        source  movement/1 receipt 2026-03-05 100.00 disposition=excluded posted_by=document/5
        posting document/5 Bill 10 2026-03-09 posted 130=100.00
        ledger  Bill 10 2026-03-09 130 100.00
        find    received_not_invoiced 'invoiced later' document/5 2026-03-05 -100.00
        find    received_not_invoiced 'invoiced later' document/5 2026-03-09 100.00
    """,
    "without accrual, billed at another price": """
        source  movement/1 receipt 2026-03-05 100.00 disposition=excluded posted_by=document/5
        posting document/5 Bill 10 2026-03-05 posted 130=104.00
        ledger  Bill 10 2026-03-05 130 104.00
        find    cost_not_posted 'billed otherwise than received' document/5 2026-03-05 4.00
    """,
    "without accrual, the bill waits": """
        source  movement/1 receipt 2026-03-05 100.00 disposition=excluded posted_by=document/5
        posting document/5 Bill - 2026-03-05 parked 130=100.00
        find    parked parked document/5 2026-03-05 -100.00
    """,
    "without accrual, and no bill is there": """
        source  movement/1 receipt 2026-03-05 100.00 disposition=excluded
        find    received_not_invoiced 'not invoiced yet' movement/1 2026-03-05 -100.00
    """,
    "two costs on two accounts changed by the same amount: nothing moved": """
        source  movement/1 assembly 2026-03-05 106.00 changed_seen=2026-03-08
        source  movement/1 assembly 2026-03-05 -56.00 account=131 changed_seen=2026-03-08
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00 131=-50.00 first_seen=2026-03-06
        ledger  JournalEntry 10 2026-03-05 130 100.00
        ledger  JournalEntry 10 2026-03-05 131 -50.00
        find    changed_in_source amount movement/1 2026-03-05 -6.00
        find    changed_in_source amount movement/1 2026-03-05 6.00
    """,
    "bought from the bank, or taken from a customer's account: no move between stock accounts": """
        ledger  JournalEntry 41 2026-03-05 130 60.00 split=Checking
        ledger  JournalEntry 42 2026-03-06 130 7.00 split='Accounts Receivable'
        ledger  Transfer 43 2026-03-07 130 5.00 split=Checking
        ledger  Transfer 44 2026-03-08 130 3.00
        find    qbo_only JournalEntry qbo/JournalEntry/41 2026-03-05 60.00
        find    qbo_only JournalEntry qbo/JournalEntry/42 2026-03-06 7.00
        find    qbo_only Transfer qbo/Transfer/43 2026-03-07 5.00
        find    qbo_only Transfer qbo/Transfer/44 2026-03-08 3.00
    """,
    "entered by others, after our first posting, on a day before the first": OURS
    + """
        ledger  'Journal Entry' 20 2026-02-28 130 25.00 created_at=2026-03-07T01:00
        find    qbo_only 'Journal Entry' qbo/JournalEntry/20 2026-02-28 25.00
    """,
    "a copy of ours on a day before the first": OURS
    + """
        ledger  'Journal Entry' 20 2026-02-28 130 100.00 created_at=2026-03-07T01:00 marker=movement/1
        find    duplicate_in_qbo 'same marker' qbo/JournalEntry/20 2026-02-28 100.00
    """,
    "no stock before the first day, entries there: each by its own name": OURS
    + """
        ledger  'Journal Entry' 20 2026-02-27 130 25.00 created_at=2026-02-28T01:00
        ledger  Bill 21 2025-11-01 130 75.00
        ledger  Bill 22 2025-11-02 130 9.00
        ledger  'Journal Entry' 23 2025-11-03 130 -9.00
        find    opening_balance 'before the first day' qbo/JournalEntry/20 2026-02-27 25.00
        find    opening_balance 'before the first day' qbo/Bill/21 2025-11-01 75.00
        find    opening_balance 'before the first day' qbo/Bill/22 2025-11-02 9.00
        find    opening_balance 'before the first day' qbo/JournalEntry/23 2025-11-03 -9.00
    """,
    "years of entries that make the stock before the first day: nothing differs": OURS
    + """
        before  P1 L1 100.00
        own     P1 L1 200.00
        ledger  Bill 21 2025-11-01 130 75.00 created_at=2025-11-01T01:00
        ledger  'Journal Entry' 20 2026-02-27 130 25.00 created_at=2026-02-28T01:00
    """,
    "the same, and an entry of later: only that one differs": OURS
    + """
        before  P1 L1 100.00
        own     P1 L1 200.00
        ledger  Bill 21 2025-11-01 130 100.00 created_at=2025-11-01T01:00
        ledger  Expense 22 2026-02-27 130 4.00 created_at=2026-03-08T01:00
        find    qbo_only Expense qbo/Purchase/22 2026-02-27 4.00
    """,
    "stock and entries before the first day that do not agree": OURS
    + """
        before  P1 L1 90.00
        own     P1 L1 190.00
        ledger  Bill 21 2025-11-01 130 100.00 created_at=2025-11-01T01:00
        find    opening_balance opening account/130/opening 2026-02-28 10.00
    """,
    "stock before the first day and nothing in QuickBooks: each product and location": OURS
    + """
        before  P1 L1 30.004
        before  P2 L1 -5.00
        own     P1 L1 130.004
        own     P2 L1 -5.00
        find    opening_balance 'stock before the first day' product/P1@L1/opening 2026-02-28 -30.00
        find    opening_balance 'stock before the first day' product/P2@L1/opening 2026-02-28 5.00
    """,
    "opening balance equity, entered later: that is how an opening balance is aligned": OURS
    + """
        before  P1 L1 90.00
        own     P1 L1 190.00
        ledger  'Journal Entry' 21 2026-02-28 130 90.00 created_at=2026-03-09T01:00 split='Opening Balance Equity'
    """,
}


def without_findings(name: str) -> str:
    """The books of a case alone."""
    return "\n".join(line for line in CASES[name].splitlines() if not line.strip().startswith("find"))


@pytest.mark.parametrize("name", CASES)
def test_the_cause_that_the_evidence_shows(name: str) -> None:
    lines = [line.strip() for line in CASES[name].strip().splitlines()]
    expected = sorted(line.removeprefix("find").strip() for line in lines if line.startswith("find"))
    result = reconcile(read(without_findings(name), asset_accounts=frozenset({"Prepaid expenses"})).input)
    found = [
        f"{row.cause} {_quoted(row.detail)} {row.document_key} {row.business_date} {row.amount}"
        for row in result.differences.itertuples()
    ]
    assert sorted(found) == sorted(" ".join(line.split()) for line in expected)
    assert result.unexplained == 0


def _quoted(detail: str) -> str:
    return f"'{detail}'" if " " in detail else detail


def test_the_entries_behind_an_opening_balance_are_named_in_its_sentence() -> None:
    text = CASES["stock and entries before the first day that do not agree"].split("find")[0]
    (row,) = reconcile(read(text).input).differences.itertuples()
    assert "Stock began with 90.00, QuickBooks with 100.00, made of one entry: Bill 21 of 2025-11-01" in row.explanation


def test_entries_of_an_opening_balance_that_agrees_are_in_no_list_of_entries_by_others() -> None:
    text = CASES["the same, and an entry of later: only that one differs"].split("find")[0]
    assert list(reconcile(read(text).input).ledger_only["qbo_id"]) == ["22"]
