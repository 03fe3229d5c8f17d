"""What people decide about postings: retry, skip, approve, reverse, unlink, relink; with who and why.

What belongs here: one function a decision, each in one transaction with its line in the journal. Nothing here talks
to QBO: a decision changes what the next run does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from qbo_pipeline.posting import asking
from qbo_pipeline.posting.blank_rows import NO_PAYLOAD
from qbo_pipeline.posting.by_order import (
    FRESH,
    UNFROZEN,
    Revised,
    approve_dated,
    operation_now,
    post_instead,
    post_reversal,
    posting_of,
    write_decision,
    write_revision,
)
from qbo_pipeline.posting.claiming import BYTES_LOST
from qbo_pipeline.posting.content import fingerprint
from qbo_pipeline.posting.copies import note_left
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
    UNKNOWN,
    UPDATE,
    VOID,
)
from qbo_pipeline.posting.freezing import references, resolve
from qbo_pipeline.posting.identity import Identity
from qbo_pipeline.posting.namesakes import obstacle
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.posting.states import Origin, Reason
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.quickbooks.shapes import OddShape
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.store import claims
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.postings import (
    links,
    links_to,
    put_links,
    remove_links,
    revisions,
)

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


def retry(database: Database, connection: str, key: str, person: Person) -> None:
    """Send a parked posting again.

    A definite no gets a new requestid; where the object may be in QBO it is read back first.
    """
    with database.transaction() as transaction:
        row = posting_of(transaction, connection, key)
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
        operation = operation_now(transaction, connection, row)
        fields = {**FRESH, "state": state, "retries": retries, "operation": operation}
        if not row["doubt"] or row["reason"] == BYTES_LOST:
            fields |= UNFROZEN
        write_decision(transaction, database, connection, row, "retry", person, fields)


def skip(database: Database, connection: str, key: str, person: Person) -> None:
    """Leave a posting out for good; what it would have posted counts as skipped."""
    skip_all(database, connection, [key], person)


def skip_all(database: Database, connection: str, keys: Sequence[str], person: Person) -> None:
    """Leave these postings out by one order, in one transaction; each has its line in the journal."""
    with database.transaction() as transaction:
        for key in keys:
            _skip(transaction, database, connection, key, person)


def _skip(transaction: Connection, database: Database, connection: str, key: str, person: Person) -> None:
    row = posting_of(transaction, connection, key)
    if row["state"] not in (PARKED, READY) or row["doubt"]:
        fate = "its fate in QBO is still open" if row["doubt"] else f"it is {row['state']}"
        raise NotPossible(f"{key} cannot be skipped: {fate}")
    fields = {"state": SKIPPED, "reason": None, "message": person.why, "waits_for": None}
    write_decision(transaction, database, connection, row, "skip", person, fields)


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
    row = posting_of(transaction, connection, key)
    if row["state"] != PARKED or row["reason"] not in APPROVABLE | {_BY_NUMBER}:
        raise NotPossible(f"{key} is {row['state']} ({row['reason'] or 'no reason'}): nothing waits for approval")
    if row["payload"] is None and row["operation"] in (CREATE, UPDATE):
        raise NotPossible(f"{key} was refused before it became a payload: correct what its message says, then run")
    operation = operation_now(transaction, connection, row)
    row["number_twice"] = row["number_twice"] or row["reason"] == _BY_NUMBER
    if dated is not None:
        approve_dated(transaction, database, connection, row, person, dated, operation)
        return
    fields = {**FRESH, **UNFROZEN, "state": READY, "approved_by": person.who, "operation": operation}
    fields["number_twice"] = row["number_twice"]
    # QBO may have said no to it before (a closed period): this is another request, with an id of its own.
    fields["retries"] = row["retries"] + 1
    write_decision(transaction, database, connection, row, "approve", person, fields)


def approve_reversed(
    database: Database, connection: str, key: str, person: Person, *, identity: Identity, dated: date
) -> None:
    """Let a change of what stands in a closed period go by one order: what is there is reversed on that day, and posted
    again as it is now, or not at all where it is gone. Raises `NotPossible` for what has no counterpart in QuickBooks.
    """
    with database.transaction() as transaction:
        row = posting_of(transaction, connection, key)
        if row["state"] != PARKED or row["reason"] != asking.CLOSED_PERIOD or row["doubt"]:
            why = row["reason"] or "no reason"
            raise NotPossible(f"{key} is {row['state']} ({why}): it waits for no closed period")
        post_instead(transaction, database, connection, row, person, identity, dated)


def reverse(
    database: Database, connection: str, key: str, person: Person, *, identity: Identity, dated: date | None = None
) -> str:
    """Take a posted object out of the books and answer the key of the posting that does it.

    Without a date it is voided (deleted where QBO has no void); with one it stays, and its reversal is posted on
    that day. Raises `NotPossible` for what has no reversal.
    """
    with database.transaction() as transaction:
        row = posting_of(transaction, connection, key)
        if row["state"] not in (POSTED, DRIFTED) or key not in links(transaction, connection, [key]):
            raise NotPossible(f"{key} is {row['state']}: only what is posted can be reversed")
        if dated is not None:
            return post_reversal(transaction, database, connection, row, person, identity, dated)
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
        write_revision(transaction, database, connection, row, "reverse", person, values)
        return key


def unlink(database: Database, connection: str, key: str, person: Person, *, reason: Reason = asking.UNLINKED) -> None:
    """Forget which object in QBO a posting is; the object stays there and is nobody's.

    What follows waits for a person, unless the reason is `REPLACED`: then its next revision makes another.
    """
    with database.transaction() as transaction:
        row = posting_of(transaction, connection, key)
        if row["state"] not in (POSTED, DRIFTED, DELETED) and row["reason"] != asking.ENTITY_CHANGED:
            raise NotPossible(f"{key} is {row['state']}: it is not linked to anything")
        link = links(transaction, connection, [key]).get(key)
        remove_links(transaction, connection, [key])
        message = f"unlinked from {link.entity} {link.qbo_id}" if link else "it was not linked any more"
        fields = {**FRESH, **UNFROZEN, "state": PARKED, "reason": reason, "message": message}
        fields |= {"qbo_id": None, "operation": CREATE}
        write_decision(transaction, database, connection, row, "unlink", person, fields)


def relink(database: Database, connection: str, key: str, thing: dict[str, Any], person: Person) -> None:
    """Take an object of QBO, as it is now, for this posting's.

    `thing` is the object as QBO answered it. What is compared from now on is its present content: a person's change
    in QBO is accepted by this. Raises `NotPossible` for what linking by name refuses as well (`namesakes.obstacle`):
    another type, account or currency than the posting's, an inactive entry, a tracked item; and for what is another
    posting's.
    """
    with database.transaction() as transaction:
        row = posting_of(transaction, connection, key)
        if row["state"] in (SENDING, UNKNOWN) or (row["doubt"] and row["state"] != PARKED):
            raise NotPossible(f"{key} is {row['state']}: its fate in QBO is still open")
        try:
            content = fingerprint(row["entity"], thing)
        except OddShape as error:
            raise NotPossible(f"the {row['entity']} in QuickBooks cannot be read: {error}") from None
        payload = row["payload"] or "{}"
        known = links(transaction, connection, named := references(payload))
        ids = {key: known[key].qbo_id if key in known else f"${key}" for key in named}
        if (hinders := obstacle(thing, from_wire(resolve(payload, ids)))) is not None:
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
        note_left(transaction, connection, row, str(thing["Id"]), now=now)
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
        write_decision(transaction, database, connection, row, "relink", person, fields)
        claims.wake(transaction, connection, [key])
