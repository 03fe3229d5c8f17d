"""Sales posted as one form a day: the books are those of posting one by one, payments settle it, and all is traced."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.drift import find_drift
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.restating import restate
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry_file, point_to, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, draft, open_shop, shop_rows
from qbo_pipeline_tests.pipeline.test_summaries import insert
from qbo_pipeline_tests.pipeline.test_summaries_and_people import OFF
from qbo_pipeline_tests.sources.company import Rows
from qbo_pipeline_tests.tampering.people import Bookkeeper

DAY, OTHER_DAY = "2024-03-04", "2024-03-05"
INVOICES, CREDITS = f"summary/{DAY}/sales_invoice", f"summary/{DAY}/sales_credit"
ON = 'summarise = ["sales_invoice", "sales_credit"]'
WHO = ("Dana", "one form a day is enough")


def sale(
    name: str, net: str, *, kind: str = "sales_invoice", day: str = DAY, party: str = "c1", at: str = "w1"
) -> Rows:
    """Rows of one more sales document."""
    document = {
        "document_id": name, "kind": kind, "number": name.upper(), "business_date": day, "party_id": party,
        "currency": "USD", "net_amount": net, "tax_amount": "0", "total_amount": net, "location_id": at,
    }  # fmt: skip
    line = {"document_id": name, "line_id": f"{name}-1", "product_id": "p1", "net_amount": net}
    return {"documents": [document], "document_lines": [line]}


def paid(name: str, amount: str, *allocations: tuple[str, str], day: str = "2024-03-07") -> Rows:
    payment = {
        "payment_id": name, "kind": "payment_received", "number": name.upper(), "business_date": day, "party_id": "c2",
        "currency": "USD", "amount": amount,
    }  # fmt: skip
    rows_ = [
        {"payment_id": name, "allocation_id": f"{name}-{n}", "document_id": of, "amount": part}
        for n, (of, part) in enumerate(allocations)
    ]
    return {"payments": [payment], "payment_allocations": rows_}


def enter(shop: Shop, *made: Rows) -> None:
    """Enter documents and payments in the inventory system."""
    shop.change(*(insert(kind, row) for one in made for kind, own in one.items() for row in own))


@pytest.fixture
def shop(tmp_path: Path, quick_store_url: str) -> Iterator[Shop]:
    """Invoices of 90.00, 60.00 and 40.00 on one day, a credit of 10.00; the first is paid with 30.00 on account, the
    others together, less the credit."""
    source = shop_rows()
    source["parties"].append({"party_id": "c2", "kind": "customer", "name": "Bar Luna"})
    for one in (
        sale("i2", "60.00", party="c2"), sale("i3", "40.00", party="c2"),
        sale("k1", "10.00", kind="sales_credit", party="c2"),
        paid("y2", "90.00", ("i2", "60.00"), ("i3", "40.00"), ("k1", "-10.00")),
    ):  # fmt: skip
        for kind, own in one.items():
            source[kind] += own
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator, source, store_url=quick_store_url)
        point_to(shop.settings, OFF, ON)
        yield shop


def carried(shop: Shop) -> None:
    result = carry_file(shop.settings, FIRST_DAY, LAST_DAY).result
    assert (result.difference, result.unexplained) == (Decimal(0), Decimal(0))
    with shop.run() as run:
        assert broken_counts(run) == []
        waiting = "SELECT key, state, reason, message FROM postings WHERE state <> 'posted' AND superseded_by IS NULL"
        assert [row for row in rows(run, waiting) if row["state"] != "superseded"] == []


def thing(run: Run, key: str) -> dict[str, Any]:
    (link,) = rows(run, "SELECT entity, qbo_id FROM posting_links WHERE key = :key", key=key)
    found: dict[str, Any] = run.quickbooks().read(link["entity"], link["qbo_id"])
    return found


def balances(shop: Shop) -> dict[str, Decimal]:
    """QuickBooks' own balance of each account."""
    assert shop.emulator is not None
    people = Bookkeeper(shop.emulator)
    found = {one["Name"]: Decimal(str(one["CurrentBalance"])) for one in people.all("Account")}
    people.close()
    return {name: amount for name, amount in found.items() if amount}


def open_amounts(shop: Shop) -> dict[str, Decimal]:
    """By customer, what QuickBooks says that he owes."""
    assert shop.emulator is not None
    people = Bookkeeper(shop.emulator)
    found = {one["DisplayName"]: Decimal(str(one["Balance"])) for one in people.all("Customer")}
    people.close()
    return {name: found[name] for name in ("Café Sol", "Bar Luna", "Daily sales") if found.get(name)}


