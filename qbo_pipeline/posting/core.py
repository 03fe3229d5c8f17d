"""The posting protocol as a state machine without I/O: events in, commands out.

What belongs here: when a row may be claimed, what a claim changes, what an answer or a read-back means, and the two
procedures of a worker (`send_once`, `look_once`) as generators that yield commands. No clock, no database, no HTTP:
the shell and the simulator execute the same commands, so that what is proved is what runs.

States: ready -> sending -> posted | unknown | parked; unknown -> posted | drifted | ready (same bytes again) |
parked.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from qbo_pipeline.posting.content import agrees
from qbo_pipeline.posting.events import (
    CREATE,
    DELETE,
    DELETED,
    DRIFTED,
    EDITED,
    PARKED,
    POSTED,
    READY,
    SENDING,
    UNKNOWN,
    UPDATE,
    VOID,
    VOIDED,
    Barred,
    CannotTell,
    Change,
    Claim,
    Command,
    Confirmed,
    Deferred,
    Fate,
    Fields,
    Finding,
    GiveUp,
    Holder,
    Look,
    LookFailed,
    Lost,
    ReadClock,
    Rejected,
    Row,
    Seen,
    Send,
    Settle,
    SettleLook,
    Unsent,
)
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.refusals import DUPLICATE_NAME, LOOK_FIRST, MISSING, UNSURE
from qbo_pipeline.posting.states import Reason

QUARANTINED, EXHAUSTED = Reason.QUARANTINED, Reason.EXHAUSTED
CONFLICT, FOUND_TWICE = Reason.CONFLICT, Reason.FOUND_TWICE
TAKEN = Reason.OBJECT_OF_ANOTHER
FIRST_VERSION = "0"  # the SyncToken that QBO gives to what it creates

# The fields that a claim has set and that are cleared once its outcome is known: for the lease, and for the request.
_FREE: Fields = {"lease_until": None, "not_before": None}
_CERTAIN: Fields = {**_FREE, "doubt": False, "request_id": None, "item": None, "fallback": None, "misses": 0}


def may_send(row: Row, now: float) -> bool:
    """A row that may be claimed to be sent: for the first time, or, if in doubt, again after its read-backs."""
    return row.state == READY and (row.not_before is None or row.not_before <= now)


def may_look(row: Row, now: float, policy: Policy) -> bool:
    """A row whose fate may be looked up: unknown and due, or abandoned by its worker and settled."""
    if row.lease_until is not None and row.lease_until > now:
        return False
    if row.state == SENDING:
        return row.sent_at is not None and row.sent_at + policy.settle <= now
    return row.state == UNKNOWN and (row.not_before is None or row.not_before <= now)


def holds(current: Row | Holder, claimed: Row) -> bool:
    """Whether the worker that claimed a row still is its holder: the fencing token decides, never the time."""
    return current.fence == claimed.fence and current.state == claimed.state


def in_time(started: float, now: float, policy: Policy) -> bool:
    """The send-deadline guard: `started` was read before the claim, so the lease is not overestimated."""
    return now - started < policy.send_within


def claim_to_send(row: Row, now: float, policy: Policy) -> Fields:
    return {
        "state": SENDING,
        "fence": row.fence + 1,
        "attempts": row.attempts + 1,
        "sent_at": now,
        "lease_until": now + policy.lease,
        "not_before": None,
        "misses": 0,
        "fallback": None,
    }


def claim_to_look(row: Row, now: float, policy: Policy) -> Fields:
    """A lease that is still there means that a worker died at this row: that is counted, and the row is sent alone."""
    lost = row.lease_until is not None
    crashes = row.crashes + lost
    fields: Fields = {
        "state": UNKNOWN,
        "fence": row.fence + 1,
        "doubt": row.doubt or row.state == SENDING,
        "crashes": crashes,
        "alone": row.alone or lost,
        "lease_until": now + policy.look_lease,
        "not_before": None,
    }
    if crashes >= 2 * policy.crashes:  # even reading it back loses workers
        fields |= {"state": PARKED, "reason": QUARANTINED, "lease_until": None}
    return fields


def give_up(row: Row) -> Change:
    """Nothing has left: the claim is undone, but for its fencing token."""
    return Change("given_up", {**_FREE, "state": READY, "attempts": row.attempts - 1})


def judge(row: Row, answer: Fate, now: float, policy: Policy) -> Change:
    """What the answer to a send means for its row."""
    if isinstance(answer, Confirmed):
        return _posted("posted", answer)
    if isinstance(answer, Lost):
        return _unknown(row, answer, policy)
    if isinstance(answer, Unsent):
        fields: Fields = {"state": READY, "attempts": row.attempts - 1, "lease_until": None}
        return Change("not_sent", {**fields, "not_before": now + policy.backoff, "message": answer.message})
    if isinstance(answer, Deferred):
        fields = {"state": READY, "attempts": row.attempts - 1, "lease_until": None}
        return Change(
            "paced" if answer.ours else "throttled",
            {**fields, "not_before": now + answer.quiet, "message": answer.message},
        )
    if isinstance(answer, Barred):
        fields = {"state": READY, "attempts": row.attempts - 1, **_FREE}
        return Change("barred", {**fields, "message": answer.message})
    return _refused(row, answer, now, policy)


def _refused(row: Row, answer: Rejected, now: float, policy: Policy) -> Change:
    line = {"message": answer.message, "code": answer.code, "tid": answer.tid}
    if answer.kind == UNSURE:
        return _unknown(row, Lost(answer.message, answer.tid), policy)
    missing = answer.kind == MISSING and row.operation != CREATE  # the object, or one that it names
    if answer.kind == DUPLICATE_NAME and row.by_name and not row.doubt and not (answer.whole and not row.alone):
        return _refused_name(row, answer, now, policy, line)
    in_doubt = row.doubt or missing or answer.kind in LOOK_FIRST
    if answer.whole and not row.alone:
        # QBO refused the batch as a whole, perhaps because of one document in it: each is now sent by itself.
        alone: Fields = {"alone": True, "lease_until": None}
        if in_doubt:
            return Change("refused", {**alone, "state": UNKNOWN, "not_before": now + policy.lag, "misses": 0}, **line)
        return Change("refused", {**_CERTAIN, **alone, "state": READY, "attempts": row.attempts - 1}, **line)
    if in_doubt:
        # QBO refused this request, but an earlier request for the same document may have made the object.
        fields: Fields = {"state": UNKNOWN, "lease_until": None, "not_before": now + policy.lag, "misses": 0}
        fallback: Fields = {"fallback": answer.kind, "message": f"{answer.code}: {answer.message}"}
        return Change("refused", {**fields, **fallback}, **line)
    return _parked("refused", answer.kind, f"{answer.code}: {answer.message}", **line)


def _refused_name(row: Row, answer: Rejected, now: float, policy: Policy, line: Any) -> Change:
    """Nothing of ours can be there: who has the name is looked up only where it may be linked."""
    text = f"{answer.code}: {answer.message}"
    if row.operation != CREATE or not policy.link_existing:
        return _parked("refused", DUPLICATE_NAME, text, **line)
    fields: Fields = {"state": UNKNOWN, "lease_until": None, "not_before": now, "misses": 0}
    return Change("refused", {**fields, "fallback": DUPLICATE_NAME, "message": text}, **line)


def judge_look(row: Row, finding: Finding, now: float, policy: Policy) -> Change:
    """What a read-back means for its row."""
    if isinstance(finding, CannotTell):
        return _parked("parked", Reason.IN_DOUBT, finding.message)
    if isinstance(finding, LookFailed):
        fields: Fields = {"lease_until": None, "not_before": now + (finding.pause or policy.look_again)}
        return Change("look_failed", fields, finding.message)
    verdict, seen = recognise(row, finding)
    if verdict == "miss" and row.by_name and row.operation == CREATE and row.fallback == DUPLICATE_NAME and finding:
        return _name_taken(finding, policy)
    return _VERDICTS[verdict](row, seen, now, policy)


def recognise(row: Row, found: list[Seen]) -> tuple[str, Seen | None]:
    """Tell what was found from what was meant: `same`, `different`, `twice`, `miss`, `moved` or `gone`."""
    if row.operation == CREATE:
        ours = [seen for seen in found if (_is_own_entry(row, seen) if row.by_name else seen.marker == row.marker)]
        if len(ours) > 1:
            return "twice", None
        if not ours:
            return "miss", None
        return ("same" if row.by_name or agrees(row.fingerprint, ours[0].fingerprint) else "different"), ours[0]
    if not found:
        return "gone", None
    seen = found[0]
    if seen.sync_token == row.base_token:
        return "miss", seen
    if row.operation == VOID and seen.voided:
        return "same", seen
    if row.base is not None and agrees(row.base, seen.fingerprint):
        # The SyncToken is another one but the content is still what we posted: QBO touched the object itself, as when a
        # payment is applied; no person edited it. Whether our own update arrived cannot be told where it changes only
        # what does not post (a memo, say), so it is sent once more, on the new token.
        return "moved", seen
    if row.operation == UPDATE and agrees(row.fingerprint, seen.fingerprint):
        return "same", seen
    return "different", seen


def _is_own_entry(row: Row, seen: Seen) -> bool:
    """A list entry carries no marker: after a definite no, what has its name is somebody else's however alike it is."""
    return seen.own and (row.doubt or row.fallback is None)


