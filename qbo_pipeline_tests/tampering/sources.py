"""Inventory systems whose users change what was posted already, each on a copy of its database.

What belongs here: the changes as each system makes them, behind the same few names. Amounts are whole cents, signed as
the stock sees them.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from qbo_pipeline.demo import changes
from qbo_pipeline.demo.company import open_company, transaction
from qbo_pipeline_tests.reconciliation.tampering import Doc


class Inventory(Protocol):
    """What the users of an inventory system do to it."""

    def change_cost(self, doc: Doc, cents: int) -> int:
        """Change the value of the document's first line by this; answers its number among `doc.lines`."""

    def misstate(self, doc: Doc, cents: int) -> int | None:
        """The same without the stock's own value; `None` where the system cannot contradict itself."""

    def move(self, doc: Doc, day: date) -> None: ...

    def delete(self, doc: Doc) -> bool:
        """Delete it, unless the system does not let it go."""

    def void(self, doc: Doc) -> bool:
        """Void it, where the system has that."""

    def add_late(self, day: date, cents: int) -> tuple[str, str, str, str]:
        """Enter a movement of stock on a day long past; answers its key, number, product and location."""


class Demo:
    """The made-up company's system."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def change_cost(self, doc: Doc, cents: int) -> int:
        changes.change_cost(self._path, doc.number, self._own_sign(doc, cents))
        return 0

    def misstate(self, doc: Doc, cents: int) -> int | None:
        changes.misstate_cost(self._path, doc.number, self._own_sign(doc, cents))
        return 0

    def move(self, doc: Doc, day: date) -> None:
        changes.move_to_day(self._path, doc.number, day)

    def delete(self, doc: Doc) -> bool:
        try:
            changes.delete(self._path, doc.number)
        except ValueError:  # a later document builds on it
            return False
        return True

    def void(self, doc: Doc) -> bool:
        changes.void(self._path, doc.number)
        return True

    def add_late(self, day: date, cents: int) -> tuple[str, str, str, str]:
        with open_company(self._path) as db, transaction(db):
            ((last,),) = db.execute("SELECT last_id FROM company")
            ((item, warehouse),) = db.execute("SELECT item_id, warehouse_id FROM stock_ledger ORDER BY id LIMIT 1")
            number = f"ADJ-9{last:08d}"
            db.execute(
                "INSERT INTO stock_entries (id, number, business_date, kind, reason, memo)"
                " VALUES (?, ?, ?, 'adjustment', 'FOUND', 'Entered late')",
                (last + 1, number, day.isoformat()),
            )
            db.execute(
                "INSERT INTO stock_entry_lines (id, entry_id, line_number, item_id, warehouse_id, quantity_milli,"
                " cost_cents) VALUES (?, ?, 1, ?, ?, 1000, ?)",
                (last + 2, last + 1, item, warehouse, cents),
            )
            db.execute(
                "INSERT INTO stock_ledger (id, business_date, item_id, warehouse_id, source_id, source_line_id,"
                " quantity_milli, value_cents) VALUES (?, ?, ?, ?, ?, ?, 1000, ?)",
                (last + 3, day.isoformat(), item, warehouse, last + 1, last + 2, cents),
            )
            db.execute("UPDATE company SET last_id = ?", (last + 3,))
        return f"movement/{last + 1}", number, str(item), str(warehouse)

    @staticmethod
    def _own_sign(doc: Doc, cents: int) -> Decimal:
        """It keeps the cost of what leaves as a positive number."""
        return Decimal(cents * changes.PAPERS[doc.number.partition("-")[0]].sign).scaleb(-2)


class Openbravo:
    """Openbravo's tables, in one SQLite file; what it values is the sum of its transactions."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entered = 0

    def change_cost(self, doc: Doc, cents: int) -> int:
        with closing(sqlite3.connect(self._path)) as db, db:
            line, quantity, cost, product, place = self._transactions(db, doc)[0]
            sign = -1 if quantity.startswith("-") else 1
            after = Decimal(cost) + sign * Decimal(cents).scaleb(-2)
            db.execute("UPDATE M_TRANSACTION SET TRANSACTIONCOST = ? WHERE M_TRANSACTION_ID = ?", (f"{after:f}", line))
        return next(n for n, one in enumerate(doc.lines) if (one.product, one.location) == (product, place))

    def misstate(self, doc: Doc, cents: int) -> int | None:
        return None

    def move(self, doc: Doc, day: date) -> None:
        with closing(sqlite3.connect(self._path)) as db, db:
            ids = [row[0] for row in self._transactions(db, doc)]
            moment = f"{day.isoformat()} 00:00:00"
            db.executemany(
                "UPDATE M_TRANSACTION SET MOVEMENTDATE = ? WHERE M_TRANSACTION_ID = ?", [(moment, i) for i in ids]
            )
            for table, _, key in _HEADERS:
                db.execute(f"UPDATE {table} SET MOVEMENTDATE = ? WHERE {key} = ?", (moment, _id(doc)))

    def void(self, doc: Doc) -> bool:
        return False

    def delete(self, doc: Doc) -> bool:
        with closing(sqlite3.connect(self._path)) as db, db:
            ids = [row[0] for row in self._transactions(db, doc)]
            db.executemany("DELETE FROM M_TRANSACTION WHERE M_TRANSACTION_ID = ?", [(i,) for i in ids])
            for table, lines, key in _HEADERS:
                db.execute(f"DELETE FROM {lines} WHERE {key} = ?", (_id(doc),))
                db.execute(f"DELETE FROM {table} WHERE {key} = ?", (_id(doc),))
        return True

    def add_late(self, day: date, cents: int) -> tuple[str, str, str, str]:
        """A physical inventory with one transaction, copied from one that is there."""
        with closing(sqlite3.connect(self._path)) as db, db:
            db.row_factory = sqlite3.Row
            self._entered += 1
            key = f"LATE{self._entered:028d}"
            like = db.execute(
                "SELECT t.*, b.M_WAREHOUSE_ID AS warehouse, l.M_INVENTORY_ID AS header FROM M_TRANSACTION t"
                " JOIN M_INVENTORYLINE l ON l.M_INVENTORYLINE_ID = t.M_INVENTORYLINE_ID"
                " JOIN M_INVENTORY h ON h.M_INVENTORY_ID = l.M_INVENTORY_ID"
                " JOIN M_LOCATOR b ON b.M_LOCATOR_ID = t.M_LOCATOR_ID"
                " JOIN AD_ORG o ON o.AD_ORG_ID = h.AD_ORG_ID WHERE o.NAME LIKE 'F&B US%' AND h.M_INVENTORY_ID NOT LIKE"
                " 'LATE%' AND t.MOVEMENTQTY <> '0' ORDER BY t.M_TRANSACTION_ID LIMIT 1"
            ).fetchone()
            moment = f"{day.isoformat()} 00:00:00"
            _copy(db, "M_INVENTORY", "M_INVENTORY_ID", like["header"],
                  {"M_INVENTORY_ID": key, "NAME": key, "MOVEMENTDATE": moment})  # fmt: skip
            _copy(db, "M_INVENTORYLINE", "M_INVENTORYLINE_ID", like["M_INVENTORYLINE_ID"],
                  {"M_INVENTORYLINE_ID": key, "M_INVENTORY_ID": key})  # fmt: skip
            _copy(db, "M_TRANSACTION", "M_TRANSACTION_ID", like["M_TRANSACTION_ID"],
                  {"M_TRANSACTION_ID": key, "M_INVENTORYLINE_ID": key, "MOVEMENTDATE": moment, "MOVEMENTQTY": "1",
                   "TRANSACTIONCOST": f"{Decimal(cents).scaleb(-2):f}"})  # fmt: skip
        return f"movement/{key}", key, like["M_PRODUCT_ID"], like["warehouse"]

    def _transactions(self, db: sqlite3.Connection, doc: Doc) -> list[tuple[str, str, str, str, str]]:
        query = " UNION ALL ".join(
            f"SELECT t.M_TRANSACTION_ID, t.MOVEMENTQTY, t.TRANSACTIONCOST, t.M_PRODUCT_ID, b.M_WAREHOUSE_ID"
            f" FROM M_TRANSACTION t JOIN {lines} l ON l.{lines}_ID = t.{lines}_ID"
            f" JOIN M_LOCATOR b ON b.M_LOCATOR_ID = t.M_LOCATOR_ID WHERE l.{key} = :id"
            for _, lines, key in _HEADERS
        )
        found = db.execute(f"{query} ORDER BY 1", {"id": _id(doc)}).fetchall()
        return [tuple(row) for row in found]


_HEADERS = (
    ("M_INOUT", "M_INOUTLINE", "M_INOUT_ID"),
    ("M_INVENTORY", "M_INVENTORYLINE", "M_INVENTORY_ID"),
    ("M_MOVEMENT", "M_MOVEMENTLINE", "M_MOVEMENT_ID"),
)


def _id(doc: Doc) -> str:
    return doc.key.split("/", 1)[1]


def _copy(db: sqlite3.Connection, table: str, key: str, like: str, changed: dict[str, str]) -> None:
    row = dict(db.execute(f"SELECT * FROM {table} WHERE {key} = ?", (like,)).fetchone()) | changed
    names = ", ".join(row)
    db.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
