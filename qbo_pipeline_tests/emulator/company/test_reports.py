"""Reports in QBO's shape: columns by key, signs, beginning balances, filters, the cell limit; and change capture."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.reports.catalogue import REPORTS, Report
from qbo_pipeline_tests.emulator.company.opening import (
    START,
    Body,
    Clock,
    account,
    balance,
    id_of,
    journal,
    open_company,
    ref,
    refused,
    sale_line,
    token,
)

YEAR = {"start_date": "2026-01-01", "end_date": "2026-12-31"}


@pytest.fixture
def us() -> Company:
    return open_company("us")


def keys(report: Body) -> list[str]:
    return [column["MetaData"][0]["Value"] for column in report["Columns"]["Column"]]


def cell(report: Body, row: Body, key: str) -> str:
    return str(row["ColData"][keys(report).index(key)]["value"])


def test_general_ledger_of_one_account(us: Company) -> None:
    checking, savings = account(us, "Checking"), account(us, "Savings")
    opening = balance(us, "Checking")
    made = us.create(
        "JournalEntry", journal(checking, savings, "12.34", TxnDate="2026-03-14", DocNumber="J1", PrivateNote="why")
    )
    report = us.report(
        "GeneralLedger", {"start_date": "2026-03-14", "end_date": "2026-03-14", "account": checking["value"]}
    )
    assert keys(report) == [
        "tx_date",
        "txn_type",
        "doc_num",
        "name",
        "memo",
        "split_acc",
        "subt_nat_amount",
        "rbal_nat_amount",
    ]
    (section,) = report["Rows"]["Row"]
    first, line = section["Rows"]["Row"]
    assert (cell(report, first, "tx_date"), cell(report, first, "rbal_nat_amount")) == (
        "Beginning Balance",
        str(opening),
    )
    assert line["ColData"][1] == {"value": "Journal Entry", "id": made["Id"]}
    assert [cell(report, line, key) for key in ("doc_num", "memo", "split_acc")] == ["J1", "why", "Savings"]
    assert cell(report, line, "subt_nat_amount") == "12.34"
    assert Decimal(cell(report, line, "rbal_nat_amount")) == opening + Decimal("12.34")
    assert section["Header"]["ColData"][0] == {"value": "Checking", "id": checking["value"]}
    assert cell(report, {"ColData": section["Summary"]["ColData"]}, "subt_nat_amount") == "12.34"


def test_general_ledger_columns_that_audit_wants(us: Company) -> None:
    columns = "tx_date,txn_type,create_by,create_date,last_mod_by,last_mod_date,debt_amt,credt_amt,item_name,quantity"
    report = us.report("GeneralLedger", YEAR | {"columns": columns})
    assert ",".join(keys(report)) == columns
    line = report["Rows"]["Row"][0]["Rows"]["Row"][-1]
    assert cell(report, line, "create_by") == "Sandbox User"
    assert cell(report, line, "create_date").startswith("2026-03-15T11:00:00-07:00")
    assert refused(lambda: us.report("GeneralLedger", {"columns": "tx_date,colour"})) == [("2170", "columns")]


def test_income_is_positive_in_the_ledger_and_home_columns_appear_with_currencies() -> None:
    eu = open_company("eu")
    made = {
        "CustomerRef": ref(id_of(eu, "Customer", "Boston Outfitters")),
        "ExchangeRate": "0.9",
        "TxnDate": "2026-02-01",
    }
    eu.create("Invoice", made | {"Line": [sale_line(id_of(eu, "Item", "Assembly"), 1, 100)]})
    report = eu.report("GeneralLedger", YEAR | {"account": account(eu, "Services")["value"]})
    assert keys(report)[-2:] == ["subt_nat_home_amount", "rbal_nat_home_amount"]
    assert cell(report, report["Rows"]["Row"][0]["Rows"]["Row"][0], "subt_nat_home_amount") == "90.00"


def test_trial_balance_rolls_earnings_of_past_years_into_equity(us: Company) -> None:
    cash, income = account(us, "Checking"), account(us, "Services")
    us.create("JournalEntry", journal(cash, income, 70, TxnDate="2025-06-30"))

    def rows(day: str) -> dict[str, list[str]]:
        found = us.report("TrialBalance", {"start_date": day, "end_date": day})["Rows"]["Row"]
        assert found[-1]["Summary"]["ColData"][1] == found[-1]["Summary"]["ColData"][2]
        return {
            row["ColData"][0]["value"]: [c["value"] for c in row["ColData"][1:]] for row in found if "ColData" in row
        }

    assert rows("2025-12-31")["Services"] == ["", "70.00"]
    after = rows("2026-01-01")
    assert (after.get("Services"), after["Retained Earnings"]) == (None, ["", "70.00"])


def test_profit_and_loss_by_month_adds_up(us: Company) -> None:
    report = us.report(
        "ProfitAndLoss", {"start_date": "2026-01-01", "end_date": "2026-03-31", "summarize_column_by": "Month"}
    )
    assert [c["ColTitle"] for c in report["Columns"]["Column"]] == ["", "Jan 2026", "Feb 2026", "Mar 2026", "Total"]
    whole = us.report("ProfitAndLoss", {"start_date": "2026-01-01", "end_date": "2026-03-31"})
    monthly = [Decimal(c["value"]) for c in report["Rows"]["Row"][-1]["Summary"]["ColData"][1:]]
    net = Decimal(whole["Rows"]["Row"][-1]["Summary"]["ColData"][1]["value"])
    assert (sum(monthly[:-1]), monthly[-1]) == (net, net)
    assert [row["group"] for row in whole["Rows"]["Row"]][-2:] == ["NetOperatingIncome", "NetIncome"]


def test_what_has_no_lines_has_no_totals(us: Company) -> None:
    """As recorded: a ledger's account with a beginning balance alone, a profit and loss of a year without business."""
    (checking,) = us.report(
        "GeneralLedger",
        {"start_date": "2027-01-01", "end_date": "2027-01-31", "account": account(us, "Checking")["value"]},
    )["Rows"]["Row"]
    assert [row["ColData"][0]["value"] for row in checking["Rows"]["Row"]] == ["Beginning Balance"]
    assert [cell["value"] for cell in checking["Summary"]["ColData"]] == ["Total for Checking", *[""] * 7]
    nothing = us.report("ProfitAndLoss", {"start_date": "2020-01-01", "end_date": "2020-12-31"})
    assert {"Name": "NoReportData", "Value": "true"} in nothing["Header"]["Option"]
    parts = [(row["group"], row["Summary"]["ColData"][1]["value"]) for row in nothing["Rows"]["Row"]]
    groups = ("Income", "GrossProfit", "Expenses", "NetOperatingIncome", "NetIncome")
    assert parts == [(group, "") for group in groups]


