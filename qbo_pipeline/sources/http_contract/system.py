"""Entries of the HTTP contract as rows of the contract of a SQL source: the same columns, lines taken out of headers.

What belongs here: that, and the fetching, which is the same for every kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from qbo_pipeline.inventory.columns import COLUMNS
from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.errors import Problem, SourceError
from qbo_pipeline.sources.http.exact import write_exact
from qbo_pipeline.sources.http_contract.lists import CHILDREN, COMPANY, IDS, LISTINGS, STOCK, STOCK_VALUES
from qbo_pipeline.sources.landed import anchor
from qbo_pipeline.sources.landed.account import AccountLook, Expected, ListShown
from qbo_pipeline.sources.landed.listing import Lists
from qbo_pipeline.sources.landed.objects import Landed, Landing, SeenObject
from qbo_pipeline.sources.landed.projection import Projection, Row, Rows

_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class HttpContract:
    """`System` of the landing, for whatever system speaks the contract."""

    zone: ZoneInfo
    name: str = "http_contract"
    version: str = "1"
    looked_up: frozenset[str] = frozenset()

    @property
    def staging(self) -> Mapping[str, tuple[str, ...]]:
        return {"company": ("currency",), "stock": anchor.STOCK}

    def rows(self, landed: Landed, projection: Projection) -> Rows:
        content = landed.content
        if landed.kind == COMPANY:
            return {"company": [{"currency": _text(content.get("currency"))}]}
        if landed.kind == STOCK:
            return {"stock": [_known(item, anchor.STOCK) | {"day": landed.object_id} for item in content["items"]]}
        rows: dict[str, list[Row]] = {landed.kind: [_known(content, _names(landed.kind))]}
        head = {name: _text(content.get(name)) for name in (IDS[landed.kind], "business_date")}
        for field, table in CHILDREN.get(landed.kind, {}).items():
            names = _names(table)
            repeated = {name: value for name, value in head.items() if name in names}
            rows[table] = [_known(item, names) | repeated for item in _objects(content.get(field))]
        if landed.kind == "movements":
            rows["stock_values"] = list(_stock_values(rows))
        return rows

    def finish(self, projection: Projection, at: str) -> None:
        found = projection.select("SELECT currency FROM company_rows")
        anchor.anchor_stock(projection, found[0]["currency"] if found else None, at)


def _stock_values(rows: Mapping[str, list[Row]]) -> list[Row]:
    """What a movement did to the stock's own value: it counts unless it is voided or not yet real."""
    (movement,) = rows["movements"]
    if movement.get("status") not in (None, "completed"):
        return []
    return [
        {
            "product_id": line["product_id"],
            "location_id": line["location_id"],
            "quantity": decimal_text(anchor.number(line.get("quantity"))),
            "value": decimal_text(_value(line)),
            "currency": movement.get("currency"),
            "business_date": movement.get("business_date"),
        }
        for line in rows["movement_lines"]
        if line.get("role") in (None, "stock") and line.get("product_id") and line.get("location_id")
    ]


def _value(line: Row) -> Decimal:
    if line.get("value") is None and line.get("unit_cost") is not None:
        product = anchor.number(line.get("quantity")) * anchor.number(line["unit_cost"])
        return product.quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
    return anchor.number(line.get("value")) * (-1 if line.get("direction") == "-1" else 1)


def _names(table: str) -> tuple[str, ...]:
    return tuple(column.name for column in COLUMNS[table])


def _known(item: Mapping[str, Any], names: Sequence[str]) -> Row:
    """The columns that the contract knows, as text; what is no single value is told by the rules that set it aside."""
    return {name: _text(item.get(name)) for name in names}


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return decimal_text(value)
    return str(value) if isinstance(value, str | int) else write_exact(value)


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def fetch(lists: Lists, zone: ZoneInfo, first_day: date) -> None:
    """Land all that is new: what changed since the last time, and once a day everything, so that what is gone is
    noticed. Raises as the reader does; what was landed until then stays."""
    landing = lists.landing
    begun = landing.now()
    today = begun.astimezone(zone).date()
    whole = landing.watermark("whole") != today.isoformat()
    _company(lists)
    since = landing.watermark("since")
    _read(lists, None if whole or since is None else datetime.fromisoformat(since), begun)
    if whole:
        for listing in LISTINGS:
            landing.vanish(listing.kind, begun)
    for _ in range(_ROUNDS):  # what moves while stock is asked for is read before its figures count
        again = landing.now()
        _stock(lists, today)
        if not _read(lists, begun, again):
            break
    if whole:
        landing.keep_watermark("whole", today.isoformat())


def _company(lists: Lists) -> None:
    lists.alive()
    content = lists.reader.get(COMPANY)
    if not isinstance(content, dict) or not content.get("currency"):
        remedy = "Correct [source] url, or have the server answer as the contract says"
        raise SourceError(Problem("the server does not say what company it is", f"/{COMPANY}", "no currency", remedy))
    lists.put([SeenObject(COMPANY, COMPANY, content)])


def _read(lists: Lists, since: datetime | None, begun: datetime) -> bool:
    """Read every list; answers whether anything was another one."""
    landing = lists.landing
    before = _last(landing)
    for listing in LISTINGS:
        lists.read(listing, since)
    landing.keep_watermark("since", begun.isoformat())
    return _last(landing) != before


def _last(landing: Landing) -> int:
    found = landing.watermark("last")
    number = int(found or 0)
    for landed in landing.changed_after(number):
        number = landed.change_number
    landing.keep_watermark("last", str(number))
    return number


def _stock(lists: Lists, today: date) -> None:
    items = [dict(entry) for entries, _ in lists.pages(STOCK_VALUES, {}) for entry in entries]
    content = {"items": sorted(items, key=write_exact)}
    lists.put([SeenObject(STOCK, today.isoformat(), content, business_date=today)])


def check(landing: Landing, expected: Expected, parameters: Mapping[str, str | Sequence[str]]) -> list[Problem]:
    """Whether the company is the one of the settings."""
    landed = landing.get(COMPANY, COMPANY)
    company = landed.content if landed else {}
    problems = []
    if company.get("currency") != expected.currency:
        why = f"the server says {company.get('currency')}, the settings {expected.currency}"
        problems.append(Problem("another currency", f"/{COMPANY}", why, "Correct [connection] currency"))
    if company.get("time_zone") not in (None, expected.time_zone):
        why = f"the server says {company['time_zone']}, the settings {expected.time_zone}"
        remedy = "Business dates are dates in one zone: write the same in both"
        problems.append(Problem("another time zone", f"/{COMPANY}", why, remedy, severity="warning"))
    return problems


def look_at(lists: Lists) -> AccountLook:
    """What the server says of the company, and the beginning of each list."""
    company = lists.reader.get(COMPANY) or {}
    shown = []
    for listing in LISTINGS:
        small = replace(listing, page_size=5)
        entries, _ = next(lists.pages(small, {}))
        names = tuple(str(entry.get("name") or entry.get("number") or "") for entry in entries)
        shown.append(ListShown(listing.path, None, names))
    return AccountLook({name: _text(company.get(name)) for name in ("name", "currency", "time_zone")}, tuple(shown), 0)
