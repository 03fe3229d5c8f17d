"""A company after random operations, its ledger's lines to be added up again, and how reports are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline_tests.emulator.company.opening import Body
from qbo_pipeline_tests.emulator.company.random_books import RandomBooks

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

    def of_account(self, id: str) -> list[Line]:
        return [line for line in self.lines if line.account == id]

    def of_class(self, *classes: str) -> Callable[[Line], bool]:
        return lambda line: self.accounts[line.account]["Classification"] in classes

    def of_type(self, *types: str) -> Callable[[Line], bool]:
        return lambda line: self.accounts[line.account]["AccountType"] in types


def earned(books: Books) -> Callable[[Line], bool]:
    return books.of_class("Revenue", "Expense")


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


def trial_balance(report: Body) -> dict[str, Decimal]:
    """The balance of each account by Id, debit positive."""
    return {
        row["ColData"][0]["id"]: number(row["ColData"][1]["value"]) - number(row["ColData"][2]["value"])
        for row in report["Rows"]["Row"]
        if "ColData" in row
    }


def summed(company: Company, seed: int, count: int) -> Books:
    """The company after so many random operations of a seed."""
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
    return Books(company, lines, accounts)
