"""Transform: records become postings by the posting rules; nothing is sent here.

A record is built when it is new or changed, and again on every run while it is refused (the settings may have been
mended since) or while something of it was not sent yet and was made under other settings. What is posted under other
settings stays as it is until a person orders otherwise (`restating`). Parties and products are built when the first
document needs them. Each page of records is one transaction: its postings and the records' dispositions are written
together or not at all. What goes wrong with one record is a refusal of that record: also an exception in its posting
rule, and the death of the process (`under_way`).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from qbo_pipeline.accounting.drafts import Draft, Excluded, Outcome, Refused
from qbo_pipeline.accounting.money import cents
from qbo_pipeline.accounting.products import build_account_items
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.inventory.records import Record, content_hash
from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.closing import closed_period
from qbo_pipeline.pipeline.earlier_settings import EarlierSettings
from qbo_pipeline.pipeline.refusing import DEADLY, Failures, in_short
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.same_number import conflicts
from qbo_pipeline.pipeline.settings_in_force import in_force, keep
from qbo_pipeline.pipeline.under_way import Pages
from qbo_pipeline.posting.asking import Intake, IntakePolicy, Intent
from qbo_pipeline.posting.intents import put
from qbo_pipeline.posting.shell import identity_of
from qbo_pipeline.store.dispositions import (
    Built,
    Key,
    due_records,
    load_record,
    put_built,
    reopen_referring,
)
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.settings_versions import forget_comparisons
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import records

log = logging.getLogger(__name__)

MASTER_TYPES = ("party", "product")
NOT_NEEDED = ("not_needed", "no document refers to it yet")
_BEFORE_ALL: Key = (date.min, "", "")
_AFTER_ALL = "\U0010ffff"  # after every record type and id
_ORDER = (records.c.business_date, records.c.record_type, records.c.record_id)
_IDS_IN_A_QUERY = 500


@dataclass(slots=True)
class Transformed:
    """What became of the records: counts by kind, outcome and reason; and what that did to the outbox."""

    outcomes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    intents: Counter[str] = field(default_factory=Counter)
    failures: Failures = field(default_factory=Failures)

    def totals(self) -> dict[str, int]:
        """Numbers for the run's metadata."""
        counted = Counter[str]()
        for (_, outcome, _), count in self.outcomes.items():
            counted[outcome] += count
        names = ("drafted", "excluded", "refused", "vanished")
        return {f"records_{name}": counted[name] for name in names} | {
            f"postings_{name}": self.intents[name] for name in ("new", "changed", "unchanged", "withdrawn", "parked")
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row for each kind, outcome and reason."""
        return [
            {"kind": kind, "outcome": outcome, "reason": reason, "count": count}
            for (kind, outcome, reason), count in sorted(self.outcomes.items())
        ]


def transform(run: Run, first: date, last: date) -> Transformed:
    """Build what is due up to `last`: records of these days, and earlier ones that are still due.

    `first` only names the window in progress reports: a back-dated or re-opened record is never left behind because
    its day lies before it. Raises `SettingsError` where the settings name an account that QBO does not have.
    """
    result = Transformed()
    with run.database.transaction() as connection:
        reopen_referring(connection, run.name)
        page_of_items = _Page(run, connection, result)
        keep(connection, run, page_of_items.in_force)
        page_of_items.build_account_items()
    settings_hash = page_of_items.in_force.settings_hash
    pages, after, reaching = Pages(run.database, run.name), _BEFORE_ALL, (last, _AFTER_ALL, "")
    while True:
        due = partial(_due, name=run.name, last=last, after=after, settings_hash=settings_hash)
        page = pages.begin(due, reaching)
        if page is None:
            return result
        with pages.building(page) as connection:
            where = due_records(run.name, last, after, page.through, settings_hash=settings_hash)
            rows = connection.execute(select(records).where(where).order_by(*_ORDER)).all()
            built = _Page(run, connection, result)
            if page.quarantine:
                built.quarantine(rows)
            else:
                built.build(rows)
        after = page.through
        run.progress(f"records of {first} to {last} built", sum(result.outcomes.values()))


def build_in_order(run: Run, connection: Connection, rows: Sequence[Any]) -> Transformed:
    """Build these records as a person ordered: by the settings of now, whatever they are posted as.

    Nothing waits for approval or as history, but a closed period stays closed.
    """
    result = Transformed()
    _Page(run, connection, result, ordered=True).build(rows)
    return result


def _due(
    connection: Connection, most: int, *, name: str, last: date, after: Key, settings_hash: str | None = None
) -> list[Key]:
    """The keys of the next records to build, in date order. Master data (undated) comes first."""
    where = due_records(name, last, after, settings_hash=settings_hash)
    query = select(*_ORDER).where(where).order_by(*_ORDER).limit(most)
    return [(row.business_date, row.record_type, row.record_id) for row in connection.execute(query)]


class _Page:
    """One page of records on its way into the outbox, within one transaction."""

    def __init__(self, run: Run, connection: Connection, result: Transformed, *, ordered: bool = False) -> None:
        self._run = run
        self._ordered = ordered
        self._connection = connection
        self._result = result
        self._stored = StoredBooks(connection, run.settings)
        self._earlier = EarlierSettings(run, connection, self._stored)
        self.in_force = in_force(self._stored.rule_set, run.settings.posting)
        self._built: dict[str, tuple[str, Built]] = {}  # with the record's kind, by key
        self._intents: list[Intent] = []
        self._needed: set[str] = set()  # parties and products that drafts refer to

    def build_account_items(self) -> None:
        """The items that belong to no record: they stand for accounts on lines without a product."""
        for draft in build_account_items(self._stored.books):
            self._intents.append(Intent(draft.key, content_hash({"item": draft.key}), [draft]))
        self._put()

    def quarantine(self, rows: Sequence[Any]) -> None:
        """Refuse records over which processes died; nothing of them is looked into."""
        for row in rows:
            if row.vanished_at is None:
                self._answer(row, DEADLY)
            else:
                self._gone(row)
        self._put()

    def build(self, rows: Sequence[Any]) -> None:
        loaded = [(row, self._load(row)) for row in rows if row.vanished_at is None]
        self._stored.prefetch(record for _, record in loaded if record is not None)
        known = self._posted([_key(row) for row in rows])
        as_posted = {} if self._ordered else self._earlier.posted(list(known), self.in_force.rules_hash)
        same_number = self._run.settings.posting.same_number
        keys = [_key(row) for row, _ in loaded]
        held = {} if self._ordered else conflicts(self._connection, self._run.name, keys, same_number)
        for row in rows:
            if row.vanished_at is not None:
                self._gone(row)
        for row, record in loaded:
            if record is None:
                continue
            if row.record_type in MASTER_TYPES and _key(row) not in known:
                self._note(row, "excluded", *NOT_NEEDED)
                continue
            outcome = held.get(_key(row)) or self._outcome(row, record)
            if self._earlier.alone_differ(record, row.content_hash, outcome, as_posted.get(_key(row), ())):
                self._note(row, "posting", None, None)
            else:
                self._answer(row, outcome)
        self._build_needed()
        self._put()

    def _gone(self, row: Any) -> None:
        self._note(row, "vanished", "vanished", "the source no longer has it")
        self._intents.append(Intent(_key(row), row.content_hash))

    def _load(self, row: Any) -> Record | None:
        """The record, or `None` for one that cannot be read any more, which is then refused."""
        try:
            return load_record(row)
        except Exception as error:
            self._answer(row, self._result.failures.refused(_key(row), error))
            return None

    def _outcome(self, row: Any, record: Record) -> Outcome:
        try:
            return build(record, self._stored.books)
        except DBAPIError:
            raise  # the store's, not the record's
        except Exception as error:
            return self._result.failures.refused(_key(row), error)

    def _answer(self, row: Any, outcome: Outcome) -> None:
        drafts: Sequence[Draft] = ()
        refusal: Refused | None = None
        if isinstance(outcome, Excluded):
            self._note(row, "excluded", outcome.rule, outcome.message)
        elif isinstance(outcome, Refused):
            self._note(row, "refused", outcome.reason, outcome.message)
            refusal = outcome
        else:
            self._note(row, "posting", None, None)
            drafts = outcome if isinstance(outcome, list) else [outcome]
            named = (key for draft in drafts for key in draft.depends_on)
            self._needed.update(key for key in named if key.split("/")[0] in MASTER_TYPES)
        self._intents.append(
            Intent(
                record_key=_key(row),
                content_hash=row.content_hash,
                drafts=drafts,
                refusal=refusal,
                business_date=row.business_date,
                amount=cents(row.amount or Decimal(0)),
                currency=row.currency or self._stored.books.home_currency,
            )
        )

    def _build_needed(self) -> None:
        """Parties and products that the page's drafts refer to and that have no posting yet."""
        there = {intent.record_key for intent in self._intents} | self._posted(sorted(self._needed))
        for row in _records_of(self._connection, self._run.name, sorted(self._needed - there)):
            if (record := self._load(row)) is not None:
                self._answer(row, self._outcome(row, record))

    def _posted(self, keys: Sequence[str]) -> set[str]:
        """Which of these records have a posting that stands."""
        found: set[str] = set()
        for chunk in chunks(keys):
            query = select(postings.c.record_key).where(
                postings.c.connection == self._run.name,
                postings.c.record_key.in_(chunk),
                postings.c.superseded_by.is_(None),
            )
            found.update(self._connection.scalars(query))
        return found

    def _put(self) -> None:
        try:
            with self._connection.begin_nested():
                intake = self._put_intents(self._intents)
        except Exception as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise
            log.warning("a page could not be written at once (%s): one record at a time", in_short(error))
            for intent in self._intents:
                self._put_alone(intent)
        else:
            self._result.intents.update(asdict(intake))
        forget_comparisons(self._connection, self._run.name, [intent.record_key for intent in self._intents])
        put_built(self._connection, self._run.name, [built for _, built in self._built.values()])
        for kind, built in self._built.values():
            outcome = "drafted" if built.disposition == "posting" else built.disposition
            self._result.outcomes[kind, outcome, built.rule or ""] += 1

    def _put_alone(self, intent: Intent) -> None:
        """Put one record's intent; where its drafts cannot be written they are refused in their place."""
        try:
            with self._connection.begin_nested():
                intake = self._put_intents([intent])
        except Exception as error:
            if not intent.drafts or intent.record_key not in self._built:
                raise
            kind, built = self._built[intent.record_key]
            refused = self._result.failures.refused(intent.record_key, error)
            outcome = Built(built.record_type, built.record_id, "refused", refused.reason, refused.message)
            self._built[intent.record_key] = (kind, outcome)
            intake = self._put_intents([replace(intent, drafts=(), refusal=refused)])
        self._result.intents.update(asdict(intake))

    def _put_intents(self, intents: Sequence[Intent]) -> Intake:
        database = self._run.database
        return put(
            self._connection,
            self._run.name,
            intents,
            identity=identity_of(self._connection, self._run.name, self._run.settings.quickbooks.realm),
            policy=self._policy(),
            now=database.now(self._connection),
            settings_hash=self.in_force.settings_hash,
        )

    def _policy(self) -> IntakePolicy:
        posting = self._run.settings.posting
        closed = closed_period(self._connection, self._run.name)
        dated = closed is not None and posting.closed_period == "first_open_day"
        return IntakePolicy(
            approval=posting.approval and not self._ordered,
            closed_through=closed.through if closed else None,
            closed_why=closed.why if closed else "",
            first_open_day=closed.first_open_day if closed and dated else None,
            history_before=None if self._ordered else posting.history_before,
            when_gone="void" if self._ordered else posting.vanished,
        )

    def _note(self, row: Any, outcome: str, rule: str | None, message: str | None) -> None:
        self._built[_key(row)] = (row.kind, Built(row.record_type, row.record_id, outcome, rule, message))


def _key(row: Any) -> str:
    return f"{row.record_type}/{row.record_id}"


def _records_of(connection: Connection, name: str, keys: Iterable[str]) -> list[Any]:
    found: list[Any] = []
    for record_type in MASTER_TYPES:
        ids = [key.split("/", 1)[1] for key in keys if key.startswith(f"{record_type}/")]
        for start in range(0, len(ids), _IDS_IN_A_QUERY):
            query = select(records).where(
                records.c.connection == name,
                records.c.record_type == record_type,
                records.c.record_id.in_(ids[start : start + _IDS_IN_A_QUERY]),
                records.c.vanished_at.is_(None),
            )
            found += connection.execute(query).all()
    return found
