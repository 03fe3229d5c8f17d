"""The book that the return rules look into: which party and document of the source an object of QuickBooks is.

What belongs here: the look-ups, fetched at once for a page of objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

import orjson
from sqlalchemy import Connection, select

from qbo_pipeline.accounting.categories import PREFIX as CATEGORY
from qbo_pipeline.accounting.parties import further_currency
from qbo_pipeline.accounting.payloads import clean
from qbo_pipeline.pipeline.in_the_source import Currencies, Named, OnHand, twin_of
from qbo_pipeline.pipeline.resolving import resolve_rules
from qbo_pipeline.posting.content import item_ids
from qbo_pipeline.quickbooks.shapes import JsonObject, OddShape, an_object, objects
from qbo_pipeline.returning.attachments import documents_of
from qbo_pipeline.returning.documents import SIDES
from qbo_pipeline.returning.rules import ENTITIES, TWO_SIDED
from qbo_pipeline.returning.values import ReturnBook
from qbo_pipeline.settings import Settings
from qbo_pipeline.store.attached_files import fetched_files, is_sent
from qbo_pipeline.store.postings import chunks, links_to
from qbo_pipeline.store.tables.posting import posting_links, postings
from qbo_pipeline.store.tables.records import records, reference_data
from qbo_pipeline.store.tables.write_backs import quickbooks_objects

_PARTIES = {"Customer": ("CustomerRef", "party/customer:"), "Vendor": ("VendorRef", "party/supplier:")}


def returning_book(connection: Connection, settings: Settings, things: Sequence[JsonObject]) -> ReturnBook:
    """What is known about these objects; raises `SettingsError` where the settings name an account that QBO lacks."""
    assert settings.write_back is not None
    name = settings.connection.name
    parties = {
        (entity, qbo_id): further_currency(key)[0].removeprefix(prefix)
        for entity, (field, prefix) in _PARTIES.items()
        for qbo_id, key in _linked(connection, name, entity, _named(things, field, entity)).items()
        if key.startswith(prefix)
    }
    documents = {
        (entity, qbo_id): key.removeprefix("document/")
        for entity in (*SIDES, "PurchaseOrder")
        for qbo_id, key in _linked(connection, name, entity, _settled(things, entity)).items()
        if key.startswith("document/") and "#" not in key
    }
    gone = _gone(connection, name, sorted(set(documents.values())))
    rules = resolve_rules(connection, settings).by_date[-1]
    hints, codes = _turned_round(rules.hints), _turned_round(rules.tax_codes)
    products = {
        qbo_id: key.removeprefix("product/")
        for qbo_id, key in _linked(connection, name, "Item", _items(things)).items()
        if key.startswith("product/")
    }
    categories = {
        qbo_id: key.removeprefix(CATEGORY)
        for qbo_id, key in _linked(connection, name, "Item", _categories(things)).items()
        if key.startswith(CATEGORY)
    }
    coming = _on_their_way(connection, settings)
    files = fetched_files(connection, name, [str(thing["Id"]) for thing in things if "AttachableRef" in thing])
    unlinked = Namesakes(connection, settings)
    called = _reference_names(connection, name)
    return ReturnBook(
        home_currency=settings.connection.currency,
        first_day=settings.write_back.first_day,
        last_day=settings.connection.last_day,
        party=lambda entity, qbo_id: parties.get((entity, qbo_id)),
        document=lambda entity, qbo_id: documents.get((entity, qbo_id)),
        gone=lambda document_id: document_id in gone,
        account=hints.get,
        tax_code=codes.get,
        product=products.get,
        category=categories.get,
        on_its_way=lambda entity, qbo_id: (entity, qbo_id) in coming,
        namesake=unlinked.of,
        being_posted=unlinked.being_posted,
        called=lambda entity, qbo_id: called.get((entity, qbo_id)),
        file=lambda qbo_id: files.get(qbo_id),
        sent_by_us=lambda document_ids, sha256: any(
            is_sent(connection, name, document_id, sha256) for document_id in document_ids
        ),
        knows_currency=Currencies(connection, settings).known,
        closed_through=settings.write_back.closed_through,
        on_hand=OnHand(connection, settings).of,
        other_named=Named(connection, name).other,
        twin=lambda record: twin_of(connection, name, record),
        location=settings.write_back.location,
        documents_move_stock=settings.write_back.documents_move_stock,
        default_quantity=settings.write_back.default_quantity,
    )


def _turned_round(names: Mapping[str, str]) -> dict[str, str]:
    """By Id of QuickBooks, what the source calls it; what two names lead to has no one name there."""
    found: dict[str, list[str]] = {}
    for name, qbo_id in names.items():
        found.setdefault(qbo_id, []).append(name)
    return {qbo_id: called[0] for qbo_id, called in found.items() if len(called) == 1}


def _items(things: Sequence[JsonObject]) -> Iterable[str]:
    for thing in things:
        if "Type" in thing and "Name" in thing:
            yield str(thing["Id"])
        with suppress(OddShape):
            yield from item_ids(thing)


def _categories(things: Sequence[JsonObject]) -> Iterable[str]:
    return (_value(thing, "ParentRef") for thing in things if "Type" in thing and "Name" in thing)


def _on_their_way(connection: Connection, settings: Settings) -> set[tuple[str, str]]:
    """Objects that are written back, and are no record of the source yet."""
    entities = [ENTITIES[kind] for kind in settings.ownership.made_in_quickbooks()]
    q = quickbooks_objects.c
    linked = select(posting_links.c.qbo_id).where(
        posting_links.c.connection == q.connection,
        posting_links.c.entity == q.entity,
        posting_links.c.qbo_id == q.qbo_id,
    )
    query = select(q.entity, q.qbo_id).where(
        q.connection == settings.connection.name,
        q.entity.in_(entities),
        q.disposition.in_(("due", "written_back", "withheld")),
        q.deleted.is_(False),
        ~linked.exists(),
    )
    return {(row.entity, row.qbo_id) for row in connection.execute(query)}


def _reference_names(connection: Connection, name: str) -> dict[tuple[str, str], str]:
    r = reference_data.c
    query = select(r.entity, r.qbo_id, r.name).where(
        r.connection == name, r.entity.in_(("Class", "Department", "PaymentMethod"))
    )
    return {(row.entity, row.qbo_id): row.name for row in connection.execute(query)}


class Namesakes:
    """Records of the source that are nothing in QuickBooks yet, and postings under way, by name; asked when needed."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self._connection = connection
        self._name = settings.connection.name
        self._found: dict[str, dict[str, list[str]]] = {}

    def of(self, entity: str, name: str) -> str | None:
        """The source's id of a record of this name that has no object in QuickBooks."""
        return next(iter(self.all_of(entity, name)), None)

    def all_of(self, entity: str, name: str) -> list[str]:
        """The ids of all records of this name that have none."""
        if entity not in self._found:
            self._found[entity] = self._unlinked(entity)
        return self._found[entity].get(clean(name, ":").casefold(), [])

    def being_posted(self, entity: str, name: str) -> bool:
        """Whether a posting of ours that makes an entry of this name has no settled fate yet."""
        p = postings.c
        query = select(p.key).where(
            p.connection == self._name, p.entity == entity, p.number == name, p.operation == "create",
            p.superseded_by.is_(None), p.state.in_(("sending", "unknown")),
        )  # fmt: skip
        return self._connection.execute(query.limit(1)).first() is not None

    def _unlinked(self, entity: str) -> dict[str, list[str]]:
        prefix = TWO_SIDED[entity].key_prefix
        record_type, _, of_id = prefix.partition("/")
        r = records.c
        linked = select(posting_links.c.key).where(
            posting_links.c.connection == r.connection, posting_links.c.key == r.record_type + "/" + r.record_id
        )
        query = select(r.record_id, r.content).where(
            r.connection == self._name,
            r.record_type == record_type,
            r.record_id.startswith(of_id),
            r.vanished_at.is_(None),
            r.disposition != "set_aside",
            ~linked.exists(),
        )
        found: dict[str, list[str]] = {}
        for row in self._connection.execute(query):
            content = orjson.loads(row.content)
            fields = ("number", "name") if record_type == "product" else ("name",)
            for name in {clean(content[field], ":").casefold() for field in fields if content.get(field)}:
                found.setdefault(name, []).append(row.record_id.removeprefix(of_id))
        return found


