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
        source  movement/4 receipt 2026-02-28 10.00 posted_by=summary/1 disposition=waiting first_seen=2026-03-08
        expect  back_dated summary/1 130 2026-02-28 -10.00
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
        posting movement/3#freight JournalEntry 13 2026-03-31 posted 130=1.00 record_state=vanished
        ledger  JournalEntry 13 2026-03-31 130 1.00
        expect  vanished_in_source movement/3 130 2026-03-31 1.00
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
    "of two records behind a document one was voided and one is gone": """
        source  movement/1 receipt 2026-03-05 0.00 posted_by=document/5
        posting document/5 Bill 10 2026-03-05 posted 130=60.00 record_state=vanished
        posting document/5#2 Bill 11 2026-03-05 posted 130=40.00 record_state=voided
        ledger  Bill 10 2026-03-05 130 60.00
        ledger  Bill 11 2026-03-05 130 40.00
        expect  vanished_in_source document/5 130 2026-03-05 60.00
        expect  vanished_in_source document/5 130 2026-03-05 40.00
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
    "answers that were lost: each posting takes the object with its mark, and one alone": """
        source  movement/1 receipt 2026-03-05 120.00 disposition=waiting
        posting movement/1 JournalEntry - 2026-03-05 unknown 130=100.00
        posting movement/1 JournalEntry - 2026-03-05 unknown 130=120.00 revision=2
        source  movement/2 receipt 2026-03-06 7.00 disposition=waiting
        posting movement/2 JournalEntry - 2026-03-06 sending 130=7.00
        source  movement/3 receipt 2026-03-06 9.00 disposition=skipped
        posting movement/3 JournalEntry - 2026-03-06 skipped 130=9.00
        ledger  JournalEntry 09 2026-03-05 130 3.00 marker=movement/9
        ledger  JournalEntry 10 2026-03-05 130 120.00 marker=movement/1
        ledger  JournalEntry 11 2026-03-06 130 7.00 marker=movement/2 qbo_number=S-2
        ledger  JournalEntry 12 2026-03-07 130 120.00 marker=movement/1
        source  movement/4 receipt 2026-03-08 11.00 disposition=waiting
        posting movement/4 JournalEntry - 2026-03-08 unknown 130=11.00
        ledger  JournalEntry 14 2026-03-08 130 12.00 marker=movement/4 qbo_number=S-4
        ledger  JournalEntry 13 2026-03-07 130 9.00 marker=movement/3
        expect  qbo_only qbo/JournalEntry/09 130 2026-03-05 3.00
        expect  changed_in_qbo movement/4 130 2026-03-08 1.00
        expect  duplicate_in_qbo qbo/JournalEntry/12 130 2026-03-07 120.00
        expect  duplicate_in_qbo qbo/JournalEntry/13 130 2026-03-07 9.00
        expect  skipped movement/3 130 2026-03-06 -9.00
    """,
    "posted again as another object: the voided one counts no more": """
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 deleted_in_qbo 130=100.00
        posting movement/1 JournalEntry 11 2026-03-05 posted 130=100.00 revision=2
        ledger  JournalEntry 10 2026-03-05 130 0.00
        ledger  JournalEntry 11 2026-03-05 130 100.00
    """,
    "stock without an account: that of its posting, else none": """
        balance 130 0.00
        source  movement/1 receipt 2026-03-05 100.00 account=-
        posting movement/1 JournalEntry 10 2026-03-05 posted 131=100.00
        ledger  JournalEntry 10 2026-03-05 131 100.00
        source  movement/2 receipt 2026-03-06 5.00 account=- disposition=parked
        expect  parked movement/2 '(no inventory account)' 2026-03-06 -5.00
    """,
    "stock without an account, all of it posted to the first": """
        balance 131 0.00
        source  movement/1 receipt 2026-03-05 100.00 account=-
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        ledger  JournalEntry 10 2026-03-05 130 100.00
    """,
    "stock without an account where there is but one": """
        balance 130 0.00
        source  movement/1 receipt 2026-03-05 5.00 account=- disposition=waiting
        expect  waiting movement/1 130 2026-03-05 -5.00
    """,
    "a transfer inside one account that is rightly not posted": """
        source  movement/1 transfer 2026-03-05 -9.00 disposition=excluded
        source  movement/1 transfer 2026-03-05 9.00 disposition=excluded location_id=L2
        source  movement/2 adjustment 2026-03-06 3.00 disposition=excluded product_id=P2
        source  movement/3 transfer 2026-03-07 -4.00 disposition=excluded product_id=P3
        source  movement/3 transfer 2026-03-07 4.00 disposition=excluded product_id=P3 location_id=L2 account=131
        expect  skipped movement/2 130 2026-03-06 -3.00
        expect  skipped movement/3 130 2026-03-07 4.00
        expect  skipped movement/3 131 2026-03-07 -4.00
    """,
    "two updates under way, and QBO has both": """
        source  movement/1 receipt 2026-03-05 130.00 disposition=waiting
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        posting movement/1#duty JournalEntry 12 2026-03-05 posted 130=3.00
        ledger  JournalEntry 12 2026-03-05 130 3.00
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
    "two postings of which nobody knows what they would do, and a record that counts as posted": """
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry - 2026-03-05 parked reason='no cost'
        posting movement/1#freight JournalEntry - 2026-03-05 parked
        expect  parked movement/1 130 2026-03-05 -100.00
    """,
    "part of a posted record on another account: changed, not waiting": """
        source  movement/1 receipt 2026-03-05 100.00 posted_by=movement/1 disposition=waiting
        source  movement/1 receipt 2026-03-05 5.00 account=131 disposition=waiting
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        ledger  JournalEntry 10 2026-03-05 130 100.00
        expect  changed_in_source movement/1 131 2026-03-05 -5.00
    """,
    "of a summary that is said to be posted and is nowhere": """
        source  movement/1 shipment 2026-03-05 -5.00 posted_by=summary/9 number=S-1
        source  movement/2 shipment 2026-03-05 -2.00 posted_by=summary/9
        expect  unexplained summary/9 130 2026-03-05 7.00
    """,
    "an object is known by its type and Id": """
        source  document/1 bill 2026-03-05 5.00 disposition=waiting
        posting document/1 Bill - 2026-03-05 ready 130=5.00
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        ledger  JournalEntry 10 2026-03-05 130 100.00
        ledger  Bill 99 2026-03-06 130 7.00
        expect  waiting document/1 130 2026-03-05 -5.00
        expect  qbo_only qbo/Bill/99 130 2026-03-06 7.00
    """,
    "said to be posted, and no Id is known": """
        source  document/2 bill 2026-03-06 3.00 disposition=waiting
        posting document/2 Bill - 2026-03-06 posted 130=3.00
        expect  waiting document/2 130 2026-03-06 -3.00
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
        source  movement/9 receipt 1960-01-01 128.00 disposition=waiting first_seen=2026-02-08
        expect  back_dated movement/1 130 2026-02-01 -1.00
        expect  waiting movement/2 130 2026-02-01 -2.00
        expect  back_dated movement/3 130 2026-01-31 -4.00
        expect  waiting movement/4 130 2026-01-31 -8.00
        expect  back_dated movement/5 130 2026-02-28 -16.00
        expect  waiting movement/6 130 2026-02-28 -32.00
        expect  waiting movement/7 130 2026-03-01 -64.00
        expect  skipped movement/8 130 2026-02-10 -0.01
        source  movement/10 receipt 1970-01-01 256.00 product_id=P7 disposition=waiting first_seen=2026-02-08
        expect  back_dated movement/9 130 1960-01-01 -128.00
        expect  back_dated movement/10 130 1970-01-01 -256.00
    """,
    "the state of a posting, else what became of its record, else of its kind": """
        source  movement/1 receipt 2026-03-01 1.00 disposition=waiting
        source  movement/2 shipment 2026-03-01 2.00 disposition=parked
        source  movement/3 receipt 2026-03-01 4.00 disposition=set_aside
        source  movement/4 shipment 2026-03-01 8.00 disposition=skipped
        source  movement/5 receipt 2026-03-01 16.00 disposition=excluded
        source  movement/6 shipment 2026-03-01 32.00 disposition=excluded
        source  movement/7 landed_cost 2026-03-01 64.00 disposition=excluded
        source  movement/8 revaluation 2026-03-01 128.00 disposition=posted
        source  movement/9 receipt 2026-03-01 256.00 disposition=posted
        source  movement/10 receipt 2026-03-01 512.00 disposition=not_extracted
        source  movement/11 receipt 2026-03-01 1024.00 disposition=waiting
        posting movement/11 JournalEntry - 2026-03-01 ready 130=1024.00
        source  movement/12 shipment 2026-03-01 2048.00 disposition=waiting
        posting movement/12 JournalEntry - 2026-03-01 sending 130=2048.00
        source  movement/13 receipt 2026-03-01 4096.00 disposition=parked
        posting movement/13 JournalEntry - 2026-03-01 unknown 130=4096.00
        source  movement/14 receipt 2026-03-01 8192.00 disposition=waiting
        posting movement/14 JournalEntry - 2026-03-01 parked 130=8192.00
        source  movement/15 landed_cost 2026-03-01 16384.00 disposition=posted
        posting movement/15 JournalEntry - 2026-03-01 skipped 130=16384.00
        source  movement/16 landed_cost 2026-03-01 32768.00 disposition=excluded
        posting movement/16 JournalEntry - 2026-03-01 parked 130=32768.00
        source  movement/17 shipment 2026-03-01 65536.00 disposition=parked
        posting movement/17 JournalEntry - 2026-03-01 skipped 130=65536.00
        source  movement/18 supplier_return 2026-03-01 131072.00 disposition=excluded
        source  movement/19 landed_cost 2026-03-01 262144.00 disposition=waiting
        expect  waiting movement/1 130 2026-03-01 -1.00
        expect  parked movement/2 130 2026-03-01 -2.00
        expect  parked movement/3 130 2026-03-01 -4.00
        expect  skipped movement/4 130 2026-03-01 -8.00
        expect  received_not_invoiced movement/5 130 2026-03-01 -16.00
        expect  skipped movement/6 130 2026-03-01 -32.00
        expect  cost_not_posted movement/7 130 2026-03-01 -64.00
        expect  cost_not_posted movement/8 130 2026-03-01 -128.00
        expect  unexplained movement/9 130 2026-03-01 -256.00
        expect  not_extracted movement/10 130 2026-03-01 -512.00
        expect  waiting movement/11 130 2026-03-01 -1024.00
        expect  waiting movement/12 130 2026-03-01 -2048.00
        expect  waiting movement/13 130 2026-03-01 -4096.00
        expect  parked movement/14 130 2026-03-01 -8192.00
        expect  skipped movement/15 130 2026-03-01 -16384.00
        expect  parked movement/16 130 2026-03-01 -32768.00
        expect  skipped movement/17 130 2026-03-01 -65536.00
        expect  received_not_invoiced movement/18 130 2026-03-01 -131072.00
        expect  waiting movement/19 130 2026-03-01 -262144.00
    """,
    "of two signed periods, the first was signed last": """
        close   2026-01-31 2026-03-10
        close   2026-02-28 2026-03-05
        source  movement/1 receipt 2026-01-31 1.00 disposition=waiting first_seen=2026-03-08
        source  movement/2 receipt 2026-01-31 2.00 disposition=waiting first_seen=2026-03-11
        source  movement/3 receipt 2026-02-01 4.00 disposition=waiting first_seen=2026-03-08
        ledger  Bill 20 2026-01-31 130 1.00 created_at=2026-03-08
        ledger  Bill 21 2026-02-01 130 2.00 created_at=2026-03-08
        expect  waiting movement/1 130 2026-01-31 -1.00
        expect  back_dated movement/2 130 2026-01-31 -2.00
        expect  back_dated movement/3 130 2026-02-01 -4.00
        expect  qbo_only qbo/Bill/20 130 2026-01-31 1.00
        expect  qbo_only qbo/Bill/21 130 2026-02-01 2.00
    """,
    "changed after the last day: of no account yet": """
        source  movement/1 receipt 2026-04-01 100.00
        posting movement/1 JournalEntry 10 2026-04-01 posted 130=100.00
        ledger  JournalEntry 10 2026-04-01 130 110.00 changed_by=Ann
        source  movement/2 receipt 2026-04-01 5.00 disposition=waiting
    """,
}
