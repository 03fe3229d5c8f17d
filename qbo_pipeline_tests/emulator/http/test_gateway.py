"""One request's way: routes, wrappers, error shapes, tokens."""

from __future__ import annotations

import json

import httpx
import pytest

from qbo_pipeline_tests.emulator.http.serving import REALM, Served, serving
from qbo_pipeline_tests.emulator.http.shapes import JSON_TYPE, codes


def test_create_read_update_and_delete_answer_in_qbos_wrapper(served: Served) -> None:
    made = served.customer("Acme")
    assert made.status_code == 200
    assert set(made.json()) == {"Customer", "time"}
    acme = made.json()["Customer"]
    assert served.get(f"customer/{acme['Id']}").json()["Customer"] == acme
    changed = served.post("customer", {"Id": acme["Id"], "SyncToken": "0", "sparse": True, "Notes": "n"})
    assert changed.json()["Customer"]["SyncToken"] == "1"


def test_each_answer_carries_intuits_headers(served: Served) -> None:
    tids = {served.get("companyinfo/1").headers["intuit_tid"] for _ in range(2)}
    assert len(tids) == 2
    assert served.get("customer/99").headers["qbo-version"]


@pytest.mark.parametrize("path", ["preferences", f"companyinfo/{REALM}", "companyinfo"])
def test_the_singletons_are_read_with_and_without_an_id(served: Served, path: str) -> None:
    assert served.get(path).status_code == 200


@pytest.mark.parametrize("version", ["1", "40", "75", "999", "x"])
def test_any_minor_version_is_answered_alike(served: Served, version: str) -> None:
    assert (
        served.get("companyinfo", minorversion=version).json()["CompanyInfo"]
        == served.get("companyinfo").json()["CompanyInfo"]
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "frobnicate/1", 400, "2000"),
        ("POST", "frobnicate", 400, "2000"),
        ("GET", "customer/1/pdf/again", 404, "500"),
        ("GET", "customer/1/frob", 400, "500"),
        ("GET", "customer/1/5", 400, "500"),
        ("GET", "customer/1.5", 400, "2030"),
        ("GET", "customer", 400, "500"),
        ("DELETE", "customer/1", 400, "500"),
        ("PUT", "customer", 400, "500"),
        ("GET", "batch", 400, "500"),
        ("POST", "cdc", 400, "500"),
        ("POST", "customer?operation=frobnicate", 400, "500"),
        ("POST", "taxservice/frob", 404, "500"),
        ("GET", "query", 400, "2020"),
        ("GET", "cdc?entities=Customer", 400, "2020"),
        ("GET", "cdc?changedSince=2026-01-01", 400, "2020"),
        ("GET", "cdc?entities=Customer&changedSince=yesterday", 400, "2060"),
        ("GET", "customer/999999", 400, "610"),
        ("GET", "", 404, "500"),
    ],
)
def test_what_does_not_exist_is_answered_in_qbos_shape(
    served: Served, method: str, path: str, status: int, code: str
) -> None:
    answer = served.client.request(
        method, served.url(path), headers=JSON_TYPE, content=b"{}" if method == "POST" else b""
    )
    assert (answer.status_code, codes(answer)) == (status, [code])


