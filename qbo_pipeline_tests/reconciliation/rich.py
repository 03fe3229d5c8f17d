"""Books with all that a reconciliation can be given, several documents each: names, people, instants, earlier runs.

What belongs here: the books that `telling.py` writes down besides the small ones of `test_causes.py`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from qbo_pipeline.reconciliation import inputs
from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline.reconciliation.export import rows_of
from qbo_pipeline.reconciliation.inputs import Close, ClosedBalance, ReconciliationInput
from qbo_pipeline_tests.reconciliation.language import read, rows_table

D = Decimal
OTHERS = frozenset({"Prepaid expenses"})

MONTH = """
    opens     2026-02-15
    read-from 2026-02-01
    pending   2026-03-30 2026-03-31
    balance 130 1046.25 account_name=Inventory opening_balance=500.00
    balance 131 -9.00 account_name='Inventory West'
    before P1 L1 480.00
    before P2 L2 20.00 quantity=4
    own P1 L1 1030.00 quantity=12
    own P2 L2 15.00 account_id=131
    own P9 L9 3.00

    source  movement/1 receipt 2026-03-01 100.00 number=R-1 quantity=10
    posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00 qbo_number=R-1 first_seen=2026-03-02T04:00:00
    ledger  JournalEntry 10 2026-03-01 130 100.00 qbo_number=R-1 memo='Receipt R-1' split=GRNI

    source  movement/2 shipment 2026-03-02 -40.00 number=S-2 product_id=P2 location_id=L2 quantity=-3
    posting movement/2 JournalEntry 11 2026-03-02 posted 130=-40.00 qbo_number=S-2 sync_token=0
    ledger  JournalEntry 11 2026-03-02 130 -44.00 qbo_number=S-2 changed_at=2026-03-20T23:30:00 changed_by=Ann
    object  JournalEntry 11 live sync_token=2 changed_at=2026-03-20T23:30:00 changed_by=Ann

    source  movement/3 adjustment 2026-03-03 7.50 number=A-3 disposition=parked reason='unmapped account' first_seen=2026-03-04
    posting movement/3 JournalEntry - 2026-03-03 parked reason='unmapped account' first_seen=2026-03-04T05:00:00

    source  movement/4 write_off 2026-02-20 -5.00 number=W-4 disposition=waiting first_seen=2026-03-09T01:00:00
    posting movement/4 JournalEntry - 2026-02-20 parked 130=-5.00 reason='closed period' first_seen=2026-03-09T01:00:00

    source  movement/5 transfer 2026-03-05 -9.00 number=T-5 product_id=P2 location_id=L2
    source  movement/5 transfer 2026-03-05 9.00 number=T-5 product_id=P2 location_id=L3 account_id=131
    posting movement/5 JournalEntry 14 2026-03-05 posted 130=-9.00 131=9.00
    ledger  JournalEntry 14 2026-03-05 130 -9.00
    ledger  JournalEntry 14 2026-03-06 131 9.00 changed_by=Bob changed_at=2026-03-07T08:00:00

    source  movement/6 customer_return 2026-03-06 4.00
    posting movement/6 JournalEntry 15 2026-03-06 posted 130=4.00 qbo_number=C-6
    object  JournalEntry 15 deleted changed_at=2026-03-21T12:00:00 changed_by=Cy

    source  movement/7 assembly 2026-03-07 1.00 disposition=skipped reason='by hand'
    posting movement/7 JournalEntry - 2026-03-07 skipped 130=1.00 reason='by hand'
    source  movement/8 revaluation 2026-03-08 2.25 disposition=not_extracted unread=yes
    source  movement/9 landed_cost 2026-03-09 3.00 disposition=excluded reason='nil effect'
    source  movement/10 opening 2026-02-15 11.00 number=O-1
    posting movement/10 JournalEntry 18 2026-02-15 posted 130=11.00
    ledger  JournalEntry 18 2026-02-15 130 11.00
    source  movement/11 stock_count 2026-03-11 6.00 disposition=set_aside reason='unknown product'
    source  movement/12 disassembly 2026-03-12 8.00
    posting movement/12 JournalEntry - 2026-03-12 unknown 130=8.00
    source  movement/13 supplier_return 2026-03-13 -13.00 changed_seen=2026-03-15
    posting movement/13 JournalEntry 21 2026-03-13 posted 130=-12.00 first_seen=2026-03-14
    ledger  JournalEntry 21 2026-03-13 130 -12.00

    posting document/1 Bill 30 2026-03-10 posted qbo_number=B-1
    ledger  Bill 30 2026-03-10 130 25.00 name=Acme memo='goods & more' qbo_number=B-1
    posting movement/14 JournalEntry 31 2026-03-14 posted 130=70.00
    ledger  JournalEntry 31 2026-03-14 130 70.00
    posting movement/15 JournalEntry 32 2026-03-15 posted 130=33.00 record_state=voided
    ledger  JournalEntry 32 2026-03-15 130 33.00

    ledger  'Journal Entry' 90 2026-02-03 130 -500.00 memo='before the first day'
    ledger  'Sales Receipt' 91 2026-03-16 130 -2.00 name=Walk-in created_at=2026-03-16T10:00:00 created_by=Di
    object  SalesReceipt 91 live tracked=yes
    ledger  Transfer 92 2026-03-17 130 -6.00 split='Prepaid expenses'
    ledger  JournalEntry 93 2026-03-01 130 100.00 qbo_number=R-1 memo='Receipt R-1' created_by=Ed
    ledger  Expense 94 2026-03-18 131 12.00 name='Shop & Co' memo='a "quoted" note' changed_by=Flo
    ledger  JournalEntry 95 2026-02-18 130 1.00 created_at=2026-03-10T10:00:00 created_by=Gus
    ledger  JournalEntry 96 2026-04-02 130 77.00
