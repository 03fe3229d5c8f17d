"""Summaries in the store: which records are posted together, and what each such object is made of now.

What belongs here: from records to the summary that each belongs to, and a summary's records. A record that stands in
QuickBooks by itself, or may, stays there by itself, and one that stands there within a summary stays within one,
whatever the settings say now; only an order to restate carries new settings into the past. What a person decided about
a posting (skipped, unlinked, reversed, deleted in QuickBooks) holds its records there, also against such an order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, and_, exists, or_, select

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Refused
from qbo_pipeline.accounting.rule_sets import RuleSet
from qbo_pipeline.accounting.summaries import (
    day_of_summary,
    is_summarised,
    is_summary,
    summary_key,
    summed_up,
)
from qbo_pipeline.accounting.summarised_sales import SALES_KINDS, channel_of, is_summed_up
from qbo_pipeline.posting.events import CREATE, DELETE, POSTED, SENDING, SUPERSEDED, UNKNOWN, VOID
from qbo_pipeline.posting.hindrances import Ended, hindrance
from qbo_pipeline.posting.reversal import reversal_key
from qbo_pipeline.store.dispositions import QUARANTINED
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.shares import IN_QBO, OF_RECORD, SUMMARIES
from qbo_pipeline.store.tables.posting import posting_links, posting_records, postings
from qbo_pipeline.store.tables.records import records

SALES_FORMS = ("Invoice", "CreditMemo", "SalesReceipt", "RefundReceipt")


@dataclass(frozen=True, slots=True)
class Membership:
    """The summaries of a day and kind (`summary_key`) that a record is to be in now (`None`: it is posted by itself),
    and those that it stands in.

    `in_qbo` are the keys of the summaries themselves that have it in QuickBooks; `stuck` those of them that keep it for
    now: a person changed or decided about them, or their newest revision, which waits, has it no longer. `channel` is
    its sales channel.
    """

    now: str | None
    before: frozenset[str]
    posted: bool = False  # whether it is within a summary in QuickBooks
    stuck: frozenset[str] = frozenset()
    in_qbo: frozenset[str] = frozenset()
    channel: str = ""

    @property
    def touched(self) -> frozenset[str]:
        """The summaries that are to be built again when the record has changed."""
        return self.before | ({self.now} if self.now else set())


ALONE = Membership(None, frozenset())


def may_be_summed(connection: Connection, name: str, rule_set: RuleSet) -> bool:
    """Whether anything is posted in summaries, by the settings of any date or already."""
    if any(rules.policies.summarise for rules in rule_set.by_date):
        return True
    mine = (postings.c.connection == name, postings.c.key.between(*SUMMARIES))
    return bool(connection.execute(select(exists().where(*mine))).scalar_one())


def may_sum_up_sales(connection: Connection, name: str, rule_set: RuleSet) -> bool:
    """The same, for sales documents."""
    if any(kind in SALES_KINDS for rules in rule_set.by_date for kind in rules.policies.summarise):
        return True
    mine = (postings.c.connection == name, postings.c.key.between(*SUMMARIES))
    return bool(connection.execute(select(exists().where(*mine, postings.c.entity.in_(SALES_FORMS)))).scalar_one())


def memberships(
    connection: Connection, name: str, rows: Sequence[Any], books: Books, *, by_settings: bool = False
) -> dict[str, Membership]:
    """By key, where each of these records belongs; `by_settings` asks the settings alone, for an order to restate."""
    dated = {f"{row.record_type}/{row.record_id}": row for row in rows if row.record_type in ("movement", "document")}
    standing = _standing(connection, name, list(dated))
    if by_settings:  # else what is posted is bound anyway
        standing = _with_reversals(connection, name, standing)
    found = {}
    still = _still_there(connection, name, list(dated))
    for key, row in dated.items():
        there = standing.get(key, [])
        wanted = summary_key(row.kind, row.business_date)
        bound = _binding(there, by_settings=by_settings)
        by_rules, channel = _by_settings(row, books)
        together = any(one.summed for one in bound) if bound else by_rules
        now = wanted if together and row.vanished_at is None else None
        summed = [one for one in there if one.summed]
        posted = [one.key for one in summed if one.in_qbo and not one.leaving]
        newest = {one.key for one in summed}
        before = frozenset(day_of_summary(one.key) for one in summed)
        had = still.get(key, ())
        found[key] = Membership(
            now,
            before,
            posted=bool(posted),
            stuck=frozenset({one.key for one in summed if one.in_qbo and one.decided} | (set(had) - newest)),
            in_qbo=frozenset((*posted, *had)),
            channel=channel,
        )
    return found


def _by_settings(row: Any, books: Books) -> tuple[bool, str]:
    """Whether the settings have a record summed up, and its sales channel."""
    if row.record_type == "movement":
        return is_summarised(row.kind, row.business_date, books), ""
    if row.kind not in SALES_KINDS or row.disposition == "set_aside":
        return False, ""
    its, content = books.on(row.business_date), orjson.loads(row.content)
    return is_summed_up(content, its), channel_of(content, its)


@dataclass(frozen=True, slots=True)
class _Place:
    """A posting that a record stands in."""

    key: str
    revision: int
    in_qbo: bool  # or it may be: its fate is open
    leaving: bool  # it is to be taken out, and is not yet
    decided: bool  # a person decided about it, here or in QuickBooks

    @property
    def summed(self) -> bool:
        return is_summary(self.key)


def _binding(there: Sequence[_Place], *, by_settings: bool) -> list[_Place]:
    """The postings that say whether the record stays alone or summed up; what leaves counts where nothing else is."""
    staying = [one for one in there if not one.leaving] or there
    return [one for one in staying if one.decided or (one.in_qbo and not by_settings)]


def _standing(connection: Connection, name: str, keys: Iterable[str]) -> dict[str, list[_Place]]:
    """By record, the newest of each of its postings, but for what is out of QuickBooks again."""
    linked = and_(posting_links.c.connection == postings.c.connection, posting_links.c.key == postings.c.key)
    columns = [
        postings.c[column]
        for column in ("key", "revision", "operation", "state", "reason", "origin", "doubt", "waits_for")
    ]
    found: dict[str, list[_Place]] = {}
    for part in chunks(list(keys)):
        query = (
            select(posting_records.c.record_key, posting_links.c.qbo_id.label("linked_to"), *columns)
            .join(postings, OF_RECORD)
            .outerjoin(posting_links, linked)
            .where(
                posting_records.c.connection == name,
                posting_records.c.record_key.in_(part),
                postings.c.superseded_by.is_(None),
                postings.c.state != SUPERSEDED,
            )
        )
        for row in connection.execute(query).mappings():
            if (place := _place(row)) is not None:
                found.setdefault(row["record_key"], []).append(place)
    return found


def _still_there(connection: Connection, name: str, keys: Sequence[str]) -> dict[str, list[str]]:
    """By record, the summaries whose object in QuickBooks has it, by the revision that is there."""
    found: dict[str, list[str]] = {}
    for part in chunks(keys):
        query = (
            select(posting_records.c.record_key, posting_records.c.key)
            .join(posting_links, IN_QBO)
            .where(
                posting_records.c.connection == name,
                posting_records.c.record_key.in_(part),
                posting_records.c.key.between(*SUMMARIES),
            )
        )
        for record_key, key in connection.execute(query):
            if is_summary(key):
                found.setdefault(record_key, []).append(key)
    return found


def _place(row: RowMapping) -> _Place | None:
    decided = hindrance(Ended(row["state"], row["reason"], row["origin"]), CREATE) is not None
    leaving = row["operation"] in (VOID, DELETE)
    if leaving and row["state"] == POSTED and not decided:
        return None
    open_fate = row["state"] in (SENDING, UNKNOWN) or row["doubt"] or row["waits_for"] == row["key"]
    in_qbo = row["linked_to"] is not None or open_fate
    return _Place(row["key"], row["revision"], in_qbo=in_qbo, leaving=leaving, decided=decided)


def _with_reversals(connection: Connection, name: str, standing: Mapping[str, list[_Place]]) -> dict[str, list[_Place]]:
    """The same, where a reversal on a day of its own is a person's decision about what it reverses."""
    of = {
        reversal_key(place.key, revision): place.key
        for places in standing.values()
        for place in places
        for revision in range(1, place.revision + 1)
    }
    taken_back: set[str] = set()
    for part in chunks(list(of)):
        query = select(postings.c.key).where(postings.c.connection == name, postings.c.key.in_(part))
        taken_back |= {of[key] for key in connection.scalars(query)}
    return {
        key: [replace(place, decided=place.decided or place.key in taken_back) for place in places]
        for key, places in standing.items()
    }


