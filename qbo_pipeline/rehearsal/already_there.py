"""What a connection that is live already has in its company, as far as the copy has it too: customers, vendors, items.

What belongs here: taking what the store knows of them into the rehearsal's store. Documents are not in the copy, so
that nothing else is taken: those of the days that are rehearsed are made anew there.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Table, select

from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.rehearsal.objects import LISTED
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.posting import posting_links, posting_records, postings
from qbo_pipeline.store.tables.records import account_names
from qbo_pipeline.store.tables.settings import bound_names, settings_versions


def take_along(run: Run, store: Database) -> int:
    """Copy the postings that are list entries in QuickBooks, with their links, from the run's store; answers how many.

    What names of the settings mean comes along with them, where it was bound.
    """
    with run.database.snapshot() as reading:
        mine = (posting_links.c.connection == run.name, posting_links.c.entity.in_(LISTED))
        keys = sorted(reading.scalars(select(posting_links.c.key).where(*mine)))
        if not keys:
            return 0
        with store.transaction() as writing:
            for table in (postings, posting_records, posting_links):
                for part in chunks(keys):
                    _copy(reading, writing, table, run.name, part)
            for table in (bound_names, account_names, settings_versions):
                _copy(reading, writing, table, run.name, None)
    return len(keys)


def _copy(reading: Connection, writing: Connection, table: Table, name: str, keys: Sequence[str] | None) -> None:
    query = select(table).where(table.c.connection == name)
    if keys is not None:
        query = query.where(table.c.key.in_(keys))
    rows = [dict(row) for row in reading.execute(query).mappings()]
    if rows:
        writing.execute(table.insert(), rows)
