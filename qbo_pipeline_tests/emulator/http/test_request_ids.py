"""What a repeated requestid gets under each policy, and for how long."""

from __future__ import annotations

import sqlite3

import pytest

from qbo_pipeline_tests.emulator.http.serving import Served, serving
from qbo_pipeline_tests.emulator.http.shapes import batch, codes, create_item


def test_a_repeated_requestid_gets_the_first_answer_and_makes_no_second_object(served: Served) -> None:
    first, second = served.customer("Acme", "r-1"), served.customer("Acme", "r-1")
    assert second.content == first.content
    assert served.customers() == ["Acme"]
    assert served.state.meter.replayed == 1


def test_requestids_can_be_ignored() -> None:
    with serving(request_id="ignore") as served:
        bodies = [{"DisplayName": name} for name in ("Acme", "Bolt")]
        assert [served.post("customer?requestid=r", body).status_code for body in bodies] == [200, 200]
        assert served.customers() == ["Acme", "Bolt"]


def test_a_repeated_requestid_can_be_answered_with_6000() -> None:
    with serving(request_id="fault") as served:
        served.customer("Acme", "r-1")
        assert codes(served.customer("Acme", "r-1")) == ["6000"]
        assert served.customers() == ["Acme"]


@pytest.mark.parametrize(("policy", "status"), [("replay", 200), ("fault", 400)])
def test_the_same_requestid_with_another_body_follows_the_policy(policy: str, status: int) -> None:
    with serving(request_id_conflict=policy) as served:
        served.customer("Acme", "r-1")
        other = served.customer("Bolt", "r-1")
        assert other.status_code == status
        assert served.customers() == ["Acme"]
        if status == 400:
            assert codes(other) == ["600"]


def test_a_requestid_is_forgotten_after_its_retention_time() -> None:
    with serving(request_id_seconds=600) as served:
        made = served.customer("Acme", "r-1").json()["Customer"]
        served.advance(599)
        assert served.customer("Acme", "r-1").json()["Customer"]["Id"] == made["Id"]
        served.advance(2)
        assert codes(served.customer("Acme", "r-1")) == ["6240"]


def test_a_refused_request_is_carried_out_when_it_comes_again(served: Served) -> None:
    served.order({"kind": "refusal", "code": "6210", "nth": 1})
    assert codes(served.customer("Acme", "r-1")) == ["6210"]
    assert served.customer("Acme", "r-1").status_code == 200


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
    answer = served.post(path, batch(create_item(b_id, "Acme")))
    if code is None:
        assert answer.json()["BatchItemResponse"][0]["bId"] == b_id
    else:
        assert codes(answer) == [code]


def test_a_requestid_of_more_than_fifty_characters_is_refused(served: Served) -> None:
    assert served.customer("Acme", "x" * 50).status_code == 200
    assert codes(served.customer("Bolt", "x" * 51)) == ["2130"]


def test_a_batch_sent_again_is_replayed_item_by_item_by_requestid_and_bid(served: Served) -> None:
    items = [create_item("1", "Acme"), create_item("2", "Bolt")]
    first = served.post("batch?requestid=r", batch(*items)).json()
    again = served.post("batch?requestid=r", batch(*items, create_item("3", "Cy"))).json()
    assert again["BatchItemResponse"][:2] == first["BatchItemResponse"]
    assert served.customers() == ["Acme", "Bolt", "Cy"]
    other_ids = served.post("batch?requestid=r", batch(create_item("9", "Acme"))).json()
    assert other_ids["BatchItemResponse"][0]["Fault"]["Error"][0]["code"] == "6240"


@pytest.mark.parametrize("path", ["customer?requestid=r", "batch?requestid=r"])
def test_a_commit_that_fails_leaves_neither_the_write_nor_the_memory_of_it(
    served: Served, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def full() -> None:
        raise sqlite3.OperationalError("database or disk is full")

    body = {"DisplayName": "Acme"} if path.startswith("customer") else batch(create_item("1", "Acme"))
    with monkeypatch.context() as patch:
        patch.setattr(served.state.store, "commit", full)
        assert codes(served.post(path, body)) == ["10000"]
    assert served.customers() == []
    assert served.post(path, body).status_code == 200
    assert served.customers() == ["Acme"]
    assert served.state.meter.replayed == 0
