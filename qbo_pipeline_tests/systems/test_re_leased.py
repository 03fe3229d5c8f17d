"""Re-Leased's profile on the HTTP contract, end to end: contacts, documents, payments and attached files both ways."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.preflight import _inbox
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.pipeline.two_way import two_way
from qbo_pipeline.pipeline.write_back import write_back
from qbo_pipeline.pipeline.write_back_answers import take_answers
from qbo_pipeline.pipeline.write_back_standing import write_back_standing
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import point_to, rows
from qbo_pipeline_tests.systems.moved_over import CUT_OVER, LAST, connected
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing

SIGNED = b"Signed on delivery.\n"


@pytest.mark.torture
def test_both_sides_hold_the_same_documents_payments_and_files(tmp_path: Path) -> None:
    with running_emulator("--limits", "off") as emulator, connected("re_leased", tmp_path, emulator) as file:
        point_to(file, "[connection]", f"[connection]\nlast_day = {LAST}")  # what the emulated company has is later
        people = Bookkeeper(emulator)
        people.save("Account", {"Name": "Customer Deposits", "AccountType": "Other Current Liability"})
        with open_run(load_settings(file)) as run:
            assert [finding.finding for finding in _inbox(run)] == ["takes what people do in QuickBooks"]
        ((own, number),) = warehouse(
            tmp_path, "SELECT id, number FROM invoices WHERE business_date > ? ORDER BY id LIMIT 1", CUT_OVER
        )
        laid = tmp_path / "attached" / "to_quickbooks" / str(own) / "packing list.txt"
        laid.parent.mkdir(parents=True)
        laid.write_text("Packed and checked.\n")
        night(file)
        ((qbo_id,),) = linked(file, f"document/{own}")
        invoice = people.get("Invoice", qbo_id)
        assert [one["FileName"] for one in people.all("Attachable")] == ["packing list.txt"]
        attach(emulator, "signed.txt", SIGNED, qbo_id)
        pay = {"Amount": invoice["Balance"], "LinkedTxn": [{"TxnId": qbo_id, "TxnType": "Invoice"}]}
        people.save(
            "Payment",
            {"CustomerRef": invoice["CustomerRef"], "TotalAmt": invoice["Balance"], "Line": [pay],
             "TxnDate": LAST.isoformat(), "PaymentRefNum": "RENT 7"},
        )  # fmt: skip
        tenant = people.save("Customer", {"DisplayName": "A new tenant"})
        people.close()
        for _ in range(3):
            night(file)
        name = sha256(SIGNED).hexdigest()
        assert warehouse(tmp_path, "SELECT content FROM http_files WHERE sha256 = ?", name) == [(SIGNED,)]
        (entry,) = warehouse(tmp_path, "SELECT content, refused FROM http_inbox WHERE kind = 'attachment'")
        assert (json.loads(entry[0])["document_ids"], entry[1]) == ([str(own)], None)
        paid = "SELECT count(*) FROM bank_entries WHERE reference = 'RENT 7' AND status = 'completed'"
        assert warehouse(tmp_path, paid) == [(1,)]
        assert warehouse(tmp_path, "SELECT count(*) FROM customers WHERE name = 'A new tenant'") == [(1,)]
        assert tenant["Id"]
        with open_run(load_settings(file)) as run:
            waiting = write_back_standing(run).as_dict()["waiting"]
            assert [one for one in waiting if str(one["day"]) <= LAST.isoformat()] == []
            told = {kind.kind: kind.differ for kind in two_way(run)}
        assert {"sales_invoices", "bills", "payments_received", "payments_made", "customers"} <= set(told)
        assert {kind: differ for kind, differ in told.items() if differ} == {}, number


def night(file: Path) -> None:
    with open_run(load_settings(file)) as run:
        extract_master_data(run)
        extract_days(run, CUT_OVER, LAST)
        read_reference_data(run)
        take_answers(run)
        transform(run, CUT_OVER, LAST)
        load(run, CUT_OVER, LAST)
        write_back(run)


def linked(file: Path, key: str) -> list[tuple[str]]:
    with open_run(load_settings(file)) as run:
        return [(row["qbo_id"],) for row in rows(run, "SELECT qbo_id FROM posting_links WHERE key = :key", key=key)]


def warehouse(folder: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "inventory.sqlite")) as db:
        return db.execute(query, [str(value) for value in values]).fetchall()


def attach(emulator: RunningEmulator, name: str, content: bytes, qbo_id: str) -> Thing:
    """A person attaches a file to an invoice in QuickBooks."""
    described = {"FileName": name, "AttachableRef": [{"EntityRef": {"type": "Invoice", "value": qbo_id}}]}
    files = {
        "file_metadata_01": ("attachment.json", json.dumps(described), "application/json"),
        "file_content_01": (name, content, "text/plain"),
    }
    with httpx.Client(base_url=emulator.api(""), headers=emulator.bearer(), timeout=60) as http:
        answer = http.post("upload", files=files, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    made: Thing = answer.json()
    return made
