"""Limits, metering, the monthly block, the day's e-mails, and the request log."""

from __future__ import annotations

import pytest

from qbo_pipeline.emulator.http.sending import SENDABLE
from qbo_pipeline_tests.emulator.http.serving import Served, serving
from qbo_pipeline_tests.emulator.http.shapes import batch, codes, create_item


@pytest.mark.parametrize(("keys", "outer"), [("upper", "Fault"), ("lower", "fault")])
def test_the_eleventh_request_of_a_second_gets_429_in_the_key_case_set(keys: str, outer: str) -> None:
    with serving(limits="qbo", throttle_keys=keys) as served:
        answers = [served.get("companyinfo") for _ in range(11)]
        assert [answer.status_code for answer in answers] == [200] * 10 + [429]
        error = answers[-1].json()[outer]["Error" if keys == "upper" else "error"][0]
        assert error["code"] == "3001"
        assert "ThrottleExceeded" in str(error)
        served.advance(1)
        assert served.get("companyinfo").status_code == 200
        meter = served.state.meter
        assert (meter.refused, meter.after_429) == (1, 1)
        served.advance(60)
        served.get("companyinfo")
        assert meter.after_429 == 1


def test_the_meter_counts_writes_reads_and_each_item_of_a_batch(served: Served) -> None:
    served.customer("Acme")
    served.get("companyinfo")
    served.get("customer/999")
    served.post(
        "batch",
        batch(
            create_item("1", "Bolt"),
            create_item("2", "Cy"),
            create_item("3", "Acme"),
            {"bId": "4", "Query": "select * from Customer"},
        ),
    )
    meter = served.client.get(f"{served.state.base_url}/emulator/meter").json()
    assert (meter["core"], meter["coreplus"], meter["failed"]) == (3, 2, 1)
    assert meter["requests"] == 4
    assert meter["peaks"]["batches_per_minute"] == 1


def test_the_monthly_block_stops_reads_but_not_writes_until_next_month() -> None:
    with serving(monthly_reads=2, access_token_seconds=90 * 86_400) as served:
        assert [served.get("companyinfo").status_code for _ in range(3)] == [200, 200, 429]
        items = [create_item("1", "Acme"), {"bId": "2", "Query": "select * from Customer"}]
        made, refused = served.post("batch", batch(*items)).json()["BatchItemResponse"]
        assert made["Customer"]["DisplayName"] == "Acme"
        assert refused["Fault"]["Error"][0]["code"] == "3001"
        served.advance(32 * 86_400)
        assert served.get("companyinfo").status_code == 200


def test_the_request_log_tells_what_was_metered_and_refused(served: Served) -> None:
    served.customer("Acme", "r-1")
    served.get("customer/999")
    newest, oldest = served.client.get(f"{served.state.base_url}/emulator/requests").json()["requests"][:2]
    assert (oldest["operation"], oldest["entity"], oldest["status"], oldest["metered"], oldest["request_id"]) == (
        "create",
        "Customer",
        200,
        "core",
        "r-1",
    )
    assert (newest["status"], newest["metered"]) == (400, "failed")


def test_a_form_is_sent_so_many_times_a_day_and_marked_as_sent() -> None:
    with serving("us", limits="x1000", access_token_seconds=10 * 86_400, emails_per_day=2) as served:
        invoice = served.company.query("SELECT * FROM Invoice")["Invoice"][0]
        path = f"invoice/{invoice['Id']}/send?sendTo=reader@example.com"
        first = served.client.post(served.url(path), headers={"Content-Type": "application/octet-stream"})
        assert first.json()["Invoice"]["EmailStatus"] == "EmailSent"
        assert served.get(f"invoice/{invoice['Id']}").json()["Invoice"]["EmailStatus"] == "EmailSent"
        assert [served.client.post(served.url(path)).status_code for _ in range(2)] == [200, 400]
        served.advance(86_400)
        assert served.client.post(served.url(path)).status_code == 200
        assert [mail["to"] for mail in served.state.emails] == ["reader@example.com"] * 3
        for wrong, code in (("nobody", "2210"), ("", "6420")):
            made = served.customer(f"No address {code}").json()["Customer"]["Id"]
            item = served.company.query("SELECT * FROM Item WHERE Type = 'Service'")["Item"][0]["Id"]
            line = {
                "Amount": 1,
                "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": {"ItemRef": {"value": item}},
            }
            bare = served.post("invoice", {"CustomerRef": {"value": made}, "Line": [line]}).json()["Invoice"]["Id"]
            assert codes(served.client.post(served.url(f"invoice/{bare}/send?sendTo={wrong}"))) == [code]
        assert codes(served.client.post(served.url("customer/1/send?sendTo=a@example.com"))) == ["500"]


def test_every_form_that_can_be_sent_is() -> None:
    with serving("us") as served:
        company = served.company
        bank = company.query("select * from Account where AccountType = 'Bank'")["Account"][0]["Id"]
        sold = {"CustomerRef": {"value": "3"}, "Line": []}
        item = company.query("select * from Item where Type = 'Service'")["Item"][0]["Id"]
        detail = {"ItemRef": {"value": item}}
        sold["Line"] = [{"Amount": 1, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}]
        bought = [{"Amount": 1, "DetailType": "ItemBasedExpenseLineDetail", "ItemBasedExpenseLineDetail": detail}]
        bodies = {
            **dict.fromkeys(("Invoice", "Estimate", "SalesReceipt", "CreditMemo"), sold),
            "RefundReceipt": sold | {"DepositToAccountRef": {"value": bank}},
            "PurchaseOrder": {"VendorRef": {"value": "1"}, "Line": bought},
            "Payment": {"CustomerRef": {"value": "3"}, "TotalAmt": 1},
        }
        assert set(bodies) == SENDABLE
        for kind, body in bodies.items():
            path = f"{kind.lower()}/{company.create(kind, body)['Id']}/send"
            answer = served.client.post(served.url(f"{path}?sendTo=reader@example.com"))
            assert answer.json()[kind]["EmailStatus"] == "EmailSent", answer.text
        assert served.client.post(served.url(path)).json()["Fault"]["Error"][0]["code"] == "6420"
