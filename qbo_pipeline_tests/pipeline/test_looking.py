"""A dry run leaves nothing behind that a later run reads; what is the store's own of it, on SQLite and PostgreSQL."""

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
from qbo_pipeline.settings import load_settings
from qbo_pipeline.store.database import open_database
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, content_of, point_to, rows
from qbo_pipeline_tests.pipeline.shop import DAYS, FIRST_DAY, LAST_DAY, Shop, draft, open_shop

# The calls to QuickBooks are real: they are counted, wait for their turn, and keep the tokens fresh.
OF_THE_CALLS = {"api_calls", "pacing", "tokens", "token_versions"}
OF_QUICKBOOKS = {"reference_data", "account_names", "ledger_lines", "ledger_windows", "ledger_balances", "watermarks"}


@pytest.fixture
def shop(tmp_path: Path, quick_store_url: str) -> Iterator[Shop]:
    with running_emulator("--limits", "off") as emulator:
        yield open_shop(tmp_path / "shop", emulator, store_url=quick_store_url)


@pytest.fixture
def shop_on_both(tmp_path: Path, store_url: str) -> Iterator[Shop]:
    with running_emulator("--limits", "off") as emulator:
        yield open_shop(tmp_path / "shop", emulator, store_url=store_url)


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A week posted, with something to show since: a change in the source, and another cost account."""
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path_factory.mktemp("changed"), emulator)
        with shop.run() as run:
            carry(run, FIRST_DAY, LAST_DAY)
        shop.change("UPDATE movement_lines SET value = '-45.00' WHERE line_id = 'd1-1'")
        point_to(shop.settings, 'cost_of_goods_sold = "Cost of Goods Sold"', 'cost_of_goods_sold = "Stock Write-offs"')
        yield shop


@pytest.fixture
def qbo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "300")
    return CommandLine(monkeypatch, capsys)


def everything(shop: Shop, *, but: Collection[str] = ()) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of the store that no call writes."""
    database = open_database(load_settings(shop.settings).store_url())
    tables = [name for name in inspect(database.engine).get_table_names() if name not in {*OF_THE_CALLS, *but}]
    with_tables = Run(None, database, None, "test")  # type: ignore[arg-type]
    found = content_of(with_tables, *tables)
    database.close()
    return found


@pytest.mark.parametrize("drafted", [False, True])
def test_a_dry_run_before_the_first_run_changes_no_table(shop: Shop, qbo: CommandLine, drafted: bool) -> None:
    if drafted:
        with shop.run() as run:
            draft(run)
    check_a_dry_run(shop, qbo)


def test_a_dry_run_of_what_changed_changes_no_table(shop_on_both: Shop, qbo: CommandLine) -> None:
    assert qbo("run", *DAYS, "--settings", shop_on_both.settings).status == 0
    shop_on_both.change("UPDATE movement_lines SET value = '-45.00' WHERE line_id = 'd1-1'")
    check_a_dry_run(shop_on_both, qbo)


def check_a_dry_run(shop: Shop, qbo: CommandLine) -> None:
    then = everything(shop)
    answer = qbo("run", *DAYS, "--settings", shop.settings, "--dry-run", "--json")
    assert answer.status == 0, answer.err
    assert len(then) > 20
    assert everything(shop) == then
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
    changed: Shop, qbo: CommandLine, command: tuple[object, ...]
) -> None:
    """`preflight` and `correct` keep what QuickBooks itself has just said, which every run reads anew."""
    read_anew = OF_QUICKBOOKS if command[0] in ("preflight", "correct") else set()
    then = everything(changed, but=read_anew)
    assert qbo(*command, "--settings", changed.settings).status in (0, 1)
    assert everything(changed, but=read_anew) == then


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
