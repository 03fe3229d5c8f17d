"""Objects of a system that are landed by a test, and the records that they become: nothing is asked of anybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import count
from pathlib import Path

from qbo_pipeline.inventory.records import Record
from qbo_pipeline.landing.objects import StoredLanding
from qbo_pipeline.sources.landed.objects import SeenObject
from qbo_pipeline.sources.landed.projection import System, catch_up
from qbo_pipeline.sources.source import SetAside
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline.store.database import Database

Found = dict[str, Record | SetAside]
_COUNTER = count()
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


class Landed:
    """A landing of a system, beginning with its master data."""

    def __init__(self, database: Database, folder: Path, system: System, master: Sequence[SeenObject]) -> None:
        self.landing = StoredLanding(database, f"shop{next(_COUNTER)}", system.name)
        self._system, self._path = system, folder / "rows.sqlite"
        self.landing.put(list(master), calls=0)

    def __call__(self, *objects: SeenObject, first: date = FIRST) -> Found:
        """Land these too; answers all dated records and what was set aside, by id."""
        self.landing.put(list(objects), calls=0)
        with self.source() as source:
            batches = list(source.read_days(first, LAST, batch_size=100))
        records: Found = {record.record_id: record for batch in batches for record in batch.records}
        return records | {item.record_id: item for batch in batches for item in batch.set_aside}

    def master(self) -> Found:
        with self.source() as source:
            batches = list(source.read_master_data(batch_size=100))
        return {record.record_id: record for batch in batches for record in batch.records}

    @contextmanager
    def source(self) -> Iterator[SqlSource]:
        catch_up(self._path, self.landing, self._system)
        found = SqlSource(f"sqlite:///{self._path}")
        try:
            yield found
        finally:
            found.close()
