"""Documents of ours that QuickBooks has otherwise than they were posted."""

from __future__ import annotations

QBO = {
    "changed in QBO while another posting of the record waits": """
        source  movement/1 receipt 2026-03-05 105.00
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        posting movement/1#freight JournalEntry - 2026-03-05 ready 130=5.00 revision=2
        ledger  JournalEntry 10 2026-03-05 130 90.00
        expect  changed_in_qbo movement/1 130 2026-03-05 -10.00
        expect  waiting movement/1 130 2026-03-05 -5.00
    """,
    "changed in QBO, where one account was not to change": """
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00 131=0.00
        ledger  JournalEntry 10 2026-03-05 130 90.00
        expect  changed_in_qbo movement/1 130 2026-03-05 -10.00
    """,
    "changed in QBO: split on two other accounts": """
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        ledger  JournalEntry 10 2026-03-05 131 60.00
        ledger  JournalEntry 10 2026-03-05 132 40.00
        expect  changed_in_qbo movement/1 130 2026-03-05 -100.00
        expect  changed_in_qbo movement/1 131 2026-03-05 60.00
        expect  changed_in_qbo movement/1 132 2026-03-05 40.00
    """,
    "changed in QBO: split on two other accounts, and an amount": """
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        ledger  JournalEntry 10 2026-03-05 131 70.00
        ledger  JournalEntry 10 2026-03-05 132 40.00
        expect  changed_in_qbo movement/1 130 2026-03-05 -100.00
        expect  changed_in_qbo movement/1 131 2026-03-05 60.00
        expect  changed_in_qbo movement/1 131 2026-03-05 10.00
        expect  changed_in_qbo movement/1 132 2026-03-05 40.00
    """,
    "changed in QBO: what one account has too much the other lacks": """
        source  movement/1 receipt 2026-03-05 100.00
        source  movement/1 receipt 2026-03-05 50.00 account=131
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00 131=50.00
        ledger  JournalEntry 10 2026-03-05 130 99.99
        ledger  JournalEntry 10 2026-03-05 131 50.01
        expect  changed_in_qbo movement/1 130 2026-03-05 -0.01
        expect  changed_in_qbo movement/1 131 2026-03-05 0.01
    """,
    "changed in QBO: lines on two days": """
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        ledger  JournalEntry 10 2026-03-06 130 40.00
        ledger  JournalEntry 10 2026-03-07 130 60.00
        expect  changed_in_qbo movement/1 130 2026-03-05 -100.00
        expect  changed_in_qbo movement/1 130 2026-03-06 40.00
        expect  changed_in_qbo movement/1 130 2026-03-07 60.00
    """,
    "changed in QBO: another date and another amount": """
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        ledger  JournalEntry 10 2026-03-08 130 95.00
        expect  changed_in_qbo movement/1 130 2026-03-05 -100.00
        expect  changed_in_qbo movement/1 130 2026-03-08 100.00
        expect  changed_in_qbo movement/1 130 2026-03-08 -5.00
    """,
    "changed in QBO: to another month, another account and another amount": """
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        ledger  JournalEntry 10 2026-04-02 131 90.00
        expect  changed_in_qbo movement/1 130 2026-03-05 -100.00
    """,
    "changed in QBO: to the first day that was read": """
        read-from 2026-03-01
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        ledger  JournalEntry 10 2026-03-01 130 100.00
        expect  changed_in_qbo movement/1 130 2026-03-05 -100.00
        expect  changed_in_qbo movement/1 130 2026-03-01 100.00
    """,
    "in a foreign currency, and somebody touched it": """
        source  document/1 bill 2026-03-01 100.00
        posting document/1 Bill 10 2026-03-01 posted 130=100.00 currency=EUR
        ledger  Bill 10 2026-03-01 130 101.00 created_at=2026-03-01T10:00 changed_at=2026-03-02T10:00 changed_by=Ann
        source  document/2 bill 2026-03-02 100.00
        posting document/2 Bill 11 2026-03-02 posted 130=100.00 currency=EUR sync_token=1
        ledger  Bill 11 2026-03-02 130 101.00
        object  Bill 11 live sync_token=2
        source  document/3 bill 2026-03-03 100.00
        posting document/3 Bill 12 2026-03-03 drifted 130=100.00 currency=EUR
        ledger  Bill 12 2026-03-03 130 101.00
        expect  changed_in_qbo document/1 130 2026-03-01 1.00
        expect  changed_in_qbo document/2 130 2026-03-02 1.00
        expect  changed_in_qbo document/3 130 2026-03-03 1.00
    """,
    "in a foreign currency, and nobody touched it": """
        source  document/1 bill 2026-03-01 100.00
        posting document/1 Bill 10 2026-03-01 posted 130=100.00 currency=EUR
        ledger  Bill 10 2026-03-01 130 101.00 created_at=2026-03-01T10:00 changed_at=2026-03-01T10:00 changed_by=Ann
        source  document/2 bill 2026-03-02 100.00
        posting document/2 Bill 11 2026-03-02 posted 130=100.00 currency=EUR sync_token=1
        ledger  Bill 11 2026-03-02 130 101.00 changed_at=2026-03-03T10:00
        object  Bill 11 live sync_token=1
        source  document/3 bill 2026-03-03 100.00
        posting document/3 Bill 12 2026-03-03 posted 130=100.00 currency=EUR
        ledger  Bill 12 2026-03-03 130 100.05
        object  Bill 12 live sync_token=3
        source  document/4 bill 2026-03-04 100.00
        posting document/4 Bill 13 2026-03-04 posted 130=100.00 currency=EUR sync_token=4
        ledger  Bill 13 2026-03-04 130 99.94 created_at=2026-03-04T10:00
        source  document/5 bill 2026-03-05 100.00
        posting document/5 Bill 14 2026-03-05 posted 130=100.00 currency=USD
        ledger  Bill 14 2026-03-05 130 101.00
        expect  fx document/1 130 2026-03-01 1.00
        expect  fx document/2 130 2026-03-02 1.00
        expect  rounding document/3 130 2026-03-03 0.05
        expect  fx document/4 130 2026-03-04 -0.06
        expect  changed_in_qbo document/5 130 2026-03-05 1.00
    """,
    "accepted by a person: the version is theirs": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00 sync_token=2 by_person=accepted
        ledger  JournalEntry 10 2026-03-01 130 101.00
        object  JournalEntry 10 live sync_token=2
        source  movement/2 receipt 2026-03-02 100.00
        posting movement/2 JournalEntry 11 2026-03-02 posted 130=100.00 sync_token=2 by_person=reversed
        ledger  JournalEntry 11 2026-03-02 130 101.00
        object  JournalEntry 11 live sync_token=2
        expect  changed_in_qbo movement/1 130 2026-03-01 1.00
        expect  unexplained movement/2 130 2026-03-02 1.00
    """,
    "lines of zero: voided, unless QBO says that it lives": """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger  JournalEntry 10 2026-03-01 130 0.00
        object  JournalEntry 10 live
        source  movement/2 receipt 2026-03-02 100.00
        posting movement/2 JournalEntry 11 2026-03-02 posted 130=100.00
        ledger  JournalEntry 11 2026-03-02 130 0.00
        object  JournalEntry 11 voided changed_by=Ann
        source  movement/3 receipt 2026-03-03 100.00
        posting movement/3 JournalEntry 12 2026-03-03 drifted 130=100.00
        ledger  JournalEntry 12 2026-03-03 130 0.00
        source  movement/4 receipt 2026-03-04 100.00
        posting movement/4 JournalEntry 13 2026-03-04 drifted 130=100.00
        object  JournalEntry 13 deleted changed_by=Bob
        expect  changed_in_qbo movement/1 130 2026-03-01 -100.00
        expect  deleted_in_qbo movement/2 130 2026-03-02 -100.00
        expect  deleted_in_qbo movement/3 130 2026-03-03 -100.00
        expect  deleted_in_qbo movement/4 130 2026-03-04 -100.00
    """,
    "it lives, on another day than it was sent with": """
        read-from 2026-03-01
        balance 130 0.00 opening_balance=0.00
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        object  JournalEntry 10 live business_date=2026-03-01
        source  movement/2 receipt 2026-03-06 100.00
        posting movement/2 JournalEntry 11 2026-03-06 posted 130=100.00
        object  JournalEntry 11 live business_date=2026-03-31
        expect  changed_in_qbo movement/1 130 2026-03-05 -100.00
        expect  changed_in_qbo movement/2 130 2026-03-06 -100.00
    """,
    "a sale of ours whose item QBO tracks, and a bill that it tracks": """
        posting document/1 Invoice 30 2026-03-05 posted qbo_number=I-1
        ledger  Invoice 30 2026-03-05 130 -41.00
        object  Invoice 30 live tracked=yes
        posting document/2 Bill 31 2026-03-06 posted
        ledger  Bill 31 2026-03-06 130 7.00
        ledger  Bill 31 2026-03-06 131 2.00
        object  Bill 31 live tracked=yes
        expect  doubled_cogs document/1 130 2026-03-05 -41.00
        expect  changed_in_qbo document/2 130 2026-03-06 7.00
        expect  changed_in_qbo document/2 131 2026-03-06 2.00
    """,
    "the newest of several stamps, and who set it": """
        source  movement/1 receipt 2026-03-05 100.00
        posting movement/1 JournalEntry 10 2026-03-05 posted 130=100.00
        ledger  JournalEntry 10 2026-03-05 130 50.00 changed_at=2026-03-06T10:00 changed_by=Ann
        ledger  JournalEntry 10 2026-03-05 130 30.00 changed_at=2026-03-08T10:00 changed_by=Bob
        ledger  JournalEntry 10 2026-03-05 130 10.00 changed_at=2026-03-07T10:00 changed_by=Cy
        expect  changed_in_qbo movement/1 130 2026-03-05 -10.00
    """,
}
