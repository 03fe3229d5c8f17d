"""The perpetual record of stock, at moving-average cost for each product and warehouse.

The rule: what comes in adds its own cost. What goes out takes value on hand times quantity out over quantity on
hand, rounded half up to a cent; the last unit takes all the value that is left, so that nothing on hand is worth
nothing. Stock never goes below zero.
"""

from __future__ import annotations

import sqlite3

from qbo_pipeline.demo.arithmetic import half_up, quantity_text
from qbo_pipeline.demo.workday import Item, Workday


class NotEnoughStock(ValueError):
    """More was to leave a warehouse than lies in it."""


def on_hand(work: Workday, item_id: int, warehouse_id: int) -> tuple[int, int]:
    """Quantity (thousandths) and value (cents) of a product in a warehouse."""
    row = work.db.execute(
        "SELECT quantity_milli, value_cents FROM stock_balances WHERE item_id = ? AND warehouse_id = ?",
        (item_id, warehouse_id),
    ).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def available(work: Workday, warehouse_id: int, *, at_least_milli: int) -> list[Item]:
    """The products of which a warehouse holds at least so much."""
    rows = work.rows(
        "SELECT item_id FROM stock_balances WHERE warehouse_id = ? AND quantity_milli >= ? ORDER BY item_id",
        warehouse_id,
        at_least_milli,
    )
    return [work.items[item_id] for (item_id,) in rows if item_id in work.items]


def average_cost(work: Workday, item_id: int, warehouse_id: int, quantity_milli: int) -> int:
    """What a quantity is worth at the present average, in cents.

    Raises `NotEnoughStock` where nothing is on hand to take an average of.
    """
    quantity, value = on_hand(work, item_id, warehouse_id)
    if quantity <= 0:
        raise NotEnoughStock(f"item {item_id} has no stock in warehouse {warehouse_id} on {work.today}")
    return half_up(value * quantity_milli, quantity)


def bring_in(work: Workday, source: tuple[int, int], item_id: int, warehouse_id: int, quantity: int, cost: int) -> None:
    """Add a quantity (thousandths) at its cost (cents); `source` is the document and its line."""
    _move(work, source, item_id, warehouse_id, quantity, cost)


def take_out(work: Workday, source: tuple[int, int], item_id: int, warehouse_id: int, quantity: int) -> int:
    """Take a quantity (thousandths) out and return its cost (cents) by the moving average.

    Raises `NotEnoughStock` where there is less on hand.
    """
    held, value = on_hand(work, item_id, warehouse_id)
    if quantity > held:
        raise NotEnoughStock(
            f"of item {item_id} there are {quantity_text(held)} in warehouse {warehouse_id} on {work.today}, not "
            f"{quantity_text(quantity)}"
        )
    cost = value if quantity == held else half_up(value * quantity, held)
    _move(work, source, item_id, warehouse_id, -quantity, -cost)
    return cost


def take_back(db: sqlite3.Connection, source_id: int) -> None:
    """Take what a document moved out of the record, as if it had never moved."""
    db.execute(
        "UPDATE stock_balances SET quantity_milli = quantity_milli - moved.quantity,"
        " value_cents = value_cents - moved.value"
        " FROM (SELECT item_id, warehouse_id, SUM(quantity_milli) AS quantity, SUM(value_cents) AS value"
        " FROM stock_ledger WHERE source_id = ? GROUP BY 1, 2) AS moved"
        " WHERE stock_balances.item_id = moved.item_id AND stock_balances.warehouse_id = moved.warehouse_id",
        (source_id,),
    )
    db.execute("DELETE FROM stock_ledger WHERE source_id = ?", (source_id,))


def _move(work: Workday, source: tuple[int, int], item_id: int, warehouse_id: int, quantity: int, value: int) -> None:
    work.add(
        "stock_ledger", business_date=work.today, item_id=item_id, warehouse_id=warehouse_id, source_id=source[0],
        source_line_id=source[1], quantity_milli=quantity, value_cents=value,
    )  # fmt: skip
    work.db.execute(
        "INSERT INTO stock_balances VALUES (?, ?, ?, ?) ON CONFLICT (item_id, warehouse_id) DO UPDATE SET"
        " quantity_milli = quantity_milli + excluded.quantity_milli, value_cents = value_cents + excluded.value_cents",
        (item_id, warehouse_id, quantity, value),
    )