"""  # noqa: E501

CLOSED = """
    source  movement/1 receipt 2026-02-10 100.00 first_seen=2026-02-11
    posting movement/1 JournalEntry 10 2026-02-10 posted 130=100.00 first_seen=2026-02-11
    ledger  JournalEntry 10 2026-02-10 130 90.00 changed_at=2026-03-06T01:00:00 changed_by=Ann
    source  movement/2 receipt 2026-02-12 20.00 first_seen=2026-03-08
    posting movement/2 JournalEntry 11 2026-03-01 posted 130=20.00 first_seen=2026-03-08
    ledger  JournalEntry 11 2026-03-01 130 20.00
    source  movement/3 receipt 2026-01-12 5.00 first_seen=2026-03-08 disposition=parked
    ledger  Bill 40 2026-02-20 130 44.00 created_at=2026-03-07T01:00:00 created_by=Bob
    ledger  JournalEntry 41 2026-03-10 130 7.00
"""

WRONG = """
    source  movement/1 receipt 2026-03-01 100.00
    posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
    ledger  JournalEntry 10 2026-03-01 130 130.50
    source  movement/2 receipt 2026-03-02 20.00
    posting movement/2 JournalEntry 11 2026-03-02 posted 130=20.00
    ledger  JournalEntry 11 2026-03-02 131 20.00
    ledger  Bill 12 2026-03-03 130 5.00
"""

EDGES = """
    opens   2026-03-01
    source  movement/1 receipt 2026-03-31 100.00 number=R-1
    posting movement/1 JournalEntry 10 2026-03-31 posted 130=100.00
    ledger  JournalEntry 10 2026-03-31 130 100.00
    source  movement/2 receipt 2026-03-31 0.005
    source  movement/3 receipt 2026-03-31 0.004
    posting movement/2 JournalEntry 11 2026-03-31 posted 130=0.01
    ledger  JournalEntry 11 2026-03-31 130 0.01
    source  movement/4 adjustment 2026-03-02 -0.005 disposition=parked reason='no account'
    source  movement/5 adjustment 2026-03-03 0.00 disposition=waiting
    source  movement/6 shipment 2026-03-31 -7.00 disposition=waiting
    posting movement/6 JournalEntry - 2026-03-31 ready 130=-7.00

    source  movement/7 receipt 2026-03-05 14.00
    posting movement/7 JournalEntry 17 2026-03-05 posted 130=14.00 by_person=reversed
    object  JournalEntry 17 voided changed_at=2026-03-09T08:00:00 changed_by=Ann
    source  movement/8 receipt 2026-03-06 15.00
    posting movement/8 JournalEntry 18 2026-03-06 posted 130=15.00 by_person=reversed
    posting movement/8#reversal JournalEntry 19 2026-03-20 posted 130=-15.00 by_person=reversed
    ledger  JournalEntry 18 2026-03-06 130 15.00
    ledger  JournalEntry 19 2026-03-20 130 -15.00
    source  movement/9 receipt 2026-03-07 16.00
    posting movement/9 JournalEntry 20 2026-03-07 drifted 130=16.00 by_person=accepted reason=edited
    ledger  JournalEntry 20 2026-03-07 130 17.00 changed_at=2026-03-08T08:00:00 changed_by=Bob

    posting document/1 Invoice 40 2026-03-08 drifted reason=voided qbo_number=I-1
    object  Invoice 40 voided changed_at=2026-03-09T08:00:00 changed_by=Cy
    posting document/2 Bill 41 2026-03-09 deleted_in_qbo qbo_number=B-2
    posting document/3 Invoice 42 2026-03-31 drifted reason=edited
    posting document/4 Invoice 43 2026-04-01 drifted reason=edited

    source  movement/10 receipt 2026-03-10 20.00 revision=1
    posting movement/10 JournalEntry 21 2026-03-10 posted 130=20.00
    posting movement/10 JournalEntry - 2026-03-12 ready 130=21.00 revision=2
    posting movement/10 JournalEntry - 2026-03-12 parked 130=22.00 revision=3 reason='closed period'
    ledger  JournalEntry 21 2026-03-11 130 20.00 changed_by=Di changed_at=2026-03-12T08:00:00
    source  movement/11 receipt 2026-03-12 30.00 account=131
    source  movement/11 receipt 2026-03-12 5.00
    posting movement/11 JournalEntry 22 2026-03-12 posted 130=30.00 131=5.00
    ledger  JournalEntry 22 2026-03-12 130 30.00
    ledger  JournalEntry 22 2026-03-12 131 5.00

    ledger  Deposit 90 2026-02-01 130 1.00 created_at=2026-02-01T08:00:00 created_by=Ed
    ledger  Bill 91 2026-02-02 130 2.00 created_at=2026-02-02T08:00:00 changed_at=2026-02-03T08:00:00 changed_by=Flo
    ledger  Check 92 2026-02-28 130 3.00
    ledger  Bill 93 2026-03-31 130 4.00 name=Acme
