"""What the posting core is told and what it asks for: rows, answers, sightings, commands.

What belongs here: plain values without behaviour. Instants are seconds since the epoch by the database's clock;
durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, NamedTuple, TypedDict

from qbo_pipeline.posting.states import Operation, Origin, Reason, State

# The protocol's sentences are written in these short names.
READY, SENDING, POSTED, UNKNOWN = State.READY, State.SENDING, State.POSTED, State.UNKNOWN
PARKED, DRIFTED, DELETED = State.PARKED, State.DRIFTED, State.DELETED
SUPERSEDED, SKIPPED = State.SUPERSEDED, State.SKIPPED
CREATE, UPDATE, VOID, DELETE = Operation.CREATE, Operation.UPDATE, Operation.VOID, Operation.DELETE
EDITED, VOIDED = Reason.EDITED, Reason.VOIDED  # why a posting is drifted


class Particulars(NamedTuple):
    """What the shell knows of a posting and the protocol never asks: what it is in the books, and what it carries."""

    entity: str = ""
    payload: str | None = None
    origin: Origin = Origin.DRAFT
    number: str | None = None
    business_date: date = date.min
    retries: int = 0
    first_seen: datetime = datetime.min.replace(tzinfo=UTC)
    number_twice: bool = False
    stored: Mapping[Any, Any] = MappingProxyType({})  # the whole row, as it was when it was read


NOTHING_KNOWN = Particulars()


class Fields(TypedDict, total=False):
    """The fields of a posting that a change writes; instants are seconds, `None` clears."""

    state: State
    operation: Operation
    reason: str | None
    message: str | None
    waits_for: str | None
    fence: int
    attempts: int
    misses: int
    crashes: int
    stale: int
    retries: int
    doubt: bool
    alone: bool
    recovered: bool
    sent_at: float | None
    lease_until: float | None
    not_before: float | None
    request_id: str | None
    item: str | None
    fallback: str | None
    base: str | None
    base_token: str | None
    qbo_id: str | None
    qbo_number: str | None
    sync_token: str | None
    posted_fingerprint: str | None
    answer_hash: str | None


@dataclass(slots=True)
class Row:
    """What the protocol needs to know of one posting; `about` is the shell's own."""

    key: str
    revision: int
    operation: Operation = CREATE
    state: State = READY
    fence: int = 0
    attempts: int = 0
    misses: int = 0
    crashes: int = 0
    stale: int = 0
    doubt: bool = False  # a send is not accounted for: the frozen request is kept
    alone: bool = False  # never together with others: its neighbours must not pay for it
    sent_at: float | None = None
    lease_until: float | None = None
    not_before: float | None = None
    request_id: str | None = None
    item: str | None = None  # bId in the frozen batch
    reason: str | None = None
    message: str | None = None
    fallback: str | None = None  # why to park if the read-back finds nothing; None: send again
    by_name: bool = False  # the object's name is its identity: customers, vendors, items
    marker: str = ""
    fingerprint: str = ""  # what our payload states (content.stated)
    base: str | None = None  # fingerprint of what QBO answered to what we posted last (updates)
    base_token: str | None = None  # SyncToken that the update was built on
    qbo_id: str | None = None
    about: Particulars = field(default=NOTHING_KNOWN, repr=False)


class Holder(NamedTuple):
    """What says who holds a row now."""

    state: State
    fence: int


class Unsent(NamedTuple):
    """The request did not leave."""

    message: str


class Deferred(NamedTuple):
    """Nothing was done; the whole realm keeps quiet: QBO's 429, or our own limits (`ours`) had no slot in time."""

    message: str
    quiet: float
    ours: bool = False


class Barred(NamedTuple):
    """Nothing was done for anybody: the connection itself is refused (tokens, subscription)."""

    message: str


class Rejected(NamedTuple):
    """A definite no to this document, or, with `whole`, to the batch that it was in."""

    kind: Reason
    code: str
    message: str
    tid: str | None = None
    whole: bool = False


class Confirmed(NamedTuple):
    """A definite yes."""

    qbo_id: str
    sync_token: str
    fingerprint: str
    number: str | None = None
    tid: str | None = None
    digest: str | None = None  # SHA-256 of the answer


class Lost(NamedTuple):
    """Nobody knows: timeout, reset, 5xx, an odd or a missing answer."""

    message: str
    tid: str | None = None


Fate = Unsent | Deferred | Barred | Rejected | Confirmed | Lost


class Seen(NamedTuple):
    """One object that a read-back found."""

    qbo_id: str
    sync_token: str
    marker: str | None
    fingerprint: str
    number: str | None = None
    voided: bool = False
    own: bool = False  # a list entry that says all that we sent, made since we sent it
    obstacle: str | None = None  # why a list entry that is not ours cannot be linked to the posting


class LookFailed(NamedTuple):
    """A read-back that says nothing; `pause` (seconds) where it is known when the next one may say more."""

    message: str
    pause: float | None = None


class CannotTell(NamedTuple):
    """The target has no way to be asked, and takes what is sent twice for two things."""

    message: str


Finding = list[Seen] | LookFailed | CannotTell


class Change(NamedTuple):
    """What becomes of a row: the fields that differ, and the journal's line about it."""

    event: str
    fields: Fields
    message: str | None = None
    code: str | None = None
    tid: str | None = None


class ReadClock(NamedTuple):
    """Ask for the monotonic clock (seconds)."""


class Claim(NamedTuple):
    """Transaction 1: pick, claim and freeze rows, commit. Answer: list of rows, empty where there is nothing."""

    purpose: str  # send | look
    lane: str  # batch | single


class GiveUp(NamedTuple):
    """Hand claimed rows back: nothing of them has left."""

    rows: list[Row]


class Send(NamedTuple):
    """One POST of the frozen bytes. Answer: one `Fate` for each row."""

    rows: list[Row]


class Look(NamedTuple):
    """Read back. Answer: for each row a list of `Seen`, `LookFailed`, or `CannotTell`."""

    rows: list[Row]


class Settle(NamedTuple):
    """Transaction 2: write what the answers mean, where the fencing token still is ours."""

    rows: list[Row]
    answers: list[Fate]


class SettleLook(NamedTuple):
    """The same for a read-back."""

    rows: list[Row]
    findings: list[Finding]


Command = ReadClock | Claim | GiveUp | Send | Look | Settle | SettleLook
