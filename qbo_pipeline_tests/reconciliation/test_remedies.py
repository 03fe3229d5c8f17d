"""The plan of corrections, and the JSON of the result."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from qbo_pipeline.reconciliation.causes import CAUSES, GROUPS, Cause
from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline.reconciliation.export import to_json
from qbo_pipeline.reconciliation.remedies import ACTIONS, REMEDIES, plan
from qbo_pipeline_tests.reconciliation.language import read

HOSTILE = "=cmd()<script>‮{x}"


def steps(text: str) -> list[tuple[str, str | None, Decimal, str | None, bool]]:
    actions = plan(reconcile(read(text).input))
    return [(one.action, one.posting_key, one.amount, one.counter_role, one.approval) for one in actions]


POSTED = """
    source  movement/1 receipt 2026-03-01 100.00
    posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00 qbo_number=R-1
"""

PLANS = {
    "post what waits, unasked": (
        """
        source  movement/1 receipt 2026-03-01 100.00 disposition=waiting
        posting movement/1 JournalEntry - 2026-03-01 ready 130=100.00
        """,
        [("post", "movement/1", Decimal("100.00"), None, False)],
    ),
    "nothing for what only the inventory system can correct": (
        """
        source  movement/1 receipt 2026-03-01 100.00 disposition=set_aside
        posting movement/2 JournalEntry 10 2026-03-05 posted 130=100.00 record_state=set_aside
        ledger  JournalEntry 10 2026-03-05 130 100.00
        """,
        [],
    ),
    "post again what was deleted, when approved": (
        POSTED,
        [("post_again", "movement/1", Decimal("100.00"), None, True)],
    ),
    "one step for all that was changed in one posting": (
        POSTED + "ledger JournalEntry 10 2026-03-05 131 90.00",
        [("post_again", "movement/1", Decimal("10.00"), None, True)],
    ),
    "adopt the copy where ours is gone": (
        POSTED + "ledger JournalEntry 11 2026-03-01 130 100.00 qbo_number=R-1",
        [("adopt", "movement/1", Decimal("0.00"), None, True)],
    ),
    "a journal against a copy where ours stands": (
        POSTED
        + """
        ledger JournalEntry 10 2026-03-01 130 100.00
        ledger JournalEntry 11 2026-03-01 130 100.00 qbo_number=R-1
        """,
        [("journal", "movement/1", Decimal("-100.00"), "inventory_adjustment", True)],
    ),
    "reverse what vanished": (
        """
        posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
        ledger JournalEntry 10 2026-03-01 130 100.00
        """,
        [("reverse", "movement/1", Decimal("-100.00"), None, True)],
    ),
    "a journal against cost of sales for what QBO posted itself": (
        """
        ledger 'Sales Receipt' 5 2026-03-01 130 -41.00
        object SalesReceipt 5 live tracked=yes
        """,
        [("journal", None, Decimal("41.00"), "cost_of_goods_sold", True)],
    ),
    "nothing where it ends by itself": (
        """
        posting document/5 Bill 10 2026-03-20 posted 130=100.00
        ledger Bill 10 2026-03-20 130 100.00
        """,
        [],
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_the_plan(name: str) -> None:
    text, expected = PLANS[name]
    assert steps(text) == expected


def test_a_plan_for_chosen_differences_only() -> None:
    result = reconcile(read("ledger Bill 1 2026-03-01 130 1.00\nledger Bill 2 2026-03-02 130 2.00").input)
    key = result.differences["difference_key"][1]
    (action,) = plan(result, [key])
    assert (action.difference_keys, action.amount, action.qbo_id) == ((key,), Decimal("-2.00"), "2")
    assert action.preview == (
        "Journal of 2026-03-31: -2.00 USD on account 130 against inventory_adjustment "
        "(Entry made in QuickBooks by others)."
    )
    with pytest.raises(KeyError, match="no such differences: nonsense"):
        plan(result, ["nonsense"])


def test_the_list_of_causes_is_whole() -> None:
    assert set(CAUSES) == set(Cause)
    assert {meaning.group for cause, meaning in CAUSES.items() if cause is not Cause.UNEXPLAINED} == set(GROUPS)
    assert {remedy.action for remedy in REMEDIES.values()} | {"adopt"} == set(ACTIONS)
    assert all(remedy.counter_role for remedy in REMEDIES.values() if remedy.action == "journal")


def test_json_has_its_keys_and_passes_hostile_text_through() -> None:
    text = f"""
        source  movement/1 shipment 2026-03-01 -40.50 number='{HOSTILE}' disposition=parked
        posting movement/1 JournalEntry - 2026-03-01 parked reason='{HOSTILE}'
        ledger  Bill 9 2026-03-02 130 7.00 qbo_number='{HOSTILE}' memo='{HOSTILE}'
        balance 130 7.00 account_name='Inventory {HOSTILE}'
    """
    answer = json.loads(json.dumps(to_json(reconcile(read(text).input))))
    assert list(answer) == [
        "as_at", "currency", "stock_value", "ledger_balance", "difference", "unexplained", "status",
        "first_divergence", "causes", "counts", "differences",
    ]  # fmt: skip
    assert answer["as_at"] == "2026-03-31"
    assert (answer["stock_value"], answer["ledger_balance"], answer["difference"]) == ("-40.50", "7.00", "47.50")
    assert (answer["unexplained"], answer["first_divergence"]) == ("0.00", "2026-03-01")
    assert answer["causes"] == [
        {"cause": "parked", "count": 1, "amount": "40.50"},
        {"cause": "qbo_only", "count": 1, "amount": "7.00"},
    ]
    first, second = answer["differences"]
    explanation, remedy = first.pop("explanation"), first.pop("remedy")
    assert explanation == f"It could not be posted and waits for a decision. Reason: {HOSTILE}."
    assert "retry" in remedy
    assert first == {
        "cause": "parked", "amount": "40.50", "business_date": "2026-03-01", "source_type": "shipment",
        "source_number": HOSTILE, "source_id": "1", "qbo_type": "JournalEntry", "qbo_id": None, "qbo_number": None,
        "account": f"Inventory {HOSTILE}",
    }  # fmt: skip
    assert (second["qbo_number"], second["source_id"], second["qbo_id"]) == (HOSTILE, None, "9")


def test_json_of_books_that_agree_and_of_records_that_do_not_add_up() -> None:
    text = """
        source  movement/1 receipt 2026-03-01 100.00 account=131
        posting movement/1 JournalEntry 10 2026-03-01 posted 131=100.00
        ledger  JournalEntry 10 2026-03-01 131 100.00
        balance 130 0.00
    """
    agreed = to_json(reconcile(read(text, records_read={"receipt": 2}).input))
    counted = dict.fromkeys(("waiting", "parked", "skipped", "excluded", "set_aside", "not_extracted"), 0)
    assert agreed == {
        "as_at": "2026-03-31", "currency": "USD", "stock_value": "100.00", "ledger_balance": "100.00",
        "difference": "0.00", "unexplained": "0.00", "status": "balanced", "first_divergence": None, "causes": [],
        "counts": [{"kind": "receipt", "read": 2, "posted": 1} | counted | {"adds_up": False}],
        "differences": [],
    }  # fmt: skip
    unknown = to_json(reconcile(read(text + "ledger Bill 5 2026-03-02 131 3.00").input))
    assert (unknown["counts"][0]["read"], unknown["counts"][0]["adds_up"]) == (None, None)
    (row,) = unknown["differences"]
    assert row == {
        "cause": "qbo_only", "amount": "3.00", "business_date": "2026-03-02", "source_type": None,
        "source_number": None, "source_id": None, "qbo_type": "Bill", "qbo_id": "5", "qbo_number": None,
        "account": "131",
        "explanation": "An entry on the inventory account that the pipeline did not make and the inventory system does "
        "not know. Bill of 2026-03-02 over 3.00.",
        "remedy": "Move it to the account where it belongs, or enter it in the inventory system and delete it here.",
    }  # fmt: skip


def test_keys_that_are_no_differences_are_named_in_their_order() -> None:
    result = reconcile(read("ledger Bill 1 2026-03-01 130 1.00").input)
    words = "no such differences: a, b; reconcile again and choose from those"
    with pytest.raises(KeyError) as caught:
        plan(result, ["b", "a", *result.differences["difference_key"]])
    assert caught.value.args == (words,)
    assert plan(result, []) == []
