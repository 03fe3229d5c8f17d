"""The poster against a company in memory, on virtual time: what each fault of the protocol's table comes to."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from qbo_pipeline.posting.asking import IntakePolicy
from qbo_pipeline.posting.claiming import Claims
from qbo_pipeline.posting.decisions import approve, retry
from qbo_pipeline.posting.persons import Person
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.rows import WriteTurns
from qbo_pipeline.posting.shell import Poster, WrongCompany
from qbo_pipeline.store.claims import Scope, frozen_request
from qbo_pipeline_tests.posting.company import MemoryCompany
from qbo_pipeline_tests.posting.conftest import ONE_WORKER, Room
from qbo_pipeline_tests.posting.harness import DAY, drafted, intent, journal_entry

SOMEBODY = Person("a controller", "checked with the warehouse")


def test_everything_is_posted_once_in_batches_and_not_again(room: Room) -> None:
    room.journals(70)
    first = room.run()
    assert first.states == {"posted": 70}
    assert first.amounts == {("posted", "USD"): Decimal("875.00")}
    assert (first.batches, first.singles, first.reads, first.complete) == (3, 0, 0, True)
    assert len(room.company.live()) == 70
    again = room.run()
    assert (again.calls, again.complete) == (0, True)
    assert room.journals(70).unchanged == 70


@pytest.mark.parametrize(
    ("fate", "posts", "recovered"),
    [
        pytest.param("lost", 2, 0, id="9: timeout without commit"),
        pytest.param("committed", 1, 3, id="8: timeout with commit"),
        pytest.param("server_error", 2, 0, id="14: 5xx without commit"),
        pytest.param("torn", 1, 1, id="17: torn batch"),
        pytest.param("throttled", 2, 0, id="12: single 429"),
        pytest.param("not_sent", 2, 0, id="7: connection refused"),
    ],
)
@pytest.mark.parametrize("honours", [True, False], ids=["honoured", "ignored"])
def test_one_fault_costs_no_document_and_doubles_none(
    room: Room, fate: str, posts: int, recovered: int, honours: bool
) -> None:
    room.company.honours = honours
    room.company.script.append(fate)
    room.journals(3)
    summary = room.run()
    assert summary.states == {"posted": 3}
    assert len(room.company.live()) == 3
    assert len(room.company.requests) == posts
    assert summary.recovered == recovered
    assert summary.complete


def test_a_batch_sent_again_carries_the_same_requestid_and_bytes(room: Room) -> None:
    seen: list[str] = []
    room.company.before_send = seen.append
    room.company.script.extend(["lost", "lost"])
    room.journals(5)
    assert room.run().complete
    assert len(seen) == 3
    assert len(set(seen)) == 1
    assert room.company.requests == [("batch", 5)] * 3


def test_only_what_is_missing_of_an_uncertain_batch_is_sent_again_under_its_requestid(room: Room) -> None:
    room.company.script.append("lost")
    room.journals(4)
    seen: list[str] = []
    room.company.before_send = seen.append
    claims = Claims(WriteTurns(room.database), Scope("shop"), room.identity, room.settings.policy)

    def half_done(request_id: str) -> None:
        seen.append(request_id)
        if len(seen) == 1:  # QBO did half of the batch, and the answer was lost
            with room.database.reading() as reading:
                for item in claims.frozen_lines(reading, request_id)[:2]:
                    room.company._item(request_id, json.loads(item.line, parse_float=Decimal))

    room.company.before_send = half_done
    summary = room.run()
    assert summary.recovered == 2
    assert room.company.requests == [("batch", 4), ("batch", 2)]
    assert len(set(seen)) == 1
    assert len(room.company.live()) == 4


def test_an_uncertain_document_is_not_looked_up_before_it_is_settled(room: Room) -> None:
    room.company.script.append("committed")
    room.journals(1)
    started = room.clock.monotonic()
    room.run()
    assert room.clock.monotonic() - started >= room.settings.policy.settle
    assert room.events("movement/1") == ["intended", "claimed", "unknown", "recovered"]


def test_a_bad_document_parks_alone_with_its_message(room: Room) -> None:
    room.company.refusals["movement 2 "] = ("2500", "Invalid Reference Id : Accounts element id 583 not found")
    room.journals(3)
    summary = room.run()
    assert summary.states == {"posted": 2, "parked": 1}
    assert summary.reasons == {"refused": 1}
    newest = room.history("movement/2").revisions[-1]
    assert "Accounts element id 583 not found" in newest["message"]
    assert summary.complete


def test_a_retry_by_a_person_gets_a_new_requestid_and_is_recorded(room: Room) -> None:
    room.company.refusals["movement 1 "] = ("2500", "Invalid Reference Id")
    seen: list[str] = []
    room.company.before_send = seen.append
    room.journals(1)
    room.run()
    room.company.refusals.clear()
    retry(room.database, "shop", "movement/1", SOMEBODY)
    assert room.run().states == {"posted": 1}
    assert len(set(seen)) == 2
    decided = next(line for line in room.history("movement/1").journal if line["event"] == "retry")
    assert (decided["who"], decided["why"]) == ("a controller", "checked with the warehouse")


def test_documents_wait_for_what_they_refer_to(room: Room) -> None:
    customer = drafted("party/customer:7", "Customer", {"DisplayName": "Acme $5"}, None)
    line = {"DetailType": "SalesItemLineDetail", "Amount": Decimal("10.00"), "SalesItemLineDetail": {}}
    invoice = drafted(
        "document/9",
        "Invoice",
        {"TxnDate": "2026-03-02", "CustomerRef": {"value": "$party/customer:7"}, "Line": [line], "DocNumber": "9"},
        DAY,
        Decimal("10.00"),
    )
    paid = {"Amount": Decimal("10.00"), "LinkedTxn": [{"TxnId": "$document/9", "TxnType": "Invoice"}]}
    payment = drafted(
        "payment/1",
        "Payment",
        {
            "TxnDate": "2026-03-02",
            "CustomerRef": {"value": "$party/customer:7"},
            "TotalAmt": Decimal(10),
            "Line": [paid],
        },
        DAY,
        Decimal("10.00"),
    )
    room.take_in(intent(payment), intent(invoice), intent(customer))
    assert room.run().states == {"posted": 3}
    [customer_id] = [thing["Id"] for thing in room.company.live("Customer")]
    [invoice_there] = room.company.live("Invoice")
    [payment_there] = room.company.live("Payment")
    assert invoice_there["CustomerRef"] == {"value": customer_id}
    assert payment_there["Line"][0]["LinkedTxn"] == [{"TxnId": invoice_there["Id"], "TxnType": "Invoice"}]
    assert [kind for kind, _ in room.company.requests] == ["single"] * 3


def test_what_refers_to_a_parked_posting_waits_and_the_run_says_so(room: Room) -> None:
    room.company.refusals["Acme"] = ("6000", "Business Validation Error")
    customer = drafted("party/customer:7", "Customer", {"DisplayName": "Acme"}, None)
    invoice = drafted("document/9", "Invoice", {"CustomerRef": {"value": "$party/customer:7"}, "Line": []}, DAY)
    room.take_in(intent(invoice), intent(customer))
    summary = room.run()
    assert summary.states == {"parked": 1, "ready": 1}
    assert (summary.waiting, summary.complete, summary.degraded) == (1, False, None)


def test_a_name_that_a_person_has_waits_for_a_person(room: Room) -> None:
    room.company._carry_out("create", "Customer", {"DisplayName": "Acme"})
    room.take_in(intent(drafted("party/customer:7", "Customer", {"DisplayName": "Acme"}, None)))
    room.run()
    assert room.state("party/customer:7") == ("parked", "duplicate_name")


@pytest.mark.parametrize("fate", ["committed", "lost"])
def test_a_lost_answer_finds_our_own_entry_and_no_person_s(room: Room, fate: str) -> None:
    room.company.script.append(fate)
    room.take_in(intent(drafted("party/customer:7", "Customer", {"DisplayName": "Acme", "AcctNum": "7"}, None)))
    if fate == "lost":
        room.company.before_send = lambda request: _person_first(room)
    room.run()
    assert room.state("party/customer:7") == (("posted", None) if fate == "committed" else ("parked", "duplicate_name"))
    assert len(room.company.live("Customer")) == 1


def _person_first(room: Room) -> None:
    if not room.company.live("Customer"):
        room.company._carry_out("create", "Customer", {"DisplayName": "acme"})


def test_a_name_that_is_there_is_linked_where_that_is_the_policy(room: Room) -> None:
    room.settings = replace(ONE_WORKER, policy=Policy(link_existing=True))
    room.company._carry_out("create", "Customer", {"DisplayName": "ACME"})
    room.take_in(intent(drafted("party/customer:7", "Customer", {"DisplayName": "Acme"}, None)))
    assert room.run().states == {"posted": 1}
    link = room.history("party/customer:7").link
    assert link is not None
    assert (link.qbo_id, link.linked_by) == ("1", "name")
    assert len(room.company.live("Customer")) == 1


def test_a_name_taken_by_another_kind_of_party_parks(room: Room) -> None:
    room.company._carry_out("create", "Vendor", {"DisplayName": "Acme"})
    room.take_in(intent(drafted("party/customer:7", "Customer", {"DisplayName": "Acme"}, None)))
    assert room.run().states == {"parked": 1}
    assert room.state("party/customer:7") == ("parked", "duplicate_name")


@pytest.mark.parametrize("ours", [True, False])
def test_a_duplicate_number_is_adopted_only_if_ours(room: Room, ours: bool) -> None:
    """Fault 37: 6140."""
    room.company.unique_numbers = True
    draft = journal_entry(1, "81", "82", Decimal("5.00"))
    draft.payload["DocNumber"] = "J-1"
    room.take_in(intent(draft))
    stored = room.history("movement/1").revisions[0]
    note = f"[qp:{stored['marker']}]" if ours else "somebody else's"
    there = {**draft.payload, "PrivateNote": note}
    room.company._carry_out("create", "JournalEntry", there)
    room.run()
    assert room.state("movement/1") == (("posted", None) if ours else ("parked", "duplicate_number"))
    assert len(room.company.live()) == 1


def test_a_storm_of_429_ends_the_run_degraded_and_loses_nothing(room: Room) -> None:
    """Fault 13."""
    room.company.script.extend(["throttled"] * 30)
    room.journals(3)
    summary = room.run()
    assert summary.degraded is not None
    assert "refusing calls" in summary.degraded
    assert summary.states == {"ready": 3}
    assert not summary.complete
    room.company.script.clear()
    assert room.run().states == {"posted": 3}
    assert {row["attempts"] for row in room.history("movement/1").revisions} == {1}


def test_a_dead_network_ends_the_run_degraded(room: Room) -> None:
    room.company.script.extend(["not_sent"] * 50)
    room.journals(3)
    summary = room.run()
    assert summary.degraded is not None
    assert "did not leave" in summary.degraded
    assert summary.states == {"ready": 3}


def test_attempts_are_bounded(room: Room) -> None:
    room.company.script.extend(["lost"] * 50)
    room.journals(1)
    for _ in range(10):
        room.run()
    assert room.state("movement/1") == ("parked", "attempts_exhausted")
    assert len(room.company.requests) == room.settings.policy.attempts


def test_a_closed_period_is_held_and_dated_anew_only_by_approval(room: Room) -> None:
    """Faults 31 and I9: TxnDate never changes silently."""
    room.company.closed_through = "2026-03-31"
    room.journals(1)
    room.run()
    assert room.state("movement/1") == ("parked", "closed_period")
    approve(room.database, "shop", "movement/1", SOMEBODY, dated=DAY.replace(month=4, day=1))
    assert room.run().complete
    [thing] = room.company.live()
    assert thing["TxnDate"] == "2026-04-01"
    assert "originally 2026-03-02" in thing["PrivateNote"]
    assert room.journals(1).unchanged == 1
    assert room.run().calls == 0


def test_drafts_first_sends_nothing_before_approval(room: Room) -> None:
    room.take_in(intent(journal_entry(1, "81", "82", Decimal(1))), policy=IntakePolicy(approval=True))
    assert room.run().calls == 0
    approve(room.database, "shop", "movement/1", SOMEBODY)
    assert room.run().states == {"posted": 1}


def test_a_change_after_posting_updates_in_place(room: Room) -> None:
    room.journals(2)
    room.run()
    changed = journal_entry(2, "81", "82", Decimal("13.00"))
    assert room.take_in(intent(changed)).changed == 1
    summary = room.run()
    assert summary.states == {"posted": 2}
    assert summary.singles + summary.batches == 1
    amounts = sorted(thing["Line"][0]["Amount"] for thing in room.company.live())
    assert amounts == [Decimal("12.5"), Decimal("13")]
    assert [row["state"] for row in room.history("movement/2").revisions] == ["superseded", "posted"]


def test_a_change_while_the_first_is_in_doubt_waits_for_its_fate(room: Room) -> None:
    room.company.script.append("committed")
    room.journals(1)
    room.settings = type(room.settings)(batch_workers=1, single_workers=0, patience=0)
    assert not room.run().complete
    room.take_in(intent(journal_entry(1, "81", "82", Decimal("13.00"))))
    room.clock.sleep(500)
    assert room.run().complete
    [thing] = room.company.live()
    assert thing["Line"][0]["Amount"] == Decimal("13")
    assert [row["operation"] for row in room.history("movement/1").revisions] == ["create", "update"]


def test_two_changes_while_the_first_is_in_doubt_wait_both(room: Room) -> None:
    room.company.script.append("committed")
    room.journals(1)
    room.settings = type(room.settings)(batch_workers=1, single_workers=0, patience=0)
    room.run()
    for amount in ("13.00", "14.00"):
        room.take_in(intent(journal_entry(1, "81", "82", Decimal(amount))))
    room.run()
    assert len(room.company.live()) == 1
    room.clock.sleep(500)
    assert room.run().complete
    [thing] = room.company.live()
    assert thing["Line"][0]["Amount"] == Decimal("14")


def test_a_withdrawal_after_a_change_while_the_first_is_in_doubt_takes_it_out(room: Room) -> None:
    room.company.script.append("committed")
    room.journals(1)
    room.settings = type(room.settings)(batch_workers=1, single_workers=0, patience=0)
    room.run()
    changed = intent(journal_entry(1, "81", "82", Decimal("13.00")))
    room.take_in(changed)
    room.take_in(type(changed)("movement/1", "hash"))
    room.clock.sleep(500)
    assert room.run().complete
    assert room.company.live() == []


def test_a_change_while_the_first_turns_out_lost_creates(room: Room) -> None:
    room.company.script.append("lost")
    room.company.refusals["movement 1 "] = ("2500", "Invalid Reference Id")
    room.journals(1)
    room.settings = type(room.settings)(batch_workers=1, single_workers=0, patience=0)
    room.run()
    corrected = journal_entry(1, "81", "82", Decimal("13.00"))
    corrected.payload["PrivateNote"] = "corrected"
    room.take_in(intent(corrected))
    for line in corrected.payload["Line"]:
        line["Description"] = "corrected"
    room.take_in(intent(corrected))
    for _ in range(8):
        room.clock.sleep(300)
        room.run()
    [thing] = room.company.live()
    assert thing["Line"][0]["Amount"] == Decimal("13")
    assert room.state("movement/1") == ("posted", None)


def test_what_vanishes_is_taken_out_of_the_books(room: Room) -> None:
    room.journals(2)
    room.run()
    gone = intent(journal_entry(1, "81", "82", Decimal(1)))
    assert room.take_in(type(gone)("movement/1", "hash")).withdrawn == 1
    assert room.run().complete
    assert len(room.company.live()) == 1
    assert room.take_in(type(gone)("movement/1", "hash")).withdrawn == 0
    room.journals(1)
    assert room.run().complete
    assert len(room.company.live()) == 2


@pytest.mark.parametrize(("edited", "state"), [(True, ("parked", "conflict")), (False, ("posted", None))])
def test_a_stale_update_is_tried_again_only_over_our_own_content(
    room: Room, edited: bool, state: tuple[str, str]
) -> None:
    """Faults 28 and 29."""
    room.journals(1)
    room.run()
    [thing] = room.company.live()
    if edited:
        room.company.edit("JournalEntry", thing["Id"], TxnDate="2026-03-09")
    else:
        room.company.edit("JournalEntry", thing["Id"], Custom="a payment was applied")
    room.take_in(intent(journal_entry(1, "81", "82", Decimal("13.00"))))
    assert room.run().complete
    assert room.state("movement/1") == state
    [thing] = room.company.live()
    assert thing["TxnDate"] == ("2026-03-09" if edited else "2026-03-02")


def test_the_intent_is_committed_before_anything_leaves(room: Room) -> None:
    """I5: whoever is asked during the send sees the claim and the frozen request in the store."""
    unseen: list[str] = []

    def ask(request_id: str) -> None:
        with room.database.reading() as reading:
            if frozen_request(reading, "shop", request_id) is None:
                unseen.append(request_id)

    room.company.before_send = ask
    room.company.script.extend(["lost", "committed", "torn"])
    room.journals(40)
    room.run()
    assert unseen == []
    assert len(room.company.requests) >= 3


def test_a_connection_posts_to_its_own_company_only(room: Room) -> None:
    with pytest.raises(WrongCompany, match="another QuickBooks company"):
        Poster(room.database, MemoryCompany("4"), room.clock).run("shop")
    with pytest.raises(WrongCompany, match="not known"):
        Poster(room.database, room.company, room.clock).run("elsewhere")


def test_days_and_keys_bound_a_run(room: Room) -> None:
    days = [DAY.replace(day=day) for day in (1, 2, 3)]
    room.take_in(*(intent(journal_entry(n, "81", "82", Decimal(1), day=day)) for n, day in enumerate(days)))
    assert room.run(first_day=days[1], last_day=days[1]).states == {"posted": 1}
    assert room.run(keys=["movement/0"]).states == {"posted": 1}
    assert room.state("movement/2") == ("ready", None)
