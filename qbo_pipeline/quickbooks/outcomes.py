"""The four outcomes of a write: not sent, refused, done, unknown; and those of a batch, item by item.

There is no fifth. Nothing may read `Unknown` as failure or as success: it is resolved by reading back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from qbo_pipeline.quickbooks.faults import Fault

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NotSent:
    """Not one byte of the request left: free to try again at once.

    `kind`: `network` (name, connection or TLS), `deadline` (it passed before sending), `paced` (the next slot under
    QBO's limits is further away than the deadline: `retry_after` seconds), `reconnect` (no usable token: a person
    must act), `denied` (Intuit does not take our app's credentials: a person must act), `token` (the token endpoint
    could not be reached), `store` (our own database or its vault did not give the token or the slot).
    """

    reason: str
    kind: str = "network"
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """A definite no: QBO, or its gateway, read the request and did not do it.

    `kind` is one of `faults.KINDS`; `retry_after` is in seconds where QBO's limits were hit.
    """

    faults: tuple[Fault, ...]
    http_status: int
    intuit_tid: str | None
    kind: str
    retry_after: float = 0.0

    @property
    def reason(self) -> str:
        """All faults in one sentence each, with what to do."""
        return " ".join(fault.text for fault in self.faults) or f"refused with HTTP {self.http_status}"


@dataclass(frozen=True, slots=True)
class Done:
    """QBO did it: the object as QBO answered it, with its identity.

    `sync_token` is empty for a delete, whose answer is a stub.
    """

    object: JsonObject = field(repr=False)
    id: str
    sync_token: str
    intuit_tid: str | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request left and no definite answer came: QBO may have done it, may do it later, or never."""

    reason: str
    intuit_tid: str | None = None


Outcome = NotSent | Refusal | Done | Unknown


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """The outcome of each item of a batch by its bId.

    `whole` is the outcome that all items share where the batch as a whole was not sent, refused or is unknown;
    `None` where QBO answered item by item (an item missing from that answer is `Unknown`).
    """

    items: dict[str, Outcome]
    whole: NotSent | Refusal | Unknown | None
    intuit_tid: str | None