def _linked(connection: Connection, name: str, entity: str, qbo_ids: Iterable[str]) -> dict[str, str]:
    found = links_to(connection, name, entity, sorted(set(qbo_ids) - {""}))
    return {qbo_id: of_it[0].key for qbo_id, of_it in found.items()}


def _named(things: Sequence[JsonObject], field: str, entity: str) -> Iterable[str]:
    """Ids of an entity that these may be of: named by their field, by what they are a part of, or their own."""
    for thing in things:
        yield _value(thing, field)
        yield _value(thing, "ParentRef")
        if "DisplayName" in thing:
            yield str(thing["Id"])


def _value(thing: JsonObject, field: str) -> str:
    try:
        return str(an_object(thing.get(field), field).get("value", ""))
    except OddShape:
        return ""  # the rule says what is odd about it


def _settled(things: Sequence[JsonObject], entity: str) -> Iterable[str]:
    for thing in things:
        try:
            for line in objects(thing.get("Line"), "Line"):
                for link in objects(line.get("LinkedTxn"), "LinkedTxn"):
                    if link.get("TxnType") == entity:
                        yield str(link.get("TxnId", ""))
            yield from (qbo_id for of, qbo_id in documents_of(thing) if of == entity)
        except OddShape:
            continue


def _gone(connection: Connection, name: str, document_ids: Sequence[str]) -> set[str]:
    """Those that the source no longer has; one that it has just taken from its inbox may not have been read yet."""
    found: set[str] = set()
    for part in chunks(document_ids):
        query = select(records.c.record_id).where(
            records.c.connection == name,
            records.c.record_type == "document",
            records.c.record_id.in_(part),
            records.c.vanished_at.is_not(None),
        )
        found.update(connection.scalars(query))
    return found
