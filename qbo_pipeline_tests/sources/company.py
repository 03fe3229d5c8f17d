"""A small source for tests: tables with the contract's names, filled row by row, on each kind of database.

What belongs here: a good company to begin with, and the writing of its tables. A test changes one thing and reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import create_engine, text

from qbo_pipeline.inventory.columns import COLUMNS
from qbo_pipeline.sources.connect import normalise_url
from qbo_pipeline.sources.errors import Problem
from qbo_pipeline.sources.source import Batch, Source

Rows = dict[str, list[dict[str, Any]]]

POSTGRESQL_TYPES = {
    "text": "TEXT", "choice": "TEXT", "date": "DATE", "amount": "NUMERIC", "quantity": "NUMERIC", "rate": "NUMERIC",
    "integer": "INTEGER", "flag": "BOOLEAN",
}  # fmt: skip

MYSQL_TYPES = {
    **dict.fromkeys(("text", "choice"), "VARCHAR(200)"), "date": "DATE", "integer": "INTEGER", "flag": "BOOLEAN",
    **dict.fromkeys(("amount", "quantity", "rate"), "DECIMAL(30, 10)"),
}  # fmt: skip
TYPES = {"postgresql": POSTGRESQL_TYPES, "mysql": MYSQL_TYPES}


def good_company() -> Rows:
    """One customer, one supplier, two products, two locations; a receipt, its bill, a shipment, its invoice, a
    transfer, an assembly with labour, a payment."""
    return {
        "parties": [
            {"party_id": "c1", "kind": "customer", "name": "Café Sol"},
            {"party_id": "s1", "kind": "supplier", "name": "Roastery"},
        ],
        "products": [
            {"product_id": "p1", "kind": "stocked", "name": "Beans"},
            {"product_id": "p2", "kind": "stocked", "name": "Gift box"},
        ],
        "locations": [{"location_id": "w1", "name": "North"}, {"location_id": "w2", "name": "South"}],
        "documents": [
            _document("b1", "bill", "2024-03-02", "s1", net="100.00", tax="0", total="100.00"),
            _document("i1", "sales_invoice", "2024-03-04", "c1", net="90.00", tax="18.91", total="108.91"),
        ],
        "document_lines": [
            {"document_id": "b1", "line_id": "b1-1", "product_id": "p1", "quantity": "10", "net_amount": "100.00"},
            {"document_id": "i1", "line_id": "i1-1", "product_id": "p1", "net_amount": "50.00", "tax_amount": "10.51"},
            {"document_id": "i1", "line_id": "i1-2", "product_id": "p1", "net_amount": "40.00", "tax_amount": "8.40"},
        ],
        "bill_matches": [
            {"document_id": "b1", "line_id": "b1-1", "movement_id": "r1", "movement_line_id": "r1-1", "quantity": "10"}
        ],
        "movements": [
            _movement("r1", "receipt", "2024-03-01", party_id="s1"),
            _movement("d1", "shipment", "2024-03-04", party_id="c1"),
            _movement("t1", "transfer", "2024-03-05"),
            _movement("a1", "assembly", "2024-03-06"),
        ],
        "movement_lines": [
            _line("r1", "r1-1", "p1", "w1", "10", "100.00"),
            _line("d1", "d1-1", "p1", "w1", "-4", "-40.00"),
            _line("t1", "t1-1", "p1", "w1", "-2", "-20.00"),
            _line("t1", "t1-2", "p1", "w2", "2", "20.00"),
            _line("a1", "a1-1", "p1", "w1", "-1", "-10.00"),
            _line("a1", "a1-2", "p2", "w1", "1", "12.50"),
            {"movement_id": "a1", "line_id": "a1-3", "role": "labour", "quantity": "0", "value": "2.50"},
        ],
        "payments": [
            {
                "payment_id": "y1", "kind": "payment_received", "number": "Y1", "business_date": "2024-03-07",
                "party_id": "c1", "currency": "EUR", "amount": "120.00",
            }
        ],
        "payment_allocations": [
            {"payment_id": "y1", "allocation_id": "y1-1", "document_id": "i1", "amount": "108.91"}
        ],
        "stock_values": [
            _stock("2024-03-01", "p1", "w1", "10", "100.00"),
            _stock("2024-03-04", "p1", "w1", "-4", "-40.00"),
            _stock("2024-03-05", "p1", "w1", "-2", "-20.00"),
            _stock("2024-03-05", "p1", "w2", "2", "20.00"),
            _stock("2024-03-06", "p1", "w1", "-1", "-10.00"),
            _stock("2024-03-06", "p2", "w1", "1", "12.50"),
        ],
        "changed_days": [
            {"business_date": "2024-03-04", "changed_at": "2024-03-08 10:00:00"},
            {"business_date": "2024-03-01", "changed_at": "2024-03-08 11:00:00"},
            {"business_date": "2024-03-04", "changed_at": "2024-03-08 12:00:00.5"},
        ],
    }  # fmt: skip


def write_company(url: str, rows: Rows, types: Mapping[str, str] | None = None) -> None:
    """Create one table for each kind with the contract's columns: text on SQLite, exact types elsewhere.

    `types` names other types for single columns, as `documents.net_amount`.
    """
    engine = create_engine(normalise_url(url))
    with engine.begin() as connection:
        for kind, own in rows.items():
            own_types = TYPES.get(engine.dialect.name, {})
            names = {column.name: own_types.get(column.type, "") for column in COLUMNS[kind]}
            names |= {name.split(".")[1]: type_ for name, type_ in (types or {}).items() if name.startswith(f"{kind}.")}
            connection.execute(text(f"CREATE TABLE {kind} ({', '.join(f'{n} {t}' for n, t in names.items())})"))
            for row in own:
                places = ", ".join(f":{name}" for name in row)
                connection.execute(text(f"INSERT INTO {kind} ({', '.join(row)}) VALUES ({places})"), row)
    engine.dispose()


def all_of(batches: Iterable[Batch]) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """Records by key, set-asides by key, and warnings of all batches; each batch's own count must add up."""
    records, set_aside, warnings = {}, {}, []
    for batch in batches:
        assert batch.rows_read == len(batch.records) + len(batch.set_aside)
        records |= {f"{batch.record_type}/{record.record_id}": record for record in batch.records}
        set_aside |= {f"{batch.record_type}/{found.record_id}": found for found in batch.set_aside}
        warnings += batch.warnings
    return records, set_aside, warnings


