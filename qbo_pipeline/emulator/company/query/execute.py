"""Running a parsed query: SQL for the filter and the order, paging. Which properties there are is in `properties`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from qbo_pipeline.emulator.company import present
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.cleaning import exact_number
from qbo_pipeline.emulator.company.faults import QboFault, fault
from qbo_pipeline.emulator.company.query.grammar import Condition, Statement, parse
from qbo_pipeline.emulator.company.query.properties import META, Property, find_property, projected
from qbo_pipeline.emulator.company.references import US_TAX_CODES
from qbo_pipeline.emulator.company.schema.entities import ENTITIES, Entity, entity_name, wrapper
from qbo_pipeline.emulator.company.store import row_id

_FINE: Final = 10_000
"""Literals are compared with amounts in ten-thousandths: exact whole numbers, finer than any amount."""


def run(book: Book, text: str) -> Body:
    """The QueryResponse of a statement. Raises 4000 for grammar, 4001 for entities, properties and values."""
    statement = parse(text)
    entity = _entity(statement.entity)
    if entity.name == "ExchangeRate":
        return _rates(book, statement)
    limit = _limit(book, statement)
    if limit is None:
        return {}
    where, parameters, later = _where(book, entity, statement)
    sql_from = "txns" if entity.kind == "transaction" else "entries"
    if statement.count and not later:
        return {"totalCount": book.store.value(f"SELECT COUNT(*) FROM {sql_from} WHERE {where}", parameters)}
    order, sort = _order(entity, statement)
    columns = present.TXN_COLUMNS if entity.kind == "transaction" else "id"
    sql = f"SELECT {columns} FROM {sql_from} WHERE {where} ORDER BY {order}"
    start = max(statement.start, 1)
    if not later and sort is None and not statement.count:
        sql += f" LIMIT {limit} OFFSET {start - 1}"
    found = [_present(book, entity, row) for row in book.store.execute(sql, parameters)]
    if later or sort is not None or statement.count:
        found = [body for body in found if all(test(body) for test in later)]
        if statement.count:
            return {"totalCount": len(found)}
        if sort is not None:
            found.sort(key=sort[0], reverse=sort[1])
        found = found[start - 1 : start - 1 + limit]
    shown = [projected(entity, statement.fields, body) for body in found]
    return {wrapper(entity.name): shown, "startPosition": start, "maxResults": len(shown)} if shown else {}


def _entity(name: str) -> Entity:
    try:
        canonical = entity_name(name)
    except QboFault:
        raise fault("4001", what=f"Entity {name} is not known.") from None
    if canonical in ("TaxClassification", "TaxService"):
        raise fault("4001", what=f"Entity {name} is not queryable.")
    return Entity("ExchangeRate", "single", {}) if canonical == "ExchangeRate" else ENTITIES[canonical]


def _limit(book: Book, statement: Statement) -> int | None:
    limit = 100 if statement.limit is None else statement.limit
    if limit > book.settings.max_results:
        if book.settings.results_over_limit == "refuse":
            raise fault("4001", what=f"MAXRESULTS must be {book.settings.max_results} or less.")
        limit = book.settings.max_results
    return None if limit == 0 and not statement.count else limit


def _present(book: Book, entity: Entity, row: tuple[Any, ...]) -> Body:
    if entity.kind == "transaction":
        return present.transaction(book, row)
    return present.entry(book, entity.name, book.entries[entity.name][str(row[0])])


def _where(book: Book, entity: Entity, statement: Statement) -> tuple[str, list[Any], list[Callable[[Body], bool]]]:
    parts, parameters = ["entity = ?"], [entity.name]
    later: list[Callable[[Body], bool]] = []
    names = {condition.field.lower() for condition in statement.conditions}
    if "Active" in entity.fields and "active" not in names:
        parts.append("active = 1")
    for condition in statement.conditions:
        found = find_property(entity, condition.field)
        if found.name == "Id" and condition.operator not in ("=", "IN"):
            raise fault("4001", what=f"operator {condition.operator} is not supported for property 'Id'")
        values = [_value(found, text, condition.operator) for text in condition.values]
        if found.sql is None:
            later.append(_test(found, condition, values))
            continue
        sql, more = _compare(found, condition, values)
        parts.append(sql)
        parameters.extend(more)
    return " AND ".join(parts), parameters, later


def _compare(found: Property, condition: Condition, values: list[Any]) -> tuple[str, list[Any]]:
    column = str(found.sql)
    is_text = found.field.kind in ("text", "email", "enum")
    collate = " COLLATE NOCASE" if is_text else ""
    if condition.operator == "IN":
        return f"{column}{collate} IN ({', '.join('?' * len(values))})", values
    if condition.operator == "LIKE":
        return f"{column} LIKE ? ESCAPE '\\'", [_pattern(values[0])]
    if condition.operator == "!=":
        return f"({column} IS NULL OR {column}{collate} <> ?)", values
    return f"{column}{collate} {condition.operator} ?", values


def _pattern(text: str) -> str:
    return text.replace("\\", "\\\\").replace("_", "\\_")


def _value(found: Property, text: str, operator: str) -> Any:
    """A literal as the column holds it."""
    kind = found.field.kind
    if operator == "LIKE":
        if kind not in ("text", "email", "enum", "date"):
            raise fault("4001", what=f"operator LIKE is not supported for property '{found.name}'")
        return text
    if found.name == "Id" and text in US_TAX_CODES:
        return text
    if found.name == "Id" and row_id(text) < 0:
        raise fault("2030", "Id", what=text)
    if found.name == "Id" or found.sql == "party":
        return row_id(text)
    if kind == "bool":
        if text.lower() not in ("true", "false"):
            raise fault("4001", what=f"value '{text}' is not valid for property '{found.name}'")
        return int(text.lower() == "true")
    if kind == "datetime":
        return _instant(found.name, text)
    if kind in ("amount", "number", "integer"):
        number = exact_number(text)
        if number is None:
            raise fault("4001", what=f"value '{text}' is not valid for property '{found.name}'")
        return number if found.sql is None else int((number * _FINE).to_integral_value())
    return text


def _instant(name: str, text: str) -> str:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise fault("4001", what=f"value '{text}' is not valid for property '{name}'") from None
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _test(found: Property, condition: Condition, values: list[Any]) -> Callable[[Body], bool]:
    tests: dict[str, Callable[[Decimal], bool]] = {
        "=": lambda x: x == values[0],
        "!=": lambda x: x != values[0],
        "<": lambda x: x < values[0],
        ">": lambda x: x > values[0],
        "<=": lambda x: x <= values[0],
        ">=": lambda x: x >= values[0],
        "IN": lambda x: x in values,
    }
    test = tests[condition.operator]
    return lambda body: body.get(found.name) is not None and test(Decimal(body[found.name]))


def _order(entity: Entity, statement: Statement) -> tuple[str, tuple[Callable[[Body], Any], bool] | None]:
    parts = []
    for name, descending in statement.order:
        found = find_property(entity, name)
        if found.sql is None:
            return "id", (_sort_key(found.name), descending)
        collate = " COLLATE NOCASE" if found.field.kind in ("text", "enum", "email") else ""
        parts.append(f"{found.sql}{collate} {'DESC' if descending else 'ASC'}")
    if not parts and entity.kind == "list" and entity.name_field:
        parts.append(f"json_extract(body, '$.{entity.name_field}') COLLATE NOCASE")
    return ", ".join([*parts, "id"]), None


def _sort_key(name: str) -> Callable[[Body], Decimal]:
    return lambda body: Decimal(body.get(name) or 0)


def _rates(book: Book, statement: Statement) -> Body:
    """`select * from exchangerate where sourcecurrencycode in (…) and asofdate = '…'`."""
    known = {"sourcecurrencycode": "SourceCurrencyCode", "asofdate": "AsOfDate", **dict.fromkeys(META, "")}
    wanted: dict[str, tuple[str, ...]] = {}
    for condition in statement.conditions:
        name = condition.field.lower()
        if name not in known:
            raise fault("4001", what=f"Property {condition.field} not found for Entity ExchangeRate")
        if condition.operator not in ("=", "IN"):
            raise fault("4001", what=f"operator {condition.operator} is not supported for property '{condition.field}'")
        wanted[name] = condition.values
    currencies = [code.upper() for code in wanted.get("sourcecurrencycode", ())] or [
        entry.body["Code"] for entry in book.entries["CompanyCurrency"].values() if entry.active
    ]
    day = wanted.get("asofdate", (book.today().isoformat(),))[0]
    found = [rate_body(book, code, day) for code in currencies if code != book.home_currency]
    if statement.count:
        return {"totalCount": len(found)}
    start = max(statement.start, 1)
    page = found[start - 1 : start - 1 + (_limit(book, statement) or 0)]
    return {"ExchangeRate": page, "startPosition": start, "maxResults": len(page)} if page else {}


def rate_body(book: Book, currency: str, day: str) -> Body:
    """The ExchangeRate object of a currency at a date."""
    sql = "SELECT as_of, updated FROM rates WHERE currency = ? AND as_of <= ? ORDER BY as_of DESC LIMIT 1"
    row = book.store.row(sql, (currency, day))
    return {
        "SyncToken": "0",
        "domain": "QBO",
        "SourceCurrencyCode": currency,
        "TargetCurrencyCode": book.home_currency,
        "Rate": book.rate(currency, day),
        "AsOfDate": day,
        "MetaData": {"LastUpdatedTime": book.local(row[1] if row else book.now())},
    }
