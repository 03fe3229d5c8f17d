"""From an answer to an outcome: what a write's answer says, and what a batch's answer says of each item.

Pure. Where an answer does not say clearly yes or no, the outcome is `Unknown`, whatever its status.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from qbo_pipeline.quickbooks.entities import ENTITIES
from qbo_pipeline.quickbooks.faults import Fault, decisive, read_faults
from qbo_pipeline.quickbooks.outcomes import BatchOutcome, Done, NotSent, Outcome, Refusal, Unknown
from qbo_pipeline.quickbooks.pacing import QUIET_SECONDS
from qbo_pipeline.quickbooks.transport import Answer
from qbo_pipeline.quickbooks.wire import from_wire

_BY_PATH = {entity.path: entity.name for entity in ENTITIES.values()}
# Refused before QBO could act, whatever the body looks like. Not 404: a gateway says it too, of a service that is away,
# and only a fault of QBO's own says that the object is not there.
_DEFINITE = frozenset({401, 403, 405, 406, 411, 413, 414, 415, 429, 431})
_UNCERTAIN_KINDS = frozenset({"system"})
_NAME = re.compile(r"[A-Za-z0-9._:-]{1,64}")

log = logging.getLogger(__name__)


def parsed(answer: Answer) -> Any:
    """The body as JSON, or `None` where it is not."""
    try:
        return from_wire(answer.body)
    except ValueError:
        return None


def write_outcome(answer: Answer, path: str) -> Refusal | Done | Unknown:
    """The outcome of a write to `path` (`invoice`, `journalentry`), by status and body."""
    body = parsed(answer)
    if (refusal := _refusal(answer, body)) is not None:
        return refusal
    if answer.status not in (200, 201) or not isinstance(body, dict):
        return _odd(answer, body)
    entity = _BY_PATH.get(path.split("/")[0])
    done = _done(body.get(entity) if entity else _only_object(body), answer.intuit_tid)
    return done or _odd(answer, body)


def batch_outcome(answer: Answer, bids: list[str]) -> BatchOutcome:
    """The outcome of each item, matched by bId and never by order; what the answer lacks is `Unknown`."""
    body, tid = parsed(answer), answer.intuit_tid
    refusal = _refusal(answer, body)
    items = body.get("BatchItemResponse") if isinstance(body, dict) else None
    if refusal is not None or answer.status != 200 or not isinstance(items, list):
        return whole_batch(refusal or _odd(answer, body), bids, tid)
    outcomes: dict[str, Outcome] = {}
    twice: set[str] = set()
    for item in items:
        bid = str(item.get("bId")) if isinstance(item, dict) else None
        if bid not in bids:
            log.warning("a batch answered for an item that was not in it, intuit_tid %s", tid)
        elif bid in outcomes:
            twice.add(bid)
        else:
            outcomes[bid] = _item(item, tid)
    for bid in bids:
        if bid in twice:
            outcomes[bid] = Unknown("the batch answered twice for this item", tid)
        elif bid not in outcomes:
            outcomes[bid] = Unknown("the batch's answer lacks this item", tid)
    return BatchOutcome({bid: outcomes[bid] for bid in bids}, None, tid)


def whole_batch(outcome: NotSent | Refusal | Unknown, bids: list[str], intuit_tid: str | None) -> BatchOutcome:
    """A batch whose items all share one outcome."""
    return BatchOutcome(dict.fromkeys(bids, outcome), outcome, intuit_tid)


def _item(item: dict[str, Any], tid: str | None) -> Outcome:
    if faults := read_faults(item, "", 200):
        if _uncertain(faults):
            return Unknown(" ".join(fault.text for fault in faults), tid)
        return _refused(faults, 200, tid)
    for entity in ENTITIES:
        if entity in item:
            return _done(item[entity], tid) or Unknown(f"the batch's answer for this item has no usable {entity}", tid)
    return Unknown("the batch's answer for this item holds neither an object nor a fault", tid)


def _refusal(answer: Answer, body: Any) -> Refusal | Unknown | None:
    """A definite no, or `None` where the answer holds no fault and its status does not settle it."""
    status = answer.status
    faults = read_faults(body, answer.text[:20_000] if body is None and status != 404 else "", status)
    if status in _DEFINITE:
        return _refused(faults, status, answer.intuit_tid)
    if not faults:
        return None
    said = " ".join(fault.text for fault in faults)
    if (status == 200 or 400 <= status < 500) and not _uncertain(faults):
        return _refused(faults, status, answer.intuit_tid)
    return Unknown(f"HTTP {status}: {said}", answer.intuit_tid)


def _refused(faults: tuple[Fault, ...], status: int, tid: str | None) -> Refusal:
    kind = decisive(faults)
    return Refusal(faults, status, tid, kind, QUIET_SECONDS if kind in ("throttled", "quota") else 0.0)


def _uncertain(faults: tuple[Fault, ...]) -> bool:
    """QBO failed inside: it may have saved the object before it did."""
    return any(fault.kind in _UNCERTAIN_KINDS for fault in faults)


def _done(found: Any, tid: str | None) -> Done | None:
    if not isinstance(found, dict) or not _is_name(found.get("Id")):
        return None
    deleted = found.get("status") == "Deleted"
    sync_token = found.get("SyncToken")
    if not _is_name(sync_token) and not (deleted and sync_token in (None, "")):
        return None
    return Done(found, found["Id"], sync_token or "", tid)


def _is_name(value: Any) -> bool:
    """Whether it can be an Id or a SyncToken, which go into queries, tables and addresses."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _only_object(body: dict[str, Any]) -> Any:
    objects = [value for value in body.values() if isinstance(value, dict)]
    return objects[0] if len(objects) == 1 else None


def _odd(answer: Answer, body: Any) -> Unknown:
    shape = "JSON without what was asked for" if body is not None else f"{len(answer.body)} bytes that are not JSON"
    return Unknown(f"HTTP {answer.status} with {shape}", answer.intuit_tid)
