"""What is posted under earlier settings: whether the settings alone make the difference to what would be posted now.

What belongs here: the postings of records that stand in QBO, and what a record would be under the settings that made
them. A record may be built again because another one changed; that must not carry new settings into the past unasked.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, RowMapping, select
from sqlalchemy.exc import DBAPIError

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Draft, Outcome
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.inventory.records import Record
from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.refusing import in_short
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.settings_in_force import rules_of
from qbo_pipeline.posting.blank_rows import says_the_same
from qbo_pipeline.posting.events import CREATE, POSTED, UPDATE
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.settings import settings_versions

log = logging.getLogger(__name__)

_COLUMNS = (
    "key", "revision", "fence", "record_key", "record_hash", "entity", "operation", "marker", "payload", "payload_hash",
    "state", "settings_hash", "business_date",
)  # fmt: skip


def standing(connection: Connection, name: str, record_keys: Iterable[str]) -> dict[str, list[RowMapping]]:
    """By record, the newest revision of each of its postings."""
    found: dict[str, list[RowMapping]] = {}
    for part in chunks(list(record_keys)):
        query = select(*(postings.c[column] for column in _COLUMNS)).where(
            postings.c.connection == name, postings.c.record_key.in_(part), postings.c.superseded_by.is_(None)
        )
        for row in connection.execute(query).mappings():
            found.setdefault(row["record_key"], []).append(row)
    return found


def in_qbo(rows: Iterable[RowMapping]) -> list[RowMapping]:
    """Those of which an object stands in QBO with exactly this content."""
    return [row for row in rows if row["state"] == POSTED and row["operation"] in (CREATE, UPDATE)]


def drafts_of(outcome: Outcome) -> Sequence[Draft]:
    """The drafts of an outcome; none where it is excluded or refused."""
    if isinstance(outcome, Draft):
        return (outcome,)
    return outcome if isinstance(outcome, list) else ()


def is_as_posted(outcome: Outcome, rows: Sequence[RowMapping]) -> bool:
    """Whether the outcome is exactly what stands in QBO."""
    drafts, there = drafts_of(outcome), {row["key"]: row for row in in_qbo(rows)}
    same_keys = {draft.key for draft in drafts} == set(there)
    return same_keys and all(says_the_same(draft, there[draft.key]) for draft in drafts)


def _built(record: Record, books: Books) -> Outcome:
    """The outcome; a rule that fails makes nothing that could be compared."""
    try:
        return build(record, books)
    except DBAPIError:
        raise  # the store's, not the record's
    except Exception as error:
        log.warning("a record was not compared with what is posted of it: %s", in_short(error))
        return []


@dataclass(slots=True)
class EarlierSettings:
    """The settings of earlier postings, opened as books when they are first needed."""

    run: Run
    connection: Connection
    stored: StoredBooks
    _books: dict[str, Books | None] = field(default_factory=dict)

    def posted(self, record_keys: Sequence[str], rules_hash: str) -> Mapping[str, list[RowMapping]]:
        """By record, its postings, where all of them are posted and other rules made one of them."""
        others = self._other_versions(rules_hash)
        if not others:
            return {}
        found = standing(self.connection, self.run.name, record_keys)
        return {
            key: rows
            for key, rows in found.items()
            if all(row["state"] == POSTED for row in rows) and any(row["settings_hash"] in others for row in rows)
        }

    def alone_differ(self, record: Record, content_hash: str, outcome: Outcome, rows: Sequence[RowMapping]) -> bool:
        """Whether the record is what it was, and nothing but the settings makes another posting of it now."""
        there = in_qbo(rows)
        if not there or any(row["record_hash"] != content_hash for row in there) or is_as_posted(outcome, rows):
            return False
        return any(
            books is not None and is_as_posted(_built(record, books), rows)
            for books in (self._under(row["settings_hash"]) for row in there)
        )

    def alone_differs_summed(self, key: str, content_hash: str, outcome: Outcome, rules_hash: str) -> bool:
        """Whether a summary's records are what they were, and nothing but the settings makes another journal now."""
        rows = self.posted([key], rules_hash).get(key, ())
        there = in_qbo(rows)
        same = bool(there) and all(row["record_hash"] == content_hash for row in there)
        return same and not is_as_posted(outcome, rows)

    def _under(self, settings_hash: str | None) -> Books | None:
        if settings_hash is None:
            return None
        if settings_hash not in self._books:
            rule_set = rules_of(self.connection, self.run, settings_hash)
            self._books[settings_hash] = None if rule_set is None else self.stored.books_under(rule_set)
        return self._books[settings_hash]

    def _other_versions(self, rules_hash: str) -> set[str]:
        query = select(settings_versions.c.settings_hash).where(
            settings_versions.c.connection == self.run.name, settings_versions.c.rules_hash != rules_hash
        )
        return set(self.connection.scalars(query))
