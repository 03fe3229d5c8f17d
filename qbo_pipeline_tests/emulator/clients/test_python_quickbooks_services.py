"""python-quickbooks 0.9.12 from the registry, unchanged: queries, batches, changes, reports, files, faults."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from quickbooks import QuickBooks, objects
from quickbooks.batch import batch_create, batch_delete, batch_update
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import (
    AuthorizationException,
    ObjectNotFoundException,
    QuickbooksException,
    ValidationException,
)

from qbo_pipeline_tests.emulator.clients.conftest import Refs
from qbo_pipeline_tests.emulator.clients.documents import TRANSACTIONS, ref, sales_lines, saved, unique
from qbo_pipeline_tests.emulator.server import RunningEmulator


def test_queries_page_count_choose_and_quote(qb: QuickBooks) -> None:
    names = [unique("O'Brien") for _ in range(3)]
    made = [objects.Customer.from_json({"DisplayName": name}).save(qb=qb) for name in names]
    assert objects.Customer.filter(DisplayName=names[0], qb=qb)[0].Id == made[0].Id
    chosen = objects.Customer.choose([customer.Id for customer in made], qb=qb)
    assert {customer.DisplayName for customer in chosen} == set(names)
    everybody = objects.Customer.count(qb=qb)
    pages = [objects.Customer.all(start_position=n, max_results=2, order_by="Id", qb=qb) for n in (1, 3)]
    assert [len(page) for page in pages] == [2, 2]
    assert everybody >= 4
    with pytest.raises(ValidationException) as refused:
        objects.Customer.query("SELECT nonsense", qb=qb)
    assert refused.value.error_code == 4000


def test_items_are_listed_with_the_clients_own_field_list(qb: QuickBooks, refs: Refs) -> None:
    """The client asks for `SELECT *, Sku FROM Item`."""
    assert refs.service in [item.Id for item in objects.Item.all(qb=qb, max_results=1000)]


def test_batches_of_more_than_thirty_are_created_updated_and_deleted(qb: QuickBooks, refs: Refs) -> None:
    kind, make = TRANSACTIONS["JournalEntry"]
    entries = [kind.from_json(make(refs, f"B-{n}-{uuid.uuid4().hex[:8]}")) for n in range(35)]
    created = batch_create(entries, qb=qb)
    assert (len(created.successes), created.faults) == (35, [])
    for entry in created.successes:
        entry.PrivateNote = "batch"
    updated = batch_update(created.successes, qb=qb)
    assert {entry.PrivateNote for entry in updated.successes} == {"batch"}
    stale = batch_update(created.successes[:2], qb=qb)
    assert [fault.Error[0].code for fault in stale.faults] == ["5010", "5010"]
    gone = batch_delete(updated.successes, qb=qb)
    assert {entry.status for entry in gone.successes} == {"Deleted"}
    assert kind.count(f"Id = '{created.successes[0].Id}'", qb=qb) == 0


def test_change_data_capture_tells_what_changed_and_what_was_deleted(qb: QuickBooks, refs: Refs) -> None:
    since = datetime.now().astimezone() - timedelta(minutes=5)
    kept, deleted = saved("Invoice", refs, qb), saved("Invoice", refs, qb)
    deleted.delete(qb=qb)
    answer = change_data_capture([objects.Invoice, objects.Customer], since.isoformat(), qb=qb)
    by_id = {invoice.Id: invoice for invoice in answer.Invoice}
    assert by_id[kept.Id].TotalAmt == kept.TotalAmt
    assert by_id[deleted.Id].status == "Deleted"


@pytest.mark.parametrize(
    "name",
    [
        "TrialBalance",
        "GeneralLedger",
        "BalanceSheet",
        "ProfitAndLoss",
        "TransactionList",
        "InventoryValuationSummary",
        "InventoryValuationDetail",
        "AgedReceivables",
        "AgedPayables",
        "JournalReport",
    ],
)
def test_reports_come_in_qbos_shape(name: str, qb: QuickBooks, refs: Refs) -> None:
    saved("Invoice", refs, qb)
    report = qb.get_report(name, {"start_date": "2026-01-01", "end_date": "2030-12-31"})
    assert set(report) >= {"Header", "Columns", "Rows"}
    assert report["Header"]["ReportName"]
    assert report["Columns"]["Column"]


@pytest.mark.parametrize("by", ["path", "bytes"])
def test_files_are_attached_and_downloaded(
    by: str, qb: QuickBooks, refs: Refs, tmp_path: Path, emulator: RunningEmulator
) -> None:
    invoice = saved("Invoice", refs, qb)
    content = bytes(range(256)) * 20
    attachable = objects.Attachable.from_json(
        {
            "FileName": "scan.bin",
            "ContentType": "application/octet-stream",
            "AttachableRef": [{"EntityRef": {"type": "Invoice", "value": invoice.Id}, "IncludeOnSend": False}],
        }
    )
    if by == "path":
        (tmp_path / "scan.bin").write_bytes(content)
        attachable._FilePath = str(tmp_path / "scan.bin")
    else:
        attachable._FileBytes = content
    made = attachable.save(qb=qb)
    assert made.FileName == "scan.bin"
    assert int(made.Size) == len(content)
    headers = {"Authorization": f"Bearer {qb.session.access_token}"}
    uri = qb.session.get(f"{qb.api_url}/company/{qb.company_id}/download/{made.Id}", headers=headers)
    assert qb.session.get(uri.text).content == content
    assert made.delete(qb=qb)["Attachable"]["status"] == "Deleted"


def test_a_note_is_attached_without_a_file(qb: QuickBooks) -> None:
    note = objects.Attachable.from_json({"Note": "remember"})
    assert note.save(qb=qb).Note == "remember"


def test_an_invoice_comes_as_pdf_and_is_sent(qb: QuickBooks, refs: Refs, emulator: RunningEmulator) -> None:
    invoice = saved("Invoice", refs, qb)
    assert invoice.download_pdf(qb=qb).startswith(b"%PDF-")
    sent = invoice.send(qb=qb, send_to="reader@example.com")
    assert sent["Invoice"]["EmailStatus"] == "EmailSent"
    assert emulator.control("emails")["emails"][-1]["to"] == "reader@example.com"


def test_a_repeated_request_id_makes_one_object(qb: QuickBooks) -> None:
    name = unique("Once")
    first, second = (
        objects.Customer.from_json({"DisplayName": name}).save(qb=qb, request_id=f"once-{name[-8:]}") for _ in range(2)
    )
    assert first.Id == second.Id
    assert objects.Customer.count(f"DisplayName = '{name}'", qb=qb) == 1


def test_duplicate_numbers_pass_with_the_clients_parameter(qb: QuickBooks, refs: Refs) -> None:
    body = {"CustomerRef": ref(refs.customer), "DocNumber": uuid.uuid4().hex[:10], "Line": sales_lines(refs)}
    objects.Invoice.from_json(body).save(qb=qb)
    again = objects.Invoice.from_json(body).save(qb=qb, params={"include": "allowduplicatedocnum"})
    assert again.DocNumber == body["DocNumber"]


@pytest.mark.parametrize(
    ("provoke", "kind", "code"),
    [
        (lambda qb, refs: objects.Customer.get("999999", qb=qb), ObjectNotFoundException, 610),
        (lambda qb, refs: objects.Invoice.from_json({}).save(qb=qb), ValidationException, 2020),
        (
            lambda qb, refs: [objects.Vendor.from_json({"DisplayName": "Twice"}).save(qb=qb) for _ in range(2)],
            QuickbooksException,
            6240,
        ),
    ],
    ids=["610", "2020", "6240"],
)
def test_faults_become_the_clients_own_exceptions(
    provoke: Any, kind: type[QuickbooksException], code: int, qb: QuickBooks, refs: Refs
) -> None:
    with pytest.raises(kind) as refused:
        provoke(qb, refs)
    assert refused.value.error_code == code


def test_an_expired_token_is_an_authorization_error_until_it_is_refreshed(
    qb: QuickBooks, emulator: RunningEmulator
) -> None:
    emulator.order({"kind": "expire_token", "nth": 1})
    with pytest.raises(AuthorizationException):
        objects.CompanyInfo.get(qb.company_id, qb=qb)
    emulator.order()
    qb.auth_client.refresh(refresh_token=qb.auth_client.refresh_token)
    qb._start_session()
    assert objects.CompanyInfo.get(qb.company_id, qb=qb).Id
