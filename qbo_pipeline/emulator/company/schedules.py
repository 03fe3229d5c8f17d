"""When a recurring transaction comes: the dates of its schedule, as pure functions of the schedule and a day."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from qbo_pipeline.emulator.company.book import Body
from qbo_pipeline.emulator.company.schema.recurring import MONTHS, WEEKDAYS


def first(schedule: Body, today: date) -> date | None:
    """The first date of a schedule from its StartDate on that is not before today; None past its EndDate."""
    start = date.fromisoformat(str(schedule.get("StartDate") or today))
    found: date | None = _aligned(schedule, start)
    while found is not None and found < today:
        found = following(schedule, found)
    return _within(schedule, found)


def following(schedule: Body, day: date) -> date | None:
    """The date after `day`, which is one of the schedule's; None past its EndDate."""
    step = int(schedule.get("NumInterval") or 1)
    match schedule["IntervalType"]:
        case "Daily":
            found = day + timedelta(days=step)
        case "Weekly":
            found = day + timedelta(weeks=step)
        case "Monthly":
            found = _in_month(schedule, *_months_later(day, step))
        case _:
            found = _in_month(schedule, day.year + step, day.month)
    return _within(schedule, found)


def _within(schedule: Body, day: date | None) -> date | None:
    end = schedule.get("EndDate")
    return None if day is None or (end and day.isoformat() > str(end)) else day


def _aligned(schedule: Body, start: date) -> date:
    """The first day from `start` on that the schedule names."""
    match schedule["IntervalType"]:
        case "Daily":
            return start
        case "Weekly":
            named = schedule.get("DayOfWeek")
            return start + timedelta(days=(WEEKDAYS.index(named) - start.weekday()) % 7) if named else start
        case "Monthly":
            found = _in_month(schedule, start.year, start.month, start.day)
            return found if found >= start else _in_month(schedule, *_months_later(start, 1), start.day)
        case _:
            named = schedule.get("MonthOfYear")
            month = MONTHS.index(named) + 1 if named else start.month
            found = _in_month(schedule, start.year, month, start.day)
            return found if found >= start else _in_month(schedule, start.year + 1, month, start.day)


def _months_later(day: date, months: int) -> tuple[int, int]:
    total = day.year * 12 + day.month - 1 + months
    return total // 12, total % 12 + 1


def _in_month(schedule: Body, year: int, month: int, otherwise: int = 1) -> date:
    """The day that a schedule names in a month: a day of the month, or the first to last of a weekday.

    A day that the month does not have is its last; the fifth of a weekday is the last there is.
    """
    length = calendar.monthrange(year, month)[1]
    week, named = schedule.get("WeekOfMonth"), schedule.get("DayOfWeek")
    if week and named and not schedule.get("DayOfMonth"):
        start = date(year, month, 1)
        day = 1 + (WEEKDAYS.index(named) - start.weekday()) % 7 + 7 * (int(week) - 1)
        return date(year, month, day if day <= length else day - 7)
    return date(year, month, min(int(schedule.get("DayOfMonth") or otherwise), length))
