"""One table of verdicts, and everybody who says how things stand says it as the table does."""

from __future__ import annotations

import re
import signal
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from qbo_pipeline.pipeline.counts import BECAME, DayCount
from qbo_pipeline.pipeline.standing import of_counts, of_postings, of_reconciliation, of_refusals, of_set_aside
from qbo_pipeline.reconciliation.result import STATUSES
from qbo_pipeline.reports.words import STATUS_WORDS
from qbo_pipeline.verdicts import OF_STATUS, STOPPED, Ground, Verdict, conclude, worst

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)


def test_the_readme_has_the_table() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.split("### Exit statuses", 1)[1].split("\n## ", 1)[0]
    verdicts = [(str(one.value), one.word, one.meaning) for one in Verdict]
    stopped = [
        (str(status), f"stopped ({name})", f"{what}; what was committed stays")
        for status, (name, what) in STOPPED.items()
    ]

    assert ROW.findall(table) == [*verdicts, *stopped]
    assert "exits 1" not in readme, "exit statuses are told by the table alone"
    assert "exit status 3" not in readme.lower()


def test_a_stopped_command_exits_as_the_table_says() -> None:
    assert {status: f"SIG{name}" for status, (name, _) in STOPPED.items()} == {
        128 + one: one.name for one in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGTERM)
    }


def test_each_status_of_a_reconciliation_has_a_verdict_that_the_report_says() -> None:
    assert set(OF_STATUS) == set(STATUSES) == set(STATUS_WORDS)
    for status, verdict in OF_STATUS.items():
        assert STATUS_WORDS[status].lower() == verdict.word
    assert [status for status, verdict in OF_STATUS.items() if verdict is Verdict.IN_BALANCE] == ["balanced"]


@pytest.mark.parametrize(
    ("status", "difference", "unexplained", "verdict", "tone"),
    [
        ("balanced", "0", "0", Verdict.IN_BALANCE, "good"),
        ("explained", "-545.53", "0", Verdict.WAITING, "attention"),
        ("explained", "-36000", "0", Verdict.WAITING, "attention"),
        ("explained", "0", "0", Verdict.WAITING, "attention"),  # differences that cancel each other
        ("unexplained", "0.01", "0.01", Verdict.UNEXPLAINED, "bad"),
        ("doubled", "500", "0", Verdict.UNEXPLAINED, "bad"),
    ],
)
def test_explained_is_not_in_balance(
    status: str, difference: str, unexplained: str, verdict: Verdict, tone: str
) -> None:
    amounts = {"difference": Decimal(difference), "unexplained": Decimal(unexplained)}
    found = conclude(of_reconciliation(SimpleNamespace(status=status, **amounts)))

    assert (found.verdict, found.verdict.tone) == (verdict, tone)
    assert (f"difference {Decimal(difference):,.2f}" in found.line) == (verdict is not Verdict.IN_BALANCE)


def test_what_is_not_in_balance_always_says_why() -> None:
    nothing = dict.fromkeys(BECAME, 0)
    found = conclude(
        [
            *of_refusals([None, "QuickBooks refuses calls because of its limits."]),
            *of_postings([{"state": "ready"}, {"state": "parked"}, {"state": "parked"}]),
            *of_set_aside(["draft", "not_a_date"]),
            *of_counts([DayCount(None, "document", 3, nothing), DayCount(None, "payment", None, nothing)]),
        ]
    )

    assert found.verdict is Verdict.UNEXPLAINED
    assert found.line == (
        "unexplained, lost or doubled: the counts do not add up for 1 day of a type of record; QuickBooks refuses "
        "calls because of its limits; 2 postings parked for a person; 1 posting ready and not sent; 1 record set "
        "aside: correct in the inventory system; the reading broke off on 1 day of a type of record: run them again"
    )
    assert conclude([]).line == "in balance"


def test_the_gravest_counts() -> None:
    order = [Verdict.IN_BALANCE, Verdict.WAITING, Verdict.UNAVAILABLE, Verdict.SETTINGS, Verdict.UNEXPLAINED]
    for place, verdict in enumerate(order):
        assert worst(order[: place + 1]) is verdict
        assert conclude([Ground(one, one.word) for one in order[: place + 1]]).reasons[0].verdict is verdict