def rows_of(connection: Connection, name: str, key: str) -> list[Any]:
    """The records that a summary may be made of, and those that stand in it or in its object in QuickBooks, in order:
    live, changed, moved or gone."""
    kind, day = summed_up(key)
    of_type = "document" if kind in SALES_KINDS else "movement"
    mine = (records.c.connection == name, records.c.record_type == of_type)
    dated = select(records).where(
        *mine, records.c.kind == kind, records.c.business_date == day, records.c.vanished_at.is_(None)
    )
    found = {row.record_id: row for row in connection.execute(dated) if row.disposition != "set_aside"}
    own = (posting_records.c.connection == name, of_day(posting_records.c.key, key))
    newest = select(posting_records.c.record_key).join(postings, OF_RECORD)
    there = select(posting_records.c.record_key).join(posting_links, IN_QBO)
    standing = {
        *connection.scalars(newest.where(*own, postings.c.superseded_by.is_(None))),
        *connection.scalars(there.where(*own)),
    }
    ids = {record_key.partition("/")[2] for record_key in standing} - set(found)
    for part in chunks(sorted(ids)):
        rows = connection.execute(select(records).where(*mine, records.c.record_id.in_(part)))
        found |= {row.record_id: row for row in rows}
    return [found[record_id] for record_id in sorted(found)]


