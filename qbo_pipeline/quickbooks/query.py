"""Queries in QBO's query language, built from allow-listed names and typed literals; never from loose text.

Source: Intuit, data queries. One entity, conditions joined by AND, no OR; at most 1,000 rows an answer.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from qbo_pipeline.instants import parse_instant
from qbo_pipeline.quickbooks.entities import Entity, entity_named
from qbo_pipeline.quickbooks.wire import decimal_text

PAGE = 1000
OPERATORS = ("=", "<", ">", "<=", ">=", "IN", "LIKE")
_CREATED = "MetaData.CreateTime"

Scalar = str | date | datetime | Decimal | int | bool
Literal = Scalar | list[Scalar] | tuple[Scalar, ...]
JsonObject = dict[str, Any]


def literal(value: Literal) -> str:
    """A value as the query language writes it.

    Texts are quoted, with backslashes escaped before quotes; instants need a time zone. Raises `ValueError` for
    control characters, an empty list or a naive datetime, `TypeError` for a float or anything else.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        for character in value:
            if unicodedata.category(character) in ("Cc", "Cs"):
                raise ValueError(f"a query cannot carry the control character {character!r} in {value!r}")
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"an instant in a query needs its time zone: {value!r}")
        return f"'{value.isoformat()}'"
    if isinstance(value, date):
        return f"'{value.isoformat()}'"
    if isinstance(value, Decimal) and value.is_finite():
        return f"'{decimal_text(value)}'"
    if isinstance(value, int):
        return f"'{value}'"
    if isinstance(value, list | tuple):
        if not value:
            raise ValueError("an IN needs at least one value")
        return "(" + ", ".join(literal(item) for item in value) + ")"
    raise TypeError(
        f"a query takes text, dates, instants, Decimal, int and bool, not {type(value).__name__}: {value!r}"
    )


@dataclass(frozen=True, slots=True)
class Query:
    """A query for one entity; immutable, each method answers a new one."""

    entity: Entity
    conditions: tuple[str, ...] = ()
    order: tuple[str, ...] = ()

    def where(self, field: str, operator: str, value: Literal) -> Query:
        """Add a condition. Raises `ValueError` for a field or operator that is not allowed."""
        self._known(field)
        if operator not in OPERATORS:
            raise ValueError(f"the operator {operator!r} is not one of {', '.join(OPERATORS)}")
        if (operator == "IN") != isinstance(value, list | tuple):
            raise ValueError(f"{field} {operator}: IN takes a list, the other operators one value")
        if operator == "LIKE" and not isinstance(value, str):
            raise ValueError(f"{field} LIKE takes a text with %, not {value!r}")
        if field == "Id" and operator not in ("=", "IN"):
            raise ValueError("Id can only be asked for with = or IN")
        return replace(self, conditions=(*self.conditions, f"{field} {operator} {literal(value)}"))

    def order_by(self, field: str, *, descending: bool = False) -> Query:
        self._known(field)
        return replace(self, order=(*self.order, f"{field} DESC" if descending else field))

    def text(self, start: int = 1, limit: int = PAGE) -> str:
        """The query's text for one page; `start` counts from 1."""
        if start < 1 or not 1 <= limit <= PAGE:
            raise ValueError(f"a page starts at 1 or later and holds 1 to {PAGE} rows, not {start} and {limit}")
        order = f" ORDERBY {', '.join(self.order)}" if self.order else ""
        return f"SELECT * FROM {self._tail()}{order} STARTPOSITION {start} MAXRESULTS {limit}"

    def count_text(self) -> str:
        return f"SELECT COUNT(*) FROM {self._tail()}"

    def _tail(self) -> str:
        where = f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""
        return f"{self.entity.name}{where}"

    def _known(self, field: str) -> None:
        if field not in self.entity.fields:
            known = ", ".join(self.entity.fields)
            raise ValueError(f"{self.entity.name} cannot be queried by {field!r}; by these it can: {known}")


def select(entity: str, *, with_inactive: bool = False) -> Query:
    """A query for all objects of an entity; lists leave out inactive ones unless `with_inactive`."""
    query = Query(entity_named(entity))
    if with_inactive and query.entity.inactive:
        return query.where("Active", "IN", [True, False])
    return query


def pages(query: Query, fetch: Callable[[str], list[JsonObject]], *, limit: int = PAGE) -> Iterator[list[JsonObject]]:
    """All pages of a query, each object once.

    Transactions without an order of their own are read by keyset on their creation, which does not move: what is
    created or deleted meanwhile cannot push another one over a page's edge. Others are read by position.
    """
    if query.entity.transaction and not query.order and _CREATED in query.entity.fields:
        return _pages_by_creation(query, fetch, limit)
    return _pages_by_position(query, fetch, limit)


def _pages_by_position(
    query: Query, fetch: Callable[[str], list[JsonObject]], limit: int
) -> Iterator[list[JsonObject]]:  # fmt: skip
    ordered = query if query.order or "Id" not in query.entity.fields else query.order_by("Id")
    seen: set[str] = set()  # a tax rate that two codes share is answered twice
    start = 1
    while True:
        rows = fetch(ordered.text(start, limit))
        fresh = []
        for row in rows:
            if "Id" not in row or row["Id"] not in seen:
                fresh.append(row)
                seen.add(str(row.get("Id")))
        if fresh:
            yield fresh
        if len(rows) < limit:
            return
        start += limit


def _pages_by_creation(
    query: Query, fetch: Callable[[str], list[JsonObject]], limit: int
) -> Iterator[list[JsonObject]]:
    ordered, bounded = query.order_by(_CREATED), query.order_by(_CREATED)
    last: datetime | None = None
    seen: set[str] = set()  # the ones created at `last` that were answered already
    start = 1
    while True:
        rows = fetch(bounded.text(start, limit))
        fresh = [row for row in rows if row["Id"] not in seen]
        if fresh:
            yield fresh
        if len(rows) < limit:
            return
        newest = _created(rows[-1])
        at_newest = {row["Id"] for row in rows if _created(row) == newest}
        if newest == last:  # more than a page at one instant: go on by position within it
            seen |= at_newest
            start += limit
        else:
            last, seen, start = newest, at_newest, 1
            bounded = ordered.where(_CREATED, ">=", newest)


def _created(row: JsonObject) -> datetime:
    return parse_instant(row["MetaData"]["CreateTime"])
