"""Things that both sides keep, such as contacts: what each says now, what was last agreed, and what follows.

What belongs here: fetching the two sides of a thing for the three-way comparison (`returning/merging.py`), and keeping
what is agreed. The way back asks it for objects that changed in QuickBooks, posting for records that changed in the
inventory system: both get the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, select

from qbo_pipeline.accounting.categories import category_path
from qbo_pipeline.accounting.payloads import clean
from qbo_pipeline.inventory.records import RECORD_TYPES, Record, record_key
from qbo_pipeline.quickbooks.shapes import JsonObject, OddShape
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.returning.merging import Agreed, Conflict, Merge, Side, merge
from qbo_pipeline.returning.rules import TWO_SIDED
from qbo_pipeline.returning.values import ReturnBook
from qbo_pipeline.settings import Settings
from qbo_pipeline.settings_ownership import MERGED_FIELDS, OPTIONAL_FIELDS
from qbo_pipeline.store import agreements, write_backs
from qbo_pipeline.store.postings import Link, chunks
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import records

CONFLICT, NAME_TAKEN = "conflict", "name_taken"


@dataclass(frozen=True, slots=True)
class Compared:
    """The two sides of one thing, compared."""

    record: Record
    entity: str
    qbo_id: str
    version: str
    merged: Merge

    @property
    def key(self) -> str:
        return record_key(self.record)

    def for_source(self) -> Record:
        """The record as the inventory system is to hold it."""
        return self._with(self.merged.to_source)

    def for_quickbooks(self) -> Record:
        """The record as it is to be posted: with what people changed in QuickBooks and the source has not taken yet,
        and with what may stay another there, so that no update of ours writes over either. Whether it is active is a
        policy's matter, and goes by the record."""
        left = {name: value for name, value in self.merged.left.items() if name != "active"}
        return self._with({**left, **self.merged.to_source})

    def _with(self, theirs: Mapping[str, Any]) -> Record:
        said = {**self.record.to_content(), **theirs}
        return type(self.record).from_content({name: value for name, value in said.items() if value is not None})

    @property
    def sends(self) -> bool:
        """Whether QuickBooks lacks something that the source has changed; what is archived goes back only."""
        return bool(set(self.merged.to_quickbooks) - {"active"})

    def name_taken(self, other_named: Callable[[str, str, str], str | None]) -> str | None:
        """Why the source is not told of a new name: another one there has it; `None` where it is free."""
        field = "number" if self.entity == "Item" else "name"
        name = self.merged.to_source.get(field)
        own_id = self.key.removeprefix(TWO_SIDED[self.entity].key_prefix)
        other = other_named(self.entity, str(name), own_id) if name else None
        if other is None:
            return None
        return (
            f"{self.entity} Id {self.qbo_id} ({self.key}) is called {name} in QuickBooks now, and {other} is called "
            f"that in the inventory system: rename one of the two; nothing of it goes there until then"
        )

    def told(self) -> str:
        """The conflicts in words."""
        return conflict_text(self.key, self.merged.conflicts)


def conflict_text(key: str, conflicts: Sequence[Conflict]) -> str:
    """What a person reads who is to decide."""
    told = "; ".join(str(conflict) for conflict in conflicts)
    return (
        f"{key} was changed on both sides: {told}. Decide with `qbo-pipeline write-back decide`, or by a rule for the "
        "field in [write_back.conflicts]; until then it goes neither way"
    )


