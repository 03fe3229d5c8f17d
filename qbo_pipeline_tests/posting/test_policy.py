"""A policy's numbers at the edge of what is sound."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qbo_pipeline.posting.policy import Policy

POLICY = Policy()


def test_what_follows_from_the_numbers() -> None:
    policy = Policy(deadline=60, margin=3, lease=75, look_lease=300, look_margin=80)
    assert (policy.send_within, policy.leave_within, policy.look_within) == (12, 72, 220)


def test_settling_covers_the_latest_moment_of_a_request_and_what_qbo_works_on() -> None:
    least = POLICY.lease - POLICY.margin + POLICY.works_on
    assert replace(POLICY, settle=least).settle == least
    with pytest.raises(ValueError, match=r"^settle 191\.5 s is shorter than 192\.0 s: an answer given up could still"):
        replace(POLICY, settle=least - 0.5)


def test_a_lease_leaves_time_to_send() -> None:
    assert replace(POLICY, lease=63.5).send_within == 0.5
    with pytest.raises(ValueError, match=r"^lease 63\.0 s leaves no time to send with a deadline of 60\.0 s$"):
        replace(POLICY, lease=63.0)


def test_a_lease_leaves_time_to_look() -> None:
    assert replace(POLICY, look_lease=80.5).look_within == 0.5
    with pytest.raises(ValueError, match=r"^look_lease 80\.0 s leaves no time to look$"):
        replace(POLICY, look_lease=80.0)


@pytest.mark.parametrize("bound", ["looks", "attempts", "crashes"])
def test_a_bound_is_at_least_one(bound: str) -> None:
    assert getattr(replace(POLICY, **{bound: 1}), bound) == 1
    with pytest.raises(ValueError, match=r"^looks, attempts and crashes must be at least 1$"):
        replace(POLICY, **{bound: 0})
