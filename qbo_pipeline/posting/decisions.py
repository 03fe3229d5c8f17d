"""What people decide about postings: retry, skip, approve, reverse, unlink, relink; with who and why.

What belongs here: one function a decision, each in one transaction with its line in the journal. Nothing here talks
to QBO: a decision changes what the next run does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, TypedDict

from sqlalchemy import Connection

from qbo_pipeline.errors import PermanentError
from qbo_pipeline.posting import asking
from qbo_pipeline.posting.claiming import BYTES_LOST
from qbo_pipeline.posting.content import fingerprint
from qbo_pipeline.posting.core import FOUND_TWICE
from qbo_pipeline.posting.events import (
    CREATE,
    DELETE,
    DELETED,
    DRIFTED,
    PARKED,
    POSTED,
    READY,
    SENDING,
    SKIPPED,
    SUPERSEDED,
    UNKNOWN,
    UPDATE,
    VOID,
)
from qbo_pipeline.posting.identity import Identity
from qbo_pipeline.posting.namesakes import obstacle
from qbo_pipeline.posting.reversal import reversal_key, reversed_payload
from qbo_pipeline.posting.revising import NO_PAYLOAD, blank, dressed
from qbo_pipeline.posting.states import Origin, Reason
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.quickbooks.shapes import OddShape
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.store import attempts, claims, evidence
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.postings import (
    Posting,
    alone_with_intents,
    change,
    latest,
    links,
    links_to,
    put_links,
    remove_links,
    revisions,
    undo_effects,
)
from qbo_pipeline.store.shares import keep_shares
from qbo_pipeline.store.tables.posting import postings

# Parked by policy or because of what happened in QBO, not by a refusal: these are approved, the others retried.
APPROVABLE = frozenset(
    {
        asking.AWAITING_APPROVAL,
        asking.CLOSED_PERIOD,
        asking.HISTORY,
        asking.GONE,
        asking.DRIFTED_BEFORE,
        asking.DELETED_BEFORE,
        asking.SKIPPED_BEFORE,
        asking.REVERSED,
    }
)
# QBO refused its number because another document has it: approving it has QBO take the number all the same.
_BY_NUMBER = Reason.DUPLICATE_NUMBER
_FRESH = {"reason": None, "message": None, "attempts": 0, "crashes": 0, "misses": 0, "stale": 0, "base_token": None,
          "not_before": None, "fallback": None}  # fmt: skip
_UNFROZEN = {"request_id": None, "item": None}


class Revised(TypedDict, total=False):
    """What a person's order writes into a new revision."""

    state: str
    operation: str
    payload: str | None
    payload_hash: str
    origin: str
    number: str | None
    business_date: date


class NotPossible(PermanentError):
    """The posting is not in a state in which this can be decided; the message says what can."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who decides, and why; both are kept in the journal."""

    who: str
    why: str

    def __post_init__(self) -> None:
        if not self.who.strip() or not self.why.strip():
            raise NotPossible("a decision needs somebody's name and a reason")


def note_decision(
    transaction: Connection, connection: str, names: Sequence[str], person: Person, now: datetime
) -> None:
    """The lines of the journal about decisions that are no posting's: `names` are those of their watermarks."""
    assert all(name.startswith(evidence.DECISIONS) for name in names)
    rows = [(name,) for name in names]
    evidence.note_all(
        transaction, connection, evidence.DECISION, rows, "decided", now=now, who=person.who, why=person.why
    )


def retry(database: Database, connection: str, key: str, person: Person) -> None:
    """Send a parked posting again.

    A definite no gets a new requestid; where the object may be in QBO it is read back first.
    """
    with database.transaction() as transaction:
        row = _row(transaction, connection, key)
        if row["waits_for"] == key:  # the newest revision waits for the fate of an older one: that is what hangs
            hanging = [older for older in revisions(transaction, connection, key) if older["doubt"]]
            row = hanging[-1] if hanging else row
        if row["state"] != PARKED:
            raise NotPossible(f"{key} is {row['state']}: only a parked posting is retried")
        if row["reason"] in APPROVABLE and not row["doubt"]:
            raise NotPossible(f"{key} waits for a person's word ({row['reason']}): approve it, or skip it")
        if row["payload"] is None and row["operation"] in (CREATE, UPDATE):
            raise NotPossible(f"{key} was refused before it became a payload: correct what its message says, then run")
        state = UNKNOWN if row["doubt"] or row["reason"] == FOUND_TWICE else READY
        retries = row["retries"] + (0 if row["doubt"] and row["reason"] != BYTES_LOST else 1)
        operation = _operation(transaction, connection, row)
        fields = {**_FRESH, "state": state, "retries": retries, "operation": operation}
        if not row["doubt"] or row["reason"] == BYTES_LOST:
            fields |= _UNFROZEN
        _decide(transaction, database, connection, row, "retry", person, fields)


