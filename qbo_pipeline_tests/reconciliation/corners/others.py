"""Entries that only QuickBooks has: copies, moves between accounts, and by whom."""

from __future__ import annotations

BY_OTHERS = {
    "lines of one entry that cancel out, or stand past the last day": """
        ledger  'Journal Entry' 60 2026-03-05 130 5.00
        ledger  'Journal Entry' 60 2026-03-05 130 -5.00
        ledger  'Journal Entry' 60 2026-03-05 131 7.00
        ledger  'Journal Entry' 61 2026-03-31 130 4.00
        ledger  'Journal Entry' 61 2026-04-06 130 6.00
        ledger  'Journal Entry' 62 2026-03-08 130 -9.00
        ledger  'Journal Entry' 62 2026-03-08 131 8.00
        expect  qbo_only qbo/JournalEntry/60 131 2026-03-05 7.00
        expect  qbo_only qbo/JournalEntry/61 130 2026-03-31 4.00
        expect  qbo_only qbo/JournalEntry/62 130 2026-03-08 -9.00
        expect  qbo_only qbo/JournalEntry/62 131 2026-03-08 8.00
    """,
    "between inventory accounts, or to an account that holds goods": """
        ledger  'Journal Entry' 62 2026-03-07 130 -9.00
        ledger  'Journal Entry' 62 2026-03-07 131 9.00
        ledger  'Journal Entry' 63 2026-03-08 130 -8.00 split='Prepaid expenses'
        ledger  Transfer 64 2026-03-09 130 5.00 split='Prepaid expenses'
        ledger  Transfer 64 2026-03-09 130 2.00 split=Checking
        ledger  Deposit 65 2026-03-10 130 4.00 split='Prepaid expenses'
        ledger  Deposit 66 2026-03-11 130 3.00
        ledger  Deposit 66 2026-03-11 130 -3.00
        expect  moved_account qbo/JournalEntry/62 130 2026-03-07 -9.00
        expect  moved_account qbo/JournalEntry/62 131 2026-03-07 9.00
        expect  moved_account qbo/JournalEntry/63 130 2026-03-08 -8.00
        expect  qbo_only qbo/Transfer/64 130 2026-03-09 7.00
        expect  qbo_only qbo/Deposit/65 130 2026-03-10 4.00
    """,
    "what came late into signed periods, on both sides": """
        close   2026-01-31 2026-02-05
        close   2026-02-28 2026-03-05
        source  movement/1 receipt 2026-02-01 1.004 first_seen=2026-03-06 number=R-1
        source  movement/1 receipt 2026-02-01 0.003 first_seen=2026-03-07 number=R-1 product_id=P2
        posting movement/1 JournalEntry 10 2026-02-01 posted 130=1.01
        ledger  JournalEntry 10 2026-02-01 130 1.01 created_at=2026-03-08 created_by=Ann changed_at=2026-03-09
        source  movement/2 receipt 2026-02-28 2.00 first_seen=2026-03-01 changed_seen=2026-03-06
        posting movement/2 JournalEntry 11 2026-02-28 posted 130=2.00
        ledger  JournalEntry 11 2026-02-28 130 2.00 created_at=2026-03-01 changed_at=2026-03-09 changed_by=Bob
        source  movement/3 receipt 2026-01-31 4.00 first_seen=2026-02-05 changed_seen=2026-02-05
        posting movement/3 JournalEntry 12 2026-01-31 posted 130=4.00
        ledger  JournalEntry 12 2026-01-31 130 4.00 created_at=2026-02-05 changed_at=2026-02-05
        source  movement/4 receipt 2026-03-01 8.00 first_seen=2026-04-06
        posting movement/4 JournalEntry 13 2026-03-01 posted 130=8.00
        ledger  JournalEntry 13 2026-03-01 130 8.00 created_at=2026-04-06
        ledger  'Journal Entry' 20 2026-01-31 130 5.00 created_at=2026-02-07 created_by=Cy qbo_number=J-1
        ledger  'Journal Entry' 20 2026-01-31 130 -1.00 created_at=2026-02-06 created_by=Di qbo_number=J-1
        ledger  Bill 21 2026-02-01 130 6.00 created_at=2026-02-06
        ledger  Bill 22 2026-02-28 131 7.00 changed_at=2026-03-06 changed_by=Ed
        ledger  Bill 23 2026-02-27 130 1.00 created_at=2026-03-06
        ledger  Bill 23 2026-02-27 130 2.00 created_at=2026-03-01 changed_at=2026-03-06
        expect  qbo_only qbo/JournalEntry/20 130 2026-01-31 4.00
        expect  qbo_only qbo/Bill/21 130 2026-02-01 6.00
        expect  qbo_only qbo/Bill/22 131 2026-02-28 7.00
        expect  qbo_only qbo/Bill/23 130 2026-02-27 3.00
    """,
    "what came late into a period that ends after the last day": """
        as-at   2026-02-15
        close   2026-02-28 2026-03-05
        source  movement/1 receipt 2026-02-15 1.00 first_seen=2026-03-06
        posting movement/1 JournalEntry 10 2026-02-15 posted 130=1.00
        ledger  JournalEntry 10 2026-02-15 130 1.00 created_at=2026-03-06
        source  movement/2 receipt 2026-02-16 2.00 first_seen=2026-03-06
        ledger  Bill 20 2026-02-16 130 3.00 created_at=2026-03-06
    """,
    "lines that differ in their memo alone": """
        ledger  Deposit 67 2026-03-12 130 1.00 memo=b
        ledger  Deposit 67 2026-03-12 130 1.00 memo=a
        ledger  Deposit 66 2026-03-12 131 1.00
        ledger  Deposit 66 2026-03-12 130 2.00
        ledger  Deposit 66 2026-03-12 130 1.00
        ledger  Bill 68 2026-03-12 130 1.00
        ledger  Bill 65 2026-03-13 130 1.00
        expect  qbo_only qbo/Deposit/67 130 2026-03-12 2.00
        expect  qbo_only qbo/Deposit/66 131 2026-03-12 1.00
        expect  qbo_only qbo/Deposit/66 130 2026-03-12 3.00
        expect  qbo_only qbo/Bill/68 130 2026-03-12 1.00
        expect  qbo_only qbo/Bill/65 130 2026-03-13 1.00
    """,
    "entries of many lines: known by the number of the first": """
        ledger  Bill 60 2026-03-05 130 1.00 qbo_number=N00
        ledger  Bill 61 2026-03-05 130 2.00 qbo_number=N01
        ledger  Bill 62 2026-03-05 130 3.00 qbo_number=N02
        ledger  Bill 60 2026-03-05 130 4.00 qbo_number=N03
        ledger  Bill 61 2026-03-05 130 5.00 qbo_number=N04
        ledger  Bill 62 2026-03-05 130 6.00 qbo_number=N05
        ledger  Bill 60 2026-03-05 130 7.00 qbo_number=N06
        ledger  Bill 61 2026-03-05 130 8.00 qbo_number=N07
        ledger  Bill 62 2026-03-05 130 9.00 qbo_number=N08
        ledger  Bill 60 2026-03-05 130 10.00 qbo_number=N09
        ledger  Bill 61 2026-03-05 130 11.00 qbo_number=N10
        ledger  Bill 62 2026-03-05 130 12.00 qbo_number=N11
        ledger  Bill 60 2026-03-05 130 13.00 qbo_number=N12
        ledger  Bill 61 2026-03-05 130 14.00 qbo_number=N13
        ledger  Bill 62 2026-03-05 130 15.00 qbo_number=N14
        ledger  Bill 60 2026-03-05 130 16.00 qbo_number=N15
        ledger  Bill 61 2026-03-05 130 17.00 qbo_number=N16
        ledger  Bill 62 2026-03-05 130 18.00 qbo_number=N17
        ledger  Bill 60 2026-03-05 130 19.00 qbo_number=N18
        ledger  Bill 61 2026-03-05 130 20.00 qbo_number=N19
        ledger  Bill 62 2026-03-05 130 21.00 qbo_number=N20
        ledger  Bill 60 2026-03-05 130 22.00 qbo_number=N21
        ledger  Bill 61 2026-03-05 130 23.00 qbo_number=N22
        ledger  Bill 62 2026-03-05 130 24.00 qbo_number=N23
        ledger  Bill 60 2026-03-05 130 25.00 qbo_number=N24
        ledger  Bill 61 2026-03-05 130 26.00 qbo_number=N25
        ledger  Bill 62 2026-03-05 130 27.00 qbo_number=N26
        ledger  Bill 60 2026-03-05 130 28.00 qbo_number=N27
        ledger  Bill 61 2026-03-05 130 29.00 qbo_number=N28
        ledger  Bill 62 2026-03-05 130 30.00 qbo_number=N29
        ledger  Bill 60 2026-03-05 130 31.00 qbo_number=N30
        ledger  Bill 61 2026-03-05 130 32.00 qbo_number=N31
        ledger  Bill 62 2026-03-05 130 33.00 qbo_number=N32
        ledger  Bill 60 2026-03-05 130 34.00 qbo_number=N33
        ledger  Bill 61 2026-03-05 130 35.00 qbo_number=N34
        ledger  Bill 62 2026-03-05 130 36.00 qbo_number=N35
        ledger  Bill 60 2026-03-05 130 37.00 qbo_number=N36
        ledger  Bill 61 2026-03-05 130 38.00 qbo_number=N37
        ledger  Bill 62 2026-03-05 130 39.00 qbo_number=N38
        ledger  Bill 60 2026-03-05 130 40.00 qbo_number=N39
        ledger  Bill 61 2026-03-05 130 41.00 qbo_number=N40
        ledger  Bill 62 2026-03-05 130 42.00 qbo_number=N41
        ledger  Bill 60 2026-03-05 130 43.00 qbo_number=N42
        ledger  Bill 61 2026-03-05 130 44.00 qbo_number=N43
        ledger  Bill 62 2026-03-05 130 45.00 qbo_number=N44
        ledger  Bill 60 2026-03-05 130 46.00 qbo_number=N45
        ledger  Bill 61 2026-03-05 130 47.00 qbo_number=N46
        ledger  Bill 62 2026-03-05 130 48.00 qbo_number=N47
        expect  qbo_only qbo/Bill/60 130 2026-03-05 376.00
        expect  qbo_only qbo/Bill/61 130 2026-03-05 392.00
        expect  qbo_only qbo/Bill/62 130 2026-03-05 408.00
    """,
    "what QuickBooks answers about an object, under the name that its reports have": """
        ledger  'Sales Receipt' 30 2026-03-05 130 -5.00
        object  'Sales Receipt' 30 live tracked=yes
        ledger  Refund 31 2026-03-06 130 6.00
        object  'Refund Receipt' 31 live tracked=yes
        expect  doubled_cogs qbo/SalesReceipt/30 130 2026-03-05 -5.00
        expect  doubled_cogs qbo/RefundReceipt/31 130 2026-03-06 6.00
    """,
    "who touched it last, whatever was touched": """
        ledger  Bill 60 2026-03-05 130 5.00 changed_at=2026-03-06T10:00 changed_by=Ann
        ledger  Bill 60 2026-03-05 130 6.00 created_at=2026-03-07T10:00 created_by=Bob
        ledger  Bill 61 2026-03-06 130 7.00 created_at=2026-03-06 created_by=Cy changed_at=2026-03-08 changed_by=Di
        ledger  Bill 62 2026-03-07 130 8.00 changed_by=Ed created_by=Flo
        ledger  Bill 63 2026-03-08 130 9.00 created_at=2026-03-09 created_by=Zoe changed_at=2026-03-09 changed_by=Ann
        expect  qbo_only qbo/Bill/60 130 2026-03-05 11.00
        expect  qbo_only qbo/Bill/61 130 2026-03-06 7.00
        expect  qbo_only qbo/Bill/62 130 2026-03-07 8.00
        expect  qbo_only qbo/Bill/63 130 2026-03-08 9.00
    """,
    "a copy by its marker: of the newest revision that reached QBO": """
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry - 2026-03-05 parked 130=100.00 revision=3
        posting movement/1 JournalEntry 10 2026-03-05 superseded 130=90.00 revision=1
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00 revision=2
        ledger  JournalEntry 10 2026-03-05 130 100.00 marker=movement/1
        ledger  Bill 11 2026-03-06 130 4.00
        ledger  Bill 11 2026-03-06 130 5.00 marker=movement/1
        ledger  Bill 12 2026-03-07 130 6.00 marker=movement/9
        ledger  JournalEntry 13 2026-03-08 130 7.00
        expect  duplicate_in_qbo qbo/Bill/11 130 2026-03-06 9.00
        expect  qbo_only qbo/Bill/12 130 2026-03-07 6.00
        expect  qbo_only qbo/JournalEntry/13 130 2026-03-08 7.00
    """,
    "a copy by its number: of the same form, and of the same name where both have one": """
        source  document/1 bill 2026-03-05 100.00
        posting document/1 Bill 10 2026-03-05 posted 130=100.00 qbo_number=B-1
        ledger  Bill 10 2026-03-05 130 100.00 qbo_number=B-1 name=Acme
        ledger  Bill 11 2026-03-06 130 1.00 qbo_number=B-1
        ledger  Bill 12 2026-03-06 130 2.00 qbo_number=B-1 name=Acme
        ledger  Bill 13 2026-03-06 130 3.00 qbo_number=B-1 name=Zenith
        ledger  Check 14 2026-03-06 130 4.00 qbo_number=B-1 name=Acme
        posting document/2 Bill - 2026-03-05 ready 130=9.00 qbo_number=B-2
        source  document/2 bill 2026-03-05 9.00 disposition=waiting
        ledger  Bill 15 2026-03-06 130 5.00 qbo_number=B-2
        expect  duplicate_in_qbo qbo/Bill/11 130 2026-03-06 1.00
        expect  duplicate_in_qbo qbo/Bill/12 130 2026-03-06 2.00
        expect  qbo_only qbo/Bill/13 130 2026-03-06 3.00
        expect  qbo_only qbo/Purchase/14 130 2026-03-06 4.00
        expect  qbo_only qbo/Bill/15 130 2026-03-06 5.00
        expect  waiting document/2 130 2026-03-05 -9.00
    """,
    "two postings of one number: the copy is of the first": """
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/2 JournalEntry 11 2026-03-05 posted 130=50.00 qbo_number=R-1
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00 qbo_number=R-1
        source  movement/2 receipt 2026-03-05 50.00
        ledger  JournalEntry 10 2026-03-05 130 100.00 qbo_number=R-1
        ledger  JournalEntry 11 2026-03-05 130 50.00 qbo_number=R-1
        ledger  JournalEntry 12 2026-03-09 130 3.00 qbo_number=R-1
        expect  duplicate_in_qbo qbo/JournalEntry/12 130 2026-03-09 3.00
    """,
    "a copy by its content: type, day, account, amount, memo and name": """
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        ledger  'Journal Entry' 10 2026-03-05 130 100.00 memo='Receipt R-1' name=Acme
        ledger  JournalEntry 11 2026-03-05 130 100.00 memo='Receipt R-1' name=Acme
        ledger  JournalEntry 12 2026-03-05 130 100.00 memo='Receipt R-1' name=Zenith
        ledger  JournalEntry 13 2026-03-05 130 100.00 memo='Receipt R-2' name=Acme
        ledger  JournalEntry 14 2026-03-06 130 100.00 memo='Receipt R-1' name=Acme
        ledger  JournalEntry 15 2026-03-05 131 100.00 memo='Receipt R-1' name=Acme
        ledger  Bill 16 2026-03-05 130 100.00 memo='Receipt R-1' name=Acme
        ledger  JournalEntry 17 2026-03-05 130 100.01 memo='Receipt R-1' name=Acme
        ledger  JournalEntry 18 2026-03-05 130 100.00
        expect  duplicate_in_qbo qbo/JournalEntry/11 130 2026-03-05 100.00
        expect  qbo_only qbo/JournalEntry/12 130 2026-03-05 100.00
        expect  qbo_only qbo/JournalEntry/13 130 2026-03-05 100.00
        expect  qbo_only qbo/JournalEntry/14 130 2026-03-06 100.00
        expect  qbo_only qbo/JournalEntry/15 131 2026-03-05 100.00
        expect  qbo_only qbo/Bill/16 130 2026-03-05 100.00
        expect  qbo_only qbo/JournalEntry/17 130 2026-03-05 100.01
        expect  qbo_only qbo/JournalEntry/18 130 2026-03-05 100.00
    """,
    "two postings of one content: the copy is of the first": """
        source  movement/1 receipt 2026-03-05 100.00
        source  movement/2 receipt 2026-03-05 100.00
        source  movement/3 receipt 2026-03-05 100.00
        posting movement/2 JournalEntry 10 2026-03-05 posted 130=100.00
        posting movement/1 JournalEntry 11 2026-03-05 posted 130=100.00
        posting movement/3 JournalEntry 12 2026-03-05 posted 130=100.00
        ledger  JournalEntry 10 2026-03-05 130 100.00 memo=Receipt
        ledger  JournalEntry 11 2026-03-05 130 100.00 memo=Receipt
        ledger  JournalEntry 12 2026-03-05 130 100.00 memo=Receipt
        ledger  JournalEntry 13 2026-03-05 130 100.00 memo=Receipt
        expect  duplicate_in_qbo qbo/JournalEntry/13 130 2026-03-05 100.00
    """,
    "a copy of what stands no longer as it was sent": """
        source  movement/1 transfer 2026-03-05 -30.00
        source  movement/1 transfer 2026-03-05 30.00 account=131
        posting movement/1 JournalEntry 10 2026-03-05 deleted_in_qbo 130=-30.00 131=30.00
        ledger  JournalEntry 20 2026-03-05 130 -10.00
        ledger  JournalEntry 20 2026-03-05 130 -20.00
        ledger  JournalEntry 20 2026-03-05 131 30.00
        source  movement/2 receipt 2026-03-06 40.00
        posting movement/2 JournalEntry 11 2026-03-06 posted 130=40.00
        ledger  JournalEntry 11 2026-03-06 130 41.00
        ledger  JournalEntry 21 2026-03-06 130 40.00
        ledger  JournalEntry 22 2026-03-07 130 40.00
        ledger  Bill 23 2026-03-06 130 40.00
        source  movement/3 receipt 2026-03-08 50.00
        posting movement/3 JournalEntry 12 2026-03-08 posted 130=50.00
        ledger  JournalEntry 12 2026-03-08 130 50.00
        ledger  JournalEntry 24 2026-03-08 130 50.00
        ledger  JournalEntry 25 2026-03-05 130 -30.00
        ledger  JournalEntry 25 2026-03-06 131 30.00
        expect  deleted_in_qbo movement/1 130 2026-03-05 30.00
        expect  deleted_in_qbo movement/1 131 2026-03-05 -30.00
        expect  duplicate_in_qbo qbo/JournalEntry/20 130 2026-03-05 -30.00
        expect  duplicate_in_qbo qbo/JournalEntry/20 131 2026-03-05 30.00
        expect  changed_in_qbo movement/2 130 2026-03-06 1.00
        expect  duplicate_in_qbo qbo/JournalEntry/21 130 2026-03-06 40.00
        expect  qbo_only qbo/JournalEntry/22 130 2026-03-07 40.00
        expect  qbo_only qbo/Bill/23 130 2026-03-06 40.00
        expect  qbo_only qbo/JournalEntry/24 130 2026-03-08 50.00
        expect  moved_account qbo/JournalEntry/25 130 2026-03-05 -30.00
        expect  moved_account qbo/JournalEntry/25 131 2026-03-06 30.00
    """,
}
