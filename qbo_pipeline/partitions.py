"""Partitions: one business date of one connection, and the windows of days that a run covers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import dagster as dg

from qbo_pipeline.settings import Settings

DAY = timedelta(days=1)


def business_dates(settings: Settings) -> dg.DailyPartitionsDefinition:
    """Daily partitions in the company's time zone, from the connection's first day to today (or its last day).

    Today has its partition before it is over: what the source says changed today is carried today. The nightly run
    takes days that are over.
    """
    last = settings.connection.last_day
    return dg.DailyPartitionsDefinition(
        start_date=settings.connection.first_day.isoformat(),
        end_date=(last + DAY).isoformat() if last else None,
        timezone=settings.connection.time_zone,
        end_offset=0 if last else 1,
    )


def days_of(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last, both included."""
    return (first + DAY * offset for offset in range((last - first).days + 1))


def windows(keys: Iterable[str], *, longest: int | None = None) -> list[tuple[date, date]]:
    """Partition keys as windows of consecutive days, first and last included, in date order.

    A window of more days than `longest` is cut into several.
    """
    found: list[tuple[date, date]] = []
    for day in sorted(date.fromisoformat(key) for key in keys):
        follows = bool(found) and day - found[-1][1] == DAY
        if follows and (longest is None or (day - found[-1][0]).days < longest):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