def skip(database: Database, connection: str, key: str, person: Person) -> None:
    """Leave a posting out for good; what it would have posted counts as skipped."""
    with database.transaction() as transaction:
        row = _row(transaction, connection, key)
        if row["state"] not in (PARKED, READY) or row["doubt"]:
            fate = "its fate in QBO is still open" if row["doubt"] else f"it is {row['state']}"
            raise NotPossible(f"{key} cannot be skipped: {fate}")
        fields = {"state": SKIPPED, "reason": None, "message": person.why, "waits_for": None}
        _decide(transaction, database, connection, row, "skip", person, fields)


def approve(database: Database, connection: str, key: str, person: Person, *, dated: date | None = None) -> None:
    """Let a posting go that policy, or what happened in QBO, holds back; what QBO refused because another document has
    its number goes with the order to take the number all the same.

    `dated` posts it on another day (the first open one), says so in its memo and leaves the original date there;
    without it the date stays what it is.
    """
    with database.transaction() as transaction:
        _approve(transaction, database, connection, key, person, dated)


def approve_all(database: Database, connection: str, keys: Sequence[str], person: Person) -> None:
    """Let these postings go by one order, in one transaction; each keeps its date and has its line in the journal."""
    with database.transaction() as transaction:
        for key in keys:
            _approve(transaction, database, connection, key, person, None)


def _approve(
    transaction: Connection, database: Database, connection: str, key: str, person: Person, dated: date | None
) -> None:
    row = _row(transaction, connection, key)
    if row["state"] != PARKED or row["reason"] not in APPROVABLE | {_BY_NUMBER}:
        raise NotPossible(f"{key} is {row['state']} ({row['reason'] or 'no reason'}): nothing waits for approval")
    if row["payload"] is None and row["operation"] in (CREATE, UPDATE):
        raise NotPossible(f"{key} was refused before it became a payload: correct what its message says, then run")
    operation = _operation(transaction, connection, row)
    row["number_twice"] = row["number_twice"] or row["reason"] == _BY_NUMBER
    if dated is not None:
        _approve_dated(transaction, database, connection, row, person, dated, operation)
        return
    fields = {**_FRESH, **_UNFROZEN, "state": READY, "approved_by": person.who, "operation": operation}
    fields["number_twice"] = row["number_twice"]
    # QBO may have said no to it before (a closed period): this is another request, with an id of its own.
    fields["retries"] = row["retries"] + 1
    _decide(transaction, database, connection, row, "approve", person, fields)


def reverse(
    database: Database, connection: str, key: str, person: Person, *, identity: Identity, dated: date | None = None
) -> str:
    """Take a posted object out of the books and answer the key of the posting that does it.

    Without a date it is voided (deleted where QBO has no void); with one it stays, and its reversal is posted on
    that day. Raises `NotPossible` for what has no reversal.
    """
    with database.transaction() as transaction:
        row = _row(transaction, connection, key)
        if row["state"] not in (POSTED, DRIFTED) or key not in links(transaction, connection, [key]):
            raise NotPossible(f"{key} is {row['state']}: only what is posted can be reversed")
        if dated is not None:
            return _post_reversal(transaction, database, connection, row, person, identity, dated)
        if not entity_named(row["entity"]).transaction:
            raise NotPossible(f"{key} is a {row['entity']}: QuickBooks keeps list entries, make it inactive there")
        operation = VOID if entity_named(row["entity"]).void else DELETE
        values: Revised = {
            "operation": operation,
            "payload": None,
            "payload_hash": NO_PAYLOAD,
            "origin": Origin.REVERSAL,
            "state": READY,
        }
        _revise(transaction, database, connection, row, "reverse", person, values)
        return key


