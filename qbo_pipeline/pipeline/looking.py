"""Looking: a run that reads, builds and shows, and leaves nothing behind that a later run reads.

What belongs here: the copy of the store in which it happens. The copy is a SQLite file in a folder of its own, made
from one consistent view of the store, whatever database that is, and deleted at the end; no run waits for it. Our
access to QuickBooks stays the store's own: its tokens, its schedule of calls, and the meter, for the calls are real.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Table, func, select

from qbo_pipeline.pipeline.binding import bind_connection
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline.store.tables import posting, records, settings, write_backs

AT_ONCE = 1_000  # rows in memory
# What building reads. The journal is not copied: it is evidence of what was done, and nothing is done here.
COPIED: tuple[Table, ...] = (
    records.connections, records.reads, records.records, records.stock_lines, records.bill_matches,
    records.record_references, records.reference_data, records.account_names, records.exchange_rates,
    records.watermarks,
    posting.postings, posting.posting_effects, posting.posting_records, posting.posting_links,
    settings.settings_versions, settings.settings_comparisons, settings.bound_names, write_backs.write_backs,
)  # fmt: skip


@contextmanager
def looking(run: Run) -> Iterator[Run]:
    """The run in a copy of its store: what is extracted, built and decided there is gone at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="qbo-pipeline-dry-run-") as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'store.sqlite'}")
        try:
            _copy(run, database)
            bind_connection(run.settings, database)
            yield run.elsewhere(database)
        finally:
            database.close()


def _copy(run: Run, database: Database) -> None:
    with run.database.snapshot() as reading, database.transaction() as writing:
        for table in COPIED:
            _copy_table(reading, writing, table, run)


def _copy_table(reading: Connection, writing: Connection, table: Table, run: Run) -> None:
    mine = table.c.connection == run.name
    if not reading.execute(select(func.count()).select_from(table).where(mine)).scalar_one():
        return
    rows = reading.execution_options(yield_per=AT_ONCE).execute(select(table).where(mine)).mappings()
    copied = 0
    for part in rows.partitions(AT_ONCE):
        writing.execute(table.insert(), [dict(row) for row in part])
        copied += len(part)
        run.progress(f"{table.name} copied to look at", copied)
