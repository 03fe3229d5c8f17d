"""Parties and products as the books look them up: parsed once for a run, and found by the name that they share.

What belongs here: keeping what was parsed from page to page, and what counts as one name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, select

from qbo_pipeline.accounting.parties import name_key
from qbo_pipeline.accounting.products import item_key
from qbo_pipeline.inventory.records import Party, Product, Record, record_key
from qbo_pipeline.store.dispositions import load_record
from qbo_pipeline.store.master_names import are_noted, name_reference, note_all
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.records import records

MASTER_TYPES = ("party", "product")
MOST = 10_000  # parsed records in memory: some 10 MB


class Parsed:
    """Records that were parsed, by their content: one that has changed is never taken for what it was.

    At most `most` are kept; those that nobody asked for the longest go. `entered` is what people entered in QuickBooks,
    looked up once for all pages (`on_both_sides`).
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._records: dict[tuple[str, str], Record] = {}
        self.entered: dict[tuple[str, ...], list[Any]] | None = None

    def record(self, row: Any) -> Record:
        """The record that a row of the table `records` holds."""
        key = (row.record_type, row.content_hash)
        found = self._records.pop(key, None) or load_record(row)
        self._records[key] = found
        if len(self._records) > self._most:
            del self._records[next(iter(self._records))]
        return found


def called(record: Record) -> str | None:
    """The reference under which those are found that share a party's or a product's name in QBO."""
    if isinstance(record, Party):
        return name_reference("party", name_key(record))
    return name_reference("product", item_key(record)) if isinstance(record, Product) else None


def note_names(connection: Connection, name: str, now: Any) -> None:
    """Keep the names of all parties and products, once in a store: what is read since has its name from the start."""
    if not are_noted(connection, name):
        note_all(connection, name, all_called(connection, name), now=now)


def all_called(connection: Connection, name: str) -> Iterator[tuple[str, str]]:
    """Each party and product with the reference to its name, by reading all of them."""
    query = select(records).where(
        records.c.connection == name,
        records.c.record_type.in_(("party", "product")),
        records.c.disposition != "set_aside",
        records.c.vanished_at.is_(None),
    )
    for row in connection.execute(query):
        record = load_record(row)
        if (reference := called(record)) is not None:
            yield record_key(record), reference


def rows_of(connection: Connection, name: str, keys: Iterable[str]) -> list[Any]:
    """The rows of the parties and products of these keys that the source still has; other keys are passed over."""
    wanted = list(keys)
    found: list[Any] = []
    for record_type in MASTER_TYPES:
        for part in chunks([key.split("/", 1)[1] for key in wanted if key.startswith(f"{record_type}/")]):
            query = select(records).where(
                records.c.connection == name,
                records.c.record_type == record_type,
                records.c.record_id.in_(part),
                records.c.vanished_at.is_(None),
            )
            found += connection.execute(query).all()
    return found
