"""Guards that act: the first send waits for preflight or for a person's word, and a tracked item for neither."""

from __future__ import annotations

from sqlalchemy import delete, update

from qbo_pipeline.quickbooks.outcomes import Done
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.store.tables.posting import posting_links
from qbo_pipeline.store.tables.records import watermarks
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop

WEEK = ("--from", FIRST_DAY, "--to", LAST_DAY)
SOMEBODY = ("--who", "a controller", "--why", "the stock of before is counted next week")


def writes(shop: Shop) -> int:
    assert shop.emulator is not None
    found: int = shop.emulator.meter()["core"]
    return found


def not_accepted(shop: Shop) -> None:
    with shop.run() as run, run.database.transaction() as connection:
        connection.execute(delete(watermarks).where(watermarks.c.name == "preflight accepted"))


def with_a_tracked_item(shop: Shop) -> None:
    """An item of a person that QuickBooks tracks: a check before going live fails."""
    with shop.run() as run:
        accounts = {item["Name"]: item["Id"] for item in run.quickbooks().query(select("Account"))}
        item = {
            "Name": "Counted by QuickBooks",
            "Type": "Inventory",
            "TrackQtyOnHand": True,
            "QtyOnHand": 0,
            "InvStartDate": "2020-01-01",
            "AssetAccountRef": {"value": accounts["Inventory Asset"]},
            "IncomeAccountRef": {"value": accounts["Sales of Product Income"]},
            "ExpenseAccountRef": {"value": accounts["Cost of Goods Sold"]},
        }
        made = run.quickbooks().create("Item", item)
    assert isinstance(made, Done), made


def test_nothing_is_sent_for_the_first_time_while_a_check_fails(shop: Shop, qbo: CommandLine) -> None:
    not_accepted(shop)
    with_a_tracked_item(shop)
    before = writes(shop)
    refused = qbo("run", *WEEK, "--settings", shop.settings)
    assert refused.status == 2
    assert "the checks before going live fail" in refused.plain
    assert "items track their quantity in QuickBooks" in refused.plain
    assert writes(shop) == before

    half = qbo("preflight", "--accept", "--who", "a controller", "--settings", shop.settings)
    assert half.status == 2
    accepted = qbo("preflight", "--accept", *SOMEBODY, "--settings", shop.settings)
    assert (accepted.status, "Accepted by a controller" in accepted.plain) == (0, True)
    assert qbo("run", *WEEK, "--settings", shop.settings).status != 2
    assert writes(shop) > before
    with shop.run() as run:
        (kept,) = rows(run, "SELECT value FROM watermarks WHERE name = 'preflight accepted'")
    assert "the stock of before is counted next week" in kept["value"]
    assert "tracked items" in kept["value"]


def test_after_the_first_send_the_checks_stop_nothing(shop: Shop, qbo: CommandLine) -> None:
    assert qbo("run", "--from", FIRST_DAY, "--to", FIRST_DAY, "--settings", shop.settings).status == 0
    not_accepted(shop)
    with_a_tracked_item(shop)
    assert qbo("run", *WEEK, "--settings", shop.settings).status != 2


def test_a_document_with_an_item_that_quickbooks_tracks_is_held(shop: Shop, qbo: CommandLine) -> None:
    """Between two nights the item of a product became one that QuickBooks tracks."""
    assert qbo("run", *WEEK, "--settings", shop.settings).status == 0
    with_a_tracked_item(shop)
    with shop.run() as run:
        (tracked,) = run.quickbooks().query(select("Item").where("Name", "=", "Counted by QuickBooks"))
        with run.database.transaction() as connection:
            mine = (posting_links.c.key == "product/p1", posting_links.c.entity == "Item")
            connection.execute(update(posting_links).where(*mine).values(qbo_id=tracked["Id"]))
    before = writes(shop)
    shop.change("UPDATE document_lines SET description = 'Beans, roasted' WHERE line_id = 'i1-1'")
    answer = qbo("run", *WEEK, "--settings", shop.settings)
    assert answer.status == 1
    assert "tracked_item: its item 'Counted by QuickBooks' tracks its quantity in QuickBooks" in answer.plain
    assert writes(shop) == before
