"""Reference data: QBO's chart of accounts, taxes, terms and other lists, preferences and company, kept in the store.

Once a week, and where it was never read, all of it is read whole. Between that the lists that change data capture
covers are kept current by it, in one call; taxes, which it does not cover, and preferences are read every time.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from qbo_pipeline.instants import parse_instant
from qbo_pipeline.pipeline.company_preferences import company_facts
from qbo_pipeline.pipeline.not_read import REFERENCE_DATA, REFUSED, keep_not_read, keep_read, why_refused
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.changes import Changes
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.quickbooks.errors import AccessDenied, InvalidRequest
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.store.account_names import keep_account_names
from qbo_pipeline.store.reference import (
    Reference,
    fact_of,
    merge_references,
    of_object,
    put_references,
    references,
)
from qbo_pipeline.store.tables.records import reference_data, watermarks

LISTS = ("Account", "Class", "Department", "Term", "PaymentMethod", "TaxCode", "TaxRate")
WEEKLY = ("TaxAgency",)  # for reports and sources that read them: no posting refers to an agency
COMPANY_FACTS = "CompanyFacts"  # no list of QBO's: what its company and preferences say, a row each
LINKED_LISTS = ("Customer", "Vendor", "Item")  # where a policy says by which signs their entries are ours
WHOLE_AFTER = timedelta(days=7)
OVERLAP = timedelta(minutes=5)  # what is too young for one reading is in the next
_NEEDED = ("Account", "TaxCode")  # its plan or country may lack the others
_MARK, _WHOLE, _LINKED = "reference_data_changes", "reference_data_whole", "reference_data_linked"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReferenceData:
    """How many entries of each list the store has; `warning` says of when they are, where they could not be read."""

    counts: dict[str, int]
    warning: str | None = None


def refresh_reference_data(run: Run) -> ReferenceData:
    """Bring what postings refer to up to date; where QuickBooks refuses reads, what was read before serves, with a
    warning.

    Posting must not wait for the next month because this month's metered reads are used up. Raises the refusal where
    nothing was ever read, and every other error.
    """
    try:
        return ReferenceData(read_reference_data(run))
    except REFUSED as error:
        with run.database.reading() as connection:
            stored = _counts(connection, run.name)
        if not stored:
            raise
        log.warning("the reference data could not be read: %s", error)
        kept = keep_not_read(run, REFERENCE_DATA, why_refused(error))
        return ReferenceData(stored, kept.text)


def read_reference_data(run: Run, *, whole: bool = False) -> dict[str, int]:
    """Bring what postings refer to up to date; answers how many of each there are.

    A metered read for company, preferences, tax codes and tax rates, and one for the changes of all the other lists;
    with `whole`, and once a week, one for each of these lists instead, and one for the tax agencies.
    """
    with run.database.reading() as connection:
        now = run.database.now(connection)
        since, read_whole = _mark(connection, run.name, _MARK), _mark(connection, run.name, _WHOLE)
        linked_since = _mark(connection, run.name, _LINKED)
    links = bool(run.settings.posting.link_signs())
    lists = LISTS + (LINKED_LISTS if links else ())
    captured = [name for name in lists if entity_named(name).changes]
    whole = whole or since is None or read_whole is None or now - read_whole >= WHOLE_AFTER
    quickbooks = run.quickbooks()
    info, as_at = quickbooks.company_info_as_at()  # before the lists: what changes from now on is in the next reading
    if whole or since is None:
        changes = Changes(as_at, as_at, {}, {}, {})
    else:
        changes = quickbooks.changes(captured, since - OVERLAP, completed=False)
    company = {
        "CompanyInfo": [of_object("CompanyInfo", info)],
        "Preferences": [of_object("Preferences", quickbooks.preferences())],
    }
    new = LINKED_LISTS if links and linked_since is None else ()
    about = company["CompanyInfo"][0].content, company["Preferences"][0].content
    company[COMPANY_FACTS] = [fact_of(COMPANY_FACTS, name, value) for name, value in company_facts(*about).items()]
    read = list(WEEKLY) if whole else []
    read += [name for name in lists if whole or name not in captured or name in changes.gaps or name in new]
    found = company | {name: _read(run, name) for name in read}
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        keep_read(connection, run.name, REFERENCE_DATA)
        for entity, items in found.items():
            put_references(connection, run.name, entity, items, now=now)
        for entity in (name for name in captured if name not in found):
            changed = [of_object(entity, thing) for thing in changes.objects.get(entity, ())]
            gone = [str(stub["Id"]) for stub in changes.deleted.get(entity, ())]
            merge_references(connection, run.name, entity, changed, gone, now=now)
        keep_account_names(connection, run.name, references(connection, run.name, "Account"), now=now)
        marks = {_MARK: changes.as_at} | ({_WHOLE: now} if whole else {}) | ({_LINKED: now} if links else {})
        _move_marks(connection, run.name, marks, now)
        if not links and linked_since is not None:
            _forget_linked_lists(connection, run.name)
        return _counts(connection, run.name)


def _read(run: Run, entity: str) -> Sequence[Reference]:
    query = select_objects(entity, with_inactive=entity_named(entity).changes)
    try:
        items = (of_object(entity, item) for item in run.quickbooks().query(query))
        return list({item.qbo_id: item for item in items}.values())  # a rate of two codes comes twice
    except (AccessDenied, InvalidRequest) as error:
        if entity in _NEEDED:
            raise
        log.warning("QuickBooks does not give its list %s to this company: %s", entity, error)
        return []


def _counts(connection: Connection, name: str) -> dict[str, int]:
    query = select(reference_data.c.entity, func.count()).where(reference_data.c.connection == name)
    return {row[0]: row[1] for row in connection.execute(query.group_by(reference_data.c.entity))}


def _mark(connection: Connection, name: str, mark: str) -> datetime | None:
    query = select(watermarks.c.value).where(watermarks.c.connection == name, watermarks.c.name == mark)
    value = connection.execute(query).scalar_one_or_none()
    return parse_instant(value) if value else None


def _forget_linked_lists(connection: Connection, name: str) -> None:
    """Nobody reads them on: they would be of an ever earlier day."""
    mine = (reference_data.c.connection == name, reference_data.c.entity.in_(LINKED_LISTS))
    connection.execute(delete(reference_data).where(*mine))
    connection.execute(delete(watermarks).where(watermarks.c.connection == name, watermarks.c.name == _LINKED))


def _move_marks(connection: Connection, name: str, marks: dict[str, datetime], now: datetime) -> None:
    mine = (watermarks.c.connection == name, watermarks.c.name.in_(marks))
    connection.execute(delete(watermarks).where(*mine))
    rows = [{"connection": name, "name": mark, "value": at.isoformat(), "moved_at": now} for mark, at in marks.items()]
    connection.execute(watermarks.insert(), rows)
