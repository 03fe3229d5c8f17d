"""Failure on order over a real socket: what the client sees of each kind, and what is in the books afterwards."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from qbo_pipeline_tests.emulator.http.serving import Served

CREATE = {"operation": "create"}


def batch_of(count: int) -> dict[str, Any]:
    return {
        "BatchItemRequest": [
            {"bId": str(n), "operation": "create", "Customer": {"DisplayName": f"C{n}"}} for n in range(count)
        ]
    }


def answered_ids(answer: httpx.Response) -> list[str]:
    return [item["bId"] for item in answer.json()["BatchItemResponse"]]


@pytest.mark.parametrize("commit", [True, False])
@pytest.mark.parametrize(
    ("rule", "seen"),
    [
        ({"kind": "reset"}, httpx.ReadError),
        ({"kind": "lost_answer", "how": "reset"}, httpx.ReadError),
        ({"kind": "lost_answer", "how": "hang", "seconds": 0}, httpx.RemoteProtocolError),
        ({"kind": "half_body"}, httpx.RemoteProtocolError),
        ({"kind": "wrong_length", "extra": 7}, httpx.RemoteProtocolError),
        ({"kind": "html"}, 200),
        ({"kind": "html", "status": 502}, 502),
        ({"kind": "fault_200"}, 200),
        ({"kind": "server_error"}, 500),
        ({"kind": "server_error", "status": 503}, 503),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_a_spoiled_answer_with_and_without_the_write_behind_it(
    served: Served, rule: dict[str, Any], seen: type[Exception] | int, commit: bool
) -> None:
    served.order({**rule, **CREATE, "commit": commit, "nth": 1})
    if isinstance(seen, int):
        answer = served.customer("Acme")
        assert answer.status_code == seen
        assert "Customer" not in answer.text
    else:
        with pytest.raises(seen):
            served.customer("Acme")
    assert served.customers() == (["Acme"] if commit else [])
    assert served.customer("Bolt").status_code == 200, "the next request is served as ever"


def test_a_reset_is_a_tcp_reset(served: Served) -> None:
    served.order({"kind": "reset", "nth": 1})
    with pytest.raises(httpx.ReadError, match="Connection reset by peer"):
        served.customer("Acme")


def test_a_hanging_answer_outlives_the_clients_patience(served: Served) -> None:
    served.order({"kind": "lost_answer", "how": "hang", "nth": 1})
    with pytest.raises(httpx.ReadTimeout):
        served.client.post(served.url("customer"), json={"DisplayName": "Acme"}, timeout=0.2)
    assert served.customers() == ["Acme"]


def test_content_length_below_what_is_sent_leaves_unreadable_json(served: Served) -> None:
    served.order({"kind": "wrong_length", "extra": -3, "nth": 1})
    answer = served.customer("Acme")
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_slow_drip_stays_below_a_read_timeout_and_above_a_total_one(served: Served) -> None:
    served.order({"kind": "slow_drip", "chunk": 50, "seconds": 0.05, "nth": 1})
    begun = time.monotonic()
    with served.client.stream("POST", served.url("customer"), json={"DisplayName": "Acme"}, timeout=5) as answer:
        chunks = list(answer.iter_raw())
    assert len(chunks) > 3
    assert time.monotonic() - begun >= 0.05 * (len(chunks) - 1)
    assert json.loads(b"".join(chunks))["Customer"]["DisplayName"] == "Acme"


def test_a_late_commit_happens_when_its_virtual_time_has_come(served: Served) -> None:
    served.order({"kind": "late_commit", "seconds": 119, "nth": 1, **CREATE})
    with pytest.raises(httpx.ReadError):
        served.customer("Acme", "r-1")
    served.advance(118)
    assert served.customers() == []
    served.advance(1)
    assert served.customers() == ["Acme"]
    assert served.customer("Acme", "r-1").status_code == 200, "the late answer is remembered by its requestid"
    assert served.customers() == ["Acme"]


def test_a_late_commit_that_was_overtaken_by_its_repetition_makes_no_second_object(served: Served) -> None:
    served.order({"kind": "late_commit", "seconds": 100, "nth": 1, **CREATE})
    with pytest.raises(httpx.ReadError):
        served.customer("Acme", "r-1")
    assert served.customer("Acme", "r-1").status_code == 200
    served.advance(100)
    assert served.customers() == ["Acme"]
    assert served.state.meter.replayed == 1


def test_a_late_commit_is_done_before_a_request_that_comes_after_it(served: Served) -> None:
    served.order({"kind": "late_commit", "seconds": 0, "nth": 1, **CREATE})
    with pytest.raises(httpx.ReadError):
        served.customer("Acme")
    found = served.get("query", query="select count(*) from Customer").json()
    assert found["QueryResponse"] == {"totalCount": 1}


def test_a_torn_batch_is_carried_out_whole_and_answered_in_part(served: Served) -> None:
    served.order({"kind": "torn_batch", "items": 2, "nth": [1]})
    assert answered_ids(served.post("batch?requestid=r", batch_of(5))) == ["0", "1"]
    assert len(served.customers()) == 5
    assert answered_ids(served.post("batch?requestid=r", batch_of(5))) == ["0", "1", "2", "3", "4"]
    assert len(served.customers()) == 5


def test_a_torn_batch_can_be_answered_empty(served: Served) -> None:
    served.order({"kind": "torn_batch", "items": 0})
    assert served.post("batch", batch_of(3)).json()["BatchItemResponse"] == []


def test_a_batch_that_dies_after_some_items_is_completed_by_sending_it_again(served: Served) -> None:
    served.order({"kind": "lost_answer", "operation": "batch", "items": 3, "nth": 1})
    with pytest.raises(httpx.ReadError):
        served.post("batch?requestid=r", batch_of(5))
    assert served.customers() == ["C0", "C1", "C2"]
    served.post("batch?requestid=r", batch_of(5))
    assert served.customers() == ["C0", "C1", "C2", "C3", "C4"]


def test_a_shuffled_batch_holds_the_same_items_in_another_order(served: Served) -> None:
    served.order({"kind": "shuffled_batch"})
    found = answered_ids(served.post("batch", batch_of(8)))
    assert found != sorted(found)
    assert sorted(found) == [str(n) for n in range(8)]


def test_refusals_befall_single_items_of_a_batch(served: Served) -> None:
    served.order({"kind": "refusal", "code": "6000", "entity": "Customer", "nth": [2, 4]})
    items = served.post("batch", batch_of(5)).json()["BatchItemResponse"]
    assert [item["bId"] for item in items if "Fault" in item] == ["1", "3"]
    assert served.customers() == ["C0", "C2", "C4"]


def test_a_whole_batch_can_be_refused(served: Served) -> None:
    served.order({"kind": "refusal", "code": "6190", "operation": "batch"})
    answer = served.post("batch", batch_of(5))
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, "6190")
    assert served.customers() == []


@pytest.mark.parametrize("code", ["2020", "2500", "5010", "6000", "6140", "6210", "6240", "9999"])
def test_a_refusal_has_the_recorded_words_of_its_code_or_its_own(served: Served, code: str) -> None:
    served.order(
        {"kind": "refusal", "code": code, "nth": 1}, {"kind": "refusal", "code": code, "message": "M", "detail": "D"}
    )
    recorded, own = (served.customer("Acme").json()["Fault"]["Error"][0] for _ in range(2))
    assert recorded["code"] == own["code"] == code
    assert "{" not in recorded["Detail"]
    assert (own["Message"], own["Detail"]) == ("M", "D")


def test_a_stale_object_was_really_changed_by_somebody_else(served: Served) -> None:
    acme = served.customer("Acme").json()["Customer"]
    change = {"Id": acme["Id"], "SyncToken": "0", "sparse": True, "Notes": "mine"}
    served.order({"kind": "stale_object", "operation": "update", "nth": 1})
    assert served.post("customer", change).json()["Fault"]["Error"][0]["code"] == "5010"
    token = served.get(f"customer/{acme['Id']}").json()["Customer"]["SyncToken"]
    assert token == "1"
    assert served.post("customer", {**change, "SyncToken": token}).status_code == 200


def test_a_429_storm_lasts_its_time_and_is_counted(served: Served) -> None:
    served.order({"kind": "throttle", "seconds": 1_800, "nth": 1})
    assert [served.customer(f"C{n}").status_code for n in range(3)] == [429, 429, 429]
    served.advance(1_799)
    assert served.customer("C4").status_code == 429
    served.advance(1)
    assert served.customer("C5").status_code == 200
    assert served.state.meter.refused == 4
    assert served.state.meter.after_429 == 3


def test_a_token_can_expire_in_the_middle(served: Served) -> None:
    served.order({"kind": "expire_token", "operation": "batch", "nth": 1})
    assert served.post("batch", batch_of(2)).status_code == 401
    assert served.post("batch", batch_of(2)).status_code == 401, "it stays expired"
    assert served.customers() == []


def test_a_connection_can_be_revoked_in_the_middle(served: Served) -> None:
    served.order({"kind": "revoke_token", "nth": 1})
    assert served.customer("Acme").status_code == 401
    answer = httpx.post(
        f"{served.state.base_url}/oauth2/v1/tokens/bearer",
        data={"grant_type": "refresh_token", "refresh_token": served.state.refresh_token},
        auth=(served.state.client_id, served.state.client_secret),
    )
    assert answer.json() == {"error": "invalid_grant", "error_description": "Token revoked"}


def test_queries_and_changes_can_lag_behind_the_writes(served: Served) -> None:
    since = served.state.clock.now().isoformat()
    served.customer("Acme")
    served.advance(100)
    bolt = served.customer("Bolt").json()["Customer"]
    served.order({"kind": "query_lag", "seconds": 60})

    def seen() -> tuple[list[str], int, list[str]]:
        rows = served.get("query", query="select * from Customer").json()["QueryResponse"].get("Customer", [])
        count = served.get("query", query="select count(*) from Customer").json()["QueryResponse"]["totalCount"]
        changes = served.get("cdc", entities="Customer", changedSince=since).json()["CDCResponse"][0]["QueryResponse"]
        changed = [row["DisplayName"] for part in changes for row in part.get("Customer", [])]
        return sorted(row["DisplayName"] for row in rows), count, sorted(changed)

    assert seen() == (["Acme"], 1, ["Acme"])
    assert served.get(f"customer/{bolt['Id']}").status_code == 200, "a read by id knows it at once"
    served.advance(60)
    assert seen() == (["Acme", "Bolt"], 2, ["Acme", "Bolt"])


def test_answers_can_carry_fields_that_nobody_knows(served: Served) -> None:
    served.order({"kind": "unknown_fields", **CREATE})
    made = served.customer("Acme").json()["Customer"]
    assert made["DisplayName"] == "Acme"
    assert made["FutureStatus"] == "NotYetInvented"


def test_a_report_can_be_truncated_with_qbos_words(served: Served) -> None:
    served.order({"kind": "truncated_report", "items": 1})
    rows = served.get("reports/TrialBalance").json()["Rows"]["Row"]
    assert rows[-1] == {"ColData": [{"value": "Unable to display more data"}]}
    assert len(rows) <= 2


def test_probability_is_drawn_by_seed(served: Served) -> None:
    def refused(seed: int) -> list[int]:
        served.order({"kind": "refusal", "operation": "read", "probability": 0.3}, seed=seed)
        return [n for n in range(60) if served.get("companyinfo").status_code == 400]

    assert refused(5) == refused(5) != refused(6)
    assert refused(5)


def test_the_matrix_can_be_changed_at_run_time_over_http(served: Served) -> None:
    url = f"{served.state.base_url}/emulator/faults"
    assert served.client.post(url, json={"fault": [{"kind": "server_error", "times": 1}]}).status_code == 200
    assert served.client.post(url, json={"fault": [{"kind": "html", "times": 1}]}).status_code == 200
    assert [served.get("companyinfo").status_code for _ in range(3)] == [500, 200, 200]
    listed = served.client.get(url).json()
    assert [(rule["kind"], rule["fired"]) for rule in listed["fault"]] == [("server_error", 1), ("html", 1)]
    bad = served.client.post(url, json={"fault": [{"kind": "reset", "seconds": 3}]})
    assert bad.status_code == 400
    assert "body.fault[0]" in bad.json()["error"]
    assert served.client.delete(url).json()["fault"] == []
    meter = served.client.get(f"{served.state.base_url}/emulator/meter").json()
    assert meter["faults_injected"] == {"html": 1, "server_error": 1}
