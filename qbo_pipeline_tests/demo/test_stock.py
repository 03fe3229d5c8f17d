"""Stock: the movements that the views deliver add up to the stock that the system itself reports, at every date,
and its moving averages are those of another reckoning."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from qbo_pipeline.demo import company
from qbo_pipeline_tests.demo.conftest import FIRST_DAY

CENT = Decimal("0.01")
Place = tuple[int, int]
Held = dict[Place, tuple[Decimal, Decimal]]


def changes_by_day(db: sqlite3.Connection, view: str) -> dict[str, Held]:
    changes: dict[str, Held] = defaultdict(dict)
    condition = "WHERE role = 'stock'" if view == "movement_lines" else ""
    for day, product, place, quantity, value, direction in db.execute(
        f"SELECT business_date, product_id, location_id, quantity, value, direction FROM {view} {condition}"
    ):
        held = changes[day].get((product, place), (Decimal(0), Decimal(0)))
        changes[day][product, place] = (held[0] + Decimal(quantity), held[1] + Decimal(value) * direction)
    return changes


def stock_lines(db: sqlite3.Connection) -> list[tuple[str, int, int, Decimal, Decimal]]:
    """The lines as the views deliver them, in the order in which the system recorded them."""
    rows = db.execute(
        "SELECT m.kind, l.product_id, l.location_id, l.quantity, l.value FROM movement_lines AS l"
        " JOIN movements AS m ON m.movement_id = l.movement_id JOIN stock_ledger AS s ON s.source_line_id = l.line_id"
        " ORDER BY s.id"
    )
    return [(kind, product, place, Decimal(quantity), Decimal(value)) for kind, product, place, quantity, value in rows]


def test_movements_add_up_to_the_stock_value_at_every_date(db: sqlite3.Connection) -> None:
    movements, stock = changes_by_day(db, "movement_lines"), changes_by_day(db, "stock_values")
    assert len(stock) > 30
    # Equal changes on each day are equal balances at each date.
    assert movements == stock


def test_the_balances_are_the_sum_of_all_changes(db: sqlite3.Connection) -> None:
    total: dict[Place, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for day in changes_by_day(db, "stock_values").values():
        for place, (quantity, value) in day.items():
            total[place][0] += quantity
            total[place][1] += value
    balances = db.execute("SELECT item_id, warehouse_id, quantity_milli, value_cents FROM stock_balances").fetchall()
    assert {
        (item, place): [Decimal(quantity) / 1000, Decimal(value) / 100] for item, place, quantity, value in balances
    } == total


def check_moving_average(lines: list[tuple[str, int, int, Decimal, Decimal]]) -> tuple[int, int]:
    """Re-reckon what each line that leaves (or was found) is worth; returns how many, and how many took the last."""
    held: Held = {}
    checked = emptied = 0
    for kind, product, place, quantity, value in lines:
        on_hand, worth = held.get((product, place), (Decimal(0), Decimal(0)))
        if quantity < 0 or kind in ("adjustment", "stock_count"):
            expected = (worth * quantity / on_hand).quantize(CENT, ROUND_HALF_UP)
            assert value == expected, (kind, product, place, quantity, value, on_hand, worth)
            checked += 1
        on_hand, worth = on_hand + quantity, worth + value
        assert on_hand >= 0
        assert worth >= 0
        assert on_hand > 0 or worth == 0
        emptied += on_hand == 0
        held[product, place] = (on_hand, worth)
    return checked, emptied


def test_costs_are_moving_averages(db: sqlite3.Connection) -> None:
    checked, emptied = check_moving_average(stock_lines(db))
    assert checked > 300
    assert emptied > 0


def test_costs_are_moving_averages_in_a_busier_company(tmp_path: Path) -> None:
    path = tmp_path / "company.db"
    company.generate(path, seed=3, first_day=FIRST_DAY, days=12, size="medium")
    with company.open_company(path) as db:
        checked, _ = check_moving_average(stock_lines(db))
    assert checked > 700


def test_what_stays_inside_creates_no_value(db: sqlite3.Connection) -> None:
    sums = {}
    for kind, movement, value in db.execute(
        "SELECT m.kind, m.movement_id, l.value FROM movements AS m JOIN movement_lines AS l"
        " ON l.movement_id = m.movement_id WHERE m.kind IN ('transfer', 'disassembly') AND l.role = 'stock'"
    ):
        sums[kind, movement] = sums.get((kind, movement), Decimal(0)) + Decimal(value)
    assert {kind for kind, _ in sums} == {"transfer", "disassembly"}
    assert set(sums.values()) == {Decimal(0)}


def test_a_transfer_moves_each_product_once_out_and_once_in(db: sqlite3.Connection) -> None:
    moved: dict[tuple[int, int], list[Decimal]] = defaultdict(list)
    for movement, product, quantity in db.execute(
        "SELECT m.movement_id, l.product_id, l.quantity FROM movements AS m JOIN movement_lines AS l"
        " ON l.movement_id = m.movement_id WHERE m.kind = 'transfer'"
    ):
        moved[movement, product].append(Decimal(quantity))
    assert moved
    assert all(len(quantities) == 2 and sum(quantities) == 0 for quantities in moved.values())


def test_an_assembly_adds_exactly_its_labour(db: sqlite3.Connection) -> None:
    added: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for movement, role, value in db.execute(
        "SELECT m.movement_id, l.role, l.value FROM movements AS m JOIN movement_lines AS l"
        " ON l.movement_id = m.movement_id WHERE m.kind = 'assembly'"
    ):
        added[movement][role] += Decimal(value)
    assert added
    assert all(roles["stock"] == roles["labour"] > 0 for roles in added.values())


def test_returned_goods_come_back_at_what_they_cost_when_shipped(db: sqlite3.Connection) -> None:
    rows = db.execute(
        "SELECT r.quantity_milli, r.cost_cents, s.quantity_milli, s.cost_cents FROM customer_return_lines AS r"
        " JOIN invoice_lines AS i ON i.id = r.invoice_line_id JOIN shipment_lines AS s ON s.id = i.shipment_line_id"
    ).fetchall()
    assert rows
    for quantity, cost, shipped, shipped_cost in rows:
        unit = Decimal(shipped_cost) / shipped
        assert quantity <= shipped
        assert abs(unit * quantity - cost) <= Decimal("0.5")


def test_receipts_cost_what_was_ordered(db: sqlite3.Connection) -> None:
    rows = db.execute(
        "SELECT r.quantity_milli, r.cost_cents, o.unit_cents FROM receipt_lines AS r"
        " JOIN purchase_order_lines AS o ON o.id = r.order_line_id"
    ).fetchall()
    assert rows
    assert all(cost * 1000 == quantity * unit for quantity, cost, unit in rows)
