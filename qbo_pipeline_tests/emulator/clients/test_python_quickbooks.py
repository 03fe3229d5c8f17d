"""python-quickbooks 0.9.12 from the registry, unchanged: every entity, created, read, changed, deleted, voided."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from quickbooks import QuickBooks, objects
from quickbooks.exceptions import ObjectNotFoundException
from quickbooks.objects.companycurrency import CompanyCurrency
from quickbooks.objects.exchangerate import ExchangeRate
from quickbooks.objects.recurringtransaction import RecurringBill, RecurringTransaction

from qbo_pipeline_tests.emulator.clients.conftest import Refs, connect
from qbo_pipeline_tests.emulator.clients.documents import LISTS, TRANSACTIONS, ref, saved, unique
from qbo_pipeline_tests.emulator.server import running_emulator


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
    assert answer[kind.qbo_json_object_name or kind.qbo_object_name]["status"] == "Deleted"
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


def test_recurring_transactions(qb: QuickBooks, refs: Refs) -> None:
    schedule = {"IntervalType": "Weekly", "DayOfWeek": "Friday", "NumInterval": 1, "DaysBefore": 3}
    info = {"Name": unique("Rent"), "RecurType": "Automated", "Active": True, "ScheduleInfo": schedule}
    _, make = TRANSACTIONS["Bill"]
    bill = RecurringBill.from_json(make(refs, "") | {"RecurringInfo": info})
    template = RecurringTransaction()
    template.Bill = bill
    made = template.save(qb=qb)
    there = RecurringTransaction.get(made.Bill.Id, qb=qb)
    assert there.Bill.RecurringInfo.ScheduleInfo.DayOfWeek == "Friday"
    there.Bill.RecurringInfo.ScheduleInfo.DayOfWeek = "Monday"
    there.Bill.Line[0].Amount = 25
    there.save(qb=qb)
    changed = RecurringTransaction.where("Type = 'Bill'", qb=qb)[0]
    assert (changed.Bill.RecurringInfo.ScheduleInfo.DayOfWeek, changed.Bill.Line[0].Amount) == ("Monday", 25)
    changed.delete(qb=qb)
    with pytest.raises(ObjectNotFoundException):
        RecurringTransaction.get(made.Bill.Id, qb=qb)


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
