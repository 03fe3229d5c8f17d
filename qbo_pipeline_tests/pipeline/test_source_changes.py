"""What changes in the source of F&B US after its back-fill: just that is built again, sent again, and reconciled."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline.counts import broken_counts, open_postings
from qbo_pipeline.pipeline.rebinding import rebind
from qbo_pipeline.posting.decisions import approve
from qbo_pipeline.posting.persons import Person
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.settings import load_settings
from qbo_pipeline.store.opening import open_store
from qbo_pipeline_tests.pipeline.connections import Carried, carry, carry_file, point_to, rows
from qbo_pipeline_tests.pipeline.food_and_beverage import (
    FIRST_DAY,
    LAST_DAY,
    SOURCE,
    US_STOCK_VALUE,
    Company,
    copy_tables,
    edit,
    table,
)

ONE_UPDATE = {"new": 0, "changed": 1, "vanished": 0, "postings": 1, "posted": 1}


def test_another_cost_of_one_shipment_reopens_just_its_day(company: Company, openbravo: Path, tmp_path: Path) -> None:
    """The files are copied, one cost in one of them is made 100.00 more, and all three years are read again."""
    shipment = _shipment(openbravo, "1000097")
    day = date.fromisoformat(shipment["MOVEMENTDATE"][:10])
    line = _transactions(openbravo, shipment["M_INOUT_ID"])[0]
    files = copy_tables(openbravo, tmp_path / "csv")
    cost = Decimal(line["TRANSACTIONCOST"]) + 100
    assert edit(files, "M_TRANSACTION", "M_TRANSACTION_ID", line["M_TRANSACTION_ID"], TRANSACTIONCOST=str(cost)) == 1
    point_to(company.settings, 'kind = "sql"', f'kind = "csv"\npath = "{files}"')
    moved = load_settings(company.settings)
    database = open_store(moved.store_url())
    rebind(moved, database, Person("an engineer", "the same data, as files"))
    database.close()
    key = f"movement/{shipment['M_INOUT_ID']}"
    before = _object(company, key)
    with company.run() as run:
        carried = carry(run, FIRST_DAY, LAST_DAY)
        revisions = _revisions(run, key)
        assert broken_counts(run) == []

    assert carried.touched == ONE_UPDATE
    assert carried.extracted["movement"].counts.days == {day}
    assert not carried.extracted["document"].counts.days
    assert sum(carried.transformed.outcomes.values()) == 1
    assert revisions == [(1, "create", "superseded", 2), (2, "update", "posted", None)]
    _assert_written(company, 1)
    after = _object(company, key)
    assert (after["Id"], after["TxnDate"]) == (before["Id"], before["TxnDate"])
    assert int(after["SyncToken"]) == int(before["SyncToken"]) + 1
    assert _debits(after) - _debits(before) == 100
    _assert_tied_out(carried, US_STOCK_VALUE - 100)


@pytest.mark.parametrize("read_apart", [False, True], ids=["both days at once", "the old day first"])
def test_a_back_dated_shipment_is_one_revision_and_no_void(company: Company, openbravo: Path, read_apart: bool) -> None:
    shipment = _shipment(openbravo, "1000097")
    old = date.fromisoformat(shipment["MOVEMENTDATE"][:10])
    new = old - timedelta(days=40)
    key = f"movement/{shipment['M_INOUT_ID']}"
    before = _object(company, key)
    lines = [row["M_TRANSACTION_ID"] for row in _transactions(openbravo, shipment["M_INOUT_ID"])]
    moved = f"{new} 00:00:00.0"
    _change(company, "UPDATE M_INOUT SET MOVEMENTDATE = ? WHERE M_INOUT_ID = ?", [(moved, shipment["M_INOUT_ID"])])
    _change(
        company, "UPDATE M_TRANSACTION SET MOVEMENTDATE = ? WHERE M_TRANSACTION_ID = ?", [(moved, i) for i in lines]
    )
    with company.run() as run:
        if read_apart:
            first = carry(run, old, old, LAST_DAY)
            assert first.touched == dict.fromkeys(ONE_UPDATE, 0)
            carried = carry(run, new, new, LAST_DAY)
        else:
            carried = carry(run, new, old, LAST_DAY)
        assert broken_counts(run) == []
        assert _revisions(run, key) == [(1, "create", "superseded", 2), (2, "update", "posted", None)]

    assert carried.touched == ONE_UPDATE
    assert carried.extracted["movement"].counts.days == {old, new}
    _assert_written(company, 1)
    after = _object(company, key)
    assert (after["Id"], after["TxnDate"]) == (before["Id"], new.isoformat())
    _assert_tied_out(carried, US_STOCK_VALUE)


def test_a_vanished_shipment_waits_for_a_person_and_is_taken_out_on_order(company: Company, openbravo: Path) -> None:
    shipment = _shipment(openbravo, "1000097")
    day = date.fromisoformat(shipment["MOVEMENTDATE"][:10])
    key = f"movement/{shipment['M_INOUT_ID']}"
    cost = sum(
        (Decimal(row["TRANSACTIONCOST"]) for row in _transactions(openbravo, shipment["M_INOUT_ID"])), Decimal(0)
    )
    _remove_movement(company, openbravo, shipment["M_INOUT_ID"])
    with company.run() as run:
        held = carry(run, day, day, LAST_DAY)
        (waiting,) = open_postings(run)
        assert waiting["key"] == key
        assert "no longer in the source" in waiting["reason"]
        assert broken_counts(run) == []
    assert (held.touched["vanished"], held.touched["posted"]) == (1, 0)
    _assert_written(company, 0)
    result = held.result
    assert result.stock_value == US_STOCK_VALUE + cost
    assert (result.difference, result.unexplained, result.status) == (-cost, 0, "explained")
    (difference,) = result.differences.to_dict("records")
    assert (difference["record_key"], difference["amount"]) == (key, -cost)
    assert difference["remedy"]

    with company.run() as run:
        approve(run.database, run.name, key, Person("Dana", "the shipment was entered twice"))
        done = carry(run, day, day, LAST_DAY)
        assert open_postings(run) == []
    _assert_written(company, 1)
    assert _objects(company, "JournalEntry", before_id(company, key)) == []
    _assert_tied_out(done, US_STOCK_VALUE + cost)


def test_what_vanishes_is_voided_where_the_settings_say_so(company: Company, openbravo: Path) -> None:
    """A payment is voided and stays with no amount; a journal entry, which QBO cannot void, is deleted."""
    point_to(company.settings, 'vanished = "hold"', 'vanished = "void"')
    shipment = _shipment(openbravo, "1000097")
    cost = sum(
        (Decimal(row["TRANSACTIONCOST"]) for row in _transactions(openbravo, shipment["M_INOUT_ID"])), Decimal(0)
    )
    payment = _payment(openbravo)
    key = f"payment/{payment['FIN_PAYMENT_ID']}"
    before = _object(company, key)
    journal = before_id(company, f"movement/{shipment['M_INOUT_ID']}")
    _remove_movement(company, openbravo, shipment["M_INOUT_ID"])
    _change(company, "DELETE FROM FIN_PAYMENT WHERE FIN_PAYMENT_ID = ?", [(payment["FIN_PAYMENT_ID"],)])
    with company.run() as run:
        carried = carry(run, FIRST_DAY, LAST_DAY)
        assert open_postings(run) == []
        assert broken_counts(run) == []
        operations = rows(run, "SELECT operation, state FROM postings WHERE operation IN ('void', 'delete') ORDER BY 1")

    assert (carried.touched["vanished"], carried.touched["posted"]) == (2, 2)
    assert operations == [{"operation": "delete", "state": "posted"}, {"operation": "void", "state": "posted"}]
    (after,) = _objects(company, "Payment", before["Id"])
    assert Decimal(str(before["TotalAmt"])) > 0
    assert Decimal(str(after["TotalAmt"])) == 0
    assert "Voided" in after["PrivateNote"]
    assert _objects(company, "JournalEntry", journal) == []
    _assert_tied_out(carried, US_STOCK_VALUE + cost)


def test_an_allocation_that_is_taken_back_and_comes_again(company: Company, openbravo: Path) -> None:
    """A payment whose allocation goes stands unapplied; when it comes again, the same payment pays its invoice."""
    payment = _payment(openbravo)
    day = date.fromisoformat(payment["PAYMENTDATE"][:10])
    key = f"payment/{payment['FIN_PAYMENT_ID']}"
    whole = _object(company, key)
    detail = next(r for r in table(openbravo, "FIN_PAYMENT_DETAIL") if r["FIN_PAYMENT_ID"] == payment["FIN_PAYMENT_ID"])
    which = (detail["FIN_PAYMENT_DETAIL_ID"],)
    invoice = "FIN_PAYMENT_SCHEDULE_INVOICE"
    with closing(sqlite3.connect(company.folder / SOURCE)) as source:
        columns = f"{invoice}, FIN_PAYMENT_SCHEDULEDETAIL_ID"
        found = f"SELECT {columns} FROM FIN_PAYMENT_SCHEDULEDETAIL WHERE FIN_PAYMENT_DETAIL_ID = ?"
        allocations = source.execute(found, which).fetchall()
    assert allocations
    _change(company, f"UPDATE FIN_PAYMENT_SCHEDULEDETAIL SET {invoice} = NULL WHERE FIN_PAYMENT_DETAIL_ID = ?", [which])
    early = carry_file(company.settings, day, day, LAST_DAY)
    assert early.touched == ONE_UPDATE
    unapplied = _object(company, key)
    assert _linked(unapplied) == []
    assert Decimal(str(unapplied["UnappliedAmt"])) == Decimal(str(whole["TotalAmt"]))

    _change(
        company,
        f"UPDATE FIN_PAYMENT_SCHEDULEDETAIL SET {invoice} = ? WHERE FIN_PAYMENT_SCHEDULEDETAIL_ID = ?",
        allocations,
    )
    late = carry_file(company.settings, day, day, LAST_DAY)

    assert late.touched == ONE_UPDATE
    applied = _object(company, key)
    assert applied["Id"] == whole["Id"]
    assert _linked(applied) == _linked(whole) != []
    _assert_written(company, 2)
    _assert_tied_out(late, US_STOCK_VALUE)


def _shipment(openbravo: Path, number: str) -> dict[str, str]:
    (found,) = (
        row
        for row in table(openbravo, "M_INOUT")
        if row["DOCUMENTNO"] == number
        and row["MOVEMENTTYPE"] == "C-"
        and row["AD_ORG_ID"] == "7BABA5FF80494CAFA54DEBD22EC46F01"
    )
    return found


def _transactions(openbravo: Path, shipment: str) -> list[dict[str, str]]:
    lines = {row["M_INOUTLINE_ID"] for row in table(openbravo, "M_INOUTLINE") if row["M_INOUT_ID"] == shipment}
    return [row for row in table(openbravo, "M_TRANSACTION") if row["M_INOUTLINE_ID"] in lines]


def _payment(openbravo: Path) -> dict[str, str]:
    """The last payment from a customer of the East Coast."""
    mine = [
        row
        for row in table(openbravo, "FIN_PAYMENT")
        if row["ISRECEIPT"] == "Y"
        and row["AD_ORG_ID"] == "7BABA5FF80494CAFA54DEBD22EC46F01"
        and Decimal(row["AMOUNT"]) > 0
    ]
    return max(mine, key=lambda row: (row["PAYMENTDATE"], row["FIN_PAYMENT_ID"]))


def _change(company: Company, statement: str, values: Sequence[tuple[Any, ...]]) -> None:
    """Change the inventory system's own database."""
    with closing(sqlite3.connect(company.folder / SOURCE)) as source:
        for row in values:
            assert source.execute(statement, row).rowcount >= 1, (statement, row)
        source.commit()


