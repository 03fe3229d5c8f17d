"""F&B US, Inc., three years in one back-fill, against the facts of its SOURCE.md and its tables counted here."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd

from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.counts import broken_counts, day_counts, set_aside_records, total_counts
from qbo_pipeline.pipeline.latest import latest_reconciliation
from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.food_and_beverage import (
    FIRST_DAY,
    LAST_DAY,
    US,
    US_STOCK_VALUE,
    US_STOCK_VALUES,
    Company,
    organisations,
    table,
)

BILLED_TWICE = "10000388"  # its four lines bill the receipt 10000151 a second time
SURPLUS = Decimal("156134.00")
ZERO, CENT = Decimal("0.00"), Decimal("0.01")


def test_stock_value_and_ledger_are_equal_at_the_end(carried: Company) -> None:
    with carried.run() as run:
        latest = latest_reconciliation(run, LAST_DAY)

    assert latest.stock_value == latest.ledger_balance == US_STOCK_VALUE
    assert (latest.difference, latest.unexplained, latest.status) == (0, 0, "balanced")
    assert latest.differences == []


def test_qbos_own_trial_balance_agrees(carried: Company, openbravo: Path) -> None:
    mine = organisations(openbravo, US)
    with carried.run() as run:
        report = run.quickbooks().report("TrialBalance", {"end_date": LAST_DAY.isoformat()})
    balances = {
        row.cells["account"].value: (row.cells["debit"].amount or ZERO) - (row.cells["credit"].amount or ZERO)
        for row in report.rows
    }
    invoiced = _total(openbravo, "C_INVOICE", "GRANDTOTAL", mine, ISSOTRX="Y")
    received = _total(openbravo, "FIN_PAYMENT", "AMOUNT", mine, ISRECEIPT="Y")

    assert balances["TOTAL"] == 0
    assert balances["Inventory Asset"] == US_STOCK_VALUE
    assert balances["Goods Received Not Invoiced"] == SURPLUS
    assert balances["Accounts Receivable (A/R)"] == invoiced - received


def _total(openbravo: Path, name: str, column: str, mine: set[str], **values: str) -> Decimal:
    """The sum of a column over the rows of these organisations that have these values."""
    found = (row for row in table(openbravo, name) if row["AD_ORG_ID"] in mine and row.items() >= values.items())
    return sum((Decimal(row[column]) for row in found), ZERO)


def _month_ends() -> list[date]:
    months = [date(2011 + month // 12, month % 12 + 1, 1) for month in range(2, 37)]
    return [day - timedelta(days=1) for day in months]


def _expected(openbravo: Path) -> dict[date, dict[tuple[str, str], tuple[Decimal, Decimal]]]:
    """The running sums of expected_us_month_end_stock.csv: (product, warehouse) -> quantity and value."""
    warehouses = {row["NAME"]: row["M_WAREHOUSE_ID"] for row in table(openbravo, "M_WAREHOUSE")}
    found: dict[date, dict[tuple[str, str], tuple[Decimal, Decimal]]] = defaultdict(dict)
    by_month = {f"{day:%Y-%m}": day for day in _month_ends()}
    for row in table(openbravo, "expected_us_month_end_stock"):
        place = (row["M_PRODUCT_ID"], warehouses[row["warehouse"]])
        found[by_month[row["month_end"]]][place] = (Decimal(row["qty"]), Decimal(row["value_usd"]).quantize(CENT))
    return found


def test_every_month_end_agrees_by_product_and_warehouse(carried: Company, openbravo: Path) -> None:
    expected = _expected(openbravo)
    wrong: list[str] = []
    places: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
    with carried.run() as run:
        for day in _month_ends():
            places = expected.pop(day, places)  # a month without movements is not in the file: nothing changed
            read_ledger(run, day)
            result = reconcile_as_at(run, day)
            total = sum((value for _, value in places.values()), ZERO)
            assert (result.stock_value, result.ledger_balance) == (total, total), day
            assert (result.difference, result.unexplained, result.status) == (0, 0, "balanced"), day
            wrong += _wrong_places(day, result.by_product_location, places)
    assert wrong == []
    assert not expected


def _wrong_places(
    day: date, frame: pd.DataFrame, expected: dict[tuple[str, str], tuple[Decimal, Decimal]]
) -> list[str]:
    wrong = []
    found = {(row["product_id"], row["location_id"]): row for row in frame.to_dict("records")}
    for place in sorted({*found, *expected}):
        quantity, value = expected.get(place, (ZERO, ZERO))
        row = found.get(place, {"quantity": ZERO, "source_value": ZERO, "own_value": ZERO})
        sides = (row["quantity"], row["source_value"], row["own_value"])
        if sides != (quantity, value, value):
            wrong.append(f"{day} {place}: {sides} instead of {(quantity, value)}")
    return wrong


def test_what_was_posted_agrees_by_product_and_warehouse(carried: Company) -> None:
    """Moving goods between warehouses of one account posts nothing, and still moves value between the places."""
    with carried.run() as run:
        frame = reconcile_as_at(run, LAST_DAY).by_product_location

    apart = frame[frame["difference"] != 0]
    assert apart.empty, apart[["product_id", "location_id", "own_value", "posted_value"]].to_string()


def test_the_warehouses_have_their_value(carried: Company, openbravo: Path) -> None:
    names = {row["M_WAREHOUSE_ID"]: row["NAME"] for row in table(openbravo, "M_WAREHOUSE")}
    with carried.run() as run:
        frame = reconcile_as_at(run, LAST_DAY).by_product_location

    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in frame.to_dict("records"):
        found[names[row["location_id"]]] += row["own_value"]
    assert found == US_STOCK_VALUES
    assert sum(US_STOCK_VALUES.values()) == US_STOCK_VALUE


def test_goods_received_not_invoiced_is_clear_on_everything_matched(carried: Company, openbravo: Path) -> None:
    """Receipts and the bills that M_MATCHINV ties together form groups; each comes to 0.00, but for the one in which a
    receipt is billed twice."""
    with carried.run() as run:
        with run.database.reading() as connection:
            accounts = sorted(StoredBooks(connection, run.settings).books.accounts_of("goods_received_not_invoiced"))
        report = run.quickbooks().ledger(accounts, FIRST_DAY, LAST_DAY)
        keys = {
            (row["entity"], row["qbo_id"]): row["key"].split("/")[1]
            for row in rows(run, "SELECT entity, qbo_id, key FROM posting_links")
        }
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for line in report.lines:
        amounts[keys[line.qbo_type, line.qbo_id]] += line.amount

    groups = _groups(openbravo)
    assert {record for record, amount in amounts.items() if amount} <= set(groups)
    balances: dict[str, Decimal] = defaultdict(Decimal)
    for record, amount in amounts.items():
        balances[groups[record]] += amount
    bill = next(row["C_INVOICE_ID"] for row in table(openbravo, "C_INVOICE") if row["DOCUMENTNO"] == BILLED_TWICE)

    assert len(balances) > 50
    assert {group: amount for group, amount in balances.items() if amount} == {groups[bill]: SURPLUS}
    assert sum((item.balance for item in report.balances), ZERO) == SURPLUS
    assert _billed(openbravo, bill) - _received(openbravo, bill) == SURPLUS


def _groups(openbravo: Path) -> dict[str, str]:
    """The group of each receipt and bill: whatever matches tie together, directly or through others."""
    bill_of = {row["C_INVOICELINE_ID"]: row["C_INVOICE_ID"] for row in table(openbravo, "C_INVOICELINE")}
    receipt_of = {row["M_INOUTLINE_ID"]: row["M_INOUT_ID"] for row in table(openbravo, "M_INOUTLINE")}
    group: dict[str, str] = {}

    def root(record: str) -> str:
        while group.setdefault(record, record) != record:
            record = group[record]
        return record

    for row in table(openbravo, "M_MATCHINV"):
        group[root(bill_of[row["C_INVOICELINE_ID"]])] = root(receipt_of[row["M_INOUTLINE_ID"]])
    return {record: root(record) for record in group}


def _billed(openbravo: Path, bill: str) -> Decimal:
    """The net amount of a bill's lines."""
    lines = (row for row in table(openbravo, "C_INVOICELINE") if row["C_INVOICE_ID"] == bill)
    return sum((Decimal(row["LINENETAMT"]) for row in lines), ZERO)


