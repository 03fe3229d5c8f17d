"""A dry run leaves nothing behind that a later run reads, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import inspect

from qbo_pipeline.accounting.preview import totals_by_account
from qbo_pipeline.pipeline.looking import looking
from qbo_pipeline.pipeline.previewing import Totals, preview
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.store.database import open_database
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import content_of, point_to, rows
from qbo_pipeline_tests.pipeline.shop import DAYS, FIRST_DAY, LAST_DAY, Shop, draft, open_shop

# The calls to QuickBooks are real: they are counted, wait for their turn, and keep the tokens fresh.
OF_THE_CALLS = {"api_calls", "pacing", "tokens", "token_versions"}
OF_QUICKBOOKS = {"reference_data", "account_names", "ledger_lines", "ledger_windows", "ledger_balances", "watermarks"}


@pytest.fixture
def shop(tmp_path: Path, store_url: str) -> Iterator[Shop]:
    with running_emulator("--limits", "off") as emulator:
        yield open_shop(tmp_path / "shop", emulator, store_url=store_url)


@pytest.fixture
def qbo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "300")
    return CommandLine(monkeypatch, capsys)


def everything(store_url: str, *, but: Collection[str] = ()) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of the store that no call writes."""
    database = open_database(store_url)
    tables = [name for name in inspect(database.engine).get_table_names() if name not in {*OF_THE_CALLS, *but}]
    with_tables = Run(None, database, None, "test")  # type: ignore[arg-type]
    found = content_of(with_tables, *tables)
    database.close()
    return found


@pytest.mark.parametrize("before", ["nothing", "drafted", "posted and changed"])
def test_a_dry_run_changes_no_table(shop: Shop, qbo: CommandLine, store_url: str, before: str) -> None:
    if before == "drafted":
        with shop.run() as run:
            draft(run)
    if before == "posted and changed":
        assert qbo("run", *DAYS, "--settings", shop.settings).status == 0
        shop.change("UPDATE movement_lines SET value = '-45.00' WHERE line_id = 'd1-1'")
    then = everything(store_url)
    answer = qbo("run", *DAYS, "--settings", shop.settings, "--dry-run", "--json")
    assert answer.status == 0, answer.err
    assert len(then) > 20
    assert everything(store_url) == then
    assert len(answer.json["postings"]) > 0


@pytest.mark.parametrize(
    "command",
    [
        ("run", *DAYS, "--dry-run"),
        ("preflight",),
        ("status",),
        ("show", "movement/d1"),
        ("correct", "--as-at", LAST_DAY),
        ("verify",),
        ("restate", "--preview"),
        ("post-history", "--to", LAST_DAY, "--preview"),
    ],
    ids=lambda command: command[0],
)
def test_no_command_that_only_shows_changes_a_table(
    shop: Shop, qbo: CommandLine, store_url: str, command: tuple[object, ...]
) -> None:
    """With something to show for each: a change in the source, and another cost account.

    `preflight` and `correct` keep what QuickBooks itself has just said, which every run reads anew.
    """
    assert qbo("run", *DAYS, "--settings", shop.settings).status == 0
    shop.change("UPDATE movement_lines SET value = '-45.00' WHERE line_id = 'd1-1'")
    point_to(shop.settings, 'cost_of_goods_sold = "Cost of Goods Sold"', 'cost_of_goods_sold = "Stock Write-offs"')
    read_anew = OF_QUICKBOOKS if command[0] in ("preflight", "correct") else set()
    then = everything(store_url, but=read_anew)
    assert qbo(*command, "--settings", shop.settings).status in (0, 1)
    assert everything(store_url, but=read_anew) == then


