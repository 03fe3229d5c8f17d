"""The frames beside the differences, on books small enough to check by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.reconciliation.engine import objects_to_read, reconcile
from qbo_pipeline.reconciliation.export import rows_of
from qbo_pipeline.reconciliation.inputs import Close, ClosedBalance
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reconciliation.result_frames import FRAMES
from qbo_pipeline_tests.reconciliation.language import read

MARCH = """
    source  movement/1 receipt 2026-02-20 100.00 number=R-1
    source  movement/2 shipment 2026-03-10 -40.00 number=S-2 disposition=waiting
    source  movement/3 receipt 2026-03-12 25.00 number=R-3 product_id=P2
    posting movement/1 JournalEntry 10 2026-02-20 posted 130=100.00 qbo_number=R-1
    posting movement/2 JournalEntry - 2026-03-10 ready 130=-40.00
    posting movement/3 JournalEntry 12 2026-03-12 posted 130=25.00
    ledger  JournalEntry 10 2026-02-20 130 100.00 qbo_number=R-1
    ledger  JournalEntry 12 2026-03-12 130 20.00 changed_at=2026-03-15T09:30 changed_by=Clerk
    ledger  'Journal Entry' 77 2026-03-15 130 7.00 memo='=1+1' created_by=Bolt created_at=2026-03-16
