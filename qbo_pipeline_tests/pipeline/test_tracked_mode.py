"""Tracked mode end to end: the shop's week by inventory items and quantities, and the guards around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from qbo_pipeline.pipeline.binding import MODE, bound_mode
from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.connect import ConnectionMismatch
from qbo_pipeline.posting.identity import marker_in
from qbo_pipeline.quickbooks.outcomes import Done
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.settings import SettingsError, load_settings, settings_of
from qbo_pipeline.store.opening import open_store
from qbo_pipeline.store.tables.posting import posting_links
from qbo_pipeline.store.tables.records import watermarks
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop, shop_rows
from qbo_pipeline_tests.sources.company import Rows

D = Decimal
ENTITIES = ("Bill", "Invoice", "InventoryAdjustment", "JournalEntry", "Payment")


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator("--limits", "off") as running:
        yield running


def tracked_rows() -> Rows:
    """The shop's week with opening stock, and a quantity on every line of goods."""
    given = shop_rows()
    for line in given["document_lines"][1:]:
        line["quantity"] = "2"
    given["movements"].append(
        {"movement_id": "o1", "kind": "opening", "number": "O1", "business_date": "2024-03-01", "currency": "USD"}
    )
    line = {"movement_id": "o1", "line_id": "o1-1", "product_id": "p2", "location_id": "w1"}
    given["movement_lines"].append({**line, "quantity": "3", "value": "37.50"})
    # A late cost of goods that are all sold has no line of stock.
    late = {"movement_id": "late", "kind": "landed_cost", "number": "L1", "business_date": "2024-03-06"}
    given["movements"].append(late | {"currency": "USD"})
    sold = {"line_id": "late-1", "product_id": "p2", "location_id": "w1", "role": "sold", "quantity": "0"}
    given["movement_lines"].append({"movement_id": "late", **sold, "value": "1.50"})
    stock = {"business_date": "2024-03-01", "product_id": "p2", "location_id": "w1", "quantity": "3"}
    given["stock_values"].append({**given["stock_values"][0], **stock, "value": "37.50"})
    return given


def open_tracked(folder: Path, emulator: RunningEmulator | None, given: Rows | None = None, **values: Any) -> Shop:
    return open_shop(folder, emulator, given or tracked_rows(), mode='"tracked"', **values)


def objects(run: Any) -> Counter[str]:
    """How many objects of each kind in QuickBooks bear a marker of ours."""
    return Counter(
        entity for entity in ENTITIES for thing in run.quickbooks().query(select(entity))
        if marker_in(thing.get("PrivateNote"))
    )  # fmt: skip


def on_hand(run: Any) -> dict[str, Decimal]:
    found = run.quickbooks().query(select("Item").where("Type", "=", "Inventory"))
    return {item["Name"]: D(str(item["QtyOnHand"])) for item in found if item["Name"].startswith(("Beans", "Gift"))}


def first_made(reading: Any, run: Any) -> dict[str, tuple[Decimal, Decimal] | None]:
    """What was made of each product when any of it was made first: quantity and value."""
    books = StoredBooks(reading, run.settings).books
    found = {product: books.first_made(product) for product in ("p1", "p2")}
    return {product: made and (made.quantity, made.value) for product, made in found.items()}


def standing(run: Any) -> dict[str, tuple[str, str | None]]:
    query = "SELECT key, state, reason FROM postings WHERE superseded_by IS NULL"
    return {row["key"]: (row["state"], row["reason"]) for row in rows(run, query)}


def test_the_shops_week_moves_the_stock_once_and_its_opening_follows_the_source(
    tmp_path: Path, emulator: RunningEmulator
) -> None:
    shop = open_tracked(tmp_path, emulator)
    with shop.run() as run:
        result = carry(run, FIRST_DAY, LAST_DAY).result
        assert (result.status, result.difference, result.unexplained) == ("explained", D("0.00"), D("0.00"))
        assert set(result.causes["cause"]) == {"received_not_invoiced"}  # the receipt is a day before its bill
        assert on_hand(run) == {"Beans p1": D(5), "Gift box p2": D(4)}
        # The journal is the labour of what was assembled.
        assert objects(run) == {"Bill": 1, "Invoice": 1, "InventoryAdjustment": 1, "JournalEntry": 1, "Payment": 1}
        with run.database.reading() as reading:
            assert first_made(reading, run) == {"p2": (D(1), D("12.50")), "p1": None}
        assert carry(run, FIRST_DAY, LAST_DAY).touched["posted"] == 0
        _link_to_an_untracked_item(run, "product/p1")
    # What an item was made with stands for ever: QuickBooks would take it in an update for an adjustment of stock.
    shop.change(
        "UPDATE products SET name = 'Gift chest' WHERE product_id = 'p2'",
        "UPDATE movement_lines SET quantity = '5', value = '62.50' WHERE movement_id = 'o1'",
        "UPDATE movements SET business_date = '2024-03-07' WHERE movement_id = 'a1'",
        "UPDATE document_lines SET description = 'Roasted beans' WHERE document_id = 'i1'",
    )
    with shop.run() as run:
        # Of what was assembled the journal goes to its new day; its quantities wait for a person.
        assert carry(run, FIRST_DAY, LAST_DAY).loaded.summary.posted == 3
        assert on_hand(run) == {"Beans p1": D(5), "Gift chest p2": D(6)}
        assert objects(run)["InventoryAdjustment"] == 2
        states = standing(run)
        assert states["movement/a1"] == ("parked", "entity_changed")  # QuickBooks moves no adjustment to another day
        assert states["document/i1"] == ("parked", "untracked_item")
    point_to(shop.settings, 'mode = "tracked"', 'mode = "external"')
    with pytest.raises(ConnectionMismatch, match=r'has posted with "tracked".*switch-mode --preview'), shop.run():
        pass
    store = open_store(load_settings(shop.settings).store_url())
    with store.transaction() as connection:  # posted before there were modes: in external mode
        connection.execute(delete(watermarks).where(watermarks.c.name == MODE))
        assert bound_mode(connection, "shop") == "external"
    store.close()