"""

OPENING = """
    opens   2026-03-01
    before  P1 L1 80.00
    before  P1 L1 0.005
    before  P2 L2 0.004
    source  movement/1 receipt 2026-02-10 5.00 product_id=P3 location_id=L3
    source  movement/2 receipt 2026-03-02 6.00
    posting movement/2 JournalEntry 10 2026-03-02 posted 130=6.00
    ledger  JournalEntry 10 2026-03-02 130 6.00
"""

SUMMARY = """
    source  movement/1 shipment 2026-03-01 -40.00 posted_by=summary/2026-03-01
    source  movement/2 shipment 2026-03-01 {second} posted_by=summary/2026-03-01
    posting summary/2026-03-01 JournalEntry 10 2026-03-01 posted
"""
GONE = SUMMARY.format(second="-59.00") + "ledger JournalEntry 10 2026-03-01 130 -105.00"
NEW = f"""
    {SUMMARY.format(second="-61.00")}
    source  movement/4 shipment 2026-03-01 -9.00 posted_by=summary/2026-03-01
    ledger JournalEntry 10 2026-03-01 130 -100.00
"""

TWO_DAYS = """
    source  movement/1 shipment 2026-03-01 -5.00 posted_by=summary/2026-03-02
    source  movement/1 shipment 2026-03-02 -40.00 posted_by=summary/2026-03-02
    source  movement/2 shipment 2026-03-02 -60.00 posted_by=summary/2026-03-02
    posting summary/2026-03-02 JournalEntry 10 2026-03-02 posted
    ledger  JournalEntry 10 2026-03-02 130 -105.00
"""

EMPTY = "balance 130 0.00"

UNANSWERED = """
    source  movement/1 receipt 2026-03-01 100.00
    posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
    source  movement/2 receipt 2026-03-02 20.00
    posting movement/2 JournalEntry 11 2026-03-02 deleted_in_qbo 130=20.00
    source  movement/3 receipt 2026-03-03 3.00
    posting movement/3 JournalEntry 12 2026-03-03 drifted 130=3.00
    source  movement/4 receipt 2026-03-04 4.00
    posting movement/4 JournalEntry 13 2026-03-04 posted 130=4.00
    object  JournalEntry 13 deleted
"""

NO_BALANCE = """
    balance 130 12.00 opening_balance=10.00
    ledger  Bill 20 2026-03-01 130 2.00
    ledger  Bill 21 2026-03-02 131 3.00
    ledger  Bill 22 2026-03-03 131 4.00
    ledger  Bill 23 2026-04-03 131 5.00
    ledger  Bill 24 2026-03-03 132 6.00
