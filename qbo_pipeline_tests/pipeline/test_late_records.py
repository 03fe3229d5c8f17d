"""Records that come in the wrong order: a bill before its receipt, an allocation after its payment."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.restating import count_restatements
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.reconciliation.export import rows_of
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry_file, point_to, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, STOCK_VALUE, Shop, open_shop, shop_rows


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """The shop, whose receipt and whose payment's allocation are not entered yet."""
    source = shop_rows()
    source["movements"] = [row for row in source["movements"] if row["movement_id"] != "r1"]
    for kind in ("movement_lines", "bill_matches"):
        source[kind] = [row for row in source[kind] if row["movement_id"] != "r1"]
    source["stock_values"] = source["stock_values"][1:]
    source["payment_allocations"] = []
    with running_emulator("--limits", "off") as emulator:
        yield open_shop(tmp_path, emulator, source)


def _not_invoiced(run: Run) -> Decimal:
    """The balance of goods received not invoiced, in QBO's own ledger."""
    return _balance(run, "goods_received_not_invoiced")


def _balance(run: Run, role: str) -> Decimal:
    with run.database.reading() as connection:
        accounts = sorted(StoredBooks(connection, run.settings).books.accounts_of(role))
    report = run.quickbooks().ledger(accounts, FIRST_DAY, LAST_DAY)
    return sum((item.balance for item in report.balances), Decimal(0))


def _object(run: Run, key: str) -> dict[str, Any]:
    (link,) = rows(run, "SELECT entity, qbo_id FROM posting_links WHERE key = :key", key=key)
    return dict(run.quickbooks().read(link["entity"], link["qbo_id"]))


def test_a_bill_before_its_receipt_clears_when_the_receipt_comes(shop: Shop) -> None:
    early = carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    assert (early.result.stock_value, early.result.difference) == (STOCK_VALUE - 100, 0)
    with shop.run() as run:
        assert _not_invoiced(run) == 100  # billed and not received
        bill = _object(run, "document/b1")

    shop.change(
        "INSERT INTO movements (movement_id, kind, number, business_date, currency, party_id) "
        "VALUES ('r1', 'receipt', 'R1', '2024-03-05', 'USD', 's1')",
        "INSERT INTO movement_lines (movement_id, line_id, product_id, location_id, quantity, value) "
        "VALUES ('r1', 'r1-1', 'p1', 'w1', '10', '100.00')",
        "INSERT INTO bill_matches (document_id, line_id, movement_id, movement_line_id, quantity) "
        "VALUES ('b1', 'b1-1', 'r1', 'r1-1', '10')",
        "INSERT INTO stock_values (business_date, product_id, location_id, quantity, value, currency) "
        "VALUES ('2024-03-05', 'p1', 'w1', '10', '100.00', 'USD')",
    )
    late = carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    with shop.run() as run:
        assert _not_invoiced(run) == 0
        assert broken_counts(run) == []
        assert _object(run, "document/b1")["Id"] == bill["Id"]
    assert (late.touched["new"], late.touched["changed"], late.touched["vanished"]) == (1, 1, 0)
    assert (late.result.stock_value, late.result.difference, late.result.status) == (STOCK_VALUE, 0, "balanced")


def _booked(run: Run, key: str, account: str) -> list[Decimal]:
    """The amounts of an object's lines on an account."""
    found = []
    for line in _object(run, key)["Line"]:
        detail = line[line["DetailType"]]
        if detail["AccountRef"]["name"] == account:
            found.append(Decimal(str(line["Amount"])))
    return found


SOME_THERE = 6  # of ten that came, four were sold by then
RECEIPT = (
    (
        "INSERT INTO movements (movement_id, kind, number, business_date, currency, party_id) "
        "VALUES ('r1', 'receipt', 'R1', '2024-03-05', 'USD', 's1')"
    ),
    (
        "INSERT INTO movement_lines (movement_id, line_id, product_id, location_id, quantity, value) "
        "VALUES ('r1', 'r1-1', 'p1', 'w1', '10', '100.00')"
    ),
    (
        "INSERT INTO bill_matches (document_id, line_id, movement_id, movement_line_id, quantity) "
        "VALUES ('b1', 'b1-1', 'r1', 'r1-1', '10')"
    ),
    (
        "INSERT INTO stock_values (business_date, product_id, location_id, quantity, value, currency) "
        "VALUES ('2024-03-05', 'p1', 'w1', '10', '100.00', 'USD')"
    ),
)