def unlink(database: Database, connection: str, key: str, person: Person) -> None:
    """Forget which object in QBO a posting is; the object stays there and is nobody's."""
    with database.transaction() as transaction:
        row = _row(transaction, connection, key)
        if row["state"] not in (POSTED, DRIFTED, DELETED) and row["reason"] != asking.ENTITY_CHANGED:
            raise NotPossible(f"{key} is {row['state']}: it is not linked to anything")
        link = links(transaction, connection, [key]).get(key)
        remove_links(transaction, connection, [key])
        message = f"unlinked from {link.entity} {link.qbo_id}" if link else "it was not linked any more"
        fields = {**_FRESH, **_UNFROZEN, "state": PARKED, "reason": asking.UNLINKED, "message": message}
        fields |= {"qbo_id": None, "operation": CREATE}
        _decide(transaction, database, connection, row, "unlink", person, fields)


def relink(database: Database, connection: str, key: str, thing: dict[str, Any], person: Person) -> None:
    """Take an object of QBO, as it is now, for this posting's.

    `thing` is the object as QBO answered it. What is compared from now on is its present content: a person's change
    in QBO is accepted by this. Raises `NotPossible` for what linking by name refuses as well (`namesakes.obstacle`):
    another type, account or currency than the posting's, an inactive entry, a tracked item; and for what is another
    posting's.
    """
    with database.transaction() as transaction:
        row = _row(transaction, connection, key)
        if row["state"] in (SENDING, UNKNOWN) or (row["doubt"] and row["state"] != PARKED):
            raise NotPossible(f"{key} is {row['state']}: its fate in QBO is still open")
        try:
            content = fingerprint(row["entity"], thing)
        except OddShape as error:
            raise NotPossible(f"the {row['entity']} in QuickBooks cannot be read: {error}") from None
        if (hinders := obstacle(thing, from_wire(row["payload"] or "{}"))) is not None:
            raise NotPossible(
                f"{row['entity']} {thing['Id']} in QuickBooks cannot be linked to {key}: {hinders}; or choose another "
                "object. Nothing was changed"
            )
        for other in links_to(transaction, connection, row["entity"], [str(thing["Id"])]).get(str(thing["Id"]), []):
            if other.key != key:
                raise NotPossible(
                    f"{row['entity']} {thing['Id']} in QuickBooks is {other.key}'s already, and one object holds one "
                    f"posting: unlink {other.key} first, or choose another object"
                )
        now = database.now(transaction)
        number = thing.get("DocNumber")
        link = {"entity": row["entity"], "qbo_id": str(thing["Id"]), "sync_token": str(thing["SyncToken"]),
                "qbo_number": str(number) if number is not None else None, "fingerprint": content,
                "revision": row["revision"], "linked_by": "person", "linked_at": now}  # fmt: skip
        put_links(transaction, connection, [{"key": key, **link}])
        state = row["state"] if row["reason"] == asking.DRIFTED_BEFORE else POSTED
        fields = {"state": state, "doubt": False, "request_id": None, "item": None, "fallback": None}
        fields |= {name: link[name] for name in ("qbo_id", "sync_token", "qbo_number")}
        fields |= {"posted_fingerprint": content, "base_token": None, "waits_for": None}
        if state == POSTED:
            fields |= {"reason": None, "message": None, "posted_at": now}
        _decide(transaction, database, connection, row, "relink", person, fields)
        claims.wake(transaction, connection, [key])


def _row(transaction: Connection, connection: str, key: str) -> Posting:
    alone_with_intents(transaction, connection)
    row = latest(transaction, connection, key, lock=True)
    if row is None:
        raise NotPossible(f"there is no posting {key!r} of the connection {connection!r}")
    return row


def _operation(transaction: Connection, connection: str, row: Posting) -> str:
    """What is to be asked of QBO now: an update of what is there, or a new object."""
    if row["operation"] not in (CREATE, UPDATE):
        return str(row["operation"])
    link = links(transaction, connection, [row["key"]]).get(row["key"])
    if link is not None and link.entity != row["entity"]:
        raise NotPossible(f"{row['key']} is in QBO as {link.entity} {link.qbo_id}: void it there and unlink this first")
    return CREATE if link is None else UPDATE


def _line(row: Any, event: str, state: str, person: Person) -> attempts.AttemptLine:
    return attempts.AttemptLine(
        key=row["key"],
        revision=row["revision"],
        fence=row["fence"],
        event=event,
        state=state,
        who=person.who,
        why=person.why,
    )


