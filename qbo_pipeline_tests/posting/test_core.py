"""The protocol's core: what each answer and each sighting comes to, and that the store claims what the core allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from qbo_pipeline.posting import core
from qbo_pipeline.posting.blank_rows import blank
from qbo_pipeline.posting.events import (
    Barred,
    CannotTell,
    Confirmed,
    Deferred,
    LookFailed,
    Lost,
    Rejected,
    Row,
    Seen,
    Unsent,
)
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.rows import row_of
from qbo_pipeline.store import claims
from qbo_pipeline.store.database import open_database
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import UNDATED

NOW = 1_000_000.0
POLICY = Policy()


def row(**fields: Any) -> Row:
    sent = {"state": "sending", "fence": 1, "attempts": 1, "sent_at": NOW - 5, "lease_until": NOW + 70}
    given = {"request_id": "r", "marker": "M", "fingerprint": "F"}
    return Row(**({"key": "document/1", "revision": 1} | sent | given | fields))


@pytest.mark.parametrize(
    ("answer", "fields", "becomes"),
    [
        (Confirmed("9", "0", "F"), {}, {"state": "posted", "qbo_id": "9", "doubt": False, "request_id": None}),
        (Lost("timeout"), {}, {"state": "unknown", "doubt": True, "not_before": NOW - 5 + POLICY.settle}),
        (Unsent("no route"), {}, {"state": "ready", "attempts": 0, "not_before": NOW + POLICY.backoff}),
        (Deferred("429", 60.0), {}, {"state": "ready", "attempts": 0, "not_before": NOW + 60}),
        (Barred("401"), {}, {"state": "ready", "attempts": 0}),
        (Rejected("refused", "2500", "no"), {}, {"state": "parked", "reason": "refused", "request_id": None}),
        (Rejected("closed_period", "6210", "no"), {}, {"state": "parked", "reason": "closed_period"}),
        (Rejected("unsure", "10000", "?"), {}, {"state": "unknown", "doubt": True}),
        (Rejected("refused", "2500", "no"), {"doubt": True}, {"state": "unknown", "fallback": "refused"}),
        (Rejected("duplicate_number", "6140", "dup"), {}, {"state": "unknown", "fallback": "duplicate_number"}),
        (Rejected("duplicate_request", "600", "dup"), {}, {"state": "unknown", "fallback": "duplicate_request"}),
        (Rejected("conflict", "5010", "stale"), {"operation": "update"}, {"state": "unknown", "fallback": "conflict"}),
        (Rejected("missing", "610", "gone"), {"operation": "update"}, {"state": "unknown", "fallback": "missing"}),
        (Rejected("missing", "610", "gone"), {"operation": "delete"}, {"state": "unknown", "fallback": "missing"}),
        (Rejected("missing", "610", "inactive"), {}, {"state": "parked", "reason": "missing"}),
        (Rejected("refused", "2010", "?", whole=True), {}, {"state": "ready", "alone": True, "attempts": 0}),
        (Rejected("refused", "2010", "?", whole=True), {"doubt": True}, {"state": "unknown", "alone": True}),
        (Rejected("refused", "2010", "?", whole=True), {"alone": True}, {"state": "parked", "reason": "refused"}),
    ],
)  # fmt: skip
def test_what_an_answer_means(answer: Any, fields: dict[str, Any], becomes: dict[str, Any]) -> None:
    change = core.judge(row(**fields), answer, NOW, POLICY)
    assert {name: change.fields.get(name) for name in becomes} == becomes


OURS = Seen("9", "0", "M", "F")
NAMED = OURS._replace(marker=None)
REFUSED_NAME = {"by_name": True, "doubt": False, "fallback": "duplicate_name"}
MOVED = {"operation": "update", "base": "B", "base_token": "3"}


@pytest.mark.parametrize(
    ("found", "fields", "becomes"),
    [
        ([OURS], {}, {"state": "posted", "qbo_id": "9", "recovered": True}),
        ([OURS, OURS._replace(qbo_id="10")], {}, {"reason": "found_twice"}),
        ([OURS._replace(fingerprint="X")], {}, {"state": "drifted", "reason": "edited", "qbo_id": "9"}),
        ([OURS._replace(marker=None)], {"misses": 1}, {"state": "ready"}),
        ([], {}, {"misses": 1, "not_before": NOW + POLICY.lag}),
        ([], {"misses": 1}, {"state": "ready", "misses": 2}),
        ([], {"misses": 1, "fallback": "duplicate_name"}, {"state": "parked", "reason": "duplicate_name"}),
        ([], {"misses": 1, "crashes": 3}, {"state": "parked", "reason": "quarantined"}),
        ([], {"misses": 1, "attempts": 6}, {"state": "parked", "reason": "attempts_exhausted"}),
        ([NAMED._replace(own=True)], {"by_name": True}, {"state": "posted", "recovered": True}),
        ([NAMED._replace(own=True)], REFUSED_NAME, {"state": "parked", "reason": "duplicate_name"}),
        ([NAMED], {"by_name": True}, {"misses": 1}),
        ([NAMED], REFUSED_NAME | {"doubt": True}, {"state": "parked", "reason": "duplicate_name"}),
        ([], MOVED, {"misses": 1, "not_before": NOW + POLICY.lag}),
        ([], MOVED | {"misses": 1}, {"state": "deleted_in_qbo"}),
        ([Seen("9", "3", "M", "B")], MOVED | {"misses": 1}, {"state": "ready"}),
        ([Seen("9", "4", "M", "F")], MOVED, {"state": "posted"}),
        ([Seen("9", "4", "M", "B")], MOVED, {"state": "ready", "base_token": "4", "stale": 1, "request_id": None}),
        ([Seen("9", "4", "M", "B")], MOVED | {"stale": 3}, {"state": "parked", "reason": "conflict"}),
        ([Seen("9", "4", "M", "X")], MOVED, {"state": "parked", "reason": "conflict"}),
        ([], {"operation": "delete"}, {"misses": 1, "not_before": NOW + POLICY.lag}),
        ([], {"operation": "delete", "misses": 1}, {"state": "posted"}),
        ([Seen("9", "4", "M", "0", voided=True)], MOVED | {"operation": "void"}, {"state": "posted"}),
        (LookFailed("503"), {}, {"not_before": NOW + POLICY.look_again, "lease_until": None}),
    ],
)  # fmt: skip
def test_what_a_read_back_means(found: Any, fields: dict[str, Any], becomes: dict[str, Any]) -> None:
    change = core.judge_look(row(**({"state": "unknown", "doubt": True} | fields)), found, NOW, POLICY)
    assert {name: change.fields.get(name) for name in becomes} == becomes


def test_who_cannot_tell_leaves_it_to_a_person() -> None:
    change = core.judge_look(row(state="unknown", doubt=True), CannotTell("look there"), NOW, POLICY)
    assert (change.event, change.message, change.code, change.tid) == ("parked", "look there", None, None)
    known = {"state": "parked", "reason": "in_doubt", "message": "look there", "doubt": False, "request_id": None}
    assert known.items() <= change.fields.items()


def test_a_resend_keeps_its_request_and_its_doubt() -> None:
    change = core.judge_look(row(state="unknown", doubt=True, misses=1), [], NOW, POLICY)
    assert change.fields["state"] == "ready"
    assert not {"request_id", "doubt", "item"} & change.fields.keys()


def test_the_guard_stops_a_worker_that_stood_still() -> None:
    procedure = core.send_once(POLICY, "batch")
    next(procedure)
    procedure.send(100.0)
    procedure.send([row()])
    assert type(procedure.send(100.0 + POLICY.send_within)).__name__ == "GiveUp"


def test_a_worker_lost_three_times_quarantines_the_document_once_it_is_known_not_to_be_there() -> None:
    crashed = row(crashes=2)
    fields = core.claim_to_look(crashed, NOW + 1000, POLICY)
    assert (fields["crashes"], fields["alone"], fields["state"]) == (3, True, "unknown")
    assert core.claim_to_look(row(crashes=5), NOW + 1000, POLICY)["state"] == "parked"


def test_answers_are_matched_by_bid() -> None:
    rows = [row(item="1"), row(item="2"), row(item="3")]
    answers = core.match_items(rows, {"2": Confirmed("b", "0", ""), "1": Confirmed("a", "0", "")})
    assert [type(answer).__name__ for answer in answers] == ["Confirmed", "Confirmed", "Lost"]
    assert [answer.qbo_id for answer in answers[:2]] == ["a", "b"]  # type: ignore[union-attr]


@pytest.mark.parametrize("field", ["settle", "lease", "looks", "attempts"])
def test_a_policy_that_could_double_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match=r"settle|lease|looks"):
        replace(POLICY, **{field: 0})


_STATES = st.sampled_from(["ready", "sending", "unknown", "posted", "parked", "skipped"])
_MOMENTS = st.none() | st.integers(-500, 500).map(lambda seconds: NOW + seconds)


def stored_row(state: str, **given: Any) -> dict[str, Any]:
    blank_row = {"not_before": None, "lease_until": None, "sent_at": None, "frozen": False, "alone": False}
    return {"state": state, **blank_row, **given}


# One was sent long ago and has no lease, another one is leased and was never sent: the first may be looked up now.
THE_LEASE_OF_ANOTHER = [
    *(stored_row("ready") for _ in range(4)),
    stored_row("sending", sent_at=NOW - 200),
    stored_row("sending", lease_until=NOW + 1),
]


@example(rows=THE_LEASE_OF_ANOTHER)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"state": _STATES, "not_before": _MOMENTS, "lease_until": _MOMENTS, "sent_at": _MOMENTS,
             "frozen": st.booleans(), "alone": st.booleans()}
        ),
        min_size=1,
        max_size=6,
    )
)  # fmt: skip
def test_the_store_claims_exactly_what_the_core_allows(rows: list[dict[str, Any]]) -> None:
    def moment(value: float | None) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value, UTC)

    database = _STORE
    filled = [
        blank()
        | {"connection": "c", "key": str(number), "revision": 1, "record_key": "r", "record_hash": "h",
           "entity": "Bill",
           "business_date": UNDATED, "amount": Decimal(0), "currency": "USD", "payload_hash": "h", "marker": "m",
           "by_name": False, "first_seen": moment(NOW - 600), "state": given["state"], "alone": given["alone"],
           "request_id": f"r{number}" if given["frozen"] else None}
        | {name: moment(given[name]) for name in ("not_before", "lease_until", "sent_at")}
        for number, given in enumerate(rows)
    ]  # fmt: skip
    scope, now = claims.Scope("c"), moment(NOW)
    assert now is not None
    with database.transaction() as transaction:
        transaction.execute(postings.delete())
        transaction.execute(postings.insert(), filled)
        stored = [row_of(found) for found in transaction.execute(select(postings)).mappings()]
        due = claims.next_due(transaction, scope, POLICY.settle)
        sendable = {
            found["key"] for alone in (True, False) for found in claims.fresh(transaction, scope, now, 99, alone=alone)
        }
        while again := claims.frozen(transaction, scope, now, 99):
            sendable |= {found["key"] for found in again}
            for found in again:
                transaction.execute(postings.update().where(postings.c.key == found["key"]).values(state="posted"))
        looked = {found["key"] for found in claims.in_doubt(transaction, scope, now, POLICY.settle, 99)}
    assert sendable == {found.key for found in stored if core.may_send(found, NOW)}
    assert looked == {found.key for found in stored if core.may_look(found, NOW, POLICY)}

    def claimable(at: float) -> bool:
        backed_off = [found for found in stored if found.not_before is not None]
        return any(core.may_look(found, at, POLICY) for found in stored) or any(
            core.may_send(found, at) for found in backed_off
        )

    if due is None:
        assert not claimable(NOW + 10_000)
    else:  # the very first moment: neither overslept nor woken for nothing
        assert claimable(due.timestamp())
        assert due.timestamp() == 0 or not claimable(due.timestamp() - 0.5)


def test_what_a_newer_revision_has_replaced_keeps_no_worker_awake() -> None:
    """Such a row is never sent, so its back-off is no moment to wait for."""
    now = datetime.fromtimestamp(NOW, UTC)
    filled = blank() | {
        "connection": "c", "key": "1", "revision": 1, "record_key": "r", "record_hash": "h", "entity": "Bill",
        "business_date": UNDATED, "amount": Decimal(0), "currency": "USD", "payload_hash": "h", "marker": "m",
        "by_name": False, "first_seen": now, "state": "ready", "not_before": now, "superseded_by": 2,
    }  # fmt: skip
    scope = claims.Scope("c")
    with _STORE.transaction() as transaction:
        transaction.execute(postings.delete())
        transaction.execute(postings.insert(), [filled])
        assert not claims.fresh(transaction, scope, now, 9, alone=False)
        assert claims.next_due(transaction, scope, POLICY.settle) is None


_STORE = open_database("sqlite:///:memory:")
