"""Reference data: QBO's chart of accounts, tax codes, preferences and company, read whole and kept in the store."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sqlalchemy import func, select

from qbo_pipeline.pipeline.not_read import REFERENCE_DATA, REFUSED, keep_not_read, keep_read, why_refused
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.store.account_names import keep_account_names
from qbo_pipeline.store.reference import Reference, of_object, put_references
from qbo_pipeline.store.tables.records import reference_data

LISTS = ("Account", "TaxCode", "Class", "Department", "Term", "TaxRate", "TaxAgency", "PaymentMethod")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReferenceData:
    """How many entries of each list the store has; `warning` says of when they are, where they could not be read."""

    counts: dict[str, int]
    warning: str | None = None


def refresh_reference_data(run: Run) -> ReferenceData:
    """Read what postings refer to; where QuickBooks refuses reads, what was read before serves, with a warning.

    Posting must not wait for the next month because this month's metered reads are used up. Raises the refusal where
    nothing was ever read, and every other error.
    """
    try:
        return ReferenceData(read_reference_data(run))
    except REFUSED as error:
        with run.database.reading() as connection:
            query = select(reference_data.c.entity, func.count()).where(reference_data.c.connection == run.name)
            stored = {row[0]: row[1] for row in connection.execute(query.group_by(reference_data.c.entity))}
        if not stored:
            raise
        log.warning("the reference data could not be read: %s", error)
        kept = keep_not_read(run, REFERENCE_DATA, why_refused(error))
        return ReferenceData(stored, kept.text)


def read_reference_data(run: Run) -> dict[str, int]:
    """Read what postings refer to; answers how many of each there are.

    A metered read for each list, and two for company and preferences.
    """
    quickbooks = run.quickbooks()
    found: dict[str, list[Reference]] = {
        "CompanyInfo": [of_object("CompanyInfo", quickbooks.company_info())],
        "Preferences": [of_object("Preferences", quickbooks.preferences())],
    }
    for entity in LISTS:
        query = select_objects(entity, with_inactive=entity == "Account")
        found[entity] = [of_object(entity, item) for item in quickbooks.query(query)]
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        keep_read(connection, run.name, REFERENCE_DATA)
        keep_account_names(connection, run.name, found["Account"], now=now)
        return {entity: put_references(connection, run.name, entity, items, now=now) for entity, items in found.items()}
