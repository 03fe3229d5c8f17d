"""What becomes of one record of each kind, whole, against what a person has looked at (`outcomes/outcomes.json`)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.accounting.products import build_account_items
from qbo_pipeline.accounting.rules import build, build_unrecorded
from qbo_pipeline_tests.accounting.outcomes.company import ITEMS, stored
from qbo_pipeline_tests.accounting.outcomes.more_lists import UNRECORDED
from qbo_pipeline_tests.accounting.outcomes.summed_sales import DAYS
from qbo_pipeline_tests.accounting.outcomes.writing import SUBJECTS, forms_of, known, summaries, written

KNOWN = known()
ROWS = [(f"{subject}: {name}", *row) for subject, rows in SUBJECTS.items() for name, row in rows.items()]


@pytest.mark.parametrize(("name", "record", "of"), ROWS, ids=[row[0] for row in ROWS])
def test_an_outcome_is_the_same_to_the_last_word(name: str, record: Any, of: Any) -> None:
    assert written(build(record, of)) == KNOWN[name]


def test_the_items_of_accounts_are_the_same() -> None:
    assert written(build_account_items(stored(further=ITEMS, hints={}))) == KNOWN["lists: the items of accounts"]


def test_the_sums_of_a_day_are_the_same() -> None:
    for name, outcome in summaries().items():
        assert written(outcome) == KNOWN[f"summaries: {name}"]


@pytest.mark.parametrize("name", DAYS)
def test_the_forms_of_a_day_are_the_same(name: str) -> None:
    assert forms_of(name) == KNOWN[f"a day's sales: {name}"]


@pytest.mark.parametrize("name", UNRECORDED)
def test_what_belongs_to_no_record_is_the_same(name: str) -> None:
    assert written(build_unrecorded(*UNRECORDED[name])) == KNOWN[f"of no record: {name}"]


def test_nothing_else_is_written_down() -> None:
    others = {"lists: the items of accounts", *(f"summaries: {name}" for name in summaries())}
    others |= {f"a day's sales: {name}" for name in DAYS} | {f"of no record: {name}" for name in UNRECORDED}
    assert set(KNOWN) == {name for name, _, _ in ROWS} | others


@pytest.mark.parametrize("name", [name for name, row in KNOWN.items() if "JournalEntry" in str(row)])
def test_the_journals_that_are_written_down_balance(name: str) -> None:
    """The file is read by people, who may overlook a cent; this does not."""
    made_of = KNOWN[name]
    for made in made_of if isinstance(made_of, list) else [made_of]:
        if made.get("entity") == "JournalEntry":
            sides = {"Debit": Decimal(0), "Credit": Decimal(0)}
            for line in made["payload"]["Line"]:
                sides[line["JournalEntryLineDetail"]["PostingType"]] += Decimal(line["Amount"])
            assert sides["Debit"] == sides["Credit"] == Decimal(made["amount"])
