"""Reference data: QBO's chart of accounts, tax codes, preferences and company, read whole and kept in the store."""

from __future__ import annotations

from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.store.reference import Reference, of_object, put_references

LISTS = ("Account", "TaxCode", "Class", "Department")


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
        query = select(entity, with_inactive=entity == "Account")
        found[entity] = [of_object(entity, item) for item in quickbooks.query(query)]
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        return {entity: put_references(connection, run.name, entity, items, now=now) for entity, items in found.items()}
