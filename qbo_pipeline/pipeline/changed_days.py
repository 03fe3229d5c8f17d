"""Which days changed in the source since the last run that committed them; the watermark in the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select

from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.store.tables.records import watermarks

_NAME = "changed_days"


@dataclass(frozen=True, slots=True)
class Changed:
    """The days to read again, within the connection's days, and the watermark to keep once they are committed."""

    days: tuple[date, ...]
    watermark: str


def changed_days(run: Run) -> Changed:
    """Ask the source. It overlaps: what was named before may be named again, and the request for it is then the
    same as before."""
    with run.database.reading() as connection:
        query = select(watermarks.c.value).where(watermarks.c.connection == run.name, watermarks.c.name == _NAME)
        since = connection.execute(query).scalar_one_or_none()
    with run.source() as source:
        found = source.changed_days(since)
    first, last = run.settings.connection.first_day, run.settings.connection.last_day or date.max
    days = tuple(item.day for item in found.days if first <= item.day <= last)
    return Changed(days, found.watermark or "")


def keep_watermark(run: Run, value: str) -> None:
    """Move the watermark; only after everything that it covers is committed."""
    with run.database.transaction() as connection:
        condition = (watermarks.c.connection == run.name) & (watermarks.c.name == _NAME)
        connection.execute(delete(watermarks).where(condition))
        row = {"connection": run.name, "name": _NAME, "value": value, "moved_at": run.database.now(connection)}
        connection.execute(watermarks.insert(), row)
