"""The book that the return rules look into: which party and document of the source an object of QuickBooks is.

What belongs here: the look-ups, fetched at once for a page of objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from qbo_pipeline.accounting.parties import further_currency
from qbo_pipeline.pipeline.resolving import resolve_rules
from qbo_pipeline.quickbooks.shapes import JsonObject, OddShape, an_object, objects
from qbo_pipeline.returning.values import ReturnBook
from qbo_pipeline.settings import Settings
from qbo_pipeline.store.postings import chunks, links_to
from qbo_pipeline.store.tables.records import records

_PARTIES = {"Customer": ("CustomerRef", "party/customer:"), "Vendor": ("VendorRef", "party/supplier:")}
_DOCUMENTS = ("Invoice", "CreditMemo", "Bill", "VendorCredit")


def returning_book(connection: Connection, settings: Settings, things: Sequence[JsonObject]) -> ReturnBook:
    """What is known about these objects; raises `SettingsError` where the settings name an account that QBO lacks."""
    assert settings.write_back is not None
    name = settings.connection.name
    parties = {
        (entity, qbo_id): further_currency(key)[0].removeprefix(prefix)
        for entity, (field, prefix) in _PARTIES.items()
        for qbo_id, key in _linked(connection, name, entity, (_value(thing, field) for thing in things)).items()
        if key.startswith(prefix)
    }
    documents = {
        (entity, qbo_id): key.removeprefix("document/")
        for entity in _DOCUMENTS
        for qbo_id, key in _linked(connection, name, entity, _settled(things, entity)).items()
        if key.startswith("document/") and "#" not in key
    }
    there = _still_there(connection, name, sorted(set(documents.values())))
    hints = resolve_rules(connection, settings).by_date[-1].hints
    called: dict[str, list[str]] = {}
    for hint, account in hints.items():
        called.setdefault(account, []).append(hint)
    return ReturnBook(
        home_currency=settings.connection.currency,
        first_day=settings.write_back.first_day,
        party=lambda entity, qbo_id: parties.get((entity, qbo_id)),
        document=lambda entity, qbo_id: documents.get((entity, qbo_id)),
        gone=lambda document_id: document_id not in there,
        # An account that two hints lead to has no one name in the source.
        account=lambda qbo_id: called[qbo_id][0] if len(called.get(qbo_id, ())) == 1 else None,
    )


def _linked(connection: Connection, name: str, entity: str, qbo_ids: Iterable[str]) -> dict[str, str]:
    found = links_to(connection, name, entity, sorted(set(qbo_ids) - {""}))
    return {qbo_id: of_it[0].key for qbo_id, of_it in found.items()}


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
        except OddShape:
            continue


def _still_there(connection: Connection, name: str, document_ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for part in chunks(document_ids):
        query = select(records.c.record_id).where(
            records.c.connection == name,
            records.c.record_type == "document",
            records.c.record_id.in_(part),
            records.c.vanished_at.is_(None),
        )
        found.update(connection.scalars(query))
    return found