def _name_taken(found: list[Seen], policy: Policy) -> Change:
    """Names are unique in QBO, so that what has ours, and is not ours, also says that ours is not there."""
    seen = found[0]
    if policy.link_existing and len(found) == 1 and seen.obstacle is None:
        return _posted("linked_by_name", Confirmed(seen.qbo_id, seen.sync_token, seen.fingerprint, seen.number))
    why = f", and cannot be linked: {seen.obstacle}" if policy.link_existing and seen.obstacle else ""
    text = f"QuickBooks has the name already, under Id {seen.qbo_id}, and it is not ours{why}"
    return _parked("parked", DUPLICATE_NAME, text)


def taken(row: Row, qbo_id: str, other: str) -> Change:
    """What was found or answered belongs to another key: one object of QBO holds one key.

    Where it was looked for by a name, which is unique in QBO, it also says that ours is not there: the name is awaited.
    """
    if row.by_name and row.state == UNKNOWN:
        whose = f"under Id {qbo_id}, which is {other}'s"
        text = f"QuickBooks has the name already, {whose}: rename one of the two in the source"
        return _parked("parked", DUPLICATE_NAME, text)
    text = f"Id {qbo_id} in QuickBooks is {other}'s: rename one of the two in the source, or relink"
    return _parked("parked", TAKEN, text)


