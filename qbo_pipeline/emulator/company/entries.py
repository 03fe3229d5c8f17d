"""Creating, updating and deactivating list entities: what holds for all of them. What differs is in `entry_rules`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qbo_pipeline.emulator.company import entry_rules, references
from qbo_pipeline.emulator.company.account_rules import FollowUp
from qbo_pipeline.emulator.company.book import PEOPLE, Body, Book, Entry, namespace
from qbo_pipeline.emulator.company.cleaning import clean, missing, refuse_unknown
from qbo_pipeline.emulator.company.faults import (
    NOT_FOUND_INACTIVE,
    VALIDATION,
    QboError,
    QboFault,
    error,
    fault,
)
from qbo_pipeline.emulator.company.schema.entities import Entity
from qbo_pipeline.emulator.company.store import entry_key


def create(book: Book, entity: Entity, body: Mapping[str, Any]) -> tuple[Entry, list[FollowUp]]:
    """Make a new list entity. Raises the faults of its rule table, and 6240 for a name that is taken.

    Returns it with the documents that QBO makes along with it (opening balances, starting stock).
    """
    errors: list[QboError] = []
    cleaned = {k: v for k, v in clean(body, entity.fields, errors).items() if v is not None}
    refuse_unknown(errors)
    active = bool(cleaned.pop("Active", True))
    missing(cleaned, entity.fields, errors)
    references.check(book, cleaned, entity.fields, errors)
    _raise(errors)
    now = book.now()
    entry = Entry("", active, 0, now, now, cleaned)
    then = entry_rules.complete(book, entity, entry, None, errors)
    _check_name(book, entity, entry, None, errors)
    _raise(errors)
    entry.id = str(book.next_id(entity.name))
    book.save_entry(entity.name, entry, is_new=True)
    return entry, then(entry)


def update(book: Book, entity: Entity, body: Mapping[str, Any]) -> tuple[Entry, list[FollowUp]]:
    """Full update (what is omitted becomes null) or sparse update of a list entity; `Active: false` deactivates it."""
    old = existing(book, entity, body)
    errors: list[QboError] = []
    cleaned = clean(body, entity.fields, errors)
    refuse_unknown(errors)
    sparse = body.get("sparse") in (True, "true")
    active = bool(cleaned.pop("Active", old.active) if cleaned.get("Active") is not None else old.active)
    cleaned.pop("Active", None)
    kept = dict(old.body) if sparse or entity.kind == "single" else _computed_parts(entity, old.body)
    merged = {k: v for k, v in (kept | cleaned).items() if v is not None}
    for name, field in entity.fields.items():
        if field.fixed and name in old.body:
            merged[name] = old.body[name]
    if entity.name == "Preferences":
        merged = _merge_groups(old.body, cleaned)
    missing(merged, entity.fields, errors)
    references.check(book, merged, entity.fields, errors, old.body)
    _raise(errors)
    entry = Entry(old.id, active, old.sync + 1, old.created, book.now(), merged)
    then = entry_rules.complete(book, entity, entry, old, errors)
    _activity(book, entity, entry, old)
    _check_name(book, entity, entry, old, errors)
    _raise(errors)
    book.save_entry(entity.name, entry, is_new=False)
    return entry, then(entry)


def delete(book: Book, entity: Entity, body: Mapping[str, Any]) -> str:
    """Take a list entity away for good; returns its id. Raises as `existing` does."""
    found = existing(book, entity, body)
    book.touched = True
    book.store.execute("DELETE FROM entries WHERE entity = ? AND id = ?", (entity.name, int(found.id)))
    book.store.execute("INSERT OR REPLACE INTO deleted VALUES (?, ?, ?)", (entity.name, int(found.id), book.now()))
    book.forget_name(entity.name, found)
    del book.entries[entity.name][found.id]
    book.refresh_recurring()
    book.record(entity.name, found.id, "Delete")
    return found.id


def existing(book: Book, entity: Entity, body: Mapping[str, Any]) -> Entry:
    """The stored object that an update names, after checking Id (2020, 610) and SyncToken (2020, 5010)."""
    id = "1" if entity.kind == "single" else str(body.get("Id") or "")
    if not id:
        raise fault("2020", "Id", what="Required parameter Id is missing in the request")
    if isinstance(entry_key(id), str) and id not in book.entries[entity.name]:
        raise fault("2030", "Id", what=id)
    found = book.entries[entity.name].get(id)
    if found is None:
        raise fault("610", what=NOT_FOUND_INACTIVE)
    check_token(book, body, found.sync)
    return found


def check_token(book: Book, body: Mapping[str, Any], sync: int) -> None:
    """Raise 2020 for a missing SyncToken and 5010 for one that is not the present one."""
    token = body.get("SyncToken")
    if token is None or token == "":
        raise fault("2020", "SyncToken", what="Required parameter SyncToken is missing in the request")
    if str(token) != str(sync):
        raise fault("5010", user=book.settings.user)


def _computed_parts(entity: Entity, old: Body) -> Body:
    """What a full update cannot take away: properties that the company itself wrote."""
    return {
        k: v for k, v in old.items() if k in entity.fields and (entity.fields[k].read_only or entity.fields[k].fixed)
    }


def _merge_groups(old: Body, new: Body) -> Body:
    merged = dict(old)
    for group, values in new.items():
        if not isinstance(values, Mapping):
            merged[group] = values
            continue
        both = {**old.get(group, {}), **values}
        merged[group] = {k: v for k, v in both.items() if v is not None and v != ""}
    return {k: v for k, v in merged.items() if v is not None}


def _activity(book: Book, entity: Entity, entry: Entry, old: Entry) -> None:
    suffix = book.settings.deactivated_suffix
    name = entity.name_field
    if not suffix or not name or entity.name == "CompanyCurrency":
        return
    for field in (name, "FullyQualifiedName"):
        value = entry.body.get(field)
        if not value:
            continue
        if old.active and not entry.active and not value.endswith(suffix):
            entry.body[field] = value + suffix
        elif entry.active and not old.active and value.endswith(suffix):
            entry.body[field] = value[: -len(suffix)]


def _check_name(book: Book, entity: Entity, entry: Entry, old: Entry | None, errors: list[QboError]) -> None:
    if not entity.name_field or not entry.body.get(entity.name_field):
        return
    taken = book.names[namespace(entity.name)].get(book.name_key(entity.name, entry.body))
    if taken is not None and (old is None or taken != (entity.name, old.id)):
        kind = "customer, vendor or employee" if entity.name in PEOPLE else entity.name.lower()
        errors.append(error("6240", entity.name_field, kind=kind, id=taken[1]))


def _raise(errors: list[QboError]) -> None:
    if errors:
        raise QboFault(400, VALIDATION, errors)
