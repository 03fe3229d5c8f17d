"""The company half of the emulator, measured on one core: documents a second, and a general ledger of 100,000 lines."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline_tests.emulator.company.opening import id_of, open_company, sale_line

pytestmark = pytest.mark.benchmark
INVOICES, BATCH = 25_000, 30


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_invoices_of_three_lines_and_a_large_general_ledger(tmp_path: Path) -> None:
    company = open_company("us", tmp_path / "company.sqlite")
    customer, item = id_of(company, "Customer", "Cool Cars"), id_of(company, "Item", "Design")
    lines = [sale_line(item, n, "19.99", TaxCodeRef={"value": "TAX"}) | {"Description": f"line {n}"} for n in (1, 2, 3)]
    body = {"CustomerRef": {"value": customer}, "TxnDate": "2026-02-01", "PrivateNote": "document/4711", "Line": lines}
    request = jsontext.dumps(body)
    before = _memory_mb()
    start = time.perf_counter()
    for _ in range(INVOICES // BATCH):
        with company.batch():
            for _ in range(BATCH):
                company.create("Invoice", jsontext.loads(request))
    seconds = time.perf_counter() - start
    made = INVOICES // BATCH * BATCH
    print(f"\n{made} invoices of 3 lines in batches of {BATCH}: {made / seconds:,.0f} a second")
    print(f"memory grew by {(_memory_mb() - before):,.0f} MB, {(_memory_mb() - before) / made * 1024:,.1f} kB an invoice")

    start = time.perf_counter()
    report = company.report("GeneralLedger", {"start_date": "2026-02-01", "end_date": "2026-02-28"})
    seconds = time.perf_counter() - start
    cut = sum(len(section["Rows"]["Row"]) for section in report["Rows"]["Row"])
    count = company.report("TransactionList", {"start_date": "2026-02-01", "end_date": "2026-02-28"})
    print(f"general ledger over {made * 5:,} lines (cut at QBO's limit after {cut:,}): {seconds:.2f} s")
    assert len(count["Rows"]["Row"]) <= made + 10

    start = time.perf_counter()
    found = company.query("select * from Invoice startposition 1001 maxresults 1000")
    print(f"query of 1,000 invoices: {(time.perf_counter() - start) * 1000:.0f} ms")
    assert len(found["Invoice"]) == 1000


def test_invoices_one_by_one(tmp_path: Path) -> None:
    company = open_company("us", tmp_path / "company.sqlite")
    customer, item = id_of(company, "Customer", "Cool Cars"), id_of(company, "Item", "Rock Fountain")
    body = {"CustomerRef": {"value": customer}, "TxnDate": "2026-03-01", "Line": [sale_line(item, 1, "275")] * 3}
    start = time.perf_counter()
    for _ in range(3000):
        company.create("Invoice", jsontext.loads(jsontext.dumps(body)))
    seconds = time.perf_counter() - start
    print(f"\n3,000 invoices of 3 tracked lines, each committed alone: {3000 / seconds:,.0f} a second")
