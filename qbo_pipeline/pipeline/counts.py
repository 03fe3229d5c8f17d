"""The counting identity and the lists that a person looks at: nothing is silently lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select, text

from qbo_pipeline.pipeline.referred import references_named
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.reconciliation.counting import BECAME, adds_up
from qbo_pipeline.sql_files import sql_folder
from qbo_pipeline.store.copies import load_copies
from qbo_pipeline.store.derived import NUMBER
from qbo_pipeline.store.postings import listed
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import UNDATED, record_references, records

_COUNTS = (sql_folder("reports") / "report_counts.sql").read_text(encoding="utf-8").strip()


@dataclass(slots=True)
class DayCount:
    """One business date and record type: how many the source delivered, and what became of them.

    `rows_read` is `None` where the reading of the day broke off, `became` has the names of
    `BECAME`. `day` is `None` for master data and undated rows.
    """

    day: date | None
    record_type: str
    rows_read: int | None
    became: dict[str, int]

    @property
    def holds(self) -> bool:
        """The counting identity; a day whose reading broke off does not hold."""
        return adds_up(self.rows_read, self.became) is True

    def as_dict(self) -> dict[str, Any]:
        return {"day": self.day, "record_type": self.record_type, "read": self.rows_read, **self.became}


def day_counts(run: Run) -> list[DayCount]:
    """The counts of every day that was read, in date order: the view `report_counts`, which defines them."""
    query = text(f"SELECT * FROM ({_COUNTS}) AS counts WHERE connection = :name")  # noqa: S608 - a file of ours
    with run.database.reading() as connection:
        found = [
            DayCount(_date(row["business_date"]), row["record_type"], row["rows_read"], {n: row[n] for n in BECAME})
            for row in connection.execute(query, {"name": run.name}).mappings()
        ]
    return sorted(found, key=lambda count: (count.day or UNDATED, count.record_type))


def _date(value: Any) -> date | None:
    """A day as the view gives it: text on SQLite."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def broken_counts(run: Run) -> list[DayCount]:
    """The days whose counts do not add up, or whose reading broke off; empty when nothing is lost."""
    return [count for count in day_counts(run) if not count.holds]


def total_counts(counts: list[DayCount]) -> dict[str, dict[str, int | None]]:
    """By record type: read, and what became of it; `read` is `None` where the reading of one of the days broke off."""
    totals: dict[str, dict[str, int | None]] = {}
    for record_type in dict.fromkeys(count.record_type for count in counts):
        mine = [count for count in counts if count.record_type == record_type]
        read = [count.rows_read for count in mine]
        known = sum(number or 0 for number in read)
        totals[record_type] = {"read": None if None in read else known}
        totals[record_type] |= {name: sum(count.became[name] for count in mine) for name in BECAME}
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


def open_postings(run: Run, states: tuple[str, ...] = ("parked",), last: date | None = None) -> list[dict[str, Any]]:
    """The postings in these states, up to the day `last` or all, each with its reason in plain words and for how many
    whole days it has been as it is (`waits_days`)."""
    query = (
        select(postings)
        .where(postings.c.connection == run.name, listed(), postings.c.state.in_(states))
        .order_by(postings.c.business_date, postings.c.key)
    )
    if last is not None:
        query = query.where(postings.c.business_date <= last)
    with run.database.reading() as connection:
        now = run.database.now(connection)
        found = connection.execute(query).all()
        named = references_named(connection, run.name, found)
        return [
            {
                "key": row.key,
                "kind": row.entity or row.record_key.split("/")[0],
                "day": _day(row.business_date),
                "amount": f"{row.amount:,.2f} {row.currency}",
                "state": row.state,
                "reason": _why(row, named),
                "qbo_id": row.qbo_id,
                "number": row.qbo_number or row.number,
                "waits_days": (now - row.first_seen).days,
                "sent_at": row.sent_at,
            }
            for row in found
        ]


def _why(row: Any, named: Mapping[tuple[str, int], str]) -> str | None:
    reason = f"{row.reason}: {row.message}" if row.message else row.reason
    return " ".join(filter(None, (reason, named.get((row.key, row.revision))))) or None


def copies_in_quickbooks(run: Run) -> list[dict[str, Any]]:
    """The objects in QuickBooks that people copied from ours, marker and all, each beside the one that it copies.

    The amount is in the object's own currency, empty where QuickBooks gives none.
    """
    with run.database.reading() as connection:
        return [
            {
                "key": row["key"],
                "kind": row["entity"],
                "qbo_id": row["qbo_id"],
                "number": row["qbo_number"] or "",
                "day": row["business_date"].isoformat(),
                "amount": "" if row["amount"] is None else f"{row['amount']:,.2f} {row['currency'] or ''}".strip(),
            }
            for row in load_copies(connection, run.name)
        ]


def old_unknowns(run: Run, hours: int) -> list[dict[str, Any]]:
    """Postings whose outcome has not been known for longer than this."""
    with run.database.reading() as connection:
        limit = run.database.now(connection) - timedelta(hours=hours)
    rows = open_postings(run, ("unknown", "sending"))
    return [row for row in rows if row["sent_at"] is not None and row["sent_at"] < limit]


def _day(day: date) -> str:
    return "" if day == UNDATED else day.isoformat()
