"""Scenarios play by themselves, the same with the same seed, and leave books that add up; a merger moves everything."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbo_pipeline.emulator.company.company import Change, Company
from qbo_pipeline.emulator.in_process import running
from qbo_pipeline.emulator.scenarios.playing import SCENARIOS, play
from qbo_pipeline_tests.emulator.company.opening import (
    account,
    expense_line,
    id_of,
    journal_line,
    open_company,
    ref,
    refused,
    sale_line,
)


def _balances(company: Company) -> list[tuple[str, Decimal]]:
    report = company.report("TrialBalance", {"date_macro": "All"})
    debit, credit = (cell["value"] for cell in report["Rows"]["Row"][-1]["Summary"]["ColData"][1:])
    assert debit == credit
    assert company.store.value("SELECT SUM(home) FROM lines") == 0
    return [(row["name"], row["balance"]) for row in company.accounts()]


@pytest.mark.parametrize("seed", ["us", "uk", "eu"])
@pytest.mark.parametrize("name", [name for name in SCENARIOS if name != "vat_return"])
def test_a_scenario_is_the_same_with_the_same_seed(name: str, seed: str) -> None:
    one, two, other = (open_company(seed) for _ in range(3))
    for company in (one, two, other):
        play(company, "busy_office", 5, 25)
    said = play(one, name, 11, 30)
    assert len(said) == 30
    assert said == play(two, name, 11, 30)
    assert _balances(one) == _balances(two)
    done = [text for text in said if not text.startswith(("refused", "nothing"))]
    assert len(done) > 10, said
    if name != "month_end":
        assert play(other, name, 12, 30) != said


def test_a_vat_return_leaves_nothing_owed() -> None:
    uk = open_company("uk")
    item, code = id_of(uk, "Item", "Delivery"), ref(id_of(uk, "TaxCode", "20.0% S"))
    uk.create("Invoice", {"CustomerRef": ref("1"), "Line": [sale_line(item, 1, 100, TaxCodeRef=code)]})
    paid, again = play(uk, "vat_return", 1, 2)
    assert paid.endswith("of 20.00 was made, refund False")
    assert again == "nothing to do: HMRC is owed nothing"
    line = expense_line(account(uk, "Advertising"), 50, TaxCodeRef=code)
    uk.create("Bill", {"VendorRef": ref("1"), "Line": [line]})
    assert play(uk, "vat_return", 1, 1)[0].endswith("of 10.00 was made, refund True")
    assert _balances(uk)
    assert play(open_company("eu"), "vat_return", 1, 1)[0].startswith("nothing")


def test_an_unknown_scenario_is_told() -> None:
    with pytest.raises(
        ValueError, match="there are busy_office, bookkeeper, month_end, merger, reimbursed, vat_return"
    ):
        play(open_company("empty"), "party", 1, 1)


def test_a_company_with_nothing_in_it_is_no_error() -> None:
    empty = open_company("empty")
    for name in SCENARIOS:
        assert len(play(empty, name, 1, 10)) == 10


def test_a_merger_moves_documents_lines_and_balances() -> None:
    us = open_company("us")
    changes: list[Change] = []
    us.on_change(changes.extend)
    kept, gone = id_of(us, "Customer", "Cool Cars"), us.create("Customer", {"DisplayName": "Cool Cars Inc"})["Id"]
    before = us.read("Customer", kept)["Balance"]
    item, advertising = id_of(us, "Item", "Design"), account(us, "Advertising")
    invoice = us.create("Invoice", {"CustomerRef": ref(gone), "Line": [sale_line(item, 1, 100)]})
    cost = expense_line(advertising, 30, CustomerRef=ref(gone), BillableStatus="NotBillable")
    bill = us.create("Bill", {"VendorRef": ref("1"), "Line": [cost]})
    lines = [
        journal_line("Debit", account(us, "Accounts Receivable (A/R)"), 7, ("Customer", gone)),
        journal_line("Credit", advertising, 7, ("Vendor", gone) if gone in ("1", "2") else None),
    ]
    entry = us.create("JournalEntry", {"Line": lines})
    changes.clear()
    us.merge_customers(gone, kept)
    assert us.read("Customer", kept)["Balance"] == before + 107
    assert us.read("Invoice", invoice["Id"])["CustomerRef"] == {"value": kept, "name": "Cool Cars"}
    detail = us.read("Bill", bill["Id"])["Line"][0]["AccountBasedExpenseLineDetail"]
    assert detail["CustomerRef"] == {"value": kept, "name": "Cool Cars"}
    line = us.read("JournalEntry", entry["Id"])["Line"][0]["JournalEntryLineDetail"]
    assert line["Entity"]["EntityRef"]["value"] == kept
    assert refused(lambda: us.read("Customer", gone)) == [("610", "")]
    assert us.query(f"select * from Customer where Id = '{gone}'") == {}
    report = us.report("CustomerIncome", {"customer": kept, "date_macro": "This Month"})
    assert report["Rows"]["Row"][0]["ColData"][2]["value"] == "30.00"
    assert (changes[0].operation, changes[0].id, changes[0].deleted) == ("Merge", kept, gone)
    us.create("Customer", {"DisplayName": "Cool Cars Inc"})  # the name is free again
    _balances(us)


REFUSED = [("3", "3", "6000"), ("999", "1", "610"), ("5", "6", "6000")]


@pytest.mark.parametrize(("gone", "kept", "code"), REFUSED)
def test_a_merger_that_cannot_be(gone: str, kept: str, code: str) -> None:
    us = open_company("us")
    assert us.read("Customer", "6")["ParentRef"]["value"] == "5"
    assert refused(lambda: us.merge_customers(gone, kept))[0][0] == code


def test_scenarios_over_http_at_once_and_as_time_goes_by() -> None:
    with running() as qbo:
        assert len(qbo.play("busy_office", seed=3, steps=4)) == 4
        import httpx

        def control(body: dict[str, object]) -> httpx.Response:
            return httpx.post(f"{qbo.base_url}/emulator/scenarios", json=body)

        assert set(httpx.get(f"{qbo.base_url}/emulator/scenarios").json()["scenarios"]) == set(SCENARIOS)
        assert len(control({"name": "bookkeeper", "seed": 2, "steps": 3}).json()["done"]) == 3
        before = qbo.company.change_counter
        assert control({"name": "month_end", "steps": 4, "every_seconds": 3600}).json() == {"scheduled": 4}
        assert qbo.company.change_counter == before
        qbo.advance(hours=4)
        assert qbo.company.change_counter == before + 4
        assert control({"name": "party"}).status_code == 400
