"""The days that are asked for, against the days of the books: before the first there are none."""

from __future__ import annotations

from datetime import date, datetime

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
