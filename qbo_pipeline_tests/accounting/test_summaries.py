"""A day's movements as one journal: it books what they would book one by one, to the cent."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.accounting.drafts import Draft, Excluded
from qbo_pipeline.accounting.journals import signed_lines
from qbo_pipeline.accounting.payloads import ref
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.accounting.schema_checks import problem_in
from qbo_pipeline.accounting.summaries import (
    SUMMARISED_MOVEMENTS,
    is_summarised,
    is_summary,
    summarise,
    summary_key,
    summed_up,
)
from qbo_pipeline.inventory.records import MOVEMENT_KINDS, Movement, record_key
from qbo_pipeline_tests.accounting.company import DAY, Ledger, books, movement, stock
from qbo_pipeline_tests.accounting.many import many
from qbo_pipeline_tests.accounting.test_properties import OVERRIDES, movements, values

D = Decimal
ON = books(overrides=OVERRIDES)


def drafts_of(rows: list[Movement]) -> dict[str, Draft]:
    made = {record_key(row): build(row, ON) for row in rows}
    return {key: draft for key, draft in made.items() if isinstance(draft, Draft)}


@given(st.sampled_from(SUMMARISED_MOVEMENTS), st.lists(movements(values), max_size=6))
@many(60)
def test_the_sum_is_that_of_the_single_journals(kind: str, rows: list[Movement]) -> None:
    singles = drafts_of([replace(row, kind=kind, movement_id=str(n)) for n, row in enumerate(rows)])
    if not singles:
        return
    made = summarise(summary_key(kind, DAY), singles, ON)
    alone: dict[str, Decimal] = defaultdict(D)
    for draft in singles.values():
        for account, amount in Ledger().post(draft).lines:
            alone[account] += amount
    wanted = {account: amount for account, amount in alone.items() if amount}
    if isinstance(made, Excluded):
        assert not wanted
        return
    assert isinstance(made, Draft)
    assert problem_in(made.entity, made.payload) is None
    together: dict[str, Decimal] = defaultdict(D)
    for account, amount in Ledger().post(made).lines:
        together[account] += amount
    assert {account: amount for account, amount in together.items() if amount} == wanted
    effects = {(effect.record_key, effect.account_id, effect.product_id, effect.location_id): effect.amount
               for effect in made.effects}  # fmt: skip
    assert effects == {(key, effect.account_id, effect.product_id, effect.location_id): effect.amount
                       for key, draft in singles.items() for effect in draft.effects}  # fmt: skip


def test_what_cancels_out_has_nothing_to_post() -> None:
    rows = [movement("adjustment", stock("tea", 0, value), movement_id=value) for value in ("5.00", "-5.00")]
    made = summarise(summary_key("adjustment", DAY), drafts_of(rows), ON)
    assert isinstance(made, Excluded)
    assert made.rule == "nil_effect"


def test_a_number_that_fits_and_a_note_that_says_what_it_is() -> None:
    for kind in SUMMARISED_MOVEMENTS:
        made = summarise(summary_key(kind, DAY), drafts_of([movement("adjustment", stock("tea", 1, "5.00"))]), ON)
        assert isinstance(made, Draft)
        assert len(made.payload["DocNumber"]) <= 21
    assert made.payload["PrivateNote"] == "Landed cost of 2026-03-14, 1 record"


def test_keys_say_kind_and_day_and_are_no_record_s() -> None:
    key = summary_key("shipment", DAY)
    assert is_summary(key)
    assert not is_summary("movement/summary")
    assert not is_summary(f"{key}#reversal-1")
    assert summed_up(key) == ("shipment", DAY)


@pytest.mark.parametrize("kind", SUMMARISED_MOVEMENTS)
def test_policy_of_the_day_decides(kind: str) -> None:
    chosen = books(policies={"summarise": (kind,)})
    assert is_summarised(kind, DAY, chosen)
    assert not is_summarised(kind, DAY, ON)


def test_the_sum_is_made_under_the_books_of_its_day() -> None:
    numbering = books(overrides=OVERRIDES, policies={"numbered_by_quickbooks": ("JournalEntry",)})
    dated = replace(ON, dated=lambda day: numbering if day == DAY else ON)
    rows = [movement("adjustment", stock("tea", 0, value), movement_id=value) for value in ("5.00", "7.25", "-2.00")]
    made = summarise(summary_key("adjustment", DAY), drafts_of(rows), dated)
    after = summarise(summary_key("adjustment", DAY + timedelta(days=1)), drafts_of(rows), dated)
    assert isinstance(made, Draft)
    assert isinstance(after, Draft)
    assert "DocNumber" not in made.payload
    assert after.payload["DocNumber"] == "Adjustment 260315"
    assert (made.key, made.entity, made.business_date, made.amount, made.currency) == (
        "summary/2026-03-14/adjustment", "JournalEntry", DAY, D("10.25"), "USD",
    )  # fmt: skip
    small = summarise(
        summary_key("adjustment", DAY), drafts_of([movement("adjustment", stock("tea", 0, "0.75"))]), dated
    )
    assert isinstance(small, Draft)
    assert small.amount == D("0.75")
    summing = books(policies={"summarise": ("shipment",)})
    changed = replace(ON, dated=lambda day: summing if day == DAY else ON)
    assert is_summarised("shipment", DAY, changed)
    assert not is_summarised("shipment", DAY + timedelta(days=1), changed)


def test_every_movement_but_the_opening_can_be_summed_up() -> None:
    assert set(SUMMARISED_MOVEMENTS) == set(MOVEMENT_KINDS) - {"opening"}


def test_the_lines_of_a_journal_are_told_by_account_class_department_and_name() -> None:
    def line(amount: str, side: str, **more: object) -> dict[str, object]:
        return {"Amount": D(amount), "JournalEntryLineDetail": {"PostingType": side, "AccountRef": ref("81"), **more}}

    named = {"Type": "Customer", "EntityRef": ref("$party/customer:7")}
    lines = [
        line("5.00", "Credit", ClassRef=ref("901"), DepartmentRef=ref("801"), Entity=named),
        line("5.00", "Debit"),
    ]
    assert list(signed_lines({"Line": lines})) == [
        (("81", "901", "801", "Customer", "party/customer:7"), D("-5.00")),
        (("81", "", "", "", ""), D("5.00")),
    ]
