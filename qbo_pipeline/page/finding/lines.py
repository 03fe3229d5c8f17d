"""The ledger lines of postings: what would be sent of those that wait, what stands in QuickBooks of those that do.

What belongs here: reading them for the postings that an order is about.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from qbo_pipeline.accounting.preview import PreviewLine
from qbo_pipeline.page.companies import PageCompany
from qbo_pipeline.pipeline.previewing import lines_of, preview_of
from qbo_pipeline.pipeline.rollback import needed_by
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.posting import postings

Lines = dict[str, tuple[PreviewLine, ...]]


def unsent_lines(company: PageCompany, keys: Sequence[str]) -> Lines:
    """By key what would be posted of those that are not sent yet."""
    return {one.key: one.lines for one in preview_of(company.run, keys)}


def built_lines(company: PageCompany, keys: Sequence[str]) -> Lines:
    """By key the lines of what was built last."""
    newest: dict[str, tuple[str, str]] = {}
    with company.database.reading() as connection:
        for part in chunks(list(keys)):
            query = (
                select(postings.c.key, postings.c.entity, postings.c.payload)
                .where(postings.c.connection == company.name, postings.c.key.in_(part), postings.c.payload.is_not(None))
                .order_by(postings.c.key, postings.c.revision)
            )
            for row in connection.execute(query):
                newest[row.key] = (row.entity, row.payload)
        objects = [(entity, from_wire(payload)) for entity, payload in newest.values()]
        return dict(zip(newest, lines_of(connection, company.run, objects), strict=True))


def rests_on(company: PageCompany, record_keys: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """By key of a posting, the keys of what clears it in QuickBooks; `record_keys` has the postings by their record."""
    with company.database.reading() as connection:
        return needed_by(connection, company.name, record_keys)
