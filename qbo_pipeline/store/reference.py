"""QBO's reference data in the store: accounts, tax codes, preferences; what postings refer to and never create."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, delete, select

from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.records import reference_data


@dataclass(frozen=True, slots=True)
class Reference:
    """One object of QBO's lists; `content` is the object as QBO gave it."""

    entity: str
    qbo_id: str
    name: str
    number: str | None
    type: str | None
    currency: str | None
    active: bool
    content: dict[str, Any]


_NUMBERS = ("AcctNum", "Sku", "DueDays", "RateValue", "TaxRegistrationNumber")
_NAMES = ("FullyQualifiedName", "Name", "DisplayName", "CompanyName")


def of_object(entity: str, content: dict[str, Any]) -> Reference:
    """The reference that a QBO object is."""
    return Reference(
        entity=entity,
        qbo_id=str(content.get("Id", "1")),
        name=str(next((content[field] for field in _NAMES if content.get(field)), entity)),
        number=next((str(content[field]) for field in _NUMBERS if content.get(field) is not None), None),
        type=content.get("AccountType"),
        currency=(content.get("CurrencyRef") or {}).get("value"),
        active=bool(content.get("Active", True)),
        content=content,
    )


def fact_of(entity: str, name: str, value: str) -> Reference:
    """A fact under its name, its value in the place of a number."""
    return Reference(
        entity=entity, qbo_id=name, name=name, number=value, type=None, currency=None, active=True, content={}
    )


def put_references(connection: Connection, name: str, entity: str, found: Iterable[Reference], *, now: datetime) -> int:
    """Replace what the store knows of one of QBO's lists."""
    condition = (reference_data.c.connection == name) & (reference_data.c.entity == entity)
    connection.execute(delete(reference_data).where(condition))
    return _insert(connection, name, entity, {item.qbo_id: item for item in found}.values(), now)


def merge_references(
    connection: Connection, name: str, entity: str, changed: Sequence[Reference], gone: Sequence[str], *, now: datetime
) -> None:
    """Bring one of QBO's lists up to date by what changed in it and what was deleted from it."""
    condition = (reference_data.c.connection == name) & (reference_data.c.entity == entity)
    for part in chunks([*gone, *(item.qbo_id for item in changed)]):
        connection.execute(delete(reference_data).where(condition, reference_data.c.qbo_id.in_(part)))
    connection.execute(reference_data.update().where(condition).values(read_at=now))
    _insert(connection, name, entity, changed, now)


def _insert(connection: Connection, name: str, entity: str, found: Iterable[Reference], now: datetime) -> int:
    rows = [
        {
            "connection": name,
            "entity": entity,
            "qbo_id": item.qbo_id,
            "name": item.name,
            "number": item.number,
            "type": item.type,
            "currency": item.currency,
            "active": item.active,
            "content": orjson.dumps(item.content, default=_decimal).decode(),
            "read_at": now,
        }
        for item in found
    ]
    if rows:
        connection.execute(reference_data.insert(), rows)
    return len(rows)


def references(connection: Connection, name: str, entity: str) -> list[Reference]:
    """What the store knows of one of QBO's lists."""
    return lists_of(connection, name, entity)[entity]


def lists_of(connection: Connection, name: str, *entities: str) -> dict[str, list[Reference]]:
    """What the store knows of several of QBO's lists, by one query: entity -> its objects in the order of their Ids."""
    query = select(reference_data).where(reference_data.c.connection == name, reference_data.c.entity.in_(entities))
    found: dict[str, list[Reference]] = {entity: [] for entity in entities}
    for row in connection.execute(query.order_by(reference_data.c.qbo_id)):
        found[row.entity].append(
            Reference(
                entity=row.entity,
                qbo_id=row.qbo_id,
                name=row.name,
                number=row.number,
                type=row.type,
                currency=row.currency,
                active=row.active,
                content=orjson.loads(row.content),
            )
        )
    return found


def _decimal(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} is not JSON")
