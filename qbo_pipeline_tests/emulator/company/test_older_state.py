"""A state file of an earlier version: `older_state.sql` is one, as the code of 21 November 2026 left it.

A stock item with an opening quantity, an invoice of three of them, a payment of a part, a bill with a billable line.
"""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline_tests.emulator.company.opening import Clock, balance, id_of, open_company, ref, sale_line, token

OLDER = Path(__file__).with_name("older_state.sql")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "company.sqlite"
    with sqlite3.connect(path) as file:
        file.executescript(OLDER.read_text(encoding="utf-8"))
        columns = {row[1] for row in file.execute("PRAGMA table_info(lines)")}
    assert "customer" not in columns, "the file has the schema of then"
    return path


def _state(company: Company) -> tuple[object, ...]:
    invoice = company.query("select * from Invoice")["Invoice"][0]
    amounts = (invoice["Balance"], company.query("select * from Item")["Item"][0]["QtyOnHand"])
    balances = {row["name"]: row["balance"] for row in company.accounts() if row["balance"]}
    return amounts, balances, company.query("select count(*) from Bill")["totalCount"]


def test_an_upgrade_keeps_it(path: Path) -> None:
    company = open_company("empty", path)
    (open_balance, on_hand), balances, bills = _state(company)
    assert (open_balance, on_hand, bills) == (10, 7, 1)
    assert sum(balances.values()) == 0
    assert (balances["Inventory Asset"], balances["Accounts Receivable (A/R)"]) == (14, 10)
    state = _state(company)
    company.close()
    again = open_company("empty", path)
    assert _state(again) == state
    again.close()


def test_it_does_what_a_new_one_does(path: Path) -> None:
    clock = Clock()
    company = open_company("empty", path, clock=clock)
    customer = ref(id_of(company, "Customer", "Old customer"))
    sold = company.create(
        "Invoice", {"CustomerRef": customer, "Line": [sale_line(id_of(company, "Item", "Part"), 2, 5)]}
    )
    assert (sold["TotalAmt"], balance(company, "Cost of Goods Sold")) == (10, 10)
    bill = company.query("select * from Bill")["Bill"][0]
    company.update("Bill", bill | {"PrivateNote": "a new version makes its charge"})
    assert company.invoice_charges(customer["value"])["TotalAmt"] == 7
    income = company.report("CustomerIncome", {"start_date": "2026-01-01", "end_date": "2026-12-31"})
    assert income["Rows"]["Row"][0]["ColData"][0]["value"] == "Old customer"
    schedule = {"IntervalType": "Daily", "MaxOccurrences": 2}
    info = {"Name": "Daily", "RecurType": "Automated", "Active": True, "ScheduleInfo": schedule}
    line = sale_line(id_of(company, "Item", "Part"), 1, 5)
    body = {"CustomerRef": customer, "Line": [line], "RecurringInfo": info}
    company.create("RecurringTransaction", {"SalesReceipt": body})
    clock.forward(days=3)
    assert company.query("select count(*) from SalesReceipt")["totalCount"] == 2
    codes = {code["Id"] for code in company.query("select * from TaxCode")["TaxCode"]}
    assert {"TAX", "NON"} <= codes
    payment = company.query("select * from Payment")["Payment"][0]
    company.delete("Payment", token(payment))
    assert company.query("select * from Invoice where TxnDate = '2026-02-01'")["Invoice"][0]["Balance"] == Decimal(15)
    assert sum(row["balance"] for row in company.accounts()) == 0
    company.close()
