"""QuickBooks' webhooks: whether a delivery is Intuit's, and which changes it tells of; no network, no clock.

Two formats: CloudEvents (an array of events, each of any company; Intuit's only format since 2026) and the one before
it (`eventNotifications`). What is unknown in them is kept as it is or counted; it never costs the rest of a delivery.
Source: Intuit, webhooks, and its announcement of 12 November 2025 of the changed payload.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qbo_pipeline.errors import Signal
from qbo_pipeline.instants import parse_instant
from qbo_pipeline.quickbooks.entities import ENTITIES
from qbo_pipeline.quickbooks.secret import Secret

SIGNATURE_HEADER = "intuit-signature"
LONGEST_TEXT = 200  # of an id or a name; Intuit's longest, the event's id, has 36 characters

_TYPE = re.compile(r"qbo\.([^.]+)\.([^.]+)(\..+)?", re.DOTALL)  # qbo.journalentry.updated.v1
_REALM = re.compile(r"[0-9]{1,20}")
_ENTITIES = {name.lower(): name for name in ENTITIES}
_OPERATIONS = {
    "created": "Create",
    "updated": "Update",
    "deleted": "Delete",
    "merged": "Merge",
    "voided": "Void",
    "emailed": "Emailed",
}
_LEGACY_CONTENT = ("name", "id", "operation", "lastUpdated", "deletedId")


class NotJson(Signal):
    """The body is not JSON."""


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one object, as told: a hint, not a fact.

    `entity` and `operation` are in QBO's spelling (`JournalEntry`, `Update`) where it is known, else as the event has
    them; `changed_at` is aware UTC.
    """

    event_id: str
    realm: str
    entity: str
    object_id: str | None
    operation: str
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Notification:
    """What one delivery tells; `unreadable` counts what is no event of an accounting company."""

    events: tuple[Event, ...]
    unreadable: int


def is_signed(body: bytes, signature: str, verifier_token: Secret) -> bool:
    """Whether `signature` is the base64 of the HMAC-SHA256 over exactly these bytes, with the app's verifier token."""
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.digest(verifier_token.reveal().encode(), body, "sha256"), given)


def read_notification(body: bytes) -> Notification:
    """The events of a delivery in either format; raises `NotJson` for a body that is not JSON."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise NotJson("the body is not JSON") from None
    found = list(_events(content))
    events = tuple(event for event in found if event is not None)
    return Notification(events, len(found) - len(events))


def _events(content: Any) -> Iterator[Event | None]:
    """Each event of a delivery, or None for what is none."""
    match content:
        case list():
            yield from map(_cloud_event, content)
        case {"eventNotifications": list(notifications)}:
            for notification in notifications:
                yield from _legacy_events(notification)
        case _:
            yield _cloud_event(content)  # CloudEvents allows an event outside an array too


def _cloud_event(content: Any) -> Event | None:
    if not isinstance(content, dict):
        return None
    event_id, realm = _text(content.get("id")), _realm(content.get("intuitaccountid"))
    kind = _TYPE.fullmatch(_text(content.get("type")) or "")
    if event_id is None or realm is None or kind is None:
        return None
    return Event(
        event_id=event_id,
        realm=realm,
        entity=_ENTITIES.get(kind[1].lower(), kind[1]),
        object_id=_text(content.get("intuitentityid")),
        operation=_OPERATIONS.get(kind[2].lower(), kind[2]),
        changed_at=_instant(content.get("time")),
    )


def _legacy_events(notification: Any) -> Iterator[Event | None]:
    match notification:
        case {"realmId": realm_id, "dataChangeEvent": {"entities": list(entities)}} if realm := _realm(realm_id):
            for entity in entities:
                yield _legacy_event(realm, entity)
        case _:
            yield None


def _legacy_event(realm: str, content: Any) -> Event | None:
    """An event of the older format. It has no id: what it says stands for it, so that a repetition is recognised."""
    if not isinstance(content, dict):
        return None
    name = _text(content.get("name"))
    if name is None:
        return None
    said = json.dumps([realm, *(_text(content.get(key)) for key in _LEGACY_CONTENT)])
    return Event(
        event_id=f"legacy-{hashlib.sha256(said.encode()).hexdigest()}",
        realm=realm,
        entity=_ENTITIES.get(name.lower(), name),
        object_id=_text(content.get("id")),
        operation=_text(content.get("operation")) or "",
        changed_at=_instant(content.get("lastUpdated")),
    )


def _text(value: Any) -> str | None:
    """A short text of visible characters, or a whole number as text; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**LONGEST_TEXT else None
    usable = isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT and value.isprintable()
    return value if usable else None


def _realm(value: Any) -> str | None:
    text = _text(value)
    return text if text is not None and _REALM.fullmatch(text) else None


def _instant(value: Any) -> datetime | None:
    try:
        return parse_instant(_text(value) or "")
    except (ValueError, OverflowError):
        return None
