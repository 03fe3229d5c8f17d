"""What the source has that the store does not know yet: movements that are new, changed or gone since they were read.

Only looked for where the source's own stock value does not follow from the movements in the store; it reads every
movement of the connection once more, in batches, and writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from qbo_pipeline.inventory.records import Movement, content_hash
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.records import records


@dataclass(frozen=True, slots=True)
class Ahead:
    """`present` are the source's movements that differ from the store's, `gone` the ids that it has no longer,
    `days` the business dates concerned."""

    present: dict[str, Movement]
    gone: frozenset[str]
    days: tuple[date, ...]


def read_ahead(run: Run, as_at: date) -> Ahead:
    """Compare every movement of the source up to a date with the store's, by content hash."""
    with run.database.reading() as connection:
        query = select(records.c.record_id, records.c.content_hash, records.c.business_date).where(
            records.c.connection == run.name,
            records.c.record_type == "movement",
            records.c.vanished_at.is_(None),
            records.c.disposition != "set_aside",
            records.c.business_date <= as_at,
        )
        stored = {row.record_id: (row.content_hash, row.business_date) for row in connection.execute(query)}
    present: dict[str, Movement] = {}
    seen: set[str] = set()
    first = run.settings.connection.first_day
    with run.source() as source:
        for batch in source.read_days(
            first, as_at, batch_size=run.settings.source.batch_size, record_types=("movement",)
        ):
            for record in batch.records:
                assert isinstance(record, Movement)
                seen.add(record.record_id)
                if stored.get(record.record_id, ("",))[0] != content_hash(record.to_content()):
                    present[record.record_id] = record
            run.progress("movements compared with the source", len(seen))
        missing = sorted(set(stored) - seen)
        gone = {record_id for part in chunks(missing) for record_id in set(part) - source.existing("movement", part)}
    days = {record.business_date for record in present.values()}
    days |= {stored[record_id][1] for record_id in (*present, *gone) if record_id in stored}
    return Ahead(present, frozenset(gone), tuple(sorted(days)))
