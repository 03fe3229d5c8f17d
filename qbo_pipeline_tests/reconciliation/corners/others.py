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
    "who touched it last, whatever was touched": """
        ledger  Bill 60 2026-03-05 130 5.00 changed_at=2026-03-06T10:00 changed_by=Ann
        ledger  Bill 60 2026-03-05 130 6.00 created_at=2026-03-07T10:00 created_by=Bob
        ledger  Bill 61 2026-03-06 130 7.00 created_at=2026-03-06 created_by=Cy changed_at=2026-03-08 changed_by=Di
        ledger  Bill 62 2026-03-07 130 8.00 changed_by=Ed created_by=Flo
        expect  qbo_only qbo/Bill/60 130 2026-03-05 11.00
        expect  qbo_only qbo/Bill/61 130 2026-03-06 7.00
        expect  qbo_only qbo/Bill/62 130 2026-03-07 8.00
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
        expect  duplicate_in_qbo qbo/Bill/11 130 2026-03-06 9.00
        expect  qbo_only qbo/Bill/12 130 2026-03-07 6.00
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
        ledger  JournalEntry 10 2026-03-05 130 100.00 memo='Receipt R-1' name=Acme
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
        expect  deleted_in_qbo movement/1 130 2026-03-05 30.00
        expect  deleted_in_qbo movement/1 131 2026-03-05 -30.00
        expect  duplicate_in_qbo qbo/JournalEntry/20 130 2026-03-05 -30.00
        expect  duplicate_in_qbo qbo/JournalEntry/20 131 2026-03-05 30.00
        expect  changed_in_qbo movement/2 130 2026-03-06 1.00
        expect  duplicate_in_qbo qbo/JournalEntry/21 130 2026-03-06 40.00
        expect  qbo_only qbo/JournalEntry/22 130 2026-03-07 40.00
        expect  qbo_only qbo/Bill/23 130 2026-03-06 40.00
        expect  qbo_only qbo/JournalEntry/24 130 2026-03-08 50.00
    """,
}
