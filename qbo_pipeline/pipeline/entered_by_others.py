"""What people and other tools enter in QuickBooks beside us, and what of it may be one event with a posting of ours.

What belongs here: telling the like of what is posted, whoever was first: a bookkeeper enters the receipt from the
bank's feed the day after it was posted, or the day before. It moves no stock account, so that no ledger line says it;
the money and the open balance stand twice all the same. What is written back is asked about there
(`in_the_source.twin_of`), and so is left out here. Nothing is done to either: a person says whether the two are one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, and_, delete, exists, or_, select

from qbo_pipeline.accounting.parties import further_currency
from qbo_pipeline.pipeline.in_the_source import NEAR, spellings
from qbo_pipeline.pipeline.on_both_sides import KINDS, PAID, PARTIES, party_field
from qbo_pipeline.posting.content import is_voided
from qbo_pipeline.posting.events import DELETE, DRIFTED, POSTED, VOID, VOIDED
from qbo_pipeline.posting.identity import marker_in
from qbo_pipeline.quickbooks.shapes import OddShape, an_object, exact
from qbo_pipeline.returning.rules import ENTITIES
from qbo_pipeline.settings import Settings
from qbo_pipeline.store import entered_by_others as store
from qbo_pipeline.store.entered_by_others import Place
from qbo_pipeline.store.postings import chunks, links_to
from qbo_pipeline.store.tables.posting import posting_links, posting_records, postings
from qbo_pipeline.store.tables.records import records, watermarks
from qbo_pipeline.store.tables.write_backs import write_backs

OVERLAP = timedelta(minutes=5)  # for which a transaction that began before the last look may not have been seen by it
_NAME = "entered_by_others"
_R, _L, _S = records.c, posting_links.c, posting_records.c


_PAYMENTS = tuple(entity for entity, kind in KINDS.items() if kind in PAID)


class Alike(NamedTuple):
    """An entry that may be what was posted: `posted` says as what that stands in QuickBooks."""

    row: RowMapping
    posted: str

    @property
    def key(self) -> str:
        return f"{self.row['entity']}/{self.row['qbo_id']}"

    def told(self) -> str:
        """What it is, and what a person does about it."""
        what = "party, amount and about the same day" if self.row["entity"] in _PAYMENTS else "party and number"
        return (
            f"{self.row['entity']} {self.row['qbo_number'] or 'Id ' + self.row['qbo_id']} of "
            f"{self.row['business_date']} was entered in QuickBooks by somebody else, and is of the same {what} as "
            f"{self.row['record_key']}, which is posted as {self.posted}: if the two are one, void one of them in "
            f"QuickBooks; if not, `qbo-pipeline write-back skip {self.key}` says so"
        )


class _Ours(NamedTuple):
    """A record that is posted."""

    key: str
    day: date


# --- keeping what others entered --------------------------------------------------------------------------------------
def note_entered(
    transaction: Connection,
    settings: Settings,
    entity: str,
    things: Iterable[Mapping[str, Any]],
    deleted_ids: Iterable[str],
    *,
    now: datetime,
) -> None:
    """Keep which of these objects of one entity others entered, inside the caller's transaction."""
    if entity not in asked_about(settings):
        return
    name = settings.connection.name
    # What carries a marker is ours or a copy of it, which is told as that; of our own there may be very many.
    seen = {str(thing["Id"]): dict(thing) for thing in things if marker_in(thing.get("PrivateNote")) is None}
    ours = links_to(transaction, name, entity, list(seen))
    told = _told_to_the_source(transaction, name, entity, [qbo_id for qbo_id in seen if qbo_id not in ours])
    found = []
    for qbo_id in sorted(seen.keys() - ours.keys() - told):
        if not is_voided(seen[qbo_id]):
            with suppress(OddShape, ValueError, KeyError):  # what cannot be read is like nothing of ours
                row = _facts(entity, seen[qbo_id])
                if row["business_date"] >= settings.connection.first_day:
                    found.append({"qbo_id": qbo_id, **row})
    store.put_entered(transaction, name, entity, {*seen, *deleted_ids}, found, now=now)


def forget_unseen_entries(
    transaction: Connection, settings: Settings, entity: str, seen: Collection[str], *, now: datetime
) -> None:
    """After all objects of an entity were read: what was not among them is no longer there."""
    name = settings.connection.name
    store.put_entered(
        transaction, name, entity, store.known_entered(transaction, name, entity) - set(seen), (), now=now
    )