"""


def result_of(text: str, **facts: Any) -> Reconciliation:
    return reconcile(read(text, **facts).input)


def rows(result: Reconciliation, frame: str, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows_of(getattr(result, frame), columns)]


def test_totals_are_ledger_less_stock() -> None:
    result = result_of(MARCH)
    assert (result.stock_value, result.ledger_balance) == (Decimal("85.00"), Decimal("127.00"))
    assert (result.difference, result.explained, result.unexplained) == (Decimal("42.00"), Decimal("42.00"), 0)
    assert (result.status, result.stock_basis) == ("explained", "movements")
    assert rows(result, "accounts", "account_id", "not_posted", "changed_in_qbo", "qbo_only", "status") == [
        ("130", Decimal("40.00"), Decimal("-5.00"), Decimal("7.00"), "explained")
    ]
    assert rows(result, "causes", "cause", "count", "amount", "gross") == [
        ("waiting", 1, Decimal("40.00"), Decimal("40.00")),
        ("changed_in_qbo", 1, Decimal("-5.00"), Decimal("5.00")),
        ("qbo_only", 1, Decimal("7.00"), Decimal("7.00")),
    ]


def test_every_frame_has_the_columns_that_are_documented_even_when_nothing_is_there() -> None:
    for result in (result_of(MARCH), result_of("balance 130 0.00")):
        for name, columns in FRAMES.items():
            frame = getattr(result, name)
            assert list(frame.columns) == [column.name for column in columns]
            types = [frame[column.name].dtype.pyarrow_dtype for column in columns]
            assert types == [column.type for column in columns]


def test_by_date_shows_where_the_two_part() -> None:
    result = result_of(MARCH)
    columns = ("business_date", "stock_movement", "ledger_movement", "delta", "cumulative_difference", "documents")
    assert rows(result, "by_date", *columns) == [
        (date(2026, 2, 20), Decimal("100"), Decimal("100"), Decimal("0"), Decimal("0"), 0),
        (date(2026, 3, 10), Decimal("-40"), Decimal("0"), Decimal("40"), Decimal("40"), 1),
        (date(2026, 3, 12), Decimal("25"), Decimal("20"), Decimal("-5"), Decimal("35"), 1),
        (date(2026, 3, 15), Decimal("0"), Decimal("7"), Decimal("7"), Decimal("42"), 1),
    ]
    divergence = result.first_divergence
    assert divergence is not None
    assert (divergence.business_date, divergence.amount) == (date(2026, 3, 10), Decimal("40.00"))
    assert divergence.documents == ("movement/2",)


def test_a_document_has_its_three_values_side_by_side() -> None:
    columns = ("document_key", "source_value", "posted_value", "ledger_value", "difference", "causes", "age_days")
    assert rows(result_of(MARCH), "documents", *columns) == [
        ("movement/2", Decimal("-40"), Decimal("0"), Decimal("0"), Decimal("40"), "waiting", 21),
        ("movement/3", Decimal("25"), Decimal("25"), Decimal("20"), Decimal("-5"), "changed_in_qbo", 19),
        ("qbo/JournalEntry/77", Decimal("0"), Decimal("0"), Decimal("7"), Decimal("7"), "qbo_only", 16),
    ]


def test_the_roll_forward_starts_from_the_last_sign_off() -> None:
    signed = ClosedBalance("130", Decimal("100.00"), Decimal("100.00"))
    closes = (Close(date(2026, 2, 28), datetime(2026, 3, 5, tzinfo=UTC), (signed,)),)
    given = read(MARCH).input
    result = reconcile(type(given)(**{name: getattr(given, name) for name in given.__slots__} | {"closes": closes}))
    lines = rows(result, "roll_forward", "line", "source", "ledger", "difference", "signed_source", "signed_ledger")
    assert [line for line in lines if line[1] or line[2]] == [
        ("opening", Decimal("100"), Decimal("100"), Decimal("0"), Decimal("100"), Decimal("100")),
        ("receipts", Decimal("25"), Decimal("20"), Decimal("-5"), None, None),
        ("issues", Decimal("-40"), Decimal("0"), Decimal("40"), None, None),
        ("entries_by_others", Decimal("0"), Decimal("7"), Decimal("7"), None, None),
        ("closing", Decimal("85"), Decimal("127"), Decimal("42"), None, None),
    ]


def test_by_product_and_location_shows_value_posted_and_the_largest_document() -> None:
    text = """
        source  movement/1 receipt 2026-03-01 100.00 quantity=10
        source  movement/2 shipment 2026-03-05 -30.00 quantity=-3
        source  movement/3 receipt 2026-03-06 8.00 product_id=P2 location_id=L2 quantity=2
        own     P1 L1 70.00 quantity=7
        own     P3 L1 1.50
        posting movement/1 JournalEntry 10 2026-03-01 posted
        ledger  JournalEntry 10 2026-03-01 130 100.00
    """
    result = result_of(text)
    columns = ("product_id", "location_id", "quantity", "source_value", "own_value", "difference", "largest_document")
    assert rows(result, "by_product_location", *columns) == [
        ("P1", "L1", Decimal("7"), Decimal("70"), Decimal("70"), Decimal("-70"), "movement/1"),
        ("P2", "L2", Decimal("2"), Decimal("8"), None, Decimal("0"), "movement/3"),
        ("P3", "L1", Decimal("0"), Decimal("0"), Decimal("1.5"), Decimal("-1.5"), None),
    ]
    assert result.stock_basis == "stock_values"
    assert result.stock_value == Decimal("71.50")


def test_late_arrivals_on_both_sides_of_a_signed_off_period() -> None:
    text = """
        close   2026-02-28 2026-03-05
        source  movement/1 receipt 2026-02-10 10.00 first_seen=2026-02-11
        source  movement/2 receipt 2026-02-11 20.00 first_seen=2026-03-09 disposition=waiting
        source  movement/3 receipt 2026-02-12 30.00 first_seen=2026-02-12 changed_seen=2026-03-10
        source  movement/4 receipt 2026-03-02 40.00 first_seen=2026-03-09 disposition=waiting
        posting movement/1 JournalEntry 10 2026-02-10 posted 130=10.00
        posting movement/3 JournalEntry 12 2026-02-12 posted 130=25.00
        ledger  JournalEntry 10 2026-02-10 130 10.00 created_at=2026-02-11
        ledger  JournalEntry 12 2026-02-12 130 25.00 created_at=2026-02-12 changed_at=2026-03-06 changed_by=Clerk
        ledger  'Journal Entry' 77 2026-02-15 130 7.00 created_at=2026-03-07 created_by=Bolt
    """
    columns = ("side", "document_key", "business_date", "amount", "what", "at", "by")
    assert rows(result_of(text), "late_arrivals", *columns) == [
        ("source", "movement/2", date(2026, 2, 11), Decimal("20"), "arrived", datetime(2026, 3, 9, tzinfo=UTC), None),
        ("ledger", "movement/3", date(2026, 2, 12), Decimal("25"), "changed", datetime(2026, 3, 6, tzinfo=UTC),
         "Clerk"),
        ("source", "movement/3", date(2026, 2, 12), Decimal("30"), "changed", datetime(2026, 3, 10, tzinfo=UTC), None),
        ("ledger", "qbo/JournalEntry/77", date(2026, 2, 15), Decimal("7"), "arrived",
         datetime(2026, 3, 7, tzinfo=UTC), "Bolt"),
    ]  # fmt: skip


def test_what_only_qbo_has_and_what_changed_after_posting() -> None:
    result = result_of(MARCH)
    assert rows(result, "ledger_only", "qbo_type", "qbo_id", "amount", "memo", "created_by", "cause") == [
        ("Journal Entry", "77", Decimal("7.00"), "=1+1", "Bolt", "qbo_only")
    ]
    columns = ("side", "document_key", "field", "sent", "now", "changed_at", "changed_by", "effect")
    assert rows(result, "changed_after_posting", *columns) == [
        ("qbo", "movement/3", "amount", "25.00", "20.00", datetime(2026, 3, 15, 9, 30, tzinfo=UTC), "Clerk",
         Decimal("-5.00")),
    ]  # fmt: skip


def test_the_trace_of_a_difference_is_complete() -> None:
    names = ("record_key", "posting_key", "qbo_type", "qbo_id", "changed_by", "state", "source_number", "age_days")
    by_cause = {row["cause"]: row for row in rows_of(result_of(MARCH).differences, ("cause", "explanation", *names))}
    assert tuple(by_cause["changed_in_qbo"][name] for name in names) == (
        "movement/3", "movement/3", "JournalEntry", "12", "Clerk", "posted", "R-3", 19,
    )  # fmt: skip
    assert by_cause["changed_in_qbo"]["explanation"].endswith(
        "QuickBooks has 5.00 less than was posted. Last touched in QuickBooks by Clerk 2026-03-15 09:30 UTC."
    )
    assert tuple(by_cause["qbo_only"][name] for name in names[:5]) == (None, None, "JournalEntry", "77", "Bolt")


def test_differences_age_in_buckets() -> None:
    days = {
        "0-7": "2026-03-24",
        "8-30": "2026-03-23",
        "31-60": "2026-02-28",
        "61-90": "2026-01-29",
        ">90": "2025-12-30",
    }
    text = "".join(f"ledger Bill {n} {day} 130 1.00\n" for n, day in enumerate(days.values()))
    ageing = rows(result_of(text), "ageing", "cause", "bucket", "count", "amount", "new")
    assert ageing == [("qbo_only", bucket, 1, Decimal("1.00"), 1) for bucket in days]


def test_the_count_identity_is_checked_against_what_the_source_delivered() -> None:
    counted = rows(
        result_of(MARCH, records_read={"receipt": 2, "shipment": 2}),
        "counts",
        "kind",
        "read",
        "posted",
        "waiting",
        "holds",
    )
    assert counted == [("receipt", 2, 2, 0, True), ("shipment", 2, 0, 1, False)]
    assert rows(result_of(MARCH), "counts", "read", "holds") == [(None, None), (None, None)]


@pytest.mark.parametrize(
    ("tolerance", "status"), [("0", "unexplained"), ("9.99", "unexplained"), ("10.00", "explained")]
)
def test_a_tolerance_decides_the_status_and_hides_nothing(tolerance: str, status: str) -> None:
    text = """
        balance 130 105.00
        balance 131 -5.00
        ledger  Bill 1 2026-03-01 130 100.00
    """
    result = result_of(text, tolerance=Decimal(tolerance))
    assert result.status == status
    assert result.unexplained == 0  # +5 and −5: the signs do not hide them from the status
    assert [amount for (amount,) in rows(result, "differences", "amount")] == [
        Decimal("100"), Decimal("5"), Decimal("-5"),
    ]  # fmt: skip
    assert rows(result, "completeness", "account_id", "lines", "missing", "complete") == [
        ("130", 1, Decimal("5.00"), False), ("131", 0, Decimal("-5.00"), False),
    ]  # fmt: skip
    assert "The ledger of 130 was read incompletely: lines of 5.00 USD are missing." in result.notes


def test_balanced_means_nothing_at_all() -> None:
    result = result_of("""
        source  movement/1 receipt 2026-03-01 1.00
        posting movement/1 JournalEntry 1 2026-03-01 posted 130=1.00
        ledger  JournalEntry 1 2026-03-01 130 1.00
    """)
    assert (result.status, result.notes, len(result.differences)) == ("balanced", (), 0)


def test_postings_under_way_are_said() -> None:
    result = result_of("""
        source  movement/1 receipt 2026-03-01 1.00 disposition=waiting
        source  movement/2 receipt 2026-03-01 2.00 disposition=waiting
        posting movement/1 JournalEntry - 2026-03-01 unknown 130=1.00
        posting movement/2 JournalEntry - 2026-03-01 sending 130=2.00
        ledger  JournalEntry 1 2026-03-01 130 1.00 marker=movement/1
    """)
    assert result.notes == (
        "Postings are under way: the outcome of 2 is not known yet.",
        "1 documents whose answer did not arrive are in QuickBooks: they carry our mark.",
    )
    assert rows(result, "differences", "cause", "posting_key") == [("waiting", "movement/2")]


def test_stock_without_an_account_is_shown_under_an_account_of_its_own() -> None:
    given = read("""
        source  movement/1 receipt 2026-03-01 1.00 account=130 disposition=parked
        ledger  Bill 1 2026-03-01 131 2.00
    """).input
    stock = given.stock.drop_columns(["account_id"])
    result = reconcile(type(given)(**{name: getattr(given, name) for name in given.__slots__} | {"stock": stock}))
    assert rows(result, "differences", "cause", "account_id", "amount") == [
        ("parked", "(no inventory account)", Decimal("-1.00")), ("qbo_only", "131", Decimal("2.00")),
    ]  # fmt: skip
    assert any("no inventory account in the settings" in note for note in result.notes)


def test_the_objects_worth_asking_qbo_about() -> None:
    assert objects_to_read(result_of(MARCH)) == [("JournalEntry", "12")]


def test_of_the_entries_by_others_only_sales_are_worth_asking_about() -> None:
    result = result_of("""
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        source  movement/2 receipt 2026-03-01 100.00
        posting movement/2 JournalEntry 11 2026-03-01 posted 130=100.00
        ledger  JournalEntry 11 2026-03-01 130 90.00
        source  movement/3 receipt 2026-03-01 100.00 disposition=waiting
        source  movement/4 receipt 2026-03-01 100.03
        posting movement/4 JournalEntry 12 2026-03-01 posted 130=100.00
        ledger  JournalEntry 12 2026-03-01 130 100.00
        posting document/5 Invoice 13 2026-03-01 posted
        ledger  Invoice 13 2026-03-01 130 -5.00
        object  Invoice 13 live tracked=yes
        source  movement/6 receipt 2026-03-01 1.00 changed_seen=2026-03-01
        posting movement/6 JournalEntry 14 2026-03-01 posted 130=2.00 first_seen=2026-03-02
        ledger  JournalEntry 14 2026-03-01 130 2.00
        ledger  'Sales Receipt' 30 2026-03-02 130 -1.00
        object  SalesReceipt 30 live tracked=yes
        ledger  'Sales Receipt' 31 2026-03-02 130 -2.00
        ledger  'Sales Receipt' 32 2026-03-02 130 -3.00
        object  SalesReceipt 32 live tracked=no
        ledger  Bill 33 2026-03-02 130 4.00
    """)
    assert objects_to_read(result) == [
        ("Invoice", "13"), ("JournalEntry", "10"), ("JournalEntry", "11"), ("JournalEntry", "14"),
        ("SalesReceipt", "31"),
    ]  # fmt: skip


def test_an_object_past_the_last_day_that_was_read_is_told_from_one_coded_elsewhere() -> None:
    text = """
        source  movement/1 receipt 2026-03-01 100.00
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        object  JournalEntry 10 live business_date={day}
    """
    columns = ("field", "sent", "now")
    moved = result_of(text.format(day="2026-04-02"))
    assert rows(moved, "changed_after_posting", *columns) == [("date", "2026-03-01", "2026-04-02")]
    coded = result_of(text.format(day="2026-03-01"))
    assert rows(coded, "changed_after_posting", *columns) == [
        ("account", "100.00", "another account, not an inventory account")
    ]
