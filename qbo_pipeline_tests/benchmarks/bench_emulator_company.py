"""The company half of the emulator: documents a second, and a general ledger of 100,000 lines.

Seconds are those of one core (process time), so that a busy machine does not change them much.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline_tests.benchmarks.memory import peak_megabytes
from qbo_pipeline_tests.emulator.company.opening import id_of, open_company, sale_line

pytestmark = pytest.mark.benchmark
INVOICES, BATCH = 25_000, 30


def _memory_mb() -> float:
    return peak_megabytes()


def test_invoices_of_three_lines_and_a_large_general_ledger(tmp_path: Path) -> None:
    company = open_company("us", tmp_path / "company.sqlite", report_cell_limit=10**9)
    customer, item = id_of(company, "Customer", "Cool Cars"), id_of(company, "Item", "Design")
    lines = [sale_line(item, n, "19.99", TaxCodeRef={"value": "TAX"}) | {"Description": f"line {n}"} for n in (1, 2, 3)]
    body = {"CustomerRef": {"value": customer}, "TxnDate": "2026-02-01", "PrivateNote": "document/4711", "Line": lines}
    request = jsontext.dumps(body)
    before = _memory_mb()
    start = time.process_time()
    for _ in range(INVOICES // BATCH):
        with company.batch():
            for _ in range(BATCH):
                company.create("Invoice", jsontext.loads(request))
    seconds = time.process_time() - start
    made = INVOICES // BATCH * BATCH
    print(f"\n{made} invoices of 3 lines in batches of {BATCH}: {made / seconds:,.0f} a second")
    print(
        f"memory grew by {(_memory_mb() - before):,.0f} MB, {(_memory_mb() - before) / made * 1024:,.1f} kB an invoice"
    )

    start = time.process_time()
    report = company.report("GeneralLedger", {"start_date": "2026-02-01", "end_date": "2026-02-28"})
    seconds = time.process_time() - start
    written = jsontext.dumps(report)
    total = sum(len(section["Rows"]["Row"]) for section in report["Rows"]["Row"])
    print(f"general ledger of {total:,} lines: {seconds:.2f} s, {len(written) / 2**20:.0f} MB of JSON")
    assert total >= made * 5

    start = time.process_time()
    found = company.query("select * from Invoice startposition 1001 maxresults 1000")
    print(f"query of 1,000 invoices: {(time.process_time() - start) * 1000:.0f} ms")
    assert len(found["Invoice"]) == 1000


def test_invoices_one_by_one(tmp_path: Path) -> None:
    company = open_company("us", tmp_path / "company.sqlite")
    customer, item = id_of(company, "Customer", "Cool Cars"), id_of(company, "Item", "Rock Fountain")
    body = {"CustomerRef": {"value": customer}, "TxnDate": "2026-03-01", "Line": [sale_line(item, 1, "275")] * 3}
    start = time.process_time()
    for _ in range(3000):
        company.create("Invoice", jsontext.loads(jsontext.dumps(body)))
    seconds = time.process_time() - start
    print(f"\n3,000 invoices of 3 tracked lines, each committed alone: {3000 / seconds:,.0f} a second")