def asked_about(settings: Settings) -> tuple[str, ...]:
    """The entities of which the inventory system's are posted, and those that people enter are not written back."""
    written_back = {ENTITIES[kind] for kind in settings.ownership.made_in_quickbooks()}
    return tuple(entity for entity in KINDS if entity not in written_back)


def _facts(entity: str, thing: dict[str, Any]) -> dict[str, Any]:
    field = party_field(entity)
    currency = an_object(thing.get("CurrencyRef"), "CurrencyRef").get("value")
    number = thing.get("PaymentRefNum") if entity == "Payment" else thing.get("DocNumber")
    return {
        "party_id": str(an_object(thing.get(field), field).get("value", "")),
        "qbo_number": str(number) if number else None,
        "business_date": date.fromisoformat(str(thing["TxnDate"])),
        "amount": exact(thing.get("TotalAmt", 0), "TotalAmt").quantize(Decimal("0.01")),
        "currency": str(currency) if currency else None,
    }


def _told_to_the_source(connection: Connection, name: str, entity: str, qbo_ids: Sequence[str]) -> set[str]:
    """Those that the inventory system was told of while its settings had them written back: it has them as its own."""
    found: set[str] = set()
    for part in chunks(qbo_ids):
        keys = [f"{entity}/{qbo_id}" for qbo_id in part]
        query = select(write_backs.c.key).where(write_backs.c.connection == name, write_backs.c.key.in_(keys))
        found.update(key.partition("/")[2] for key in connection.scalars(query))
    return found


# --- what they are like -----------------------------------------------------------------------------------------------
def judge_entered(transaction: Connection, settings: Settings, *, now: datetime) -> int:
    """Say which posted record each of them may be; answers how many are new of which that is so.

    Looked at are those that are new or were like one until now, and those near what was posted since the last look.
    """
    name = settings.connection.name
    since = _mark(transaction, name, now)
    if not store.any_entered(transaction, name):
        return 0
    span, numbers = _posted_since(transaction, name, since)
    rows = store.to_judge(transaction, name, since, span, numbers)
    changed: dict[Place, str | None] = {}
    found = 0
    for part in chunks(rows):
        alike = _alike(transaction, name, part)
        for row in part:
            place = (row["entity"], row["qbo_id"])
            if (key := alike.get(place)) != row["record_key"]:
                changed[place] = key
                found += row["record_key"] is None
    store.judge_entered(transaction, name, changed, now=now)
    return found


def alike_in_quickbooks(connection: Connection, name: str) -> list[Alike]:
    """Each entry of others that may be one event with a posting of ours, by date."""
    rows = store.load_alike(connection, name)
    posted = _standing(connection, name, [row["record_key"] for row in rows])
    return [Alike(row, posted.get(row["record_key"], "another object")) for row in rows]


def _mark(transaction: Connection, name: str, now: datetime) -> datetime:
    """The instant of the last look, by the database's clock as those that are compared with it; it is moved to now."""
    mine = (watermarks.c.connection == name, watermarks.c.name == _NAME)
    before = transaction.execute(select(watermarks.c.moved_at).where(*mine)).scalar()
    transaction.execute(delete(watermarks).where(*mine))
    transaction.execute(watermarks.insert(), {"connection": name, "name": _NAME, "value": "", "moved_at": now})
    return datetime.min.replace(tzinfo=UTC) if before is None else before - OVERLAP


def _posted_since(connection: Connection, name: str, since: datetime) -> tuple[tuple[date, date] | None, list[str]]:
    """Between which days payments lie that were linked since then, with those about them; and the numbers of documents
    that were."""
    linked = (_S.connection == _L.connection) & (_S.key == _L.key) & (_S.revision == _L.revision)
    query = select(_S.record_key).distinct().select_from(posting_links.join(posting_records, linked))
    ids: dict[str, list[str]] = {"payment": [], "document": []}
    for key in connection.scalars(query.where(_L.connection == name, _L.linked_at >= since)):
        record_type, _, record_id = key.partition("/")
        ids.get(record_type, []).append(record_id)
    days: list[date] = []
    numbers: dict[str, None] = {}
    for record_type, own in ids.items():
        for part in chunks(own):
            dated = select(_R.number, _R.business_date).where(
                _R.connection == name, _R.record_type == record_type, _R.record_id.in_(part)
            )
            for row in connection.execute(dated):
                if record_type == "payment":
                    days.append(row.business_date)
                elif row.number:
                    numbers |= dict.fromkeys(spellings(row.number))
    return (min(days) - NEAR, max(days) + NEAR) if days else None, list(numbers)