def compare(
    connection: Connection,
    settings: Settings,
    sides: Mapping[str, tuple[Link, JsonObject]],
    book: ReturnBook,
    now: datetime,
) -> dict[str, Compared]:
    """Compare the records with these keys with their objects, and keep what is agreed.

    A thing whose record is gone, or whose object cannot be read, is left out.
    """
    name = settings.connection.name
    ours = _records(connection, name, list(sides))
    before = agreements.agreed(connection, name, list(ours))
    posted = _posted(connection, name, list(ours))
    told = write_backs.newest(connection, name, [f"{link.entity}/{link.qbo_id}" for link, _ in sides.values()])
    found: dict[str, Compared] = {}
    keep: dict[str, tuple[str, str, agreements.Both]] = {}
    assert settings.write_back is not None
    for key, (record, digest) in ours.items():
        link, thing = sides[key]
        kind = TWO_SIDED[link.entity]
        fields = MERGED_FIELDS[kind.owned_as]
        try:
            there = kind.read(link.entity, thing, book, record).to_content()
        except OddShape:
            continue
        here = record.to_content()
        fields = tuple(name for name in fields if name not in OPTIONAL_FIELDS or here.get(name) is not None)
        fields = tuple(name for name in fields if _has_place(name, thing, settings))
        version = posted.get(key)
        if key in before:
            agreed = _as_before(before[key], fields, settings.write_back.first_agreement, here, there)
        elif version is not None and not _was_there(link):
            agreed = _as_posted(version, link, book, record, here)
        elif (entry := told.get(f"{link.entity}/{link.qbo_id}")) is not None:
            # Made from what QuickBooks said then: what people have changed there since is still to be taken.
            agreed = Agreed(here, orjson.loads(entry["payload"]))
        else:
            agreed = _at_first(settings.write_back.first_agreement, here, there)
        own_writing = version is not None and version["record_hash"] == digest
        if own_writing and not _was_there(link) and str(thing.get("SyncToken", "")) == link.sync_token:
            agreed = _as_written(fields, agreed, here, there)
        rules: dict[str, Side] = {
            field.split(".", 1)[1]: side
            for field, side in settings.write_back.conflicts.items()
            if field.startswith(f"{kind.owned_as}.")
        }
        owner: Side | None = "quickbooks" if getattr(settings.ownership, kind.owned_as) == "quickbooks" else None
        merged = merge(fields, here, there, agreed, same=_same, rules=rules, owner=owner)
        _keep_untold(merged, before.get(key, ({}, {})), fields)
        found[key] = Compared(record, link.entity, link.qbo_id, str(thing.get("SyncToken", "")), merged)
        keep[key] = (link.entity, link.qbo_id, (merged.agreed_source, merged.agreed_quickbooks))
    changed = {key: value for key, value in keep.items() if before.get(key) != value[2]}
    agreements.keep_agreed(connection, name, changed, now)
    return found


def decide(connection: Connection, name: str, compared: Compared, field: str, side: Side, now: datetime) -> None:
    """Take one side's value for a field in conflict: the other side's is what was agreed from now on."""
    conflict = next(item for item in compared.merged.conflicts if item.field == field)
    agreed_source, agreed_there = dict(compared.merged.agreed_source), dict(compared.merged.agreed_quickbooks)
    if side == "source":
        agreed_there[field] = conflict.quickbooks
    else:
        agreed_source[field] = conflict.source
    new = {compared.key: (compared.entity, compared.qbo_id, (agreed_source, agreed_there))}
    agreements.keep_agreed(connection, name, new, now)


def _records(connection: Connection, name: str, keys: Sequence[str]) -> dict[str, tuple[Record, str]]:
    """By key, the record with its content hash; those that are gone are left out."""
    r = records.c
    found: dict[str, tuple[Record, str]] = {}
    for record_type in ("party", "product"):
        ids = [key.split("/", 1)[1] for key in keys if key.startswith(f"{record_type}/")]
        for part in chunks(ids):
            query = select(r.record_id, r.content, r.content_hash).where(
                r.connection == name, r.record_type == record_type, r.record_id.in_(part), r.vanished_at.is_(None),
                r.disposition != "set_aside",
            )  # fmt: skip
            for row in connection.execute(query):
                record = RECORD_TYPES[record_type].from_content(orjson.loads(row.content))
                found[f"{record_type}/{row.record_id}"] = (record, row.content_hash)
    return found


