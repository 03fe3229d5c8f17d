"""Payments and documents that people of both sides entered: one event is not to stand in QuickBooks twice.

What belongs here: finding the records of the source that may be what a person entered in QuickBooks and the way back
has not carried yet, so that they are not posted beside it. The other way round it is `in_the_source.twin_of`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, or_, select, update

from qbo_pipeline.accounting.parties import further_currency
from qbo_pipeline.accounting.payloads import clean
from qbo_pipeline.inventory.records import RECORD_TYPES, Document, Payment, Record, record_key
from qbo_pipeline.pipeline.master_data import Parsed
from qbo_pipeline.posting.content import is_voided
from qbo_pipeline.posting.states import Reason
from qbo_pipeline.quickbooks.shapes import JsonObject, OddShape, an_object, exact
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.returning.documents import SIDES
from qbo_pipeline.returning.rules import ENTITIES
from qbo_pipeline.settings import Settings
from qbo_pipeline.store.postings import chunks, links, links_to
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import records
from qbo_pipeline.store.tables.write_backs import quickbooks_objects, write_backs

ANOTHER = "another_one"  # the rule of an object of which a person said that it is not the one it looks like
KINDS = {
    "Payment": "payment_received", "BillPayment": "payment_made",
    **{entity: side.kind for entity, side in SIDES.items()},
}  # fmt: skip
PAID = ("payment_received", "payment_made")
PARTIES = {"CustomerRef": ("Customer", "party/customer:"), "VendorRef": ("Vendor", "party/supplier:")}
CUSTOMERS = ("Payment", *(entity for entity, side in SIDES.items() if side.party_entity == "Customer"))
_O, _P, _R, _W = quickbooks_objects.c, postings.c, records.c, write_backs.c


class Entered(NamedTuple):
    """What a person entered in QuickBooks: its party by the source's id, or by name where that is not linked yet."""

    key: str
    kind: str
    party_id: str | None
    party_name: str
    day: date
    amount: Decimal
    number: str


def may_be_the_same(
    connection: Connection, settings: Settings, read: Sequence[Record], kept: Parsed | None = None
) -> dict[str, Entered]:
    """By key of the records among these that are not in QuickBooks: what a person entered there that may be the same.

    A payment is alike by kind, party, day and amount, a document by kind, party and number. What a person said to be
    another one, or to be left in QuickBooks, is none. `kept` spares further pages of a run the looking up.
    """
    mine = [record for record in read if isinstance(record, Payment | Document) and record.kind in KINDS.values()]
    mine = [record for record in mine if record.status != "voided"]
    kept = kept or Parsed()
    if mine and kept.entered is None:
        kept.entered = _entered(connection, settings)
    if not mine or not (entered := kept.entered):
        return {}
    linked = links(connection, settings.connection.name, [record_key(record) for record in mine])
    found: dict[str, Entered] = {}
    for record in mine:
        key = record_key(record)
        if key in linked:
            continue
        for one in entered.get(_sign_of(record), ()):
            if _same_party(connection, settings.connection.name, record, one):
                found[key] = one
                break
    return found


def why_held(connection: Connection, settings: Settings, read: Sequence[Record], kept: Parsed) -> dict[str, str]:
    """By key of the records among these that a person may have entered in QuickBooks as well, why they wait."""
    found = may_be_the_same(connection, settings, read, kept)
    return {record_key(one): _told(one, found[record_key(one)]) for one in read if record_key(one) in found}


def _told(record: Record, one: Entered) -> str:
    key, qbo_id = record_key(record), one.key.partition("/")[2]
    what = "party, day and amount" if isinstance(record, Payment) else "party and number"
    return (
        f"{one.key} of the same {what} was entered in QuickBooks: if the two are one, `qbo-pipeline relink {key} "
        f"{qbo_id}`, or void the one in QuickBooks; if not, `qbo-pipeline write-back retry {one.key}` has both go"
    )


def entered_twice(connection: Connection, settings: Settings) -> dict[str, Entered]:
    """By record key, each that waits because a person may have entered it in QuickBooks as well, and what that is."""
    query = select(_P.record_key).where(
        _P.connection == settings.connection.name, _P.superseded_by.is_(None), _P.state == "parked",
        _P.reason == Reason.PERHAPS_ONE,
    )  # fmt: skip
    keys = list(dict.fromkeys(connection.scalars(query)))
    return may_be_the_same(connection, settings, _read_records(connection, settings.connection.name, keys))


def build_again_what_is_there_perhaps(transaction: Connection, settings: Settings) -> None:
    """Have records built again whose posting waits to be sent, where a person has entered the like meanwhile."""
    name = settings.connection.name
    query = select(_P.record_key).where(
        _P.connection == name, _P.superseded_by.is_(None), _P.state.in_(("ready", "parked")), _P.doubt.is_(False),
        or_(_P.record_key.startswith("payment/"), _P.record_key.startswith("document/")),
    )  # fmt: skip
    waiting = list(dict.fromkeys(transaction.scalars(query)))
    if not waiting or not _entered(transaction, settings):
        return
    again = may_be_the_same(transaction, settings, _read_records(transaction, name, waiting, disposition="posting"))
    for keys in chunks(list(again)):
        whose = (_R.connection == name, (_R.record_type + "/" + _R.record_id).in_(keys))
        transaction.execute(update(records).where(*whose).values(disposition="new"))


