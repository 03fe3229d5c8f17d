"""The life of tokens: rotation, grace, idle and hard expiry, revocation, and each way of being refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.emulator.http.settings import DAY, Settings
from qbo_pipeline.emulator.http.tokens import EVERYTHING, Grant, TokenError, Tokens

NOW = 1_800_000_000.0


def connected(**settings: int) -> tuple[Tokens, Grant]:
    tokens = Tokens(Settings(**settings), "client", "secret")
    return tokens, tokens.consent("1", EVERYTHING, NOW)


def refused(tokens: Tokens, token: str, now: float) -> tuple[int, str, str | None]:
    with pytest.raises(TokenError) as error:
        tokens.refresh(token, now)
    return error.value.status, error.value.error, error.value.description


def test_a_refresh_token_keeps_its_value_for_a_day_then_rotates_with_a_day_of_grace() -> None:
    tokens, grant = connected()
    first = grant.refresh_token
    assert tokens.refresh(first, NOW + DAY - 1)["refresh_token"] == first
    second = tokens.refresh(first, NOW + DAY)["refresh_token"]
    assert second != first
    assert tokens.refresh(first, NOW + 2 * DAY - 1)["refresh_token"] == second
    assert refused(tokens, first, NOW + 2 * DAY) == (400, "invalid_grant", "Incorrect or invalid refresh token")
    assert tokens.refresh(second, NOW + 2 * DAY)["refresh_token"] != second


def test_the_answer_states_the_life_times() -> None:
    tokens, grant = connected()
    answer = tokens.refresh(grant.refresh_token, NOW + 10)
    assert answer["token_type"] == "bearer"
    assert answer["expires_in"] == 3_600
    assert answer["x_refresh_token_expires_in"] == 8_726_400
    assert answer["x_refresh_token_hard_expires_in"] == 5 * 365 * DAY - 10


@pytest.mark.parametrize(("later", "alive"), [(3_599, True), (3_600, False)], ids=["within the hour", "after the hour"])
def test_an_access_token_lives_an_hour(later: int, alive: bool) -> None:
    tokens, grant = connected()
    token = tokens.refresh(grant.refresh_token, NOW)["access_token"]
    found = tokens.check_access(token, NOW + later)
    assert (found is grant) is alive
    assert alive or str(found).startswith("Token expired")


def test_a_token_that_is_not_used_for_a_hundred_days_dies() -> None:
    tokens, grant = connected()
    assert tokens.refresh(grant.refresh_token, NOW + 100 * DAY)
    tokens, grant = connected()
    assert refused(tokens, grant.refresh_token, NOW + 101 * DAY)[1:] == ("invalid_grant", "Token expired")


def test_a_token_in_use_dies_five_years_after_consent() -> None:
    tokens, grant = connected()
    now, token = NOW, grant.refresh_token
    while now + 50 * DAY < NOW + 5 * 365 * DAY:
        now += 50 * DAY
        answer = tokens.refresh(token, now)
        token = answer["refresh_token"]
        assert answer["x_refresh_token_expires_in"] <= answer["x_refresh_token_hard_expires_in"]
    assert "reconnect" in (refused(tokens, token, NOW + 5 * 365 * DAY)[2] or "")


@pytest.mark.parametrize("which", ["refresh_token", "access_token"])
def test_revoking_either_token_ends_the_connection(which: str) -> None:
    tokens, grant = connected()
    answer = tokens.refresh(grant.refresh_token, NOW)
    assert tokens.revoke(answer[which])
    assert refused(tokens, answer["refresh_token"], NOW)[1:] == ("invalid_grant", "Token revoked")
    assert tokens.check_access(answer["access_token"], NOW) == "Token revoked"
    assert not tokens.revoke("nobody's")


def test_a_code_is_good_once_for_its_redirect_uri_and_five_minutes() -> None:
    tokens, _ = connected()
    code = tokens.issue_code("1", EVERYTHING, "http://localhost/back", NOW)
    assert tokens.exchange(code, "http://localhost/back", NOW + 299)["refresh_token"]
    for used, uri, later in [
        (code, "http://localhost/back", 0),
        (tokens.issue_code("1", EVERYTHING, "http://localhost/back", NOW), "http://localhost/other", 0),
        (tokens.issue_code("1", EVERYTHING, "http://localhost/back", NOW), "http://localhost/back", 300),
    ]:
        with pytest.raises(TokenError, match="invalid_grant"):
            tokens.exchange(used, uri, NOW + later)


def test_no_token_shows_in_a_representation() -> None:
    _, grant = connected()
    assert grant.refresh_token not in repr(grant)


@given(st.lists(st.floats(0, 3 * DAY), max_size=30))
def test_whoever_stores_each_answer_and_comes_in_time_never_loses_the_connection(waits: list[float]) -> None:
    tokens, grant = connected()
    now, token = NOW, grant.refresh_token
    for wait in waits:
        now += wait
        token = tokens.refresh(token, now)["refresh_token"]
    saved = Tokens(Settings(), "client", "secret")
    saved.restore(tokens.as_dict())
    assert saved.refresh(token, now)["refresh_token"]