def _decide(
    transaction: Connection,
    database: Database,
    connection: str,
    row: Posting,
    event: str,
    person: Person,
    fields: dict[str, Any],
) -> None:
    """The decision itself. The fencing token moves: a worker that still holds the row has lost it."""
    fields = {**fields, "fence": row["fence"] + 1}
    change(transaction, connection, [(row["key"], row["revision"], fields)])
    line = _line(row, event, fields["state"], person)
    attempts.append(transaction, connection, database.now(transaction), [line])


def _revise(
    transaction: Connection,
    database: Database,
    connection: str,
    row: Posting,
    event: str,
    person: Person,
    values: Revised,
) -> None:
    """A new revision by a person's order, in the place of the present one."""
    now = database.now(transaction)
    revision = row["revision"] + 1
    older: dict[str, Any] = {"superseded_by": revision}
    if row["state"] not in (POSTED, DRIFTED):
        older["state"] = SUPERSEDED
    change(transaction, connection, [(row["key"], row["revision"], older)])
    placed = _kept(row) | {"connection": connection, "revision": revision, "first_seen": now}
    new: Posting = {**placed, **values, "approved_by": person.who, "waits_for": row["waits_for"]}
    transaction.execute(postings.insert(), new)
    keep_shares(transaction, connection, row["key"], revision)
    attempts.append(transaction, connection, now, [_line(new, event, new["state"], person)])


def _kept(row: Posting) -> Posting:
    """A new revision's columns, with what it keeps of the one before."""
    return blank() | {
        "key": row["key"], "record_key": row["record_key"], "record_hash": row["record_hash"],
        "entity": row["entity"], "operation": row["operation"], "business_date": row["business_date"],
        "amount": row["amount"], "currency": row["currency"], "payload": row["payload"],
        "payload_hash": row["payload_hash"], "origin": row["origin"], "number": row["number"],
        "marker": row["marker"], "by_name": row["by_name"],
        "settings_hash": row["settings_hash"], "number_twice": row["number_twice"],
    }  # fmt: skip


def _approve_dated(
    transaction: Connection,
    database: Database,
    connection: str,
    row: Posting,
    person: Person,
    dated: date,
    operation: str,
) -> None:
    if row["payload"] is None:
        raise NotPossible(f"{row['key']} is a {row['operation']}: reverse it with a date instead")
    payload = from_wire(row["payload"])
    original = payload.get("TxnDate")
    memo = f"dated {dated.isoformat()}, originally {original}: the books were closed"
    payload["TxnDate"] = dated.isoformat()
    note = payload.get("PrivateNote") or ""
    text, number = dressed(row["entity"], {**payload, "PrivateNote": f"{memo}; {note}"}, row["marker"])
    # `payload_hash` stays that of the draft: the same draft again is no new content.
    values: Revised = {
        "payload": text,
        "number": number,
        "business_date": dated,
        "state": READY,
        "operation": operation,
    }
    _revise(transaction, database, connection, row, "approve", person, values)


def _post_reversal(
    transaction: Connection,
    database: Database,
    connection: str,
    row: Posting,
    person: Person,
    identity: Identity,
    dated: date,
) -> str:
    made = reversed_payload(row["entity"], from_wire(row["payload"] or "{}"), dated, row["number"])
    if made is None:
        raise NotPossible(f"QuickBooks has no counterpart of a {row['entity']}: reverse it without a date")
    entity, payload = made
    key = reversal_key(row["key"], row["revision"])
    if latest(transaction, connection, key) is not None:
        raise NotPossible(f"{row['key']} was reversed already, by {key}")
    now = database.now(transaction)
    marker = identity.code(entity, key, 1)
    text, number = dressed(entity, payload, marker)
    new = _kept(row) | {
        "connection": connection, "key": key, "revision": 1, "record_key": key, "first_seen": now, "entity": entity,
        "operation": CREATE, "payload": text, "payload_hash": sha256(text.encode()).hexdigest(),
        "origin": Origin.REVERSAL, "number": number,
        "marker": marker, "business_date": dated, "amount": Decimal(row["amount"]), "approved_by": person.who,
    }  # fmt: skip
    transaction.execute(postings.insert(), new)
    lines = [_line(row, "reverse", row["state"], person), _line(new, "intended", READY, person)]
    undo_effects(transaction, connection, (row["key"], row["revision"]), key)
    attempts.append(transaction, connection, now, lines)
    return key
