"""Transaction 1: pick rows, claim them, freeze what will be sent, commit; all before anything leaves.

What belongs here: which rows make up one POST and which bytes it carries. What a claim changes is decided by
`core.py`, which rows may be claimed by the queries in `store/claims.py`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection

from qbo_pipeline.accounting.summaries import is_summary
from qbo_pipeline.errors import Signal
from qbo_pipeline.posting import core
from qbo_pipeline.posting.asking import DELETED_BEFORE, REMOVED_TEXT, WITHDRAWN
from qbo_pipeline.posting.clearing import emptied
from qbo_pipeline.posting.events import CREATE, PARKED, SUPERSEDED, UNKNOWN, UPDATE, Change, Fields, Row
from qbo_pipeline.posting.freezing import FrozenItem, Missing, batch_line, content, pack, references, resolve, unpack
from qbo_pipeline.posting.identity import Identity, batch_id, item_id, operation_name
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.rows import Pair, WriteTurns, journal, put_on, record, row_of, write
from qbo_pipeline.posting.states import Reason
from qbo_pipeline.quickbooks.requests import BATCH_ITEMS
from qbo_pipeline.store import claims
from qbo_pipeline.store.postings import Link, links, payloads
from qbo_pipeline.store.shares import has_summaries, held_by_others

BYTES_LOST = Reason.BYTES_LOST


class FrozenBytesLost(Signal):
    """A request is in doubt and what it carried cannot be read: nothing may be sent in its place."""


@dataclass(slots=True)
class Unit:
    """What one POST carries: claimed rows and, in the same order, the frozen lines that go out for them."""

    rows: list[Row]
    request_id: str
    items: list[FrozenItem]


class _NothingThere(Signal):
    """A void or delete of what is not in QBO, or an update of what no longer is."""


class Claims:
    """The claims of one run. Safe to use from several threads."""

    def __init__(
        self, turns: WriteTurns, scope: claims.Scope, identity: Identity, policy: Policy, *, look_first: bool = False
    ) -> None:
        self._turns = turns
        self._scope = scope
        self._connection = scope.connection
        self._identity = identity
        self._policy = policy
        self._look_first = look_first
        self._summaries: bool | None = None  # whether there were any when the run began

    @property
    def tag(self) -> str:
        """What all markers of the connection's objects carry."""
        return self._identity.tag

    def to_send(self, lane: str, at_least: int = 1) -> Unit | None:
        """Claim and freeze one unit: a resend if there is one, else up to 30 fresh rows (one in the single lane).

        Fresh rows are left where they are as long as there are fewer than `at_least`.
        """
        with self._turns.transaction() as (transaction, now):
            if self._look_first:
                self._doubt(transaction, now)
            again = claims.frozen(transaction, self._scope, now, BATCH_ITEMS)
            unit: Unit | None = None
            if again:
                unit = self._frozen_before(transaction, [row_of(row) for row in again], now)
            if unit is None:
                unit = self._fresh(transaction, now, lane, at_least)
            if unit is not None:
                self._claim(transaction, unit, now)
            return unit

    def to_look(self) -> list[Row]:
        """Claim rows in doubt whose fate is to be read back."""
        with self._turns.transaction() as (transaction, now):
            due = claims.in_doubt(transaction, self._scope, now, self._policy.settle, BATCH_ITEMS)
            found = [row for row in due if not row["alone"]] or due[:1]
            pairs: list[Pair] = []
            for row in map(row_of, found):
                fields = core.claim_to_look(row, now.timestamp(), self._policy)
                put_on(row, fields)
                pairs.append((row, Change("looks" if row.state == UNKNOWN else "parked", fields, row.message)))
            write(transaction, self._connection, pairs, now)
            journal(transaction, self._connection, [pair for pair in pairs if pair[1].event == "parked"], now)
            return [row for row, _ in pairs if row.state == UNKNOWN]

    def frozen_lines(self, reading: Connection, request_id: str) -> list[FrozenItem]:
        """What a request carried. Raises `FrozenBytesLost` where that is gone or does not have its hash."""
        request = claims.frozen_request(reading, self._connection, request_id)
        if request is None or request["body"] is None:
            raise FrozenBytesLost(f"the frozen bytes of request {request_id} are gone from the store")
        lines = unpack(request["body"])
        if sha256(b"\n".join(lines)).hexdigest() != request["body_hash"]:
            raise FrozenBytesLost(f"the frozen bytes of request {request_id} are not those that were frozen")
        return [FrozenItem._make([*name, line]) for name, line in zip(json.loads(request["items"]), lines, strict=True)]

    def _doubt(self, transaction: Connection, now: datetime) -> None:
        """While the store recovers, rows that no read-back has looked for in QBO are in doubt instead of being sent."""
        rows = [row_of(row) for row in claims.not_looked_for(transaction, self._scope)]
        named = {row.key: references(row.about.payload or "") for row in rows}
        known = links(transaction, self._connection, [key for keys in named.values() for key in keys])
        pairs: list[Pair] = []
        for row in rows:
            fields: Fields = {"state": UNKNOWN, "not_before": None}
            if missing := next((key for key in named[row.key] if key not in known), None):
                fields = {"waits_for": missing}  # without its Id nobody can tell whether an object is this one
            pairs.append((row, Change("looks_first", fields)))
        write(transaction, self._connection, pairs, now)
        journal(transaction, self._connection, [pair for pair in pairs if "state" in pair[1].fields], now)

    # --- fresh rows ---------------------------------------------------------------------------------------------
    def _fresh(self, transaction: Connection, now: datetime, lane: str, at_least: int) -> Unit | None:
        want = BATCH_ITEMS if lane == "batch" else 1
        ready: list[tuple[Row, str]] = []
        while True:
            found = claims.fresh(transaction, self._scope, now, want, alone=False)
            ready = self._bodies(transaction, [row_of(row) for row in found], now)
            if len(ready) == len(found):  # otherwise some were put aside, and the next query may find others
                break
        if ready and len(ready) >= min(at_least, want):
            return self._freeze(transaction, ready, now, batch=len(ready) > 1)
        while lonely := claims.fresh(transaction, self._scope, now, 1, alone=True):
            if ready := self._bodies(transaction, [row_of(lonely[0])], now):
                return self._freeze(transaction, ready, now, batch=False)
        return None

    def _bodies(self, transaction: Connection, rows: list[Row], now: datetime) -> list[tuple[Row, str]]:
        """What each row asks QBO for; rows that must wait, or have nothing to do, are put aside."""
        wanted = [key for row in rows for key in references(row.about.payload or "")]
        wanted += [row.key for row in rows if row.operation != CREATE]
        known = links(transaction, self._connection, wanted) if wanted else {}
        ids = {key: link.qbo_id for key, link in known.items()}
        changed = [known[row.key] for row in rows if row.operation == UPDATE and row.key in known]
        there = payloads(transaction, self._connection, changed) if changed else {}
        elsewhere = self._stand_elsewhere(transaction, rows)
        good: list[tuple[Row, str]] = []
        aside: list[Pair] = []
        for row in rows:
            if row.key in elsewhere:
                aside.append((row, Change("waits", {"waits_for": elsewhere[row.key]})))
                continue
            try:
                good.append((row, _body(row, ids, known.get(row.key), there.get(row.key))))
            except Missing as missing:
                aside.append((row, Change("waits", {"waits_for": missing.key})))
            except _NothingThere:
                fields: Fields = {"state": SUPERSEDED, "reason": WITHDRAWN, "message": "there is nothing of it in QBO"}
                if row.operation == UPDATE:
                    fields = {"state": PARKED, "reason": DELETED_BEFORE, "message": REMOVED_TEXT}
                aside.append((row, Change("parked" if row.operation == UPDATE else WITHDRAWN, fields)))
        write(transaction, self._connection, aside, now)
        journal(transaction, self._connection, [pair for pair in aside if pair[1].event != "waits"], now)
        return good

    def _stand_elsewhere(self, transaction: Connection, rows: Sequence[Row]) -> dict[str, str]:
        """By key, the object that has a record of these in QuickBooks still, where records move between summaries."""
        if self._summaries is None:
            self._summaries = has_summaries(transaction, self._connection)
        moving = {
            row.key: row.revision
            for row in rows
            if row.operation in (CREATE, UPDATE)
            and (is_summary(row.key) or (self._summaries and row.key.startswith(("document/", "movement/"))))
        }
        return held_by_others(transaction, self._connection, moving) if moving else {}

    def _freeze(self, transaction: Connection, ready: list[tuple[Row, str]], now: datetime, *, batch: bool) -> Unit:
        items, own = [], []
        for position, (row, body) in enumerate(ready):
            entity = row.about.entity
            operation = operation_name(row.operation, row.stale, row.about.retries)
            own.append(self._identity.request_id(entity, row.key, row.revision, operation))
            item = item_id(position) if batch else None
            twice = row.about.number_twice
            line = batch_line(item, row.operation, entity, body, number_twice=twice) if item else body.encode()
            items.append(FrozenItem(item, row.key, row.revision, row.operation, entity, line))
        lines = [item.line for item in items]
        request_id = batch_id(list(zip(own, lines, strict=True))) if batch else own[0]
        for (row, _), frozen in zip(ready, items, strict=True):
            row.request_id, row.item = request_id, frozen.item
        request = {
            "request_id": request_id,
            "lane": "batch" if batch else "single",
            "items": json.dumps([item[:5] for item in items]),
            "body_hash": sha256(b"\n".join(lines)).hexdigest(),
            "body": pack(lines),
            "frozen_at": now,
        }
        claims.freeze(transaction, self._connection, request)
        return Unit([row for row, _ in ready], request_id, items)

    # --- rows that were sent before ------------------------------------------------------------------------------
    def _frozen_before(self, transaction: Connection, rows: list[Row], now: datetime) -> Unit | None:
        """The same lines under the same requestid, without the items whose fate is known: QBO keys each by its bId."""
        request_id = rows[0].request_id or ""
        try:
            by_key = {(item.key, item.revision): item for item in self.frozen_lines(transaction, request_id)}
        except FrozenBytesLost as error:
            fields: Fields = {"state": PARKED, "reason": BYTES_LOST, "message": str(error)}
            pairs = [(row, Change("parked", fields, str(error))) for row in rows]
            write(transaction, self._connection, pairs, now)
            journal(transaction, self._connection, pairs, now)
            return None
        return Unit(rows, request_id, [by_key[row.key, row.revision] for row in rows])

    def _claim(self, transaction: Connection, unit: Unit, now: datetime) -> None:
        pairs: list[Pair] = []
        for row in unit.rows:
            fields = core.claim_to_send(row, now.timestamp(), self._policy)
            put_on(row, fields)
            frozen: Fields = {"request_id": row.request_id, "item": row.item, "operation": row.operation}
            base: Fields = {"base": row.base, "base_token": row.base_token, "qbo_id": row.qbo_id}
            pairs.append((row, Change("claimed", {**fields, **frozen, **base})))
        standing = {(row.key, row.revision): row.about.stored for row in unit.rows}
        record(transaction, self._connection, pairs, now, standing)


def _body(row: Row, ids: dict[str, str], link: Link | None, there: str | None) -> str:
    """The request's object; `there` is the payload of the revision that is in QBO, where that is known."""
    if row.operation != CREATE:
        if link is not None:
            row.base, row.qbo_id = link.fingerprint, link.qbo_id
            row.base_token = row.base_token or link.sync_token
        else:
            raise _NothingThere
    payload = row.about.payload or "{}"
    if row.operation == UPDATE and there is not None:
        payload = emptied(row.about.entity, there, payload)
    return content(row.operation, resolve(payload, ids), row.qbo_id, row.base_token)