def test_a_day_of_sales_is_one_form_and_payments_settle_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    carried(shop)
    with shop.run() as run:
        invoice, credit, payment = thing(run, INVOICES), thing(run, CREDITS), thing(run, "payment/y2#summary")
        assert (invoice["CustomerRef"]["name"], invoice["TotalAmt"]) == ("Daily sales", 190)
        assert [line["Amount"] for line in invoice["Line"] if "SalesItemLineDetail" in line] == [190]
        assert credit["TotalAmt"] == 10
        assert (payment["TotalAmt"], payment["CustomerRef"]["name"]) == (90, "Daily sales")
        assert thing(run, "payment/y1")["TotalAmt"] == 30
        assert rows(run, "SELECT key FROM postings WHERE key LIKE 'document/i%'") == []
    assert open_amounts(shop) == {"Café Sol": Decimal("-30")}
    monkeypatch.setenv("COLUMNS", "300")
    qbo = CommandLine(monkeypatch, capsys)
    shown = qbo("show", "document/i2", "--settings", shop.settings).out
    assert INVOICES in shown
    assert "its share is 60.00, of 3 records" in shown
    whole = qbo("show", INVOICES, "--settings", shop.settings).out
    assert all(f"document/{name} has {net} of it" in whole for name, net in (("i1", "90.00"), ("i3", "40.00")))
    by_day = balances(shop)
    with shop.run() as run:
        revisions = rows(run, "SELECT revision FROM postings WHERE key = :key", key=INVOICES)
        carry_file(shop.settings, FIRST_DAY, LAST_DAY)
        assert rows(run, "SELECT revision FROM postings WHERE key = :key", key=INVOICES) == revisions
    point_to(shop.settings, ON, OFF)
    with shop.run() as run:
        restate(run, *WHO)
    carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    carried(shop)
    assert balances(shop) == by_day
    with shop.run() as run:
        assert rows(run, "SELECT key FROM posting_links WHERE key LIKE 'summary/%'") == []
        assert thing(run, "document/i2")["Balance"] == 0
        assert thing(run, "payment/y2")["TotalAmt"] == 90


def test_what_comes_changes_and_moves_revises_its_day(shop: Shop) -> None:
    carried(shop)
    enter(shop, sale("i4", "5.00"))
    shop.change(
        "UPDATE documents SET net_amount = '91.00', total_amount = '91.00' WHERE document_id = 'i1'",
        "UPDATE document_lines SET net_amount = '51.00' WHERE line_id = 'i1-1'",
        f"UPDATE documents SET business_date = '{OTHER_DAY}' WHERE document_id = 'i3'",
    )
    carried(shop)
    with shop.run() as run:
        invoice, moved = thing(run, INVOICES), thing(run, f"summary/{OTHER_DAY}/sales_invoice")
        assert (invoice["TotalAmt"], moved["TotalAmt"]) == (156, 40)
    assert open_amounts(shop) == {"Café Sol": Decimal(-30), "Daily sales": Decimal(6)}


def test_channels_and_departments_have_forms_of_their_own(shop: Shop) -> None:
    point_to(shop.settings, '# sales_channel = "none"', 'sales_channel = "location"')
    point_to(shop.settings, '# summarised_channels = ["WEB"]', 'summarised_channels = ["w1", "w2"]')
    enter(shop, sale("i4", "5.00", at="w2"))
    carried(shop)
    with shop.run() as run:
        of_w1, of_w2 = thing(run, f"{INVOICES}#by channel w1"), thing(run, f"{INVOICES}#by channel w2")
        assert (of_w1["TotalAmt"], of_w2["TotalAmt"]) == (100, 5)
        assert thing(run, "document/i1")["TotalAmt"] == 90
    shop.change("UPDATE documents SET location_id = 'w2' WHERE document_id = 'i2'")
    carried(shop)
    with shop.run() as run:
        of_w1, of_w2 = thing(run, f"{INVOICES}#by channel w1"), thing(run, f"{INVOICES}#by channel w2")
        assert (of_w1["TotalAmt"], of_w2["TotalAmt"]) == (40, 65)


