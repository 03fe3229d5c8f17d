"""Documents that the source has otherwise than they were posted: another date, account, amount, revision."""

from __future__ import annotations

SOURCE = {
    "changed in the source: another date": """
        source  movement/1 receipt 2026-03-05 100.00 changed_seen=2026-03-06 number=R-1
        posting movement/1 JournalEntry 10 2026-03-03 posted 130=100.00 first_seen=2026-03-04
        ledger  JournalEntry 10 2026-03-03 130 100.00
        expect  changed_in_source movement/1 130 2026-03-03 100.00
        expect  changed_in_source movement/1 130 2026-03-05 -100.00
    """,
    "changed in the source: another date and another amount": """
        source  movement/1 receipt 2026-03-05 102.50 changed_seen=2026-03-06
        posting movement/1 JournalEntry 10 2026-03-03 posted 130=100.00 first_seen=2026-03-04
        ledger  JournalEntry 10 2026-03-03 130 100.00
        expect  changed_in_source movement/1 130 2026-03-03 100.00
        expect  changed_in_source movement/1 130 2026-03-05 -100.00
        expect  changed_in_source movement/1 130 2026-03-05 -2.50
    """,
    "changed in the source: out of the period": """
        source  movement/1 receipt 2026-04-02 100.00 changed_seen=2026-03-06
        posting movement/1 JournalEntry 10 2026-03-03 posted 130=100.00 first_seen=2026-03-04
        ledger  JournalEntry 10 2026-03-03 130 100.00
        expect  changed_in_source movement/1 130 2026-03-03 100.00
    """,
    "posted on one day, received on two, and an amount besides": """
        source  movement/1 receipt 2026-03-05 60.00
        source  movement/1 receipt 2026-03-07 47.00 product_id=P2
        posting movement/1 JournalEntry 10 2026-03-03 posted 130=100.00
        ledger  JournalEntry 10 2026-03-03 130 100.00
        expect  dated_differently movement/1 130 2026-03-03 100.00
        expect  dated_differently movement/1 130 2026-03-05 -60.00
        expect  dated_differently movement/1 130 2026-03-07 -40.00
        expect  changed_in_source movement/1 130 2026-03-07 -7.00
    """,
    "other dates on two accounts": """
        source  movement/1 transfer 2026-03-05 -50.00
        source  movement/1 transfer 2026-03-05 50.00 account=131
        posting movement/1 JournalEntry 10 2026-03-03 posted 130=-50.00 131=50.00
        ledger  JournalEntry 10 2026-03-03 130 -50.00
        ledger  JournalEntry 10 2026-03-03 131 50.00
        expect  dated_differently movement/1 130 2026-03-03 -50.00
        expect  dated_differently movement/1 130 2026-03-05 50.00
        expect  dated_differently movement/1 131 2026-03-03 50.00
        expect  dated_differently movement/1 131 2026-03-05 -50.00
    """,
    "a newer revision of another date": """
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-03 posted 130=100.00
        posting movement/1 JournalEntry - 2026-03-05 ready 130=100.00 revision=2
        ledger  JournalEntry 10 2026-03-03 130 100.00
        expect  changed_in_source movement/1 130 2026-03-03 100.00
        expect  changed_in_source movement/1 130 2026-03-05 -100.00
    """,
    "a newer revision of another account": """
        source  movement/1 receipt 2026-03-05 100.00 account=131
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00 qbo_number=R-1
        posting movement/1 JournalEntry - 2026-03-05 parked 131=100.00 revision=2 reason='closed period'
        ledger  JournalEntry 10 2026-03-05 130 100.00
        expect  changed_in_source movement/1 130 2026-03-05 100.00
        expect  changed_in_source movement/1 131 2026-03-05 -100.00
    """,
    "a newer revision that a person skipped": """
        source  movement/1 receipt 2026-03-05 120.00
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        posting movement/1 JournalEntry - 2026-03-05 skipped 130=120.00 revision=2 reason='a trial'
        ledger  JournalEntry 10 2026-03-05 130 100.00
        expect  skipped movement/1 130 2026-03-05 -20.00
    """,
    "a newer revision of the second posting alone": """
        source  movement/1 receipt 2026-03-05 107.00
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        posting movement/1#freight JournalEntry 11 2026-03-05 posted 130=5.00
        posting movement/1#freight JournalEntry - 2026-03-05 parked 130=7.00 revision=2 reason='closed period'
        ledger  JournalEntry 10 2026-03-05 130 100.00
        ledger  JournalEntry 11 2026-03-05 130 5.00
        expect  changed_in_source movement/1 130 2026-03-05 -2.00
    """,
    "an older revision that never was sent is of no account": """
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry - 2026-03-05 parked 130=90.00 revision=1
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00 revision=2
        ledger  JournalEntry 10 2026-03-05 130 80.00 changed_by=Ann
        expect  changed_in_qbo movement/1 130 2026-03-05 -20.00
    """,
    "the mapping changed after posting: all of it moved": """
        source  movement/1 receipt 2026-03-05 100.00 account=131 changed_seen=2026-03-07
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00 first_seen=2026-03-06
        ledger  JournalEntry 10 2026-03-05 130 100.00
        expect  moved_account movement/1 130 2026-03-05 100.00
        expect  moved_account movement/1 131 2026-03-05 -100.00
    """,
    "another account and another day": """
        source  movement/1 receipt 2026-03-06 100.00 account=131
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        ledger  JournalEntry 10 2026-03-05 130 100.00
        expect  changed_in_source movement/1 130 2026-03-05 100.00
        expect  changed_in_source movement/1 131 2026-03-06 -100.00
    """,
    "another account and another amount": """
        source  movement/1 receipt 2026-03-05 90.00 account=131
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        ledger  JournalEntry 10 2026-03-05 130 100.00
        expect  changed_in_source movement/1 130 2026-03-05 100.00
        expect  changed_in_source movement/1 131 2026-03-05 -90.00
    """,
    "up to five cents are rounding, six are not": """
        source  movement/1 receipt 2026-03-05 100.05
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        ledger  JournalEntry 10 2026-03-05 130 100.00
        source  movement/2 receipt 2026-03-06 100.06
        posting movement/2 JournalEntry 11 2026-03-06 posted 130=100.00
        ledger  JournalEntry 11 2026-03-06 130 100.00
        expect  rounding movement/1 130 2026-03-05 -0.05
        expect  changed_in_source movement/2 130 2026-03-06 -0.06
    """,
    "a cent for each record of a summary is rounding": """
        source  movement/1 shipment 2026-03-05 -1.01 posted_by=summary/1
        source  movement/2 shipment 2026-03-05 -1.01 posted_by=summary/1
        source  movement/3 shipment 2026-03-05 -1.01 posted_by=summary/1
        source  movement/4 shipment 2026-03-05 -1.01 posted_by=summary/1
        source  movement/5 shipment 2026-03-05 -1.01 posted_by=summary/1
        source  movement/6 shipment 2026-03-05 -1.01 posted_by=summary/1
        posting summary/1 JournalEntry 10 2026-03-05 posted 130=-6.00
        ledger  JournalEntry 10 2026-03-05 130 -6.00
        expect  rounding summary/1 130 2026-03-05 0.06
    """,
    "a cent more since the source changed it is no rounding; before it was posted it is": """
        source  movement/1 receipt 2026-03-05 100.01 changed_seen=2026-03-07
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00 first_seen=2026-03-06
        ledger  JournalEntry 10 2026-03-05 130 100.00
        source  movement/2 receipt 2026-03-05 100.01 changed_seen=2026-03-06
        posting movement/2 JournalEntry 11 2026-03-05 posted 130=100.00 first_seen=2026-03-06
        ledger  JournalEntry 11 2026-03-05 130 100.00
        expect  changed_in_source movement/1 130 2026-03-05 -0.01
        expect  rounding movement/2 130 2026-03-05 -0.01
    """,
    "in a foreign currency, otherwise than the source values it": """
        source  document/1 bill 2026-03-05 101.00 changed_seen=2026-03-06
        posting document/1 Bill 10 2026-03-05 posted 130=100.00 currency=EUR first_seen=2026-03-06
        ledger  Bill 10 2026-03-05 130 100.00
        source  document/2 bill 2026-03-06 101.00
        posting document/2 Bill 11 2026-03-06 posted 130=100.00 currency=USD
        ledger  Bill 11 2026-03-06 130 100.00
        source  document/3 bill 2026-03-07 101.00 changed_seen=2026-03-08
        posting document/3 Bill 12 2026-03-07 posted 130=100.00 currency=EUR first_seen=2026-03-07
        ledger  Bill 12 2026-03-07 130 100.00
        expect  fx document/1 130 2026-03-05 -1.00
        expect  changed_in_source document/2 130 2026-03-06 -1.00
        expect  changed_in_source document/3 130 2026-03-07 -1.00
    """,
    "a newer revision, and another posting that waits": """
        source  movement/1 receipt 2026-03-05 112.00
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        posting movement/1 JournalEntry - 2026-03-05 ready 130=105.00 revision=2
        posting movement/1#freight JournalEntry - 2026-03-05 ready 130=7.00
        ledger  JournalEntry 10 2026-03-05 130 100.00
        expect  changed_in_source movement/1 130 2026-03-05 -5.00
        expect  waiting movement/1 130 2026-03-05 -7.00
    """,
    "an amount on one account, a date on the other": """
        source  movement/1 transfer 2026-03-05 -50.00
        source  movement/1 transfer 2026-03-06 40.00 account=131
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=-40.00 131=40.00
        ledger  JournalEntry 10 2026-03-05 130 -40.00
        ledger  JournalEntry 10 2026-03-05 131 40.00
        expect  changed_in_source movement/1 130 2026-03-05 10.00
        expect  dated_differently movement/1 131 2026-03-05 40.00
        expect  dated_differently movement/1 131 2026-03-06 -40.00
    """,
    "the mapping changed after posting: a cent": """
        source  movement/1 receipt 2026-03-05 0.01 account=131
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=0.01
        ledger  JournalEntry 10 2026-03-05 130 0.01
        expect  moved_account movement/1 130 2026-03-05 0.01
        expect  moved_account movement/1 131 2026-03-05 -0.01
    """,
    "without accrual, the receipt changed after its bill was posted": """
        source  movement/1 receipt 2026-03-05 100.00 disposition=excluded posted_by=document/5 changed_seen=2026-03-08
        posting document/5 Bill 10 2026-03-05 posted 130=104.00 first_seen=2026-03-06
        ledger  Bill 10 2026-03-05 130 104.00
        expect  changed_in_source document/5 130 2026-03-05 4.00
    """,
    "a record's reason is not that of its posting": """
        source  movement/2 receipt 2026-03-31 7.00
        posting movement/2 JournalEntry 11 2026-03-31 posted 130=5.00
        ledger  JournalEntry 11 2026-03-31 130 5.00
        expect  changed_in_source movement/2 130 2026-03-31 -2.00

        source  movement/1 receipt 2026-03-05 120.00 reason='counted twice' number=R-1
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        ledger  JournalEntry 10 2026-03-05 130 100.00
        expect  changed_in_source movement/1 130 2026-03-05 -20.00
    """,
    "read again and not extracted so yet: changed, however little": """
        source  movement/1 receipt 2026-03-05 100.02 unread=yes changed_seen=2026-03-01
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00 first_seen=2026-03-06
        ledger  JournalEntry 10 2026-03-05 130 100.00
        expect  changed_in_source movement/1 130 2026-03-05 -0.02
    """,
    "dated into a period that was signed before it was read": """
        close   2026-02-28 2026-03-05
        source  movement/1 receipt 2026-02-20 100.00 first_seen=2026-03-05T00:00:01
        posting movement/1 JournalEntry 10 2026-03-06 posted 130=100.00
        ledger  JournalEntry 10 2026-03-06 130 100.00
        expect  back_dated movement/1 130 2026-02-20 -100.00
        expect  back_dated movement/1 130 2026-03-06 100.00
    """,
    "billed first, received later: under the bill, not under the receipt": """
        source  movement/1 receipt 2026-03-09 100.00 posted_by=document/5
        posting document/5 Bill 10 2026-03-05 posted 130=100.00
        ledger  Bill 10 2026-03-05 130 100.00
        source  movement/2 receipt 2026-03-09 50.00 posted_by=summary/2
        posting summary/2 JournalEntry 11 2026-03-05 posted 130=50.00
        ledger  JournalEntry 11 2026-03-05 130 50.00
        expect  invoiced_not_received document/5 130 2026-03-05 100.00
        expect  invoiced_not_received document/5 130 2026-03-09 -100.00
        expect  dated_differently summary/2 130 2026-03-05 50.00
        expect  dated_differently summary/2 130 2026-03-09 -50.00
    """,
}
