"""`approve`, `skip`, `retry` and `reverse` with --all: what a filter means, what is shown, and what becomes of each."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline.choosing import KINDS, Filter
from qbo_pipeline.pipeline.deciding import decide_all
from qbo_pipeline.posting.persons import NotPossible
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.pipeline.connections import content_of, point_to, rows
from qbo_pipeline_tests.pipeline.shop import DATED, DAYS, Shop, open_shop
from qbo_pipeline_tests.pipeline.without_qbo import build, chart, read, states

WHO = ("--who", "Dana", "--why", "agreed with the auditor")


@pytest.fixture
def held(tmp_path: Path, store_url: str) -> Shop:
    """The shop with everything built and waiting for approval; QuickBooks is not asked. On SQLite and PostgreSQL."""
    shop = open_shop(tmp_path, None, store_url=store_url)
    point_to(shop.settings, "approval = false", "approval = true")
    with shop.run() as run:
        chart(run)
        read(run)
        build(run)
    return shop


FILTERS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "nothing said": ({}, set(DATED)),
    "a reason": ({"reasons": ("awaiting_approval",)}, set(DATED)),
    "a reason that nothing has": ({"reasons": ("closed_period",)}, set()),
    "a state": ({"states": ("parked",), "kinds": ("movement",)}, {"movement/a1", "movement/d1", "movement/r1"}),
    "a kind": ({"kinds": ("receipt", "assembly")}, {"movement/r1", "movement/a1"}),
    "a type": ({"kinds": ("payment",)}, {"payment/y1"}),
    "an entity": ({"entities": ("Bill", "Payment")}, {"document/b1", "payment/y1"}),
    "a supplier by id": ({"party": "s1"}, {"document/b1", "movement/r1"}),
    "a customer by name": ({"party": "café sol"}, {"document/i1", "movement/d1", "payment/y1"}),
    "days": ({"first": "2024-03-02", "last": "2024-03-04"}, {"document/b1", "document/i1", "movement/d1"}),
    "amounts": ({"over": "40.00", "under": "100.00"}, {"document/i1"}),
    "all together": ({"kinds": ("movement",), "party": "c1", "under": "1000"}, {"movement/d1"}),
}


@pytest.mark.parametrize("named", FILTERS)
def test_a_filter_names_what_it_says(held: Shop, named: str) -> None:
    said, keys = FILTERS[named]
    made = {"first": date.fromisoformat, "last": date.fromisoformat, "over": Decimal, "under": Decimal}
    wanted = Filter(**{name: made.get(name, lambda value: value)(value) for name, value in said.items()})
    with held.run() as run:
        answers = list(decide_all(run, "approve", wanted, "Dana", "agreed"))
        approved = {key for key, state in states(run).items() if state == ("ready", None)}
    assert {one.key for one in answers if one.day} == keys
    assert approved == keys
    assert {one.refused for one in answers} <= {""}


def test_a_run_is_what_it_read_new_or_changed(held: Shop) -> None:
    """A second run reads one changed shipment: of the second run is the shipment alone, of the first the rest."""
    held.change("UPDATE movement_lines SET value = '-41.00' WHERE movement_id = 'd1'")
    with held.run() as run:
        (first,) = {row["run_id"] for row in rows(run, "SELECT run_id FROM records")}
    with held.run() as run:
        read(run)
        build(run)
        second = run.run_id
        of_second = list(decide_all(run, "skip", Filter(run_id=second), "Dana", "agreed"))
        of_first = list(decide_all(run, "skip", Filter(run_id=first[:8]), "Dana", "agreed"))
        assert [one.key for one in of_second] == ["movement/d1"]
        assert {one.key for one in of_first if one.day} == set(DATED) - {"movement/d1"}
        with pytest.raises(NotPossible, match="look up its id"):
            list(decide_all(run, "skip", Filter(run_id="0" * 12), "Dana", "agreed"))


def test_a_decision_by_filter_is_the_decision_by_key(held: Shop) -> None:
    """Both leave the same lines in the journal; one that cannot be decided does not stop the others."""
    with held.run() as run:
        answers = list(decide_all(run, "approve", Filter(kinds=("movement",)), "Dana", "agreed"))
        again = list(decide_all(run, "approve", Filter(kinds=("movement",), states=("ready",)), "Dana", "agreed"))
        journal = rows(run, "SELECT key, who, why FROM attempts WHERE event = 'approve' ORDER BY key")
    assert [(one.was, one.now, one.refused) for one in answers] == [("parked: awaiting_approval", "ready", "")] * 3
    assert ["nothing waits for approval" in one.refused for one in again] == [True] * 3
    assert [tuple(row.values()) for row in journal] == [
        (key, "Dana", "agreed") for key in sorted(DATED) if key.startswith("movement/")
    ]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"states": ("waiting",)}, "there is no state 'waiting'"),
        ({"kinds": ("invoice",)}, "there is no kind 'invoice'"),
        ({"entities": ("bill",)}, "did you mean Bill"),
        ({"run_id": "abc"}, "names no run"),
    ],
)
def test_a_filter_of_unknown_words_is_refused(said: dict[str, Any], words: str) -> None:
    with pytest.raises(NotPossible, match=words):
        Filter(**said)
    assert "sales_invoice" in KINDS


def test_nobody_reverses_everything_by_a_filter_that_says_nothing(held: Shop) -> None:
    with held.run() as run:
        with pytest.raises(NotPossible, match="everything out of the books"):
            decide_all(run, "reverse", Filter(), "Dana", "agreed")
        with pytest.raises(NotPossible, match="name and a reason"):
            decide_all(run, "skip", Filter(), "Dana", " ")
        with pytest.raises(NotPossible, match="no customer or supplier"):
            decide_all(run, "skip", Filter(party="Nobody Ltd"), "Dana", "agreed")


def test_shown_first_then_decided(shop: Shop, qbo: CommandLine, tmp_path: Path) -> None:
    """Without who and why nothing changes; the table, CSV and JSON say the same; then each is decided and sent."""
    settings = ("--settings", shop.settings)
    point_to(shop.settings, "approval = false", "approval = true")
    assert qbo("run", *DAYS, *settings).status == 1
    with shop.run() as run:
        before = content_of(run, "postings", "attempts")
    shown = qbo("approve", "--all", "--kind", "bill", "--csv", tmp_path / "shown.csv", *settings)
    as_json = qbo("approve", "--all", "--kind", "bill", "--json", *settings)
    with shop.run() as run:
        assert content_of(run, "postings", "attempts") == before
    assert (shown.status, as_json.status) == (0, 0)
    assert "document/b1 B1 parked: awaiting_approval -> ready" in shown.plain
    assert "1 of 1 postings would be decided so (approve). Nothing was changed." in shown.plain
    with (tmp_path / "shown.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.DictReader(file)) == as_json.json
    assert as_json.json[0]["amount"] == "100.00"

    order = qbo("approve", "--all", *WHO, *settings)
    assert order.status == 0
    assert "each is approved; the next run sends it" in order.plain
    assert qbo("run", *DAYS, *settings).status == 0
    none = qbo("approve", "--all", *WHO, *settings)
    assert none.status == 1
    assert "no posting is meant by these options" in none.err

    reversed_ = qbo("reverse", "--all", "--kind", "payment", *WHO, *settings)
    assert reversed_.status == 0
    assert "payment/y1 posted -> ready" in reversed_.plain


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("approve",), "name a posting by its key, or --all"),
        (("approve", "document/b1", "--all", *WHO), "--all cannot be given with the key"),
        (("skip", "document/b1"), "a decision needs --who and --why"),
        (("skip", "--all", "--who", "Dana"), "a decision needs --who and --why"),
        (("retry", "--all", "--over", "much"), "'much' is no amount"),
        (("reverse", "--all", "--over", "-1"), "'-1' is no amount"),
        (("retry", "--all", "--state", "waiting"), "there is no state 'waiting'"),
        (("retry", "--all", "--from", "2024-03-05", "--to", "2024-03-01"), "is before the first"),
    ],
)
def test_what_is_called_wrongly_is_told(held: Shop, qbo: CommandLine, arguments: tuple[str, ...], words: str) -> None:
    answer = qbo(*arguments, "--settings", held.settings)
    assert answer.status == 2
    assert words in answer.plain
