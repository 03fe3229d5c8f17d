"""What a document costs the store: bytes with all indexes, and its content once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from qbo_pipeline_tests.pipeline.shop import open_shop, shop_rows
from qbo_pipeline_tests.pipeline.without_qbo import build, chart, read
from qbo_pipeline_tests.sources.company import Rows

FEW, MANY = 10, 130
BYTES = 4_000  # of an invoice of two lines with its posting and its line of the journal: about 2,800


def _with_invoices(count: int) -> Rows:
    found = shop_rows()
    invoice = found["documents"][1]
    lines = [row for row in found["document_lines"] if row["document_id"] == invoice["document_id"]]
    for number in range(count):
        own = {"document_id": f"n{number}"}
        found["documents"].append({**invoice, **own, "number": f"N{number}"})
        found["document_lines"] += [{**line, **own, "line_id": f"{line['line_id']}-{number}"} for line in lines]
    return found


def _bytes(folder: Path, count: int) -> int:
    """The size of a store in which the shop's documents and these invoices are read and built."""
    shop = open_shop(folder, None, _with_invoices(count))
    with shop.run() as run:
        chart(run)
        read(run)
        build(run)
        store = run.database.file
    assert store is not None
    with closing(sqlite3.connect(store)) as db:
        assert db.execute("SELECT COUNT(*) FROM record_revisions").fetchone() == (0,)
        pages, size = db.execute("PRAGMA page_count").fetchone()[0], db.execute("PRAGMA page_size").fetchone()[0]
        return int(pages) * int(size)


def test_a_document_costs_the_store_little(tmp_path: Path) -> None:
    few, many = _bytes(tmp_path / "few", FEW), _bytes(tmp_path / "many", MANY)
    assert (many - few) / (MANY - FEW) < BYTES