def test_one_bad_document_waits_alone_and_a_gone_one_is_held(shop: Shop) -> None:
    enter(shop, sale("i4", "5.00"))
    shop.change("UPDATE document_lines SET account = 'unknown' WHERE document_id = 'i4'")
    carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    with shop.run() as run:
        assert thing(run, INVOICES)["TotalAmt"] == 190
        (waits,) = rows(run, "SELECT state, reason FROM postings WHERE key = 'document/i4'")
        assert (waits["state"], waits["reason"]) == ("parked", "unmapped_account")
    shop.change(
        "UPDATE document_lines SET account = NULL WHERE document_id = 'i4'",
        "UPDATE documents SET status = 'voided' WHERE document_id = 'i1'",
    )
    carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    with shop.run() as run:
        assert thing(run, INVOICES)["TotalAmt"] == 190
        (waits,) = rows(run, "SELECT state, reason FROM postings WHERE key = :k AND superseded_by IS NULL", k=INVOICES)
        assert (waits["state"], waits["reason"]) == ("parked", "gone_from_source")
        decide(run, "approve", INVOICES, *WHO)
    carried(shop)
    with shop.run() as run:
        assert thing(run, INVOICES)["TotalAmt"] == 105


def _edit(shop: Shop, run: Run, key: str) -> None:
    """Somebody takes an invoice for 7.00 more in QuickBooks' own pages."""
    assert shop.emulator is not None
    people = Bookkeeper(shop.emulator)
    there = thing(run, key)
    lines = [line for line in there["Line"] if "SalesItemLineDetail" in line]
    lines[0]["Amount"] = float(lines[0]["Amount"]) + 7
    people.save("Invoice", {name: there[name] for name in ("Id", "SyncToken")} | {"sparse": True, "Line": lines})
    people.close()


def _forms(run: Run, *keys: str) -> list[float]:
    return [thing(run, key)["TotalAmt"] for key in keys]


@pytest.mark.usefixtures("queries_without_lag")
@pytest.mark.parametrize("noticed", [True, False], ids=["noticed", "not noticed"])
def test_what_leaves_a_form_that_a_person_changed_stands_once(shop: Shop, noticed: bool) -> None:
    """Within its day: it goes into its new form once a person has had the old one overwritten."""
    point_to(shop.settings, '# sales_channel = "none"', 'sales_channel = "location"')
    enter(shop, sale("i4", "5.00", at="w2"))
    carried(shop)
    of_w1, of_w2 = f"{INVOICES}#by channel w1", f"{INVOICES}#by channel w2"
    with shop.run() as run:
        assert _forms(run, of_w1, of_w2) == [100, 5]
        _edit(shop, run, of_w1)
        if noticed:
            find_drift(run)
    shop.change("UPDATE documents SET location_id = 'w2' WHERE document_id = 'i2'")
    with shop.run() as run:
        draft(run)
        load(run, FIRST_DAY, LAST_DAY)
        assert _forms(run, of_w1, of_w2) == [107, 5]  # as the person left it, and 60.00 in it alone
        waits = rows(run, "SELECT state, message FROM postings WHERE key = 'document/i2' AND superseded_by IS NULL")
        if noticed:
            assert [row["state"] for row in waits] == ["parked"]
            assert f"it is posted within {of_w1} still" in waits[0]["message"]
        assert broken_counts(run) == []
        if not noticed:
            return
        (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = :key", key=of_w1)
        decide(run, "relink", of_w1, *WHO, qbo_id=link["qbo_id"])
        decide(run, "approve", of_w1, *WHO)
        load(run, FIRST_DAY, LAST_DAY)
        draft(run)
        load(run, FIRST_DAY, LAST_DAY)
        assert _forms(run, of_w1, of_w2) == [40, 65]
        assert broken_counts(run) == []


def test_documents_that_change_places_pass_one_another(shop: Shop) -> None:
    """Neither form waits for the other for ever, and neither has both for a moment: it takes two runs."""
    point_to(shop.settings, '# sales_channel = "none"', 'sales_channel = "location"')
    enter(shop, sale("i4", "5.00", at="w2"))
    carried(shop)
    of_w1, of_w2 = f"{INVOICES}#by channel w1", f"{INVOICES}#by channel w2"
    shop.change(
        "UPDATE documents SET location_id = 'w2' WHERE document_id = 'i2'",
        "UPDATE documents SET location_id = 'w1' WHERE document_id = 'i4'",
    )
    with shop.run() as run:
        draft(run)
        load(run, FIRST_DAY, LAST_DAY)
        assert _forms(run, of_w1) == [40]
    carried(shop)
    with shop.run() as run:
        assert _forms(run, of_w1, of_w2) == [45, 60]
