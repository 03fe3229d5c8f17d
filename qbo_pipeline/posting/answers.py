"""From the client's outcomes to the core's events.

What belongs here: the table of the client's kinds of refusal, and what an answered object is reduced to.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import orjson

from qbo_pipeline.posting import events, refusals
from qbo_pipeline.posting.content import fingerprint
from qbo_pipeline.posting.freezing import FrozenItem
from qbo_pipeline.posting.identity import marker_in
from qbo_pipeline.posting.reading_back import name_field
from qbo_pipeline.quickbooks.outcomes import BatchOutcome, Done, NotSent, Outcome, Refusal, Unknown
from qbo_pipeline.quickbooks.shapes import OddShape
from qbo_pipeline.quickbooks.wire import from_wire

THROTTLED_SECONDS = 60.0  # Intuit: wait 60 seconds after a 429
_BARRED = frozenset({"auth", "forbidden"})  # with one of the statuses below: nobody gets anything done
_BARRED_STATUS = frozenset({401, 403})
_COMPANY_CLOSED = "6190"  # its trial or subscription ended

_KINDS = {
    "busy": refusals.UNSURE,
    "closed_period": refusals.CLOSED,
    "duplicate_name": refusals.DUPLICATE_NAME,
    "duplicate_number": refusals.DUPLICATE_NUMBER,
    "duplicate_request": refusals.DUPLICATE_REQUEST,
    "not_found": refusals.MISSING,
    "stale": refusals.STALE,
    "system": refusals.UNSURE,
}


def core_answer(entity: str, outcome: Outcome, *, whole: bool = False) -> events.Fate:
    """The event for one document; `whole` says that the outcome is that of the batch it was in."""
    if isinstance(outcome, Done):
        return _done(entity, outcome)
    if isinstance(outcome, Unknown):
        return events.Lost(outcome.reason, outcome.intuit_tid)
    if isinstance(outcome, NotSent):
        if outcome.kind in ("reconnect", "denied"):
            return events.Barred(outcome.reason)
        if outcome.kind == "paced":
            return events.Deferred(outcome.reason, outcome.retry_after, ours=True)
        return events.Unsent(outcome.reason)
    return _refusal(outcome, whole)


def core_answers(entities: dict[str, str], outcome: BatchOutcome) -> dict[str, events.Fate]:
    """The events of a batch by bId; `entities` names the entity of each."""
    whole = outcome.whole is not None
    return {
        item: core_answer(entities[item], answer, whole=whole)
        for item, answer in outcome.items.items()
        if item in entities
    }


def own_answer(row: events.Row, item: FrozenItem, outcome: Outcome) -> Outcome:
    """The outcome, or `Unknown` where QBO says yes and the object that it shows is not the one that was sent.

    A connection that is out of step gives one request the answer of another: what it links must say itself whose it is,
    by our marker, by its name, or by the Id that was to be changed.
    """
    if not isinstance(outcome, Done) or _is_own(row, item, outcome):
        return outcome
    return Unknown(
        f"the answer shows another object ({item.entity} {outcome.id}) than the one sent", outcome.intuit_tid
    )


def _is_own(row: events.Row, item: FrozenItem, done: Done) -> bool:
    if row.operation != events.CREATE:
        return row.qbo_id is None or row.qbo_id == done.id
    if row.by_name:
        sent = from_wire(item.line)
        field = name_field(item.entity) or ""
        name = (sent[item.entity] if item.item is not None else sent).get(field)
        return str(done.object.get(field)).casefold() == str(name).casefold()
    return marker_in(done.object.get("PrivateNote")) == row.marker


def _done(entity: str, done: Done) -> events.Confirmed | events.Lost:
    """What was written; an object that cannot be read is looked up like an answer that never came."""
    try:
        content = fingerprint(entity, done.object)
    except OddShape as error:
        return events.Lost(f"QBO answered an object ({entity}) that cannot be read: {error}", done.intuit_tid)
    number = done.object.get("DocNumber")
    return events.Confirmed(
        done.id,
        done.sync_token,
        content,
        str(number) if number is not None else None,
        done.intuit_tid,
        hashlib.sha256(orjson.dumps(done.object, default=_exact, option=orjson.OPT_SORT_KEYS)).hexdigest(),
    )


def _exact(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"{type(value).__name__} does not come from JSON")


def _refusal(refusal: Refusal, whole: bool) -> events.Fate:
    code = refusal.faults[0].code if refusal.faults else str(refusal.http_status)
    if refusal.kind in ("throttled", "quota"):
        return events.Deferred(refusal.reason, max(refusal.retry_after, THROTTLED_SECONDS))
    if code == _COMPANY_CLOSED or (refusal.kind in _BARRED and refusal.http_status in _BARRED_STATUS):
        return events.Barred(refusal.reason)
    kind = _KINDS.get(refusal.kind, refusals.INVALID)
    return events.Rejected(kind, code, refusal.reason, refusal.intuit_tid, whole)