def _remove_movement(company: Company, openbravo: Path, shipment: str) -> None:
    lines = [row["M_TRANSACTION_ID"] for row in _transactions(openbravo, shipment)]
    _change(company, "DELETE FROM M_TRANSACTION WHERE M_TRANSACTION_ID = ?", [(line,) for line in lines])
    _change(company, "DELETE FROM M_INOUTLINE WHERE M_INOUT_ID = ?", [(shipment,)])
    _change(company, "DELETE FROM M_INOUT WHERE M_INOUT_ID = ?", [(shipment,)])


def _revisions(run: Any, key: str) -> list[tuple[Any, ...]]:
    query = "SELECT revision, operation, state, superseded_by FROM postings WHERE key = :key ORDER BY revision"
    return [tuple(row.values()) for row in rows(run, query, key=key)]


def before_id(company: Company, key: str) -> str:
    """The Id of the object that was posted for a key."""
    with company.run() as run:
        query = "SELECT qbo_id FROM postings WHERE key = :key AND revision = 1"
        return str(rows(run, query, key=key)[0]["qbo_id"])


def _object(company: Company, key: str) -> dict[str, Any]:
    """What QBO has for a posting today."""
    with company.run() as run:
        (link,) = rows(run, "SELECT entity, qbo_id FROM posting_links WHERE key = :key", key=key)
        return dict(run.quickbooks().read(link["entity"], link["qbo_id"]))


def _objects(company: Company, entity: str, qbo_id: str) -> list[dict[str, Any]]:
    with company.run() as run:
        return list(run.quickbooks().query(select(entity).where("Id", "=", qbo_id)))


def _debits(entry: dict[str, Any]) -> Decimal:
    lines = (line for line in entry["Line"] if line["JournalEntryLineDetail"]["PostingType"] == "Debit")
    return sum((Decimal(str(line["Amount"])) for line in lines), Decimal(0))


def _linked(payment: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((link["TxnType"], link["TxnId"]) for line in payment["Line"] for link in line["LinkedTxn"])


def _assert_written(company: Company, writes: int) -> None:
    """So many objects were written since the back-fill, and none was refused."""
    meter = company.emulator.meter()
    assert (meter["core"], meter["failed"], meter["refused"]) == (writes, 0, 0)


def _assert_tied_out(carried: Carried, stock_value: Decimal) -> None:
    result = carried.result
    assert (result.stock_value, result.ledger_balance) == (stock_value, stock_value)
    assert (result.difference, result.unexplained, result.status) == (0, 0, "balanced")
