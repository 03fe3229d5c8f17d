"""What is kept of ledger, reconciliations and sign-offs, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline.reconciliation.export import rows_of
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reconciliation.result_frames import DIFFERENCES
from qbo_pipeline.reconciliation.signoff import SignOffError, check, prepare, review
from qbo_pipeline.store import ledger_lines, reconciliations
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.ledger_lines import LedgerReadError, LedgerWindow, WindowChange
from qbo_pipeline_tests.reconciliation.language import AS_AT, read

NOW = datetime(2026, 4, 1, 8, tzinfo=UTC)
LATER = datetime(2026, 4, 2, 8, tzinfo=UTC)
HOSTILE = "=cmd|' /C calc'!A0 <script>‮\u200b" + "ü" * 4000


def line(day: int, amount: str, **more: Any) -> dict[str, Any]:
    facts = {"business_date": date(2026, 3, day), "qbo_type": "Journal Entry", "qbo_id": f"{day}"}
    return facts | {"amount": Decimal(amount), "memo": HOSTILE, "created_at": NOW} | more


def window(first: int, last: int, opening: str, closing: str, *lines: dict[str, Any]) -> LedgerWindow:
    return LedgerWindow(
        account_id="130", first=date(2026, 3, first), last=date(2026, 3, last), opening_balance=Decimal(opening),
        closing_balance=Decimal(closing), lines=lines, read_at=NOW, run_id="r1",
    )  # fmt: skip


def outcome(text: str, **facts: Any) -> Reconciliation:
    return reconcile(read(text, **facts).input)


BROKEN = """
    source  movement/1 receipt 2026-03-01 100.00
    source  movement/2 receipt 2026-03-02 10.00 disposition=waiting
    posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
    ledger  JournalEntry 10 2026-03-01 130 80.00 changed_at=2026-03-09T10:00 changed_by=Clerk
