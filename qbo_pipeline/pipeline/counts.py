"""The counting identity and the lists that a person looks at: nothing is silently lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import case, func, select

from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.store.derived import NUMBER
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import UNDATED, reads, record_references, records

BECAME = ("posted", "waiting", "parked", "skipped", "excluded", "set_aside")
# The least finished of a record's postings counts for it.
_RANKS = {"parked": 4, "ready": 3, "sending": 3, "unknown": 3, "skipped": 2}
_BY_RANK = {4: "parked", 3: "waiting", 2: "skipped", 1: "posted"}
_BY_DISPOSITION = {"new": "waiting", "refused": "parked", "excluded": "excluded", "set_aside": "set_aside"}


@dataclass(slots=True)
class DayCount:
    """One business date and record type: how many the source delivered, and what became of them.

    `rows_read` is `None` where the reading of the day broke off. `day` is `None` for master data and undated rows.
    """

    day: date | None
    record_type: str
    rows_read: int | None
    became: dict[str, int]

    @property
    def holds(self) -> bool:
        """read = posted + waiting + parked + skipped + excluded + set aside."""
        return self.rows_read == sum(self.became.values())

    def as_dict(self) -> dict[str, Any]:
        return {"day": self.day, "record_type": self.record_type, "read": self.rows_read, **self.became}


def day_counts(run: Run) -> list[DayCount]:
    """The counts of every day that was read, in date order."""
    found: dict[tuple[date, str], DayCount] = {}
    with run.database.reading() as connection:
        query = select(reads).where(reads.c.connection == run.name)
        for row in connection.execute(query):
            found[row.business_date, row.record_type] = _empty(row.business_date, row.record_type, row.rows_read)
        for row in connection.execute(_became(run.name)):
            key = (row.business_date, row.record_type)
            became = _BY_RANK[row.rank or 3] if row.disposition == "posting" else _BY_DISPOSITION[row.disposition]
            found.setdefault(key, _empty(*key, None)).became[became] += row.records
    return [found[key] for key in sorted(found)]


def _became(name: str) -> Any:
    """Live records by day, type, disposition and, where they have postings, the least finished state of these."""
    rank = func.max(case(*((postings.c.state == state, rank) for state, rank in _RANKS.items()), else_=1))
    states = (
        select(postings.c.record_key, rank.label("rank"))
        .where(postings.c.connection == name, postings.c.superseded_by.is_(None), postings.c.state != "superseded")
        .group_by(postings.c.record_key)
        .subquery()
    )
    key = records.c.record_type + "/" + records.c.record_id
    columns = (records.c.business_date, records.c.record_type, records.c.disposition, states.c.rank)
    return (
        select(*columns, func.count().label("records"))
        .select_from(records.outerjoin(states, states.c.record_key == key))
        .where(records.c.connection == name, records.c.vanished_at.is_(None))
        .group_by(*columns)
    )


def _empty(day: date, record_type: str, rows_read: int | None) -> DayCount:
    return DayCount(None if day == UNDATED else day, record_type, rows_read, dict.fromkeys(BECAME, 0))


def broken_counts(run: Run) -> list[DayCount]:
    """The days whose counts do not add up, or whose reading broke off; empty when nothing is lost."""
    return [count for count in day_counts(run) if not count.holds]


def total_counts(counts: list[DayCount]) -> dict[str, dict[str, int]]:
    """By record type: read, and what became of it."""
    totals: dict[str, dict[str, int]] = {}
    for count in counts:
        row = totals.setdefault(count.record_type, dict.fromkeys(("read", *BECAME), 0))
        row["read"] += count.rows_read or 0
        for name, number in count.became.items():
            row[name] += number
    return totals


def set_aside_records(run: Run, record_types: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The records that broke a rule: record, number, day, rule, message."""
    query = (
        select(records)
        .where(
            records.c.connection == run.name,
            records.c.record_type.in_(record_types),
            records.c.disposition == "set_aside",
            records.c.vanished_at.is_(None),
        )
        .order_by(records.c.business_date, records.c.record_id)
    )
    with run.database.reading() as connection:
        return [
            (f"{row.record_type}/{row.record_id}", row.number or "", _day(row.business_date), row.rule, row.message)
            for row in connection.execute(query)
        ]


def numbers_twice(run: Run) -> list[dict[str, Any]]:
    """The numbers under which there is more than one document: `kind`, `number`, and the documents' keys in
    `records`."""
    mine = (record_references.c.connection == run.name, record_references.c.refers_to.startswith(NUMBER))
    twice = select(record_references.c.refers_to).where(*mine).group_by(record_references.c.refers_to)
    query = (
        select(record_references.c.refers_to, record_references.c.record_key)
        .where(*mine, record_references.c.refers_to.in_(twice.having(func.count() > 1)))
        .order_by(record_references.c.refers_to, record_references.c.record_key)
    )
    found: dict[str, list[str]] = {}
    with run.database.reading() as connection:
        for row in connection.execute(query):
            found.setdefault(row.refers_to, []).append(row.record_key)
    split = {name: name.removeprefix(NUMBER).split("/", 2) for name in found}
    return [{"kind": split[name][0], "number": split[name][2], "records": keys} for name, keys in found.items()]


def open_postings(run: Run, states: tuple[str, ...] = ("parked",)) -> list[dict[str, Any]]:
    """The postings that wait for a person, each with its reason in plain words."""
    query = (
        select(postings)
        .where(postings.c.connection == run.name, postings.c.superseded_by.is_(None), postings.c.state.in_(states))
        .order_by(postings.c.business_date, postings.c.key)
    )
    with run.database.reading() as connection:
        return [
            {
                "key": row.key,
                "kind": row.entity or row.record_key.split("/")[0],
                "day": _day(row.business_date),
                "amount": f"{row.amount:,.2f} {row.currency}",
                "state": row.state,
                "reason": f"{row.reason}: {row.message}" if row.message else row.reason,
                "sent_at": row.sent_at,
            }
            for row in connection.execute(query)
        ]


def old_unknowns(run: Run, hours: int) -> list[dict[str, Any]]:
    """Postings whose outcome has not been known for longer than this."""
    with run.database.reading() as connection:
        limit = run.database.now(connection) - timedelta(hours=hours)
    rows = open_postings(run, ("unknown", "sending"))
    return [row for row in rows if row["sent_at"] is not None and row["sent_at"] < limit]


def _day(day: date) -> str:
    return "" if day == UNDATED else day.isoformat()
