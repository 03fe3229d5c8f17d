"""Reports of companies in France: journals, lettering, the FEC file; their sums are the ledger's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline_tests.emulator.company.opening import (
    Body,
    account,
    bill_line,
    id_of,
    journal,
    open_company,
    ref,
    refused,
    sale_line,
)

YEAR = {"start_date": "2026-01-01", "end_date": "2026-12-31"}
NAMES = ("FECReport", "GeneralLedgerFR", "JournalReportFR", "TrialBalanceFR")


@pytest.fixture(scope="module")
def books() -> Iterator[Company]:
    """An invoice that is paid, one in dollars that is not, a bill, and a journal in a journal of its own."""
    company = open_company("eu")
    delivery = id_of(company, "Item", "Delivery")
    vat = ref(id_of(company, "TaxCode", "20.0% Standard"))
    customer, vendor = ref(id_of(company, "Customer", "Atelier Nord")), ref(id_of(company, "Vendor", "Bois du Sud"))
    line = sale_line(delivery, 1, 100, TaxCodeRef=vat)
    dates = {"TxnDate": "2026-02-01", "DueDate": "2026-03-01"}
    sold = company.create("Invoice", {"CustomerRef": customer, "DocNumber": "F1", "Line": [line]} | dates)
    link = {"Amount": 120, "LinkedTxn": [{"TxnId": sold["Id"], "TxnType": "Invoice"}]}
    company.create("Payment", {"CustomerRef": customer, "TotalAmt": 120, "TxnDate": "2026-02-20", "Line": [link]})
    boston = ref(id_of(company, "Customer", "Boston Outfitters"))
    foreign = {"CustomerRef": boston, "ExchangeRate": "0.9", "TxnDate": "2026-03-01"}
    company.create("Invoice", foreign | {"DocNumber": "F2", "Line": [sale_line(delivery, 1, 100)]})
    cost = bill_line(id_of(company, "Item", "Fixing Kit"), 2, 10, TaxCodeRef=vat)
    company.create("Bill", {"VendorRef": vendor, "DocNumber": "B1", "TxnDate": "2026-02-03", "Line": [cost]})
    code = company.create("JournalCode", {"Name": "PA", "Type": "Wages", "Description": "Paie"})
    paid = journal(account(company, "Wages and Salaries"), account(company, "Checking"), 70, TxnDate="2026-02-28")
    paid["Line"][0]["JournalEntryLineDetail"]["JournalCodeRef"] = ref(code["Id"])
    company.create("JournalEntry", paid)
    entity = {"AttachableRef": [{"EntityRef": {"type": "Invoice", "value": sold["Id"]}}]}
    company.upload(entity, "F1.pdf", "application/pdf", b"%PDF")
    yield company
    company.close()


def rows(company: Company, name: str, **params: str) -> list[dict[str, str]]:
    """The data rows of a report, each by ColKey."""
    report = company.report(name, YEAR | params)
    columns = report["Columns"]["Column"]
    keys = [c["MetaData"][0]["Value"] if "MetaData" in c else c["ColType"] for c in columns]

    def data(found: list[Body]) -> Iterator[Body]:
        for row in found:
            if "ColData" in row:
                yield dict(zip(keys, (cell["value"] for cell in row["ColData"]), strict=True))
            yield from data(row.get("Rows", {}).get("Row", []))

    return list(data(report["Rows"]["Row"]))


def test_every_line_of_the_ledger_is_an_entry(books: Company) -> None:
    entries = rows(books, "FECReport")
    assert list(entries[0])[:18] == [
        *("journal_code_name", "journal_code_description", "txn_num", "create_date", "acct_num_with_extn"),
        *("account_name", "aux_account", "aux_account_name", "doc_num", "tx_date", "memo", "debt_amt", "credit_amt"),
        *("lettrage", "paid_date", "region_tx_validation_date", "multicurrency_amount", "multicurrency_symbol"),
    ]
    debits, credits = (sum(Decimal(e[key]) for e in entries) for key in ("debt_amt", "credit_amt"))
    whole = books.report("JournalReport", YEAR)["Rows"]["Row"][-1]["Summary"]["ColData"]
    assert [str(debits), str(credits)] == [cell["value"] for cell in whole[-2:]]
    assert {e["journal_code_name"] for e in entries} == {"VT", "BQ", "HA", "PA"}
    (owed, *_) = (e for e in entries if e["doc_num"] == "F1")
    assert (owed["tx_date"], owed["lettrage"], owed["paid_date"]) == ("20260201", "AA", "20260220")
    assert {e["lettrage"] for e in entries if e["doc_num"] in ("F2", "B1")} == {""}
    (foreign, *_) = (e for e in entries if e["doc_num"] == "F2")
    assert (foreign["debt_amt"], foreign["multicurrency_amount"], foreign["multicurrency_symbol"]) == (
        *("90.00", "100.00", "USD"),
    )
    wages = next(e for e in entries if e["journal_code_name"] == "PA")
    assert (wages["journal_code_description"], wages["$TECHNICAL$journal_code_type"]) == ("Paie", "Wages")


def test_the_file_with_links_due_dates_and_ids(books: Company) -> None:
    asked = {"attachmentType": "TEMPORARY_LINKS", "add_due_date": "true", "withQboIdentifier": "true"}
    (owed, *_) = (e for e in rows(books, "FECReport", **asked) if e["doc_num"] == "F1")
    (file,) = json.loads(owed["attachments"])
    assert (file["filename"], bool(file["tempURI"]), owed["due_date"]) == ("F1.pdf", True, "20260301")
    assert (owed["txn_id"], owed["sequence"]) == (owed["txn_num"], "1")
    assert refused(lambda: books.report("FECReport", {"attachmentType": "ALL"})) == [("2170", "attachmentType")]
    assert refused(lambda: books.report("FECReport", {"add_due_date": "1"})) == [("2230", "add_due_date")]


def test_journals_and_ledger_add_up(books: Company) -> None:
    sales = rows(books, "JournalReportFR", journal_code="vt", columns="doc_num,account_name,debt_amt,credit_amt")
    assert {row["doc_num"] for row in sales} == {"F1", "F2"}
    sections = books.report("JournalReportFR", YEAR)["Rows"]["Row"]
    assert [row["Header"]["ColData"][0]["value"] for row in sections] == ["BQ", "HA", "PA", "VT"]
    for section in sections:
        debit, credit = (cell["value"] for cell in section["Summary"]["ColData"][-2:])
        assert debit == credit != ".00"
    trial = books.report("TrialBalanceFR", YEAR)
    assert (trial["Header"]["ReportName"], trial["Rows"]) == (
        *("TrialBalanceFR", books.report("TrialBalance", YEAR)["Rows"]),
    )
    ledger = books.report("GeneralLedgerFR", YEAR)
    balances = {
        row["Header"]["ColData"][0]["id"]: Decimal(row["Summary"]["ColData"][-1]["value"])
        for row in ledger["Rows"]["Row"]
    }
    for row in trial["Rows"]["Row"][:-1]:
        name, debit, credit = row["ColData"]
        assert balances[name["id"]] == Decimal(debit["value"] or 0) - Decimal(credit["value"] or 0)
    later = books.report("GeneralLedgerFR", {"start_date": "2026-03-01", "end_date": "2026-03-31"})["Rows"]["Row"]
    checking = next(row for row in later if row["Header"]["ColData"][0]["value"] == "Checking")
    assert checking["Rows"]["Row"][0]["ColData"][0]["value"] == "Beginning Balance"
    assert checking["Summary"]["ColData"][-1]["value"] == "-70.00"
    assert refused(lambda: books.report("JournalReportFR", {"columns": "colour"})) == [("2170", "columns")]
    assert refused(lambda: books.report("GeneralLedgerFR", {"sort_by": "colour"})) == [("2170", "sort_by")]


@pytest.mark.parametrize("name", NAMES)
def test_elsewhere_they_are_refused(name: str) -> None:
    assert refused(lambda: open_company("uk").report(name, {})) == [("5020", "")]
