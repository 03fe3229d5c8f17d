"""The protocol's core, to the last field: all that a claim, an answer or a read-back changes of a row.

What each of them comes to is in `test_core.py`; here nothing may be missing, and nothing more be there, the journal's
line included.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from qbo_pipeline.posting import core
from qbo_pipeline.posting.events import (
    Barred,
    Change,
    Claim,
    Confirmed,
    Deferred,
    GiveUp,
    Look,
    LookFailed,
    Lost,
    ReadClock,
    Rejected,
    Seen,
    Send,
    Settle,
    SettleLook,
    Unsent,
)
from qbo_pipeline_tests.posting.test_core import MOVED, NOW, POLICY, row

# What is forgotten once the outcome of a request is known for certain.
CLEARED: dict[str, Any] = {
    "lease_until": None, "not_before": None, "doubt": False, "request_id": None, "item": None, "fallback": None,
    "misses": 0,
}  # fmt: skip
LINKED = {"qbo_id": "9", "sync_token": "2", "posted_fingerprint": "F", "qbo_number": "N7"}
POSTED = CLEARED | LINKED | {"state": "posted", "reason": None, "message": None, "recovered": False}
RECOVERED = POSTED | {"recovered": True, "answer_hash": None}
DOUBT = {"state": "unknown", "doubt": True, "lease_until": None, "not_before": NOW - 5 + POLICY.settle, "misses": 0}
BACK = {"state": "ready", "attempts": 2, "lease_until": None}
LATER = {"state": "unknown", "lease_until": None, "not_before": NOW + POLICY.lag, "misses": 0}
LIST_ENTRY = {"by_name": True, "attempts": 3}
LINKING = replace(POLICY, link_existing=True)


def parked(reason: str, message: str | None) -> dict[str, Any]:
    return CLEARED | {"state": "parked", "reason": reason, "message": message}


def refusal(kind: str, **more: Any) -> Any:
    return Rejected(kind, "2500", "no", "t1", **more)  # type: ignore[arg-type]


ANSWERS: list[tuple[str, Any, dict[str, Any], Change]] = [
    ("yes", Confirmed("9", "2", "F", "N7", "t1", "hash"), {},
     Change("posted", POSTED | {"answer_hash": "hash"}, tid="t1")),
    ("nobody knows", Lost("timeout", "t1"), {},
     Change("unknown", DOUBT | {"message": "timeout"}, "timeout", tid="t1")),
    ("nobody knows of a row that was never claimed", Lost("timeout"), {"sent_at": None},
     Change("unknown", DOUBT | {"message": "timeout", "not_before": POLICY.settle}, "timeout")),
    ("it never left", Unsent("no route"), {},
     Change("not_sent", BACK | {"not_before": NOW + POLICY.backoff, "message": "no route"})),
    ("QBO asks for quiet", Deferred("429", 60.0), {},
     Change("throttled", BACK | {"not_before": NOW + 60, "message": "429"})),
    ("our own limits ask for it", Deferred("no slot", 5.0, ours=True), {},
     Change("paced", BACK | {"not_before": NOW + 5, "message": "no slot"})),
    ("the connection is refused", Barred("401"), {},
     Change("barred", BACK | {"not_before": None, "message": "401"})),
    ("no", refusal("refused"), {},
     Change("refused", parked("refused", "2500: no"), "no", "2500", "t1")),
    ("QBO is not sure", refusal("unsure"), {},
     Change("unknown", DOUBT | {"message": "no"}, "no", tid="t1")),
    ("no, but an earlier one may be there", refusal("refused"), {"doubt": True},
     Change("refused", LATER | {"fallback": "refused", "message": "2500: no"}, "no", "2500", "t1")),
    ("what is updated is missing", refusal("missing"), {"operation": "update"},
     Change("refused", LATER | {"fallback": "missing", "message": "2500: no"}, "no", "2500", "t1")),
    ("the batch is refused", refusal("refused", whole=True), {},
     Change("refused", CLEARED | {"alone": True, "state": "ready", "attempts": 2}, "no", "2500", "t1")),
    ("the batch is refused, and an earlier one may be there", refusal("refused", whole=True), {"doubt": True},
     Change("refused", LATER | {"alone": True}, "no", "2500", "t1")),
    ("a document's name is taken", refusal("duplicate_name"), {},
     Change("refused", LATER | {"fallback": "duplicate_name", "message": "2500: no"}, "no", "2500", "t1")),
    ("a list entry is refused for something else", refusal("refused"), LIST_ENTRY,
     Change("refused", parked("refused", "2500: no"), "no", "2500", "t1")),
    ("one that was sent alone is refused", refusal("refused", whole=True), {"alone": True},
     Change("refused", parked("refused", "2500: no"), "no", "2500", "t1")),
    ("the name is taken, and nobody links", refusal("duplicate_name"), LIST_ENTRY,
     Change("refused", parked("duplicate_name", "2500: no"), "no", "2500", "t1")),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "fields", "change"), [r[1:] for r in ANSWERS], ids=[r[0] for r in ANSWERS])
def test_an_answer_changes_this_and_nothing_else(answer: Any, fields: dict[str, Any], change: Change) -> None:
    assert core.judge(row(**({"attempts": 3} | fields)), answer, NOW, POLICY) == change


def test_a_taken_name_is_looked_up_at_once_where_it_may_be_linked() -> None:
    looked_up = {"state": "unknown", "lease_until": None, "not_before": NOW, "misses": 0, "fallback": "duplicate_name"}
    expected = Change("refused", looked_up | {"message": "2500: no"}, "no", "2500", "t1")
    assert core.judge(row(**LIST_ENTRY), refusal("duplicate_name"), NOW, LINKING) == expected
    renamed = core.judge(row(**LIST_ENTRY, operation="update"), refusal("duplicate_name"), NOW, LINKING)
    assert renamed == Change("refused", parked("duplicate_name", "2500: no"), "no", "2500", "t1")
    alone = core.judge(row(**LIST_ENTRY, alone=True), refusal("duplicate_name", whole=True), NOW, LINKING)
    assert alone == expected


OURS = Seen("9", "2", "M", "F", "N7")
NAMED = OURS._replace(marker=None)
REFUSED_NAME = {"by_name": True, "doubt": False, "fallback": "duplicate_name", "message": "2500: no"}
EDITED = "QBO holds other content under Id 9: somebody changed it there"
TWICE = "QBO holds more than one object with this posting's marker"
TAKEN = "QuickBooks has the name already, under Id 9, and it is not ours"
AGAIN = {"lease_until": None, "not_before": NOW + POLICY.lag}
UPDATING = MOVED | {"base_token": "1"}

LOOKS: list[tuple[str, Any, dict[str, Any], Change]] = [
    ("it is there", [OURS], {}, Change("recovered", RECOVERED)),
    ("it is there, changed", [OURS._replace(fingerprint="X")], {},
     Change("recovered", RECOVERED | {"state": "drifted", "reason": "edited", "message": EDITED, "sync_token": "0"},
            EDITED)),
    ("it is there, voided", [OURS._replace(fingerprint="X", voided=True)], {},
     Change("recovered", RECOVERED | {"state": "drifted", "reason": "voided", "message": EDITED, "sync_token": "0"},
            EDITED)),
    ("it is there twice", [OURS, OURS._replace(qbo_id="10")], {},
     Change("parked", parked("found_twice", TWICE), TWICE)),
    ("not found yet", [], {}, Change("missed", AGAIN | {"misses": 1})),
    ("not found again: the same bytes once more", [], {"misses": 1},
     Change("missed", {"lease_until": None, "not_before": None, "state": "ready", "misses": 2})),
    ("not found after a refusal", [], {"misses": 1, "fallback": "refused", "message": "2500: no"},
     Change("parked", parked("refused", "2500: no"), "2500: no")),
    ("not found, and workers were lost", [], {"misses": 1, "crashes": POLICY.crashes},
     Change("parked", parked("quarantined", "3 workers were lost over this document"),
            "3 workers were lost over this document")),
    ("not found, and one worker fewer was lost", [], {"misses": 1, "crashes": POLICY.crashes - 1},
     Change("missed", {"lease_until": None, "not_before": None, "state": "ready", "misses": 2})),
    ("not found, and sent often enough", [], {"misses": 1, "attempts": POLICY.attempts, "message": "timeout"},
     Change("parked", parked("attempts_exhausted", "timeout"), "timeout")),
    ("not found, and sent once less", [], {"misses": 1, "attempts": POLICY.attempts - 1},
     Change("missed", {"lease_until": None, "not_before": None, "state": "ready", "misses": 2})),
    ("the look failed", LookFailed("503"), {},
     Change("look_failed", {"lease_until": None, "not_before": NOW + POLICY.look_again}, "503")),
    ("the look failed, and QBO says for how long", LookFailed("429", 60.0), {},
     Change("look_failed", {"lease_until": None, "not_before": NOW + 60}, "429")),
    ("the name is another's", [NAMED], REFUSED_NAME, Change("parked", parked("duplicate_name", TAKEN), TAKEN)),
    ("what was updated is not found yet", [], UPDATING, Change("missed", AGAIN | {"misses": 1})),
    ("what was updated is gone", [], UPDATING | {"misses": 1},
     Change("deleted_in_qbo",
            CLEARED | {"state": "deleted_in_qbo", "message": "the object is no longer in QBO"})),
    ("what was deleted is gone", [], {"operation": "delete", "misses": 1},
     Change("recovered", CLEARED | {"state": "posted", "reason": None, "message": None})),
    ("the update arrived", [OURS], UPDATING, Change("recovered", RECOVERED)),
    ("QBO touched it", [OURS._replace(fingerprint="B")], UPDATING,
     Change("rebased", CLEARED | {"state": "ready", "stale": 1, "base_token": "2"})),
    ("QBO touched it for the last time that we try", [OURS._replace(fingerprint="B")], UPDATING | {"stale": 2},
     Change("rebased", CLEARED | {"state": "ready", "stale": 3, "base_token": "2"})),
    ("QBO touched it too often", [OURS._replace(fingerprint="B")], UPDATING | {"stale": 3},
     Change("parked", parked("conflict", "the object changed under 4 updates one after another"),
            "the object changed under 4 updates one after another")),
    ("somebody changed it", [OURS._replace(fingerprint="X")], UPDATING,
     Change("parked", parked("conflict", EDITED), EDITED)),
    ("it is void", [OURS._replace(voided=True, fingerprint="0")], UPDATING | {"operation": "void"},
     Change("recovered", RECOVERED | {"posted_fingerprint": "0"})),
    ("it is not void, and no update of it", [OURS], UPDATING | {"operation": "void"},
     Change("parked", parked("conflict", EDITED), EDITED)),
    ("a list entry of ours", [NAMED._replace(own=True)], {"by_name": True}, Change("recovered", RECOVERED)),
    ("a list entry of ours, refused while in doubt", [NAMED._replace(own=True)], REFUSED_NAME | {"doubt": True},
     Change("recovered", RECOVERED)),
    ("a list entry of ours that nothing was refused for", [NAMED._replace(own=True)],
     {"by_name": True, "doubt": False}, Change("recovered", RECOVERED)),
]  # fmt: skip


@pytest.mark.parametrize(("found", "fields", "change"), [r[1:] for r in LOOKS], ids=[r[0] for r in LOOKS])
def test_a_read_back_changes_this_and_nothing_else(found: Any, fields: dict[str, Any], change: Change) -> None:
    assert core.judge_look(row(**({"state": "unknown", "doubt": True} | fields)), found, NOW, POLICY) == change


def test_a_name_is_linked_only_where_one_object_has_it_and_nothing_stands_in_the_way() -> None:
    refused = row(state="unknown", **REFUSED_NAME)
    linked = core.judge_look(refused, [NAMED], NOW, LINKING)
    assert linked == Change("linked_by_name", RECOVERED | {"recovered": False})

    assert core.judge_look(refused, [NAMED], NOW, POLICY).fields["state"] == "parked"
    two = core.judge_look(refused, [NAMED, NAMED._replace(qbo_id="10")], NOW, LINKING)
    assert two == Change("parked", parked("duplicate_name", TAKEN), TAKEN)
    why = f"{TAKEN}, and cannot be linked: it is inactive"
    barred = core.judge_look(refused, [NAMED._replace(obstacle="it is inactive")], NOW, LINKING)
    assert barred == Change("parked", parked("duplicate_name", why), why)
    unasked = core.judge_look(refused, [NAMED._replace(obstacle="it is inactive")], NOW, POLICY)
    assert unasked.message == TAKEN


def test_an_object_of_another_key_is_never_taken() -> None:
    text = "Id 9 in QuickBooks is document/7's: rename one of the two in the source, or relink"
    told = Change("parked", parked("object_of_another", text), text)
    assert core.taken(row(state="unknown"), "9", "document/7") == told
    assert core.taken(row(state="sending", by_name=True), "9", "document/7") == told


def test_what_has_the_name_and_is_another_keys_says_that_ours_is_not_there() -> None:
    text = "QuickBooks has the name already, under Id 9, which is party/7's: rename one of the two in the source"
    looked_for = row(state="unknown", by_name=True, doubt=True)
    assert core.taken(looked_for, "9", "party/7") == Change("parked", parked("duplicate_name", text), text)


def test_a_claim_to_send_takes_the_row_with_a_new_fence() -> None:
    assert core.claim_to_send(row(fence=7, attempts=3, misses=1, fallback="x"), NOW, POLICY) == {
        "state": "sending", "fence": 8, "attempts": 4, "sent_at": NOW, "lease_until": NOW + POLICY.lease,
        "not_before": None, "misses": 0, "fallback": None,
    }  # fmt: skip


def test_a_claim_to_look_takes_the_row_and_counts_the_worker_that_was_lost_at_it() -> None:
    taken = {"state": "unknown", "fence": 8, "lease_until": NOW + POLICY.look_lease, "not_before": None}
    lost = core.claim_to_look(row(fence=7), NOW, POLICY)
    assert lost == taken | {"doubt": True, "crashes": 1, "alone": True}
    rested = row(fence=7, state="unknown", lease_until=None)
    assert core.claim_to_look(rested, NOW, POLICY) == taken | {"doubt": False, "crashes": 0, "alone": False}
    in_doubt = row(fence=7, state="unknown", lease_until=None, doubt=True, alone=True, crashes=2)
    assert core.claim_to_look(in_doubt, NOW, POLICY) == taken | {"doubt": True, "crashes": 2, "alone": True}

    most = 2 * POLICY.crashes
    assert core.claim_to_look(row(fence=7, crashes=most - 2), NOW, POLICY)["state"] == "unknown"
    assert core.claim_to_look(row(fence=7, crashes=most - 1), NOW, POLICY) == taken | {
        "doubt": True, "crashes": most, "alone": True, "state": "parked", "reason": "quarantined", "lease_until": None,
    }  # fmt: skip


def test_giving_up_undoes_the_claim_but_for_its_fence() -> None:
    expected = {"lease_until": None, "not_before": None, "state": "ready", "attempts": 2}
    assert core.give_up(row(attempts=3)) == Change("given_up", expected)


def test_only_the_fence_and_the_state_say_who_holds_a_row() -> None:
    mine = row(fence=7)
    assert core.holds(row(fence=7, lease_until=None, attempts=9), mine)
    assert not core.holds(row(fence=8), mine)
    assert not core.holds(row(fence=7, state="unknown"), mine)


@pytest.mark.parametrize(("after", "ready"), [(-1.0, True), (0.0, True), (1.0, False)])
def test_a_row_may_be_sent_from_its_moment_on(after: float, ready: bool) -> None:
    assert core.may_send(row(state="ready", not_before=NOW + after), NOW) is ready
    assert core.may_send(row(state="ready", not_before=None), NOW)
    assert not core.may_send(row(state="unknown", not_before=None), NOW)


@pytest.mark.parametrize(("after", "due"), [(-1.0, True), (0.0, True), (1.0, False)])
def test_a_row_may_be_looked_up_once_its_lease_is_over_and_it_is_due(after: float, due: bool) -> None:
    assert core.may_look(row(state="unknown", lease_until=NOW + after), NOW, POLICY) is due
    assert core.may_look(row(state="unknown", lease_until=None, not_before=NOW + after), NOW, POLICY) is due
    sent = row(lease_until=None, sent_at=NOW - POLICY.settle + after)
    assert core.may_look(sent, NOW, POLICY) is due
    assert not core.may_look(row(lease_until=None, sent_at=None), NOW, POLICY)
    assert not core.may_look(row(state="posted", lease_until=None), NOW, POLICY)


def commands(procedure: Any, *answers: Any) -> tuple[list[Any], bool]:
    """The commands that a worker gives, and what it answers at the end."""
    given, answer = [next(procedure)], list(answers)
    while True:
        try:
            given.append(procedure.send(answer.pop(0)))
        except StopIteration as stop:
            return given, stop.value


def test_a_worker_claims_looks_at_the_clock_sends_and_settles() -> None:
    rows, answers = [row()], [Lost("timeout")]
    begun = [ReadClock(), Claim("send", "batch")]
    in_time = 100.0 + POLICY.send_within - 0.5
    assert commands(core.send_once(POLICY, "batch"), 100.0, rows, in_time, answers, None) == (
        [*begun, ReadClock(), Send(rows), Settle(rows, answers)], True,
    )  # fmt: skip
    assert commands(core.send_once(POLICY, "batch"), 100.0, rows, 100.0 + POLICY.send_within, None) == (
        [*begun, ReadClock(), GiveUp(rows)], True,
    )  # fmt: skip
    assert commands(core.send_once(POLICY, "batch"), 100.0, []) == (begun, False)


def test_a_worker_looks_and_settles_what_it_saw() -> None:
    rows, findings = [row()], [[OURS]]
    assert commands(core.look_once(POLICY), rows, findings, None) == (
        [Claim("look", "single"), Look(rows), SettleLook(rows, findings)], True,
    )  # fmt: skip
    assert commands(core.look_once(POLICY), []) == ([Claim("look", "single")], False)


def test_what_a_batchs_answer_does_not_name_is_lost() -> None:
    missing = Lost("QBO's answer to the batch does not name this item")
    yes = Confirmed("a", "0", "")
    assert core.match_items([row(item="1"), row(item=None)], {"1": yes}) == [yes, missing]
