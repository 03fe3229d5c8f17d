"""What can be decided about a posting as it stands: what the page offers, and takes an order for.

What belongs here: the rule, from a posting's columns alone. The decisions themselves may still refuse, and say why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qbo_pipeline.accounting.movements import COST_PENDING
from qbo_pipeline.page.roles import APPROVE, CORRECT, POST_AGAIN, RELINK, RETRY, REVERSE, SKIP, UNLINK
from qbo_pipeline.pipeline.same_number import CONFLICT
from qbo_pipeline.posting.decisions import APPROVABLE
from qbo_pipeline.posting.events import CREATE, DELETED, DRIFTED, PARKED, POSTED, READY, UPDATE
from qbo_pipeline.posting.states import Operation, Origin, Reason
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.store.dispositions import QUARANTINED

_APPROVED_UNBUILT = (CONFLICT, COST_PENDING)


def offered(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The decisions that fit a posting's newest revision, the usual one first.

    `row` has `state, reason, entity, operation, origin, doubt` and `built`: whether there is a payload. What policy
    holds back is approved or skipped, and never merely retried: that would send it without anybody's approval.
    """
    state, reason = row["state"], row["reason"]
    if state == PARKED:
        return tuple(_of_parked(row, reason))
    if state == READY:
        return () if row["doubt"] else (SKIP,)
    if state == POSTED and is_taken_out(row):
        return (POST_AGAIN,)
    found = {DRIFTED: (RELINK, POST_AGAIN, CORRECT, UNLINK), DELETED: (POST_AGAIN, CORRECT, UNLINK), POSTED: (UNLINK,)}
    reversible = state in (DRIFTED, POSTED) and row["built"] and entity_named(row["entity"]).transaction
    return (*found.get(state, ()), *((REVERSE,) if reversible else ()))


def is_taken_out(row: Mapping[str, Any]) -> bool:
    """Whether a person took it out of the books: voided or deleted by our own order."""
    return row["origin"] == Origin.REVERSAL and row["operation"] in (Operation.VOID, Operation.DELETE)


def _of_parked(row: Mapping[str, Any], reason: str | None) -> list[str]:
    found = []
    unbuilt = not row["built"] and row["operation"] in (CREATE, UPDATE)
    if unbuilt:
        found += [APPROVE] if reason in _APPROVED_UNBUILT and not row["doubt"] else []
        found += [RETRY] if reason == QUARANTINED and not row["doubt"] else []
    elif reason in APPROVABLE:
        found.append(APPROVE)
    elif reason == Reason.DUPLICATE_NUMBER:
        found += [APPROVE, RETRY]
    else:
        found.append(RETRY)
    if not row["doubt"]:
        found.append(SKIP)
    if reason == Reason.ENTITY_CHANGED:
        found.insert(0, UNLINK)
    return found
