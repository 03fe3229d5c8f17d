"""Reading back what may be in QBO: by Id, by number, by date and time of creation, by name; matched by marker.

What belongs here: which query finds the object of a posting, and what is made of the objects found. Reads are
metered, so rows of one entity share their queries; nothing here is asked about a posting whose fate is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection

from qbo_pipeline.posting.claiming import Claims, FrozenBytesLost
from qbo_pipeline.posting.content import fingerprint, is_voided, stated
from qbo_pipeline.posting.events import CREATE, LookFailed, Row, Seen
from qbo_pipeline.posting.evidence import named_by_ours
from qbo_pipeline.posting.freezing import references, resolve
from qbo_pipeline.posting.identity import marker_in
from qbo_pipeline.posting.namesakes import told_apart
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.quickbooks.errors import QuickBooksError, QuotaExhausted
from qbo_pipeline.quickbooks.query import Query, select
from qbo_pipeline.quickbooks.shapes import JsonObject, OddShape, odd
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.store.claims import frozen_request
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.postings import chunks, links

Findings = list[list[Seen] | LookFailed]

IN_QUERY = 30  # values in one IN: a query's text stays short
QUOTA_PAUSE = 3600.0  # seconds until a look is tried again once the month's metered reads are used up
CLOCKS_APART = timedelta(hours=1)  # by which QBO's times of creation may lie before our own


class Queries(Protocol):
    """What is asked of the client."""

    def query(self, query: Query, *, until: float) -> Iterable[JsonObject]: ...


def name_field(entity: str) -> str | None:
    """The field that identifies a list entry; `None` for a transaction."""
    known = entity_named(entity)
    if known.transaction:
        return None
    return next((field for field in ("DisplayName", "Name") if field in known.fields), None)


@dataclass(frozen=True, slots=True)
class _Bounded:
    """A reader whose every query ends by the same moment."""

    quickbooks: Queries
    until: float

    def query(self, query: Query) -> Iterable[JsonObject]:
        return self.quickbooks.query(query, until=self.until)


@dataclass(slots=True)
class _Proved:
    """The list entries that documents of ours name, read once in a look for each entity, and only where it is asked."""

    quickbooks: _Bounded
    tag: str
    _named: dict[str, set[str]] = field(default_factory=dict)

    def of(self, entity: str) -> set[str]:
        if entity not in self._named:
            self._named[entity] = named_by_ours(self.quickbooks, entity, self.tag)
        return self._named[entity]


def look(
    quickbooks: Queries, database: Database, connection: str, claims: Claims, rows: Sequence[Row], until: float
) -> Findings:
    """For each row the objects that may be its own, or why nobody knows; all by `until` on the client's clock."""
    wanted: dict[str, list[Row]] = {}
    broken: dict[str, LookFailed] = {}
    since: dict[str, datetime] = {}
    sent: dict[str, JsonObject] = {}
    with database.reading() as reading:  # closed again before anything is asked of QBO
        for row in rows:
            since[row.key], sent[row.key] = _understand(reading, connection, claims, row)
            wanted.setdefault(row.about.entity, []).append(row)
    found: dict[str, list[Seen]] = {row.key: [] for row in rows}
    proved = _Proved(_Bounded(quickbooks, until), claims.tag)
    for entity, group in wanted.items():
        try:
            for row, things in _find(_Bounded(quickbooks, until), entity, group, since):
                try:
                    seen = [_seen(entity, thing) for thing in things]
                    if row.by_name and row.operation == CREATE:
                        first = since[row.key] if since[row.key].year > 1 else None
                        named = proved.of(entity) if first is None and seen else set()
                        seen = [
                            told_apart(one, thing, sent[row.key], first, named=one.qbo_id in named)
                            for one, thing in zip(seen, things, strict=True)
                        ]
                    found[row.key] += seen
                except OddShape as error:
                    said = f"QBO answered an object ({entity}) that cannot be read: {error}"
                    broken[row.key] = LookFailed(said)
        except QuotaExhausted as error:
            broken |= {row.key: LookFailed(str(error), QUOTA_PAUSE) for row in group}
        except QuickBooksError as error:
            broken |= {row.key: LookFailed(str(error)) for row in group}
    return [broken.get(row.key) or _once(found[row.key]) for row in rows]


