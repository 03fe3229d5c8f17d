"""How a decision is written: the posting that it is about, its new revision, its line in the journal.

What belongs here: rows and lines of one decision, within its transaction. Which decision is possible when is in
`decisions.py`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any, TypedDict

from sqlalchemy import Connection

from qbo_pipeline.posting.blank_rows import blank, dressed
from qbo_pipeline.posting.events import (
    CREATE,
    DELETE,
    DRIFTED,
    POSTED,
    READY,
    SKIPPED,
    SUPERSEDED,
    UPDATE,
    VOID,
)
from qbo_pipeline.posting.identity import Identity
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.posting.reversal import reversal_key, reversed_payload
from qbo_pipeline.posting.states import Origin
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.store import attempts
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.postings import (
    Posting,
    alone_with_intents,
    change,
    keep_effects,
    latest,
    links,
    remove_links,
    revision_of,
    undo_effects,
)
from qbo_pipeline.store.shares import keep_shares
from qbo_pipeline.store.tables.posting import postings

FRESH = {"reason": None, "message": None, "attempts": 0, "crashes": 0, "misses": 0, "stale": 0, "base_token": None,
          "not_before": None, "fallback": None}  # fmt: skip
UNFROZEN = {"request_id": None, "item": None}


class Revised(TypedDict, total=False):
    """What a person's order writes into a new revision."""

    state: str
    operation: str
    payload: str | None
    payload_hash: str
    origin: str
    number: str | None
    number_twice: bool
    marker: str
    reason: str | None
    message: str | None
    business_date: date


def posting_of(transaction: Connection, connection: str, key: str) -> Posting:
    alone_with_intents(transaction, connection)
    row = latest(transaction, connection, key, lock=True)
    if row is None:
        raise NotPossible(f"there is no posting {key!r} of the connection {connection!r}")
    return row


def operation_now(transaction: Connection, connection: str, row: Posting) -> str:
    """What is to be asked of QBO now: an update of what is there, or a new object."""
    if row["operation"] not in (CREATE, UPDATE):
        return str(row["operation"])
    link = links(transaction, connection, [row["key"]]).get(row["key"])
    if link is not None and link.entity != row["entity"]:
        raise NotPossible(f"{row['key']} is in QBO as {link.entity} {link.qbo_id}: void it there and unlink this first")
    return CREATE if link is None else UPDATE


def line_of(row: Any, event: str, state: str, person: Person) -> attempts.AttemptLine:
    return attempts.AttemptLine(
        key=row["key"],
        revision=row["revision"],
        fence=row["fence"],
        event=event,
        state=state,
        who=person.who,
        why=person.why,
    )


def write_decision(
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
    line = line_of(row, event, fields["state"], person)
    attempts.append(transaction, connection, database.now(transaction), [line])


def write_revision(
    transaction: Connection,
    database: Database,
    connection: str,
    row: Posting,
    event: str,
    person: Person,
    values: Revised,
    *,
    waits_for: str | None = None,
    same_effects: bool = False,
) -> None:
    """A new revision by a person's order, in the place of the present one; `same_effects` where it says the same."""
    now = database.now(transaction)
    revision = row["revision"] + 1
    older: dict[str, Any] = {"superseded_by": revision}
    if row["state"] not in (POSTED, DRIFTED):
        older["state"] = SUPERSEDED
    change(transaction, connection, [(row["key"], row["revision"], older)])
    placed = kept_columns(row) | {"connection": connection, "revision": revision, "first_seen": now}
    new: Posting = {**placed, **values, "approved_by": person.who, "waits_for": waits_for or row["waits_for"]}
    transaction.execute(postings.insert(), new)
    keep_shares(transaction, connection, row["key"], revision)
    if same_effects:
        keep_effects(transaction, connection, row["key"], revision)
    attempts.append(transaction, connection, now, [line_of(new, event, new["state"], person)])


def kept_columns(row: Posting) -> Posting:
    """A new revision's columns, with what it keeps of the one before."""
    return blank() | {
        "key": row["key"], "record_key": row["record_key"], "record_hash": row["record_hash"],
        "entity": row["entity"], "operation": row["operation"], "business_date": row["business_date"],
        "amount": row["amount"], "currency": row["currency"], "payload": row["payload"],
        "payload_hash": row["payload_hash"], "origin": row["origin"], "number": row["number"],
        "marker": row["marker"], "by_name": row["by_name"],
        "settings_hash": row["settings_hash"], "number_twice": row["number_twice"],
    }  # fmt: skip


def approve_dated(
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
    write_revision(transaction, database, connection, row, "approve", person, values, same_effects=True)


def post_instead(
    transaction: Connection,
    database: Database,
    connection: str,
    row: Posting,
    person: Person,
    identity: Identity,
    dated: date,
) -> None:
    """What stands in a closed period is reversed on another day, and the new content is a new object of that day, sent
    once the reversal is there; where nothing is to be there any more, the reversal is all.

    The old object stays as it is, and is no longer the key's.
    """
    key, link = row["key"], links(transaction, connection, [row["key"]]).get(row["key"])
    there = None if link is None else revision_of(transaction, connection, key, link.revision)
    if there is None or there["payload"] is None:
        raise NotPossible(f"{key} cannot be reversed on {dated.isoformat()}: what of it is in QuickBooks is not known")
    reversal = post_reversal(transaction, database, connection, there, person, identity, dated)
    if row["operation"] in (VOID, DELETE):
        gone: Revised = {"state": SKIPPED, "message": f"{reversal} takes it out on {dated.isoformat()}"}
        write_revision(transaction, database, connection, row, "approve", person, gone)
        return
    remove_links(transaction, connection, [key])
    payload = from_wire(row["payload"] or "{}")
    memo = f"dated {dated.isoformat()}, originally {payload.get('TxnDate')}: the books were closed; {reversal} takes "
    memo += "back what was posted before"
    marker = identity.code(row["entity"], key, row["revision"] + 1)
    said = {**payload, "TxnDate": dated.isoformat(), "PrivateNote": f"{memo}; {payload.get('PrivateNote') or ''}"}
    text, number = dressed(row["entity"], said, marker)
    values: Revised = {
        "payload": text, "number": number, "number_twice": True, "marker": marker, "business_date": dated,
        "state": READY, "operation": CREATE,
    }  # fmt: skip
    write_revision(
        transaction, database, connection, row, "approve", person, values, waits_for=reversal, same_effects=True
    )


def post_reversal(
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
    new = kept_columns(row) | {
        "connection": connection, "key": key, "revision": 1, "record_key": key, "first_seen": now, "entity": entity,
        "operation": CREATE, "payload": text, "payload_hash": sha256(text.encode()).hexdigest(),
        "origin": Origin.REVERSAL, "number": number,
        "marker": marker, "business_date": dated, "amount": Decimal(row["amount"]), "approved_by": person.who,
    }  # fmt: skip
    transaction.execute(postings.insert(), new)
    lines = [line_of(row, "reverse", row["state"], person), line_of(new, "intended", READY, person)]
    undo_effects(transaction, connection, (row["key"], row["revision"]), key)
    attempts.append(transaction, connection, now, lines)
    return key
