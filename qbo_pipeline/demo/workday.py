"""One day's desk: the database, the day's dice, ids, document numbers, and the products as the day knows them.

What belongs here: what every kind of work needs. What a kind of work does is in sales.py, purchasing.py,
warehouse.py and banking.py; all that one day knows of another is in the database.
"""

from __future__ import annotations

import random
import sqlite3
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from qbo_pipeline.demo.catalogue import SALES_TAX_PER_MILLE

Value = int | str | None


@dataclass(frozen=True, slots=True)
class Item:
    """A product: prices in cents, quantities in thousandths of its unit."""

    id: int
    sku: str
    name: str
    kind: str
    supplier_id: int | None
    purchase_cents: int
    sales_cents: int
    step_milli: int
    usual_milli: int
    target_milli: int
    labour_minutes: int


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A place that holds stock; the shares are per cent of all sales and of an item's target stock."""

    id: int
    receives_purchases: int
    sales_share: int
    stock_share: int


class Workday:
    """The state of one business day's work; `save` writes back the counters."""

    def __init__(self, db: sqlite3.Connection, day: date) -> None:
        self.db = db
        self.day = day
        self.today = day.isoformat()
        self.last_id: int
        self.time_zone: str
        self.documents_per_day: int
        seed, self.last_id, self.time_zone, self.documents_per_day, first_day, currency = db.execute(
            "SELECT seed, last_id, time_zone, documents_per_day, first_day, currency FROM company"
        ).fetchone()
        self.sales_tax_per_mille = SALES_TAX_PER_MILLE[currency]
        self.is_first = self.today == first_day
        # A string seeds by SHA-512 of its text, alike on every platform; only whole numbers are ever drawn.
        self.dice = random.Random(f"{seed}/{self.today}")
        self.numbers: dict[str, int] = dict(db.execute("SELECT series, last_number FROM numbering"))
        self.items = {
            row[0]: Item(*row)
            for row in db.execute(
                "SELECT id, sku, name, kind, supplier_id, purchase_cents, sales_cents, step_milli, usual_milli,"
                " target_milli, labour_minutes FROM items WHERE active = 1 ORDER BY id"
            )
        }
        self.stocked = [item for item in self.items.values() if item.kind == "stocked"]
        self.by_sku = {item.sku: item for item in self.items.values()}
        self.warehouses = {
            row[0]: Warehouse(*row)
            for row in db.execute("SELECT id, receives_purchases, sales_share, stock_share FROM warehouses ORDER BY id")
        }
        self.reorders: list[Any] | None = None
        self._statements: dict[tuple[str, ...], str] = {}

    def new_id(self) -> int:
        """The next id; one counter serves all tables."""
        self.last_id += 1
        return self.last_id

    def number(self, series: str) -> str:
        """The next document number of a series: `INV-000017`."""
        self.numbers[series] = self.numbers.get(series, 0) + 1
        return f"{series}-{self.numbers[series]:06d}"

    def add(self, table: str, new_id: int | None = None, /, **values: Value) -> int:
        """Insert a row and return its id, which is drawn where it is not given."""
        row_id = new_id or self.new_id()
        shape = (table, *values)
        if shape not in self._statements:
            marks = ", ".join("?" * len(shape))
            self._statements[shape] = f"INSERT INTO {table} ({', '.join(('id', *values))}) VALUES ({marks})"
        self.db.execute(self._statements[shape], (row_id, *values.values()))
        return row_id

    def rows(self, statement: str, *parameters: Value) -> list[tuple[Any, ...]]:
        """All rows of a SELECT; every statement here says its order, so that equal databases give equal days."""
        return self.db.execute(statement, parameters).fetchall()

    def set(self, table: str, row_id: int, column: str, value: Value) -> None:
        """Set one column of one row."""
        self.db.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", (value, row_id))

    def after(self, days: int) -> str:
        """The date so many days after today (before it, where negative), as ISO text."""
        return (self.day + timedelta(days=days)).isoformat()

    def chance(self, one_in: int) -> bool:
        """True once in so many times."""
        return self.dice.randrange(one_in) == 0

    def warehouse_to_sell_from(self) -> Warehouse:
        """A warehouse, by its share of the sales."""
        places = list(self.warehouses.values())
        at = self.dice.randrange(sum(place.sales_share for place in places))
        for place in places:
            at -= place.sales_share
            if at < 0:
                break
        return place

    def save(self, *, worked: bool = True) -> None:
        """Write the counters back; a day that is `worked` is over, else it was written to only."""
        self.db.execute("UPDATE company SET last_id = ?", (self.last_id,))
        if worked:
            self.db.execute("UPDATE company SET next_day = ?", (self.after(1),))
        self.db.executemany("INSERT OR REPLACE INTO numbering VALUES (?, ?)", sorted(self.numbers.items()))
