"""The day to which a row belongs by what its date column holds, a date or not.

What belongs here: the one rule, and which years a business can mean at all. Days are text intervals that begin with a
day and end before the next, so every text of the form YYYY-MM-DD belongs to one day: `2011-02-31` to the day before
it, 28 February.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, timedelta
from typing import Any

FIRST_YEAR, LAST_YEAR = 1900, 2199  # a date outside is a slip of the pen (year 24) or a mark for "never" (9999)
_SHAPE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)


def day_of(raw: Any) -> date | None:
    """The day whose text interval holds this value; `None` for what is no date at all."""
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    found = _SHAPE.match(str(raw)) if raw is not None else None
    if found is None:
        return None
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    if year < 1 or (year == 1 and (month == 0 or (month == 1 and day == 0))):
        return None
    if month == 0:
        return date(year - 1, 12, 31)
    if month > 12:
        return date(year, 12, 31)
    if day == 0:
        return date(year, month, 1) - timedelta(days=1)
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))
