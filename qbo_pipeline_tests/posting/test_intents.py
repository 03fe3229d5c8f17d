"""Intake: what a draft, a refusal or a vanished record means for the posting that is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from qbo_pipeline.accounting.drafts import Refused
from qbo_pipeline.posting.asking import IntakePolicy, Intent, Share
from qbo_pipeline.posting.decisions import approve, reverse, skip
from qbo_pipeline.posting.drift import compare
from qbo_pipeline.posting.persons import Person
from qbo_pipeline.quickbooks.wire import NotExact
from qbo_pipeline.store.shares import shares as read_shares
from qbo_pipeline_tests.posting.conftest import Room
from qbo_pipeline_tests.posting.harness import CONNECTION, DAY, effect_on, intent, journal_entry

SOMEBODY = Person("a controller", "as agreed")
ONE = journal_entry(1, "81", "82", Decimal("1.00"))
TWO = journal_entry(1, "81", "82", Decimal("2.00"))
GONE = Intent("movement/1", "hash")


def revisions(room: Room, key: str = "movement/1") -> list[tuple[str, str]]:
    return [(row["operation"], row["state"]) for row in room.history(key).revisions]


def test_unchanged_content_writes_nothing(room: Room) -> None:
    assert room.take_in(intent(ONE)).new == 1
    before = room.history("movement/1")
    assert room.take_in(intent(ONE)).unchanged == 1
    assert room.history("movement/1") == before


def test_a_change_before_sending_replaces_the_draft(room: Room) -> None:
    room.take_in(intent(ONE))
    assert room.take_in(intent(TWO)).changed == 1
    assert revisions(room) == [("create", "superseded"), ("create", "ready")]
    assert room.run().states == {"posted": 1}


def test_what_is_like_another_one_is_held_and_let_go(room: Room) -> None:
    held = replace(intent(ONE), held="Payment/7 is like it")
    room.take_in(intent(ONE))
    room.take_in(held)
    room.take_in(held)
    assert (revisions(room), room.run().states) == ([("create", "parked")], {"parked": 1})
    assert [line["event"] for line in room.history("movement/1").journal].count("held") == 1
    room.take_in(intent(ONE))
    assert room.run().states == {"posted": 1}
    room.take_in(held)  # what is there is there
    assert revisions(room) == [("create", "posted")]


def test_effects_are_kept_by_revision(room: Room) -> None:
    effects = (effect_on("81", Decimal("1.00"), "p", "l"), effect_on("82", Decimal("-1.00")))
    room.take_in(intent(replace(ONE, effects=effects)))
    kept = [(row["account_id"], row["amount"], row["product_id"]) for row in room.history("movement/1").effects]
    assert kept == [("81", Decimal("1.000000"), "p"), ("82", Decimal("-1.000000"), None)]


def share(number: int, amount: str, content: str = "hash") -> Share:
    return Share(f"movement/{number}", content, Decimal(amount))


def shares(room: Room, key: str) -> list[tuple[int, str, Decimal]]:
    with room.database.reading() as connection:
        found = read_shares(connection, CONNECTION, [key])
    return [(row["revision"], row["record_key"], row["amount"]) for row in found]


def test_a_posting_says_which_records_stand_behind_it_in_each_revision(room: Room) -> None:
    summed = replace(journal_entry("1", "81", "82", Decimal("3.00")), key="summary/day/shipment")
    both = Intent(summed.key, "1+2", [summed], shares=(share(1, "1.00"), share(2, "2.00")))
    room.take_in(both)
    assert room.take_in(both).unchanged == 1
    room.run()
    # The same amount of other records is another content, or the records behind it would be told wrongly.
    assert room.take_in(replace(both, content_hash="1+3", shares=(share(1, "1.00"), share(3, "2.00")))).changed == 1
    assert shares(room, summed.key) == [
        (1, "movement/1", Decimal("1.00")),
        (1, "movement/2", Decimal("2.00")),
        (2, "movement/1", Decimal("1.00")),
        (2, "movement/3", Decimal("2.00")),
    ]
    assert room.run().states == {"posted": 1}


def test_what_a_person_orders_keeps_the_records_behind_a_posting(room: Room) -> None:
    room.take_in(intent(ONE))
    room.run()
    reverse(room.database, CONNECTION, "movement/1", SOMEBODY, identity=room.identity)
    assert shares(room, "movement/1") == [(1, "movement/1", Decimal("1.00")), (2, "movement/1", Decimal("1.00"))]


def test_a_refused_record_is_a_parked_posting_until_it_becomes_a_draft(room: Room) -> None:
    refusal = Refused(
        reason="unmapped_account", message="no account for 'freight': map it in the settings", field="account"
    )
    refused = Intent("movement/1", "hash", (), refusal, DAY, Decimal("5.00"), "USD")
    assert room.take_in(refused).refused == 1
    assert room.take_in(refused).unchanged == 1
    summary = room.run()
    assert summary.reasons == {"unmapped_account": 1}
    assert summary.amounts == {("parked", "USD"): Decimal("5.00")}
    room.take_in(intent(ONE))
    assert room.run().states == {"posted": 1}


def test_what_is_withdrawn_before_it_was_sent_leaves_no_trace_in_qbo(room: Room) -> None:
    room.take_in(intent(ONE))
    assert room.take_in(GONE).withdrawn == 1
    assert room.run().calls == 0
    assert room.take_in(GONE).withdrawn == 0
    room.take_in(intent(ONE))
    assert room.run().states == {"posted": 1}


def test_one_of_two_drafts_of_a_record_may_go(room: Room) -> None:
    freight = journal_entry("1#freight", "81", "82", Decimal("3.00"))
    room.take_in(intent(ONE, freight))
    room.run()
    room.take_in(intent(ONE))
    room.run()
    assert room.state("movement/1") == ("posted", None)
    assert revisions(room, "movement/1#freight")[-1] == ("delete", "posted")
    assert len(room.company.live()) == 1


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (IntakePolicy(approval=True), "awaiting_approval"),
        (IntakePolicy(closed_through=DAY), "closed_period"),
        (IntakePolicy(history_before=date(2026, 4, 1)), "history"),
    ],
)
def test_policy_keeps_back_what_a_person_may_let_go(room: Room, policy: IntakePolicy, reason: str) -> None:
    assert room.take_in(intent(ONE), policy=policy).parked == 1
    assert room.state("movement/1") == ("parked", reason)
    assert room.run().calls == 0
    approve(room.database, "shop", "movement/1", SOMEBODY)
    assert room.run().states == {"posted": 1}
    assert room.history("movement/1").revisions[0]["approved_by"] == "a controller"


def test_a_withdrawal_from_a_closed_period_is_held(room: Room) -> None:
    room.take_in(intent(ONE))
    room.run()
    room.take_in(GONE, policy=IntakePolicy(closed_through=DAY))
    assert room.state("movement/1") == ("parked", "closed_period")
    assert room.run().calls == 0
    assert len(room.company.live()) == 1


def test_what_a_person_changed_in_qbo_is_not_updated_unasked(room: Room) -> None:
    """I16."""
    room.take_in(intent(ONE))
    room.run()
    [thing] = room.company.live()
    room.company.edit("JournalEntry", thing["Id"], TxnDate="2026-03-30")
    with room.database.transaction() as transaction:
        now = room.database.now(transaction)
        compare(transaction, "shop", "JournalEntry", room.company.live(), now=now)
    room.take_in(intent(TWO))
    assert room.state("movement/1") == ("parked", "changed_in_qbo")
    assert room.run().calls == 0


def test_what_was_skipped_stays_out_until_somebody_decides_about_its_new_content(room: Room) -> None:
    room.take_in(intent(ONE), policy=IntakePolicy(approval=True))
    skip(room.database, "shop", "movement/1", SOMEBODY)
    assert room.run().states == {"skipped": 1}
    assert room.take_in(intent(ONE)).unchanged == 1
    room.take_in(intent(TWO))
    assert room.state("movement/1") == ("parked", "skipped_before")


def test_another_entity_under_the_same_key_is_not_sent_over_the_first(room: Room) -> None:
    room.take_in(intent(ONE))
    room.run()
    room.take_in(intent(replace(ONE, entity="Bill")))
    assert room.state("movement/1") == ("parked", "entity_changed")


def test_a_binary_float_is_refused_before_anything_is_written(room: Room) -> None:
    inexact = replace(TWO, key="movement/2", payload={**TWO.payload, "ExchangeRate": 1.1})
    with pytest.raises(NotExact, match="ExchangeRate"):
        room.take_in(intent(ONE), intent(inexact))
    assert room.run().states == {}


def test_equal_amounts_written_differently_are_equal(room: Room) -> None:
    room.take_in(intent(journal_entry(1, "81", "82", Decimal("2.0"))))
    assert room.take_in(intent(TWO)).unchanged == 1