def _received(openbravo: Path, bill: str) -> Decimal:
    """The cost of the receipt lines that a bill is matched with, each once."""
    lines = {row["C_INVOICELINE_ID"] for row in table(openbravo, "C_INVOICELINE") if row["C_INVOICE_ID"] == bill}
    matched = {row["M_INOUTLINE_ID"] for row in table(openbravo, "M_MATCHINV") if row["C_INVOICELINE_ID"] in lines}
    moved = (row for row in table(openbravo, "M_TRANSACTION") if row["M_INOUTLINE_ID"] in matched)
    return sum((Decimal(row["TRANSACTIONCOST"]) for row in moved), ZERO)


def test_every_record_became_something(carried: Company) -> None:
    with carried.run() as run:
        assert broken_counts(run) == []
        totals = total_counts(day_counts(run))
        aside = set_aside_records(run, ("party", "product", "location", "document", "movement", "payment"))
        excluded = rows(run, "SELECT kind, rule, message FROM records WHERE disposition = 'excluded'")
        unposted = rows(run, "SELECT key, state FROM postings WHERE superseded_by IS NULL AND state <> 'posted'")

    for record_type, row in totals.items():
        assert row["read"] == row["posted"] + row["excluded"] + row["set_aside"], record_type
    assert unposted == []
    assert Counter(rule for *_, rule, _ in aside) == {"required": 12, "draft": 1}
    assert all(record.startswith("payment/") and message for record, _, _, _, message in aside)
    assert Counter((row["kind"], row["rule"]) for row in excluded if row["rule"] not in ("not_needed",)) == {
        ("transfer", "nil_effect"): 6,
        ("shipment", "voided_in_source"): 2,
        ("location", "location_not_posted"): 2,
    }
    assert all(row["message"] for row in excluded)


