"""What the source has that the store does not know yet: movements that are new, changed or gone since they were read.

Only looked for where the source's own stock value does not follow from the movements in the store; it reads every
movement of the connection once more, in batches, and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from qbo_pipeline.inventory.records import Movement, content_hash
from qbo_pipeline.pipeline.first_day import books_began
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.sources.source import SetAside, Source
from qbo_pipeline.store.dispositions import load_record
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.records import records

_END = date(9998, 12, 31)  # where the settings name no last day


@dataclass(frozen=True, slots=True)
class Ahead:
    """`present` are the source's movements that differ from the store's, `set_aside` those that cannot be read as they
    are now, `gone` the ids that it no longer has in the connection's days, `voided` those of `present` that were not
    voided when they were read, `days` the business dates concerned."""

    present: dict[str, Movement]
    set_aside: dict[str, SetAside]
    gone: frozenset[str]
    voided: frozenset[str]
    days: tuple[date, ...]

    @property
    def replaced(self) -> set[str]:
        """The ids for which the store's own rows no longer stand."""
        return {*self.present, *self.set_aside, *self.gone}

    def states(self) -> dict[str, str]:
        """live, voided, vanished or set_aside, by record key."""
        found = {f"movement/{record_id}": "vanished" for record_id in self.gone}
        found |= {f"movement/{record_id}": "set_aside" for record_id in self.set_aside}
        return found | {
            f"movement/{record_id}": "voided" if record_id in self.voided else "live" for record_id in self.present
        }


def read_ahead(run: Run, as_at: date) -> Ahead:
    """Compare every movement of the source up to a date with the store's, by content hash.

    What the source has moved to a later day is looked for there.
    """
    with run.database.reading() as connection:
        query = select(records.c.record_id, records.c.content_hash, records.c.business_date).where(
            records.c.connection == run.name,
            records.c.record_type == "movement",
            records.c.vanished_at.is_(None),
            records.c.business_date <= as_at,
        )
        stored = {row.record_id: (row.content_hash, row.business_date) for row in connection.execute(query)}
    present: dict[str, Movement] = {}
    set_aside: dict[str, SetAside] = {}
    seen: set[str] = set()

    def note(item: Movement | SetAside) -> None:
        seen.add(item.record_id)
        if stored.get(item.record_id, ("",))[0] == _hash_of(item):
            return
        if isinstance(item, SetAside):
            set_aside[item.record_id] = item
        else:
            present[item.record_id] = item

    settings = run.settings.connection
    with run.database.reading() as connection:
        began = books_began(connection, run.settings)
    with run.source() as source:
        for item in _movements(run, source, began, as_at):
            note(item)
        missing = sorted(set(stored) - seen)
        elsewhere = {record_id for part in chunks(missing) for record_id in source.existing("movement", part)}
        later = max(settings.last_day or _END, as_at)
        if elsewhere and later > as_at:
            for item in _movements(run, source, as_at + timedelta(days=1), later):
                if item.record_id in elsewhere:
                    note(item)
                if elsewhere <= seen:
                    break
    gone = frozenset(missing) - seen
    aside = {record_id: item for record_id, item in set_aside.items() if record_id in stored}
    now: list[Movement | SetAside] = [*present.values(), *aside.values()]
    days = {item.business_date for item in now if item.business_date is not None}
    days |= {stored[record_id][1] for record_id in (*present, *aside, *gone) if record_id in stored}
    voided = {record_id for record_id, record in present.items() if record.status == "voided"}
    voided -= _voided_before(run, sorted(voided))
    return Ahead(present, aside, gone, frozenset(voided), tuple(sorted(day for day in days if day <= as_at)))


def _voided_before(run: Run, ids: Sequence[str]) -> set[str]:
    """Which were voided already when they were read: a source may keep their value beside a reversal's."""
    found: set[str] = set()
    with run.database.reading() as connection:
        for part in chunks(ids):
            query = select(records).where(
                records.c.connection == run.name,
                records.c.record_type == "movement",
                records.c.record_id.in_(part),
                records.c.disposition != "set_aside",
            )
            before = {row.record_id: load_record(row) for row in connection.execute(query)}
            found |= {key for key, one in before.items() if isinstance(one, Movement) and one.status == "voided"}
    return found


def _hash_of(item: Movement | SetAside) -> str:
    """The content hash under which extraction stores it."""
    if isinstance(item, Movement):
        return content_hash(item.to_content())
    return content_hash({"column": item.column, "value": item.value, "row": item.content, "rule": item.rule})


def _movements(run: Run, source: Source, first: date, last: date) -> Iterator[Movement | SetAside]:
    """Records and what was set aside, as the source has them now."""
    size = run.settings.source.batch_size
    read = 0
    for batch in source.read_days(first, last, batch_size=size, record_types=("movement",)):
        yield from (record for record in batch.records if isinstance(record, Movement))
        yield from batch.set_aside
        read += batch.rows_read
        run.progress("movements compared with the source", read)