def _read_records(
    connection: Connection, name: str, keys: Sequence[str], disposition: str | None = None
) -> list[Record]:
    """The records with these keys that are there, of one disposition where it is given."""
    found: list[Record] = []
    for part in chunks(keys):
        query = select(_R.record_type, _R.content).where(
            _R.connection == name, (_R.record_type + "/" + _R.record_id).in_(part), _R.vanished_at.is_(None),
            _R.disposition != "set_aside",
        )  # fmt: skip
        rows = connection.execute(query if disposition is None else query.where(_R.disposition == disposition))
        found += [RECORD_TYPES[row.record_type].from_content(orjson.loads(row.content)) for row in rows]
    return found


def _entered(connection: Connection, settings: Settings) -> dict[tuple[str, ...], list[Entered]]:
    """What is not carried, by what it would be recognised by."""
    name = settings.connection.name
    if settings.write_back is None:
        return {}
    entities = [ENTITIES[kind] for kind in settings.ownership.made_in_quickbooks() if ENTITIES[kind] in KINDS]
    told = select(_W.key).where(_W.connection == _O.connection, _W.key == _O.entity + "/" + _O.qbo_id)
    query = select(_O.entity, _O.qbo_id, _O.rule, _O.content).where(
        _O.connection == name, _O.disposition.in_(("due", "withheld")), _O.entity.in_(entities),
        _O.deleted.is_(False), _O.content.is_not(None), ~told.exists(),
    )  # fmt: skip
    read = {
        (row.entity, row.qbo_id): from_wire(row.content) for row in connection.execute(query) if row.rule != ANOTHER
    }
    linked = _linked(connection, name, read)
    found: dict[tuple[str, ...], list[Entered]] = {}
    for (entity, qbo_id), thing in read.items():
        if is_voided(thing) or (entity, qbo_id) in linked:
            continue
        with suppress(OddShape, ValueError, KeyError):  # what is odd about it is told where it is built
            one = _read(connection, name, entity, thing)
            told_apart = bool(one.number) or one.kind in PAID  # a document without a number is like none
            if told_apart and settings.write_back.first_day <= one.day <= (settings.connection.last_day or date.max):
                found.setdefault(_sign(one.kind, one.day, one.amount, one.number), []).append(one)
    return found


def _linked(connection: Connection, name: str, read: Mapping[tuple[str, str], JsonObject]) -> set[tuple[str, str]]:
    """Those that are a record's already."""
    return {
        (entity, qbo_id)
        for entity in dict.fromkeys(entity for entity, _ in read)
        for qbo_id in links_to(connection, name, entity, [own for of, own in read if of == entity])
    }


def _read(connection: Connection, name: str, entity: str, thing: JsonObject) -> Entered:
    field = party_field(entity)
    party_entity, prefix = PARTIES[field]
    party = an_object(thing.get(field), field)
    qbo_id = str(party.get("value", ""))
    of_it = links_to(connection, name, party_entity, [qbo_id]).get(qbo_id, [])
    return Entered(
        key=f"{entity}/{thing['Id']}",
        kind=KINDS[entity],
        party_id=further_currency(of_it[0].key)[0].removeprefix(prefix) if of_it else None,
        party_name=str(party.get("name", "")),
        day=date.fromisoformat(str(thing["TxnDate"])),
        amount=exact(thing.get("TotalAmt", 0), "TotalAmt"),
        number=str(thing.get("DocNumber") or ""),
    )


def party_field(entity: str) -> str:
    """The field of an object of this entity that names its customer or vendor."""
    return "CustomerRef" if entity in CUSTOMERS else "VendorRef"


def _sign(kind: str, day: date, amount: Decimal, number: str) -> tuple[str, ...]:
    if kind in PAID:
        return (kind, day.isoformat(), str(amount.normalize()))
    return (kind, number.casefold())


def _sign_of(record: Payment | Document) -> tuple[str, ...]:
    amount = record.amount if isinstance(record, Payment) else Decimal(0)
    return _sign(record.kind, record.business_date, amount, record.number)


def _same_party(connection: Connection, name: str, record: Payment | Document, one: Entered) -> bool:
    if one.party_id is not None:
        return one.party_id == record.party_id
    side = "customer" if one.key.partition("/")[0] in CUSTOMERS else "supplier"
    query = select(_R.content).where(
        _R.connection == name, _R.record_type == "party", _R.record_id == f"{side}:{record.party_id}"
    )
    content = connection.execute(query).scalar()
    called = str(orjson.loads(content).get("name", "")) if content else ""
    return bool(called) and clean(called, ":").casefold() == one.party_name.casefold()
