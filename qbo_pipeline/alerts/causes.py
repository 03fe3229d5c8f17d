"""What people are told about: the causes, each found in the store, none by asking QuickBooks or the source.

What belongs here: one function a cause, from the store to a few plain words. A message is for a cause and never for a
document: how many there are stands in its words. When and to whom it is told is `telling.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select

from qbo_pipeline.instants import in_zone, show_instant
from qbo_pipeline.pipeline import page_links
from qbo_pipeline.pipeline.access import REMEDY, see_access
from qbo_pipeline.pipeline.counts import broken_counts, copies_in_quickbooks, open_postings
from qbo_pipeline.pipeline.latest import Latest, NothingReconciled, latest_reconciliation
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.standing import of_copies, of_counts, of_reconciliation
from qbo_pipeline.pipeline.write_back_standing import write_back_standing
from qbo_pipeline.reports.words import plain
from qbo_pipeline.settings import Settings
from qbo_pipeline.store.tables.quickbooks import api_calls
from qbo_pipeline.store.tables.records import reads
from qbo_pipeline.verdicts import Verdict

OPEN_STATES = ("parked", "unknown", "drifted", "deleted_in_qbo")
METERED = "metered_read"
NEARLY = 9, 10  # of the month's reads
_NAMED = 3


class Trouble(NamedTuple):
    """Something that people should know: its name in the store, how grave it is, a headline, what to do, and what of
    the page shows more of it."""

    name: str
    verdict: Verdict
    headline: str
    to_do: str
    link: Callable[[Settings], str | None] | None = None


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What the causes are found in, read once; `now` is the database's clock."""

    run: Run
    now: datetime
    latest: Latest | None


def read_facts(run: Run) -> AlertFacts:
    """The facts of this moment."""
    with run.database.reading() as connection:
        now = run.database.now(connection)
    try:
        latest = latest_reconciliation(run)
    except NothingReconciled:
        latest = None
    return AlertFacts(run, now, latest)


def causes(facts: AlertFacts) -> list[Trouble]:
    """Everything that is wrong now, the gravest first."""
    found = [cause for find in _FINDERS for cause in find(facts)]
    return sorted(found, key=lambda cause: (-cause.verdict, cause.name))


def _not_in_balance(facts: AlertFacts) -> Iterator[Trouble]:
    latest = facts.latest
    if latest is None:
        return
    for reason in of_reconciliation(latest):
        grave = reason.verdict is Verdict.UNEXPLAINED
        to_do = (
            "Open the report: every row without a cause is to be looked into before the period is signed."
            if grave
            else "Open the report: each difference has its cause and what settles it."
        )
        name = "unexplained" if grave else "out_of_balance"
        yield Trouble(name, reason.verdict, f"as at {latest.as_at}: {reason.why}", to_do, page_links.reconciliations)


def _lost_or_doubled(facts: AlertFacts) -> Iterator[Trouble]:
    lost = [reason for reason in of_counts(broken_counts(facts.run)) if reason.verdict is Verdict.UNEXPLAINED]
    for reason in (*lost, *of_copies(copies_in_quickbooks(facts.run))):
        name = "lost" if reason in lost else "doubled"
        yield Trouble(name, reason.verdict, reason.why, "`qbo-pipeline status` names each.", page_links.work_list)
    for reason in write_back_standing(facts.run).grounds():
        if reason.verdict is Verdict.UNEXPLAINED:
            yield Trouble("doubled", reason.verdict, reason.why, "`qbo-pipeline write-back list` names each.")


def _waiting(facts: AlertFacts) -> Iterator[Trouble]:
    days = facts.run.settings.alerts.waiting_days
    rows = [row for row in open_postings(facts.run, OPEN_STATES) if row["waits_days"] >= days]
    if not rows:
        return
    oldest = max(rows, key=lambda row: row["waits_days"])
    named = ", ".join(_called(row) for row in rows[:_NAMED]) + (" and others" if len(rows) > _NAMED else "")
    documents = f"{len(rows):,} document{'s wait' if len(rows) > 1 else ' waits'}"
    headline = f"{documents} for a person for {days} days or longer, one since {oldest['waits_days']} days"
    to_do = f"{named}: `qbo-pipeline status` says why each waits."
    yield Trouble("waiting", Verdict.WAITING, headline, to_do, page_links.work_list)


def _called(row: Mapping[str, Any]) -> str:
    """A posting as a bookkeeper knows it; by its key where it has no number."""
    return f"{plain(row['kind'])} {row['number']}" if row["number"] else str(row["key"])


def _access(facts: AlertFacts) -> Iterator[Trouble]:
    access = see_access(facts.run)
    if not access.well:
        verdict = Verdict.UNAVAILABLE if access.state == "ended" else Verdict.WAITING
        yield Trouble("access", verdict, f"access to QuickBooks: {access.text}", f"{REMEDY}.", page_links.set_up)


def _reads(facts: AlertFacts) -> Iterator[Trouble]:
    most = facts.run.settings.alerts.metered_reads_a_month
    if most is None:
        return
    first = in_zone(facts.now, "UTC").date().replace(day=1)
    query = select(func.coalesce(func.sum(api_calls.c.calls), 0)).where(
        api_calls.c.connection == facts.run.name, api_calls.c.kind == METERED, api_calls.c.day >= first
    )
    with facts.run.database.reading() as connection:
        used = int(connection.execute(query).scalar_one())
    part, whole = NEARLY
    if used * whole >= most * part:
        yield Trouble(
            "reads", Verdict.WAITING, f"{used:,} of this month's {most:,} metered reads of QuickBooks are used",
            "Posting goes on; reports say as at when they are. Look for a job that runs too often.",
        )  # fmt: skip


def _silence(facts: AlertFacts) -> Iterator[Trouble]:
    hours = facts.run.settings.alerts.silent_hours
    last = last_read(facts.run)
    if last is not None and facts.now - last > timedelta(hours=hours):
        when = show_instant(last, facts.run.settings.connection.time_zone)
        yield Trouble(
            "silence", Verdict.UNAVAILABLE, f"nothing has run for more than {hours} hours, last at {when}",
            "See whether the schedule is on and Dagster's daemon is up, or whether the last runs failed.",
        )  # fmt: skip


def last_read(run: Run) -> datetime | None:
    """When the source was read last."""
    query = select(func.max(reads.c.read_at)).where(reads.c.connection == run.name)
    with run.database.reading() as connection:
        found: datetime | None = connection.execute(query).scalar_one()
    return found


_FINDERS: tuple[Callable[[AlertFacts], Iterator[Trouble]], ...] = (
    _not_in_balance, _lost_or_doubled, _waiting, _access, _reads, _silence,
)  # fmt: skip
