"""The same month of the same company through every kind of source: which facts each of them tells.

What belongs here: reading the month, and the table of it. `python -m qbo_pipeline_tests.systems.who_knows_what` prints
it; docs/systems/README.md holds it.
"""

from __future__ import annotations

import csv
import json
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from qbo_pipeline.demo.company import generate
from qbo_pipeline.inventory.columns import COLUMNS
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.pipeline.connections import rows, write_connection
from qbo_pipeline_tests.systems import evenings
from qbo_pipeline_tests.systems.boxes import (
    RunningSyncro,
    RunningZuper,
    running_cin7_core,
    running_syncro,
    running_unleashed,
    running_zuper,
)
from qbo_pipeline_tests.systems.readings import FIRST, Reading, by_contract, cin7_core, unleashed

SOURCES = ("sql", "csv", "http_contract", "cin7_core", "unleashed", "syncro", "zuper")
YES, PARTLY, NO = "yes", "in part", "–"
SEED, DAYS = 7, 31

Facts = Mapping[str, Counter[tuple[Any, ...]]]
_DOCUMENTS = {"sales_invoice": "sales invoices", "sales_credit": "sales credits", "bill": "bills", "quote": "quotes",
              "purchase_credit": "purchase credits", "purchase_order": "purchase orders"}  # fmt: skip
_MOVEMENTS = {"receipt": "receipts", "shipment": "shipments", "customer_return": "customers' returns",
              "supplier_return": "returns to suppliers", "adjustment": "adjustments, the opening among them",
              "write_off": "write-offs", "stock_count": "stock counts", "assembly": "assemblies",
              "disassembly": "disassemblies", "transfer": "transfers", "revaluation": "revaluations"}  # fmt: skip


def facts(run: Run, last: date) -> Facts:
    """By what a user calls them, the facts that a connection has read: whatever the ids and the places are called."""
    skus: dict[str, str] = {}
    found: dict[str, Counter[tuple[Any, ...]]] = {}

    def tell(fact: str, *what: Any) -> None:
        found.setdefault(fact, Counter())[what] += 1

    live = "FROM records WHERE vanished_at IS NULL AND disposition <> 'set_aside'"
    for row in rows(run, f"SELECT * {live} AND record_type IN ('party', 'product')"):
        content = json.loads(row["content"])
        if row["record_type"] == "product":
            skus[row["record_id"]] = content["number"]
            tell("products", content["number"])
        else:
            tell(f"{row['kind']}s", content["name"])
    for row in rows(run, f"SELECT * {live} AND record_type NOT IN ('party', 'product', 'location')"):
        content = json.loads(row["content"])
        if content.get("status", "completed") != "completed":
            continue
        day = row["business_date"]
        if row["record_type"] == "document":
            kind = _DOCUMENTS[row["kind"]]
            tell(kind, day, content["total_amount"])
            if row["kind"] in ("sales_invoice", "sales_credit"):
                tell(f"tax of {kind}", day, content["tax_amount"])
        elif row["record_type"] == "movement":
            kind = _MOVEMENTS["adjustment" if row["kind"] == "opening" else row["kind"]]
            for line in content["lines"]:
                tell(kind, day, skus.get(line.get("product_id"), ""), line.get("quantity"), str(Decimal(line["value"])))
    for fact, kind in (("payments received", "payment_received"), ("payments made", "payment_made")):
        sums: Counter[str] = Counter()
        for row in rows(run, f"SELECT * {live} AND record_type = 'payment' AND kind = '{kind}'"):
            content = json.loads(row["content"])
            if content.get("status", "completed") == "completed":
                sums[row["business_date"]] += Decimal(content["amount"])  # type: ignore[assignment]
        for day, amount in sums.items():
            tell(fact, day, amount)
    with run.source() as source:
        for item in source.stock_values(last):
            if item.value:
                tell("stock value of a day", skus[item.product_id], item.value)
    return found


def read_all(folder: Path, days: int = DAYS, seed: int = SEED) -> dict[str, Facts]:
    """The facts of the month by every source."""
    last = FIRST + timedelta(days=days - 1)
    company = folder / "inventory.sqlite"
    generate(company, seed=seed, first_day=FIRST, days=days)
    found: dict[str, Facts] = {}
    common = {"currency": "USD", "first_day": FIRST.isoformat()}

    def read(source: str, file: Path) -> None:
        Reading(file).read(last)
        with open_run(load_settings(file)) as run:
            found[source] = facts(run, last)

    with by_contract(folder, company) as (sql, contract, _):
        read("sql", sql.file)
        read("http_contract", contract.file)
    export(company, folder / "export")
    read("csv", write_connection(folder / "csv", "demo", None, source_kind="csv", source_path="../export", **common))
    with running_cin7_core(company) as box:
        read("cin7_core", cin7_core(folder / "cin7", box, **common))
    with running_unleashed(company) as unleashed_box:
        read("unleashed", unleashed(folder / "unleashed", unleashed_box, **common))
    evening: dict[str, tuple[Callable[[Path], Any], Callable[..., Path]]] = {
        "syncro": (running_syncro, evenings.syncro),
        "zuper": (running_zuper, evenings.zuper),
    }
    for source, (running, connected) in evening.items():
        (folder / source).mkdir()
        with evenings.company(folder / source, seed, running) as (path, running_box):
            file = connected(folder / source / "api", None, running_box)
            evenings.nights(path, file, _clock(running_box), last)
            read(source, file)
    return found


def _clock(box: RunningSyncro | RunningZuper) -> evenings.Evenings:
    return evenings.Evenings(box)


def export(company: Path, folder: Path) -> None:
    """The company's views as CSV files with the contract's names."""
    folder.mkdir()
    with closing(sqlite3.connect(company)) as db:
        for name in COLUMNS:
            found = db.execute(f"SELECT * FROM {name}")
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow([column[0] for column in found.description])
                writer.writerows(found)


def table(found: Mapping[str, Facts]) -> str:
    """The table of docs/systems/README.md."""
    lines = [f"| | {' | '.join(f'`{source}`' for source in SOURCES)} |", f"|---|{'---|' * len(SOURCES)}"]
    lines += [f"| {fact} | {' | '.join(cells)} |" for fact, cells in _rows(found)]
    return "\n".join(lines) + "\n"


def _rows(found: Mapping[str, Facts]) -> Iterator[tuple[str, list[str]]]:
    ordered = (
        "customers", "suppliers", "products", "quotes", "sales invoices", "tax of sales invoices", "sales credits",
        "tax of sales credits", "purchase orders", "bills", "purchase credits", "payments received", "payments made",
        *_MOVEMENTS.values(), "stock value of a day",
    )  # fmt: skip
    assert found["sql"].keys() <= set(ordered)
    for fact in ordered:
        if (expected := found["sql"].get(fact)) is None:
            continue  # of few days not everything has happened
        cells = []
        for source in SOURCES:
            told = found[source].get(fact, Counter())
            cells.append(YES if told == expected else PARTLY if told else NO)
        yield fact, cells


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


if __name__ == "__main__":
    with _folder() as where:
        print(table(read_all(where)), end="")
