"""What people decide, what they may not decide, and what drift does and does not do."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.posting import recovery
from qbo_pipeline.posting.asking import IntakePolicy, Intent
from qbo_pipeline.posting.decisions import approve, relink, retry, reverse, skip, unlink
from qbo_pipeline.posting.drift import Drift, compare
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline_tests.posting.conftest import Room
from qbo_pipeline_tests.posting.harness import DAY, drafted, effect_on, intent, journal_entry

SOMEBODY = Person("a controller", "as agreed")
KEY = "movement/1"


def posted(room: Room) -> dict[str, object]:
    effects = (effect_on("81", Decimal("12.50")), effect_on("82", Decimal("-12.50")))
    draft = journal_entry(1, "81", "82", Decimal("12.50"))
    room.take_in(intent(drafted(draft.key, draft.entity, draft.payload, DAY, draft.amount, "USD", effects)))
    assert room.run().states == {"posted": 1}
    [thing] = room.company.live()
    return thing


def drifts(room: Room, deleted: tuple[str, ...] = ()) -> list[Drift]:
    with room.database.transaction() as transaction:
        now = room.database.now(transaction)
        return compare(transaction, "shop", "JournalEntry", room.company.live(), deleted, now=now)


def test_a_decision_needs_a_name_and_a_reason() -> None:
    for who, why in (("", "because"), ("somebody", "  ")):
        with pytest.raises(NotPossible, match="name and a reason"):
            Person(who, why)


@pytest.mark.parametrize("decision", [retry, approve, skip])
def test_what_is_posted_is_neither_retried_nor_approved_nor_skipped(room: Room, decision: Callable[..., None]) -> None:
    posted(room)
    with pytest.raises(NotPossible, match=KEY):
        decision(room.database, "shop", KEY, SOMEBODY)
    with pytest.raises(NotPossible, match="no posting"):
        decision(room.database, "shop", "movement/99", SOMEBODY)


def test_what_is_in_doubt_is_read_back_before_a_retry_sends_it(room: Room) -> None:
    room.company.script.extend(["lost"] * 6)
    room.journals(1)
    for _ in range(4):
        room.run()
    assert room.state(KEY) == ("parked", "attempts_exhausted")
    retry(room.database, "shop", KEY, SOMEBODY)
    assert room.run().states == {"posted": 1}
    assert len(room.company.live()) == 1


def test_skip_is_refused_while_the_fate_is_open(room: Room) -> None:
    room.company.script.append("lost")
    room.journals(1)
    room.settings = type(room.settings)(batch_workers=1, single_workers=0, patience=0)
    room.run()
    with pytest.raises(NotPossible, match="open"):
        skip(room.database, "shop", KEY, SOMEBODY)


def test_reversing_in_place_takes_the_object_out(room: Room) -> None:
    posted(room)
    assert reverse(room.database, "shop", KEY, SOMEBODY, identity=room.identity) == KEY
    assert room.run().complete
    assert room.company.live() == []
    assert room.history(KEY).link is None
    decided = [line for line in room.history(KEY).journal if line["event"] == "reverse"]
    assert [(line["who"], line["why"]) for line in decided] == [("a controller", "as agreed")]


def test_reversing_on_a_date_posts_the_counterpart_and_its_effects(room: Room) -> None:
    posted(room)
    key = reverse(room.database, "shop", KEY, SOMEBODY, identity=room.identity, dated=DAY.replace(month=4))
    with pytest.raises(NotPossible, match="reversed already"):
        reverse(room.database, "shop", KEY, SOMEBODY, identity=room.identity, dated=DAY.replace(month=4))
    assert room.run().states == {"posted": 2}
    sides = sorted(
        (thing["TxnDate"], line["JournalEntryLineDetail"]["PostingType"])
        for thing in room.company.live()
        for line in thing["Line"][:1]
    )
    assert sides == [("2026-03-02", "Debit"), ("2026-04-02", "Credit")]
    effects = [(row["account_id"], row["amount"]) for row in room.history(key).effects]
    assert effects == [("81", Decimal("-12.500000")), ("82", Decimal("12.500000"))]


def test_unlinked_is_nobodys_and_may_be_posted_anew(room: Room) -> None:
    posted(room)
    unlink(room.database, "shop", KEY, SOMEBODY)
    assert room.state(KEY) == ("parked", "unlinked")
    retry(room.database, "shop", KEY, SOMEBODY)
    assert room.run().states == {"posted": 1}
    assert len(room.company.live()) == 2


def test_relinking_adopts_an_object_as_it_is(room: Room) -> None:
    room.company.refusals["movement 1 "] = ("6000", "Business Validation Error")
    room.journals(1)
    room.run()
    room.company.refusals.clear()
    thing = room.company._carry_out("create", "JournalEntry", {"TxnDate": "2026-03-05", "Line": []})
    relink(room.database, "shop", KEY, thing, SOMEBODY)
    assert room.state(KEY) == ("posted", None)
    link = room.history(KEY).link
    assert link is not None
    assert (link.qbo_id, link.linked_by) == (thing["Id"], "person")
    assert drifts(room) == []


ITEM = {"Name": "Tea", "Type": "NonInventory", "IncomeAccountRef": {"value": "79"},
        "ExpenseAccountRef": {"value": "80"}}  # fmt: skip
CUSTOMER = {"DisplayName": "Acme", "CurrencyRef": {"value": "USD"}}


@pytest.mark.parametrize(
    ("entity", "ours", "theirs", "said"),
    [
        ("Item", ITEM, {"Type": "Inventory"}, "keeps no quantity"),
        ("Item", ITEM, {"Type": "Group"}, "type Group"),
        ("Item", ITEM, {"Type": "Service"}, "its type is Service, not NonInventory"),
        ("Item", ITEM, {"IncomeAccountRef": {"value": "1"}}, "its income account is 1, not 79"),
        ("Item", ITEM, {"ExpenseAccountRef": {"value": "1"}}, "its expense account is 1, not 80"),
        ("Item", ITEM, {"Active": False}, "inactive"),
        ("Item", ITEM, {"ParentRef": {"value": "3"}}, "belongs under another"),
        ("Customer", CUSTOMER, {"CurrencyRef": {"value": "EUR"}}, "its currency is EUR, not USD"),
    ],
)
def test_relinking_refuses_all_that_linking_by_name_refuses(
    room: Room, entity: str, ours: dict[str, Any], theirs: dict[str, Any], said: str
) -> None:
    room.take_in(intent(drafted("master/1", entity, ours, None)))
    thing = room.company._carry_out("create", entity, {**ours, **theirs})
    with pytest.raises(NotPossible, match=said) as refused:
        relink(room.database, "shop", "master/1", thing, SOMEBODY)
    assert f"{entity} {thing['Id']}" in str(refused.value)
    assert "choose another object" in str(refused.value)
    assert room.state("master/1") == ("ready", None)
    assert room.history("master/1").link is None
    relink(room.database, "shop", "master/1", {**thing, **ours, "Active": True, "ParentRef": None}, SOMEBODY)
    assert room.state("master/1") == ("posted", None)


def test_drift_is_seen_shown_and_taken_back(room: Room) -> None:
    """Faults 28 and 30."""
    thing = posted(room)
    assert drifts(room) == []
    room.company.edit("JournalEntry", str(thing["Id"]), TxnDate="2026-03-09")
    assert [(drift.key, drift.what) for drift in drifts(room)] == [(KEY, "edited")]
    assert drifts(room) == []
    assert room.state(KEY) == ("drifted", "edited")
    assert room.run().calls == 0
    room.company.edit("JournalEntry", str(thing["Id"]), TxnDate="2026-03-02")
    assert [drift.what for drift in drifts(room)] == ["restored"]
    assert room.state(KEY) == ("posted", None)


def test_a_touch_that_changes_nothing_in_the_books_is_no_drift_and_moves_the_token(room: Room) -> None:
    thing = posted(room)
    room.company.edit("JournalEntry", str(thing["Id"]), PrivateNote="seen by the auditor")
    assert drifts(room) == []
    link = room.history(KEY).link
    assert link is not None
    assert link.sync_token == "1"


def test_a_person_may_order_that_their_change_is_overwritten(room: Room) -> None:
    thing = posted(room)
    room.company.edit("JournalEntry", str(thing["Id"]), TxnDate="2026-03-09")
    drifts(room)
    room.take_in(intent(journal_entry(1, "81", "82", Decimal("13.00"))))
    assert room.state(KEY) == ("parked", "changed_in_qbo")
    [there] = room.company.live()
    relink(room.database, "shop", KEY, there, SOMEBODY)
    approve(room.database, "shop", KEY, SOMEBODY)
    assert room.run().states == {"posted": 1}
    [there] = room.company.live()
    assert (there["TxnDate"], there["Line"][0]["Amount"]) == ("2026-03-02", Decimal("13"))


def test_what_is_deleted_in_qbo_is_posted_again_only_when_ordered(room: Room) -> None:
    """Fault 30."""
    thing = posted(room)
    room.company.things["JournalEntry"][str(thing["Id"])]["deleted"] = True
    assert [drift.what for drift in drifts(room, (str(thing["Id"]),))] == ["deleted"]
    assert room.run().calls == 0
    room.take_in(intent(journal_entry(1, "81", "82", Decimal("13.00"))))
    assert room.state(KEY) == ("parked", "deleted_in_qbo")
    approve(room.database, "shop", KEY, SOMEBODY)
    assert room.run().states == {"posted": 1}
    assert len(room.company.live()) == 1


def test_an_object_under_an_update_that_is_under_way_is_left_for_later(room: Room) -> None:
    posted(room)
    room.take_in(intent(journal_entry(1, "81", "82", Decimal("13.00"))))
    room.company.script.append("committed")
    room.settings = type(room.settings)(batch_workers=1, single_workers=0, patience=0)
    room.run()
    assert drifts(room) == []
    room.clock.sleep(500)
    assert room.run().complete
    assert drifts(room) == []


def test_after_a_restore_everything_is_looked_for_before_it_is_sent(room: Room) -> None:
    """Fault 39: QBO has what the restored store does not know of."""
    room.journals(3)
    stored = room.history(KEY).revisions[0]
    draft = journal_entry(1, "81", "82", Decimal("12.50"))
    note = {"PrivateNote": f"[qp:{stored['marker']}]", "DocNumber": stored["number"]}
    room.company._carry_out("create", "JournalEntry", draft.payload | note)
    recovery.begin(room.database, "shop", SOMEBODY)
    summary = room.run()
    assert (summary.states, summary.recovered) == ({"posted": 3}, 1)
    assert len(room.company.live()) == 3


def test_a_withdrawal_that_waits_for_a_person_goes_when_approved(room: Room) -> None:
    posted(room)
    room.take_in(Intent(KEY, "hash"), policy=IntakePolicy(when_gone="hold"))
    assert room.state(KEY) == ("parked", "gone_from_source")
    assert room.run().calls == 0
    approve(room.database, "shop", KEY, SOMEBODY)
    room.run()
    assert room.company.live() == []


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (IntakePolicy(approval=True), "awaiting_approval"),
        (IntakePolicy(history_before=DAY.replace(year=DAY.year + 1)), "history"),
        (IntakePolicy(closed_through=DAY), "closed_period"),
    ],
)
def test_retrying_is_no_way_round_an_approval(room: Room, policy: IntakePolicy, reason: str) -> None:
    room.take_in(intent(journal_entry(1, "81", "82", Decimal("12.50"))), policy=policy)
    assert room.state(KEY) == ("parked", reason)
    with pytest.raises(NotPossible, match="approve it, or skip it"):
        retry(room.database, "shop", KEY, SOMEBODY)
    assert room.state(KEY) == ("parked", reason)
