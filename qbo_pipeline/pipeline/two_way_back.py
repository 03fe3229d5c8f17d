"""Whether the inventory system holds what came from QuickBooks as QuickBooks says it now, and why where it does not.

What belongs here: the cause, for the two-way comparison. Equal amounts are not enough: a payment that was moved to
another invoice, or a bill of another day, is not the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson
from sqlalchemy import Connection, RowMapping, select

from qbo_pipeline.inventory.records import RECORD_TYPES
from qbo_pipeline.pipeline.made_in_quickbooks import WRITTEN_BACK, changes_of, in_words
from qbo_pipeline.posting.identity import marker_in
from qbo_pipeline.quickbooks.shapes import JsonObject
from qbo_pipeline.store.postings import links_to
from qbo_pipeline.store.tables.records import records
from qbo_pipeline.store.write_backs import newest


class HeldHere:
    """What was written back of objects of one entity: `known` are the objects as they were read, by Id."""

    def __init__(
        self, connection: Connection, name: str, entity: str, qbo_ids: Sequence[str], known: Mapping[str, RowMapping]
    ) -> None:
        self._connection, self._name, self._entity, self._known = connection, name, entity, known
        self._entries = newest(connection, name, [f"{entity}/{qbo_id}" for qbo_id in qbo_ids])
        links = links_to(connection, name, entity, sorted(set(qbo_ids) - {""}))
        self._ours = {qbo_id for qbo_id, found in links.items() if found[0].linked_by != WRITTEN_BACK}

    def wrote(self, qbo_id: str) -> bool:
        """Whether this object was made in QuickBooks, and the inventory system was told of it."""
        return qbo_id not in self._ours and f"{self._entity}/{qbo_id}" in self._entries

    def parting(self, qbo_id: str, thing: JsonObject | None, row: RowMapping | None) -> str | None:
        """Why the record `row` is not what QuickBooks says now; `None` where it is. `thing` is `None` where QuickBooks
        has it no more, `row` where the inventory system has no record of it."""
        entry, known = self._entries[f"{self._entity}/{qbo_id}"], self._known.get(qbo_id)
        if known is not None and (waits := _not_carried(known, thing)) is not None:
            return waits
        changes = {} if row is None else _changes(row, entry)
        waits = _not_taken(entry)
        if waits is not None:
            return f"{waits}: {in_words(changes)}" if changes else waits
        if row is None:
            return None if entry["operation"] == "void" else self._not_read(entry)
        if changes and not _both_out(row, entry):
            return f"{in_words(changes)}: changed in the inventory system, or what it took was not read yet"
        return None

    def _not_read(self, entry: RowMapping) -> str:
        r = records.c
        query = select(r.message, r.rule).where(
            r.connection == self._name, r.record_id == entry["taken_as"], r.disposition == "set_aside",
            r.record_type.in_(("document", "payment")),
        )  # fmt: skip
        found = self._connection.execute(query).first()
        if found is not None:
            return f"the inventory system took it as {entry['taken_as']}, which is set aside: {found.message}"
        return f"the inventory system took it as {entry['taken_as']}, which was not read yet or is no longer there"


def _not_carried(known: RowMapping, thing: JsonObject | None) -> str | None:
    token = "deleted" if thing is None else str(thing.get("SyncToken", ""))
    if (known["deleted"], known["sync_token"]) != (thing is None, token):
        return "it changed in QuickBooks since it was read: the next run reads it"
    if known["disposition"] == "withheld":
        return f"withheld: {known['message']}"
    return "the next run builds it" if known["disposition"] == "due" else None


def _not_taken(entry: RowMapping) -> str | None:
    what = f"revision {entry['revision']} of {entry['key']}"
    if entry["state"] != "posted":
        return f"{what} is {entry['state']}: {entry['message'] or entry['reason'] or 'the next run writes it'}"
    if entry["refused"]:
        return f"the inventory system did not take {what}: {entry['refused']}"
    if entry["taken_as"] is None:
        return f"{what} lies in the inbox of the inventory system, and is not taken yet"
    return None


def _changes(row: RowMapping, entry: RowMapping) -> dict[str, tuple[str, str]]:
    """What the record and the entry say otherwise; one that carries our marker was judged when it was built."""
    content = orjson.loads(row["content"])
    if marker_in(content.get("reference")):
        return {}
    return changes_of(RECORD_TYPES[row["record_type"]].from_content(content), entry)


def _both_out(row: RowMapping, entry: RowMapping) -> bool:
    return bool(entry["operation"] == "void" and orjson.loads(row["content"]).get("status") == "voided")
