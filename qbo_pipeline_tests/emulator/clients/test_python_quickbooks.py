"""python-quickbooks 0.9.12 from the registry, unchanged, drives the emulator over HTTP."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
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
from quickbooks.objects.companycurrency import CompanyCurrency
from quickbooks.objects.exchangerate import ExchangeRate

from qbo_pipeline_tests.emulator.clients.conftest import Refs
from qbo_pipeline_tests.emulator.clients.documents import LISTS, TRANSACTIONS, ref, sales_lines
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


def unique(what: str) -> str:
    return f"{what} {uuid.uuid4().hex[:8]}"


def saved(name: str, refs: Refs, qb: QuickBooks) -> Any:
    """A document of TRANSACTIONS, created and read back."""
    kind, make = TRANSACTIONS[name]
    made = kind.from_json(make(refs, uuid.uuid4().hex[:12])).save(qb=qb)
    return kind.get(made.Id, qb=qb)


@pytest.mark.parametrize("name", LISTS)
def test_list_entities_are_created_read_found_updated_and_deactivated(name: str, qb: QuickBooks, refs: Refs) -> None:
    kind, make, field = LISTS[name]
    made = kind.from_json(make(refs, unique("Name"))).save(qb=qb)
    assert int(made.Id) > 0
    there = kind.get(made.Id, qb=qb)
    assert kind.filter(Id=made.Id, qb=qb)[0].Id == made.Id
    value: Any = 12 if field == "DueDays" else unique("New")
    setattr(there, field, value)
    changed = there.save(qb=qb)
    assert getattr(changed, field) == value
    assert int(changed.SyncToken) == int(there.SyncToken) + 1
    if not name.startswith("Item (inventory"):
        changed.Active = False
        changed.save(qb=qb)
        assert kind.filter(Id=made.Id, qb=qb) == []
        assert kind.where(f"Id = '{made.Id}' AND Active IN (true, false)", qb=qb)[0].Active is False


@pytest.mark.parametrize("name", TRANSACTIONS)
def test_transactions_are_created_read_found_updated_and_deleted(name: str, qb: QuickBooks, refs: Refs) -> None:
    kind, _ = TRANSACTIONS[name]
    there = saved(name, refs, qb)
    assert kind.filter(Id=there.Id, qb=qb)[0].Id == there.Id
    there.PrivateNote = "changed by the tests"
    changed = there.save(qb=qb)
    assert changed.PrivateNote == "changed by the tests"
    assert changed.SyncToken == str(int(there.SyncToken) + 1)
    answer = changed.delete(qb=qb)
    assert answer[kind.qbo_object_name]["status"] == "Deleted"
    with pytest.raises(ObjectNotFoundException):
        kind.get(there.Id, qb=qb)


@pytest.mark.parametrize("name", ["Invoice", "Payment", "SalesReceipt", "BillPayment"])
def test_voiding_leaves_the_document_at_zero(name: str, qb: QuickBooks, refs: Refs) -> None:
    kind, _ = TRANSACTIONS[name]
    there = saved(name, refs, qb)
    there.void(qb=qb)
    voided = kind.get(there.Id, qb=qb)
    assert voided.TotalAmt == 0
    assert "Voided" in voided.PrivateNote


def test_a_payment_settles_an_invoice(qb: QuickBooks, refs: Refs) -> None:
    invoice = saved("Invoice", refs, qb)
    due = invoice.TotalAmt
    payment = objects.Payment.from_json(
        {
            "CustomerRef": ref(refs.customer),
            "TotalAmt": due,
            "Line": [{"Amount": due, "LinkedTxn": [{"TxnId": invoice.Id, "TxnType": "Invoice"}]}],
        }
    ).save(qb=qb)
    assert payment.UnappliedAmt == 0
    assert objects.Invoice.get(invoice.Id, qb=qb).Balance == 0


def test_tax_agencies_codes_and_rates(qb: QuickBooks) -> None:
    agency = objects.TaxAgency.from_json({"DisplayName": unique("Agency")}).save(qb=qb)
    service = objects.TaxService.from_json(
        {
            "TaxCode": unique("Code"),
            "TaxRateDetails": [
                {
                    "TaxRateName": unique("Rate"),
                    "RateValue": 10,
                    "TaxAgencyId": agency.Id,
                    "TaxApplicableOn": "Sales",
                }
            ],
        }
    )
    url = f"{qb.api_url}/company/{qb.company_id}/taxservice/taxcode"
    answer = qb.post(url, service.to_json())
    code = objects.TaxCode.get(answer["TaxCodeId"], qb=qb)
    assert code.Name == service.TaxCode
    rates = {rate.Id: rate for rate in objects.TaxRate.all(qb=qb, max_results=1000)}
    assert rates[answer["TaxRateDetails"][0]["TaxRateId"]].RateValue == 10


def test_company_info_preferences_and_currencies(qb: QuickBooks) -> None:
    info = objects.CompanyInfo.get(qb.company_id, qb=qb)
    assert info.Country == "US"
    preferences = objects.Preferences.get(qb=qb)
    assert preferences.CurrencyPrefs.HomeCurrency.value == "USD"
    assert CompanyCurrency.all(qb=qb) == [] or CompanyCurrency.all(qb=qb)[0].Code


def test_exchange_rates_of_a_company_with_several_currencies() -> None:
    with running_emulator("--limits", "off", "--company", "eu") as started, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
        patch.setattr(QuickBooks, "api_url_v3", f"{started.base_url}/v3")
        from qbo_pipeline_tests.emulator.clients.conftest import connect

        with connect(started) as auth:
            client = QuickBooks(
                auth_client=auth, refresh_token=started.refresh_token, company_id=started.realm, minorversion=75
            )
            rate = ExchangeRate.from_json({"SourceCurrencyCode": "USD", "AsOfDate": "2026-01-31", "Rate": "0.91"})
            assert Decimal(str(rate.save(qb=client).Rate)) == Decimal("0.91")
            url = f"{client.api_url}/company/{client.company_id}/exchangerate"
            read = client.get(url, params={"sourcecurrencycode": "USD", "asofdate": "2026-02-01"})
            assert Decimal(str(read["ExchangeRate"]["Rate"])) == Decimal("0.91")
            client.session.close()


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
    assert objects.Item.all(qb=qb)
    with pytest.raises(ValidationException) as refused:
        objects.Customer.query("SELECT nonsense", qb=qb)
    assert refused.value.error_code == 4000


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
    url = f"{qb.api_url}/company/{qb.company_id}/batch"
    body = {
        "BatchItemRequest": [
            {"bId": e.Id, "operation": "delete", "JournalEntry": {"Id": e.Id, "SyncToken": e.SyncToken}}
            for e in updated.successes[:30]
        ]
    }
    import json

    gone = qb.post(url, json.dumps(body))
    assert all(item["JournalEntry"]["status"] == "Deleted" for item in gone["BatchItemResponse"])
    assert batch_delete([], qb=qb).successes == []


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
