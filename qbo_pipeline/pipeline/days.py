"""The days that are asked for, against the days of the books: before the first there are none."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from qbo_pipeline.errors import PermanentError
from qbo_pipeline.settings import Settings


class BeforeTheBooks(PermanentError):
    """A day is asked for that lies before the books of the connection begin."""


def refuse_before_the_books(settings: Settings, day: date) -> None:
    """Raises `BeforeTheBooks` for a last day before `[connection] first_day`."""
    first_day = settings.connection.first_day
    if day < first_day:
        raise BeforeTheBooks(
            f"{settings.connection.name}: {day} lies before the books begin, on {first_day} ([connection] first_day of "
            f"{settings.file}): nothing was read or posted. What is earlier is in the opening balance; ask for "
            f"{first_day} or later"
        )


def within_the_books(settings: Settings, first: date, last: date) -> tuple[date, str | None]:
    """The first of these days that belongs to the books, and what to say where that is not the one asked for.

    Raises `BeforeTheBooks` where none of them does.
    """
    refuse_before_the_books(settings, last)
    first_day = settings.connection.first_day
    if first >= first_day:
        return first, None
    return first_day, (
        f"the books begin on {first_day} ([connection] first_day): the days from {first} to "
        f"{first_day - timedelta(days=1)} were not read, what is earlier is in the opening balance"
    )


def still_to_come(settings: Settings, day: date) -> str | None:
    """What to say of a last day that lies after today by the company's clock; `None` for one that does not."""
    zone = settings.connection.zone
    today = datetime.now(zone).date()
    if day <= today:
        return None
    return (
        f"{day} is still to come: today is {today} in {zone.key}. What is dated later than today counts under its own "
        "date, and both sides may change until then"
    )
