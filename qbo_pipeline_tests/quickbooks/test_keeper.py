"""Keeping tokens fresh: one refresh at a time, what is done when Intuit refuses, and the warnings before the end."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from qbo_pipeline.quickbooks.auth import InvalidGrant
from qbo_pipeline.quickbooks.errors import AccessDenied, ReconnectNeeded, Unavailable
from qbo_pipeline.quickbooks.keeper import PAUSE_SECONDS, TokenKeeper
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.tokens import Tokens, expiries
from qbo_pipeline_tests.quickbooks.fakes import VirtualClock, answer, tokens
from qbo_pipeline_tests.quickbooks.in_memory import MemoryTokenStore
from qbo_pipeline_tests.quickbooks.test_auth import GRANT, MINTED, Intuit


def _keeper(intuit: Intuit, stored: Tokens | None, clock: VirtualClock) -> tuple[TokenKeeper, MemoryTokenStore]:
    store = MemoryTokenStore(stored, clock=clock)
    return TokenKeeper(store, intuit.oauth(clock), clock=clock), store


def _used(intuit: Intuit) -> list[str]:
    return [request.content.decode().rpartition("refresh_token=")[2] for request in intuit.requests]


def test_a_token_that_lives_is_used_as_it_is() -> None:
    clock = VirtualClock()
    keeper, _ = _keeper(Intuit(), tokens(clock), clock)
    assert keeper.access_token() == Secret("access-1")


def test_a_token_about_to_end_is_refreshed_once_and_stored() -> None:
    clock = VirtualClock()
    intuit = Intuit(answer(200, MINTED))
    keeper, store = _keeper(intuit, tokens(clock, lives=60), clock)
    assert [keeper.access_token().reveal() for _ in range(3)] == ["access-2"] * 3
    stored = store.load()
    assert stored is not None
    assert stored.tokens.refresh_token == Secret("refresh-2")
    assert _used(intuit) == ["refresh-1"]


def test_threads_refresh_once() -> None:
    clock = VirtualClock()
    intuit = Intuit(answer(200, MINTED))
    keeper, _ = _keeper(intuit, tokens(clock, lives=0), clock)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(keeper.access_token().reveal())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert found == ["access-2"] * 8
    assert len(intuit.requests) == 1


def test_a_rejected_token_is_replaced_unless_somebody_did_already() -> None:
    clock = VirtualClock()
    intuit = Intuit(answer(200, MINTED))
    keeper, store = _keeper(intuit, tokens(clock), clock)
    assert keeper.renew(Secret("access-1")) == Secret("access-2")
    other = TokenKeeper(store, intuit.oauth(clock), clock=clock)
    assert other.renew(Secret("access-1")) == Secret("access-2")
    assert len(intuit.requests) == 1


def test_a_lost_answer_is_asked_for_again_with_the_same_token() -> None:
    clock = VirtualClock()
    intuit = Intuit(httpx.ReadTimeout("silence"), answer(503, ""), answer(200, MINTED))
    keeper, _ = _keeper(intuit, tokens(clock, lives=0), clock)
    assert keeper.access_token() == Secret("access-2")
    assert _used(intuit) == ["refresh-1"] * 3


def test_an_outage_ends_the_claim_and_leaves_the_tokens() -> None:
    clock = VirtualClock()
    intuit = Intuit(*[answer(503, "")] * 3, answer(200, MINTED))
    keeper, _ = _keeper(intuit, tokens(clock, lives=0), clock)
    with pytest.raises(Unavailable):
        keeper.access_token()
    assert keeper.access_token() == Secret("access-2")


def test_where_the_stored_token_is_refused_the_one_before_it_is_tried() -> None:
    clock = VirtualClock()
    intuit = Intuit(answer(400, GRANT), answer(200, MINTED))
    before = replace(
        tokens(clock, lives=0, refresh="refresh-b"),
        previous_refresh_token=Secret("refresh-a"),
        previous_until=clock.now() + timedelta(hours=1),
    )
    keeper, _ = _keeper(intuit, before, clock)
    assert keeper.access_token() == Secret("access-2")
    assert _used(intuit) == ["refresh-b", "refresh-a"]


def test_the_token_before_is_not_tried_after_its_day() -> None:
    clock = VirtualClock()
    intuit = Intuit(answer(400, GRANT))
    before = replace(
        tokens(clock, lives=0), previous_refresh_token=Secret("refresh-a"), previous_until=clock.now()
    )  # fmt: skip
    keeper, _ = _keeper(intuit, before, clock)
    with pytest.raises(InvalidGrant, match="reconnect the company"):
        keeper.access_token()
    assert _used(intuit) == ["refresh-1"]


def test_credentials_that_intuit_does_not_take_are_told_as_such_and_can_be_corrected_at_once() -> None:
    """Our access has not ended: the same process rests for five minutes, one with other credentials goes on."""
    clock = VirtualClock()
    refusal = answer(401, {"error": "invalid_client"})
    intuit = Intuit(refusal, answer(200, MINTED), refusal)
    keeper, store = _keeper(intuit, tokens(clock, lives=0), clock)
    for _ in range(10):
        with pytest.raises(AccessDenied, match=r"does not take our app's credentials \(invalid_client\): correct"):
            keeper.access_token()
    assert len(intuit.requests) == 1
    stored = store.load()
    assert stored is not None
    assert stored.refused_at is None
    assert TokenKeeper(store, intuit.oauth(clock), clock=clock).access_token() == Secret("access-2")
    clock.advance(PAUSE_SECONDS + 1)
    assert keeper.access_token() == Secret("access-2")


def test_after_a_refusal_intuit_is_asked_once_in_five_minutes() -> None:
    clock = VirtualClock()
    refusal = answer(400, GRANT)
    intuit = Intuit(refusal, refusal)
    keeper, store = _keeper(intuit, tokens(clock, lives=0), clock)
    with pytest.raises(InvalidGrant):
        keeper.access_token()
    other = TokenKeeper(store, intuit.oauth(clock), clock=clock)
    for _ in range(10):
        clock.advance(PAUSE_SECONDS / 11)
        with pytest.raises(ReconnectNeeded, match="refused to renew our access at 2026-03-01 12:00 UTC: reconnect"):
            other.access_token()
    assert len(intuit.requests) == 1
    clock.advance(PAUSE_SECONDS / 10)
    with pytest.raises(InvalidGrant):
        other.access_token()
    assert len(intuit.requests) == 2


def test_a_new_authorisation_ends_the_pause() -> None:
    clock = VirtualClock()
    keeper, _ = _keeper(Intuit(answer(400, GRANT)), tokens(clock, lives=0), clock)
    with pytest.raises(ReconnectNeeded):
        keeper.access_token()
    keeper.connect(tokens(clock, access="access-9"))
    assert keeper.access_token() == Secret("access-9")


def test_while_another_process_refreshes_a_living_token_is_used_on() -> None:
    clock = VirtualClock()
    keeper, store = _keeper(Intuit(), tokens(clock, lives=60), clock)
    assert store.begin_mint(1, lease=30, pause=300).state == "granted"
    assert keeper.access_token() == Secret("access-1")


def test_a_claim_of_a_process_that_died_is_waited_out() -> None:
    clock = VirtualClock()
    intuit = Intuit(answer(200, MINTED))
    keeper, store = _keeper(intuit, tokens(clock, lives=0), clock)
    store.begin_mint(1, lease=30, pause=300)
    started = clock.monotonic()
    assert keeper.access_token() == Secret("access-2")
    assert 30 <= clock.monotonic() - started < 31


def test_what_a_late_refresh_brings_does_not_replace_newer_tokens() -> None:
    clock = VirtualClock()
    _, store = _keeper(Intuit(), tokens(clock, lives=0), clock)
    late = store.begin_mint(1, lease=30, pause=300)
    clock.advance(31)
    newer = store.begin_mint(1, lease=30, pause=300)
    assert store.finish_mint(newer, tokens(clock, access="newer"))
    assert not store.finish_mint(late, tokens(clock, access="late"))
    stored = store.load()
    assert stored is not None
    assert stored.tokens.access_token == Secret("newer")


def test_a_company_that_was_never_connected_says_so() -> None:
    keeper, _ = _keeper(Intuit(), None, VirtualClock())
    with pytest.raises(ReconnectNeeded, match="not connected"):
        keeper.access_token()


def test_keeping_alive_refreshes_about_once_an_hour() -> None:
    clock = VirtualClock()
    intuit = Intuit(answer(200, MINTED), answer(200, {**MINTED, "access_token": "access-3"}))
    keeper, _ = _keeper(intuit, tokens(clock), clock)
    assert keeper.keep_alive() == []
    assert intuit.requests == []
    for _ in range(3):
        clock.advance(1800)
        keeper.keep_alive()
    assert len(intuit.requests) == 1


def test_revoking_forgets_the_tokens() -> None:
    clock = VirtualClock()
    keeper, store = _keeper(Intuit(answer(200, "")), tokens(clock), clock)
    keeper.revoke()
    assert store.load() is None


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("idle", "hard", "expected"),
    [
        (31 * DAY, 400 * DAY, []),
        (30 * DAY, None, [("idle", 30)]),
        (7 * DAY, 400 * DAY, [("idle", 7)]),
        (8 * DAY, 6 * DAY, [("idle", 30), ("hard", 7)]),
        (100 * DAY, timedelta(hours=23), [("hard", 1)]),
        (timedelta(0), -DAY, [("idle", 0), ("hard", 0)]),
    ],
)
def test_warnings_come_30_7_and_1_days_before(
    idle: timedelta, hard: timedelta | None, expected: list[tuple[str, int]]
) -> None:
    clock = VirtualClock()
    now = clock.now()
    found = expiries(
        replace(tokens(clock), refresh_expires_at=now + idle, hard_expires_at=now + hard if hard else None), now
    )
    assert [(expiry.what, expiry.days) for expiry in found] == expected
    assert all("connect" in expiry.message for expiry in found)
