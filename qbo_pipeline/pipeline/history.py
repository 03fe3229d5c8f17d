"""History: what is dated before `[posting] history_before` waits, is counted, and is posted on a person's order only.

What belongs here: what waits as history, and its release. That it waits is decided where postings are made
(`posting.revising`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, func, select

from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.asking import HISTORY
from qbo_pipeline.posting.decisions import approve_all
from qbo_pipeline.posting.events import PARKED
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.store.postings import chunks, exact_sum, total
from qbo_pipeline.store.tables.posting import postings

AT_ONCE = 500  # postings released in one transaction


@dataclass(frozen=True, slots=True)
class HistoryCount:
    """Postings of one kind and currency that wait as history; `amount` is their sum in that currency."""

    entity: str
    currency: str
    count: int
    amount: Decimal
    first_day: date
    last_day: date


def waiting_history(run: Run, first: date, last: date) -> list[HistoryCount]:
    """What waits as history with a date in these days, both included."""
    kind, days = (postings.c.entity, postings.c.currency), postings.c.business_date
    with run.database.reading() as connection:
        query = select(*kind, func.count(), total(connection), func.min(days), func.max(days))
        rows = connection.execute(query.where(_waits(run, first, last)).group_by(*kind).order_by(*kind))
        return [
            HistoryCount(entity, currency, count, exact_sum(connection, amount), since, until)
            for entity, currency, count, amount, since, until in rows
        ]


def post_history(run: Run, first: date, last: date, who: str, why: str) -> int:
    """Order that what waits as history in these days is posted; the next run sends it. Answers how many postings.

    What lies in a closed period does not wait as history and stays there. Raises `NotPossible` where who or why is
    missing, or nothing waits.
    """
    person = Person(who, why)
    with run.database.reading() as connection:
        query = select(postings.c.key).where(_waits(run, first, last))
        keys = list(connection.scalars(query.order_by(postings.c.business_date, postings.c.key)))
    if not keys:
        raise NotPossible(f"nothing waits as history from {first} to {last}")
    for part in chunks(keys, AT_ONCE):
        approve_all(run.database, run.name, part, person)
        run.progress("postings released", len(part))
    return len(keys)


def _waits(run: Run, first: date, last: date) -> ColumnElement[bool]:
    return and_(
        postings.c.connection == run.name,
        postings.c.superseded_by.is_(None),
        postings.c.state == PARKED,
        postings.c.reason == HISTORY,
        postings.c.business_date.between(first, last),
    )