def _understand(reading: Connection, connection: str, claims: Claims, row: Row) -> tuple[datetime, JsonObject]:
    """Set on the row the facts that its object must have in QBO; answers the earliest time of the object's making, and
    its content.

    They are read from the bytes that were sent; where nothing was sent, or the bytes are lost, from the payload.
    """
    entity, about = row.about.entity, row.about
    try:
        lines = claims.frozen_lines(reading, row.request_id) if row.request_id is not None else []
    except FrozenBytesLost:
        lines = []
    if row.request_id is None or not lines:
        link = links(reading, connection, [row.key]).get(row.key) if row.operation != CREATE else None
        if link is not None:
            row.qbo_id = row.qbo_id or link.qbo_id
            row.base, row.base_token = row.base or link.fingerprint, row.base_token or link.sync_token
        payload = about.payload or "{}"
        named = references(payload)
        known = links(reading, connection, named)
        payload = resolve(payload, {key: known[key].qbo_id if key in known else f"${key}" for key in named})
        content = from_wire(payload)
        row.fingerprint = stated(entity, content)
        return datetime.min.replace(tzinfo=about.first_seen.tzinfo), content
    request = frozen_request(reading, connection, row.request_id)
    line = next(item.line for item in lines if (item.key, item.revision) == (row.key, row.revision))
    body = from_wire(line)
    content = body[entity] if row.item is not None else body
    row.fingerprint = stated(entity, content)
    frozen_at: datetime = request["frozen_at"] if request else about.first_seen
    return frozen_at - CLOCKS_APART, content


def _find(
    quickbooks: _Bounded, entity: str, rows: list[Row], since: dict[str, datetime]
) -> Iterable[tuple[Row, list[JsonObject]]]:
    there = [row for row in rows if row.operation != CREATE]
    yield from _by_field(quickbooks, entity, "Id", there, lambda row: row.qbo_id)
    new = [row for row in rows if row.operation == CREATE]
    name = name_field(entity)
    if name is not None:
        yield from _by_field(quickbooks, entity, name, new, lambda row: row.about.number)
        return
    missing = []
    for row, things in _by_field(quickbooks, entity, "DocNumber", new, lambda row: row.about.number):
        yield row, things
        if not any(marker_in(thing.get("PrivateNote")) == row.marker for thing in things):
            missing.append(row)
    yield from _by_date(quickbooks, entity, missing, since)


def _by_field(
    quickbooks: _Bounded, entity: str, field: str, rows: list[Row], value_of: Callable[[Row], str | None]
) -> Iterable[tuple[Row, list[JsonObject]]]:
    """Objects whose field equals a row's value; QBO compares texts without regard to case."""
    values = list(dict.fromkeys(value for row in rows if (value := value_of(row))))
    by_value: dict[str, list[JsonObject]] = {}
    for part in chunks(values, IN_QUERY):
        for thing in quickbooks.query(select(entity, with_inactive=True).where(field, "IN", list(part))):
            by_value.setdefault(str(thing.get(field, "")).casefold(), []).append(thing)
    for row in rows:
        yield row, by_value.get((value_of(row) or "").casefold(), []) if value_of(row) else []


def _by_date(
    quickbooks: _Bounded, entity: str, rows: list[Row], since: dict[str, datetime]
) -> Iterable[tuple[Row, list[JsonObject]]]:
    """Objects of a row's date made since it was first frozen: QBO may have given them another number than ours."""
    by_day: dict[date, list[Row]] = {}
    for row in rows:
        by_day.setdefault(row.about.business_date, []).append(row)
    for day, group in by_day.items():
        query = select(entity).where("TxnDate", "=", day)
        first = min(since[row.key] for row in group)
        if first.year > 1:
            query = query.where("MetaData.CreateTime", ">=", first.replace(microsecond=0))
        by_marker: dict[str | None, list[JsonObject]] = {}
        for thing in quickbooks.query(query):
            by_marker.setdefault(marker_in(thing.get("PrivateNote")), []).append(thing)
        for row in group:
            yield row, by_marker.get(row.marker, [])


def _seen(entity: str, thing: JsonObject) -> Seen:
    number = thing.get("DocNumber")
    return Seen(
        _id(thing),
        str(thing.get("SyncToken", "")),
        marker_in(thing.get("PrivateNote")),
        fingerprint(entity, thing),
        str(number) if number is not None else None,
        is_voided(thing),
    )


def _id(thing: JsonObject) -> str:
    if not thing.get("Id"):
        raise odd("Id", "an Id", thing.get("Id"))
    return str(thing["Id"])


def _once(found: list[Seen]) -> list[Seen]:
    """Each object once: two queries may have found it."""
    return list({seen.qbo_id: seen for seen in found}.values())
