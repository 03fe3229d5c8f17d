"""QBO's query language: grammar, quoting, paging, and the faults 4000 and 4001."""

from __future__ import annotations

from pathlib import Path

import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.faults import QboFault
from qbo_pipeline_tests.emulator.company.opening import (
    Clock,
    account,
    id_of,
    journal,
    open_company,
    ref,
    sale_line,
    token,
)


@pytest.fixture(scope="module")
def company() -> Company:
    clock = Clock()
    made = open_company("us", clock=clock)
    customer, item = id_of(made, "Customer", "Cool Cars"), id_of(made, "Item", "Design")
    for n in range(1, 6):
        clock.forward(minutes=1)
        line = sale_line(item, n, 10)
        made.create(
            "Invoice", {"CustomerRef": ref(customer), "DocNumber": f"Q-{n}", "TxnDate": f"2026-03-0{n}", "Line": [line]}
        )
    made.create("Customer", {"DisplayName": "O'Hara \\ Sons", "CompanyName": "100%_pure"})
    gone = made.create("Customer", {"DisplayName": "Gone"})
    made.update("Customer", token(gone) | {"sparse": True, "Active": False})
    return made


def numbers(company: Company, where: str) -> list[str]:
    found = company.query(f"select * from Invoice where DocNumber like 'Q-%' {where}")
    return [invoice["DocNumber"] for invoice in found.get("Invoice", [])]


FILTERS = [
    ("", ["Q-1", "Q-2", "Q-3", "Q-4", "Q-5"]),
    ("and DocNumber = 'q-3'", ["Q-3"]),
    ("and DocNumber IN ('Q-1', 'Q-5')", ["Q-1", "Q-5"]),
    ("and DocNumber != 'Q-1'", ["Q-2", "Q-3", "Q-4", "Q-5"]),
    ("and TxnDate >= '2026-03-04'", ["Q-4", "Q-5"]),
    ("and TxnDate > '2026-03-01' and TxnDate < '2026-03-03'", ["Q-2"]),
    ("and TotalAmt > '30.00'", ["Q-4", "Q-5"]),
    ("and TotalAmt <= 20", ["Q-1", "Q-2"]),
    ("and Balance = '50'", ["Q-5"]),
    ("and MetaData.CreateTime > '2026-03-15T11:03:00-07:00'", ["Q-4", "Q-5"]),
    ("and MetaData.LastUpdatedTime <= '2026-03-15T18:02:00Z'", ["Q-1", "Q-2"]),
    ("orderby DocNumber desc", ["Q-5", "Q-4", "Q-3", "Q-2", "Q-1"]),
    ("ORDER BY TotalAmt DESC, DocNumber ASC MAXRESULTS 2", ["Q-5", "Q-4"]),
    ("startposition 2 maxresults 2", ["Q-2", "Q-3"]),
    ("startposition 9", []),
]


@pytest.mark.parametrize(("where", "expected"), FILTERS)
def test_filter(company: Company, where: str, expected: list[str]) -> None:
    assert numbers(company, where) == expected


ANSWERS = [
    ("select count(*) from Invoice where DocNumber like 'Q-%'", {"totalCount": 5}),
    ("SELECT COUNT(*) FROM Customer WHERE Active IN (true, false) AND DisplayName LIKE 'Gone%'", {"totalCount": 1}),
    ("select count(*) from Customer where DisplayName like 'Gone%'", {"totalCount": 0}),
    ("select * from invoice where Id = '999999'", {}),
    ("select * from Invoice maxresults 0", {}),
]


@pytest.mark.parametrize(("text", "expected"), ANSWERS)
def test_answer(company: Company, text: str, expected: dict[str, int]) -> None:
    assert company.query(text) == expected


@pytest.mark.parametrize(
    "where",
    [
        r"DisplayName = 'O\'Hara \\ Sons'",
        r"DisplayName = 'o\'hara \\ sons'",
        '''DisplayName = "O'Hara \\\\ Sons"''',
        "CompanyName = '100%_pure'",
        "CompanyName like '%\\_pure'",
        "CompanyName like '100%'",
        "displayname like 'O%Sons'",
    ],
)
def test_quoting(company: Company, where: str) -> None:
    found = company.query(f"select * from Customer where {where}")
    assert [c["DisplayName"] for c in found["Customer"]] == ["O'Hara \\ Sons"]