def _posted(connection: Connection, name: str, keys: Sequence[str]) -> dict[str, Any]:
    """By key, the newest revision that was posted: its payload, and the content of the record behind it."""
    p = postings.c
    found: dict[str, Any] = {}
    for part in chunks(list(keys)):
        query = (
            select(p.key, p.payload, p.record_hash)
            .where(p.connection == name, p.key.in_(part), p.posted_at.is_not(None), p.payload.is_not(None))
            .order_by(p.key, p.revision)
        )
        found |= {row["key"]: row for row in connection.execute(query).mappings()}
    return found


def _was_there(link: Link) -> bool:
    """Whether the object was in QuickBooks before, and nothing of ours has been written to it: what was built for it
    never went there."""
    return link.linked_by in ("name", "person")


def _as_posted(version: Any, link: Link, book: ReturnBook, record: Record, here: JsonObject) -> Agreed:
    """What both said when it was posted, where nothing was kept yet: QuickBooks holds what we sent, until a person
    changes it."""
    kind = TWO_SIDED[link.entity]
    sent = {**from_wire(version["payload"]), "Id": link.qbo_id}
    try:
        return Agreed(here, kind.read(link.entity, sent, book, record).to_content())
    except OddShape:
        return Agreed(here, here)


def _as_written(fields: Sequence[str], agreed: Agreed, here: JsonObject, there: JsonObject) -> Agreed:
    """What is agreed when the version in QuickBooks is our own writing of this record: what the source had changed
    stands there in QuickBooks' own form. What people had changed there is in it as well, and still to be taken."""
    sent = [field for field in fields if here.get(field) != agreed.source.get(field)]
    source = {**agreed.source, **{field: here.get(field) for field in sent}}
    return Agreed(source, {**agreed.quickbooks, **{field: there.get(field) for field in sent}})


def _at_first(direction: str, here: JsonObject, there: JsonObject) -> Agreed:
    """What counts as agreed of two that were linked and not made from one another."""
    if direction == "source":
        return Agreed({}, there)
    if direction == "quickbooks":
        return Agreed(here, {})
    return Agreed(here, there)


def _keep_untold(merged: Merge, before: agreements.Both, fields: Sequence[str]) -> None:
    """Keep what was agreed of fields that are not compared this time: once one is told again, it is seen who changed
    it."""
    merged.agreed_source |= {field: value for field, value in before[0].items() if field not in fields}
    merged.agreed_quickbooks |= {field: value for field, value in before[1].items() if field not in fields}


def _as_before(
    before: agreements.Both, fields: Sequence[str], direction: str, here: JsonObject, there: JsonObject
) -> Agreed:
    """What was kept, and of fields that are compared for the first time what counts as agreed then; one of which
    QuickBooks says nothing, or 0 as it does by itself, is told to it."""
    first = _at_first(direction, here, there)
    new = [field for field in fields if field not in before[0]]
    told = [field for field in new if there.get(field) not in (None, "0")]
    source = {**before[0], **{field: first.source.get(field) if field in told else None for field in new}}
    return Agreed(source, {**before[1], **{field: first.quickbooks.get(field) for field in new}})


def _has_place(field: str, thing: JsonObject, settings: Settings) -> bool:
    """Whether QuickBooks holds this field of such an object, by what we post."""
    if field == "minimum_quantity":
        return thing.get("Type") == "Inventory"
    return field != "category" or settings.posting.categories == "kept"


def _same(field: str, here: Any, there: Any) -> bool:
    if field == "category":
        return [name.casefold() for name in category_path(here or "")] == [
            name.casefold() for name in category_path(there or "")
        ]
    if isinstance(here, str) and isinstance(there, str):
        spared = ":" if field == "name" else ""
        return clean(here, spared) == clean(there, spared)
    return bool(here == there) or (here in (None, "") and there in (None, ""))
