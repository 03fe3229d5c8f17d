"""What people enter in QuickBooks beside what was posted, where nothing of that kind is written back: a person is asked
whether the two are one, whoever was first.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.pipeline.drift import find_drift
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.report_files import write_reports
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline.pipeline.write_back_standing import write_back_standing
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, rows
from qbo_pipeline_tests.pipeline.shop import DAYS, FIRST_DAY, LAST_DAY, Shop, open_shop
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing, expense_line, ref

PAID = Decimal("120.00")  # what the shop's customer paid for its one invoice, and on account
WHO = ("--who", "Ann", "--why", "the bank statement")


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator("--limits", "off") as emulator:
        yield emulator


@pytest.fixture
def shop(tmp_path: Path, quick_store_url: str, emulator: RunningEmulator) -> Shop:
    return open_shop(tmp_path, emulator, store_url=quick_store_url)


def party_of(run: Run, key: str) -> dict[str, str]:
    (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = :key", key=key)
    return ref(link["qbo_id"])


def receipt(run: Run, people: Bookkeeper, day: str = "2024-03-07", amount: Decimal = PAID) -> Thing:
    """A bookkeeper enters from the bank's feed what the shop's customer paid; our invoice is paid already."""
    customer = party_of(run, "party/customer:c1")
    return people.save("Payment", {"CustomerRef": customer, "TotalAmt": amount, "TxnDate": day})


def asked(run: Run) -> dict[str, str]:
    """By key what a person is asked about, and of which record it may be the same."""
    waiting = write_back_standing(run).waiting
    assert {row["reason"] for row in waiting} <= {"perhaps_twice"}
    return {row["key"]: row["why"].partition(", which is posted")[0].rpartition(" as ")[2] for row in waiting}


def test_a_receipt_entered_again_is_asked_about_until_a_person_has_decided(
    shop: Shop, people: Bookkeeper, qbo: CommandLine
) -> None:
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        first, second = receipt(run, people), receipt(run, people, day="2024-03-05")
        receipt(run, people, day="2024-03-20")  # long after: another one
        receipt(run, people, amount=PAID + 1)
    done = qbo("run", *DAYS, "--settings", shop.settings, "--json")
    assert done.status == 1
    assert any(f"if not, `qbo-pipeline write-back skip Payment/{second['Id']}`" in why for why in done.json["why"])
    with shop.run() as run:
        assert asked(run) == {f"Payment/{one['Id']}": "payment/y1" for one in (first, second)}
        result = reconcile_as_at(run, LAST_DAY)
        assert (result.difference, len(result.differences)) == (0, 0)
        page = write_reports(run, result).page.read_text(encoding="utf-8")
        assert "was entered in QuickBooks by somebody else" in page
    assert "perhaps twice: 2024-03-05" in qbo("status", "--settings", shop.settings).out
    shown = qbo("show", f"Payment/{first['Id']}", "--settings", shop.settings).out
    assert f"Payment/{second['Id']}" in shown  # the history of ours has both
    refused = qbo("write-back", "retry", f"Payment/{first['Id']}", *WHO, "--settings", shop.settings)
    assert (refused.status, "not written back" in refused.err) == (2, True)

    people.void("Payment", people.get("Payment", first["Id"]))
    assert qbo("write-back", "skip", f"Payment/{second['Id']}", *WHO, "--settings", shop.settings).status == 0
    with shop.run() as run:
        assert find_drift(run).found == {}
        assert list(write_back_standing(run).grounds()) == []
        assert verify_attempts(run).intact
        people.save("Payment", {**people.get("Payment", second["Id"]), "TxnDate": "2024-03-06"})
        assert find_drift(run).found == {"perhaps_entered_twice": 1}  # what was said was said of what it was


def test_what_was_entered_before_ours_is_asked_about_once_ours_is_posted(shop: Shop, people: Bookkeeper) -> None:
    """The change is read long before the inventory system's payment comes."""
    shop.change("UPDATE payments SET status = 'voided' WHERE payment_id = 'y1'")
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        thing = receipt(run, people)
        carry(run, FIRST_DAY, LAST_DAY)
        assert asked(run) == {}
    shop.change("UPDATE payments SET status = 'completed' WHERE payment_id = 'y1'")
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        assert asked(run) == {f"Payment/{thing['Id']}": "payment/y1"}
        own = people.get("Payment", rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'payment/y1'")[0]["qbo_id"])
        people.void("Payment", own)  # that is the one too many
        find_drift(run)
        assert asked(run) == {}


@pytest.mark.torture
@pytest.mark.parametrize("kind", ["BillPayment", "Bill", "Invoice"])
def test_bills_invoices_and_payments_made_are_asked_about_as_well(shop: Shop, people: Bookkeeper, kind: str) -> None:
    """A document is alike by party and number, whatever its day and amount; another number or vendor is another one."""
    shop.change(
        "INSERT INTO payments (payment_id, kind, number, business_date, party_id, currency, amount, status) VALUES "
        "('m1', 'payment_made', 'M1', '2024-03-06', 's1', 'USD', '100.00', 'completed')",
        "INSERT INTO payment_allocations (payment_id, allocation_id, document_id, amount) VALUES "
        "('m1', '1', 'b1', '100.00')",
    )
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        thing, another = ENTERED[kind](run, people)
        carry(run, FIRST_DAY, LAST_DAY)
        key = {"BillPayment": "payment/m1", "Bill": "document/b1", "Invoice": "document/i1"}[kind]
        assert asked(run) == {f"{kind}/{thing['Id']}": key}
        people.delete(kind, people.get(kind, thing["Id"]))
        find_drift(run)
        assert asked(run) == {}
        assert another["Id"] in {one["Id"] for one in people.all(kind)}


def bill_payments(run: Run, people: Bookkeeper) -> tuple[Thing, Thing]:
    own = people.get("BillPayment", rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'payment/m1'")[0]["qbo_id"])
    body = {name: own[name] for name in ("VendorRef", "PayType", "CheckPayment", "TotalAmt", "TxnDate")}
    other = next(one for one in people.all("Vendor") if one["Id"] != own["VendorRef"]["value"])
    entered = [people.save("BillPayment", {**body, "Line": []} | more) for more in
               ({"TxnDate": "2024-03-08"}, {"VendorRef": ref(other["Id"])})]  # fmt: skip
    return entered[0], entered[1]


def bills(run: Run, people: Bookkeeper) -> tuple[Thing, Thing]:
    vendor = party_of(run, "party/supplier:s1")
    costs = next(one for one in people.all("Account") if one["AccountType"] == "Expense")
    body = {"VendorRef": vendor, "TxnDate": "2024-03-12", "Line": [expense_line(costs["Id"], 10_100)]}
    number = number_of(run, "document/b1")
    first = people.save("Bill", {**body, "DocNumber": number.lower()}, include="allowduplicatedocnum")
    return first, people.save("Bill", {**body, "DocNumber": f"{number}x"})


def invoices(run: Run, people: Bookkeeper) -> tuple[Thing, Thing]:
    own = people.get("Invoice", rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'document/i1'")[0]["qbo_id"])
    lines = [line for line in own["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    body = {"CustomerRef": own["CustomerRef"], "TxnDate": "2024-03-12", "Line": lines}
    first = people.save("Invoice", {**body, "DocNumber": number_of(run, "document/i1")})
    return first, people.save("Invoice", {**body, "DocNumber": "another"})


def number_of(run: Run, key: str) -> str:
    (row,) = rows(run, "SELECT number FROM records WHERE record_type || '/' || record_id = :key", key=key)
    return str(row["number"])


ENTERED = {"BillPayment": bill_payments, "Bill": bills, "Invoice": invoices}
