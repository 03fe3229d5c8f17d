"""The defences of the protocol, each with what the product is without it.

What belongs here: one entry a defence: how the core's functions, the policy or the world differ once it is taken
away. The simulator must notice every one of them; a proof that cannot fail proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock

from qbo_pipeline.posting import core
from qbo_pipeline.posting.events import PARKED, POSTED, READY, Change, Claim, Confirmed, Lost, ReadClock, Send, Settle
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline_tests.posting.simulator.world import POLICY

Patch = dict[str, Callable[..., Any]]


def _weaker(**changes: Any) -> Policy:
    """A policy that `Policy` itself would refuse."""
    policy = replace(POLICY)
    for name, value in changes.items():
        object.__setattr__(policy, name, value)
    return policy


_judge, _judge_look, _recognise, _may_look = core.judge, core.judge_look, core.recognise, core.may_look
_claim_to_look, _unknown = core.claim_to_look, core._unknown


def _send_before_claim(policy: Policy, lane: str) -> Any:
    yield ReadClock()
    rows = yield Claim("peek", lane)
    if not rows:
        return False
    answers = yield Send(rows)
    yield Claim("send", lane)
    yield Settle(rows, answers)
    return True


def _unknown_is_failure(row: Any, answer: Any, now: float, policy: Policy) -> Change:
    if isinstance(answer, Lost):
        return Change("failed", {"state": READY, "lease_until": None})
    return _judge(row, answer, now, policy)


def _unknown_is_success(row: Any, answer: Any, now: float, policy: Policy) -> Change:
    if isinstance(answer, Lost):
        return Change("posted", {"state": POSTED, "lease_until": None})
    return _judge(row, answer, now, policy)


def _no_look(row: Any, finding: Any, now: float, policy: Policy) -> Change:
    return _judge_look(row, [], now, _weaker(looks=1))


def _anything_is_ours(row: Any, found: list[Any]) -> Any:
    if row.operation == core.CREATE and found:
        return "same", found[0]
    return _recognise(row, found)


def _same_marker_is_same(row: Any, found: list[Any]) -> Any:
    verdict, seen = _recognise(row, found)
    return ("same" if verdict == "different" and row.operation == core.CREATE else verdict), seen


def _any_content(row: Any, found: list[Any]) -> Any:
    verdict, seen = _recognise(row, found)
    return ("moved" if verdict == "different" and row.operation == core.UPDATE else verdict), seen


def _refusal_is_final(row: Any, answer: Any, now: float, policy: Policy) -> Change:
    if isinstance(answer, core.Rejected):
        return Change("refused", {"state": PARKED, "reason": answer.kind, "lease_until": None})
    return _judge(row, answer, now, policy)


def _throttle_is_charged(row: Any, answer: Any, now: float, policy: Policy) -> Change:
    change = _judge(row, answer, now, policy)
    if isinstance(answer, core.Deferred):
        if row.attempts >= policy.attempts:
            return Change("refused", {"state": PARKED, "reason": "throttled", "lease_until": None})
        change.fields.pop("attempts")
    return change


def _in_order(rows: list[Any], items: dict[str, Any]) -> list[Any]:
    return [*items.values(), *[Lost("missing")] * len(rows)][: len(rows)]


def _torn_is_done(rows: list[Any], items: dict[str, Any]) -> list[Any]:
    return [items.get(row.item, Confirmed("?", "0", row.fingerprint)) for row in rows]


def _no_quarantine(row: Any, now: float, policy: Policy) -> dict[str, Any]:
    return {**_claim_to_look(row, now, policy), "crashes": 0, "state": "unknown"}


def _crashed_together(row: Any, now: float, policy: Policy) -> dict[str, Any]:
    return {**_claim_to_look(row, now, policy), "alone": False}


def _no_lease(row: Any, now: float, policy: Policy) -> bool:
    return row.state in ("sending", "unknown") and (row.not_before is None or row.not_before <= now)


# Name -> (functions of the core that differ, arguments of the world that differ).
DEFENCES: dict[str, tuple[Patch, dict[str, Any]]] = {
    "intent before the send": ({"send_once": _send_before_claim}, {}),
    "read-back": ({"judge_look": _no_look}, {}),
    "settle": ({}, {"policy": _weaker(settle=0.0)}),
    "QBO's own time in the settle": ({}, {"policy": _weaker(settle=132.0)}),
    "second look": ({}, {"policy": _weaker(looks=1)}),
    "lease": ({"may_look": _no_lease}, {}),
    "fencing token": ({"holds": lambda current, claimed: True}, {}),
    "send-deadline guard": ({"in_time": lambda started, now, policy: True}, {}),
    "database's clock": ({}, {"removed": frozenset({"database_clock"})}),
    "unknown is not failure": ({"judge": _unknown_is_failure}, {}),
    "unknown is not success": ({"judge": _unknown_is_success}, {}),
    "marker": ({"recognise": _anything_is_ours}, {}),
    "content compared": ({"recognise": _same_marker_is_same}, {}),
    "person's edits respected": ({"recognise": _any_content}, {}),
    "read-back after a refusal": ({"judge": _refusal_is_final}, {}),
    "throttling not charged": ({"judge": _throttle_is_charged}, {}),
    "answers matched by bId": ({"match_items": _in_order}, {}),
    "missing answers are unknown": ({"match_items": _torn_is_done}, {}),
    "bounded attempts": ({}, {"policy": _weaker(attempts=10**6, crashes=10**6)}),
    "quarantine": ({"claim_to_look": _no_quarantine}, {"policy": _weaker(attempts=10**6)}),
    "crashed rows go alone": ({"claim_to_look": _crashed_together}, {}),
    "stable requestid": ({}, {"removed": frozenset({"requestid"})}),
}


@contextmanager
def without(name: str | None) -> Iterator[dict[str, Any]]:
    """The product without one defence; yields the arguments for `World`."""
    patch, changes = DEFENCES[name] if name is not None else ({}, {})
    with mock.patch.multiple(core, **patch) if patch else mock.patch.multiple(core, CREATE=core.CREATE):
        yield changes