def _alike(connection: Connection, name: str, rows: Sequence[RowMapping]) -> dict[Place, str]:
    """By entry, the key of the posted record that is like it, of payments the one of the nearest day."""
    parties = _parties(connection, name, rows)
    mine = {party for party in parties.values() if party}
    if not mine:
        return {}
    days = [row["business_date"] for row in rows]
    near = and_(_R.kind.in_(PAID), _R.business_date.between(min(days) - NEAR, max(days) + NEAR))
    numbered = _R.number.in_({one for row in rows if row["qbo_number"] for one in spellings(row["qbo_number"])})
    columns = (_R.record_type, _R.record_id, _R.kind, _R.party_id, _R.currency, _R.number, _R.amount, _R.business_date)
    query = select(*columns).where(
        _R.connection == name, _R.party_id.in_(mine), _R.kind.in_({KINDS[row["entity"]] for row in rows}),
        _R.vanished_at.is_(None), _R.disposition != "set_aside", or_(near, and_(_R.kind.not_in(PAID), numbered)),
    )  # fmt: skip
    ours: dict[tuple[Any, ...], list[_Ours]] = defaultdict(list)
    for row in connection.execute(query):
        key = f"{row.record_type}/{row.record_id}"
        told = row.amount if row.kind in PAID else row.number.casefold()
        ours[row.kind, row.party_id, row.currency, told].append(_Ours(key, row.business_date))
    posted = _standing(connection, name, [one.key for ones in ours.values() for one in ones])
    found: dict[Place, str] = {}
    for entry in rows:
        kind, place = KINDS[entry["entity"]], (entry["entity"], entry["qbo_id"])
        told = entry["amount"] if kind in PAID else (entry["qbo_number"] or "").casefold()
        for currency in dict.fromkeys((entry["currency"], None)):
            ones = [one for one in ours.get((kind, parties.get(place), currency, told), ()) if one.key in posted]
            apart = {one.key: abs(one.day - entry["business_date"]) for one in ones}
            close = [key for key, days_apart in apart.items() if kind not in PAID or days_apart <= NEAR]
            if close:
                found[place] = min(close, key=lambda key: (apart[key], key))
                break
    return found


def _parties(connection: Connection, name: str, rows: Sequence[RowMapping]) -> dict[Place, str]:
    """By entry, the source's id of its party, where that is linked."""
    found: dict[Place, str] = {}
    for field, (party_entity, prefix) in PARTIES.items():
        own = [row for row in rows if party_field(row["entity"]) == field]
        linked = links_to(connection, name, party_entity, [row["party_id"] for row in own])
        for row in own:
            if its := linked.get(row["party_id"]):
                found[row["entity"], row["qbo_id"]] = further_currency(its[0].key)[0].removeprefix(prefix)
    return found


def _standing(connection: Connection, name: str, record_keys: Sequence[str]) -> dict[str, str]:
    """By record, what it is in QuickBooks: those that count in the books there, by themselves or in a summary."""
    newest = postings.alias("newest")
    gone = exists().where(
        newest.c.connection == name, newest.c.key == _L.key, newest.c.superseded_by.is_(None),
        or_(
            and_(newest.c.state == POSTED, newest.c.operation.in_((VOID, DELETE))),
            and_(newest.c.state == DRIFTED, newest.c.reason == VOIDED),
        ),
    )  # fmt: skip
    linked = (_S.connection == _L.connection) & (_S.key == _L.key) & (_S.revision == _L.revision)
    found: dict[str, str] = {}
    for part in chunks(list(dict.fromkeys(record_keys))):
        query = select(_S.record_key, _L.entity, _L.qbo_id, _L.qbo_number).select_from(
            posting_records.join(posting_links, linked)
        )
        rows = connection.execute(query.where(_S.connection == name, _S.record_key.in_(part), ~gone).order_by(_L.key))
        for row in rows:
            found.setdefault(row.record_key, f"{row.entity} {row.qbo_number or 'Id ' + row.qbo_id}")
    return found