"""
MENDED = BROKEN.replace("130 80.00", "130 100.00")
CLEAN = MENDED.replace("    source  movement/2 receipt 2026-03-02 10.00 disposition=waiting\n", "")


def test_a_window_is_written_once_and_then_only_where_it_changed(database: Database) -> None:
    lines = [line(1, "5.00"), line(2, "7.00"), line(2, "-1.00", qbo_id="22")]
    with database.transaction() as db:
        first = ledger_lines.replace_window(db, "us", window(1, 31, "100.00", "111.00", *lines))
        again = ledger_lines.replace_window(db, "us", window(1, 31, "100.00", "111.00", *lines))
        lines[0] = line(1, "6.00")
        changed = ledger_lines.replace_window(db, "us", window(1, 31, "100.00", "112.00", *lines))
    assert (first, again, changed) == (WindowChange(3, 0), WindowChange(0, 0), WindowChange(1, 1))
    with database.reading() as db:
        stored = ledger_lines.load_ledger(db, "us").to_pylist()
        other = ledger_lines.load_ledger(db, "uk")
    assert [(row["qbo_id"], row["amount"]) for row in stored] == [
        ("1", Decimal("6.00")), ("2", Decimal("7.00")), ("22", Decimal("-1.00")),
    ]  # fmt: skip
    assert {row["memo"] for row in stored} == {HOSTILE}
    assert stored[0]["created_at"] == NOW
    assert other.num_rows == 0


def test_lines_that_do_not_prove_the_balances_are_refused_and_nothing_is_written(database: Database) -> None:
    with database.transaction() as db:
        with pytest.raises(LedgerReadError, match=r"2\.00 is missing: read it again in smaller windows"):
            ledger_lines.replace_window(db, "us", window(1, 31, "100.00", "107.00", line(1, "5.00")))
        with pytest.raises(LedgerReadError, match="1 lines are dated outside"):
            ledger_lines.replace_window(db, "us", window(2, 31, "100.00", "105.00", line(1, "5.00")))
        assert ledger_lines.load_ledger(db, "us").num_rows == 0


def test_a_window_in_the_middle_shows_that_the_days_after_it_are_not_proved_any_more(database: Database) -> None:
    march = window(1, 31, "0.00", "12.00", line(1, "5.00"), line(20, "7.00"))
    with database.transaction() as db:
        ledger_lines.replace_window(db, "us", march)
        assert ledger_lines.gaps(db, "us", "130", date(2026, 3, 31)) == []
        ledger_lines.replace_window(db, "us", window(10, 15, "5.00", "8.00", line(12, "3.00")))
        found = ledger_lines.gaps(db, "us", "130", date(2026, 3, 31))
        assert len(found) == 1
        assert "2026-03-15 closed with 8.00, 2026-03-16 opened with 5.00" in found[0]
        ledger_lines.replace_window(db, "us", window(16, 31, "8.00", "15.00", line(20, "7.00")))
        assert ledger_lines.gaps(db, "us", "130", date(2026, 3, 31)) == []
        assert "read up to 2026-03-31" in ledger_lines.gaps(db, "us", "130", date(2026, 4, 1))[0]
        assert "nothing was read" in ledger_lines.gaps(db, "us", "131", date(2026, 4, 1))[0]
        assert ledger_lines.oldest_read(db, "us", date(2026, 4, 1)) == NOW


def test_balances_come_with_the_opening_of_the_first_window(database: Database) -> None:
    with database.transaction() as db:
        ledger_lines.replace_window(db, "us", window(1, 15, "3.00", "8.00", line(1, "5.00")))
        ledger_lines.replace_window(db, "us", window(16, 31, "8.00", "8.00"))
        rows = [("130", "Inventory", Decimal("8.00")), ("131", None, Decimal("0.00"))]
        ledger_lines.save_balances(db, "us", AS_AT, rows, read_at=NOW, run_id="r1")
        ledger_lines.save_balances(db, "us", AS_AT, rows, read_at=LATER, run_id="r2")
        loaded = ledger_lines.load_balances(db, "us", AS_AT).to_pylist()
    assert [tuple(row.values()) for row in loaded] == [
        ("130", "Inventory", Decimal("8"), Decimal("3")), ("131", None, Decimal("0"), None),
    ]  # fmt: skip


def test_a_reconciliation_comes_back_as_it_was_and_a_repetition_is_not_kept(database: Database) -> None:
    result = outcome(BROKEN)
    with database.transaction() as db:
        first = reconciliations.save(db, "us", result, made_at=NOW, run_id="r1")
        again = reconciliations.save(db, "us", outcome(BROKEN), made_at=LATER, run_id="r2")
        stored = reconciliations.load_differences(db, "us", first.number)
        summaries = reconciliations.load_summaries(db, "us")
    assert (first.number, first.new, again.number, again.new) == (1, True, 1, False)
    names = tuple(column.name for column in DIFFERENCES if column.name != "first_seen")
    key = str
    assert sorted(rows_of(stored, names), key=key) == sorted(rows_of(result.differences, names), key=key)
    assert set(stored["first_seen"]) == {NOW}
    assert len(summaries) == 1
    assert summaries[0]["unexplained"] == 0
    assert summaries[0]["content_hash"] == result.content_hash


def test_differences_carry_on_and_are_cleared(database: Database) -> None:
    with database.transaction() as db:
        assert reconciliations.load_earlier(db, "us", AS_AT) is None
        reconciliations.save(db, "us", outcome(BROKEN), made_at=NOW, run_id="r1")
        earlier = reconciliations.load_earlier(db, "us", AS_AT)
    result = outcome(MENDED, earlier=earlier)
    assert list(result.differences["first_seen"]) == [NOW]
    ageing = result.ageing
    kept = ageing[(ageing["cause"] == "waiting") & (ageing["bucket"] == "8-30")].iloc[0]
    gone = ageing[(ageing["cause"] == "changed_in_qbo") & (ageing["bucket"] == "8-30")].iloc[0]
    assert (kept["count"], kept["carried_forward"], kept["new"], kept["cleared"]) == (1, 1, 0, 0)
    assert (gone["count"], gone["carried_forward"], gone["new"], gone["cleared"]) == (0, 0, 0, 1)
    with database.transaction() as db:
        saved = reconciliations.save(db, "us", result, made_at=LATER, run_id="r2")
        assert list(reconciliations.load_differences(db, "us", saved.number)["first_seen"]) == [NOW]
        assert reconciliations.load_earlier(db, "us", date(2026, 2, 28)) is None
    with database.reading() as db, pytest.raises(KeyError, match="no reconciliation 9"):
        reconciliations.load_differences(db, "us", 9)


def test_a_sign_off_keeps_its_history_and_becomes_void(database: Database) -> None:
    clean = outcome(CLEAN)
    prepared = prepare(clean, "Clerk", NOW, "March")
    signed = review(prepared, clean, "Bolt", LATER)
    with database.transaction() as db:
        number = reconciliations.save_sign_off(db, "us", prepared)
        assert reconciliations.load_closes(db, "us") == ()
        reconciliations.save_sign_off(db, "us", signed, number)
        closes = reconciliations.load_closes(db, "us")
        assert [(close.through, close.signed_at) for close in closes] == [(AS_AT, LATER)]
        assert closes[0].balances == signed.balances
        void = check(signed, outcome(BROKEN), LATER)
        reconciliations.save_sign_off(db, "us", void, number)
        with pytest.raises(SignOffError, match="is void: it cannot become signed"):
            reconciliations.save_sign_off(db, "us", signed, number)
        assert reconciliations.load_closes(db, "us") == ()
        assert reconciliations.save_sign_off(db, "us", prepared) == number + 1
        history = reconciliations.load_sign_off_history(db, "us")
    assert [(n, step, one.state) for n, step, one in history] == [
        (1, 1, "prepared"), (1, 2, "signed"), (1, 3, "void"), (2, 1, "prepared"),
    ]  # fmt: skip
    assert history[1][2] == signed


@pytest.mark.parametrize("statement", ["UPDATE sign_offs SET reviewer = 'Eve'", "DELETE FROM sign_offs"])
def test_a_sign_off_cannot_be_rewritten(database: Database, statement: str) -> None:
    with database.transaction() as db:
        reconciliations.save_sign_off(db, "us", prepare(outcome(CLEAN), "Clerk", NOW))
    with pytest.raises(DBAPIError, match="neither changed nor deleted"), database.transaction() as db:
        db.exec_driver_sql(statement)
