"""Copies that people make in QuickBooks of what we posted, marker and all: found, shown, never touched.

What belongs here: telling a copy from an object of ours. A copy of an invoice or a bill moves no stock account, so that
no ledger line says it; its revenue, tax and open balance stand twice all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from qbo_pipeline.posting.content import amount, is_voided
from qbo_pipeline.posting.events import DELETED, DRIFTED, VOIDED
from qbo_pipeline.posting.identity import marker_in
from qbo_pipeline.posting.reversal import REVERSAL_MARK
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.quickbooks.shapes import OddShape
from qbo_pipeline.store.copies import keys_of_markers, known_copies, newest_states, put_copies, replaced_objects
from qbo_pipeline.store.postings import links, links_to


def note_copies(
    transaction: Connection,
    connection: str,
    entity: str,
    things: Iterable[Mapping[str, Any]],
    deleted_ids: Iterable[str],
    *,
    now: datetime,
) -> int:
    """Keep which of these objects of one entity are copies of ours, inside the caller's transaction; answers how many
    are new.

    A copy carries the marker of a posting that is linked to another object, or whose own object was deleted. One that
    is voided, or whose marker a person took out, is none, nor what is linked itself. Where nothing is linked yet, an
    answer may still be on its way.
    """
    seen = {str(thing["Id"]): thing for thing in things}
    codes = {
        qbo_id: code for qbo_id, thing in seen.items() if (code := marker_in(thing.get("PrivateNote"))) is not None
    }
    for qbo_id in links_to(transaction, connection, entity, sorted(codes)):  # nearly all: they hold a key of ours
        del codes[qbo_id]
    keys = keys_of_markers(transaction, connection, set(codes.values()))
    own = links(transaction, connection, sorted(set(keys.values())))
    states = newest_states(transaction, connection, set(keys.values()) - own.keys())
    replaced = replaced_objects(transaction, connection, set(keys.values()), REVERSAL_MARK)
    copies = []
    for qbo_id, code in sorted(codes.items()):
        key, thing = keys.get(code), seen[qbo_id]
        if key is None or is_voided(dict(thing)) or (entity, qbo_id) in replaced:
            continue
        link = own.get(key)
        other = states.get(key) == DELETED if link is None else link.entity == entity and link.qbo_id != qbo_id
        if other and (day := _day(thing)) is not None:
            copies.append({"entity": entity, "qbo_id": qbo_id, "key": key, "business_date": day, "found_at": now}
                          | _facts(thing))  # fmt: skip
    before = known_copies(transaction, connection, entity)
    put_copies(transaction, connection, entity, {*seen, *deleted_ids}, copies, now=now)
    return len({row["qbo_id"] for row in copies} - before)


def note_left(transaction: Connection, connection: str, row: Mapping[str, Any], qbo_id: str, *, now: datetime) -> None:
    """Keep as a copy what a posting (`row`, its newest revision) was until now, where a person links it to another
    object: that one still counts in the books, and nothing in QuickBooks will say so. One that is voided is none."""
    link = links(transaction, connection, [row["key"]]).get(row["key"])
    if link is None or link.qbo_id == qbo_id or not entity_named(link.entity).transaction:
        return
    if row["state"] == DRIFTED and row["reason"] == VOIDED:
        return
    left = {
        "entity": link.entity, "qbo_id": link.qbo_id, "key": row["key"], "business_date": row["business_date"],
        "found_at": now, "qbo_number": link.qbo_number, "amount": row["amount"], "currency": row["currency"],
    }  # fmt: skip
    there = known_copies(transaction, connection, link.entity)
    put_copies(transaction, connection, link.entity, {link.qbo_id} - there, [left], now=now)


def forget_unseen(transaction: Connection, connection: str, entity: str, seen: set[str], *, now: datetime) -> None:
    """After all objects of an entity were read: what was not among them is no longer there."""
    put_copies(transaction, connection, entity, known_copies(transaction, connection, entity) - seen, (), now=now)


def _day(thing: Mapping[str, Any]) -> date | None:
    try:
        return date.fromisoformat(str(thing.get("TxnDate")))
    except ValueError:
        return None


def _facts(thing: Mapping[str, Any]) -> dict[str, Any]:
    number = thing.get("DocNumber")
    currency = thing.get("CurrencyRef")
    try:
        total = Decimal(amount(thing["TotalAmt"])) if thing.get("TotalAmt") else None
    except OddShape:
        total = None
    return {
        "qbo_number": None if number is None else str(number),
        "amount": total,
        "currency": str(currency.get("value")) if isinstance(currency, dict) else None,
    }
