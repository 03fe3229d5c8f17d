"""What both sides began with, the source against itself, and amounts as large as they may be."""

from __future__ import annotations

BEGINNING = {
    "opening stock: what became of the record decides whether it is the beginning": """
        opens   2026-03-01
        source  movement/1 opening 2026-03-05 10.00 disposition=excluded product_id=P1
        source  movement/2 opening 2026-03-05 20.00 disposition=skipped product_id=P2
        source  movement/3 opening 2026-03-05 40.00 product_id=P3
        source  movement/4 opening 2026-03-05 5.00 disposition=waiting product_id=P4
        source  movement/5 receipt 2026-03-01 3.00 disposition=waiting product_id=P5
        source  movement/6 receipt 2026-02-28 2.00 disposition=waiting product_id=P6
        source  movement/7 opening 2026-03-05 1.00 product_id=P7
        posting movement/7 JournalEntry 10 2026-03-05 posted 130=1.00
        ledger  JournalEntry 10 2026-03-05 130 1.00
        expect  opening_balance product/P1@L1/opening 130 2026-02-28 -10.00
        expect  opening_balance product/P2@L1/opening 130 2026-02-28 -20.00
        expect  opening_balance product/P3@L1/opening 130 2026-02-28 -40.00
        expect  opening_balance product/P6@L1/opening 130 2026-02-28 -2.00
        expect  waiting movement/4 130 2026-03-05 -5.00
        expect  waiting movement/5 130 2026-03-01 -3.00
    """,
    "the starting value of a tracked item, on the first day and after it": """
        opens   2026-03-01
        ledger  'Inventory Starting Value' 50 2026-03-01 130 30.00
        ledger  InventoryStartingValue 51 2026-03-02 130 7.00
        expect  opening_balance account/130/opening 130 2026-02-28 30.00
        expect  qbo_only qbo/InventoryStartingValue/51 130 2026-03-02 7.00
    """,
    "the starting value of a tracked item, where no first day is set": """
        ledger  'Inventory Starting Value' 50 2026-03-10 130 30.00
        ledger  'Inventory Starting Value' 51 2026-04-02 130 4.00
        expect  opening_balance account/130/opening 130 2026-03-09 30.00
    """,
    "opening stock past the last day": """
        source  movement/1 opening 2026-03-31 10.00 disposition=excluded
        source  movement/2 opening 2026-04-01 20.00 disposition=excluded
        ledger  Bill 20 2026-03-31 130 10.00 split='Opening Balance Equity'
    """,
    "the first day lies after the last": """
        opens   2026-05-01
        balance 130 12.00 opening_balance=10.00
        ledger  Bill 20 2026-03-05 130 2.00
        source  movement/1 receipt 2026-03-06 9.00
        expect  opening_balance account/130/opening 130 2026-03-31 3.00
    """,
    "stock and entries before the first day on two accounts": """
        opens   2026-03-01
        before  P1 L1 90.00 account_id=130
        before  P2 L1 40.00 account_id=131
        balance 132 21.00
        ledger  Bill 21 2025-11-01 130 60.00
        ledger  Bill 22 2025-11-02 130 20.00
        ledger  Bill 22 2025-11-02 130 1.00
        ledger  Bill 23 2025-11-03 130 2.00
        ledger  Bill 24 2025-11-04 130 3.00
        ledger  Bill 25 2025-11-05 130 5.00
        ledger  Bill 25 2025-11-05 130 -5.00
        ledger  Bill 26 2025-11-06 131 40.00
        ledger  Bill 27 2025-11-07 132 8.00 changed_at=2025-11-08T10:00 changed_by=Ann created_by=Bob
        ledger  Bill 28 2025-11-07 132 7.00 created_at=2025-11-09T10 created_by=Cy changed_at=2025-11-08 qbo_number=B-9
        expect  opening_balance account/130/opening 130 2026-02-28 -4.00
        ledger  Bill 29 2025-11-08 132 6.00 created_at=2025-11-09 created_by=Zoe changed_at=2025-11-09 changed_by=Ann
        expect  opening_balance qbo/Bill/29 132 2025-11-08 6.00
        expect  opening_balance qbo/Bill/27 132 2025-11-07 8.00
        expect  opening_balance qbo/Bill/28 132 2025-11-07 7.00
    """,
    "stock before the first day without a place, and parts of a cent": """
        opens   2026-03-01
        balance 130 0.00
        before  P1 L1 10.004999
        before  P1 - 5.00
        before  - - 7.00
        expect  opening_balance product/P1@L1/opening 130 2026-02-28 -10.00
        expect  opening_balance product/P1@/opening 130 2026-02-28 -5.00
        expect  opening_balance product/@/opening 130 2026-02-28 -7.00
    """,
    "two entries before the first day, and less stock": """
        opens   2026-03-01
        before  P1 L1 90.00
        ledger  Bill 21 2025-11-01 130 60.00
        ledger  Bill 22 2025-11-01 130 20.00
        expect  opening_balance account/130/opening 130 2026-02-28 -10.00
    """,
    "the starting value of a tracked item, entered after our first posting": """
        opens   2026-03-01
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        ledger  JournalEntry 10 2026-03-05 130 100.00 created_at=2026-03-06T01:00
        ledger  'Inventory Starting Value' 50 2026-02-20 130 30.00 created_at=2026-03-07T01:00
        ledger  Bill 51 2026-02-21 130 3.00 created_at=2026-03-06T01:00
        expect  opening_balance qbo/InventoryStartingValue/50 130 2026-02-20 30.00
        expect  opening_balance qbo/Bill/51 130 2026-02-21 3.00
    """,
    "eleven days that changed since they were read, and stock without a place": """
        pending 2026-03-01 2026-03-02 2026-03-03 2026-03-04 2026-03-05 2026-03-06
        pending 2026-03-07 2026-03-08 2026-03-09 2026-03-10 2026-03-11 2026-04-01
        balance 130 0.00
        own     - - 7.00
        own     P1 - 8.00
        own     - L1 9.00
        expect  not_extracted product/@ 130 2026-03-31 -7.00
        expect  not_extracted product/P1@ 130 2026-03-31 -8.00
        expect  not_extracted product/@L1 130 2026-03-31 -9.00
    """,
    "a balance and an entry before the first day, and no stock": """
        opens   2026-03-01
        read-from 2026-02-01
        balance 130 31.00 opening_balance=30.00
        ledger  Bill 21 2026-02-10 130 1.00
        expect  opening_balance account/130/opening 130 2026-02-28 30.00
        expect  opening_balance qbo/Bill/21 130 2026-02-10 1.00
    """,
    "the source's own value: under its account, under that of its movements, under the first": """
        balance 130 110.00
        balance 131 45.00
        source  movement/1 receipt 2026-03-01 40.00 account=131 product_id=P2
        posting movement/1 JournalEntry 10 2026-03-01 posted 131=40.00
        ledger  JournalEntry 10 2026-03-01 131 40.00
        source  movement/2 receipt 2026-03-02 110.00
        posting movement/2 JournalEntry 11 2026-03-02 posted 130=110.00
        ledger  JournalEntry 11 2026-03-02 130 110.00
        own     P1 L1 110.004
        own     P2 L1 41.00
        own     P3 L1 5.00
        own     P4 L1 6.00 account_id=131
        own     P5 L1 0.005
        own     P6 L1 0.0049
        source  movement/3 receipt 2026-03-03 5.00 account=131 product_id=P7
        posting movement/3 JournalEntry 12 2026-03-03 posted 131=5.00
        ledger  JournalEntry 12 2026-03-03 131 5.00
        own     P7 L1 5.00 account_id=130
        expect  source_contradicts_itself product/P2@L1 131 2026-03-31 -1.00
        expect  source_contradicts_itself product/P3@L1 130 2026-03-31 -5.00
        expect  source_contradicts_itself product/P4@L1 131 2026-03-31 -6.00
        expect  source_contradicts_itself product/P5@L1 130 2026-03-31 -0.01
        expect  source_contradicts_itself product/P7@L1 130 2026-03-31 -5.00
        expect  source_contradicts_itself product/P7@L1 131 2026-03-31 5.00
    """,
    "a balance that the lines do not make, of two accounts": """
        balance 130 140.00
        balance 131 -0.01 account_name='Inventory West'
        ledger  Bill 20 2026-03-01 130 100.00
        expect  qbo_only qbo/Bill/20 130 2026-03-01 100.00
        expect  unexplained account/130/ledger 130 2026-03-31 40.00
        expect  unexplained account/131/ledger 131 2026-03-31 -0.01
    """,
}

LARGE = {
    "large amounts on every side: no cent is lost": """
        opens   2026-03-01
        balance 130 450000000000.18 opening_balance=100000000000.02
        before  P1 L1 100000000000.014999
        source  movement/1 receipt 2026-03-01 200000000000.054999
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=200000000000.05
        ledger  JournalEntry 10 2026-03-01 130 200000000000.06
        source  movement/2 shipment 2026-03-02 -50000000000.044999 disposition=waiting
        ledger  Bill 11 2026-03-03 130 150000000000.09
        own     P1 L1 250000000000.024999
        expect  opening_balance account/130/opening 130 2026-02-28 0.01
        expect  changed_in_qbo movement/1 130 2026-03-01 0.01
        expect  waiting movement/2 130 2026-03-02 50000000000.04
        expect  qbo_only qbo/Bill/11 130 2026-03-03 150000000000.09
        expect  unexplained account/130/ledger 130 2026-03-31 0.01
    """,
}
