"""The two-way comparison: documents, payments and contacts, here and in QuickBooks, and why each that differs does.

What belongs here: reading both sides and telling them apart. Quantities are compared where QuickBooks keeps
them (`two_way_stock.py`); stock values are the reconciliation's. A metered read for each 1,000 objects since
`[write_back] first_day`; nothing is changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, select

from qbo_pipeline.pipeline.linking_documents import amount_of
from qbo_pipeline.pipeline.returning_book import returning_book
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.two_sided import compare
from qbo_pipeline.pipeline.two_way_back import HeldHere
from qbo_pipeline.pipeline.two_way_forms import day_forms
from qbo_pipeline.pipeline.two_way_stock import parted_items
from qbo_pipeline.posting.content import is_voided
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.quickbooks.shapes import JsonObject
from qbo_pipeline.returning.rules import ENTITIES, OWNED_AS, TWO_SIDED
from qbo_pipeline.store.postings import chunks, links_to
from qbo_pipeline.store.tables.posting import posting_links, postings
from qbo_pipeline.store.tables.records import records
from qbo_pipeline.store.tables.write_backs import quickbooks_objects, write_backs

QUANTITIES = "quantities"
PARTS = ("#deposit", "#summary")  # how the keys of a payment's parts end which are money of it
_AMOUNTS = {"payment": "amount", "document": "total_amount"}
_KINDS = (
    "sales_invoices", "sales_credits", "sales_receipts", "sales_refunds", "bills", "purchase_credits",
    "payments_received", "payments_made",
)  # fmt: skip


@dataclass(slots=True)
class ComparedKind:
    """What one kind comes to: how many stand on both sides with the same amount, and each that differs."""

    kind: str
    agree: int = 0
    differ: list[dict[str, Any]] = field(default_factory=list)


def two_way(run: Run) -> list[ComparedKind]:
    """Compare each kind that is written back, by what QuickBooks says now and what was read last of the source.

    Raises a `TransientError` where QuickBooks does not answer.
    """
    made = run.settings.ownership.made_in_quickbooks()
    found = [_papers(run, kind) for kind in _KINDS if kind in made]
    found += [_lists(run, entity) for entity, of in TWO_SIDED.items() if of.owned_as in made]
    return [*found, _quantities(run)] if run.settings.posting.mode == "tracked" else found


def _quantities(run: Run) -> ComparedKind:
    """The items of which QuickBooks keeps the quantity; each that parts with `since` when, and the `documents` that do,
    in order of date."""
    agree, parted = parted_items(run)
    rows = [
        {
            "key": f"product/{item.product_id}", "here": item.here, "there": item.there, "why": item.told(),
            "item": item.item_id, "name": item.name, "since": item.parting.since,
            "documents": [asdict(document) for document in item.parting.documents], "beyond": item.parting.beyond,
        }
        for item in parted
    ]  # fmt: skip
    return ComparedKind(QUANTITIES, agree, rows)


def _papers(run: Run, kind: str) -> ComparedKind:
    assert run.settings.write_back is not None
    entity, first_day = ENTITIES[kind], run.settings.write_back.first_day
    kinds = [name for name, owned_as in OWNED_AS.items() if owned_as == kind]
    there: dict[str, JsonObject] = {}
    query = select_objects(entity).where("TxnDate", ">=", first_day)
    if (last_day := run.settings.connection.last_day) is not None:
        query = query.where("TxnDate", "<=", last_day)
    for page in run.quickbooks().query_pages(query):
        there |= {str(thing["Id"]): thing for thing in page}
    result = ComparedKind(kind)
    with run.database.reading() as connection:
        here = _records(run, connection, kinds)
        places, forms = _places(run, connection, here, entity), day_forms(connection, run.name, here.keys())
    beyond = set(forms.sums) | {
        place for found in places.values() for place in found if place[0] != entity or place[1] not in there
    }
    things = _read(run, beyond)
    things |= {(entity, qbo_id): thing for qbo_id, thing in there.items()}
    amounts = {place: _there(place[0], things[place]) for place in forms.sums if place in things}
    with run.database.reading() as connection:
        known = _objects(run, connection, entity)
        own = {key: next((of for name, of in found if name == entity), "") for key, found in places.items()}
        back = HeldHere(connection, run.name, entity, [*there, *own.values()], known)
        for key, row in here.items():
            amount, qbo_id = _here(row), own.get(key, "")
            found = [place for place in places.get(key, ()) if place in things]
            if not found and key not in forms.shares and amount == 0:
                continue
            for place in found:
                there.pop(place[1] if place[0] == entity else "", None)
            value = sum((_there(place[0], things[place]) for place in found), Decimal(0))
            if key in forms.shares:
                value += forms.there(key, amounts)
            value = -value if amount < 0 else value  # an object there has no sign, its form says which way it goes
            parted = back.parting(qbo_id, things.get((entity, qbo_id)), row) if back.wrote(qbo_id) else None
            if value == amount and parted is None:
                result.agree += 1
                continue
            why = parted or _why_here(run, connection, row)
            result.differ.append({"key": key, "here": amount, "there": value, "why": why})
        result.differ += forms.changed(amounts)
        for place in forms.sums:
            there.pop(place[1] if place[0] == entity else "", None)
        for qbo_id in _of_other_kinds(run, connection, entity, there, kinds):
            del there[qbo_id]
        for qbo_id, thing in there.items():
            if value := _there(entity, thing):
                parted = back.parting(qbo_id, thing, None) if back.wrote(qbo_id) else None
                why = parted or _why_there(known.get(qbo_id))
                result.differ.append({"key": f"{entity}/{qbo_id}", "here": Decimal(0), "there": value, "why": why})
    return result


def _lists(run: Run, entity: str) -> ComparedKind:
    of = TWO_SIDED[entity]
    result = ComparedKind(of.owned_as)
    things = list(run.quickbooks().query(select_objects(entity, with_inactive=True)))
    with run.database.transaction() as connection:
        book = returning_book(connection, run.settings, things)
        known = _objects(run, connection, entity)
        linked = links_to(connection, run.name, entity, [str(thing["Id"]) for thing in things])
        sides = {linked[str(thing["Id"])][0].key: (linked[str(thing["Id"])][0], thing)
                 for thing in things if str(thing["Id"]) in linked}  # fmt: skip
        compared = compare(connection, run.settings, sides, book, run.database.now(connection))
        connection.rollback()  # a comparison agrees upon nothing
    for both in compared.values():
        merged = both.merged
        waiting = [*(str(conflict) for conflict in merged.conflicts),
                   *(f"{name} is to be taken from QuickBooks" for name in merged.to_source),
                   *(f"{name} is to be posted" for name in merged.to_quickbooks)]  # fmt: skip
        if waiting:
            result.differ.append({"key": both.key, "here": None, "there": None, "why": "; ".join(waiting)})
        else:
            result.agree += 1
    for thing in things:
        qbo_id = str(thing["Id"])
        if qbo_id not in linked and thing.get("Active") is not False:
            why = _why_there(known.get(qbo_id))
            result.differ.append({"key": f"{entity}/{qbo_id}", "here": None, "there": None, "why": why})
    return result


def _records(run: Run, connection: Connection, kinds: list[str]) -> dict[str, RowMapping]:
    assert run.settings.write_back is not None
    r = records.c
    query = select(records).where(
        r.connection == run.name, r.kind.in_(kinds), r.vanished_at.is_(None), r.disposition != "set_aside",
        r.business_date.between(run.settings.write_back.first_day, run.settings.connection.last_day or date.max),
    )  # fmt: skip
    rows = connection.execute(query.order_by(r.business_date, r.record_id)).mappings()
    return {f"{row['record_type']}/{row['record_id']}": row for row in rows}


def _places(
    run: Run, connection: Connection, here: Mapping[str, RowMapping], entity: str
) -> dict[str, list[tuple[str, str]]]:
    """By record key, the objects that it is, each by entity and Id: several where a payment has parts, or one of
    another entity, where QuickBooks has no other form for it."""
    p, w = posting_links.c, write_backs.c
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    record_type = "payment" if entity in ("Payment", "BillPayment") else "document"
    ours = select(p.key, p.entity, p.qbo_id).where(p.connection == run.name, p.key.startswith(f"{record_type}/"))
    for row in connection.execute(ours):
        whole = next((row.key.removesuffix(part) for part in PARTS if row.key.endswith(part)), row.key)
        key = row.key if row.key in here else whole
        if key in here:
            found[key].append((row.entity, row.qbo_id))
    taken = select(w.key, w.taken_as).where(
        w.connection == run.name, w.taken_as.is_not(None), w.key.startswith(f"{entity}/")
    )
    for of, taken_as in connection.execute(taken):
        key = f"{record_type}/{taken_as}"
        if key not in found:
            found[key] = [(entity, of.partition("/")[2])]
    return found


def _read(run: Run, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], JsonObject]:
    """These objects as QuickBooks has them, a metered read for thirty of them."""
    by_entity: dict[str, list[str]] = defaultdict(list)
    for entity, qbo_id in sorted(places):
        by_entity[entity].append(qbo_id)
    return {
        (entity, str(thing["Id"])): thing
        for entity, ids in by_entity.items()
        for part in chunks(ids, 30)
        for thing in run.quickbooks().query(select_objects(entity).where("Id", "IN", tuple(part)))
    }


def _of_other_kinds(
    run: Run, connection: Connection, entity: str, there: Iterable[str], kinds: Sequence[str]
) -> list[str]:
    """Which of these objects are the form of a record of another kind, as a negative invoice is a credit."""
    r, found = records.c, []
    linked = links_to(connection, run.name, entity, sorted(there))
    for qbo_id, its in linked.items():
        record_type, _, record_id = its[0].key.partition("/")
        whole = record_id.rpartition("#")[0]  # of an order that makes its bill, say
        query = select(r.kind).where(
            r.connection == run.name, r.record_type == record_type, r.record_id.in_((record_id, whole)),
            r.vanished_at.is_(None),
        )  # fmt: skip
        of = set(connection.scalars(query))
        if of and not of & set(kinds):
            found.append(qbo_id)
    return found


def _there(entity: str, thing: JsonObject) -> Decimal:
    return Decimal(0) if is_voided(thing) else amount_of(entity, thing)


def _here(row: RowMapping) -> Decimal:
    content = orjson.loads(row["content"])
    return Decimal(0) if content["status"] != "completed" else Decimal(content[_AMOUNTS[row["record_type"]]])


def _objects(run: Run, connection: Connection, entity: str) -> dict[str, RowMapping]:
    q = quickbooks_objects.c
    query = select(quickbooks_objects).where(q.connection == run.name, q.entity == entity)
    return {row["qbo_id"]: row for row in connection.execute(query).mappings()}


def _why_here(run: Run, connection: Connection, row: RowMapping) -> str:
    key = f"{row['record_type']}/{row['record_id']}"
    p = postings.c
    query = select(p.state, p.reason, p.message).where(
        p.connection == run.name, p.record_key == key, p.superseded_by.is_(None)
    )
    posting = connection.execute(query).first()
    if posting is not None and posting.state != "posted":
        return f"its posting is {posting.state}: {posting.message or posting.reason or 'it waits its turn'}"
    if row["disposition"] in ("excluded", "refused"):
        return f"{row['disposition']}: {row['message'] or row['rule']}"
    return "changed since it was carried: the next run carries it" if posting is not None else "not built yet"


def _why_there(row: RowMapping | None) -> str:
    if row is None:
        return "not read yet: the next run reads it"
    if row["disposition"] == "written_back":
        return "it lies in the inbox of the inventory system, or what was taken of it was not read yet"
    return f"{row['disposition'].replace('_', ' ')}: {row['message'] or row['rule'] or 'the next run builds it'}"


def told(kinds: list[ComparedKind]) -> Iterator[str]:
    """The comparison in lines."""
    for kind in kinds:
        yield f"{kind.kind.replace('_', ' '):18} {kind.agree:>7,} agree {len(kind.differ):>5,} differ"
        for row in kind.differ:
            places = "" if kind.kind == QUANTITIES else ".2f"  # a quantity has as many decimals as it has
            sides = [format(row[side], f",{places}") for side in ("here", "there") if row[side] is not None]
            amounts = "{} here, {} in QuickBooks; ".format(*sides) if sides else ""
            yield f"  {row['key']}: {amounts}{row['why']}"
