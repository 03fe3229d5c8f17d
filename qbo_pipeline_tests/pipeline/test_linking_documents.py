"""What another integration has posted is linked and never posted twice; what is alike in part waits for a person."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to, rows
from qbo_pipeline_tests.pipeline.shop import DATED, DAYS, FIRST_DAY, LAST_DAY, open_shop
from qbo_pipeline_tests.pipeline.vendors_integration import create, post_as_the_vendor

ORDER = ("--who", "Ann", "--why", "we move over")


@pytest.fixture
def qbo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


def test_what_is_there_is_shown_then_linked_and_never_posted_twice(tmp_path: Path, qbo: CommandLine) -> None:
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator)
        point_to(shop.settings, 'link_existing = "never"', 'link_existing = "same_name"')
        ids = post_as_the_vendor(load_settings(shop.settings), emulator, FIRST_DAY, LAST_DAY)
        settings = ("--settings", str(shop.settings))
        shown = qbo("link-documents", *DAYS, *settings, "--json")
        assert [row["why"] for row in shown.json["pairs"] if row["answer"] == "doubt"] == []
        assert (shown.status, shown.json["matches"], shown.json["others"]) == (0, 6, [])
        assert {row["key"]: row["qbo_id"] for row in shown.json["pairs"]} == {key: ids[key] for key in DATED}
        with shop.run() as run:
            assert not rows(run, "SELECT key FROM postings")
            before = count(run)
        ordered = qbo("link-documents", *DAYS, *settings, *ORDER)
        assert ordered.status == 0
        assert "6 match, 0 are in doubt" in ordered.out
        with shop.run() as run:
            carried = carry(run, FIRST_DAY, LAST_DAY)
            assert (carried.result.status, carried.result.unexplained) == ("balanced", Decimal(0))
            assert count(run) == before
            (line,) = rows(run, "SELECT who, why FROM attempts WHERE key = 'document/i1' AND event = 'relink'")
            assert (line["who"], line["why"]) == ("Ann", "we move over")


def count(run: Any) -> Counter[str]:
    entities = ("Invoice", "Bill", "JournalEntry", "Payment", "Customer", "Vendor", "Item")
    return Counter({entity: len(list(run.quickbooks().query(select(entity)))) for entity in entities})


@pytest.mark.torture
def test_what_differs_waits_and_what_else_moves_the_stock_is_told(tmp_path: Path, qbo: CommandLine) -> None:
    """The vendor's bill brings the goods into stock itself, its payment is of another amount, a journal is its own."""
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator)
        point_to(shop.settings, 'link_existing = "never"', 'link_existing = "same_name"')
        with shop.run() as run:
            names = {account["Name"]: account["Id"] for account in run.quickbooks().query(select("Account"))}
        stock = {"value": names["Inventory Asset"]}

        def change(key: str, thing: dict[str, Any]) -> dict[str, Any] | None:
            if key == "document/b1":
                for line in thing["Line"]:
                    line["DetailType"] = "AccountBasedExpenseLineDetail"
                    line.pop("ItemBasedExpenseLineDetail", None)
                    line["AccountBasedExpenseLineDetail"] = {"AccountRef": stock}
            if key == "payment/y1":
                thing |= {"TotalAmt": 89, "Line": []}
            return None if key.startswith("movement/") else thing

        ids = post_as_the_vendor(load_settings(shop.settings), emulator, FIRST_DAY, LAST_DAY, change)
        accounts = {"Debit": {"value": names["Cost of Goods Sold"]}, "Credit": stock}
        sides = [
            {
                "DetailType": "JournalEntryLineDetail",
                "Amount": 7,
                "JournalEntryLineDetail": {"PostingType": side, "AccountRef": account},
            }
            for side, account in accounts.items()
        ]
        create(emulator, "JournalEntry", {"TxnDate": LAST_DAY.isoformat(), "DocNumber": "COGS 1", "Line": sides})
        settings = ("--settings", str(shop.settings))
        shown = qbo("link-documents", *DAYS, *settings, "--json")
        assert (shown.status, shown.json["matches"], shown.json["doubts"]) == (1, 1, 2)
        why = {row["key"]: row["why"] for row in shown.json["pairs"]}
        assert "what it does to the inventory account is" in why["document/b1"]
        assert why["payment/y1"] == "amount is 89.00 USD there and 120.00 USD here"
        assert [(one["number"], one["moves"]) for one in shown.json["others"]] == [("COGS 1", "-7.00")]
        ordered = qbo("link-documents", *DAYS, *settings, *ORDER)
        assert ordered.status == 1
        with shop.run() as run:
            invoices = count(run)["Invoice"]
            carry(run, FIRST_DAY, LAST_DAY)
            held = rows(run, "SELECT key, message FROM postings WHERE reason = 'doubtful_match' ORDER BY key")
            assert [row["key"] for row in held] == ["document/b1", "payment/y1"]
            assert f"(Id {ids['document/b1']})" in held[0]["message"]
            assert "relink document/b1 ID" in held[0]["message"]
            assert count(run)["Invoice"] == invoices
        # What a person has decided is not asked again.
        qbo("retry", "payment/y1", *settings, "--who", "Ann", "--why", "it is another one")
        again = qbo("link-documents", *DAYS, *settings, "--json")
        assert [row["key"] for row in again.json["pairs"]] == ["document/b1"]


def test_an_order_needs_who_and_why(tmp_path: Path, qbo: CommandLine) -> None:
    shop = open_shop(tmp_path, None)
    refused = qbo("link-documents", *DAYS, "--settings", str(shop.settings), "--who", "Ann")
    assert refused.status == 2
    assert "--who and --why" in refused.out + refused.err


def test_days_that_are_none_of_the_books_are_no_answer(tmp_path: Path, qbo: CommandLine) -> None:
    """Nothing there, said of days that nobody looked at, would be taken for safe."""
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator)
        settings = ("--settings", str(shop.settings))
        turned = qbo("link-documents", "--from", LAST_DAY, "--to", FIRST_DAY, *settings)
        before = qbo("link-documents", "--from", "2023-01-01", "--to", "2023-12-31", *settings)
        partly = qbo("link-documents", "--from", "2023-01-01", "--to", LAST_DAY, *settings)
    assert (turned.status, "is before --from" in turned.plain) == (2, True)
    assert (before.status, "lies before the books begin" in before.plain) == (2, True)
    assert (partly.status, f"! the books begin on {FIRST_DAY}" in partly.out) == (0, True)
