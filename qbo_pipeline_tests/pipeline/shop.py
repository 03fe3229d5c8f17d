"""A shop of one week: a receipt, its bill, a sale, its shipment, a transfer, an assembly, a payment; without tax.

What belongs here: the shop's database, its connection, and ways to change it. On the first day there is nothing in it
that cannot be posted.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from qbo_pipeline.inventory.columns import COLUMNS
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.settings import load_settings
from qbo_pipeline.sources.connect import normalise_url
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import write_connection
from qbo_pipeline_tests.sources.company import Rows, good_company, write_company

FIRST_DAY, LAST_DAY = date(2024, 3, 1), date(2024, 3, 7)
DAYS = ("--from", FIRST_DAY.isoformat(), "--to", LAST_DAY.isoformat())
STOCK_VALUE = Decimal("62.50")
NAME = "shop"
DATED = ("document/b1", "document/i1", "movement/a1", "movement/d1", "movement/r1", "payment/y1")  # what posts


def shop_rows() -> Rows:
    """The rows of the shop's tables, by kind."""
    rows = good_company()
    for kind in rows.values():
        for row in kind:
            if "currency" in row:
                row["currency"] = "USD"
    for line in rows["document_lines"]:
        line["tax_amount"] = "0"
    rows["documents"][1] |= {"tax_amount": "0", "total_amount": "90.00"}
    rows["payment_allocations"][0]["amount"] = "90.00"
    return rows


@dataclass(frozen=True, slots=True)
class Shop:
    """The shop with its connection; `emulator` is None where nothing may be sent."""

    folder: Path
    source_url: str
    emulator: RunningEmulator | None

    @property
    def settings(self) -> Path:
        return self.folder / f"{NAME}.toml"

    @contextmanager
    def run(self, **options: Any) -> Iterator[Run]:
        with open_run(load_settings(self.settings), **options) as run:
            yield run

    def change(self, *statements: str) -> None:
        """Change the inventory system's own database."""
        engine = create_engine(normalise_url(self.source_url))
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()


def open_shop(
    folder: Path, emulator: RunningEmulator | None, rows: Rows | None = None, *, url: str | None = None, **values: Any
) -> Shop:
    """Write the shop's database and its connection; `values` are those of the settings' template."""
    folder.mkdir(parents=True, exist_ok=True)
    source_url = url or f"sqlite:///{folder / 'shop.sqlite'}"
    write_company(source_url, rows or shop_rows())
    days = {"first_day": FIRST_DAY.isoformat(), "last_day": LAST_DAY.isoformat()}
    write_connection(folder, NAME, emulator, **{"currency": "USD", "source_url": source_url, **days, **values})
    return Shop(folder, source_url, emulator)


def write_csv(folder: Path, rows: Rows) -> None:
    """The shop as a folder of CSV files, one a table."""
    folder.mkdir()
    for kind, own in rows.items():
        with (folder / f"{kind}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [column.name for column in COLUMNS[kind]])
            writer.writeheader()
            writer.writerows(own)


def draft(run: Run) -> None:
    """Extract and transform the shop's week; nothing is sent."""
    draft_days(run, FIRST_DAY, LAST_DAY)


def draft_days(run: Run, first: date, last: date) -> None:
    """Extract and transform these days; nothing is sent."""
    extract_master_data(run)
    extract_days(run, first, last)
    read_reference_data(run)
    transform(run, first, last)
