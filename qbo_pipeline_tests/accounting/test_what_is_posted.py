"""docs/what-is-posted.md is that of the rules, and names settings, tests, kinds and policies that there are."""

from __future__ import annotations

import ast
import dataclasses
import re

import pytest

from qbo_pipeline.accounting.books import Policies
from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.accounting.movements import LINE_ROLES
from qbo_pipeline.accounting.rules import RULES
from qbo_pipeline.commands.settings_reference import settings_names
from qbo_pipeline.inventory.records import Movement
from qbo_pipeline_tests.accounting.table.row import Row
from qbo_pipeline_tests.accounting.table.rows import STOCK
from qbo_pipeline_tests.accounting.table.sections import SECTIONS
from qbo_pipeline_tests.accounting.table.writing import ALL, made, placed, text
from qbo_pipeline_tests.conftest import ROOT

ROWS = [row for rows in SECTIONS.values() for row in rows]
NUMBERS = set("1 2 2b 3 4 5 6 6b 7 7b 8 9 10 11 12 13 14 14b 14c 15 16 17 18 19 20 21".split())  # noqa: SIM905
# Policies that say nothing of what one record posts: who has them and how things are called.
BESIDE = {"mode", "not_posted", "tax_regime", "multicurrency", "numbered_by_quickbooks", "supplier_suffix"}
BESIDE |= {"not_exported"}  # sections of their own


def test_the_document_is_that_of_the_rules() -> None:
    """Write it anew with `python -m qbo_pipeline_tests.accounting.table.writing > docs/what-is-posted.md`."""
    assert (ROOT / "docs" / "what-is-posted.md").read_text(encoding="utf-8") == text()


def test_every_row_every_kind_and_every_role_of_a_line_is_there() -> None:
    assert {row.number for row in STOCK} == NUMBERS
    shown = [record for row in ROWS for record in row.shown]
    assert {record.kind for record in shown} == set(RULES)
    assert {line.role for record in shown if isinstance(record, Movement) for line in record.lines} == set(LINE_ROLES)


def test_the_settings_are_there_and_every_policy_steers_a_row() -> None:
    named = {setting for row in ROWS for setting in row.settings}
    known = {f"{section}.{name}" for section, name in settings_names()} | {"tax_codes", "exchange_rates"}
    assert named <= known
    policies = {policy.name for policy in dataclasses.fields(Policies)} - BESIDE
    assert {f"posting.{name}" for name in policies} <= named


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.number} {row.what}".strip() for row in ROWS])
def test_a_rows_tests_are_there(row: Row) -> None:
    for name in row.tests:
        assert _is_there(name), name


def test_the_tests_of_what_holds_for_all_are_there() -> None:
    names = re.findall(r"`([\w/]+\.py::\w+)`", ALL)
    assert len(names) > 6
    assert [name for name in names if not _is_there(name)] == []


@pytest.mark.parametrize("row", [row for row in ROWS if row.shown], ids=[row.what for row in ROWS if row.shown])
def test_what_a_row_books_balances(row: Row) -> None:
    for one in made(row):
        if isinstance(one, Draft) and one.entity == "JournalEntry":
            signs = {"Debit": 1, "Credit": -1}
            assert (
                sum(
                    signs[line["JournalEntryLineDetail"]["PostingType"]] * line["Amount"]
                    for line in one.payload["Line"]
                )
                == 0
            )
            assert all(line["Amount"] > 0 for line in one.payload["Line"])


def _is_there(name: str) -> bool:
    file, _, test = placed(name).partition("::")
    path = ROOT / "qbo_pipeline_tests" / file
    if not path.is_file():
        return False
    functions = {
        node.name for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)
    }
    return not test or test in functions
