"""From what the return rules answer to revisions in the outbox of the way back.

What belongs here: comparing what the inventory system is to hold with what it was told last, and with what its inbox
holds where the store does not know it (a store that was lost or restored from a copy goes on from there).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping

from qbo_pipeline.accounting.money import cents
from qbo_pipeline.inventory.records import (
    DOCUMENT_KINDS,
    PAYMENT_KINDS,
    JsonObject,
    canonical_json,
    text_hash,
)
from qbo_pipeline.pipeline.in_the_source import Named
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.two_sided import CONFLICT, NAME_TAKEN, Compared
from qbo_pipeline.posting.identity import Identity
from qbo_pipeline.posting.shell import identity_of
from qbo_pipeline.returning.abilities import own_id
from qbo_pipeline.returning.guards import closed
from qbo_pipeline.returning.targets import Held, Taken, Target
from qbo_pipeline.returning.values import NotReturned, Outcome, Returned, Withheld
from qbo_pipeline.store import evidence
from qbo_pipeline.store import quickbooks_objects as stored_objects
from qbo_pipeline.store import write_backs as store
from qbo_pipeline.store.database import take_turns

_NEVER_WRITTEN = ("never_written", "it was gone from QuickBooks before it was written back")
_AGREED = ("agreed", "both sides say the same of it")


@dataclass(slots=True)
class _Wish:
    """What the inventory system is to hold for an object; `content` is `None` where nothing is."""

    object: RowMapping
    content: JsonObject | None
    disposition: str = "written_back"
    rule: str | None = None
    message: str | None = None
    leave: bool = False  # what was written of it stays as it is
    before: JsonObject | None = None  # what the source has, where it made the thing and nothing was written of it


class PagePlan:
    """A page of objects on its way into the outbox; `outcomes` counts what became of them once it is written."""

    def __init__(self, run: Run, reading: Connection, target: Target) -> None:
        self._run = run
        self._target = target
        self._other_named = Named(reading, run.name).other
        self._identity = identity_of(reading, run.name, run.settings.quickbooks.realm)
        self._wishes: dict[str, _Wish] = {}
        self._held: dict[str, Held] = {}
        self.outcomes: Counter[str] = Counter()

    def take(self, thing: RowMapping, outcome: Outcome) -> None:
        """Note what a return rule answered."""
        key = f"{thing['entity']}/{thing['qbo_id']}"
        if isinstance(outcome, Returned):
            self._wishes[key] = _Wish(thing, content_of(outcome, key))
        elif isinstance(outcome, NotReturned):
            self._wishes[key] = _Wish(thing, None, "excluded", outcome.rule, outcome.message)
        else:
            self._wishes[key] = _Wish(thing, {}, "withheld", outcome.reason, outcome.message, leave=True)

    def compared(self, thing: RowMapping, both: Compared) -> None:
        """Note what the comparison of an object with its record came to."""
        key = f"{thing['entity']}/{thing['qbo_id']}"
        if both.merged.conflicts:
            self._wishes[key] = _Wish(thing, {}, "withheld", CONFLICT, both.told(), leave=True)
        elif (taken := both.name_taken(self._other_named)) is not None:
            self._wishes[key] = _Wish(thing, {}, "withheld", NAME_TAKEN, taken, leave=True)
        elif both.merged.to_source:
            # With what the inventory system said of each when it was read last: the rest is its own, and a field that
            # says something else by now is not to be written over. The same change told anew is another content.
            before = both.record.to_content()
            changed = {"changed": {name: before.get(name) for name in both.merged.to_source}}
            self._wishes[key] = _Wish(thing, content_of(Returned(record=both.for_source(), beside=changed), key))
        else:
            self._wishes[key] = _Wish(thing, {}, "excluded", *_AGREED, leave=True)

    def told(self, thing: RowMapping, content: JsonObject) -> None:
        """Note what the inventory system is to be told of a thing of its own."""
        key = f"{thing['entity']}/{thing['qbo_id']}"
        self._wishes[key] = _Wish(thing, content | {"quickbooks": key})

    def leave(self, thing: RowMapping, rule: str, message: str) -> None:
        """Note an object of ours of which nothing comes back."""
        self._wishes[f"{thing['entity']}/{thing['qbo_id']}"] = _Wish(thing, {}, "excluded", rule, message, leave=True)

    def gone(self, thing: RowMapping, document: JsonObject | None = None) -> None:
        """Note that an object was voided or deleted; `document` is what the source says of the one that it was."""
        key = f"{thing['entity']}/{thing['qbo_id']}"
        if document is not None and document.get("status") == "voided":
            self._wishes[key] = _Wish(thing, {}, "excluded", *_AGREED, leave=True)
        else:
            ours = None if document is None else {**document, "quickbooks": key}
            self._wishes[key] = _Wish(thing, None, before=ours)

    def ask_target(self) -> None:
        """Ask what the target holds of these: nothing but the target itself knows what another store has written."""
        if self._target.abilities.finds and self._wishes:
            self._held = self._target.newest([marker_of(self._identity, key) for key in self._wishes])

    def write(self, transaction: Connection) -> None:
        """Write new revisions, and what became of the objects."""
        name = self._run.name
        take_turns(transaction, f"write_backs {name}")
        now = self._run.database.now(transaction)
        last: dict[str, Any] = dict(store.newest(transaction, name, list(self._wishes)))
        rows: list[dict[str, Any]] = []
        changes: list[tuple[str, int, dict[str, Any]]] = []
        for key, wish in self._wishes.items():
            if wish.leave:
                continue
            held = self._held.get(marker_of(self._identity, key))
            if held is not None and (key not in last or held.revision > last[key]["revision"]):
                adopted = _adopted(self._identity, key, held, now)
                if key in last:
                    changes.append((key, last[key]["revision"], _replaced(last[key], held.revision)))
                rows.append(adopted)
                last[key] = adopted
            self._revise(key, wish, last.get(key), rows, changes, now)
        store.add(transaction, name, rows)
        store.change(transaction, name, changes)
        named = [*((row["key"], row["revision"]) for row in rows), *((key, revision) for key, revision, _ in changes)]
        evidence.note_all(transaction, name, evidence.WRITE_BACK, list(dict.fromkeys(named)), "planned", now=now)
        self._judge(transaction)

    def _revise(
        self,
        key: str,
        wish: _Wish,
        last: Any,
        rows: list[dict[str, Any]],
        changes: list[tuple[str, int, dict[str, Any]]],
        now: datetime,
    ) -> None:
        if (shut := self._closed(key, wish, last)) is not None:
            wish.disposition, wish.rule, wish.message = "withheld", shut.reason, shut.message
            return
        if wish.content is None and last is None and wish.before is not None:
            content = wish.before | _taken_back(wish.before["kind"])
            row = _row(self._identity, key, 1, "void", content, now)
        elif wish.content is None:
            if last is None:
                if wish.disposition != "excluded":
                    wish.disposition, (wish.rule, wish.message) = "excluded", _NEVER_WRITTEN
                return
            if last["operation"] == "void":
                return
            if last["revision"] == 1 and last["state"] in ("ready", "parked") and last["sent_at"] is None:
                changes.append((key, 1, {"state": "superseded", "reason": None, "superseded_by": 1}))
                wish.disposition, (wish.rule, wish.message) = "excluded", _NEVER_WRITTEN
                return
            content = orjson.loads(last["payload"]) | _taken_back(last["kind"])
            row = _row(self._identity, key, last["revision"] + 1, "void", content, now)
        else:
            revision = last["revision"] + 1 if last is not None else 1
            made_there = last is None and own_id(wish.content) == key
            row = _row(self._identity, key, revision, "create" if made_there else "update", wish.content, now)
            if last is not None and last["operation"] != "void" and last["payload_hash"] == row["payload_hash"]:
                return
        if last is not None:
            replaced = _replaced(last, row["revision"])
            if (ours := next((one for one in rows if one["key"] == key), None)) is not None:
                ours |= replaced  # adopted a moment ago, and not written yet
            else:
                changes.append((key, last["revision"], replaced))
        rows.append(row)

    def _closed(self, key: str, wish: _Wish, last: Any) -> Withheld | None:
        """Why the inventory system is not to be told to change or take back what stands in a period that it closed."""
        assert self._run.settings.write_back is not None
        through = self._run.settings.write_back.closed_through
        stands = wish.before or (orjson.loads(last["payload"]) if last is not None else {})
        day = stands.get("business_date")
        if through is None or day is None or (last is not None and last["operation"] == "void"):
            return None
        if (
            wish.content is not None
            and last is not None
            and text_hash(canonical_json(wish.content)) == last["payload_hash"]
        ):
            return None
        return closed(f"{key}, which stands there on {day},", date.fromisoformat(day), through)

    def _judge(self, transaction: Connection) -> None:
        judged = []
        for wish in self._wishes.values():
            thing = {name: wish.object[name] for name in ("entity", "qbo_id", "sync_token")}
            judged.append({**thing, "disposition": wish.disposition, "rule": wish.rule, "message": wish.message})
            self.outcomes[wish.disposition] += 1
        stored_objects.judge_objects(transaction, self._run.name, judged)


def adopt(transaction: Connection, run: Run, taken: Sequence[Taken], now: datetime) -> list[tuple[str, int]]:
    """Take into the store what the inbox holds of ours and the store does not know, as the inventory system took it: a
    store that was lost or restored from a copy knows its own payments again. Answers key and revision of each."""
    identity = identity_of(transaction, run.name, run.settings.quickbooks.realm)
    by_key: dict[str, list[Taken]] = {}
    for one in taken:
        content = orjson.loads(one.held.content)
        key = str(content.get("quickbooks") or own_id(content))
        if marker_of(identity, key) == one.held.marker:
            by_key.setdefault(key, []).append(one)
    known = store.known(transaction, run.name, list(by_key))
    rows: list[dict[str, Any]] = []
    changes: list[tuple[str, int, dict[str, Any]]] = []
    for key, ones in by_key.items():
        own = {revision: row for (of, revision), row in known.items() if of == key}
        missing = [one for one in ones if one.held.revision not in own]
        # What is in doubt still, as its answer was lost, may have been taken meanwhile.
        changes += [
            (key, one.held.revision, {"taken_as": one.taken_as})
            for one in ones
            if one not in missing and own[one.held.revision]["taken_as"] is None
        ]
        newest = max([*own, *(one.held.revision for one in missing)])
        for one in missing:
            row = _adopted(identity, key, one.held, now) | {"taken_as": one.taken_as}
            rows.append(row | ({"superseded_by": newest} if one.held.revision < newest else {}))
        changes += [
            (key, revision, _replaced(row, newest))
            for revision, row in own.items()
            if revision < newest and row["superseded_by"] is None
        ]
    store.add(transaction, run.name, rows)
    store.change(transaction, run.name, changes)
    return [*((row["key"], row["revision"]) for row in rows), *((key, revision) for key, revision, _ in changes)]


def content_of(outcome: Returned, key: str) -> JsonObject:
    """What an entry says: the record, and the object of QuickBooks where the record has an id of the source's own."""
    content = outcome.record.to_content() | outcome.beside
    return content if own_id(content) == key else content | {"quickbooks": key}