def test_the_header_repeats_what_was_asked_for(us: Company) -> None:
    asked = {"customer": "1,2", "class": "", "summarize_column_by": "FiscalQuarter", "accounting_method": "Cash"}
    header = us.report("ProfitAndLoss", YEAR | asked)["Header"]
    assert list(header)[2:] == [
        *("ReportBasis", "StartPeriod", "EndPeriod", "SummarizeColumnsBy", "Currency", "Customer", "Option"),
    ]
    assert (header["Customer"], header["ReportBasis"], header["SummarizeColumnsBy"]) == ("1,2", "Cash", "FiscalQuarter")
    assert [option["Name"] for option in header["Option"]] == ["AccountingStandard", "NoReportData"]
    assert [option["Name"] for option in us.report("TrialBalance", YEAR)["Header"]["Option"]] == ["NoReportData"]
    heads = us.report("BalanceSheet", YEAR | {"summarize_column_by": "FiscalYear"})["Columns"]["Column"]
    assert [head["ColTitle"] for head in heads] == ["", "Jan - Dec 2026"]
    parts = {"start_date": "2025-07-04", "end_date": "2026-06-21", "summarize_column_by": "Year"}
    heads = us.report("BalanceSheet", parts)["Columns"]["Column"]
    assert [head["ColTitle"] for head in heads] == ["", "Jul 4 - Dec 31, 2025", "Jan 1 - Jun 21, 2026"]


def test_ageing_totals_are_the_control_accounts(us: Company) -> None:
    for name, control, sign in (
        ("AgedReceivables", "Accounts Receivable (A/R)", 1),
        ("AgedPayables", "Accounts Payable (A/P)", -1),
    ):
        total = us.report(name, {})["Rows"]["Row"][-1]["Summary"]["ColData"][-1]["value"]
        assert Decimal(total) == sign * balance(us, control), name
    at = us.report("AgedReceivables", {"report_date": "2026-02-10"})["Rows"]["Row"][-1]["Summary"]["ColData"]
    assert [c["value"] for c in at] == ["TOTAL", "975.00", ".00", ".00", ".00", ".00", "975.00"]