def _same(row: Row, seen: Seen | None, now: float, policy: Policy) -> Change:
    assert seen is not None
    return _posted("recovered", Confirmed(seen.qbo_id, seen.sync_token, seen.fingerprint, seen.number))


def _different(row: Row, seen: Seen | None, now: float, policy: Policy) -> Change:
    """An object with our marker is ours, even if a person changed it since: linked, so that no second one is made."""
    assert seen is not None
    text = f"QBO holds other content under Id {seen.qbo_id}: somebody changed it there"
    if row.operation != CREATE:
        return _parked("parked", CONFLICT, text)
    # The link keeps the SyncToken of the object as we sent it, not as the person left it. An update of ours that is
    # made before anybody has looked at the change names this old token: QBO refuses it, and the person's change stays.
    adopted = _posted("recovered", Confirmed(seen.qbo_id, FIRST_VERSION, row.fingerprint, seen.number))
    drifted: Fields = {"state": DRIFTED, "reason": VOIDED if seen.voided else EDITED, "message": text}
    return adopted._replace(fields=adopted.fields | drifted, message=text)


def _twice(row: Row, seen: Seen | None, now: float, policy: Policy) -> Change:
    return _parked("parked", FOUND_TWICE, "QBO holds more than one object with this posting's marker")


def _gone(row: Row, seen: Seen | None, now: float, policy: Policy) -> Change:
    if row.misses + 1 < policy.looks:  # queries may lag: the first look is never final
        return Change("missed", {"misses": row.misses + 1, "lease_until": None, "not_before": now + policy.lag})
    if row.operation == DELETE:
        return Change("recovered", {**_CERTAIN, "state": POSTED, "reason": None, "message": None})
    return Change("deleted_in_qbo", {**_CERTAIN, "state": DELETED, "message": "the object is no longer in QBO"})