@pytest.mark.parametrize("path", ["/v3", "/v3/", "/v3/company", "/v3/companies/1/customer", "/nothing", "/emulator/no"])
def test_addresses_outside_the_api_are_answered_with_404_in_qbos_shape(served: Served, path: str) -> None:
    answer = served.client.get(served.state.base_url + path)
    assert (answer.status_code, codes(answer)) == (404, ["500"])


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"", "application/json", "2010"),
        (b"{", "application/json", "2010"),
        (b"[]", "application/json", "2010"),
        (b"null", "application/json", "2010"),
        (b'{"DisplayName": NaN}', "application/json", "2010"),
        (b'{"DisplayName": 1e999999999}', "application/json", "2010"),
        (b'{"DisplayName": "\\ud800"}', "application/json", "2010"),
        (b'{"DisplayName": "\xff"}', "application/json", "2010"),
        (b"[" * 100_000, "application/json", "2010"),
        (b'{"DisplayName": ' + b"9" * 5_000 + b"}", "application/json", "2010"),
        (b'{"DisplayName": "x"}', "application/xml", "2010"),
        (b'{"DisplayName": "x"}', "text/csv", "1050"),
        (b'{"DisplayName": "x"}', "", "1050"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_a_body_that_is_no_json_object_is_refused_and_changes_nothing(
    served: Served, body: bytes, content_type: str, code: str
) -> None:
    before = served.company.change_counter
    headers = {"Content-Type": content_type} if content_type else {}
    answer = served.client.post(served.url("customer"), content=body, headers=headers)
    assert (answer.status_code, codes(answer)) == (400, [code])
    assert served.company.change_counter == before


@pytest.mark.parametrize("depth", [100, 300, 900, 20_000])
@pytest.mark.parametrize(
    "where",
    [
        '{"DisplayName": %s}',
        '{"DisplayName": "x", "Frob": %s}',
        '{"BatchItemRequest": [{"bId": "1", "operation": "create", "Customer": {"Notes": %s}}]}',
    ],
)
def test_deeply_nested_json_is_answered_in_qbos_shape(served: Served, where: str, depth: int) -> None:
    body = (where % ('{"a":' * depth + "1" + "}" * depth)).encode()
    path = "batch?requestid=r" if "Batch" in where else "customer"
    answer = served.client.post(served.url(path), content=body, headers=JSON_TYPE)
    assert answer.status_code in (200, 400)
    assert "10000" not in answer.text


def test_a_body_of_five_megabytes_is_refused_in_qbos_shape(served: Served) -> None:
    body = json.dumps({"DisplayName": "x" * 5_000_000}).encode()
    answer = served.client.post(served.url("customer"), content=body, headers=JSON_TYPE)
    assert (answer.status_code, codes(answer)) == (413, ["6020"])
    assert served.customer("still there").status_code == 200


def test_decimals_keep_their_digits_on_the_way_in_and_out() -> None:
    with serving("us") as served:
        income = served.company.query("SELECT * FROM Account WHERE AccountType = 'Income'")["Account"][0]["Id"]
        body = (
            b'{"Name": "exact", "Type": "Service", "UnitPrice": 12345678.12345, '
            b'"IncomeAccountRef": {"value": "%s"}}' % income.encode()
        )
        answer = served.client.post(served.url("item"), content=body, headers=JSON_TYPE)
        assert b'"UnitPrice":12345678.12345,' in answer.content


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        (None, "Malformed bearer token"),
        ("Basic abc", "Malformed bearer token"),
        ("Bearer nonsense", "Malformed bearer token"),
        ("Bearer eyJunknown", "Token invalid"),
    ],
)
def test_a_wrong_token_gets_the_gateways_lower_case_401(served: Served, header: str | None, detail: str) -> None:
    answer = httpx.get(served.url("companyinfo"), headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    fault = answer.json()["fault"]
    assert fault["type"] == "AUTHENTICATION"
    (error,) = fault["error"]
    assert (error["message"], error["code"]) == (
        "message=AuthenticationFailed; errorCode=003200; statusCode=401",
        "3200",
    )
    assert error["detail"].startswith(detail)


def test_another_realm_gets_the_gateways_403(served: Served) -> None:
    answer = served.client.get(f"{served.state.base_url}/v3/company/123/companyinfo/123")
    assert answer.status_code == 403
    assert answer.json()["fault"]["error"][0]["message"] == (
        "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403"
    )


def test_an_hour_of_virtual_time_ends_the_access_token(served: Served) -> None:
    served.advance(3_600)
    answer = served.get("companyinfo")
    assert answer.status_code == 401
    assert answer.json()["fault"]["error"][0]["detail"].startswith("Token expired")


def test_queries_are_taken_by_get_and_by_post_as_text(served: Served) -> None:
    served.customer("Acme")
    by_get = served.get("query", query="select * from Customer").json()
    by_post = served.client.post(
        served.url("query"), content="select * from Customer", headers={"Content-Type": "application/text"}
    ).json()
    assert by_get["QueryResponse"] == by_post["QueryResponse"]
    assert by_get["QueryResponse"]["Customer"][0]["DisplayName"] == "Acme"
    as_json = served.client.post(served.url("query"), content="select * from Customer", headers=JSON_TYPE)
    assert codes(as_json) == ["1050"]


def test_a_crash_inside_the_emulator_is_a_system_fault_without_a_traceback(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(served.company, "create", broken)
    answer = served.customer("Acme")
    assert (answer.status_code, codes(answer)) == (500, ["10000"])
    assert "secret detail" not in answer.text
    assert "secret detail" in caplog.text


def test_more_parameters_than_anybody_needs_are_refused(served: Served) -> None:
    answer = served.client.get(served.url("companyinfo?" + "&".join(f"p{n}=1" for n in range(300))))
    assert (answer.status_code, codes(answer)) == (400, ["2010"])


def test_an_invoice_has_its_link_where_it_is_asked_for() -> None:
    with serving("us") as served:
        (invoice,) = served.company.query("select * from Invoice maxresults 1")["Invoice"]
        assert "InvoiceLink" not in served.get(f"invoice/{invoice['Id']}").json()["Invoice"]
        found = served.get(f"invoice/{invoice['Id']}", include="invoiceLink").json()["Invoice"]
        assert found["InvoiceLink"].startswith(served.state.base_url)
        page = httpx.get(found["InvoiceLink"])
        assert (page.status_code, page.headers["content-type"], page.content[:5]) == (200, "application/pdf", b"%PDF-")
        assert httpx.get(found["InvoiceLink"] + "99").status_code == 404


def test_a_credit_card_payment_answers_under_the_name_of_its_schema() -> None:
    with serving("us") as served:
        accounts = served.company.query("select * from Account maxresults 1000")["Account"]
        of = {account["AccountType"]: {"value": account["Id"]} for account in accounts}
        body = {"CreditCardAccountRef": of["Credit Card"], "BankAccountRef": of["Bank"], "Amount": 10}
        made = served.post("creditcardpayment", body).json()["CreditCardPaymentTxn"]
        assert served.get(f"creditcardpayment/{made['Id']}").json()["CreditCardPaymentTxn"] == made
        for name in ("creditcardpayment", "CreditCardPaymentTxn"):
            assert served.get("query", query=f"select * from {name}").json()["QueryResponse"][
                "CreditCardPaymentTxn"
            ] == [made]
        item = {"bId": "1", "operation": "delete", "CreditCardPayment": {"Id": made["Id"], "SyncToken": "0"}}
        answer = served.post("batch", {"BatchItemRequest": [item]}).json()["BatchItemResponse"][0]
        assert answer["CreditCardPaymentTxn"]["status"] == "Deleted"


def test_tax_classifications_are_read_and_listed(served: Served) -> None:
    children = served.get("taxclassification/V1-00100000/children").json()["QueryResponse"]["TaxClassification"]
    assert {child["level"] for child in children} == {"2"}
    assert served.get(f"taxclassification/{children[0]['id']}").json()["TaxClassification"] == children[0]
    everything = served.get("taxclassification").json()["QueryResponse"]["TaxClassification"]
    assert len(everything) == len(children) + 1
    assert served.get("taxclassification", level="1").json()["QueryResponse"]["TaxClassification"] == everything[:1]
    assert codes(served.get("taxclassification/9")) == ["610"]
    assert codes(served.get("query", query="select * from TaxClassification")) == ["4001"]


def test_templates_of_recurring_transactions_over_http_and_in_a_batch() -> None:
    with serving("us") as served:
        customer = served.customer("Recurs").json()["Customer"]["Id"]
        item = served.company.query("select * from Item where Type = 'Service'")["Item"][0]["Id"]
        detail = {"ItemRef": {"value": item}}
        line = {"Amount": 5, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
        info = {"Name": "Five", "RecurType": "UnScheduled", "Active": True}
        invoice = {"CustomerRef": {"value": customer}, "Line": [line], "RecurringInfo": info}
        made = served.post("recurringtransaction", {"Invoice": invoice}).json()["RecurringTransaction"]["Invoice"]
        changed = served.post("recurringtransaction", {"Invoice": made | {"PrivateNote": "n"}}).json()
        assert changed["RecurringTransaction"]["Invoice"]["SyncToken"] == "1"
        found = served.get("query", query="select * from RecurringTransaction where Type = 'Invoice'").json()
        assert found["QueryResponse"]["RecurringTransaction"] == [changed["RecurringTransaction"]]
        gone = {"Invoice": {"Id": made["Id"], "SyncToken": "1"}}
        batch = {"BatchItemRequest": [{"bId": "1", "operation": "delete", "RecurringTransaction": gone}]}
        answer = served.post("batch", batch).json()["BatchItemResponse"][0]["RecurringTransaction"]
        assert answer == {"status": "Deleted", "domain": "QBO", "Invoice": {"Id": made["Id"]}}