def test_as_many_were_read_as_the_tables_hold(carried: Company, openbravo: Path) -> None:
    mine = organisations(openbravo, US)
    assert len(mine) == 3

    def count(*names: str) -> int:
        return sum(row["AD_ORG_ID"] in mine for name in names for row in table(openbravo, name))

    parties = [row for row in table(openbravo, "C_BPARTNER") if row["AD_ORG_ID"] in mine]
    expected = {
        "document": count("C_INVOICE"),
        "movement": count("M_INOUT", "M_INVENTORY", "M_MOVEMENT"),
        "payment": count("FIN_PAYMENT"),
        "party": sum((row["ISCUSTOMER"] == "Y") + (row["ISVENDOR"] == "Y") for row in parties),
        "location": count("M_WAREHOUSE"),
        "product": sum(row["AD_ORG_ID"] in mine for row in table(openbravo, "M_PRODUCT")),
    }
    with carried.run() as run:
        read = {record_type: row["read"] for record_type, row in total_counts(day_counts(run)).items()}
    assert read == expected


def test_each_posting_is_one_object_in_qbo(carried: Company) -> None:
    with carried.run() as run:
        posting = rows(run, "SELECT record_type, record_id FROM records WHERE disposition = 'posting'")
        links = rows(
            run, "SELECT l.entity, l.qbo_id, p.record_key FROM posting_links l JOIN postings p ON p.key = l.key"
        )
        there = {
            (entity, item["Id"])
            for entity in sorted({row["entity"] for row in links})
            for item in run.quickbooks().query(select(entity))
        }
    objects = [(row["entity"], row["qbo_id"]) for row in links]

    assert {f"{row['record_type']}/{row['record_id']}" for row in posting} <= {row["record_key"] for row in links}
    assert len(set(objects)) == len(objects) == 871
    assert set(objects) <= there


def test_its_real_trouble_is_posted_too(carried: Company, openbravo: Path) -> None:
    """A negative invoice as its counterpart, a shipment that was voided on another day with its return, back-dated
    movements: nothing of it is dropped."""
    mine = organisations(openbravo, US)
    negative = [row for row in table(openbravo, "C_INVOICE") if Decimal(row["GRANDTOTAL"]) < 0]
    voided = [row for row in table(openbravo, "M_INOUT") if row["DOCSTATUS"] == "VO"]
    assert all(row["AD_ORG_ID"] in mine for row in negative + voided)
    with carried.run() as run:
        posted = {
            row["record_key"]: row
            for row in rows(run, "SELECT record_key, entity, amount, state FROM postings WHERE superseded_by IS NULL")
        }
        dispositions = {
            row["record_id"]: (row["disposition"], row["rule"])
            for row in rows(run, "SELECT record_id, disposition, rule FROM records WHERE record_type = 'movement'")
        }

    (credit,) = (posted[f"document/{row['C_INVOICE_ID']}"] for row in negative)
    assert (credit["entity"], Decimal(credit["amount"]), credit["state"]) == (
        "CreditMemo",
        Decimal("6536.22"),
        "posted",
    )
    assert len(voided) == 2
    assert {dispositions[row["M_INOUT_ID"]][0] for row in voided} <= {"posting", "excluded"}
    cancelled = sum(row["DOCSTATUS"] == "VO" for row in voided)
    assert cancelled == len([row for row in voided if row["M_INOUT_ID"] in dispositions])
