"""One event that people of both sides entered: it stands in QuickBooks once, and in the inventory system once, whoever
was first and whatever a person decides.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.drift import find_drift
from qbo_pipeline.pipeline.write_back_standing import decide_write_back
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import point_to, rows
from qbo_pipeline_tests.pipeline.shop import Shop
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing
from qbo_pipeline_tests.write_back.inbox_shop import in_the_inbox, night, ours, pay, payments, shop_with_inbox, take

AMOUNT = Decimal("40.00")  # a part of the shop's one invoice
PAID_HERE = (
    "INSERT INTO payments (payment_id, kind, number, business_date, party_id, currency, amount, status) VALUES "
    "('y9', 'payment_received', 'Y9', '2024-03-06', 'c1', 'USD', '40.00', 'completed')"
)
SETTLES = (
    "INSERT INTO payment_allocations (payment_id, allocation_id, document_id, amount) VALUES "
    "('y9', '1', '{document}', '40.00')"
)


def paid_on_both_sides(shop: Shop, people: Bookkeeper) -> Thing:
    """The customer pays once; the warehouse enters it, and so does the bookkeeper."""
    night(shop)
    shop.change(PAID_HERE, SETTLES.format(document="i1"))
    with shop.run() as run:
        return pay(run, people, AMOUNT)


def waiting(shop: Shop) -> dict[str, str]:
    """By key what waits on either way, and why."""
    back = {row["key"]: row["reason"] for row in night(shop)["waiting"]}
    with shop.run() as run:
        query = "SELECT key, reason FROM postings WHERE state = 'parked' AND superseded_by IS NULL"
        return back | {row["key"]: row["reason"] for row in rows(run, query)}


def linked(shop: Shop, people: Bookkeeper, thing: Thing) -> None:
    with shop.run() as run:
        decide(run, "relink", "payment/y9", "Ann", "the bank statement has one", qbo_id=thing["Id"])


def voided(shop: Shop, people: Bookkeeper, thing: Thing) -> None:
    people.void("Payment", people.get("Payment", thing["Id"]))


def left(shop: Shop, people: Bookkeeper, thing: Thing) -> None:
    with shop.run() as run:
        decide_write_back(run, f"Payment/{thing['Id']}", "skip", who="Ann", why="the warehouse need not know")


def another(shop: Shop, people: Bookkeeper, thing: Thing) -> None:
    with shop.run() as run:
        decide_write_back(run, f"Payment/{thing['Id']}", "retry", who="Ann", why="the bank statement has two")
    night(shop)
    take(shop, "P1")


@pytest.mark.parametrize(
    ("decided", "there", "told"),
    [(linked, 1, 0), *(pytest.param(*one, marks=pytest.mark.torture) for one in
                       ((voided, 1, 0), (left, 2, 0), (another, 2, 1)))],
)  # fmt: skip
def test_a_payment_that_both_sides_entered_waits_for_a_person_on_both_ways(
    shop: Shop, people: Bookkeeper, decided: Callable[..., None], there: int, told: int
) -> None:
    thing = paid_on_both_sides(shop, people)
    assert waiting(shop) == {f"Payment/{thing['Id']}": "perhaps_one", "payment/y9": "perhaps_one"}
    assert [one["Id"] for one in payments(people)] == [thing["Id"]]
    assert in_the_inbox(shop) == []

    decided(shop, people, thing)
    assert waiting(shop) == {}
    assert sum(Decimal(str(one["TotalAmt"])) == AMOUNT for one in payments(people)) == there
    assert len(in_the_inbox(shop)) == told


@pytest.mark.torture
def test_what_waits_to_be_sent_is_held_once_the_like_is_entered_in_quickbooks(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    approving = "\napproval = false", "\napproval = true"
    point_to(shop.settings, *approving)
    shop.change(PAID_HERE, SETTLES.format(document="i1"))
    assert waiting(shop) == {"payment/y9": "awaiting_approval"}
    with shop.run() as run:
        thing = pay(run, people, AMOUNT)
    point_to(shop.settings, *reversed(approving))
    assert waiting(shop) == {f"Payment/{thing['Id']}": "perhaps_one", "payment/y9": "perhaps_one"}
    assert len(payments(people)) == 1
    voided(shop, people, thing)
    assert waiting(shop) == {}
    assert sum(Decimal(str(one["TotalAmt"])) == AMOUNT for one in payments(people)) == 1


@pytest.mark.torture
def test_a_payment_that_was_set_aside_may_be_the_same(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    shop.change(PAID_HERE, SETTLES.format(document="not there"))
    with shop.run() as run:
        thing = pay(run, people, AMOUNT)
    assert waiting(shop) == {f"Payment/{thing['Id']}": "perhaps_one"}
    assert in_the_inbox(shop) == []


@pytest.mark.torture
@pytest.mark.parametrize("kind", ["sales_invoices", "payments_received"])
def test_on_day_one_nothing_is_posted_that_quickbooks_has_already(
    kind: str, tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    """Its customer is linked by name within the same night."""
    shop = shop_with_inbox(tmp_path, f"sqlite:///{tmp_path / 'store.sqlite'}", emulator, kinds=("customers", kind))
    point_to(shop.settings, 'link_existing = "never"', 'link_existing = "same_name"')
    customer = people.save("Customer", {"DisplayName": "Café Sol"})
    thing = entered(people, kind, {"value": customer["Id"]})
    if kind == "payments_received":
        shop.change(PAID_HERE, SETTLES.format(document="i1"))
    key = {"sales_invoices": "document/i1", "payments_received": "payment/y9"}[kind]
    entity = {"sales_invoices": "Invoice", "payments_received": "Payment"}[kind]
    found = waiting(shop)
    assert (found[f"{entity}/{thing['Id']}"], found[key]) == ("perhaps_one", "perhaps_one")
    assert len([one for one in people.all(entity) if one["CustomerRef"]["value"] == customer["Id"]]) == 1


def entered(people: Bookkeeper, kind: str, customer: Thing) -> Thing:
    body: dict[str, Any] = {"CustomerRef": customer, "TxnDate": "2024-03-06"}
    if kind == "payments_received":
        return people.save("Payment", {**body, "TotalAmt": AMOUNT})
    income = next(one for one in people.all("Account") if one["AccountType"] == "Income")
    item = people.save("Item", {"Name": "Work", "Type": "Service", "IncomeAccountRef": {"value": income["Id"]}})
    detail = {"ItemRef": {"value": item["Id"]}, "Qty": 1, "UnitPrice": 90}
    line = {"Amount": Decimal(90), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    return people.save("Invoice", {**body, "DocNumber": "i1", "Line": [line]})


def ours_voided(shop: Shop, people: Bookkeeper, thing: Thing) -> None:
    """Theirs is the right one: ours is voided, and the record is linked to theirs."""
    with shop.run() as run:
        people.void("Payment", ours(run, people, "payment/y9"))
        find_drift(run)
    linked(shop, people, thing)


@pytest.mark.parametrize(
    ("decided", "there", "told"),
    [(ours_voided, 1, 0), *(pytest.param(*one, marks=pytest.mark.torture) for one in
                            ((voided, 1, 0), (left, 2, 0), (another, 2, 1)))],
)  # fmt: skip
def test_a_payment_entered_in_quickbooks_after_ours_was_posted_waits_for_a_person(
    shop: Shop, people: Bookkeeper, decided: Callable[..., None], there: int, told: int
) -> None:
    """The bank's feed has it a day later than the inventory system."""
    night(shop)
    shop.change(PAID_HERE, SETTLES.format(document="i1"))
    night(shop)
    assert len(payments(people)) == 1
    with shop.run() as run:
        thing = pay(run, people, AMOUNT, TxnDate="2024-03-07")
        if decided is ours_voided:
            pay(run, people, Decimal("10.00"))  # nothing like it
    assert waiting(shop) == {f"Payment/{thing['Id']}": "perhaps_one"}
    assert len(in_the_inbox(shop)) == (decided is ours_voided)

    decided(shop, people, thing)
    assert waiting(shop) == {}
    assert sum(Decimal(str(one["TotalAmt"])) == AMOUNT for one in payments(people)) == there
    assert len(in_the_inbox(shop)) == told + (decided is ours_voided)
