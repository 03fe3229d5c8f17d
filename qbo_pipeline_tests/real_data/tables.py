"""The tables of the contract as a SQLite file, filled in portions, with the indexes that reading by day wants.

What belongs here: writing rows. What the rows are is in the mapping of each data set.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qbo_pipeline.inventory.columns import COLUMNS

_AT_ONCE = 20_000
_KEYS = {
    "documents": "document_id", "document_lines": "document_id", "movements": "movement_id",
    "movement_lines": "movement_id", "bill_matches": "document_id", "parties": "party_id", "products": "product_id",
}  # fmt: skip
Row = tuple[str, dict[str, Any]]  # kind, columns


def write_tables(file: Path, rows: Iterable[Row]) -> None:
    """Create the tables and fill them; every value is text, as in CSV files."""
    database = sqlite3.connect(file)
    kinds = ("parties", "products", "locations", "documents", "document_lines", "bill_matches", "movements",
             "movement_lines", "stock_values")  # fmt: skip
    names = {kind: [column.name for column in COLUMNS[kind]] for kind in kinds}
    for kind, columns in names.items():
        quoted = ", ".join(f'"{name}"' for name in columns)
        database.execute(f"CREATE TABLE {kind} ({quoted})")
    waiting: dict[str, list[tuple[Any, ...]]] = {kind: [] for kind in kinds}

    def flush(kind: str) -> None:
        places = ", ".join("?" * len(names[kind]))
        database.executemany(f"INSERT INTO {kind} VALUES ({places})", waiting[kind])
        waiting[kind] = []

    for kind, row in rows:
        waiting[kind].append(tuple(row.get(name) for name in names[kind]))
        if len(waiting[kind]) >= _AT_ONCE:
            flush(kind)
    for kind in kinds:
        flush(kind)
        if kind in _KEYS:
            database.execute(f"CREATE INDEX {kind}_by_key ON {kind} ({_KEYS[kind]})")
        if "business_date" in names[kind]:
            database.execute(f"CREATE INDEX {kind}_by_day ON {kind} (business_date)")
    database.commit()
    database.close()