REFUSED = [
    ("select * form Invoice", "4000", 'Encountered " <WORD> "form "" at line 1, column 10.'),
    ("delete from Invoice", "4000", 'Encountered " <WORD> "delete "" at line 1, column 1.'),
    ("select * from Invoice where DocNumber", "4000", 'Encountered "<EOF>"'),
    ("select * from Invoice where DocNumber = 'x' or DocNumber = 'y'", "4000", '" <WORD> "or ""'),
    ("select * from Invoice where DocNumber = 'open", "4000", "Lexical error at line 1, column 41"),
    ("select * from Invoice where DocNumber = 'x'; drop table txns", "4000", "Lexical error"),
    ("select * from Invoice maxresults many", "4000", "<INTEGER>"),
    ("", "4000", "<EOF>"),
    ("select * from Spaceship", "4001", "Entity Spaceship is not known."),
    ("select * from Invoice where PrivateNote = 'x'", "4001", "property 'PrivateNote' is not queryable"),
    ("select * from Invoice where DepartmentRef = '1'", "4001", "property 'DepartmentRef' is not queryable"),
    ("select * from Invoice where Line.Amount = '1'", "4001", "Property Line.Amount not found for Entity Invoice"),
    ("select * from Invoice where AccountRef = '1'", "4001", "Property AccountRef not found for Entity Invoice"),
    ("select * from Invoice where Id > '1'", "4001", "operator > is not supported for property 'Id'"),
    ("select * from Invoice where TotalAmt = 'much'", "4001", "value 'much' is not valid for property 'TotalAmt'"),
    ("select * from Invoice orderby Colour", "4001", "Property Colour not found for Entity Invoice"),
]


@pytest.mark.parametrize(("text", "code", "detail"), REFUSED)
def test_refused(company: Company, text: str, code: str, detail: str) -> None:
    with pytest.raises(QboFault) as caught:
        company.query(text)
    assert caught.value.errors[0].code == code
    assert detail in caught.value.errors[0].detail


def test_page_is_never_longer_than_a_thousand() -> None:
    company = open_company("us", account_limit=5000)
    body = journal(account(company, "Checking"), account(company, "Savings"), 1)
    with company.batch():
        for _ in range(1100):
            company.create("JournalEntry", body)
    assert len(company.query("select * from JournalEntry")["JournalEntry"]) == 100
    assert len(company.query("select * from JournalEntry maxresults 5000")["JournalEntry"]) == 1000
    assert company.query("select * from JournalEntry startposition 1001 maxresults 1000")["maxResults"] == 101
    refusing = open_company("us", results_over_limit="refuse")
    with pytest.raises(QboFault):
        refusing.query("select * from Customer maxresults 1001")


def test_injection_reaches_no_table(company: Company) -> None:
    before = company.journal()
    for text in ("'; drop table lines; --", "' or '1'='1", "\\' or 1=1 --", "%' union select * from meta --"):
        escaped = text.replace("\\", "\\\\").replace("'", "\\'")
        assert company.query(f"select * from Customer where DisplayName = '{escaped}'") == {}
    assert company.journal() == before


def test_computed_balances_can_be_asked_for(company: Company) -> None:
    found = company.query("select * from Customer where Balance > '100.00' orderby Balance desc")["Customer"]
    assert found[0]["DisplayName"] == "Geeta's Garden Design"
    assert [c["Balance"] for c in found] == sorted((c["Balance"] for c in found), reverse=True)
    tracked = company.query("select * from Item where Type = 'Inventory' and QtyOnHand > '0'")["Item"]
    assert {i["Name"] for i in tracked} == {"Rock Fountain", "Fountain Pump", "Sprinkler Heads", "Sprinkler Pipes"}


def test_us_companies_have_tax_codes_named_by_words() -> None:
    for seed in ("us", "empty"):
        us = open_company(seed)
        codes = us.query("select * from TaxCode")["TaxCode"]
        assert {code["Id"]: code["Taxable"] for code in codes if not code["Id"].isdigit()} == {
            "TAX": True,
            "NON": False,
        }
        assert us.query("select * from TaxCode where Id = 'NON'")["TaxCode"] == [us.read("TaxCode", "NON")]
        assert us.query("select count(*) from TaxCode") == {"totalCount": len(codes)}
    assert all(code["Id"].isdigit() for code in open_company("uk").query("select * from TaxCode")["TaxCode"])


def test_an_older_file_gets_the_tax_codes_of_today(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite"
    us = open_company("us", path)
    us.store.execute("DELETE FROM entries WHERE entity = 'TaxCode' AND id IN ('TAX', 'NON')")
    us.store.execute("ALTER TABLE lines DROP COLUMN customer")
    before = us.report("GeneralLedger", {"date_macro": "All"})["Rows"]
    us.close()
    again = open_company("us", path)
    assert again.read("TaxCode", "TAX")["Name"] == "TAX"
    assert again.report("GeneralLedger", {"date_macro": "All"})["Rows"] == before
    again.close()