def _moved(row: Row, seen: Seen | None, now: float, policy: Policy) -> Change:
    if not policy.stale:
        text = "it changed in QuickBooks while this was on its way: the next run compares the two sides again"
        return _parked("parked", CONFLICT, text)
    if row.stale >= policy.stale or seen is None:
        return _parked("parked", CONFLICT, f"the object changed under {row.stale + 1} updates one after another")
    fields: Fields = {"state": READY, "stale": row.stale + 1, "base_token": seen.sync_token}
    return Change("rebased", {**_CERTAIN, **fields})


def _miss(row: Row, seen: Seen | None, now: float, policy: Policy) -> Change:
    misses = row.misses + 1
    if misses < policy.looks:
        return Change("missed", {"misses": misses, "lease_until": None, "not_before": now + policy.lag})
    if row.fallback is not None:
        return _parked("parked", row.fallback, row.message)
    if row.crashes >= policy.crashes:
        return _parked("parked", QUARANTINED, f"{row.crashes} workers were lost over this document")
    if row.attempts >= policy.attempts:
        return _parked("parked", EXHAUSTED, row.message)
    # `doubt` and the frozen request stay: what is sent again are the same bytes under the same requestid.
    return Change("missed", {**_FREE, "state": READY, "misses": misses})


_VERDICTS = {"same": _same, "different": _different, "twice": _twice, "gone": _gone, "moved": _moved, "miss": _miss}


def _posted(event: str, done: Confirmed) -> Change:
    fields: Fields = {**_CERTAIN, "state": POSTED, "reason": None, "message": None, "qbo_id": done.qbo_id}
    links: Fields = {"sync_token": done.sync_token, "posted_fingerprint": done.fingerprint, "qbo_number": done.number}
    recovered: Fields = {"recovered": event == "recovered", "answer_hash": done.digest}
    return Change(event, {**fields, **links, **recovered}, tid=done.tid)


def _unknown(row: Row, lost: Lost, policy: Policy) -> Change:
    sent_at = row.sent_at if row.sent_at is not None else 0.0
    fields: Fields = {"state": UNKNOWN, "doubt": True, "lease_until": None, "not_before": sent_at + policy.settle}
    return Change("unknown", {**fields, "misses": 0, "message": lost.message}, lost.message, tid=lost.tid)


def _parked(
    event: str,
    reason: str,
    text: str | None,
    *,
    message: str | None = None,
    code: str | None = None,
    tid: str | None = None,
) -> Change:
    fields: Fields = {**_CERTAIN, "state": PARKED, "reason": reason, "message": text}
    return Change(event, fields, message or text, code, tid)


def match_items(rows: list[Row], items: dict[str, Fate]) -> list[Fate]:
    """Give each row of a batch its answer by bId, never by order; what is missing from the answer is unknown."""
    missing = Lost("QBO's answer to the batch does not name this item")
    return [items.get(row.item or "", missing) for row in rows]


def send_once(policy: Policy, lane: str) -> Generator[Command, Any, bool]:
    """Send one unit of work; answers whether there was any."""
    started = yield ReadClock()
    rows = yield Claim("send", lane)
    if not rows:
        return False
    if not in_time(started, (yield ReadClock()), policy):
        yield GiveUp(rows)
        return True
    answers = yield Send(rows)
    yield Settle(rows, answers)
    return True


def look_once(policy: Policy) -> Generator[Command, Any, bool]:
    """Read back one group of rows in doubt; answers whether there was any."""
    rows = yield Claim("look", "single")
    if not rows:
        return False
    findings = yield Look(rows)
    yield SettleLook(rows, findings)
    return True
