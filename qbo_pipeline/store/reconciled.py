"""What was reconciled last, as plain rows: for whoever looks, in commands and checks.

What belongs here: reading without the library of frames, which takes longer to load than a look at a store takes.
Whole reconciliations are written and read in `reconciliations.py`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from qbo_pipeline.store.tables.reconciliation import differences, reconciliations


def newest_summary(db: Connection, connection: str, as_at: date | None = None) -> dict[str, Any] | None:
    """The newest reconciliation (as at a date) by the columns of its table; `None` where there is none."""
    table = reconciliations
    query = select(table).where(table.c.connection == connection).order_by(table.c.number.desc()).limit(1)
    if as_at is not None:
        query = query.where(table.c.as_at == as_at)
    row = db.execute(query).first()
    return row._asdict() if row is not None else None


def difference_rows(db: Connection, connection: str, number: int, as_at: date) -> list[dict[str, Any]]:
    """The differences of a reconciliation by date and document, each with its age in days as at its date."""
    mine = (differences.c.connection == connection, differences.c.number == number)
    order = (differences.c.business_date, differences.c.document_key, differences.c.difference_key)
    rows = (row._asdict() for row in db.execute(select(differences).where(*mine).order_by(*order)))
    return [row | {"age_days": (as_at - row["business_date"]).days} for row in rows]