def _taken_back(kind: str) -> JsonObject:
    """What of a content is another when the thing is voided or gone."""
    if kind in PAYMENT_KINDS:
        return {"status": "voided", "amount": "0", "allocations": []}
    if kind in DOCUMENT_KINDS:
        return {"status": "voided", "stock": []}
    if kind == "attachment":
        return {"status": "deleted"}
    return {"status": "voided", "lines": []} if kind == "adjustment" else {"active": False}


def marker_of(identity: Identity, key: str) -> str:
    """What names an object of QuickBooks in the inventory system, for ever."""
    return identity.code("WriteBack", key, 1)


def _row(
    identity: Identity, key: str, revision: int, operation: str, content: JsonObject, now: datetime
) -> dict[str, Any]:
    payload = canonical_json(content)
    return {
        "key": key,
        "revision": revision,
        "marker": marker_of(identity, key),
        "operation": operation,
        "kind": content["kind"],
        # What has no day of its own has that on which it is told.
        "business_date": date.fromisoformat(content.get("business_date") or now.date().isoformat()),
        "party_id": content.get("party_id") or "",
        "number": content.get("number") or content.get("name") or "",
        "currency": content.get("currency") or "",
        "amount": cents(Decimal(content.get("amount") or content.get("total_amount") or 0)),
        "payload": payload,
        "payload_hash": text_hash(payload),
        "first_seen": now,
        "superseded_by": None,
        "taken_as": None,
        **store.FRESH,
    }


def _adopted(identity: Identity, key: str, held: Held, now: datetime) -> dict[str, Any]:
    """What the inbox holds and the store does not know, as a revision of its own."""
    row = _row(identity, key, held.revision, held.operation, orjson.loads(held.content), now)
    there = {"payload": held.content, "payload_hash": held.content_hash}
    return row | there | {"state": "posted", "recovered": True, "posted_at": now}


def _replaced(last: Any, revision: int) -> dict[str, Any]:
    """What becomes of a revision when a newer one is made: what nobody has sent is never sent."""
    unsent = last["state"] in ("ready", "parked") and not last["doubt"]
    return {"superseded_by": revision} | ({"state": "superseded"} if unsent else {})
