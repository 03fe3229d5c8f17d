"""Two connections to one company, by SQL and by an API, that are only read: nothing is sent anywhere.

What belongs here: making them, reading both, and what of their records must be equal whatever the ids.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import delete

from qbo_pipeline.pipeline.extract import Extracted, extract_days, extract_master_data
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.settings import load_settings
from qbo_pipeline.sources.source import StockValue
from qbo_pipeline.store.tables.records import watermarks
from qbo_pipeline_tests.pipeline.connections import rows, write_connection
from qbo_pipeline_tests.systems.boxes import (
    ACCOUNT_ID,
    API_ID,
    API_KEY,
    APPLICATION_KEY,
    TOKEN,
    RunningBox,
    RunningContract,
    RunningUnleashed,
    running_cin7_core,
    running_http_contract,
    running_unleashed,
)

FIRST = date(2026, 10, 1)
_AMOUNT = {"document": "total_amount", "payment": "amount"}


@dataclass(frozen=True, slots=True)
class Reading:
    """A connection; each `read` is a run of its own, as a night is."""

    file: Path

    def read(self, last: date) -> list[Extracted]:
        with open_run(load_settings(self.file)) as run:
            return [*extract_master_data(run), *extract_days(run, FIRST, last)]

    def facts(self) -> Counter[tuple[Any, ...]]:
        """What the records say to the books: kind, day, status, amount; of lines product, quantity and value."""
        with open_run(load_settings(self.file)) as run:
            return facts(run)

    def stock(self, as_at: date) -> Counter[tuple[str, str]]:
        """By SKU and place, the source's own value."""
        with open_run(load_settings(self.file)) as run, run.source() as source:
            names = _names(run)
            values = source.stock_values(as_at)
        return Counter({(names[item.product_id], _place(names, item)): item.value for item in values if item.value})


def _place(names: dict[str, str], item: StockValue) -> str:
    return names[item.location_id]


def facts(run: Run) -> Counter[tuple[Any, ...]]:
    names = _names(run)
    found: Counter[tuple[Any, ...]] = Counter()
    query = "SELECT * FROM records WHERE vanished_at IS NULL AND disposition <> 'set_aside'"
    for row in rows(run, query):
        content = json.loads(row["content"])
        status = content.get("status", "completed")
        if row["record_type"] == "movement":
            # An opening is an adjustment in Cin7 Core; a day's receipts of one order are one there.
            kind = "adjustment" if row["kind"] == "opening" else row["kind"]
            for line in content["lines"]:
                product, place = (names.get(line.get(name), "") for name in ("product_id", "location_id"))
                value = Decimal(line["value"])
                found[kind, row["business_date"], status, product, place, line.get("quantity", "0"), str(value)] += 1
        elif row["record_type"] == "document":
            found[row["kind"], row["business_date"], status, content["total_amount"]] += 1
            for line in content["lines"]:
                found[row["kind"], row["business_date"], status, "line", line["net_amount"], line["tax_amount"]] += 1
            for match in content.get("matches", ()):
                found[row["kind"], row["business_date"], status, "match", match["quantity"]] += 1
    return found


def next_day(reading: Reading) -> None:
    """The first run of another day: every list is read whole once in each, so that what was deleted is noticed."""
    with open_run(load_settings(reading.file)) as run, run.database.transaction() as connection:
        connection.execute(delete(watermarks).where(watermarks.c.name.like("landing:%:whole")))


def money(run: Run) -> Counter[tuple[str, str]]:
    """By kind and day, the sum of payments: Cin7 Core has one for each document that money settled."""
    found: Counter[tuple[str, str]] = Counter()
    for row in rows(run, "SELECT * FROM records WHERE vanished_at IS NULL AND record_type = 'payment'"):
        content = json.loads(row["content"])
        if content.get("status", "completed") == "completed":
            found[row["kind"], row["business_date"]] += Decimal(content["amount"])  # type: ignore[assignment]
    return found


def _names(run: Run) -> dict[str, str]:
    """By id, the SKU of products and the name of locations."""
    found = {}
    for row in rows(run, "SELECT * FROM records WHERE record_type IN ('product', 'location')"):
        content = json.loads(row["content"])
        found[row["record_id"]] = content["number"] if row["record_type"] == "product" else content["name"]
    return found


@contextmanager
def both(folder: Path, company: Path, **values: Any) -> Iterator[tuple[Reading, Reading, RunningBox]]:
    """The company by SQL and by Cin7 Core; `values` are more settings of the latter."""
    common = {"currency": "USD", "first_day": FIRST.isoformat()}
    with running_cin7_core(company) as box:
        sql = write_connection(folder / "sql", "demo", None, source_url=f"sqlite:///{company}", **common)
        yield Reading(sql), Reading(cin7_core(folder / "cin7", box, **common, **values)), box


def cin7_core(folder: Path, box: RunningBox, **values: Any) -> Path:
    """A connection to a box, and its key."""
    here = {"source_kind": "cin7_core", "source_url": box.url, "calls_per_minute": 1_000_000}
    file = write_connection(folder, "demo", None, **{**here, "parameters": {"inventory_accounts": ["1300"]}, **values})
    with (folder / ".env").open("a") as out:
        out.write(f"QBO_DEMO_SOURCE_ACCOUNT_ID={ACCOUNT_ID}\nQBO_DEMO_SOURCE_APPLICATION_KEY={APPLICATION_KEY}\n")
    return file


@contextmanager
def by_contract(folder: Path, company: Path) -> Iterator[tuple[Reading, Reading, RunningContract]]:
    """The company by SQL and by the HTTP contract."""
    common = {"currency": "USD", "first_day": FIRST.isoformat()}
    with running_http_contract(company) as box:
        sql = write_connection(folder / "sql", "demo", None, source_url=f"sqlite:///{company}", **common)
        here = {"source_kind": "http_contract", "source_url": box.url, "calls_per_minute": 1_000_000}
        file = write_connection(folder / "http", "demo", None, **common, **here)
        with (file.parent / ".env").open("a") as out:
            out.write(f"QBO_DEMO_SOURCE_TOKEN={TOKEN}\n")
        yield Reading(sql), Reading(file), box


@contextmanager
def by_unleashed(folder: Path, company: Path, known: Path) -> Iterator[tuple[Reading, Reading, RunningUnleashed]]:
    """What Unleashed can know of the company by SQL, and the company by Unleashed."""
    common = {"currency": "USD", "first_day": FIRST.isoformat()}
    with running_unleashed(company) as box:
        sql = write_connection(folder / "sql", "demo", None, source_url=f"sqlite:///{known}", **common)
        yield Reading(sql), Reading(unleashed(folder / "unleashed", box, **common)), box


def unleashed(folder: Path, box: RunningUnleashed, emulator: Any = None, **values: Any) -> Path:
    """A connection to a box, and its key."""
    here = {"source_kind": "unleashed", "source_url": box.url, "calls_per_minute": 1_000_000}
    file = write_connection(folder, "demo", emulator, **{**here, **values})
    with (folder / ".env").open("a") as out:
        out.write(f"QBO_DEMO_SOURCE_API_ID={API_ID}\nQBO_DEMO_SOURCE_API_KEY={API_KEY}\n")
    return file
