"""After random operations in three currencies, every report is the sum of ledger lines, added up here again."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline_tests.emulator.company.opening import Body
from qbo_pipeline_tests.emulator.company.summed_books import (
    BY_NAME,
    BY_TIME,
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
)


def test_net_income_by_parts_of_the_year(books: Books) -> None:
    net = -books.total(earned(books))
    for word in BY_TIME:
        report = books.company.report("ProfitAndLoss", YEAR | {"summarize_column_by": word})
        *parts, whole = group(report, "NetIncome")
        spans = [c["MetaData"] for c in report["Columns"]["Column"][1:-1]]
        assert whole == sum(parts) == net, word
        for part, span in zip(parts, spans, strict=True):
            days = {"start_date": span[0]["Value"], "end_date": span[1]["Value"]}
            assert part == -books.total(earned(books), days), (word, days)
    assert group(books.company.report("ProfitAndLossDetail", YEAR), "NetIncome")[5] == net


def test_net_income_by_names_and_for_one_of_them(books: Books) -> None:
    net = -books.total(earned(books))
    for word, parameter in BY_NAME.items():
        report = books.company.report("ProfitAndLoss", YEAR | {"summarize_column_by": word})
        amounts = dict(zip(keys(report), group(report, "NetIncome"), strict=True))
        assert amounts.pop("total") == sum(amounts.values()) == net, word
        for id, amount in amounts.items():
            name = "" if id == "not_specified" else id
            expected = -books.total(lambda line, n=name, p=parameter: earned(books)(line) and line.of(p) == n)  # type: ignore[misc]
            assert amount == expected, (word, id)
            if name:
                only = books.company.report("ProfitAndLoss", YEAR | {parameter: id})
                assert group(only, "NetIncome") == [expected], (parameter, id)
        assert len(amounts) > 1, f"{word}: the random books should use several"


def test_balance_sheet_by_month(books: Books) -> None:
    report = books.company.report("BalanceSheet", YEAR | {"summarize_column_by": "Month"})
    ends = [c["MetaData"][1]["Value"] for c in report["Columns"]["Column"][1:]]
    assets, rest = group(report, "TotalAssets"), group(report, "TotalLiabilitiesAndEquity")
    expected = [
        books.total(books.of_class("Asset"), {"start_date": "2000-01-01", "end_date": end}) for end in ends
    ]  # fmt: skip
    assert assets == rest == expected
    assert len(ends) == 12


@pytest.mark.parametrize("word", ["Total", "Quarter", "Classes"])
def test_sales_and_costs(books: Books, word: str) -> None:
    by = YEAR | {"summarize_column_by": word}
    sold = -books.total(lambda line: line.entity in SALES and books.of_class("Revenue")(line))
    spent = books.total(books.of_class("Expense"))
    for name in ("CustomerSales", "ClassSales", "DepartmentSales"):
        assert group(books.company.report(name, by), "GrandTotal")[-1] == sold, name
    assert group(books.company.report("VendorExpenses", by), "GrandTotal")[-1] == spent
    income = group(books.company.report("CustomerIncome", YEAR), "GrandTotal")
    assert income == [-books.total(books.of_class("Revenue")), spent, -books.total(earned(books))]


def test_each_row_of_sales_and_costs(books: Books) -> None:
    for name, parameter in (("CustomerSales", "customer"), ("ClassSales", "class"), ("ItemSales", "item")):
        column = 2 if name == "ItemSales" else 1
        rows = [row for row in leaves(books.company.report(name, YEAR)["Rows"]["Row"]) if row[0].get("id")]
        assert rows, name
        for row in rows:
            sold = -books.total(
                lambda line, id=row[0]["id"], p=parameter: (  # type: ignore[misc]
                    line.entity in SALES and books.of_class("Revenue")(line) and line.of(p) == id
                )
            )
            assert number(row[column]["value"]) == sold, (name, row)


def test_items_sold(books: Books) -> None:
    report = books.company.report("ItemSales", YEAR)
    quantity, amount, share, _, cost, margin, _ = group(report, "GrandTotal")
    sold = -books.total(lambda line: line.entity in SALES and books.of_class("Revenue")(line))
    spent = books.total(lambda line: line.entity in SALES and books.of_class("Expense")(line))
    assert (amount, cost, margin, share) == (sold, spent, sold - spent, 100)
    assert quantity == _quantity_sold(books.company)


def _of_the_year(company: Company, kind: str) -> Iterator[Body]:
    start = 1
    while True:
        text = f"""select * from {kind} where TxnDate >= '2025-01-01' and TxnDate <= '2025-12-31'
                   startposition {start} maxresults 1000"""
        page = company.query(text).get(kind, [])
        yield from page
        start += len(page)
        if len(page) < 1000:
            return


def _quantity_sold(company: Company) -> Decimal:
    out = Decimal(0)
    for kind in SALES:
        for document in _of_the_year(company, kind):
            sign = -1 if kind in ("CreditMemo", "RefundReceipt") else 1
            for line in document["Line"]:
                out += sign * Decimal(line.get("SalesItemLineDetail", {}).get("Qty") or 0)
    return out


@pytest.mark.parametrize("word", ["Quarter", "Customers", "Classes", "ProductsAndServices"])
def test_what_is_divided_adds_up(books: Books, word: str) -> None:
    by = {"summarize_column_by": word}
    for name, width in (("ItemSales", 7), ("CustomerIncome", 3)):
        plain, whole = (group(books.company.report(name, YEAR | more), "GrandTotal") for more in ({}, by))
        assert whole[-width:] == plain, name
        for n in range(2) if name == "ItemSales" else range(3):
            assert sum(whole[n:-width:width]) == plain[n], (name, n)
    plain, whole = (group(books.company.report("TrialBalance", YEAR | more), "GrandTotal") for more in ({}, by))
    assert whole[-2:] == plain
    for day in ("2024-12-31", "2026-03-15"):
        for name in ("CustomerBalance", "VendorBalance"):
            *parts, total = group(books.company.report(name, {"report_date": day} | by), "GrandTotal")
            assert [sum(parts)] == [total] == group(books.company.report(name, {"report_date": day}), "GrandTotal")
    values = books.company.report("InventoryValuationSummary", YEAR | by)
    assert (
        group(values, "GrandTotal")[-3:]
        == group(books.company.report("InventoryValuationSummary", YEAR), "GrandTotal")[-3:]
    )
    ledger = books.company.report("GeneralLedger", YEAR | by)
    at = keys(ledger).index("subt_nat_home_amount") + 1
    columns = len(ledger["Columns"]["Column"])
    for section in ledger["Rows"]["Row"]:
        for row in (section["Summary"], *section["Rows"]["Row"]):
            amounts = [number(cell["value"]) for cell in row["ColData"][6 : at + 1]]
            assert (len(row["ColData"]), sum(amounts[:-1])) == (columns, amounts[-1]), row


@pytest.mark.parametrize("day", ["2024-02-29", "2025-06-30", "2026-03-15"])
def test_what_is_owed(books: Books, day: str) -> None:
    until = {"start_date": "2000-01-01", "end_date": day}
    for kind, sign, reports in (
        ("Accounts Receivable", 1, ("CustomerBalance", "CustomerBalanceDetail", "AgedReceivableDetail")),
        ("Accounts Payable", -1, ("VendorBalance", "VendorBalanceDetail", "AgedPayableDetail")),
    ):
        owed = sign * books.total(books.of_type(kind), until)
        for name in reports:
            report = books.company.report(name, {"report_date": day})
            column = keys(report).index("subt_open_bal") if "Detail" in name else -1
            assert group(report, "GrandTotal")[column] == owed, name


def test_cash_flows_end_with_the_money_there_is(books: Books) -> None:
    def is_cash(line: Line) -> bool:
        account = books.accounts[line.account]
        return account["AccountType"] == "Bank" or account["AccountSubType"] == "UndepositedFunds"

    for word in ("Total", "Month", "Customers"):
        report = books.company.report("CashFlow", YEAR | {"summarize_column_by": word})
        begins = books.total(is_cash, {"start_date": "2000-01-01", "end_date": "2024-12-31"})
        increase = books.total(is_cash)
        assert group(report, "CashIncrease")[-1] == increase
        assert group(report, "BeginningCash")[-1] == begins
        assert group(report, "EndingCash")[-1] == begins + increase
        if word == "Customers":
            for key in ("BeginningCash", "EndingCash"):
                *parts, whole = group(report, key)
                assert (sum(parts), len(parts) > 2) == (whole, True)
        if word == "Month":
            assert group(report, "BeginningCash")[0] == begins
            assert group(report, "EndingCash")[:-2] == group(report, "BeginningCash")[1:-1]


def test_tax_is_what_the_agency_is_owed(books: Books) -> None:
    documents = (*SALES, "Bill", "VendorCredit", "Purchase")
    agency = books.company.query("select * from TaxAgency")["TaxAgency"][0]["TaxTrackedOnSalesAccountRef"]["value"]
    owed = -books.total(lambda line: line.account == agency and line.entity in documents)
    assert group(books.company.report("TaxSummary", YEAR), "GrandTotal") == [0, owed]


def test_lists_of_transactions_and_accounts(books: Books) -> None:
    rows = books.company.report("TransactionListWithSplits", EVER)["Rows"]["Row"]
    split = [number(row[8]["value"]) for section in rows for row in leaves(section["Rows"]["Row"])]
    assert sum(split) == 0
    assert sum(abs(amount) for amount in split) == sum(abs(line.home) for line in books.lines)
    listed = books.company.report("AccountList", {"account_status": "All"})["Rows"]["Row"]
    balances = {row["ColData"][0]["id"]: number(row["ColData"][4]["value"]) for row in listed}
    assert balances == {id: a["CurrentBalance"] for id, a in books.accounts.items()}
    for name, kind in (("TransactionListByCustomer", "customer"), ("TransactionListByVendor", "vendor")):
        found = books.company.report(name, EVER)["Rows"]["Row"]
        plain = books.company.report("TransactionList", EVER | {kind: found[0]["Header"]["ColData"][0]["id"]})
        assert found[0]["Rows"]["Row"] == plain["Rows"]["Row"], name


@pytest.mark.parametrize("span", [YEAR, {"start_date": "2025-03-10", "end_date": "2025-03-31"}])
def test_the_ledger_and_the_journal_line_by_line(books: Books, span: dict[str, str]) -> None:
    """Each line of the period stands once in the general ledger and once in each journal."""
    ledger = books.company.report("GeneralLedger", span)
    at = keys(ledger).index("subt_nat_home_amount") + 1
    for section in ledger["Rows"]["Row"]:
        id = section["Header"]["ColData"][0]["id"]
        sign = 1 if books.accounts[id]["Classification"] in ("Asset", "Expense") else -1
        total = sign * books.total(lambda line, id=id: line.account == id, span)  # type: ignore[misc]
        shown = [row for row in section["Rows"]["Row"] if row["ColData"][0]["value"] != "Beginning Balance"]
        amounts = sum((number(row["ColData"][at]["value"]) for row in shown), Decimal(0))
        assert number(section["Summary"]["ColData"][at]["value"]) == amounts == total, books.accounts[id]["Name"]
        assert len(shown) == sum(span["start_date"] <= line.day <= span["end_date"] for line in books.of_account(id))
    debits = books.total(lambda line: line.home > 0, span)
    assert group(books.company.report("JournalReport", span), "GrandTotal")[-2:] == [debits, debits]
    entries = list(leaves(books.company.report("FECReport", span)["Rows"]["Row"]))
    assert sum((number(row[11]["value"]) for row in entries), Decimal(0)) == debits
    french = books.company.report("JournalReportFR", span)["Rows"]["Row"]
    assert sum((number(row["Summary"]["ColData"][-2]["value"]) for row in french), Decimal(0)) == debits


@pytest.mark.parametrize("day", ["2024-12-31", "2025-06-30", "2026-03-15"])
def test_stock_and_ages_are_worth_what_the_ledger_says(books: Books, day: str) -> None:
    until = {"start_date": "2000-01-01", "end_date": day}
    stock = next(id for id, a in books.accounts.items() if a["AccountSubType"] == "Inventory")
    value = books.total(lambda line: line.account == stock, until)
    assert group(books.company.report("InventoryValuationSummary", {"report_date": day}), "GrandTotal")[2] == value
    sections = books.company.report("InventoryValuationDetail", until)["Rows"]["Row"]
    assert sum((number(row["Summary"]["ColData"][8]["value"]) for row in sections), Decimal(0)) == value
    for kind, sign, name in (("Accounts Receivable", 1, "AgedReceivables"), ("Accounts Payable", -1, "AgedPayables")):
        *parts, total = group(books.company.report(name, {"report_date": day}), "GrandTotal")
        assert sum(parts) == total == sign * books.total(books.of_type(kind), until), name