def test_what_people_do_to_the_stock_is_told_by_item(tmp_path: Path, emulator: RunningEmulator) -> None:
    shop = open_tracked(tmp_path, emulator)
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        quickbooks = run.quickbooks()
        (invoice,) = [one for one in quickbooks.query(select("Invoice")) if marker_in(one.get("PrivateNote"))]
        for line in invoice["Line"]:
            if detail := line.get("SalesItemLineDetail"):
                detail["Qty"], detail["UnitPrice"] = 1, line["Amount"]
        assert isinstance(quickbooks.update("Invoice", invoice), Done)
        (box,) = quickbooks.query(select("Item").where("Name", "=", "Gift box p2"))
        counted = {
            "TxnDate": "2024-03-06",
            "AdjustAccountRef": box["ExpenseAccountRef"],
            "Line": [{
                "DetailType": "ItemAdjustmentLineDetail",
                "ItemAdjustmentLineDetail": {"ItemRef": {"value": box["Id"]}, "QtyDiff": -1},
            }],
        }  # fmt: skip
        assert isinstance(quickbooks.create("InventoryAdjustment", counted), Done)
        result = carry(run, FIRST_DAY, LAST_DAY).result
        beans, boxes = result.quantities.to_dict("records")
        assert (beans["difference"], beans["changed_in_qbo"], beans["unexplained"]) == (D(2), D(2), D(0))
        assert (boxes["difference"], boxes["qbo_only"], boxes["unexplained"]) == (D(-1), D(-1), D(0))
        told = dict(zip(result.causes["cause"], result.causes["amount"], strict=True))
        assert told["changed_in_qbo"] == D("20.00")
        assert told["qbo_only"] == D("-12.50")
        assert result.unexplained == D("0.00")


def _link_to_an_untracked_item(run: Any, key: str) -> None:
    """As a store would have it that was altered: neither a run nor a person can link one."""
    (beans,) = run.quickbooks().query(select("Item").where("Name", "=", "Beans p1"))
    plain = {"Name": "Roasted", "Type": "NonInventory", "IncomeAccountRef": beans["IncomeAccountRef"]}
    made = run.quickbooks().create("Item", plain)
    assert isinstance(made, Done)
    with run.database.transaction() as connection:
        connection.execute(update(posting_links).where(posting_links.c.key == key).values(qbo_id=made.id))


@pytest.mark.parametrize(
    ("posting", "told"),
    [
        ('mode = "tracked"\nzero_cost = "post"', 'zero_cost has no effect where mode = "tracked"'),
        ('mode = "tracked"\nlanded_cost_by = "weight"', 'landed_cost_by has no effect where mode = "tracked"'),
        ('mode = "tracked"\nsummarise = ["shipment"]', 'summarise has no effect where mode = "tracked"'),
        ('returns_move_stock_by = "documents"', 'returns_move_stock_by has no effect where mode = "external"'),
        ('sales_channel = "class"', "sales_channel has no effect where no sales are summed up"),
        (
            'summary_customer = "Shop"\nsummarise = ["shipment"]',
            "summary_customer has no effect where no sales are summed up",
        ),
        (
            'mode = "tracked"\n[accounts.by_location]\nw1 = { inventory = "West" }',
            "[accounts.by_location] w1.inventory",
        ),
        (
            'mode = "tracked"\n[[changes]]\nfirst_day = 2024-04-01\nposting = { bill_difference = "inventory" }',
            '[[changes]] posting.bill_difference has no effect where [posting] mode = "tracked"',
        ),
    ],
)
def test_a_setting_of_the_other_mode_is_refused(posting: str, told: str, tmp_path: Path) -> None:
    sections = (
        '[connection]\nname = "shop"\ncurrency = "USD"\ntime_zone = "UTC"\nfirst_day = 2024-03-01',
        '[source]\nkind = "sql"\nurl = "sqlite:///shop.sqlite"',
        '[quickbooks]\nenvironment = "sandbox"\nrealm = "1"',
        '[store]\nurl = "sqlite:///store.sqlite"\n[accounts]\nroles = {}',
        f"[posting]\n{posting}",
    )
    with pytest.raises(SettingsError) as refused:
        settings_of("\n".join(sections), tmp_path / "shop.toml")
    assert told in str(refused.value)
