"""The judges of the cases: a case that ends otherwise is seen, and no fact is stated that nothing can break."""

from __future__ import annotations

import re

import pytest

from qbo_pipeline_tests.cases import __main__ as cases
from qbo_pipeline_tests.cases.judgements import JUDGEMENTS
from qbo_pipeline_tests.cases.judging import Judgement, broken_facts

JUDGEMENT = Judgement("all is well", (r"^posted +11$",), (r"doubled",), {r"^exit 0$": 2})


@pytest.mark.parametrize(
    ("output", "status", "broken"),
    [
        ("posted   11\nexit 0\nexit 0\n", 0, []),
        ("posted   12\nexit 0\nexit 0\n", 0, ["does not say '^posted +11$'"]),
        ("posted   11\nexit 0\nexit 0\na doubled invoice\n", 0, ["says 'doubled'"]),
        ("posted   11\nexit 0\n", 0, ["says '^exit 0$' 1 times instead of 2"]),
        ("posted   11\nexit 0\nexit 0\n", 1, ["the case itself ended with status 1"]),
        ("posted   11\nexit 0\nexit 0\nTraceback (most recent call last)\n", 0, ["says 'Traceback'"]),
    ],
)
def test_a_case_that_ends_otherwise_is_seen(output: str, status: int, broken: list[str]) -> None:
    assert broken_facts(JUDGEMENT, output, status) == broken


@pytest.mark.parametrize("number", sorted(JUDGEMENTS))
def test_a_case_that_prints_nothing_is_seen(number: str) -> None:
    judgement = JUDGEMENTS[number]
    assert broken_facts(judgement, "", 0), "its facts are such that silence breaks them"
    for fact in (*judgement.says, *judgement.never, *judgement.counts):
        re.compile(fact)


def test_every_case_that_is_at_hand_has_its_judgement() -> None:
    there = {script.parent.name.partition("-")[0] for script in cases.FOLDER.glob("*/case.py")}
    if not there:
        pytest.skip(f"no cases in {cases.FOLDER}")
    assert there == set(JUDGEMENTS)


def test_where_there_are_no_cases_that_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cases, "FOLDER", tmp_path)
    assert cases.main([]) == 0
    assert capsys.readouterr().out.startswith("skipped: there are no cases in ")
