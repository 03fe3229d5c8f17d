"""One request's way: routes, error shapes, tokens, limits, metering, request ids, batches."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from qbo_pipeline_tests.emulator.http.serving import REALM, Served, serving

JSON_TYPE = {"Content-Type": "application/json"}


def codes(answer: httpx.Response) -> list[str]:
    """The codes of a Fault in QBO's shape; fails for any other shape."""
    body = answer.json()
    assert set(body) == {"Fault", "time"}
    assert body["Fault"]["type"] in ("ValidationFault", "SystemFault", "SERVICE")
    assert all({"Message", "Detail", "code"} <= set(error) for error in body["Fault"]["Error"])
    return [error["code"] for error in body["Fault"]["Error"]]


def batch(*items: dict[str, Any]) -> dict[str, Any]:
    return {"BatchItemRequest": list(items)}


def create_item(b_id: str, name: str) -> dict[str, Any]:
    return {"bId": b_id, "operation": "create", "Customer": {"DisplayName": name}}


def test_create_read_update_and_delete_answer_in_qbos_wrapper(served: Served) -> None:
    made = served.customer("Ada")
    assert made.status_code == 200
    assert set(made.json()) == {"Customer", "time"}
    ada = made.json()["Customer"]
    assert served.get(f"customer/{ada['Id']}").json()["Customer"] == ada
    changed = served.post("customer", {"Id": ada["Id"], "SyncToken": "0", "sparse": True, "Notes": "n"})
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
        ("GET", "customer/1/frob", 404, "500"),
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
        (b'{"DisplayName": "x"}', "application/xml", "1050"),
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
    served.customer("Ada")
    by_get = served.get("query", query="select * from Customer").json()
    by_post = served.client.post(
        served.url("query"), content="select * from Customer", headers={"Content-Type": "application/text"}
    ).json()
    assert by_get["QueryResponse"] == by_post["QueryResponse"]
    assert by_get["QueryResponse"]["Customer"][0]["DisplayName"] == "Ada"
    as_json = served.client.post(served.url("query"), content="select * from Customer", headers=JSON_TYPE)
    assert codes(as_json) == ["1050"]


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
    served.customer("Ada")
    served.get("companyinfo")
    served.get("customer/999")
    served.post(
        "batch",
        batch(
            create_item("1", "Bob"),
            create_item("2", "Cy"),
            create_item("3", "Ada"),
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
        assert served.customer("Ada").status_code == 200
        served.advance(32 * 86_400)
        assert served.get("companyinfo").status_code == 200


def test_a_repeated_requestid_gets_the_first_answer_and_makes_no_second_object(served: Served) -> None:
    first, second = served.customer("Ada", "r-1"), served.customer("Ada", "r-1")
    assert second.content == first.content
    assert served.customers() == ["Ada"]
    assert served.state.meter.replayed == 1


def test_requestids_can_be_ignored() -> None:
    with serving(request_id="ignore") as served:
        bodies = [{"DisplayName": name} for name in ("Ada", "Bob")]
        assert [served.post("customer?requestid=r", body).status_code for body in bodies] == [200, 200]
        assert served.customers() == ["Ada", "Bob"]


def test_a_repeated_requestid_can_be_answered_with_6000() -> None:
    with serving(request_id="fault") as served:
        served.customer("Ada", "r-1")
        assert codes(served.customer("Ada", "r-1")) == ["6000"]
        assert served.customers() == ["Ada"]


@pytest.mark.parametrize(("policy", "status"), [("replay", 200), ("fault", 400)])
def test_the_same_requestid_with_another_body_follows_the_policy(policy: str, status: int) -> None:
    with serving(request_id_conflict=policy) as served:
        served.customer("Ada", "r-1")
        other = served.customer("Bob", "r-1")
        assert other.status_code == status
        assert served.customers() == ["Ada"]
        if status == 400:
            assert codes(other) == ["600"]


def test_a_requestid_is_forgotten_after_its_retention_time() -> None:
    with serving(request_id_seconds=600) as served:
        made = served.customer("Ada", "r-1").json()["Customer"]
        served.advance(599)
        assert served.customer("Ada", "r-1").json()["Customer"]["Id"] == made["Id"]
        served.advance(2)
        assert codes(served.customer("Ada", "r-1")) == ["6240"]


def test_a_refused_request_is_carried_out_when_it_comes_again(served: Served) -> None:
    served.order({"kind": "refusal", "code": "6210", "nth": 1})
    assert codes(served.customer("Ada", "r-1")) == ["6210"]
    assert served.customer("Ada", "r-1").status_code == 200


@pytest.mark.parametrize(
    ("path", "b_id", "code"),
    [
        ("batch?requestid=" + "x" * 37, "1", "2130"),
        ("batch?requestid=x", "x" * 11, "2130"),
        ("batch?requestid=" + "x" * 36, "x" * 10, None),
        ("batch", "x" * 36, None),
    ],
)
def test_the_lengths_of_requestid_and_bid(served: Served, path: str, b_id: str, code: str | None) -> None:
    answer = served.post(path, batch(create_item(b_id, "Ada")))
    if code is None:
        assert answer.json()["BatchItemResponse"][0]["bId"] == b_id
    else:
        assert codes(answer) == [code]


def test_a_requestid_of_more_than_fifty_characters_is_refused(served: Served) -> None:
    assert served.customer("Ada", "x" * 50).status_code == 200
    assert codes(served.customer("Bob", "x" * 51)) == ["2130"]


def test_a_batch_answers_each_item_on_its_own(served: Served) -> None:
    ada = served.customer("Ada").json()["Customer"]
    change = {"Id": ada["Id"], "SyncToken": "0", "sparse": True, "Notes": "changed"}
    answer = served.post(
        "batch",
        batch(
            create_item("a", "Bob"),
            create_item("b", "Bob"),
            {"bId": "c", "operation": "update", "Customer": change},
            {"bId": "d", "operation": "update", "Customer": change},
            {"bId": "e", "Query": "select * from Customer where DisplayName = 'Bob'"},
            {"bId": "f", "Query": "selekt"},
            {"bId": "g", "operation": "frob", "Customer": {}},
            {"bId": "h", "operation": "create", "Frob": {}},
            {"bId": "i", "operation": "create"},
            {"bId": "j", "CDCQuery": {"Entities": "Customer", "ChangedSince": served.state.clock.now().isoformat()}},
        ),
    )
    assert answer.status_code == 200
    items = {item.pop("bId"): item for item in answer.json()["BatchItemResponse"]}
    assert items["a"]["Customer"]["DisplayName"] == "Bob"
    assert items["c"]["Customer"]["Notes"] == "changed"
    assert len(items["e"]["QueryResponse"]["Customer"]) == 1
    assert "CDCResponse" in items["j"]
    faults = {b_id: item["Fault"]["Error"][0]["code"] for b_id, item in items.items() if "Fault" in item}
    assert faults == {"b": "6240", "d": "5010", "f": "4000", "g": "500", "h": "2000", "i": "2010"}
    assert served.customers() == ["Ada", "Bob"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "2020"),
        ({"BatchItemRequest": []}, "2020"),
        ({"BatchItemRequest": "x"}, "2020"),
        ({"BatchItemRequest": [1]}, "2010"),
        (batch({"operation": "create", "Customer": {}}), "2020"),
        (batch(create_item("1", "A"), create_item("1", "B")), "2010"),
        (batch(*(create_item(str(n), f"C{n}") for n in range(31))), "1040"),
    ],
    ids=["nothing", "no items", "not a list", "not an object", "no bId", "a bId twice", "31 items"],
)
def test_a_malformed_batch_is_refused_whole(served: Served, body: dict[str, Any], code: str) -> None:
    assert codes(served.post("batch", body)) == [code]
    assert served.customers() == []


def test_a_batch_sent_again_is_replayed_item_by_item_by_requestid_and_bid(served: Served) -> None:
    items = [create_item("1", "Ada"), create_item("2", "Bob")]
    first = served.post("batch?requestid=r", batch(*items)).json()
    again = served.post("batch?requestid=r", batch(*items, create_item("3", "Cy"))).json()
    assert again["BatchItemResponse"][:2] == first["BatchItemResponse"]
    assert served.customers() == ["Ada", "Bob", "Cy"]
    other_ids = served.post("batch?requestid=r", batch(create_item("9", "Ada"))).json()
    assert other_ids["BatchItemResponse"][0]["Fault"]["Error"][0]["code"] == "6240"


def test_a_crash_inside_the_emulator_is_a_system_fault_without_a_traceback(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(served.company, "create", broken)
    answer = served.customer("Ada")
    assert (answer.status_code, codes(answer)) == (500, ["10000"])
    assert "secret detail" not in answer.text
    assert "secret detail" in caplog.text


def test_the_request_log_tells_what_was_metered_and_refused(served: Served) -> None:
    served.customer("Ada", "r-1")
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