def test_transaction_list_and_journal(us: Company) -> None:
    found = us.report(
        "TransactionList", {"start_date": "2025-12-01", "end_date": "2026-03-31", "transaction_type": "Bill"}
    )
    assert {row["ColData"][1]["value"] for row in found["Rows"]["Row"]} == {"Bill"}
    journal_rows = us.report("JournalReport", {"start_date": "2025-12-01", "end_date": "2026-03-31"})["Rows"]["Row"]
    debit, credit = (c["value"] for c in journal_rows[-1]["Summary"]["ColData"][-2:])
    assert debit == credit


def test_report_is_cut_at_the_cell_limit() -> None:
    us = open_company("us", report_cell_limit=100)
    report = us.report("GeneralLedger", {"start_date": "2025-01-01", "end_date": "2026-12-31"})
    assert report["Rows"]["Row"][-1]["ColData"][0]["value"] == "Unable to display more data"
    assert jsontext.dumps(report).count(b"tx_date") == 1


IN_FRANCE = ("FECReport", "GeneralLedgerFR", "JournalReportFR", "TrialBalanceFR")
MACROS = [
    ("Today", "2026-03-15", "2026-03-15"),
    ("This Week", "2026-03-15", "2026-03-21"),
    ("Last Month", "2026-02-01", "2026-02-28"),
    ("This Fiscal Quarter", "2026-02-01", "2026-04-30"),
    ("This Fiscal Year", "2025-05-01", "2026-04-30"),
    ("Last Fiscal Year", "2024-05-01", "2025-04-30"),
    ("This Calendar Year", "2026-01-01", "2026-12-31"),
    ("Last Week", "2026-03-08", "2026-03-14"),
    ("Next Month", "2026-04-01", "2026-04-30"),
    ("Next 4 Weeks", "2026-03-22", "2026-04-18"),
    ("Last Month-to-date", "2026-02-01", "2026-02-15"),
    ("Last Fiscal Quarter", "2025-11-01", "2026-01-31"),
    ("Last Fiscal Quarter-to-date", "2025-11-01", "2025-12-13"),
    ("Last Fiscal Year-to-date", "2024-05-01", "2025-03-15"),
    ("Next Fiscal Year", "2026-05-01", "2027-04-30"),
]


@pytest.mark.parametrize(("macro", "start", "end"), MACROS)
def test_date_macros_in_a_company_whose_year_begins_in_may(us: Company, macro: str, start: str, end: str) -> None:
    now = us.read("CompanyInfo", "1")
    us.update("CompanyInfo", {"SyncToken": now["SyncToken"], "sparse": True, "FiscalYearStartMonth": "May"})
    header = us.report("ProfitAndLoss", {"date_macro": macro})["Header"]
    assert (header["StartPeriod"], header["EndPeriod"]) == (start, end)


WRONG = [
    ("Spaceship", {}, "500"),
    ("TrialBalance", {"summarize_column_by": "Moons"}, "2170"),
    ("TrialBalance", {"date_macro": "Custom"}, "2170"),
    ("TrialBalance", {"date_macro": "Today", "start_date": "2026-01-01"}, "6000"),
    ("TrialBalance", {"start_date": "01/01/2026"}, "2060"),
    ("TrialBalance", {"start_date": "2026-02-01", "end_date": "2026-01-01"}, "6000"),
    ("ProfitAndLoss", {"accounting_method": "Guess"}, "2170"),
    ("ProfitAndLoss", {"summarize_column_by": "Moons"}, "2170"),
    ("ProfitAndLoss", {"sort_order": "sideways"}, "2170"),
    ("GeneralLedger", {"sort_by": "colour"}, "2170"),
    ("AgedReceivables", {"aging_method": "Guess"}, "2170"),
    ("AgedReceivables", {"num_periods": "many"}, "2080"),
    ("TransactionList", {"group_by": "Colour"}, "2170"),
    ("TransactionList", {"bothamount": "much"}, "2080"),
    ("TransactionList", {"printed": "perhaps"}, "2170"),
    ("TransactionList", {"duedate_macro": "Today", "end_duedate": "2026-01-01"}, "6000"),
    ("TransactionList", {"start_moddate": "2026-02-01", "end_moddate": "2026-01-01"}, "6000"),
    ("VendorBalanceDetail", {"sort_by": "colour"}, "2170"),
    ("AccountList", {"account_status": "Asleep"}, "2170"),
    ("GeneralLedger", {"account": "x"}, "2030"),
    ("AgedReceivables", {"report_date": "soon"}, "2060"),
]