def test_a_later_run_of_another_day_sends_nothing_that_was_only_looked_at(shop: Shop, qbo: CommandLine) -> None:
    week = qbo("run", *DAYS, "--settings", shop.settings, "--dry-run", "--json")
    assert len(week.json["postings"]) > 8
    one_day = qbo("run", "--from", FIRST_DAY, "--to", FIRST_DAY, "--settings", shop.settings, "--json")
    assert one_day.json["records_new"] < week.json["records_new"]
    with shop.run() as run:
        days = {row["day"] for row in rows(run, "SELECT CAST(business_date AS TEXT) AS day FROM postings")}
    assert days <= {FIRST_DAY.isoformat(), "0001-01-01"}


def test_what_a_run_would_change_in_qbo_is_shown_beside_what_is_there(
    shop: Shop, qbo: CommandLine, tmp_path: Path
) -> None:
    qbo("run", *DAYS, "--settings", shop.settings)
    shop.change(
        "UPDATE movement_lines SET value = '-45.00' WHERE line_id = 'd1-1'",
        "DELETE FROM payment_allocations",
        "DELETE FROM payments",
    )
    file = tmp_path / "preview.csv"
    answer = qbo("run", *DAYS, "--settings", shop.settings, "--dry-run", "--json", "--csv", file)
    shown = {row["key"]: row for row in answer.json["postings"]}
    shipment, payment = shown["movement/d1"], shown["payment/y1"]
    assert (shipment["would_be"], payment["would_be"]) == ("updated", None)
    assert {line["debit"] for line in shipment["lines"]} == {"45.00", "0.00"}
    assert {line["debit"] for line in shipment["in_quickbooks_now"]} == {"40.00", "0.00"}
    assert "gone_from_source" in payment["reason"]
    assert payment["lines"] == []
    assert [line["credit"] for line in payment["in_quickbooks_now"]] == ["0.00", "120.00"]
    moved = {row["account"]: (row["debit"], row["credit"]) for row in answer.json["totals_by_account"]}
    assert moved == {"Cost of Goods Sold": ("5.00", "0.00"), "Inventory Asset": ("0.00", "5.00")}

    with file.open(encoding="utf-8-sig", newline="") as text:
        lines = [row for row in csv.DictReader(text) if row["key"] == "movement/d1"]
    assert {(row["side"], row["account"], row["debit"]) for row in lines} == {
        ("would be", "Cost of Goods Sold", "45.00"), ("would be", "Inventory Asset", "0.00"),
        ("in QuickBooks now", "Cost of Goods Sold", "40.00"), ("in QuickBooks now", "Inventory Asset", "0.00"),
    }  # fmt: skip
    text = qbo("run", *DAYS, "--settings", shop.settings, "--dry-run").plain
    assert "would be updated" in text
    assert "in QuickBooks now:" in text


def test_every_previewed_document_balances_and_is_what_qbo_makes_of_it(shop: Shop, qbo: CommandLine) -> None:
    """Once it is posted, the balance sheet of QBO has moved by the totals of the preview."""
    with shop.run() as opened, looking(opened) as run:
        draft(run)
        totals = Totals()
        for one in preview(run, LAST_DAY):
            totals.add(one)
            sides = totals_by_account(one.lines).values()
            assert sum(debit - credit for debit, credit in sides) == 0, one
        before = balance_sheet(opened)
    assert qbo("run", *DAYS, "--settings", shop.settings).status == 0
    with shop.run() as run:
        after = balance_sheet(run)
    expected = {row["account"]: row["debit"] - row["credit"] for row in totals.rows() if row["account"] in after}
    assert len(expected) >= 4
    assert {name: after[name] - before[name] for name in expected} == expected
    assert sum(after[name] - before[name] for name in set(after) - set(expected)) == 0


def balance_sheet(run: Run) -> dict[str, Decimal]:
    """By account, the balance that QBO's own chart gives it, debit positive; income and expense accounts have none."""
    found = run.quickbooks().query(select_objects("Account"))
    return {
        item["FullyQualifiedName"]: item["CurrentBalance"]
        for item in found
        if item["Classification"] in ("Asset", "Liability", "Equity")
    }
