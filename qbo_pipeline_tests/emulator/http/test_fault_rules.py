"""Fault scripts: how they are read and checked, and which rule fires when."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.emulator.http.fault_rules import EXPLAINED, KINDS, FaultPlan, parse_script, read_script


def plan(*rules: dict[str, Any], seed: int = 1) -> FaultPlan:
    made = FaultPlan()
    made.add(parse_script({"seed": seed, "fault": list(rules)}, "test"))
    return made


def fired(
    made: FaultPlan, count: int, operation: str = "create", entity: str = "Invoice", text: bytes = b""
) -> list[int]:
    """Which of `count` equal requests, from 1, a rule fires for."""
    path = "/v3/company/1/invoice"
    return [n for n in range(1, count + 1) if made.choose(operation, entity, path, text)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"nth": 3}, [3]),
        ({"nth": [1, 4]}, [1, 4]),
        ({"every": 2}, [2, 4, 6]),
        ({"times": 2}, [1, 2]),
        ({"every": 2, "times": 2}, [2, 4]),
        ({"operation": "update"}, []),
        ({"entity": "invoice"}, [1, 2, 3, 4, 5, 6]),
        ({"entity": "Bill"}, []),
        ({"path": "*/invoice", "nth": 2}, [2]),
        ({"contains": "INV-7"}, []),
    ],
)
def test_which_requests_a_rule_fires_for(rule: dict[str, Any], expected: list[int]) -> None:
    assert fired(plan({"kind": "reset", **rule}), 6) == expected


def test_only_matching_requests_are_counted() -> None:
    made = plan({"kind": "reset", "entity": "Bill", "nth": 2})
    assert fired(made, 5) == []
    assert fired(made, 3, entity="Bill") == [2]


@pytest.mark.parametrize(
    ("kind", "operation"), [("torn_batch", "create"), ("query_lag", "read"), ("expire_token", "token")]
)
def test_a_rule_never_fires_where_its_kind_means_nothing(kind: str, operation: str) -> None:
    made = plan({"kind": kind})
    assert fired(made, 3, operation=operation) == []
    assert made.armed[0].seen == 0


def test_contains_looks_into_the_body() -> None:
    assert fired(plan({"kind": "reset", "contains": "INV-7"}), 1, text=b'{"DocNumber":"INV-7"}') == [1]


def test_probability_is_reproducible_by_its_seed_and_near_its_figure() -> None:
    draws = [fired(plan({"kind": "reset", "probability": 0.25}, seed=seed), 2_000) for seed in (7, 7, 8)]
    assert draws[0] == draws[1] != draws[2]
    assert 400 < len(draws[0]) < 600


def test_a_refusal_befalls_the_items_of_a_batch_unless_it_names_the_batch() -> None:
    by_item = plan({"kind": "refusal", "code": "6000"})
    assert by_item.choose("batch", "", "/x/batch", b"") is None
    assert by_item.choose("create", "Invoice", "/x/batch", b"", item=True)
    whole = plan({"kind": "refusal", "operation": "batch"})
    assert whole.choose("create", "Invoice", "/x/batch", b"", item=True) is None
    assert whole.choose("batch", "", "/x/batch", b"")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"kind": "explode"}, "'explode' is not known; the kinds are lost_answer"),
        ({"kind": "reset", "seconds": 5}, "does not take seconds; it takes commit"),
        ({"kind": "reset", "wen": 1}, "wen"),
        ({"kind": "reset", "nth": 0}, "nth"),
        ({"kind": "reset", "probability": 1.5}, "probability"),
        ({"kind": "server_error", "status": 404}, "500 to 599"),
        ({"kind": "wrong_length", "extra": 0}, "other than 0"),
        ({"kind": "refusal", "code": "abc"}, "code"),
        ({"kind": "torn_batch", "operation": "create"}, "cannot befall operation 'create'"),
        ({"kind": "late_commit", "operation": "token"}, "cannot befall operation 'token'"),
        ({"kind": "lost_answer", "items": 3}, "only with operation = 'batch'"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_place_and_reason(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=r"script\.fault\[1\]") as refused:
        parse_script({"fault": [{"kind": "reset"}, rule]}, "script")
    assert words in str(refused.value)


def test_scripts_are_read_from_toml_and_json(tmp_path: Path) -> None:
    toml = tmp_path / "faults.toml"
    toml.write_text('seed = 4\n[[fault]]\nkind = "late_commit"\noperation = "create"\nnth = 2\nseconds = 60\n')
    as_json = tmp_path / "faults.json"
    as_json.write_text(
        json.dumps({"seed": 4, "fault": [{"kind": "late_commit", "operation": "create", "nth": 2, "seconds": 60}]})
    )
    assert read_script(toml) == read_script(as_json)
    assert read_script(toml).fault[0].seconds == 60


@pytest.mark.parametrize(("name", "text"), [("a.toml", "fault ="), ("a.json", "{"), ("b.json", "[]")])
def test_an_unreadable_script_names_its_file(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=name):
        read_script(tmp_path / name)


def test_every_kind_is_explained() -> None:
    assert set(KINDS) == set(EXPLAINED)