def of_day(column: Any, key: str) -> Any:
    """The condition that a column of keys holds a summary of this day and kind, or a reversal of one."""
    return or_(column == key, column.between(f"{key}#", f"{key}$"))  # "$" follows "#"


def standing_of_day(connection: Connection, name: str, key: str) -> list[str]:
    """The keys of the summaries of a day and kind that have a posting which stands."""
    mine = (postings.c.connection == name, of_day(postings.c.key, key), postings.c.superseded_by.is_(None))
    return [one for one in connection.scalars(select(postings.c.key).where(*mine)) if is_summary(one)]


def summarised(connection: Connection, name: str, record_keys: Iterable[str]) -> set[str]:
    """Those of these records that stand in a summary, or are going to."""
    found: set[str] = set()
    for part in chunks(list(record_keys)):
        query = (
            select(posting_records.c.record_key, posting_records.c.key)
            .join(postings, OF_RECORD)
            .where(
                posting_records.c.connection == name,
                posting_records.c.record_key.in_(part),
                posting_records.c.key.between(*SUMMARIES),
                postings.c.superseded_by.is_(None),
                postings.c.operation.not_in((VOID, DELETE)),
                postings.c.state != SUPERSEDED,
            )
        )
        found |= {row.record_key for row in connection.execute(query) if is_summary(row.key)}
    return found


def is_readable(row: Any) -> bool:
    """Whether a record can be built: not set aside, and no process has died over it."""
    return row.disposition != "set_aside" and (row.disposition, row.rule) != ("refused", QUARANTINED)


def held_by(key: str, holder: Any) -> Refused:
    """Why a record of a summary waits: the summary without the holder would undo what is posted of it."""
    return Refused(
        reason="summary_held",
        message=f"{holder.kind} {holder.number or holder.record_id} is posted within {key} and cannot be built any "
        "more: once that is mended, the day is summed up again",
        field="",
    )


def leaving_waits(key: str, elsewhere: str) -> Refused:
    """Why a record waits that another summary still has in QuickBooks: in both, it would be posted twice."""
    return Refused(
        reason="summary_held",
        message=f"it is posted within {elsewhere} still: once that has changed in QuickBooks (approve it where it "
        f"waits for a person), the next run takes it into {key}",
        field="",
    )
