"""Each cause of the closed list on the smallest books that show it: source, postings, ledger and what must be found."""

from __future__ import annotations

import pytest

from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline_tests.reconciliation.language import read
from qbo_pipeline_tests.reconciliation.test_tracked_causes import TRACKED

CASES = {
    "agrees": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  'Journal Entry' 10 2026-03-01 130 100.00
    """,
    "agrees, in parts of a cent that add up": """
        source  movement/1 receipt 2026-03-01 0.005
        source  movement/1 receipt 2026-03-01 0.005
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=0.01
        ledger  JournalEntry 10 2026-03-01 130 0.01
    """,
    "not extracted": """
        source  movement/1 receipt 2026-03-01 100.00 disposition=not_extracted
        expect  not_extracted movement/1 130 2026-03-01 -100.00
    """,
    "not extracted: the source's own value is ahead, and a day has changed": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  JournalEntry 10 2026-03-01 130 100.00
        own     P1 L1 130.00
        pending 2026-03-30
        expect  not_extracted product/P1@L1 130 2026-03-31 -30.00
    """,
    "waiting: ready": """
        source  movement/1 shipment 2026-03-01 -40.00 disposition=waiting
        posting movement/1 JournalEntry - 2026-03-01 ready 130=-40.00
        expect  waiting movement/1 130 2026-03-01 40.00
    """,
    "waiting: unknown, and QBO does not have it": """
        source  movement/1 shipment 2026-03-01 -40.00 disposition=waiting
        posting movement/1 JournalEntry - 2026-03-01 unknown 130=-40.00
        expect  waiting movement/1 130 2026-03-01 40.00
    """,
    "unknown, and QBO has it under our marker: nothing differs": """
        source  movement/1 shipment 2026-03-01 -40.00 disposition=waiting
        posting movement/1 JournalEntry - 2026-03-01 unknown 130=-40.00
        ledger  JournalEntry 10 2026-03-01 130 -40.00 marker=movement/1
    """,
    "an update under way, and QBO has it already: nothing differs": """
        source  movement/1 receipt 2026-03-01 120.00 disposition=waiting
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        posting movement/1 JournalEntry 10 2026-03-01 unknown 130=120.00 revision=2
        ledger  JournalEntry 10 2026-03-01 130 120.00
    """,
    "waiting: not transformed yet": """
        source  movement/1 receipt 2026-03-01 100.00 disposition=waiting
        expect  waiting movement/1 130 2026-03-01 -100.00
    """,
    "parked": """
        source  movement/1 receipt 2026-03-01 100.00 disposition=parked
        posting movement/1 JournalEntry - 2026-03-01 parked reason='unmapped account'
        expect  parked movement/1 130 2026-03-01 -100.00
    """,
    "set aside": """
        source  movement/1 receipt 2026-03-01 100.00 disposition=set_aside reason='unknown product'
        expect  parked movement/1 130 2026-03-01 -100.00
    """,
    "one of two postings of a record is parked": """
        source  movement/1 receipt 2026-03-01 110.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        posting movement/1#freight JournalEntry - 2026-03-01 parked 130=10.00
        ledger  JournalEntry 10 2026-03-01 130 100.00
        expect  parked movement/1 130 2026-03-01 -10.00
    """,
    "skipped": """
        source  movement/1 receipt 2026-03-01 100.00 disposition=skipped
        posting movement/1 JournalEntry - 2026-03-01 skipped 130=100.00
        expect  skipped movement/1 130 2026-03-01 -100.00
    """,
    "excluded by a rule": """
        source  movement/1 adjustment 2026-03-01 7.00 disposition=excluded reason='nil effect'
        expect  skipped movement/1 130 2026-03-01 -7.00
    """,
    "changed in QBO: amount": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  JournalEntry 10 2026-03-01 130 130.50
        expect  changed_in_qbo movement/1 130 2026-03-01 30.50
    """,
    "changed in QBO: another inventory account": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  JournalEntry 10 2026-03-01 131 100.00
        expect  changed_in_qbo movement/1 130 2026-03-01 -100.00
        expect  changed_in_qbo movement/1 131 2026-03-01 100.00
    """,
    "changed in QBO: out of inventory, QBO says the object lives": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        object  JournalEntry 10 live changed_by=Clerk
        expect  changed_in_qbo movement/1 130 2026-03-01 -100.00
    """,
    "changed in QBO: past the last day that was read, QBO tells the new date": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        object  JournalEntry 10 live business_date=2026-04-02
        expect  changed_in_qbo movement/1 130 2026-03-01 -100.00
    """,
    "changed in QBO: the date, within the period": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  JournalEntry 10 2026-03-20 130 100.00
        expect  changed_in_qbo movement/1 130 2026-03-01 -100.00
        expect  changed_in_qbo movement/1 130 2026-03-20 100.00
    """,
    "changed in QBO: the date, out of the period": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  JournalEntry 10 2026-04-02 130 100.00
        expect  changed_in_qbo movement/1 130 2026-03-01 -100.00
    """,
    "changed in QBO: date, account and amount at once": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  JournalEntry 10 2026-03-05 131 90.00
        expect  changed_in_qbo movement/1 130 2026-03-01 -100.00
        expect  changed_in_qbo movement/1 130 2026-03-05 100.00
        expect  changed_in_qbo movement/1 130 2026-03-05 -100.00
        expect  changed_in_qbo movement/1 131 2026-03-05 100.00
        expect  changed_in_qbo movement/1 131 2026-03-05 -10.00
    """,
    "changed in QBO: a bill's line coded to inventory": """
        posting document/7 Bill 10 2026-03-01 posted
        ledger  Bill 10 2026-03-01 130 55.00
        expect  changed_in_qbo document/7 130 2026-03-01 55.00
    """,
    "deleted in QBO": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        expect  deleted_in_qbo movement/1 130 2026-03-01 -100.00
    """,
    "voided in QBO": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  JournalEntry 10 2026-03-01 130 0.00 memo=Voided
        expect  deleted_in_qbo movement/1 130 2026-03-01 -100.00
    """,
    "deleted in QBO and posted again: nothing differs": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 deleted_in_qbo 130=100.00
        posting movement/1 JournalEntry 11 2026-03-01 posted 130=100.00 revision=2
        ledger  JournalEntry 11 2026-03-01 130 100.00
    """,
    "posted again while the first one stands: it stands twice": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 superseded 130=80.00
        posting movement/1 JournalEntry 11 2026-03-01 posted 130=100.00 revision=2
        ledger  JournalEntry 10 2026-03-02 130 80.00
        ledger  JournalEntry 11 2026-03-01 130 100.00
        expect  duplicate_in_qbo qbo/JournalEntry/10 130 2026-03-02 80.00
    """,
    "posted again while the first one stands, and then deleted": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 deleted_in_qbo 130=100.00
        posting movement/1 JournalEntry 11 2026-03-01 deleted_in_qbo 130=100.00 revision=2
        posting movement/1 JournalEntry 12 2026-03-01 posted 130=100.00 revision=3
        ledger  JournalEntry 10 2026-03-01 130 100.00
        expect  deleted_in_qbo movement/1 130 2026-03-01 -100.00
        expect  duplicate_in_qbo qbo/JournalEntry/10 130 2026-03-01 100.00
    """,
    "posted again, what stands from before the first day stands twice as well": """
        opens   2026-03-01
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        posting movement/1 JournalEntry 11 2026-03-01 posted 130=100.00 revision=2
        ledger  JournalEntry 10 2026-02-28 130 100.00 split='Opening Balance Equity'
        ledger  JournalEntry 11 2026-03-01 130 100.00
        expect  duplicate_in_qbo qbo/JournalEntry/10 130 2026-02-28 100.00
    """,
    "reversed on another day and posted again: all three count": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        posting movement/1#reversal-1 JournalEntry 12 2026-03-05 posted 130=-100.00 by_person=reversed
        posting movement/1 JournalEntry 11 2026-03-05 posted 130=100.00 revision=2
        ledger  JournalEntry 10 2026-03-01 130 100.00
        ledger  JournalEntry 12 2026-03-05 130 -100.00
        ledger  JournalEntry 11 2026-03-05 130 100.00
    """,
    "made by others: journal, bill, expense": """
        ledger  'Journal Entry' 20 2026-03-02 130 11.00
        ledger  Bill 21 2026-03-03 130 22.00
        ledger  Expense 22 2026-03-04 130 33.00
        expect  qbo_only qbo/JournalEntry/20 130 2026-03-02 11.00
        expect  qbo_only qbo/Bill/21 130 2026-03-03 22.00
        expect  qbo_only qbo/Purchase/22 130 2026-03-04 33.00
    """,
    "duplicate by marker, with another amount and date": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  JournalEntry 10 2026-03-01 130 100.00 marker=movement/1
        ledger  JournalEntry 11 2026-03-09 130 90.00 marker=movement/1
        expect  duplicate_in_qbo qbo/JournalEntry/11 130 2026-03-09 90.00
    """,
    "duplicate by number": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00 qbo_number=R-1
        ledger  JournalEntry 10 2026-03-01 130 100.00 qbo_number=R-1
        ledger  JournalEntry 11 2026-03-01 130 100.00 qbo_number=R-1
        expect  duplicate_in_qbo qbo/JournalEntry/11 130 2026-03-01 100.00
    """,
    "the same bill number from another supplier is no duplicate": """
        source  document/1 bill 2026-03-01 100.00
        posting document/1 Bill 10 2026-03-01 posted 130=100.00 qbo_number=77
        ledger  Bill 10 2026-03-01 130 100.00 qbo_number=77 name=Acme
        ledger  Bill 11 2026-03-02 130 50.00 qbo_number=77 name=Bolt
        expect  qbo_only qbo/Bill/11 130 2026-03-02 50.00
    """,
    "duplicate by content": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  JournalEntry 10 2026-03-01 130 100.00 memo='Receipt R-1'
        ledger  JournalEntry 11 2026-03-01 130 100.00 memo='Receipt R-1'
        expect  duplicate_in_qbo qbo/JournalEntry/11 130 2026-03-01 100.00
    """,
    "deleted, and entered again by hand": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00 qbo_number=R-1
        ledger  JournalEntry 11 2026-03-01 130 100.00 qbo_number=R-1
        expect  deleted_in_qbo movement/1 130 2026-03-01 -100.00
        expect  duplicate_in_qbo qbo/JournalEntry/11 130 2026-03-01 100.00
    """,
    "doubled COGS: our own invoice": """
        source  movement/1 shipment 2026-03-01 -40.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=-40.00
        posting document/9 Invoice 30 2026-03-01 posted
        ledger  JournalEntry 10 2026-03-01 130 -40.00
        ledger  Invoice 30 2026-03-01 130 -41.00
        object  Invoice 30 live tracked=yes
        expect  doubled_cogs document/9 130 2026-03-01 -41.00
    """,
    "doubled COGS: a sale entered in QBO": """
        ledger  'Sales Receipt' 30 2026-03-01 130 -41.00
        object  SalesReceipt 30 live tracked=yes
        expect  doubled_cogs qbo/SalesReceipt/30 130 2026-03-01 -41.00
    """,
    "moved to another inventory account by a journal": """
        ledger  JournalEntry 40 2026-03-01 130 -60.00
        ledger  JournalEntry 40 2026-03-01 131 60.00
        expect  moved_account qbo/JournalEntry/40 130 2026-03-01 -60.00
        expect  moved_account qbo/JournalEntry/40 131 2026-03-01 60.00
    """,
    "moved to another asset account": """
        ledger  Transfer 41 2026-03-01 130 -60.00 split='Prepaid expenses'
        ledger  JournalEntry 42 2026-03-01 130 -5.00 split='Prepaid expenses'
        expect  moved_account qbo/Transfer/41 130 2026-03-01 -60.00
        expect  moved_account qbo/JournalEntry/42 130 2026-03-01 -5.00
    """,
    "moved by a change of the account mapping": """
        source  movement/1 receipt 2026-03-01 100.00 account=131
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  JournalEntry 10 2026-03-01 130 100.00
        expect  moved_account movement/1 130 2026-03-01 100.00
        expect  moved_account movement/1 131 2026-03-01 -100.00
    """,
    "changed in the source: a newer revision waits": """
        source  movement/1 receipt 2026-03-01 120.00 disposition=waiting
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        posting movement/1 JournalEntry - 2026-03-01 ready 130=120.00 revision=2
        ledger  JournalEntry 10 2026-03-01 130 100.00
        expect  changed_in_source movement/1 130 2026-03-01 -20.00
    """,
    "changed in the source: date and amount, a newer revision is parked": """
        source  movement/1 receipt 2026-03-04 120.00 disposition=parked
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        posting movement/1 JournalEntry - 2026-03-04 parked 130=120.00 revision=2
        ledger  JournalEntry 10 2026-03-01 130 100.00
        expect  changed_in_source movement/1 130 2026-03-01 100.00
        expect  changed_in_source movement/1 130 2026-03-04 -120.00
    """,
    "changed in the source: extracted, not transformed yet": """
        source  movement/1 receipt 2026-03-01 120.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  JournalEntry 10 2026-03-01 130 100.00
        expect  changed_in_source movement/1 130 2026-03-01 -20.00
    """,
    "changed on both sides: each its own": """
        source  movement/1 receipt 2026-03-01 120.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  JournalEntry 10 2026-03-01 130 95.00
        expect  changed_in_qbo movement/1 130 2026-03-01 -5.00
        expect  changed_in_source movement/1 130 2026-03-01 -20.00
    """,
    "changed on both sides by the same amount is not hidden": """
        source  movement/1 receipt 2026-03-01 120.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  JournalEntry 10 2026-03-01 130 120.00
        expect  changed_in_qbo movement/1 130 2026-03-01 20.00
        expect  changed_in_source movement/1 130 2026-03-01 -20.00
    """,
    "vanished in the source": """
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  JournalEntry 10 2026-03-01 130 100.00
        expect  vanished_in_source movement/1 130 2026-03-01 100.00
    """,
    "vanished in the source, deleted in QBO": """
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        expect  deleted_in_qbo movement/1 130 2026-03-01 -100.00
        expect  vanished_in_source movement/1 130 2026-03-01 100.00
    """,
    "vanished, and reversed on a later day": """
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        posting movement/1#reversal JournalEntry 11 2026-04-01 posted 130=-100.00
        ledger  JournalEntry 10 2026-03-01 130 100.00
        ledger  JournalEntry 11 2026-04-01 130 -100.00
        expect  vanished_in_source movement/1 130 2026-03-01 100.00
    """,
    "late into a signed-off period, held": """
        close   2026-02-28 2026-03-05
        source  movement/1 receipt 2026-02-10 100.00 disposition=parked first_seen=2026-03-09
        posting movement/1 JournalEntry - 2026-02-10 parked 130=100.00 reason='closed period'
        expect  back_dated movement/1 130 2026-02-10 -100.00
    """,
    "late into a signed-off period, posted into the next": """
        close   2026-02-28 2026-03-05
        source  movement/1 receipt 2026-02-10 100.00 first_seen=2026-03-09
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  JournalEntry 10 2026-03-01 130 100.00
        expect  back_dated movement/1 130 2026-02-10 -100.00
        expect  back_dated movement/1 130 2026-03-01 100.00
    """,
    "not late: the period was signed after it came": """
        close   2026-02-28 2026-03-05
        source  movement/1 receipt 2026-02-10 100.00 disposition=parked first_seen=2026-02-11
        posting movement/1 JournalEntry - 2026-02-10 parked 130=100.00
        expect  parked movement/1 130 2026-02-10 -100.00
    """,
    "not late any more: its period was signed again after it came, whatever was signed before": """
        close   2026-01-31 2026-02-05
        close   2026-02-28 2026-03-05
        close   2026-01-31 2026-03-12
        source  movement/1 receipt 2026-01-10 100.00 disposition=parked first_seen=2026-03-09
        posting movement/1 JournalEntry - 2026-01-10 parked 130=100.00
        source  movement/2 receipt 2026-01-11 50.00 first_seen=2026-03-09
        posting movement/2 JournalEntry 11 2026-03-02 posted 130=50.00
        ledger  JournalEntry 11 2026-03-02 130 50.00
        expect  parked movement/1 130 2026-01-10 -100.00
        expect  dated_differently movement/2 130 2026-01-11 -50.00
        expect  dated_differently movement/2 130 2026-03-02 50.00
    """,
    "dated differently": """
        source  movement/1 shipment 2026-03-30 -40.00
        posting movement/1 JournalEntry 10 2026-04-01 posted 130=-40.00
        ledger  JournalEntry 10 2026-04-01 130 -40.00
        expect  dated_differently movement/1 130 2026-03-30 40.00
    """,
    "landed cost and revaluation that the settings do not post": """
        source  movement/1 landed_cost 2026-03-01 12.00 disposition=excluded
        source  movement/2 revaluation 2026-03-02 -3.00 disposition=excluded
        expect  cost_not_posted movement/1 130 2026-03-01 -12.00
        expect  cost_not_posted movement/2 130 2026-03-02 3.00
    """,
    "FX: QBO converted at its own rate": """
        source  document/1 bill 2026-03-01 100.00
        posting document/1 Bill 10 2026-03-01 posted 130=100.00 currency=EUR
        ledger  Bill 10 2026-03-01 130 100.83
        expect  fx document/1 130 2026-03-01 0.83
    """,
    "FX: a cent of conversion is rounding": """
        source  document/1 bill 2026-03-01 100.00
        posting document/1 Bill 10 2026-03-01 posted 130=100.00 currency=EUR
        ledger  Bill 10 2026-03-01 130 100.01
        expect  rounding document/1 130 2026-03-01 0.01
    """,
    "rounding of a document's lines": """
        source  movement/1 receipt 2026-03-01 33.333 first_seen=2026-03-01
        source  movement/1 receipt 2026-03-01 33.333 product_id=P2
        source  movement/1 receipt 2026-03-01 33.333 product_id=P3
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=99.99
        ledger  JournalEntry 10 2026-03-01 130 99.99
        expect  rounding movement/1 130 2026-03-01 -0.01
    """,
    "rounding of the whole": """
        source  movement/1 receipt 2026-03-01 0.004
        source  movement/2 receipt 2026-03-01 0.004
        source  movement/3 receipt 2026-03-01 0.004
        expect  rounding account/130/rounding 130 2026-03-31 -0.01
    """,
    "opening balance never aligned": """
        opens   2026-03-01
        source  movement/1 opening 2026-02-28 1000.00 disposition=excluded
        source  movement/2 receipt 2026-02-28 50.00 disposition=excluded
        ledger  'Journal Entry' 1 2026-02-28 130 990.00
        expect  opening_balance account/130/opening 130 2026-02-28 -60.00
    """,
    "opening balance aligned by a journal against opening balance equity": """
        source  movement/1 opening 2026-03-01 1000.00 disposition=excluded
        ledger  'Journal Entry' 1 2026-03-01 130 1000.00 split='Opening Balance Equity'
    """,
    "opening balance before the lines that were read": """
        balance 130 500.00 opening_balance=500.00
        expect  opening_balance account/130/opening 130 2026-03-30 500.00
    """,
    "opening balance against the source's stock of the day before": """
        opens   2026-03-01
        before  P1 L1 80.00
        source  movement/1 receipt 2026-03-02 20.00
        posting movement/1 JournalEntry 10 2026-03-02 posted 130=20.00
        ledger  JournalEntry 10 2026-03-02 130 20.00
        own     P1 L1 100.00
        balance 130 95.00 opening_balance=75.00
        expect  opening_balance account/130/opening 130 2026-02-28 -5.00
    """,
    "received, the bill is not there": """
        source  movement/1 receipt 2026-03-01 100.00 disposition=excluded
        expect  received_not_invoiced movement/1 130 2026-03-01 -100.00
    """,
    "received in March, billed in April": """
        source  movement/1 receipt 2026-03-20 100.00 posted_by=document/5
        posting document/5 Bill 10 2026-04-02 posted 130=100.00
        ledger  Bill 10 2026-04-02 130 100.00
        expect  received_not_invoiced document/5 130 2026-03-20 -100.00
    """,
    "billed in March, received in April": """
        source  movement/1 receipt 2026-04-02 100.00 posted_by=document/5
        posting document/5 Bill 10 2026-03-20 posted 130=100.00
        ledger  Bill 10 2026-03-20 130 100.00
        expect  invoiced_not_received document/5 130 2026-03-20 100.00
    """,
    "billed, not received": """
        posting document/5 Bill 10 2026-03-20 posted 130=100.00
        ledger  Bill 10 2026-03-20 130 100.00
        expect  invoiced_not_received document/5 130 2026-03-20 100.00
    """,
    "a day's summary that one record missed": """
        source  movement/1 shipment 2026-03-01 -40.00 posted_by=summary/2026-03-01
        source  movement/2 shipment 2026-03-01 -60.00 posted_by=summary/2026-03-01
        source  movement/3 shipment 2026-03-01 -5.00 posted_by=summary/2026-03-01 disposition=waiting
        posting summary/2026-03-01 JournalEntry 10 2026-03-01 posted 130=-100.00
        ledger  JournalEntry 10 2026-03-01 130 -100.00
        expect  waiting summary/2026-03-01 130 2026-03-01 5.00
    """,
    "the source contradicts itself": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  JournalEntry 10 2026-03-01 130 100.00
        own     P1 L1 97.50
        expect  source_contradicts_itself product/P1@L1 130 2026-03-31 2.50
    """,
    "unexplained: the ledger was read incompletely": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  JournalEntry 10 2026-03-01 130 100.00
        balance 130 140.00
        expect  unexplained account/130/ledger 130 2026-03-31 40.00
    """,
    "unexplained: QBO's version says that nobody touched it": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00 sync_token=0
        ledger  JournalEntry 10 2026-03-01 130 101.00
        object  JournalEntry 10 live sync_token=0
        expect  unexplained movement/1 130 2026-03-01 1.00
    """,
    "unexplained: posted otherwise than the record says": """
        source  movement/1 receipt 2026-03-01 100.00 changed_seen=2026-03-01
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=90.00 first_seen=2026-03-02
        ledger  JournalEntry 10 2026-03-01 130 90.00
        expect  unexplained movement/1 130 2026-03-01 -10.00
    """,
}


@pytest.mark.parametrize("name", CASES)
def test_finds_the_cause(name: str) -> None:
    books = read(CASES[name], asset_accounts=frozenset({"Prepaid expenses"}))
    result = reconcile(books.input)
    frame = result.differences
    columns = (frame[name] for name in ("cause", "document_key", "account_id", "business_date", "amount"))
    assert sorted(zip(*columns, strict=True)) == sorted(books.expected)
    assert result.difference == sum(frame["amount"], start=result.difference * 0)
    assert result.unexplained == sum(row[4] for row in books.expected if row[0] == Cause.UNEXPLAINED)


def test_every_cause_has_a_case() -> None:
    texts = (*CASES.values(), *TRACKED.values())
    shown = {line.split()[1] for text in texts for line in text.splitlines() if "expect " in line}
    assert shown == {cause.value for cause in Cause}