def test_a_bill_ahead_of_its_goods_is_in_transit_and_a_later_change_of_it_reaches_the_receipt(shop: Shop) -> None:
    point_to(
        shop.settings,
        '# unmatched_bill_lines = "goods_received_not_invoiced"',
        'unmatched_bill_lines = "in_transit"\n# x = ""',
    )
    shop.change("UPDATE documents SET business_date = '2024-03-02' WHERE document_id = 'b1'")
    carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    with shop.run() as run:
        assert (_balance(run, "in_transit"), _not_invoiced(run)) == (100, 0)
    shop.change(*RECEIPT)
    late = carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    with shop.run() as run:
        assert (_balance(run, "in_transit"), _not_invoiced(run)) == (0, 0)
    assert (late.result.stock_value, late.result.difference, late.result.status) == (STOCK_VALUE, 0, "balanced")

    shop.change(
        "UPDATE documents SET net_amount = '110.00', total_amount = '110.00' WHERE document_id = 'b1'",
        "UPDATE document_lines SET net_amount = '110.00' WHERE document_id = 'b1'",
    )
    changed = carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    with shop.run() as run:
        assert _balance(run, "in_transit") == 0
        assert _booked(run, "movement/r1", "Purchase Price Variance") == [10]
        assert broken_counts(run) == []
    assert (changed.result.difference, changed.result.status) == (0, "balanced")


def test_what_went_through_transit_stays_so_when_the_setting_changes(shop: Shop) -> None:
    """Bill and receipt are posted under the settings that made them, until a person restates them together."""
    transit = 'unmatched_bill_lines = "in_transit"'
    point_to(shop.settings, '# unmatched_bill_lines = "goods_received_not_invoiced"', f'{transit}\n# x = ""')
    shop.change("UPDATE documents SET business_date = '2024-03-02' WHERE document_id = 'b1'", *RECEIPT)
    carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    point_to(shop.settings, transit, 'unmatched_bill_lines = "goods_received_not_invoiced"')
    shop.change("UPDATE parties SET phone = '1' WHERE party_id = 's1'")
    again = carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    with shop.run() as run:
        assert (_balance(run, "in_transit"), _not_invoiced(run)) == (0, 0)
        assert _booked(run, "movement/r1", "Inventory in Transit") == [100]
        assert count_restatements(run) == 2
    assert again.result.status == "balanced"


def test_a_dearer_bill_raises_what_is_still_there_and_the_rest_is_cost_of_sales(shop: Shop) -> None:
    """Of the ten that came, the source revalues what is there at the end of the bill's day."""
    point_to(
        shop.settings, '# bill_difference = "purchase_price_variance"', 'bill_difference = "on_hand_share"\n# x = ""'
    )
    shop.change(*RECEIPT)
    carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    shop.change(
        "UPDATE documents SET net_amount = '110.00', total_amount = '110.00' WHERE document_id = 'b1'",
        "UPDATE document_lines SET net_amount = '110.00' WHERE document_id = 'b1'",
    )
    carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    with shop.run() as run:
        assert _booked(run, "document/b1", "Goods Received Not Invoiced") == [100]
        assert _booked(run, "document/b1", "Inventory Asset") == [SOME_THERE]
        assert _booked(run, "document/b1", "Cost of Goods Sold") == [10 - SOME_THERE]
        assert broken_counts(run) == []


FREIGHT = (
    (
        "INSERT INTO movements (movement_id, kind, number, business_date, currency, for_movement_id) "
        "VALUES ('f1', 'landed_cost', 'F1', '2024-03-05', 'USD', 'r1')"
    ),
    (
        "INSERT INTO movement_lines (movement_id, line_id, role, quantity, value) "
        "VALUES ('f1', 'f1-1', 'to_share', '0', '20.00')"
    ),
    (
        "INSERT INTO stock_values (business_date, product_id, location_id, quantity, value, currency) "
        "VALUES ('2024-03-05', 'p1', 'w1', '0', '12.00', 'USD')"
    ),
)
"""A landed cost of 20.00 as one sum: ten came and six are there, and the source's own stock has its share of 12.00."""


def test_a_landed_cost_as_one_sum_goes_to_what_is_there_and_what_is_sold(shop: Shop) -> None:
    """12.00 of 20.00 is stock, as the inventory system values it too."""
    shop.change(*RECEIPT, *FREIGHT)
    point_to(shop.settings, '# landed_cost = "Freight and Duties"', 'landed_cost = "Goods Received Not Invoiced"')
    carried = carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    with shop.run() as run:
        assert _booked(run, "movement/f1", "Inventory Asset") == [12]
        assert _booked(run, "movement/f1", "Cost of Goods Sold") == [8]
        assert broken_counts(run) == []
    assert (carried.result.stock_value, carried.result.difference) == (STOCK_VALUE + 12, 0)
    assert carried.result.status == "balanced"


