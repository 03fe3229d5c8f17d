"""Documents that wait, were reversed or are gone from the source."""

from __future__ import annotations

WAITING = {
    "of a summary that was never made": """
        source  movement/1 shipment 2026-03-01 -40.00 posted_by=summary/2026-03-01 disposition=parked reason='no cost'
        source  movement/2 shipment 2026-03-01 -2.00 posted_by=summary/2026-03-01 disposition=waiting number=S-2
        expect  parked summary/2026-03-01 130 2026-03-01 40.00
        expect  waiting summary/2026-03-01 130 2026-03-01 2.00
    """,
    "of a summary that was never made, in large amounts: no cent is lost": """
        source  movement/1 receipt 2026-03-01 90000000000.064999 posted_by=summary/2026-03-01 disposition=waiting
        source  movement/2 receipt 2026-03-02 0.005 posted_by=summary/2026-03-01 disposition=waiting
        source  movement/3 receipt 2026-03-03 -0.005 posted_by=summary/2026-03-01 disposition=waiting
        expect  waiting summary/2026-03-01 130 2026-03-01 -90000000000.06
        expect  waiting summary/2026-03-01 130 2026-03-02 -0.01
        expect  waiting summary/2026-03-01 130 2026-03-03 0.01
    """,
    "of a summary, two records wait in a period that was signed before they came": """
        close   2026-02-28 2026-03-05
        source  movement/1 receipt 2026-02-10 7.00 posted_by=summary/1 disposition=waiting first_seen=2026-03-08
        source  movement/2 receipt 2026-02-10 8.00 posted_by=summary/1 disposition=parked first_seen=2026-03-04
        source  movement/3 receipt 2026-03-01 9.00 posted_by=summary/1 disposition=waiting first_seen=2026-03-08
        expect  back_dated summary/1 130 2026-02-10 -7.00
        expect  parked summary/1 130 2026-02-10 -8.00
        expect  waiting summary/1 130 2026-03-01 -9.00
    """,
    "two postings of a record wait in a period that was signed before it came": """
        close   2026-02-28 2026-03-05
        source  movement/1 receipt 2026-02-10 105.00 first_seen=2026-03-08 disposition=parked number=R-1
        posting movement/1 JournalEntry - 2026-02-10 parked 130=100.00 reason='closed period'
        posting movement/1#freight JournalEntry - 2026-02-10 ready 130=5.00
        expect  back_dated movement/1 130 2026-02-10 -100.00
        expect  back_dated movement/1 130 2026-02-10 -5.00
    """,
    "two postings of a record wait, seen the moment that the period was signed: not late": """
        close   2026-02-28 2026-03-05
        source  movement/1 receipt 2026-02-28 105.00 first_seen=2026-03-05 disposition=parked
        posting movement/1 JournalEntry - 2026-02-28 parked 130=100.00
        posting movement/1#freight JournalEntry - 2026-02-28 ready 130=5.00
        expect  parked movement/1 130 2026-02-28 -100.00
        expect  waiting movement/1 130 2026-02-28 -5.00
    """,
    "two postings of a record wait, one of them would do nothing": """
        source  movement/1 receipt 2026-03-10 100.00 disposition=waiting
        posting movement/1 JournalEntry - 2026-03-10 unknown 130=100.00
        posting movement/1#freight JournalEntry - 2026-03-10 parked
        expect  waiting movement/1 130 2026-03-10 -100.00
    """,
    "of three newer revisions the newest counts, in whatever order they stand": """
        source  movement/1 receipt 2026-03-05 130.00
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        posting movement/1 JournalEntry - 2026-03-05 parked 130=120.00 revision=3
        posting movement/1 JournalEntry - 2026-03-05 ready 130=130.00 revision=4
        posting movement/1 JournalEntry - 2026-03-05 parked 130=110.00 revision=2
        ledger  JournalEntry 10 2026-03-05 130 100.00
        expect  changed_in_source movement/1 130 2026-03-05 -30.00
    """,
    "live in the source, and no stock moved": """
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00 record_state=live
        ledger  JournalEntry 10 2026-03-05 130 100.00
        posting document/2 Bill 11 2026-03-06 posted 130=20.00 record_state=voided
        ledger  Bill 11 2026-03-06 130 20.00
        posting movement/3 JournalEntry 12 2026-03-07 posted 130=3.00 record_state=vanished
        ledger  JournalEntry 12 2026-03-07 130 3.00
        expect  invoiced_not_received movement/1 130 2026-03-05 100.00
        expect  vanished_in_source document/2 130 2026-03-06 20.00
        expect  vanished_in_source movement/3 130 2026-03-07 3.00
    """,
    "voided in the source, which keeps a row that moves nothing": """
        source  movement/1 receipt 2026-03-05 0.00 disposition=excluded reason=voided
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00 record_state=voided
        ledger  JournalEntry 10 2026-03-05 130 100.00
        source  movement/2 receipt 2026-03-06 0.00 disposition=excluded
        posting movement/2 JournalEntry 11 2026-03-06 posted 130=50.00 record_state=vanished
        ledger  JournalEntry 11 2026-03-06 130 50.00
        expect  vanished_in_source movement/1 130 2026-03-05 100.00
        expect  vanished_in_source movement/2 130 2026-03-06 50.00
    """,
    "one of two records behind a document was voided": """
        source  movement/1 receipt 2026-03-05 60.00 posted_by=document/5
        posting document/5 Bill 10 2026-03-05 posted 130=60.00 record_state=live
        posting document/5#2 Bill 11 2026-03-05 posted 130=40.00 record_state=voided
        ledger  Bill 10 2026-03-05 130 60.00
        ledger  Bill 11 2026-03-05 130 40.00
        expect  changed_in_source document/5 130 2026-03-05 40.00
    """,
    "of a summary that is parked, and nobody knows yet what it would do": """
        source  movement/1 shipment 2026-03-01 -40.00 posted_by=summary/1 disposition=waiting
        source  movement/2 shipment 2026-03-01 -2.00 posted_by=summary/1 disposition=waiting reason='no day yet'
        posting summary/1 JournalEntry - 2026-03-01 parked reason='no cost'
        expect  parked summary/1 130 2026-03-01 40.00
        expect  parked summary/1 130 2026-03-01 2.00
    """,
    "of a bill that nobody has seen: the receipt and its freight": """
        source  movement/1 receipt 2026-03-01 40.00 posted_by=document/5 disposition=excluded
        source  movement/2 landed_cost 2026-03-01 2.00 posted_by=document/5 disposition=excluded
        expect  received_not_invoiced document/5 130 2026-03-01 -40.00
        expect  cost_not_posted document/5 130 2026-03-01 -2.00
    """,
    "reversed by a person, what never touched the account": """
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 posted by_person=reversed
        source  movement/2 receipt 2026-03-06 107.00
        posting movement/2 JournalEntry 11 2026-03-06 posted 130=100.00
        posting movement/2#freight JournalEntry 12 2026-03-06 posted by_person=reversed
        ledger  JournalEntry 11 2026-03-06 130 100.00
        expect  skipped movement/1 130 2026-03-05 -100.00
        expect  changed_in_source movement/2 130 2026-03-06 -7.00
    """,
    "the second of two postings was reversed by a person": """
        source  movement/1 receipt 2026-03-05 105.00
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        posting movement/1#back JournalEntry 12 2026-03-20 posted 130=-5.00 by_person=reversed
        posting movement/1#freight JournalEntry 11 2026-03-05 posted 130=5.00
        ledger  JournalEntry 10 2026-03-05 130 100.00
        ledger  JournalEntry 11 2026-03-05 130 5.00
        ledger  JournalEntry 12 2026-03-20 130 -5.00
        expect  skipped movement/1 130 2026-03-20 -5.00
    """,
    "two updates under way, and QBO has both": """
        source  movement/1 receipt 2026-03-05 127.00 disposition=waiting
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        posting movement/1 JournalEntry 10 2026-03-05 unknown 130=120.00 revision=2
        posting movement/1#freight JournalEntry 11 2026-03-05 posted 130=5.00
        posting movement/1#freight JournalEntry 11 2026-03-05 sending 130=7.00 revision=2
        ledger  JournalEntry 10 2026-03-05 130 120.00
        ledger  JournalEntry 11 2026-03-05 130 7.00
    """,
    "a parked revision, and a person entered the same in QBO": """
        source  movement/1 receipt 2026-03-05 120.00 disposition=parked
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        posting movement/1 JournalEntry - 2026-03-05 parked 130=120.00 revision=2
        ledger  JournalEntry 10 2026-03-05 130 120.00
        expect  changed_in_qbo movement/1 130 2026-03-05 20.00
        expect  changed_in_source movement/1 130 2026-03-05 -20.00
    """,
    "said to be posted, and no Id is known": """
        source  movement/1 receipt 2026-03-05 105.00
        posting movement/1 JournalEntry - 2026-03-05 posted 130=100.00
        posting movement/1#freight JournalEntry - 2026-03-05 parked 130=5.00
        expect  waiting movement/1 130 2026-03-05 -100.00
        expect  parked movement/1 130 2026-03-05 -5.00
    """,
    "a parked posting that would do otherwise than the record says": """
        source  movement/1 receipt 2026-03-05 100.00 disposition=parked
        posting movement/1 JournalEntry - 2026-03-05 parked 130=90.00
        expect  parked movement/1 130 2026-03-05 -100.00
    """,
    "superseded before it was sent: as if it had never been": """
        source  movement/1 receipt 2026-03-05 100.00 disposition=waiting
        posting movement/1 JournalEntry - 2026-03-05 superseded 130=90.00
        source  movement/2 receipt 2026-03-06 50.00 disposition=waiting
        posting movement/2 JournalEntry - 2026-03-06 superseded 130=40.00
        posting movement/2 JournalEntry - 2026-03-06 ready 130=50.00 revision=2
        expect  waiting movement/1 130 2026-03-05 -100.00
        expect  waiting movement/2 130 2026-03-06 -50.00
    """,
    "of two signed periods, a record belongs to the one that its day falls into": """
        close   2026-01-31 2026-02-05
        close   2026-02-28 2026-03-05
        source  movement/1 receipt 2026-02-01 1.00 disposition=waiting first_seen=2026-03-08
        source  movement/2 receipt 2026-02-01 2.00 disposition=waiting first_seen=2026-02-08
        source  movement/3 receipt 2026-01-31 4.00 disposition=waiting first_seen=2026-02-08
        source  movement/4 receipt 2026-01-31 8.00 disposition=waiting first_seen=2026-02-05
        source  movement/5 receipt 2026-02-28 16.00 disposition=set_aside first_seen=2026-03-08
        source  movement/6 receipt 2026-02-28 32.00 disposition=waiting
        source  movement/7 receipt 2026-03-01 64.00 disposition=waiting first_seen=2026-03-08
        source  movement/8 receipt 2026-02-10 0.01 disposition=skipped first_seen=2026-03-08
        expect  back_dated movement/1 130 2026-02-01 -1.00
        expect  waiting movement/2 130 2026-02-01 -2.00
        expect  back_dated movement/3 130 2026-01-31 -4.00
        expect  waiting movement/4 130 2026-01-31 -8.00
        expect  back_dated movement/5 130 2026-02-28 -16.00
        expect  waiting movement/6 130 2026-02-28 -32.00
        expect  waiting movement/7 130 2026-03-01 -64.00
        expect  skipped movement/8 130 2026-02-10 -0.01
    """,
    "changed after the last day: of no account yet": """
        source  movement/1 receipt 2026-04-01 100.00
        posting movement/1 JournalEntry 10 2026-04-01 posted 130=100.00
        ledger  JournalEntry 10 2026-04-01 130 110.00 changed_by=Ann
        source  movement/2 receipt 2026-04-01 5.00 disposition=waiting
    """,
}