@pytest.mark.parametrize(("name", "params", "code"), WRONG)
def test_refused(us: Company, name: str, params: dict[str, str], code: str) -> None:
    assert refused(lambda: us.report(name, params))[0][0] == code


@pytest.mark.parametrize("found", REPORTS, ids=lambda found: found.name)
def test_what_a_report_does_not_know_is_ignored(found: Report) -> None:
    company = open_company("eu" if found.name in IN_FRANCE else "us")
    plain = company.report(found.name, {})
    assert company.report(found.name, {"format": "json", "colour": "red", "qzurl": "true"}) == plain
    assert plain["Header"]["ReportName"] == found.name


def test_one_account_by_amount_last_first(us: Company) -> None:
    report = us.report(
        "GeneralLedger",
        {"start_date": "2025-01-01", "end_date": "2026-12-31", "sort_by": "subt_nat_amount", "sort_order": "descend"},
    )
    for section in report["Rows"]["Row"]:
        amounts = [
            Decimal(cell(report, row, "subt_nat_amount"))
            for row in section["Rows"]["Row"]
            if cell(report, row, "subt_nat_amount")
        ]
        assert amounts == sorted(amounts, reverse=True)


def test_the_recorded_shape_of_the_general_ledger() -> None:
    us = open_company("us", general_ledger_shape="recorded")
    telephone, cash = account(us, "Telephone"), account(us, "Checking")
    us.create("JournalEntry", journal(telephone, cash, 25, TxnDate="2026-03-14"))
    day = {"start_date": "2026-03-14", "end_date": "2026-03-14"}
    report = us.report("GeneralLedger", day | {"account": telephone["value"]})
    assert [c["ColType"] for c in report["Columns"]["Column"] if "MetaData" not in c][:2] == ["tx_date", "txn_type"]
    (outer,) = report["Rows"]["Row"]
    (inner,) = outer["Rows"]["Row"]
    assert outer["Summary"]["ColData"][0] == {"value": "Total for Utilities with sub-accounts"}
    assert outer["Header"]["ColData"][0] == {"value": "Utilities", "id": telephone["value"]}
    assert inner["Header"]["ColData"][0] == {"value": "Telephone"}
    assert outer["Summary"]["ColData"][6] == inner["Summary"]["ColData"][6] == {"value": "25.00"}


def test_changes_since_an_instant_with_stubs_for_what_is_gone() -> None:
    clock = Clock()
    us = open_company("us", clock=clock)
    clock.forward(hours=1)
    since = clock.now
    cash, savings = account(us, "Checking"), account(us, "Savings")
    kept, gone = (us.create("JournalEntry", journal(cash, savings, n)) for n in (1, 2))
    clock.forward(minutes=1)
    us.delete("JournalEntry", token(gone))
    answer = us.changes(["JournalEntry", "Customer"], since)["CDCResponse"][0]["QueryResponse"]
    assert [next(iter(part)) for part in answer] == ["JournalEntry"]
    live, stub = answer[0]["JournalEntry"]
    assert live["Id"] == kept["Id"]
    assert stub == {
        "domain": "QBO",
        "status": "Deleted",
        "Id": gone["Id"],
        "MetaData": {"LastUpdatedTime": "2026-03-15T12:01:00-07:00"},
    }
    assert us.changes(["Vendor"], clock.now)["CDCResponse"] == [{"QueryResponse": [{}]}]
    assert refused(lambda: us.changes(["TaxCode"], since)) == [("4001", "")]
    years_ago = us.changes(["JournalEntry"], START - timedelta(days=900))["CDCResponse"][0]["QueryResponse"]
    assert [found["Id"] for found in years_ago[0]["JournalEntry"]][-2:] == [kept["Id"], gone["Id"]]
    us.change_settings(replace(us.settings, changes_too_old="refuse"))
    assert refused(lambda: us.changes(["Invoice"], START - timedelta(days=31))) == [("6000", "changedSince")]
    us.change_settings(replace(us.settings, changes_too_old="shorten"))
    clock.forward(days=40)
    assert us.changes(["JournalEntry"], START)["CDCResponse"] == [{"QueryResponse": [{}]}], "only the last 30 days"


