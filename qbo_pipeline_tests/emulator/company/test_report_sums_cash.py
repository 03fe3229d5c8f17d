"""On cash basis too, every report is the sum of ledger lines: those that are paid."""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline_tests.emulator.company.summed_books import (
    EVER,
    SALES,
    YEAR,
    Books,
    Line,
    earned,
    group,
    keys,
    leaves,
    number,
    trial_balance,
)


@pytest.mark.parametrize("day", ["2024-02-29", "2025-06-30", "2026-03-15"])
def test_what_is_owed_on_cash_basis(books: Books, day: str) -> None:
    cash = {"accounting_method": "Cash"}
    trial = trial_balance(books.company.report("TrialBalance", {"start_date": day, "end_date": day} | cash))
    for kind, sign, reports in (
        (
            "Accounts Receivable",
            1,
            ("CustomerBalance", "CustomerBalanceDetail", "AgedReceivables", "AgedReceivableDetail"),
        ),
        ("Accounts Payable", -1, ("VendorBalance", "VendorBalanceDetail", "AgedPayables", "AgedPayableDetail")),
    ):
        owed = sign * sum(balance for id, balance in trial.items() if books.accounts[id]["AccountType"] == kind)
        for name in reports:
            report = books.company.report(name, {"report_date": day} | cash)
            column = keys(report).index("subt_open_bal") if "Detail" in name else -1
            found = group(report, "GrandTotal")[column] if report["Rows"] else 0
            assert (found, report["Header"]["ReportBasis"]) == (owed, "Cash"), name


def test_tax_on_cash_basis_counts_as_documents_are_settled(books: Books) -> None:
    cash = {"accounting_method": "Cash"}
    agency = books.company.query("select * from TaxAgency")["TaxAgency"][0]["TaxTrackedOnSalesAccountRef"]["value"]
    expected = Decimal(0)
    for line in books.lines:
        if line.account == agency and line.entity in (*SALES, "Bill", "VendorCredit", "Purchase"):
            _, total, paid = _settled(books.company, line.txn)
            deferred = line.entity in ("Invoice", "CreditMemo", "Bill", "VendorCredit") and total
            expected -= line.home * paid / total if deferred else line.home
    ever = {"start_date": "2000-01-01", "end_date": "9998-12-31"} | cash
    whole = group(books.company.report("TaxSummary", ever), "GrandTotal")[1]
    assert abs(whole - expected) < Decimal("0.01") * len(books.lines)
    months = [{"start_date": f"{y}-01-01", "end_date": f"{y}-12-31"} | cash for y in range(2020, 2031)]
    parts = [books.company.report("TaxSummary", month) for month in months]
    assert sum(group(part, "GrandTotal")[1] for part in parts if part["Rows"]) == whole
    assert whole != group(books.company.report("TaxSummary", ever | {"accounting_method": "Accrual"}), "GrandTotal")[1]


