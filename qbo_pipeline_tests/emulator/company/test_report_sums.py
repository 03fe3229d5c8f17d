"""After random operations in three currencies, every report is the sum of ledger lines, added up here again."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline_tests.emulator.company.opening import Body, open_company
from qbo_pipeline_tests.emulator.company.random_books import RandomBooks

# Seed of the random operations, and how many are accepted.
SIZES = (
    pytest.param((7, 350), id="7"),
    pytest.param((20261128, 350), id="20261128"),
    pytest.param((None, 10_000), id="ten thousand", marks=pytest.mark.torture),
)
YEAR = {"start_date": "2025-01-01", "end_date": "2025-12-31"}
EVER = {"start_date": "2023-01-01", "end_date": "2026-03-31"}
BY_TIME = ("Days", "Weeks", "Month", "Quarter", "Year")
BY_NAME = {
    "Customers": "customer",
    "Vendors": "vendor",
    "Classes": "class",
    "Departments": "department",
    "ProductsAndServices": "item",
}
SALES = ("Invoice", "SalesReceipt", "CreditMemo", "RefundReceipt")


@dataclass(frozen=True)
class Line:
    txn: int
    entity: str
    day: str
    account: str
    home: Decimal
    customer: str
    vendor: str
    item: str
    cls: str
    department: str
    is_cost: bool

    def of(self, parameter: str) -> str:
        return str(getattr(self, "cls" if parameter == "class" else parameter))


@dataclass
class Books:
    """A company, the lines of its ledger, and its accounts."""

    company: Company
    lines: list[Line]
    accounts: dict[str, Body]

    def total(self, test: Callable[[Line], bool], params: dict[str, str] = YEAR) -> Decimal:
        within = (line for line in self.lines if params["start_date"] <= line.day <= params["end_date"])
        return sum((line.home for line in within if test(line)), Decimal(0))

    def of_class(self, *classes: str) -> Callable[[Line], bool]:
        return lambda line: self.accounts[line.account]["Classification"] in classes

    def of_type(self, *types: str) -> Callable[[Line], bool]:
        return lambda line: self.accounts[line.account]["AccountType"] in types


def earned(books: Books) -> Callable[[Line], bool]:
    return books.of_class("Revenue", "Expense")


@pytest.fixture(scope="module", params=SIZES)
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    seed, count = request.param
    seed = random.SystemRandom().randrange(10**9) if seed is None else seed
    print(f"seed {seed}")
    company = open_company("eu", report_cell_limit=10**9)
    RandomBooks(company, seed).run(count)
    company.report(
        "ProfitAndLoss", EVER | {"accounting_method": "Cash"}
    )  # makes the accounts of what is paid in advance
    accounts = {a["Id"]: a for a in company.query("select * from Account maxresults 1000")["Account"]}
    sql = """SELECT l.txn, t.entity, l.date, l.account, l.home, l.party_kind, l.party, l.customer, l.item, l.class,
                    l.department, EXISTS (SELECT 1 FROM moves m WHERE m.txn = l.txn AND l.n IN (m.counter, m.n))
             FROM lines l JOIN txns t ON t.id = l.txn ORDER BY l.txn, l.n"""
    lines = []
    for txn, entity, day, account, home, kind, party, customer, item, cls, department, cost in company.store.rows(sql):
        names = {kind: str(party)} if kind else {}
        lines.append(
            Line(
                *(txn, entity, day, str(account), Decimal(home) / 100),
                *(str(customer or names.get("Customer", "")), names.get("Vendor", "")),
                *(str(item or ""), str(cls or ""), str(department or ""), bool(cost)),
            )
        )
    yield Books(company, lines, accounts)
    company.close()


def number(text: str) -> Decimal:
    return Decimal(text) if text else Decimal(0)


def group(report: Body, name: str) -> list[Decimal]:
    """The amounts of the row of a group, at whatever depth."""

    def search(rows: list[Body]) -> Body | None:
        for row in rows:
            if row.get("group") == name:
                return row
            found = search(row.get("Rows", {}).get("Row", []))
            if found:
                return found
        return None

    row = search(report["Rows"].get("Row", []))
    assert row is not None, f"{report['Header']['ReportName']} has no group {name}"
    data = row["Summary"]["ColData"] if "Summary" in row else row["ColData"]
    return [number(cell["value"]) for cell in data[1:]]


def keys(report: Body) -> list[str]:
    return [next(m["Value"] for m in c["MetaData"] if m["Name"] == "ColKey") for c in report["Columns"]["Column"]][1:]


def leaves(rows: list[Body]) -> Iterator[list[Body]]:
    for row in rows:
        if "ColData" in row:
            yield row["ColData"]
        yield from leaves(row.get("Rows", {}).get("Row", []))


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
def test_what_is_owed_on_cash_basis(books: Books, day: str) -> None:
    cash = {"accounting_method": "Cash"}
    trial = _trial(books.company.report("TrialBalance", {"start_date": day, "end_date": day} | cash))
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

    for word in ("Total", "Month"):
        report = books.company.report("CashFlow", YEAR | {"summarize_column_by": word})
        begins = books.total(is_cash, {"start_date": "2000-01-01", "end_date": "2024-12-31"})
        increase = books.total(is_cash)
        assert group(report, "CashIncrease")[-1] == increase
        assert group(report, "BeginningCash")[-1] == group(report, "BeginningCash")[0] == begins
        assert group(report, "EndingCash")[-1] == begins + increase
        if word == "Month":
            assert group(report, "EndingCash")[:-2] == group(report, "BeginningCash")[1:-1]


def test_tax_is_what_the_agency_is_owed(books: Books) -> None:
    documents = (*SALES, "Bill", "VendorCredit", "Purchase")
    agency = books.company.query("select * from TaxAgency")["TaxAgency"][0]["TaxTrackedOnSalesAccountRef"]["value"]
    owed = -books.total(lambda line: line.account == agency and line.entity in documents)
    assert group(books.company.report("TaxSummary", YEAR), "GrandTotal") == [0, owed]


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
    found = _trial(report)
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


def _trial(report: Body) -> dict[str, Decimal]:
    return {
        row["ColData"][0]["id"]: number(row["ColData"][1]["value"]) - number(row["ColData"][2]["value"])
        for row in report["Rows"]["Row"]
        if "ColData" in row
    }


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