"""


def _closes() -> tuple[Close, ...]:
    def signed(day: date, at: datetime, stock: str, ledger: str) -> Close:
        return Close(day, at, (ClosedBalance("130", D(stock), D(ledger)),))

    return (
        signed(date(2026, 2, 28), datetime(2026, 3, 4, 9, tzinfo=UTC), "99.00", "100.00"),
        signed(date(2026, 2, 28), datetime(2026, 3, 5, 9, tzinfo=UTC), "100.00", "100.00"),
        signed(date(2026, 1, 31), datetime(2026, 2, 3, 9, tzinfo=UTC), "0.00", "0.00"),
    )


def _earlier(given: ReconciliationInput) -> ReconciliationInput:
    """The same books some days later: every second difference was seen before, and one is gone since."""
    found = rows_of(reconcile(given).differences, ("difference_key", "cause", "business_date"))[::2]
    gone = [
        {"difference_key": "gone", "cause": "parked", "business_date": date(2026, 3, 1)},
        {"difference_key": "gone as well", "cause": "fx", "business_date": date(2025, 12, 1)},
        {"difference_key": "and this", "cause": "fx", "business_date": date(2025, 12, 31)},
        {"difference_key": "and this as well", "cause": "fx", "business_date": date(2026, 1, 1)},
    ]
    seen = datetime(2026, 3, 20, 6, tzinfo=UTC)
    return replace(given, earlier=rows_table([row | {"first_seen": seen} for row in [*found, *gone]], inputs.EARLIER))


def _adjusted(*amounts: str) -> ReconciliationInput:
    """Wrong books with a journal against each difference, in the order of their keys, and one against nothing."""
    keys = sorted(row["difference_key"] for row in rows_of(reconcile(read(WRONG).input).differences, _KEY))
    journals = [
        f"posting adjustment/{key} JournalEntry {60 + n} 2026-03-31 posted 130={amount}\n"
        f"ledger JournalEntry {60 + n} 2026-03-31 130 {amount}"
        for n, (key, amount) in enumerate(zip([*keys, "0-gone"], amounts, strict=False))
    ]
    return read("\n".join([WRONG, *journals])).input


def _right() -> list[str]:
    rows = rows_of(reconcile(read(WRONG).input).differences, (*_KEY, "amount"))
    return [str(-row["amount"]) for row in sorted(rows, key=lambda row: str(row["difference_key"]))]


def _summed(text: str, *shares: tuple[str, str], posting: str = "summary/2026-03-01") -> ReconciliationInput:
    """A day's summary with the share that each record had in it."""
    own = {"posting_key": posting, "revision": 1, "account_id": "130"}
    rows = [own | {"record_key": record, "amount": D(amount)} for record, amount in shares]
    return replace(read(text).input, effects=rows_table(rows, inputs.EFFECTS))


def _without_balances(given: ReconciliationInput, *accounts: str) -> ReconciliationInput:
    rows = [row for row in given.ledger_balances.to_pylist() if row["account_id"] not in accounts]
    return replace(given, ledger_balances=rows_table(rows, inputs.LEDGER_BALANCES))


_KEY = ("difference_key",)
SHARES = (("movement/1", "-40.00"), ("movement/2", "-60.00"))


def rich() -> dict[str, ReconciliationInput]:
    """The books by name."""
    month = read(
        MONTH,
        asset_accounts=OTHERS,
        tolerance=D("5.00"),
        time_zone="America/New_York",
        ledger_read_at=datetime(2026, 4, 1, 3, tzinfo=UTC),
        source_read_at=datetime(2026, 4, 1, 5, tzinfo=UTC),
        records_read={"receipt": 1, "shipment": 2, "quote": 1},
        other_records={"document": {"read": 3, "posted": 2, "parked": 1}, "party": {"read": 2, "posted": 1}},
    ).input
    closed = replace(read(CLOSED, asset_accounts=OTHERS).input, closes=_closes(), time_zone="Europe/Berlin")
    return {
        "a month of everything": month,
        "the same month, reconciled before": _earlier(month),
        "the same month, read ahead": replace(month, read_ahead=True, stock_values=None, tolerance=D(1000)),
        "what came late into periods that were signed": closed,
        "periods signed twice, reconciled before": _earlier(closed),
        "differences that journals correct": _adjusted(*_right()),
        "journals that correct all but a cent, and one that corrects nothing": _adjusted(
            *(str(D(amount) + D("0.01")) for amount in _right()), "7.00"
        ),
        "the last day, the first day and what persons decided": read(EDGES, time_zone="Asia/Tokyo").input,
        "stock from before the first day": read(OPENING).input,
        "a summary of which a record is gone": _summed(GONE, *SHARES, ("movement/3", "-5.00")),
        "a summary that a record is not in yet": _summed(NEW, *SHARES),
        "a summary in which a record has two days": _summed(
            TWO_DAYS, ("movement/1", "-45.00"), ("movement/2", "-60.00"), posting="summary/2026-03-02"
        ),
        "nothing at all": read(EMPTY).input,
        "QuickBooks did not say what became of an object": read(UNANSWERED, unanswered=True).input,
        "an account of which QuickBooks gave no balance": _without_balances(read(NO_BALANCE).input, "131", "132"),
        "effects of a posting that is not in the store": _summed(
            SUMMARY.format(second="-61.00"), *SHARES, posting="summary/2026-03-02"
        ),
    }