def test_a_payment_shows_up_as_a_change_of_its_invoice() -> None:
    clock = Clock()
    us = open_company("us", clock=clock)
    made = us.query("select * from Invoice where Balance > '0'")["Invoice"][0]
    clock.forward(hours=1)
    link = {"Amount": 1, "LinkedTxn": [{"TxnId": made["Id"], "TxnType": "Invoice"}]}
    us.create("Payment", {"CustomerRef": made["CustomerRef"], "TotalAmt": 1, "Line": [link]})
    (part,) = us.changes(["Invoice"], clock.now)["CDCResponse"][0]["QueryResponse"]
    assert [x["Id"] for x in part["Invoice"]] == [made["Id"]]


def test_invoice_as_pdf(us: Company) -> None:
    id = us.query("select * from Invoice maxresults 1")["Invoice"][0]["Id"]
    page = us.pdf("invoice", id)
    assert page.startswith(b"%PDF-1.4")
    assert b"Rock Fountain" in page
    assert page.rstrip().endswith(b"%%EOF")
    assert refused(lambda: us.pdf("Bill", "1")) == [("500", "")]


def test_payments_and_orders_as_pdf(us: Company) -> None:
    paid = us.query("select * from Payment maxresults 1")["Payment"][0]
    assert b"Invoice" in us.pdf("Payment", paid["Id"])
    line = {"DetailType": "AccountBasedExpenseLineDetail", "Amount": 7, "Description": "Boards"}
    detail = {"AccountBasedExpenseLineDetail": {"AccountRef": account(us, "Advertising")}}
    order = us.create("PurchaseOrder", {"VendorRef": ref("1"), "Line": [line | detail]})
    page = us.pdf("PurchaseOrder", order["Id"])
    assert b"Boards" in page
    assert order["VendorRef"]["name"].encode() in page


def test_accounts_listed_by_type_and_balance(us: Company) -> None:
    found = us.report("AccountList", {"account_type": "Bank,CreditCard", "sort_by": "account_bal"})["Rows"]["Row"]
    kinds = {row["ColData"][1]["value"] for row in found}
    balances = [Decimal(row["ColData"][4]["value"]) for row in found]
    assert kinds == {"Bank", "Credit Card"}
    assert balances == sorted(balances)
    assert refused(lambda: us.report("AccountList", {"columns": "account_name,colour"})) == [("2170", "columns")]


def test_cash_basis_counts_income_when_it_is_paid(us: Company) -> None:
    customer, item = ref(id_of(us, "Customer", "Cool Cars")), id_of(us, "Item", "Design")
    sold = us.create(
        "Invoice", {"CustomerRef": customer, "TxnDate": "2027-02-10", "Line": [sale_line(item, 2, 100)]}
    )  # fmt: skip
    link = {"Amount": 50, "LinkedTxn": [{"TxnId": sold["Id"], "TxnType": "Invoice"}]}
    us.create("Payment", {"CustomerRef": customer, "TxnDate": "2027-03-05", "TotalAmt": 80, "Line": [link]})

    def income(basis: str) -> dict[str, list[str]]:
        params = {"start_date": "2027-02-01", "end_date": "2027-03-31", "summarize_column_by": "Month"}
        report = us.report("ProfitAndLoss", params | {"accounting_method": basis})
        assert report["Header"]["ReportBasis"] == basis
        rows = report["Rows"]["Row"][0]["Rows"]["Row"]
        return {row["ColData"][0]["value"]: [c["value"] for c in row["ColData"][1:]] for row in rows}

    assert income("Accrual") == {"Services": ["200.00", "", "200.00"]}
    assert income("Cash") == {
        "Services": ["", "50.00", "50.00"],
        "Unapplied Cash Payment Income": ["", "30.00", "30.00"],
    }
    line = us.report(
        "GeneralLedger",
        {"start_date": "2027-01-01", "end_date": "2027-12-31", "accounting_method": "Cash"}
        | {"account": account(us, "Services")["value"]},
    )["Rows"]["Row"][0]["Rows"]["Row"][0]["ColData"]
    assert (line[0]["value"], line[1], line[6]["value"]) == (
        "2027-03-05",
        {"value": "Invoice", "id": sold["Id"]},
        "50.00",
    )


def _sorted_and_chosen(us: Company, name: str, **params: str) -> list[list[str]]:
    rows = us.report(name, {**YEAR, **params})["Rows"]["Row"]
    return [[cell["value"] for cell in row["ColData"]] for row in rows if "ColData" in row]


