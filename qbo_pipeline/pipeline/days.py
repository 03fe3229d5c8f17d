"""The days that are asked for, against the days of the books: before the first and, in a closed history, after the last
there are none."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from qbo_pipeline.errors import PermanentError
from qbo_pipeline.settings import Settings


class BeforeTheBooks(PermanentError):
    """A day is asked for that lies before the books of the connection begin."""


class AfterTheBooks(PermanentError):
    """The days that are asked for lie after the last of a closed history."""


def refuse_before_the_books(settings: Settings, day: date) -> None:
    """Raises `BeforeTheBooks` for a last day before `[connection] first_day`."""
    first_day = settings.connection.first_day
    if day < first_day:
        raise BeforeTheBooks(
            f"{settings.connection.name}: {day} lies before the books begin, on {first_day} ([connection] first_day of "
            f"{settings.file}): nothing was read or posted. What is earlier is in the opening balance; ask for "
            f"{first_day} or later"
        )


def within_the_books(settings: Settings, first: date, last: date) -> tuple[date, date, list[str]]:
    """The first and the last of these days that belong to the books, and what to say where these are not those that are
    asked for.

    Raises `BeforeTheBooks` or `AfterTheBooks` where none of them does.
    """
    refuse_before_the_books(settings, last)
    begins, ends = settings.connection.first_day, settings.connection.last_day or date.max
    if first > ends:
        raise AfterTheBooks(
            f"{settings.connection.name}: {first} lies after the end of this history, on {ends} ([connection] last_day "
            f"of {settings.file}): nothing of it is read or posted. Ask for {ends} or earlier; where it goes on, take "
            "last_day out"
        )
    said = []
    if first < begins:
        said.append(
            f"the books begin on {begins} ([connection] first_day): the days from {first} to "
            f"{begins - timedelta(days=1)} were not read, what is earlier is in the opening balance"
        )
    if last > ends:
        said.append(
            f"this history ends on {ends} ([connection] last_day): the days from {ends + timedelta(days=1)} to {last} "
            "were not read"
        )
    return max(first, begins), min(last, ends), said


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
