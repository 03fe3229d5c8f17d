"""Settings count when they are read: what is unsent is built by those of now, what is posted changes on order only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.restating import count_restatements
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import point_to, rows
from qbo_pipeline_tests.pipeline.shop import DAYS, FIRST_DAY, LAST_DAY, Shop, draft, open_shop
from qbo_pipeline_tests.pipeline.test_closed_periods import close_books

COST, OTHER_COST = "Cost of Goods Sold", "Stock Write-offs"
WHO = ("--who", "Dana", "--why", "the auditor asked for it")


@pytest.fixture
def shop(tmp_path: Path, quick_store_url: str) -> Iterator[Shop]:
    with running_emulator("--limits", "off") as emulator:
        yield open_shop(tmp_path / "shop", emulator, store_url=quick_store_url)


@pytest.fixture
def qbo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "300")
    return CommandLine(monkeypatch, capsys)


def other_cost(shop: Shop) -> None:
    point_to(shop.settings, f'cost_of_goods_sold = "{COST}"', f'cost_of_goods_sold = "{OTHER_COST}"')


def names(run: Run) -> dict[str, str]:
    return {item["Id"]: item["Name"] for item in run.quickbooks().query(select_objects("Account"))}


def accounts_of(run: Run, key: str) -> set[str]:
    """The names of the accounts of a posting's journal entry as QBO has it."""
    (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = :key", key=key)
    entry = run.quickbooks().read("JournalEntry", link["qbo_id"])
    return {names(run)[line["JournalEntryLineDetail"]["AccountRef"]["value"]] for line in entry["Line"]}


def newest(run: Run, key: str) -> dict[str, Any]:
    (row,) = rows(run, "SELECT * FROM postings WHERE key = :key AND superseded_by IS NULL", key=key)
    return row


@pytest.mark.parametrize("step", ["run", "load"])
def test_what_was_drafted_by_other_settings_is_built_again_before_it_is_sent(
    shop: Shop, qbo: CommandLine, step: str
) -> None:
    """Accrual switched off and another cost account chosen between drafting and sending."""
    with shop.run() as run:
        draft(run)
    other_cost(shop)
    point_to(shop.settings, "accrue_receipts = true", "accrue_receipts = false")
    if step == "run":
        done = qbo("run", *DAYS, "--settings", shop.settings, "--json")
        assert (done.json["difference"], done.json["unexplained"]) == ("0.00", "0.00")
    with shop.run() as run:
        if step == "load":
            load(run, FIRST_DAY, LAST_DAY)
        assert accounts_of(run, "movement/d1") == {OTHER_COST, "Inventory Asset"}
        receipt = newest(run, "movement/r1")
        assert (receipt["state"], receipt["reason"]) == ("superseded", "withdrawn")
        versions = {
            row["settings_hash"] for row in rows(run, "SELECT settings_hash FROM postings WHERE state = 'posted'")
        }
        assert len(versions) == 1
        assert count_restatements(run) == 0


def test_what_may_have_left_is_never_rebuilt(shop: Shop) -> None:
    with shop.run() as run:
        draft(run)
        with run.database.transaction() as connection:
            connection.execute(
                text("UPDATE postings SET state = 'unknown', doubt = :yes, request_id = 'r' WHERE key = 'movement/d1'"),
                {"yes": True},
            )
        before = newest(run, "movement/d1")
    other_cost(shop)
    with shop.run() as run:
        transform(run, FIRST_DAY, LAST_DAY)
        assert newest(run, "movement/d1") == before


def test_an_approval_is_for_a_content(shop: Shop, qbo: CommandLine) -> None:
    """Approved under other settings it waits again, unless these make the same of it."""
    point_to(shop.settings, "approval = false", "approval = true")
    qbo("run", *DAYS, "--settings", shop.settings)
    for key in ("movement/d1", "movement/a1"):
        assert qbo("approve", key, *WHO, "--settings", shop.settings).status == 0
    other_cost(shop)
    with shop.run() as run:
        transform(run, FIRST_DAY, LAST_DAY)
        shipment, adjustment = newest(run, "movement/d1"), newest(run, "movement/a1")
    assert (shipment["state"], shipment["reason"], shipment["revision"]) == ("parked", "awaiting_approval", 2)
    assert (adjustment["state"], adjustment["approved_by"], adjustment["revision"]) == ("ready", "Dana", 1)


def test_what_policy_keeps_back_follows_the_settings_of_now(shop: Shop) -> None:
    with shop.run() as run:
        draft(run)
        assert newest(run, "movement/d1")["state"] == "ready"
    point_to(shop.settings, "approval = false", "approval = true")
    with shop.run() as run:
        transform(run, FIRST_DAY, LAST_DAY)
        assert newest(run, "movement/d1")["reason"] == "awaiting_approval"
    point_to(shop.settings, "approval = true", "approval = false")
    with shop.run() as run:
        transform(run, FIRST_DAY, LAST_DAY)
        assert (newest(run, "movement/d1")["state"], newest(run, "movement/d1")["revision"]) == ("ready", 1)


def test_settings_that_did_not_change_build_nothing(shop: Shop) -> None:
    with shop.run() as run:
        draft(run)
        assert transform(run, FIRST_DAY, LAST_DAY).rows() == []


def test_what_is_posted_stays_until_it_is_restated_on_order(shop: Shop, qbo: CommandLine) -> None:
    assert qbo("run", *DAYS, "--settings", shop.settings).status == 0
    assert qbo("restate", "--preview", "--settings", shop.settings).status == 0
    other_cost(shop)
    run = qbo("run", *DAYS, "--settings", shop.settings, "--json")
    assert (run.status, run.json["would_differ_today"], run.json["posted"]) == (0, 1, 0)
    with shop.run() as opened:
        assert accounts_of(opened, "movement/d1") == {COST, "Inventory Asset"}

    preview = qbo("restate", "--preview", "--settings", shop.settings, "--json")
    (row,) = preview.json
    assert (preview.status, row["record"], row["would"]) == (1, "movement/d1", "would be updated")
    assert {line["account"] for line in row["in_quickbooks_now"]} == {COST, "Inventory Asset"}
    assert {line["account"] for line in row["lines"]} == {OTHER_COST, "Inventory Asset"}
    assert qbo("restate", "--settings", shop.settings).status == 2

    ordered = qbo("restate", *WHO, "--settings", shop.settings, "--json")
    assert (ordered.status, ordered.json) == (0, {"restated": 1, "parked": 0, "left": 0})
    after = qbo("run", *DAYS, "--settings", shop.settings, "--json")
    assert (after.status, after.json["would_differ_today"], after.json["unexplained"]) == (0, 0, "0.00")
    with shop.run() as opened:
        assert accounts_of(opened, "movement/d1") == {OTHER_COST, "Inventory Asset"}
        told = rows(opened, "SELECT who, why, key FROM attempts WHERE event = 'restate'")
    assert told == [{"who": "Dana", "why": "the auditor asked for it", "key": "movement/d1"}]
    assert qbo("restate", *WHO, "--settings", shop.settings).status == 1


def test_restating_voids_and_creates_what_policies_switch(shop: Shop, qbo: CommandLine) -> None:
    """Without accrual the receipt is voided and the bill stands on inventory; with it again, both are as before."""
    assert qbo("run", *DAYS, "--settings", shop.settings).status == 0
    for before, after, words, stands_on in (
        ("true", "false", "would be voided", "Inventory Asset"),
        ("false", "true", "would be created", "Goods Received Not Invoiced"),
    ):
        point_to(shop.settings, f"accrue_receipts = {before}", f"accrue_receipts = {after}")
        shown = qbo("restate", "--preview", "--settings", shop.settings)
        assert words in shown.plain
        assert qbo("restate", *WHO, "--settings", shop.settings).status == 0
        done = qbo("run", *DAYS, "--settings", shop.settings, "--json")
        assert (done.json["posted"], done.json["would_differ_today"]) == (2, 0)
        assert (done.json["difference"], done.json["unexplained"]) == ("0.00", "0.00")
        with shop.run() as run:
            bill = run.quickbooks().read("Bill", newest(run, "document/b1")["qbo_id"])
            details = [line["AccountBasedExpenseLineDetail"] for line in bill["Line"]]
            assert [names(run)[detail["AccountRef"]["value"]] for detail in details] == [stands_on]


def test_a_record_that_is_built_again_carries_no_new_settings_into_the_past(shop: Shop, qbo: CommandLine) -> None:
    """The receipt changes, so its bill is built again: it stays on the accounts on which it is posted."""
    assert qbo("run", *DAYS, "--settings", shop.settings).status == 0
    point_to(
        shop.settings, 'accounts_payable = "Accounts Payable (A/P)"', 'accounts_payable = "Accounts Payable (A/P)"\n# '
    )
    point_to(shop.settings, 'goods_received_not_invoiced = "Goods Received Not Invoiced"',
             'goods_received_not_invoiced = "Inventory in Transit"')  # fmt: skip
    shop.change("UPDATE movements SET memo = 'counted again' WHERE movement_id = 'r1'")
    with shop.run() as run:
        draft(run)
        bill, receipt = newest(run, "document/b1"), newest(run, "movement/r1")
        assert (bill["state"], bill["revision"]) == ("posted", 1)
        assert (receipt["state"], receipt["revision"]) == ("ready", 2)
        assert count_restatements(run) == 1


def test_a_setting_takes_effect_from_its_date(shop: Shop, qbo: CommandLine) -> None:
    settings = shop.settings.read_text()
    change = f'[[changes]]\nfirst_day = 2024-03-04\naccounts.roles = {{ cost_of_goods_sold = "{OTHER_COST}" }}\n'
    shop.settings.write_text(settings + "\n" + change.replace("2024-03-04", "2024-03-05"))
    with shop.run() as run:
        draft(run)
    assert qbo("run", *DAYS, "--settings", shop.settings).status == 0
    with shop.run() as run:
        assert accounts_of(run, "movement/d1") == {COST, "Inventory Asset"}  # of the 4th
    shop.settings.write_text(settings + "\n" + change)
    assert qbo("restate", "--preview", "--settings", shop.settings, "--json").json[0]["record"] == "movement/d1"
    assert qbo("restate", *WHO, "--settings", shop.settings).status == 0
    assert qbo("run", *DAYS, "--settings", shop.settings).status == 0
    with shop.run() as run:
        assert accounts_of(run, "movement/d1") == {OTHER_COST, "Inventory Asset"}


def test_a_bill_clears_what_its_receipt_accrued_though_accrual_ended_in_between(shop: Shop, qbo: CommandLine) -> None:
    with shop.settings.open("a") as file:
        file.write("\n[[changes]]\nfirst_day = 2024-03-02\nposting = { accrue_receipts = false }\n")
    done = qbo("run", *DAYS, "--settings", shop.settings, "--json")
    assert (done.status, done.json["difference"], done.json["unexplained"]) == (0, "0.00", "0.00")
    with shop.run() as run:
        assert newest(run, "movement/r1")["state"] == "posted"
        accounts = {item["Name"]: item for item in run.quickbooks().query(select_objects("Account"))}
    assert accounts["Goods Received Not Invoiced"].get("CurrentBalance", 0) == 0


def test_history_is_posted_on_order_only(shop: Shop, qbo: CommandLine) -> None:
    point_to(shop.settings, "approval = false", "approval = false\nhistory_before = 2024-03-04")
    first = qbo("run", *DAYS, "--settings", shop.settings, "--json")
    held = {row["key"] for row in first.json["postings"] if row["reason"].startswith("history")}
    with shop.run() as run:
        query = "SELECT key FROM postings WHERE business_date > '0001-01-01' AND business_date < '2024-03-04'"
        early = {row["key"] for row in rows(run, query)}
        assert held == early != set()
        sent = {row["key"] for row in rows(run, "SELECT key FROM postings WHERE state = 'posted'")}
        assert not sent & early
    assert first.status == 1
    counted = qbo("post-history", "--to", "2024-03-03", "--preview", "--settings", shop.settings, "--json")
    assert sum(row["count"] for row in counted.json["waiting"]) == len(early)
    assert qbo("run", *DAYS, "--settings", shop.settings, "--json").json["posted"] == 0
    assert qbo("post-history", "--to", "2024-03-03", *WHO, "--settings", shop.settings).status == 0
    done = qbo("run", *DAYS, "--settings", shop.settings, "--json")
    assert (done.status, done.json["difference"], done.json["counts_add_up"]) == (0, "0.00", "yes")
    assert qbo("post-history", "--to", "2024-03-03", *WHO, "--settings", shop.settings).status == 1


def test_restating_in_a_closed_period_waits_for_a_person(shop: Shop, qbo: CommandLine) -> None:
    assert qbo("run", *DAYS, "--settings", shop.settings).status == 0
    close_books(shop.emulator, LAST_DAY)
    other_cost(shop)
    qbo("run", *DAYS, "--settings", shop.settings)
    ordered = qbo("restate", *WHO, "--settings", shop.settings, "--json")
    assert (ordered.status, ordered.json) == (1, {"restated": 1, "parked": 1, "left": 0})
    with shop.run() as run:
        assert newest(run, "movement/d1")["reason"] == "closed_period"
        load(run, FIRST_DAY, LAST_DAY)
        assert accounts_of(run, "movement/d1") == {COST, "Inventory Asset"}
