"""Rows read as columns: the same values as row by row, of every type, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import select

from qbo_pipeline.reconciliation.frames import DAY, EXACT, INSTANT, TEXT, WHOLE, array
from qbo_pipeline.store.columns import read_columns
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.tables.posting import posting_effects
from qbo_pipeline.store.tables.records import stock_lines

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
HOSTILE = ['"', "\\", "\n\t\x1f", "null", "1e5", "", "007", "ü‮\u200b😀", "=1+1", "[1, 2]", "a" * 5000]
TYPES = {
    "business_date": DAY, "record_id": TEXT, "line_id": TEXT, "number": TEXT, "quantity": EXACT, "value": EXACT,
    "rate": TEXT, "first_seen": INSTANT,
}  # fmt: skip
ORDER = ("business_date", "record_id", "line_id")
AMOUNTS = ("0", "-0.000001", "999999999999.999999", "-12345678901.1", "0.1", "7")


def lines() -> list[dict[str, Any]]:
    return [
        {
            "connection": "us" if number % 5 else "uk",
            "record_id": f"{number % 7}{text}",
            "line_id": str(number),
            "kind": "receipt",
            "number": text,
            "business_date": date(2026, 3, 1) - timedelta(days=number % 3 * 400),
            "product_id": "p",
            "location_id": text,
            "quantity": Decimal(AMOUNTS[number % len(AMOUNTS)]),
            "value": Decimal(AMOUNTS[-1 - number % len(AMOUNTS)]),
            "currency": "USD",
            "rate": None if number % 2 else Decimal("1.1"),
            "first_seen": NOON + timedelta(microseconds=number % 2 * 1500, days=number),
        }
        for number, text in enumerate(HOSTILE * 3)
    ]


@pytest.mark.parametrize("by", [None, stock_lines.c.business_date])
def test_the_same_as_row_by_row(database: Database, by: Any) -> None:
    query = select(*(stock_lines.c[name] for name in TYPES)).where(stock_lines.c.connection == "us")
    with database.transaction() as db:
        db.execute(stock_lines.insert(), lines())
        found = read_columns(db, query, TYPES, by=by, order=ORDER)
        rows = [row._asdict() | {"rate": row.rate and str(row.rate)} for row in db.execute(query)]
    rows.sort(key=lambda row: (row["business_date"], row["record_id"].encode(), row["line_id"]))
    told = [{name: array([row[name]], kind)[0].as_py() for name, kind in TYPES.items()} for row in rows]
    assert found.to_pylist() == told
    assert found.schema.types == list(TYPES.values())


def test_of_nothing(database: Database) -> None:
    query = select(stock_lines.c.record_id, stock_lines.c.value)
    with database.reading() as db:
        for by in (None, stock_lines.c.business_date):
            assert read_columns(db, query, {"record_id": TEXT, "value": EXACT}, by=by).num_rows == 0


def test_what_would_lose_digits_is_refused(database: Database) -> None:
    row = {"connection": "us", "key": "k", "revision": 2, "line": 1, "account_id": "60", "amount": Decimal("1.005")}
    with database.transaction() as db:
        db.execute(posting_effects.insert(), row)
        query = select(posting_effects.c.revision, posting_effects.c.amount)
        assert read_columns(db, query, {"revision": WHOLE, "amount": EXACT}).to_pylist() == [
            {"revision": 2, "amount": Decimal("1.005")}
        ]
        with pytest.raises(pa.ArrowInvalid, match="data loss"):
            read_columns(db, query, {"revision": WHOLE, "amount": pa.decimal128(18, 2)})