def test_a_landed_cost_as_one_sum_is_found_in_a_days_summary_too(shop: Shop) -> None:
    shop.change(*RECEIPT, *FREIGHT)
    point_to(shop.settings, '# landed_cost = "Freight and Duties"', 'landed_cost = "Goods Received Not Invoiced"')
    point_to(shop.settings, "summarise = []", 'summarise = ["landed_cost"]')
    carried = carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    assert (carried.result.stock_value, carried.result.difference) == (STOCK_VALUE + 12, 0)
    assert carried.result.status == "balanced"
    assert list(carried.result.causes["cause"]) == []


def test_a_landed_cost_as_one_sum_that_waits_is_missing_in_quickbooks_and_no_contradiction(shop: Shop) -> None:
    """Without an account for it, it is refused; the source's stock has its share all the same."""
    shop.change(*RECEIPT, *FREIGHT)
    carried = carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    assert (carried.result.difference, carried.result.unexplained) == (-12, 0)
    causes = dict(zip(carried.result.causes["cause"], carried.result.causes["amount"], strict=True))
    assert causes == {"parked": -12}


def test_a_late_cost_of_goods_that_are_all_sold_is_counted_though_it_moves_no_stock(shop: Shop) -> None:
    """Read once and posted once, in the report as in the counts of the store."""
    shop.change(
        *RECEIPT,
        FREIGHT[0],
        (
            "INSERT INTO movement_lines (movement_id, line_id, role, product_id, quantity, value) "
            "VALUES ('f1', 'f1-1', 'sold', 'p1', '0', '20.00')"
        ),
    )
    point_to(shop.settings, '# landed_cost = "Freight and Duties"', 'landed_cost = "Goods Received Not Invoiced"')
    carried = carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    counts = carried.result.counts.set_index("kind")
    assert tuple(counts.loc["landed_cost", ["read", "posted"]]) == (1, 1)
    assert counts["holds"].all()
    with shop.run() as run:
        assert broken_counts(run) == []


def test_a_posted_movement_that_can_no_longer_be_read_is_named_so(shop: Shop) -> None:
    """Until it is corrected: it stays in the books, and nothing is said to end by itself."""
    shop.change(*RECEIPT)
    carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    shop.change("UPDATE movement_lines SET value = '1.234,56' WHERE movement_id = 'd1'")
    carried = carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    found = rows_of(carried.result.differences, ("document_key", "cause", "explanation", "remedy"))
    (aside,) = (row for row in found if row["document_key"] == "movement/d1")
    assert aside["cause"] == "parked"
    assert "set aside. Posted with -40.00 before." in aside["explanation"]
    assert aside["remedy"].startswith("Correct it in the inventory system")
    assert (carried.result.difference, carried.result.unexplained) == (0, 0)


def test_goods_that_become_a_service_stay_in_stock_as_they_were_posted(shop: Shop) -> None:
    """The inventory system values them still; nothing of it is unexplained."""
    shop.change(*RECEIPT)
    carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    shop.change("UPDATE products SET kind = 'service' WHERE product_id = 'p1'")
    carried = carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    assert (carried.result.stock_value, carried.result.difference, carried.result.unexplained) == (STOCK_VALUE, 0, 0)
    assert carried.result.status == "balanced"


def test_an_allocation_after_its_payment_updates_the_payment(shop: Shop) -> None:
    carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    with shop.run() as run:
        unapplied = _object(run, "payment/y1")
    assert Decimal(str(unapplied["UnappliedAmt"])) == 120

    shop.change(
        "INSERT INTO payment_allocations (payment_id, allocation_id, document_id, amount) "
        "VALUES ('y1', 'y1-1', 'i1', '90.00')"
    )
    late = carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    with shop.run() as run:
        applied, invoice = _object(run, "payment/y1"), _object(run, "document/i1")

    assert late.touched == {"new": 0, "changed": 1, "vanished": 0, "postings": 1, "posted": 1}
    assert (applied["Id"], Decimal(str(applied["UnappliedAmt"]))) == (unapplied["Id"], 30)
    assert Decimal(str(invoice["Balance"])) == 0
