"""What people call the records behind postings: kind, number and party, for the rows that are shown.

What belongs here: two queries for any number of shown rows. Names of parties are what the inventory system calls them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, Select, select, union_all

from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.records import records

_OF_SUPPLIERS = {"bill", "purchase_credit", "purchase_order", "payment_made", "receipt", "supplier_return"}


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """A record as people know it; empty texts where it has none."""

    kind: str
    number: str
    party: str
    day: date
    amount: Decimal | None
    currency: str
    disposition: str
    message: str


def facts(connection: Connection, name: str, keys: Iterable[str]) -> dict[str, DocumentFacts]:
    """By record key; what is no record (a summary, a person's order) is not among them."""
    places = [(kind, one) for kind, slash, one in (key.partition("/") for key in sorted(set(keys))) if slash]
    if not places:
        return {}
    columns = (
        records.c.record_type, records.c.record_id, records.c.kind, records.c.number, records.c.party_id,
        records.c.business_date, records.c.amount, records.c.currency, records.c.disposition, records.c.message,
        records.c.vanished_at,
    )  # fmt: skip
    found = connection.execute(union_all(*at_places(columns, name, places))).all()
    names = party_names(connection, name, {(row.kind, row.party_id) for row in found if row.party_id})
    return {
        f"{row.record_type}/{row.record_id}": DocumentFacts(
            kind=row.kind,
            number=row.number or "",
            party=names.get((row.kind, row.party_id), ""),
            day=row.business_date,
            amount=row.amount,
            currency=row.currency or "",
            disposition="vanished" if row.vanished_at is not None else row.disposition,
            message=row.message or "",
        )
        for row in found
    }


def at_places(columns: Sequence[Any], name: str, places: Iterable[tuple[str, str]]) -> list[Select[Any]]:
    """The records of these types and ids: a query for each type, since SQLite finds no index for pairs."""
    ids: dict[str, list[str]] = {}
    for record_type, record_id in places:
        ids.setdefault(record_type, []).append(record_id)
    c = records.c
    return [
        select(*columns).where(c.connection == name, c.record_type == record_type, c.record_id.in_(own))
        for record_type, own in ids.items()
    ]


def party_names(connection: Connection, name: str, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """By kind of record and id of the party its name; the id where it has none."""
    ids = sorted({f"{side}:{party}" for _, party in wanted for side in ("customer", "supplier")})
    if not ids:
        return {}
    query = select(records.c.record_id, records.c.content).where(
        records.c.connection == name, records.c.record_type == "party", records.c.record_id.in_(ids)
    )
    known = {row.record_id: _name(row.content) for row in connection.execute(query)}
    found = {}
    for kind, party in wanted:
        sides = ("supplier", "customer") if kind in _OF_SUPPLIERS else ("customer", "supplier")
        found[kind, party] = next((known[f"{side}:{party}"] for side in sides if known.get(f"{side}:{party}")), party)
    return found


NAMED = {"party_id": "party", "product_id": "product", "location_id": "location"}
"""Fields of records that name an entry of a list, by its id, and the list."""
Called = dict[tuple[str, str], str]


def names_in(connection: Connection, name: str, found: Iterable[Mapping[str, Any]]) -> Called:
    """(list, id) -> what the entry is called, for all that these records name."""
    wanted: set[tuple[str, str]] = set()
    for record in found:
        try:
            content = orjson.loads(record["content"])
        except orjson.JSONDecodeError:
            continue
        parts = [content, *(content.get("lines") or ())] if isinstance(content, dict) else []
        for part in parts:
            if isinstance(part, dict):
                wanted |= {(NAMED[field], str(part[field])) for field in NAMED if part.get(field)}
    places = sorted(
        {(kind, one) for kind, one in wanted if kind != "party"}
        | {("party", f"{side}:{one}") for kind, one in wanted if kind == "party" for side in ("customer", "supplier")}
    )
    called: Called = {}
    for part in chunks(places):
        columns = (records.c.record_type, records.c.record_id, records.c.content)
        for row in connection.execute(union_all(*at_places(columns, name, part))):
            called[row.record_type, row.record_id.rpartition(":")[2]] = _name(row.content)
    return called


def _name(content: str) -> str:
    """What a party's record says of its name; a record that was set aside may hold anything."""
    try:
        said: Any = orjson.loads(content)
    except orjson.JSONDecodeError:
        return ""
    return str(said.get("name") or "") if isinstance(said, dict) else ""
