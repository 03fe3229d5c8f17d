"""Partitions: one business date of one connection, and the windows of days that a run covers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import dagster as dg

from qbo_pipeline.settings import Settings


def business_dates(settings: Settings) -> dg.DailyPartitionsDefinition:
    """Daily partitions in the company's time zone, from the connection's first day to yesterday (or its last day)."""
    last = settings.connection.last_day
    return dg.DailyPartitionsDefinition(
        start_date=settings.connection.first_day.isoformat(),
        end_date=(last + timedelta(days=1)).isoformat() if last else None,
        timezone=settings.connection.time_zone,
    )


def windows(keys: Iterable[str]) -> list[tuple[date, date]]:
    """Partition keys as windows of consecutive days, first and last included, in date order."""
    found: list[tuple[date, date]] = []
    for day in sorted(date.fromisoformat(key) for key in keys):
        if found and day - found[-1][1] == timedelta(days=1):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