def half_up(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_cash_basis_counts_what_is_paid(books: Books) -> None:
    """Income and cost of each document in the share that is settled, what is paid in advance on accounts of its own."""
    until = {"start_date": "2000-01-01", "end_date": "9998-12-31"}
    expected: defaultdict[str, Decimal] = defaultdict(Decimal)
    by_txn: defaultdict[int, list[Line]] = defaultdict(list)
    for line in books.lines:
        by_txn[line.txn].append(line)
    for txn, lines in by_txn.items():
        _, total, paid = _settled(books.company, txn)
        control = [line for line in lines if books.of_type("Accounts Receivable", "Accounts Payable")(line)]
        is_deferred = control and lines[0].entity in ("Invoice", "CreditMemo", "Bill", "VendorCredit") and total
        for line in lines:
            is_earned = earned(books)(line) and not line.is_cost
            share = half_up(line.home * paid / total) if is_deferred and is_earned else line.home
            expected[line.account] += share
            if is_deferred and is_earned:
                expected[control[0].account] += line.home - share
    report = books.company.report("TrialBalance", {**until, "accounting_method": "Cash"})
    found = trial_balance(report)
    retained = next(id for id, a in books.accounts.items() if a["AccountSubType"] == "RetainedEarnings")
    waiting = {
        a["Id"]: a["AccountSubType"]
        for a in books.company.query("select * from Account maxresults 1000")["Account"]
        if a["AccountSubType"].startswith("UnappliedCash")
    }
    assert sum(found.values()) == 0
    owed = [id for id, a in books.accounts.items() if a["AccountType"] in ("Accounts Receivable", "Accounts Payable")]
    permanent = [id for id, a in books.accounts.items() if a["Classification"] in ("Asset", "Liability", "Equity")]
    for id in permanent:
        if id not in (*owed, retained):
            assert found.get(id, 0) == expected[id], books.accounts[id]["Name"]
    report = books.company.report("ProfitAndLoss", {**EVER, "accounting_method": "Cash"})
    amounts = {row[0]["id"]: number(row[1]["value"]) for row in leaves(report["Rows"]["Row"]) if row[0].get("id")}
    for id, amount in amounts.items():
        if id not in waiting:
            sign = -1 if books.accounts[id]["Classification"] == "Revenue" else 1
            assert amount == sign * expected[id], books.accounts[id]["Name"]
    unapplied = -sum(
        (line.home for txn, lines in by_txn.items() for line in _unapplied(books, txn, lines)), Decimal(0)
    )  # fmt: skip
    received = {waiting[id]: amount for id, amount in amounts.items() if id in waiting}
    net = received.get("UnappliedCashPaymentIncome", Decimal(0)) - received.get(
        "UnappliedCashBillPaymentExpense", Decimal(0)
    )
    assert net == unapplied
    assert unapplied


def _settled(company: Company, txn: int) -> tuple[Any, Decimal, Decimal]:
    balance, total = company.store.rows("SELECT balance, total FROM txns WHERE id = ?", (txn,))[0]
    return balance, Decimal(total), Decimal(total - (balance or 0))


def _unapplied(books: Books, txn: int, lines: list[Line]) -> list[Line]:
    """The last line of a payment on the control account, where it settles less than was paid."""
    if lines[0].entity not in ("Payment", "BillPayment"):
        return []
    body = books.company.read(lines[0].entity, str(txn))
    control = [line for line in lines if books.of_type("Accounts Receivable", "Accounts Payable")(line)]
    links = sum(len(line["LinkedTxn"]) for line in body.get("Line", []) if line.get("Amount"))
    return control[links:]


def test_every_report_of_income_and_cost_counts_the_same(books: Books) -> None:
    """The ledger, the statement in detail, and income by name, item and class are divisions of one profit and loss."""
    cash = YEAR | {"accounting_method": "Cash"}
    (net,) = group(books.company.report("ProfitAndLoss", cash), "NetIncome")
    assert net != -books.total(earned(books))
    assert group(books.company.report("ProfitAndLossDetail", cash), "NetIncome")[5] == net
    assert group(books.company.report("CustomerIncome", cash), "GrandTotal")[2] == net
    ledger = books.company.report("GeneralLedger", cash)
    at = keys(ledger).index("subt_nat_home_amount") + 1
    sums = {
        row["Header"]["ColData"][0]["id"]: number(row["Summary"]["ColData"][at]["value"])
        for row in ledger["Rows"]["Row"]
    }
    signs = {"Revenue": 1, "Expense": -1}
    assert sum(signs.get(books.accounts[id]["Classification"], 0) * total for id, total in sums.items()) == net
    sold = {
        group(books.company.report(name, cash), "GrandTotal")[1 if name == "ItemSales" else -1]
        for name in ("CustomerSales", "ClassSales", "DepartmentSales", "ItemSales")
    }
    assert len(sold) == 1
    by_class = group(books.company.report("ProfitAndLoss", cash | {"summarize_column_by": "Classes"}), "NetIncome")
    assert sum(by_class[:-1]) == by_class[-1] == net
    for name in ("BalanceSheet", "CashFlow"):
        report = books.company.report(name, cash)
        if name == "BalanceSheet":
            assert group(report, "TotalAssets") == group(report, "TotalLiabilitiesAndEquity")
        else:
            assert group(report, "NetIncome") == [net]
    spent = group(books.company.report("VendorExpenses", cash), "GrandTotal")[-1]
    assert spent == sum(t for id, t in sums.items() if books.accounts[id]["Classification"] == "Expense")
