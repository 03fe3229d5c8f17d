"""What people change afterwards: the views show it, the days are noted, and the stock keeps adding up."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.demo import changes, company
from qbo_pipeline_tests.demo.conftest import DAYS, FIRST_DAY
from qbo_pipeline_tests.demo.test_company import dump
from qbo_pipeline_tests.demo.test_stock import changes_by_day


def ask(path: Path, select: str, *parameters: object) -> list[tuple]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(select, parameters).fetchall()


def watermark(path: Path) -> str:
    ((latest,),) = ask(path, "SELECT max(changed_at) FROM changed_days")
    return latest


def days_since(path: Path, since: str) -> list[date]:
    rows = ask(path, "SELECT DISTINCT business_date FROM changed_days WHERE changed_at > ? ORDER BY 1", since)
    return [date.fromisoformat(day) for (day,) in rows]


def adds_up(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as db:
        return changes_by_day(db, "movement_lines") == changes_by_day(db, "stock_values")


def some_number(path: Path, table: str, condition: str = "1") -> str:
    return ask(path, f"SELECT number FROM {table} WHERE {condition} ORDER BY id LIMIT 1 OFFSET 2")[0][0]


SHIPPED = (
    "SELECT l.value FROM movement_lines AS l JOIN movements AS m ON m.movement_id = l.movement_id WHERE m.number = ?"
)


def test_a_changed_cost_changes_the_shipment_and_the_stock_alike(fresh: Path) -> None:
    number = some_number(fresh, "shipments")
    ((before, *_),) = [[value for (value,) in ask(fresh, SHIPPED, number)]]
    total = "SELECT sum(value_cents) FROM stock_ledger UNION ALL SELECT sum(value_cents) FROM stock_balances"
    stock, since = ask(fresh, total), watermark(fresh)

    days = changes.change_cost(fresh, number, Decimal("2.50"))

    assert Decimal(ask(fresh, SHIPPED, number)[0][0]) == Decimal(before) - Decimal("2.50")
    assert ask(fresh, total) == [(cents - 250,) for (cents,) in stock]
    assert (
        days_since(fresh, since)
        == days
        == [date.fromisoformat(ask(fresh, "SELECT business_date FROM shipments WHERE number = ?", number)[0][0])]
    )
    assert adds_up(fresh)


def test_a_misstated_cost_makes_the_system_contradict_itself(fresh: Path) -> None:
    number, since = some_number(fresh, "receipts"), watermark(fresh)
    before = ask(fresh, "SELECT sum(value_cents) FROM stock_ledger")
    days = changes.misstate_cost(fresh, number, Decimal("-0.01"))
    assert days_since(fresh, since) == days
    assert ask(fresh, "SELECT sum(value_cents) FROM stock_ledger") == before
    assert not adds_up(fresh)


def test_a_back_dated_movement_is_on_its_new_day_alone(fresh: Path) -> None:
    number, since = some_number(fresh, "stock_entries", "kind = 'write_off'"), watermark(fresh)
    ((before,),) = ask(fresh, "SELECT business_date FROM movements WHERE number = ?", number)
    earlier = date.fromisoformat(before) - timedelta(days=9)

    days = changes.move_to_day(fresh, number, earlier)

    assert ask(fresh, "SELECT business_date FROM movements WHERE number = ?", number) == [(earlier.isoformat(),)]
    assert days_since(fresh, since) == days == [earlier, date.fromisoformat(before)]
    assert adds_up(fresh)


@pytest.mark.parametrize(
    ("table", "condition"),
    [
        ("credit_notes", "1"),
        ("stock_entries", "kind = 'transfer'"),
        ("supplier_credits", "1"),
        ("bills", "paid_cents > 0"),
        ("invoices", "paid_cents > 0 AND credited = 0"),
        ("receipts", "billed = 1 AND returned = 0"),
        ("bank_entries", "kind = 'payment_made'"),
        ("quotes", "1"),
    ],
)
def test_a_deleted_document_is_gone_with_all_that_was_said_of_it(fresh: Path, table: str, condition: str) -> None:
    number, since = some_number(fresh, table, condition), watermark(fresh)
    ((row_id,),) = ask(fresh, f"SELECT id FROM {table} WHERE number = ?", number)

    days = changes.delete(fresh, number)

    assert days_since(fresh, since) == days
    assert adds_up(fresh)
    for view, column in (
        ("documents", "document_id"),
        ("document_lines", "document_id"),
        ("movements", "movement_id"),
        ("movement_lines", "movement_id"),
        ("payments", "payment_id"),
        ("payment_allocations", "payment_id"),
        ("payment_allocations", "document_id"),
        ("bill_matches", "document_id"),
        ("bill_matches", "movement_id"),
    ):
        assert ask(fresh, f"SELECT 1 FROM {view} WHERE {column} = ?", row_id) == [], view
    paid = "SELECT sum(paid_cents) FROM (SELECT paid_cents FROM invoices UNION ALL SELECT paid_cents FROM bills)"
    assert ask(fresh, paid) == ask(fresh, "SELECT sum(amount_cents) FROM bank_entry_allocations")


def test_a_document_that_others_build_on_cannot_be_deleted(fresh: Path) -> None:
    number, before = some_number(fresh, "shipments", "invoiced = 1"), dump(fresh)
    with pytest.raises(ValueError, match=f"{number} cannot be deleted: INV-.* builds on it"):
        changes.delete(fresh, number)
    assert dump(fresh) == before


def test_a_voided_shipment_stays_and_its_goods_come_back(fresh: Path) -> None:
    number, since = some_number(fresh, "shipments"), watermark(fresh)
    lines = ask(fresh, SHIPPED, number)
    before = ask(fresh, "SELECT sum(value_cents) FROM stock_balances")[0][0]

    days = changes.void(fresh, number)

    assert ask(fresh, "SELECT status FROM movements WHERE number = ?", number) == [("voided",)]
    assert ask(fresh, SHIPPED, number) == lines
    value = sum(Decimal(line) for (line,) in lines)
    assert ask(fresh, "SELECT sum(value_cents) FROM stock_balances") == [(before - int(value * 100),)]
    assert days_since(fresh, since) == days


def test_a_late_bill_has_the_next_number_and_an_earlier_day(fresh: Path) -> None:
    since = watermark(fresh)
    ((last,),) = ask(fresh, "SELECT max(number) FROM bills")
    number, days = changes.late_bill(fresh, FIRST_DAY + timedelta(days=3), Decimal("64.20"))
    assert number > last
    assert ask(
        fresh,
        "SELECT d.business_date, d.total_amount, l.net_amount, l.account FROM documents AS d"
        " JOIN document_lines AS l ON l.document_id = d.document_id WHERE d.number = ?",
        number,
    ) == [("2026-01-08", "64.20", "64.20", "FREIGHT-IN")]
    assert days_since(fresh, since) == days == [date(2026, 1, 8)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: changes.change_cost(path, "INV-000001", Decimal(1)), "INV-000001 moves no stock"),
        (lambda path: changes.change_cost(path, "SHP-000001", Decimal("-999999")), "cannot change by -999999"),
        (lambda path: changes.change_cost(path, "SHP-000001", Decimal("0.001")), "whole number of cents"),
        (lambda path: changes.void(path, "SHP-999999"), "no document SHP-999999"),
        (lambda path: changes.delete(path, "nonsense"), "no document nonsense; numbers look like SHP-000001"),
        (lambda path: changes.late_bill(path, FIRST_DAY, Decimal(1), supplier="S999"), "no supplier S999"),
    ],
)
def test_a_change_that_cannot_be_is_refused_and_changes_nothing(
    fresh: Path, change: Callable[[Path], object], message: str
) -> None:
    before = dump(fresh)
    with pytest.raises(ValueError, match=message):
        change(fresh)
    assert dump(fresh) == before


def test_a_person_with_plain_sql_is_noticed_too(fresh: Path) -> None:
    since = watermark(fresh)
    with company.open_company(fresh) as db:
        ((line, day),) = db.execute(
            "SELECT line_id, business_date FROM document_lines ORDER BY line_id LIMIT 1 OFFSET 40"
        )
        for table in ("invoice_lines", "bill_lines", "purchase_order_lines", "quote_lines", "credit_note_lines"):
            db.execute(f"UPDATE {table} SET net_cents = net_cents + 1 WHERE id = ?", (line,))
    assert days_since(fresh, since) == [date.fromisoformat(day)]


def test_goods_that_arrive_later_note_the_day_of_their_bill(fresh: Path) -> None:
    since = watermark(fresh)
    company.advance(fresh, FIRST_DAY + timedelta(days=DAYS + 20))
    noted = days_since(fresh, since)
    matched = ask(
        fresh,
        "SELECT DISTINCT b.business_date FROM bill_matches AS x JOIN documents AS b ON b.document_id = x.document_id"
        " JOIN movements AS m ON m.movement_id = x.movement_id WHERE m.business_date >= ? AND b.business_date < ?"
        " AND m.kind = 'receipt'",
        (FIRST_DAY + timedelta(days=DAYS)).isoformat(),
        (FIRST_DAY + timedelta(days=DAYS)).isoformat(),
    )
    assert matched
    assert {date.fromisoformat(day) for (day,) in matched} <= set(noted)
    assert {FIRST_DAY + timedelta(days=DAYS + n) for n in range(21)} <= set(noted)


def test_the_company_works_on_after_people_changed_things(fresh: Path) -> None:
    changes.delete(fresh, some_number(fresh, "bills", "order_id IS NOT NULL"))
    changes.void(fresh, some_number(fresh, "shipments", "invoiced = 0 OR invoiced = 1"))
    changes.change_cost(fresh, some_number(fresh, "receipts"), Decimal("5.00"))
    changes.late_bill(fresh, FIRST_DAY, Decimal("10.00"))
    since = watermark(fresh)
    last = FIRST_DAY + timedelta(days=DAYS + 13)
    company.advance(fresh, last)
    assert last in days_since(fresh, since)
    ((sold,),) = ask(
        fresh, "SELECT count(*) FROM documents WHERE kind = 'sales_invoice' AND business_date > ?", since[:10]
    )
    assert sold > 10