def test_the_journal_by_column_and_in_order(us: Company) -> None:
    plain = us.report("JournalReport", YEAR)
    assert keys(plain)[:2] == ["tx_date", "txn_type"]
    chosen = us.report("JournalReport", {**YEAR, "columns": "account_name,debt_amt"})
    assert keys(chosen) == ["account_name", "debt_amt"]
    assert [row["ColData"] for row in chosen["Rows"]["Row"] if "ColData" in row] == [
        [row["ColData"][5], row["ColData"][6]] for row in plain["Rows"]["Row"] if "ColData" in row
    ]
    assert chosen["Rows"]["Row"][-1]["Summary"]["ColData"][0]["value"] == "TOTAL"
    types = [row[1] for row in _sorted_and_chosen(us, "JournalReport", sort_by="txn_type") if row[1]]
    assert types == sorted(types)
    falling = _sorted_and_chosen(us, "JournalReport", sort_by="txn_type", sort_order="descend")
    assert [row[1] for row in falling if row[1]] == sorted(types, reverse=True)
    days = [row[0] for row in _sorted_and_chosen(us, "JournalReport", sort_order="descend") if row[0]]
    assert days == sorted(days, reverse=True)
    for name in ("columns", "sort_by"):
        assert refused(lambda name=name: us.report("JournalReport", {name: "nonsense"})) == [("2170", name)]  # type: ignore[misc]


def test_tables_in_order_of_their_amounts(us: Company) -> None:
    def number(text: str) -> Decimal:
        return Decimal(text or 0)

    for order, is_descending in (("ascend", False), ("descend", True)):
        rows = _sorted_and_chosen(us, "TrialBalance", sort_order=order)
        balances = [number(debit) - number(credit) for _, debit, credit in rows]
        assert balances == sorted(balances, reverse=is_descending)
        values = [number(row[3]) for row in _sorted_and_chosen(us, "InventoryValuationSummary", sort_order=order)]
        assert values == sorted(values, reverse=is_descending)
        assert len(values) > 2
    uk = open_company("uk")
    for code, amount in (("20.0% S", 100), ("5.0% R", 100)):
        line = sale_line(id_of(uk, "Item", "Delivery"), 1, amount, TaxCodeRef=ref(id_of(uk, "TaxCode", code)))
        uk.create("Invoice", {"CustomerRef": ref("1"), "Line": [line]})
    summary = uk.report("TaxSummary", YEAR | {"sort_order": "ascend"})["Rows"]["Row"][0]["Rows"]["Row"]
    assert [row["ColData"][2]["value"] for row in summary] == ["5.00", "20.00"]


def test_columns_of_the_valuation_in_detail(us: Company) -> None:
    plain = us.report("InventoryValuationDetail", YEAR)["Rows"]["Row"][0]
    chosen = us.report("InventoryValuationDetail", YEAR | {"columns": "tx_date,asset_value"})
    assert keys(chosen) == ["tx_date", "asset_value"]
    section = chosen["Rows"]["Row"][0]
    assert section["Header"]["ColData"][0] == plain["Header"]["ColData"][0]
    assert section["Summary"]["ColData"] == [plain["Summary"]["ColData"][n] for n in (0, 8)]


def test_accounts_of_a_type_in_the_general_ledger_and_the_statement_in_detail(us: Company) -> None:
    kinds = {
        entry["Id"]: entry["AccountType"] for entry in us.query("select * from Account maxresults 1000")["Account"]
    }

    def shown(name: str, kind: str) -> set[str]:
        rows = us.report(name, YEAR | {"account_type": kind})["Rows"].get("Row", [])
        return {kinds[id] for id in _ids(rows)}

    assert shown("GeneralLedger", "AccountsReceivable") == {"Accounts Receivable"}
    assert shown("GeneralLedger", "Income,Cost of Goods Sold") == {"Income", "Cost of Goods Sold"}
    assert shown("ProfitAndLossDetail", "Income") == {"Income"}
    both = {"account_type": "Bank", "account": account(us, "Accounts Receivable (A/R)")["value"]}
    assert us.report("GeneralLedger", YEAR | both)["Rows"] == {}, "an account that is not of the type"


def _ids(rows: list[Body]) -> set[str]:
    found = {row["Header"]["ColData"][0]["id"] for row in rows if "id" in row.get("Header", {}).get("ColData", [{}])[0]}
    return found.union(*(_ids(row.get("Rows", {}).get("Row", [])) for row in rows))
