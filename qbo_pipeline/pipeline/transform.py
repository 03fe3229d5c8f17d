"""Transform: records become postings by the posting rules; nothing is sent here.

A record is built when it is new or changed, and again on every run while it is refused (the settings may have been
mended since) or while something of it was not sent yet and was made under other settings. What is posted under other
settings stays as it is until a person orders otherwise (`restating`). Parties and products are built when the first
document needs them. Each page of records is one transaction: its postings and the records' dispositions are written
together or not at all. What goes wrong with one record is a refusal of that record: also an exception in its posting
rule, and the death of the process (`under_way`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import Connection, select

from qbo_pipeline.pipeline.books import may_keep_transit
from qbo_pipeline.pipeline.building import NOT_NEEDED, SETTLES_SALES, PageOfRecords
from qbo_pipeline.pipeline.master_data import Parsed, note_names
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.settings_in_force import keep
from qbo_pipeline.pipeline.summing_up import build_summaries
from qbo_pipeline.pipeline.transformed import Transformed
from qbo_pipeline.pipeline.under_way import Pages
from qbo_pipeline.store.dispositions import Key, anything_due, due_records, leave_out, reopen_referring, take_in
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.retired import reopen_retired
from qbo_pipeline.store.settings_versions import anything_made_otherwise
from qbo_pipeline.store.tables.records import records

_BEFORE_ALL: Key = (date.min, "", "")
_AFTER_ALL = "\U0010ffff"  # after every record type and id
_ORDER = (records.c.business_date, records.c.record_type, records.c.record_id)
_SUMMARIES_AT_ONCE = 20  # in one transaction


def transform(run: Run, first: date, last: date) -> Transformed:
    """Build what is due up to `last`: records of these days, and earlier ones that are still due.

    `first` only names the window in progress reports: a back-dated or re-opened record is never left behind because
    its day lies before it. Raises `SettingsError` where the settings name an account that QBO does not have.
    """
    result = Transformed()
    with run.database.transaction() as connection:
        note_names(connection, run.name, run.database.now(connection))
        if run.settings.posting.master_data == "all":
            take_in(connection, run.name, NOT_NEEDED[0])
        else:
            for kind, count in leave_out(connection, run.name, *NOT_NEEDED).items():
                result.outcomes[kind, "excluded", NOT_NEEDED[0]] += count
        if run.settings.posting.inactive == "deactivated":
            reopen_retired(connection, run.name)
        page_of_items = PageOfRecords(run, connection, result)
        reopen_referring(connection, run.name, receipts=may_keep_transit(page_of_items.stored.rule_set))
        keep(connection, run, page_of_items.in_force)
        page_of_items.build_account_items()
        sums_up_sales = page_of_items.sums_up_sales
    settings_hash = page_of_items.in_force.settings_hash
    pages, reaching = Pages(run.database, run.name), (last, _AFTER_ALL, "")
    touched: set[str] = set()
    parsed = Parsed()

    def build_pages(after: Key, *only: Any, settling: bool = False) -> None:
        while True:
            due = partial(_due, *only, name=run.name, last=last, after=after, settings_hash=settings_hash)
            page = pages.begin(due, reaching)
            if page is None:
                break
            with pages.building(page) as connection:
                where = due_records(run.name, last, after, page.through, settings_hash=settings_hash)
                rows = connection.execute(select(records).where(where, *only).order_by(*_ORDER)).all()
                built = PageOfRecords(run, connection, result, parsed=parsed)
                if page.quarantine:
                    built.quarantine(rows)
                else:
                    built.build(rows, settling=settling)
                touched.update(built.touched)
            after = page.through
            run.progress(f"records of {first} to {last} built", sum(result.outcomes.values()))

    build_pages(_BEFORE_ALL)
    for part in chunks(sorted(touched), _SUMMARIES_AT_ONCE):
        with pages.between() as connection:
            build_summaries(PageOfRecords(run, connection, result, parsed=parsed), part)
        run.progress(f"records of {first} to {last} built", sum(result.outcomes.values()))
    if sums_up_sales:
        build_pages(_BEFORE_ALL, records.c.kind == SETTLES_SALES, settling=True)
    return result


def build_in_order(run: Run, connection: Connection, rows: Sequence[Any]) -> Transformed:
    """Build these records as a person ordered: by the settings of now, whatever they are posted as.

    Nothing waits for approval or as history, but a closed period stays closed.
    """
    result = Transformed()
    page = PageOfRecords(run, connection, result, ordered=True)
    page.build(rows)
    build_summaries(page, sorted(page.touched))
    page.build([row for row in rows if row.kind == SETTLES_SALES], settling=True)
    return result


def _due(*given: Any, name: str, last: date, after: Key, settings_hash: str | None = None) -> list[Key]:
    """The keys of the next records to build, in date order. Master data (undated) comes first."""
    *only, connection, most = given
    if settings_hash is not None and not anything_made_otherwise(connection, name, settings_hash):
        settings_hash = None
    if settings_hash is None and not anything_due(connection, name):
        return []
    where = due_records(name, last, after, settings_hash=settings_hash)
    query = select(*_ORDER).where(where, *only).order_by(*_ORDER).limit(most)
    return [(row.business_date, row.record_type, row.record_id) for row in connection.execute(query)]
