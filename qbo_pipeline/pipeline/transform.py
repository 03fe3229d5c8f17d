"""Transform: records become postings by the posting rules; nothing is sent here.

A record is built when it is new or changed, and again on every run while it is refused (the settings may have been
mended since). Parties and products are built when the first document needs them. Each page of records is one
transaction: its postings and the records' dispositions are written together or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from qbo_pipeline.accounting.drafts import Draft, Excluded, Refused
from qbo_pipeline.accounting.money import cents
from qbo_pipeline.accounting.products import build_account_items
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.inventory.records import Record, content_hash
from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.asking import IntakePolicy, Intent, Refusal
from qbo_pipeline.posting.intents import put
from qbo_pipeline.posting.shell import identity_of
from qbo_pipeline.store.dispositions import Built, load_record, put_built, reopen_referring
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import records

PAGE = 1_000
MASTER_TYPES = ("party", "product")
NOT_NEEDED = ("not_needed", "no document refers to it yet")


@dataclass(slots=True)
class Transformed:
    """What became of the records: counts by kind, outcome and reason; and what that did to the outbox."""

    outcomes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    intents: Counter[str] = field(default_factory=Counter)

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
        _Page(run, connection, result).build_account_items()
    after = (date.min, "", "")
    while True:
        with run.database.transaction() as connection:
            rows = _due(connection, run.name, last, after)
            if not rows:
                break
            after = (rows[-1].business_date, rows[-1].record_type, rows[-1].record_id)
            _Page(run, connection, result).build(rows)
        run.progress(f"records of {first} to {last} built", sum(result.outcomes.values()))
    return result


def _due(connection: Connection, name: str, last: date, after: tuple[date, str, str]) -> Sequence[Any]:
    """The next page of records to build, in date order. Master data (undated) comes first."""
    key = (records.c.business_date, records.c.record_type, records.c.record_id)
    beyond = or_(
        key[0] > after[0],
        and_(key[0] == after[0], key[1] > after[1]),
        and_(key[0] == after[0], key[1] == after[1], key[2] > after[2]),
    )
    query = (
        select(records)
        .where(
            records.c.connection == name,
            records.c.disposition.in_(("new", "refused")),
            records.c.business_date <= last,
            beyond,
        )
        .order_by(*key)
        .limit(PAGE)
    )
    return connection.execute(query).all()


class _Page:
    """One page of records on its way into the outbox, within one transaction."""

    def __init__(self, run: Run, connection: Connection, result: Transformed) -> None:
        self._run = run
        self._connection = connection
        self._result = result
        self._stored = StoredBooks(connection, run.settings)
        self._built: list[Built] = []
        self._intents: list[Intent] = []
        self._needed: set[str] = set()  # parties and products that drafts refer to

    def build_account_items(self) -> None:
        """The items that belong to no record: they stand for accounts on lines without a product."""
        for draft in build_account_items(self._stored.books):
            self._intents.append(Intent(draft.key, content_hash({"item": draft.key}), [draft]))
        self._put()

    def build(self, rows: Sequence[Any]) -> None:
        loaded = [(row, load_record(row)) for row in rows if row.vanished_at is None]
        self._stored.prefetch(record for _, record in loaded)
        known = self._posted([f"{row.record_type}/{row.record_id}" for row in rows])
        for row in rows:
            if row.vanished_at is not None:
                self._note(row, "vanished", "vanished", "the source no longer has it")
                self._intents.append(Intent(_key(row), row.content_hash))
        for row, record in loaded:
            if row.record_type in MASTER_TYPES and _key(row) not in known:
                self._note(row, "excluded", *NOT_NEEDED)
            else:
                self._build(row, record)
        self._build_needed()
        self._put()

    def _build(self, row: Any, record: Record) -> None:
        outcome = build(record, self._stored.books)
        drafts: Sequence[Draft] = ()
        refusal = None
        if isinstance(outcome, Excluded):
            self._note(row, "excluded", outcome.rule, outcome.message)
        elif isinstance(outcome, Refused):
            self._note(row, "refused", outcome.reason, outcome.message)
            refusal = Refusal(outcome.reason, outcome.message, outcome.field)
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
            self._build(row, load_record(row))

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
        database = self._run.database
        intake = put(
            self._connection,
            self._run.name,
            self._intents,
            identity=identity_of(self._connection, self._run.name, self._run.settings.quickbooks.realm),
            policy=self._policy(),
            now=database.now(self._connection),
        )
        self._result.intents.update(asdict(intake))
        put_built(self._connection, self._run.name, self._built)

    def _policy(self) -> IntakePolicy:
        posting = self._run.settings.posting
        return IntakePolicy(
            approval=posting.approval, closed_through=self._stored.closed_through, when_gone=posting.vanished
        )

    def _note(self, row: Any, outcome: str, rule: str | None, message: str | None) -> None:
        self._result.outcomes[row.kind, {"posting": "drafted"}.get(outcome, outcome), rule or ""] += 1
        self._built.append(Built(row.record_type, row.record_id, outcome, rule, message))


def _key(row: Any) -> str:
    return f"{row.record_type}/{row.record_id}"


def _records_of(connection: Connection, name: str, keys: Iterable[str]) -> list[Any]:
    found: list[Any] = []
    for record_type in MASTER_TYPES:
        ids = [key.split("/", 1)[1] for key in keys if key.startswith(f"{record_type}/")]
        for start in range(0, len(ids), PAGE // 2):
            query = select(records).where(
                records.c.connection == name,
                records.c.record_type == record_type,
                records.c.record_id.in_(ids[start : start + PAGE // 2]),
                records.c.vanished_at.is_(None),
            )
            found += connection.execute(query).all()
    return found
