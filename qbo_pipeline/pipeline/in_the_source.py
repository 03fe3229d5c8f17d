"""What the inventory system has, by what was read of it last: currencies, quantities, and names that are taken there.

What belongs here: look-ups that are asked only when something comes back that needs them; each answer is kept.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from qbo_pipeline.accounting.payloads import clean
from qbo_pipeline.inventory.records import Document, Payment
from qbo_pipeline.returning.rules import TWO_SIDED
from qbo_pipeline.settings import Settings
from qbo_pipeline.store.tables.records import records, stock_lines
from qbo_pipeline.store.tables.write_backs import write_backs

NEAR = timedelta(days=3)  # by which the bank's day of a payment and that of its entry may lie apart
_R, _W = records.c, write_backs.c


def spellings(number: str) -> tuple[str, ...]:
    """A document's number as people of the other side may have typed it: the same in capitals or without them."""
    return tuple(dict.fromkeys((number, number.upper(), number.lower())))


class Currencies:
    """The currencies that the inventory system takes: the company's, those of the settings, and those in which it has
    a document, a payment or a party."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        assert settings.write_back is not None
        self._connection = connection
        self._name = settings.connection.name
        self._known = dict.fromkeys((settings.connection.currency, *settings.write_back.currencies), True)

    def known(self, currency: str) -> bool:
        """Whether something is there in this currency."""
        if currency not in self._known:
            mine = (_R.connection == self._name, _R.vanished_at.is_(None), _R.disposition != "set_aside")
            dated = select(_R.record_id).where(*mine, _R.currency == currency)
            said = _R.content.contains(f'"currency":"{currency}"', autoescape=True)
            party = select(_R.record_id).where(*mine, _R.record_type == "party", said)
            self._known[currency] = any(
                self._connection.execute(query.limit(1)).first() is not None for query in (dated, party)
            )
        return self._known[currency]


def twin_of(connection: Connection, name: str, record: Document | Payment) -> str | None:
    """The key of a record that may be the same thing: of the same kind and party, a document with the same number, a
    payment of the same amount and about the same day, posted or not; never one that was taken from QuickBooks. One that
    was set aside counts as well: what is wrong with it does not make it another."""
    where = [_R.connection == name, _R.kind == record.kind, _R.party_id == record.party_id]
    if isinstance(record, Document):
        where.append(_R.number.in_(spellings(record.number)))
    else:
        near = _R.business_date.between(record.business_date - NEAR, record.business_date + NEAR)
        where += [_R.amount == record.amount, near]
    taken = select(_W.key).where(_W.connection == name, _W.taken_as == _R.record_id)
    query = select(_R.record_type, _R.record_id, _R.content).where(
        *where,
        _R.vanished_at.is_(None),
        _R.disposition != "set_aside",
        ~taken.exists(),
        func.coalesce(_R.rule, "") != "made_in_quickbooks",
    )
    for row in connection.execute(query.order_by(_R.record_id)):
        if orjson.loads(row.content).get("status") != "voided":
            return f"{row.record_type}/{row.record_id}"
    return _set_aside_twin(connection, name, record)


def _set_aside_twin(connection: Connection, name: str, record: Document | Payment) -> str | None:
    """The same of records that could not be read, by the row as the source gave it."""
    near = _R.business_date.between(record.business_date - NEAR, record.business_date + NEAR)
    same = _R.number.in_(spellings(record.number)) if isinstance(record, Document) else near
    query = select(_R.record_type, _R.record_id, _R.content).where(
        _R.connection == name, _R.kind == record.kind, _R.disposition == "set_aside", _R.vanished_at.is_(None), same
    )
    for row in connection.execute(query.order_by(_R.record_id)):
        said = orjson.loads(row.content).get("row", {})
        alike = said.get("party_id") == record.party_id and said.get("status") != "voided"
        if alike and (isinstance(record, Document) or _amount(said.get("amount")) == record.amount):
            return f"{row.record_type}/{row.record_id}"
    return None


def _amount(text: Any) -> Decimal | None:
    try:
        return Decimal(text)
    except (ArithmeticError, TypeError, ValueError):
        return None


class OnHand:
    """How many the inventory system has of a product, over all places, where its stock may not fall below nothing."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        assert settings.write_back is not None
        self._connection = connection
        self._name = settings.connection.name
        self._asks = not settings.write_back.negative_stock

    def of(self, product_id: str) -> Decimal | None:
        """The sum of its movements; `None` where nobody asks."""
        if not self._asks:
            return None
        query = select(stock_lines.c.quantity).where(
            stock_lines.c.connection == self._name, stock_lines.c.product_id == product_id
        )
        return sum(self._connection.scalars(query), Decimal(0))


class Named:
    """The names and numbers that the inventory system's own parties and products have, linked or not."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._found: dict[str, dict[str, set[str]]] = {}

    def other(self, entity: str, name: str, own_id: str) -> str | None:
        """The id of another one of this name, which is active; a product is named by its number, where it has one."""
        if entity not in self._found:
            self._found[entity] = self._all(entity)
        others = self._found[entity].get(clean(name, ":").casefold(), set()) - {own_id}
        return min(others, default=None)

    def _all(self, entity: str) -> dict[str, set[str]]:
        record_type, _, of_id = TWO_SIDED[entity].key_prefix.partition("/")
        query = select(_R.record_id, _R.content).where(
            _R.connection == self._name, _R.record_type == record_type, _R.record_id.startswith(of_id),
            _R.vanished_at.is_(None), _R.disposition != "set_aside",
        )  # fmt: skip
        found: dict[str, set[str]] = {}
        for row in self._connection.execute(query):
            content = orjson.loads(row.content)
            called = content.get("number") or content["name"] if record_type == "product" else content["name"]
            if content.get("active", True):
                found.setdefault(clean(called, ":").casefold(), set()).add(row.record_id.removeprefix(of_id))
        return found
