"""Named snapshots and rewind: books, numbers, request ids and time go back; who is connected stays connected."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.in_process import running
from qbo_pipeline_tests.emulator.company.opening import account, journal, open_company
from qbo_pipeline_tests.emulator.company.random_books import RandomBooks

LEDGER = {"date_macro": "All"}


def _everything(company: Company) -> tuple[object, ...]:
    lists = [
        company.query(f"select * from {name} maxresults 1000") for name in ("Account", "Customer", "Item", "Invoice")
    ]
    report = company.report("GeneralLedger", LEDGER)
    return (*lists, report["Rows"], company.accounts(), company.change_counter)


@pytest.mark.parametrize("in_a_file", [False, True])
def test_books_are_what_they_were(tmp_path: Path, in_a_file: bool) -> None:
    company = open_company("eu", tmp_path / "books.sqlite" if in_a_file else None)
    books = RandomBooks(company, 3)
    books.run(60)
    before = _everything(company)
    company.snapshot("before")
    books.run(120)
    after = _everything(company)
    company.snapshot("after")
    assert before != after
    company.rewind("before")
    assert _everything(company) == before
    cash, funds = account(company, "Checking"), account(company, "Savings")
    made = company.create("JournalEntry", journal(cash, funds, 5))
    company.rewind("after")
    assert _everything(company) == after
    company.rewind("before")
    assert company.create("JournalEntry", journal(cash, funds, 5))["Id"] == made["Id"]
    assert company.snapshots.names() == ["after", "before"]
    company.close()


def test_snapshots_of_a_file_outlive_the_emulator(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite"
    first = open_company("us", path)
    before = _everything(first)
    first.snapshot("clean")
    first.create("Customer", {"DisplayName": "Later"})
    first.close()
    again = open_company("us", path)
    again.rewind("clean")
    assert _everything(again) == before
    again.close()
    assert _everything(open_company("us", path)) == before


def test_what_cannot_be_done_is_told() -> None:
    company = open_company("empty")
    with pytest.raises(ValueError, match="letters, digits"):
        company.snapshot("../escape")
    with pytest.raises(ValueError, match="no snapshot 'never'; there are none"):
        company.rewind("never")
    with pytest.raises(ValueError, match="no snapshot"):
        company.snapshots.forget("never")
    with company.batch(), pytest.raises(ValueError, match="inside a batch"):
        company.snapshot("now")


def test_time_request_ids_and_connections() -> None:
    with running(company="empty") as qbo, httpx.Client(headers=qbo.headers()) as client:

        def control(name: str, body: dict[str, object]) -> httpx.Response:
            return client.post(f"{qbo.base_url}/emulator/{name}", json=body)

        assert control("snapshots", {"name": "morning"}).json() == {"snapshots": ["morning"]}
        create = qbo.url("customer?requestid=r1")
        first = client.post(create, json={"DisplayName": "A"}).json()["Customer"]
        day = client.get(f"{qbo.base_url}/emulator/clock").json()["now"][:10]
        qbo.advance(days=30)
        assert (
            client.get(qbo.url(f"customer/{first['Id']}"), headers=qbo.headers()).status_code == 401
        )  # an hour is over
        qbo.expire_tokens()
        signed = qbo.headers()
        assert control("rewind", {"name": "morning"}).json()["now"][:10] == day
        assert client.get(qbo.url("customer/1"), headers=signed).json()["Fault"]["Error"][0]["code"] == "610"
        again = client.post(create, json={"DisplayName": "B"}, headers=signed).json()["Customer"]
        assert (again["Id"], again["DisplayName"]) == (first["Id"], "B")
        assert control("snapshots", {"name": "morning", "forget": True}).json() == {"snapshots": []}
        assert "there are none" in control("rewind", {"name": "morning"}).json()["error"]
        assert control("rewind", {"nome": "x"}).status_code == 400
