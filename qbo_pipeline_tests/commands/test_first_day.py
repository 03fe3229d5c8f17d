"""The first day of the books is moved on order, later and earlier: shown first, and the reconciliation stays explained.

The shop receives on the 1st and goes on until the 7th; nothing was in stock before.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.quickbooks.outcomes import Done
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.store.tables.records import connections, watermarks
from qbo_pipeline_tests.commands.command_line import Answer, CommandLine
from qbo_pipeline_tests.pipeline.connections import point_to
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, STOCK_VALUE, Shop

SOMEBODY = ("--who", "a controller", "--why", "the books were opened on another day")
MIDDLE = FIRST_DAY + timedelta(days=3)


def run(qbo: CommandLine, shop: Shop, first: date) -> Answer:
    return qbo("run", "--from", first, "--to", LAST_DAY, "--settings", shop.settings)


def reconciled(qbo: CommandLine, shop: Shop) -> dict[str, Any]:
    answer = qbo("reconcile", "--as-at", LAST_DAY, "--json", "--settings", shop.settings)
    found: dict[str, Any] = answer.json
    return found


def opening_entry(shop: Shop, day: date, amount: Decimal) -> None:
    """A person enters the opening balance of the inventory account."""
    with shop.run() as opened:
        with opened.database.reading() as reading:
            roles = StoredBooks(reading, opened.settings).books.roles
        lines = [
            {
                "DetailType": "JournalEntryLineDetail",
                "Amount": amount,
                "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": roles[role]}},
            }
            for side, role in (("Debit", "inventory"), ("Credit", "opening_balance_equity"))
        ]
        made = opened.quickbooks().create("JournalEntry", {"TxnDate": day.isoformat(), "Line": lines})
        assert isinstance(made, Done), made


def test_moved_later_what_is_posted_stays_posted_and_reconciled(shop: Shop, qbo: CommandLine) -> None:
    assert run(qbo, shop, FIRST_DAY).status == 0
    sent = shop.emulator.meter()["core"]  # type: ignore[union-attr]
    point_to(shop.settings, f"first_day = {FIRST_DAY}", f"first_day = {MIDDLE}")
    refused = run(qbo, shop, MIDDLE)
    assert (refused.status, "qbo-pipeline rebind --preview" in refused.plain) == (2, True)

    shown = qbo("rebind", "--preview", "--settings", shop.settings)
    assert shown.status == 0
    assert f"first day: {FIRST_DAY} becomes {MIDDLE}; between them lie {FIRST_DAY} to" in shown.plain
    assert "JournalEntry posted" in shown.plain
    assert "stays posted and is reconciled as before" in shown.plain
    assert run(qbo, shop, MIDDLE).status == 2  # it only showed

    assert qbo("rebind", *SOMEBODY, "--settings", shop.settings).status == 0
    answer = run(qbo, shop, MIDDLE)
    assert answer.status == 0, answer.plain
    found = reconciled(qbo, shop)
    assert (found["difference"], found["unexplained"]) == ("0.00", "0.00")
    assert Decimal(found["stock_value"]) == STOCK_VALUE
    assert shop.emulator.meter()["core"] == sent  # type: ignore[union-attr]
    with shop.run() as opened, opened.database.reading() as reading:
        assert reading.execute(select(connections.c.first_day)).scalar_one() == MIDDLE
        story = select(watermarks.c.value).where(watermarks.c.name.startswith("first day moved"))
        assert reading.execute(story).scalar_one() == f"{FIRST_DAY} -> {MIDDLE}; {SOMEBODY[1]}: {SOMEBODY[3]}"

    # And back again: nothing is posted a second time.
    point_to(shop.settings, f"first_day = {MIDDLE}", f"first_day = {FIRST_DAY}")
    assert qbo("rebind", *SOMEBODY, "--settings", shop.settings).status == 0
    assert run(qbo, shop, FIRST_DAY).status == 0
    assert shop.emulator.meter()["core"] == sent  # type: ignore[union-attr]


def test_moved_earlier_the_days_before_are_posted_and_the_opening_entry_is_named(shop: Shop, qbo: CommandLine) -> None:
    point_to(shop.settings, f"first_day = {FIRST_DAY}", f"first_day = {MIDDLE}")
    assert qbo("preflight", "--settings", shop.settings).status in (0, 1)  # reads the chart
    with shop.run() as opened, opened.source() as source:
        opening = sum(value.home_value for value in source.stock_values(MIDDLE - timedelta(days=1)))
    assert opening
    opening_entry(shop, MIDDLE - timedelta(days=1), Decimal(opening))
    assert run(qbo, shop, MIDDLE).status in (0, 1)
    assert reconciled(qbo, shop)["difference"] == "0.00"

    point_to(shop.settings, f"first_day = {MIDDLE}", f"first_day = {FIRST_DAY}")
    shown = qbo("rebind", "--preview", "--settings", shop.settings)
    assert f"stock was worth {opening:,.2f} at the end of {MIDDLE - timedelta(days=1)} and 0.00" in shown.plain
    assert qbo("rebind", *SOMEBODY, "--settings", shop.settings).status == 0
    assert run(qbo, shop, FIRST_DAY).status == 1  # the former opening entry is a manual entry now
    found = reconciled(qbo, shop)
    assert (Decimal(found["difference"]), found["unexplained"]) == (opening, "0.00")  # the ledger is more
    before_middle = MIDDLE - timedelta(days=1)
    with shop.run() as opened:  # a person deletes it: there is nothing to open with on the first day
        journals = opened.quickbooks().query(select_objects("JournalEntry").where("TxnDate", "=", before_middle))
        entry = next(thing for thing in journals if "[qp:" not in thing.get("PrivateNote", ""))
        opened.quickbooks().delete("JournalEntry", entry["Id"], entry["SyncToken"])
    assert run(qbo, shop, FIRST_DAY).status == 0
    found = reconciled(qbo, shop)
    assert (found["difference"], found["unexplained"]) == ("0.00", "0.00")


def test_it_is_shown_or_ordered_and_never_without_a_name(shop: Shop, qbo: CommandLine) -> None:
    for options in ((), ("--preview", *SOMEBODY), ("--who", "x"), ("--who", " ", "--why", " ")):
        assert qbo("rebind", *options, "--settings", shop.settings).status == 2
    nothing = qbo("rebind", "--preview", "--settings", shop.settings)
    assert (nothing.status, "nothing to do" in nothing.plain) == (2, True)
