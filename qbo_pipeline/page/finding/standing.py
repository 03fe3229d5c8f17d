"""How a company stands, for the overview: its verdict with the reasons, since when, what waits, its last run and calls.

What belongs here: a bounded number of queries a company, however many documents it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from qbo_pipeline.instants import in_zone
from qbo_pipeline.page.companies import PageCompany
from qbo_pipeline.pipeline.access import see_access
from qbo_pipeline.pipeline.counts import copies_in_quickbooks
from qbo_pipeline.pipeline.standing import of_copies, of_counts, of_postings, of_reconciliation, of_set_aside
from qbo_pipeline.pipeline.write_back_standing import write_back_standing
from qbo_pipeline.store.postings import listed
from qbo_pipeline.store.reconciled import newest_summary
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.quickbooks import api_calls
from qbo_pipeline.store.tables.reconciliation import reconciliations
from qbo_pipeline.store.tables.records import reads, records
from qbo_pipeline.verdicts import OF_STATUS, Conclusion, Ground, Verdict, conclude

WAITS = ("parked", "unknown", "drifted", "deleted_in_qbo")
FREE_READS = 500_000
"""Metered reads a month without a fee, for all apps of a developer workspace (Intuit App Partner Program, Builder)."""


@dataclass(frozen=True, slots=True)
class CompanyStanding:
    """One company as the overview shows it; instants are aware UTC."""

    name: str
    conclusion: Conclusion
    reconciled: dict[str, Any] | None
    since: datetime | None
    waits: dict[str, int]
    set_aside: int
    ready: int
    oldest: datetime | None
    last_run: datetime | None
    last_day: date | None
    next_run: datetime
    reads_this_month: int

    @property
    def verdict(self) -> Verdict:
        return self.conclusion.verdict

    @property
    def reads_left(self) -> int:
        return max(0, FREE_READS - self.reads_this_month)

    @property
    def waiting(self) -> int:
        return sum(self.waits.values()) + self.set_aside


def standing(company: PageCompany) -> CompanyStanding:
    """How a company stands now."""
    run, name = company.run, company.name
    lost, copies, access = company.recount.broken(run), copies_in_quickbooks(run), see_access(run)
    with company.database.reading() as connection:
        now = company.database.now(connection)
        waits, ready, oldest = _postings(connection, name)
        rules = _rules(connection, name)
        reconciled = newest_summary(connection, name)
        since = _since(connection, name, reconciled)
        last_run, last_day = _last_run(connection, name)
        reads_this_month = _reads(connection, company, now)
    named = {state: count for state, count in waits.items() if count}
    found: list[Ground] = [
        *of_counts(lost),
        *of_postings([{"state": state} for state, count in named.items() for _ in range(count)]),
        *of_copies(copies),
        *write_back_standing(run).grounds(),
        *of_set_aside(rules),
        *([] if access.well else [Ground(Verdict.WAITING, f"access to QuickBooks: {access.text}")]),
    ]
    if reconciled is None:
        found.append(Ground(Verdict.WAITING, "nothing has been reconciled yet"))
    else:
        found += of_reconciliation(_Reconciled(reconciled))
    return CompanyStanding(
        name=name,
        conclusion=conclude(found),
        reconciled=reconciled,
        since=since,
        waits=named | ({"copied": len(copies)} if copies else {}),
        set_aside=sum(rule != "draft" for rule in rules),
        ready=ready,
        oldest=oldest,
        last_run=last_run,
        last_day=last_day,
        next_run=next_run(company, now),
        reads_this_month=reads_this_month,
    )


def next_run(company: PageCompany, now: datetime) -> datetime:
    """When the nightly run is due next by the settings; whether its schedule is switched on, Dagster knows alone."""
    hour, minute = (int(part) for part in company.settings.schedule.at.split(":"))
    zone = company.settings.connection.zone
    today = in_zone(now, company.time_zone).date()
    for day in (today, today + timedelta(days=1)):
        due = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)
        if due > now:
            return due
    raise AssertionError("one of two days is to come")


class _Reconciled:
    """The columns of a kept reconciliation as what `standing` reads."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.status, self.difference, self.unexplained = row["status"], row["difference"], row["unexplained"]


def _postings(connection: Connection, name: str) -> tuple[dict[str, int], int, datetime | None]:
    """How many postings wait for somebody by state, how many go with the next run, and since when the oldest waits."""
    query = (
        select(postings.c.state, func.count(), func.min(postings.c.first_seen))
        .where(postings.c.connection == name, listed(), postings.c.state.in_((*WAITS, "ready", "sending")))
        .group_by(postings.c.state)
    )
    rows = {state: (count, first) for state, count, first in connection.execute(query)}
    oldest = min((first for state, (_, first) in rows.items() if state in WAITS), default=None)
    ready = sum(rows[state][0] for state in ("ready", "sending") if state in rows)
    return {state: rows[state][0] for state in WAITS if state in rows}, ready, oldest


def _rules(connection: Connection, name: str) -> list[str]:
    """The rule that each record set aside breaks."""
    query = select(records.c.rule).where(
        records.c.connection == name, records.c.disposition == "set_aside", records.c.vanished_at.is_(None)
    )
    return [str(rule) for rule in connection.scalars(query)]


def _since(connection: Connection, name: str, newest: dict[str, Any] | None) -> datetime | None:
    """Since which reconciliation the verdict on both sides has been what it is."""
    if newest is None:
        return None
    same = [status for status, verdict in OF_STATUS.items() if verdict is OF_STATUS[newest["status"]]]
    mine = reconciliations.c.connection == name
    other = select(func.max(reconciliations.c.number)).where(mine, reconciliations.c.status.not_in(same))
    query = select(func.min(reconciliations.c.made_at)).where(
        mine, reconciliations.c.number > func.coalesce(other.scalar_subquery(), 0)
    )
    found: datetime | None = connection.execute(query).scalar_one()
    return found


def _last_run(connection: Connection, name: str) -> tuple[datetime | None, date | None]:
    """When the source was read last, and up to which business date."""
    query = select(func.max(reads.c.read_at), func.max(reads.c.business_date)).where(reads.c.connection == name)
    row = connection.execute(query).one()
    return row[0], row[1] if row[1] is None or row[1] > date.min else None


def _reads(connection: Connection, company: PageCompany, now: datetime) -> int:
    """The metered reads of this month (UTC) of the company, whoever of this store made them."""
    query = select(func.sum(api_calls.c.calls)).where(
        api_calls.c.realm == company.settings.quickbooks.realm,
        api_calls.c.kind == "metered_read",
        api_calls.c.day >= now.date().replace(day=1),
    )
    return int(connection.execute(query).scalar_one() or 0)