def _document(identity: str, kind: str, day: str, party: str, *, net: str, tax: str, total: str) -> dict[str, Any]:
    return {
        "document_id": identity, "kind": kind, "number": identity.upper(), "business_date": day, "party_id": party,
        "currency": "EUR", "net_amount": net, "tax_amount": tax, "total_amount": total,
    }  # fmt: skip


def _movement(identity: str, kind: str, day: str, **more: Any) -> dict[str, Any]:
    return {
        "movement_id": identity, "kind": kind, "number": identity.upper(), "business_date": day, "currency": "EUR",
        **more,
    }  # fmt: skip


def _line(movement: str, line: str, product: str, location: str, quantity: str, value: str) -> dict[str, Any]:
    return {
        "movement_id": movement, "line_id": line, "product_id": product, "location_id": location,
        "quantity": quantity, "value": value,
    }  # fmt: skip


def _stock(day: str, product: str, location: str, quantity: str, value: str) -> dict[str, Any]:
    return {
        "business_date": day, "product_id": product, "location_id": location, "quantity": quantity, "value": value,
        "currency": "EUR",
    }  # fmt: skip


def errors_of(source: Source) -> list[Problem]:
    """What would stop the reading; that the tests' own logins could write is a warning and does not."""
    return [problem for problem in source.check() if problem.severity == "error"]
