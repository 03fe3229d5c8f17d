"""Documents that stay out of QuickBooks: by kind, party group, channel and status; and approved ones only."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import date
from typing import Any

import pytest

from qbo_pipeline.accounting.books import ExportOff, Policies
from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.accounting.rule_sets import Rules, RuleSet
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.inventory.records import content_hash
from qbo_pipeline_tests.accounting.company import PARTIES, books, document, draft, excluded, item, payment

WITHIN = replace(PARTIES[0], party_group="Intercompany")
INVOICE = document(
    "sales_invoice", item("tea", 10, "10", "100"), document_id="i1", number="I-1", channel="Shop", source_status="Done"
)
BILL = document("bill", item("bag", 1, "10", "10"), document_id="b1", number="B-1", source_status="Parked")

OUT: list[tuple[str, ExportOff, bool, str]] = [
    ("its kind", ExportOff(kinds=("sales_invoice",)), True, "kind 'sales_invoice'"),
    ("another kind", ExportOff(kinds=("bill",)), False, ""),
    ("its party's group", ExportOff(party_groups=("intercompany",)), True, "party group 'Intercompany'"),
    ("its channel, whatever the case", ExportOff(channels=(" SHOP ",)), True, "channel 'Shop'"),
    ("its status", ExportOff(statuses=("Parked", "Done")), True, "status 'Done'"),
    ("all that is named", ExportOff(kinds=("sales_invoice",), channels=("Shop",)), True, "channel 'Shop'"),
    ("one of two", ExportOff(kinds=("sales_invoice",), channels=("Market",)), False, ""),
]


@pytest.mark.parametrize(("block", "is_out", "said"), [row[1:] for row in OUT], ids=[row[0] for row in OUT])
def test_what_fits_a_block_stays_out(block: ExportOff, is_out: bool, said: str) -> None:
    of = books(WITHIN, INVOICE, policies={"not_exported": (block,)})
    if not is_out:
        assert draft(INVOICE, of) == draft(INVOICE, books(WITHIN, INVOICE))
        return
    outcome = excluded(INVOICE, of)
    assert outcome.rule == "not_exported"
    assert said in outcome.message


@pytest.mark.parametrize(("status", "goes"), [("done", True), ("Parked", False), (None, False)])
def test_only_what_is_approved_goes(status: str | None, goes: bool) -> None:
    record = replace(INVOICE, source_status=status)
    outcome = build(record, books(policies={"approved_statuses": ("Approved", "Done")}))
    assert isinstance(outcome, Draft) is goes
    if not goes:
        assert excluded(record, books(policies={"approved_statuses": ("Approved", "Done")})).rule == "not_approved"


def test_a_payment_does_not_name_what_stays_out() -> None:
    of = books(INVOICE, policies={"not_exported": (ExportOff(channels=("Shop",)),)})
    made = draft(payment("payment_received", "100", ("i1", "100")), of)
    assert made.payload["Line"] == []
    assert "on account, not linked: I-1 100.00" in made.payload["PrivateNote"]
    stands = replace(of, posted_as={"document/i1": "Invoice"}.get)
    assert draft(payment("payment_received", "100", ("i1", "100")), stands).payload["Line"] != []


def test_what_was_voided_is_told_as_voided() -> None:
    of = books(policies={"not_exported": (ExportOff(kinds=("bill",)),)})
    assert excluded(replace(BILL, status="voided"), of).rule == "voided_in_source"


def rules(**policies: Any) -> RuleSet:
    first = Rules(
        first_day=date(2026, 1, 1), roles={}, overrides={}, hints={}, tax_codes={}, policies=Policies(**policies)
    )
    return RuleSet(home_currency="USD", by_date=[first], rates=[])


def test_the_policies_are_kept_as_json_and_read_back() -> None:
    said = rules(not_exported=(ExportOff(kinds=("bill",), statuses=("Parked",)),), approved_statuses=("Done",))
    assert RuleSet.from_content(json.loads(json.dumps(said.as_content()))) == said


@pytest.mark.parametrize(
    "unsaid",
    [
        "approved_statuses", "not_exported", "link_orders", "bills_from_orders", "freight", "payment_methods",
        "customer_deposits", "supplier_deposits",
    ],
)  # fmt: skip
def test_settings_that_say_nothing_of_it_keep_their_hash(unsaid: str) -> None:
    """What a release knows more may not make settings, and so postings, look changed."""
    kept = rules().as_content()["by_date"][0]["policies"]
    assert unsaid in asdict(Policies())
    assert unsaid not in kept


def test_records_that_use_no_new_column_keep_their_hash() -> None:
    """As the release before wrote them: columns that came since are not in them, so that no posted document changes."""
    bill = document("bill", item("bag", 2, "5", "10", account="freight"), document_id="b1", memo="by air")
    paid = payment("payment_made", "10", ("b1", "10"), method="Check")
    assert [content_hash(record.to_content())[:16] for record in (bill, paid, PARTIES[0])] == [
        "bf626fa8877b668c", "b544e92efdeaec68", "eb7110744989522f",
    ]  # fmt: skip
