"""After random operations in three currencies: an independent program, the reports and the stock agree to the cent."""

from __future__ import annotations

import csv
import io
import random
import shutil
import subprocess
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline_tests.emulator.company.opening import Body, open_company
from qbo_pipeline_tests.emulator.company.random_books import RandomBooks

HLEDGER = shutil.which("hledger")
Balances = dict[str, dict[str, Decimal]]


def _hledger(journal: Path, step: str, *query: str) -> Balances:
    """Balances of each account at the end of each period, as hledger sums them: day -> account -> amount."""
    assert HLEDGER is not None
    command = [
        HLEDGER,
        "-f",
        str(journal),
        "balance",
        step,
        "--historical",
        "--no-total",
        "--flat",
        "-O",
        "csv",
        "-E",
        *query,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    head, *rows = csv.reader(io.StringIO(done.stdout))
    out: Balances = {}
    for n, title in enumerate(head[1:], 1):
        out[title] = {row[0]: Decimal(row[n].split()[0]) if row[n] != "0" else Decimal(0) for row in rows}
    return out


def _decimal(text: str) -> Decimal:
    return Decimal(text) if text else Decimal(0)


def _trial_balance(company: Company, day: str) -> dict[str, Decimal]:
    report = company.report("TrialBalance", {"start_date": day, "end_date": day})
    rows = report["Rows"].get("Row", [])
    return {
        r["ColData"][0]["id"]: _decimal(r["ColData"][1]["value"]) - _decimal(r["ColData"][2]["value"])
        for r in rows
        if "ColData" in r
    }


def _expected_trial(matrix: Balances, day: str, retained: str) -> dict[str, Decimal]:
    """The trial balance from hledger's sums: income and expense since the year began, the rest in retained earnings."""
    at = matrix[day[:7]]
    before = matrix.get(f"{int(day[:4]) - 1}-12", {})
    out: dict[str, Decimal] = {}
    earned = Decimal(0)
    for name, amount in at.items():
        id = name.rpartition("#")[2]
        if not name.rpartition("#")[1]:
            continue
        if name.startswith(("revenues", "expenses")):
            earlier = before.get(name, Decimal(0))
            out[id] = amount - earlier
            earned += earlier
        else:
            out[id] = amount
    out[retained] = out.get(retained, Decimal(0)) + earned
    return {id: amount for id, amount in out.items() if amount}


def _month_ends(first: date, last: date) -> Iterable[str]:
    day = first
    while day < last:
        following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        yield (following - timedelta(days=1)).isoformat()
        day = following


def _check_sheet(company: Company, day: str) -> None:
    report = company.report("BalanceSheet", {"start_date": day, "end_date": day})
    totals = [row["Summary"]["ColData"][1]["value"] for row in report["Rows"].get("Row", [])]
    assert len(set(totals)) <= 1, f"assets and liabilities with equity differ on {day}: {totals}"


def _valuation_total(company: Company, day: str) -> Decimal:
    rows = company.report("InventoryValuationSummary", {"report_date": day})["Rows"].get("Row", [])
    return _decimal(rows[-1]["Summary"]["ColData"][3]["value"]) if rows else Decimal(0)


AGED = (("AgedReceivables", "Accounts Receivable", 1), ("AgedPayables", "Accounts Payable", -1))


def _aged_total(company: Company, report: str, day: str) -> Decimal:
    rows = company.report(report, {"report_date": day})["Rows"].get("Row", [])
    return _decimal(rows[-1]["Summary"]["ColData"][-1]["value"]) if rows else Decimal(0)


def _check(company: Company, tmp_path: Path) -> None:
    days = [str(row[0]) for row in company.store.rows("SELECT DISTINCT date FROM lines ORDER BY date")]
    for day in days:
        _check_sheet(company, day)
    if HLEDGER is None:
        pytest.skip("hledger is not installed: the sums were not checked by an independent program")
    journal = tmp_path / "ledger.journal"
    journal.write_text(company.journal(), encoding="utf-8")
    retained = next(row["id"] for row in company.accounts() if row["name"] == "Retained Earnings")
    months = _hledger(journal, "--monthly")
    for day in _month_ends(date.fromisoformat(days[0]).replace(day=1), date.fromisoformat(days[-1])):
        assert _trial_balance(company, day) == _expected_trial(months, day, retained), day
        for report, control, sign in AGED:
            owed = sum(amount for name, amount in months[day[:7]].items() if control in name)
            assert _aged_total(company, report, day) == sign * owed, f"{report} on {day}"
    daily = _hledger(journal, "--daily", "Inventory Asset")
    for day, found in daily.items():
        assert _valuation_total(company, day) == sum(found.values()), f"stock and Inventory Asset differ on {day}"


def _same_after_reopening(company: Company, path: Path, country: str) -> None:
    before = company.accounts(), company.query("select * from Item")
    company.close()
    again = open_company(country, path)
    assert (again.accounts(), again.query("select * from Item")) == before
    again.close()


@pytest.mark.parametrize("seed", [20260315])
def test_books_stay_true_through_random_operations(seed: int, tmp_path: Path) -> None:
    _random_books(seed, 500, tmp_path)


@pytest.mark.torture
@pytest.mark.parametrize(("country", "count"), [("eu", 10_000), ("uk", 4_000), ("us", 4_000)])
def test_books_stay_true_through_ten_thousand_operations(country: str, count: int, tmp_path: Path) -> None:
    _random_books(random.SystemRandom().randrange(10**9), count, tmp_path, country)


def _random_books(seed: int, count: int, tmp_path: Path, country: str = "eu") -> None:
    print(f"seed {seed}")
    path = tmp_path / "company.sqlite"
    company = open_company(country, path)
    books = RandomBooks(company, seed)
    books.run(count)
    print(dict(books.done), "refused:", dict(books.refused))
    assert sum(books.refused.values()) < count, "most operations should be accepted"
    _open_balances_follow_from_links(company)
    _check(company, tmp_path)
    _same_after_reopening(company, path, country)


def _open_balances_follow_from_links(company: Company) -> None:
    """A customer's balance in the ledger is what its documents leave open, less what its payments leave unapplied."""
    for customer in company.query("select * from Customer")["Customer"]:
        total = sum((_open(company, kind, customer) * sign for kind, sign in SIGNS.items()), Decimal(0))
        assert total == customer["Balance"], customer["DisplayName"]


SIGNS = {"Invoice": 1, "CreditMemo": -1, "Payment": -1}


def _open(company: Company, kind: str, customer: Body) -> Decimal:
    found: list[Body] = []
    while True:
        where = f"CustomerRef = '{customer['Id']}'"
        text = f"select * from {kind} where {where} startposition {len(found) + 1} maxresults 1000"
        page = company.query(text).get(kind, [])
        found += page
        if len(page) < 1000:
            break
    return sum((Decimal(x["UnappliedAmt" if kind == "Payment" else "Balance"]) for x in found), Decimal(0))
