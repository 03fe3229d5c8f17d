"""The first day of the books, and its change on order once something is posted: shown first, then carried out.

What belongs here: what lies between the old and the new day, and from which day on the books are reconciled. Moved
later, what is posted before the new day stays posted and reconciled; its days are read no more. Moved earlier, the days
before the old one are read and posted, and the opening entry in QuickBooks must move with it: it is a person's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, delete, func, select

from qbo_pipeline.settings import Settings
from qbo_pipeline.sources.errors import SourceFailure
from qbo_pipeline.sources.open import open_source
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import watermarks

_BEGAN = "books began"


@dataclass(frozen=True, slots=True)
class FirstDayMove:
    """A change of the first day: `standing` counts the postings between the two days, by kind and state.

    The values are what the source's stock is worth on the day before each, in home currency; `None` where it cannot
    say.
    """

    before: date
    now: date
    standing: tuple[tuple[str, str, int], ...]
    value_before: Decimal | None
    value_now: Decimal | None
    currency: str

    @property
    def later(self) -> bool:
        return self.now > self.before

    def lines(self) -> Iterator[str]:
        """What the change does, a sentence each."""
        first, last = sorted((self.before, self.now))
        yield f"first day: {self.before} becomes {self.now}; between them lie {first} to {last - timedelta(days=1)}"
        for entity, state, count in self.standing:
            yield f"  there: {count:,} {entity} {state}"
        if not self.standing:
            yield "  there: nothing was posted"
        if self.later:
            yield "  what is posted there stays posted and is reconciled as before, from the former first day on"
            yield f"  what the source changes before {self.now} is read and posted no more; the reconciliation shows it"
            return
        was, is_ = self.before - timedelta(days=1), self.now - timedelta(days=1)
        yield (
            f"  the days from {self.now} on are read and posted by the next run that names them; what lies before "
            "[posting] history_before waits for `post-history`"
        )
        yield (
            f"  the opening entry: stock was worth {_shown(self.value_before)} at the end of {was} and "
            f"{_shown(self.value_now)} at the end of {is_}, in {self.currency}. Move the opening entry in QuickBooks "
            f"from {was} to {is_} and correct its amount likewise; until then the reconciliation shows it as an entry "
            "made by hand"
        )


def books_began(reading: Connection, settings: Settings) -> date:
    """The day from which on the books are reconciled: the first day, or an earlier one that it was moved from."""
    mine = (watermarks.c.connection == settings.connection.name, watermarks.c.name == _BEGAN)
    kept = reading.execute(select(watermarks.c.value).where(*mine)).scalar_one_or_none()
    first_day = settings.connection.first_day
    return min(first_day, date.fromisoformat(kept)) if kept else first_day


def planned_move(reading: Connection, settings: Settings, before: date) -> FirstDayMove:
    """What the first day of the settings would change; asks the source what its stock was worth."""
    now = settings.connection.first_day
    first, last = sorted((before, now))
    state = (postings.c.entity, postings.c.state)
    query = select(*state, func.count()).where(
        postings.c.connection == settings.connection.name,
        postings.c.business_date >= first,
        postings.c.business_date < last,
        postings.c.superseded_by.is_(None),
        postings.c.state != "superseded",
    )
    standing = tuple((row[0], row[1], row[2]) for row in reading.execute(query.group_by(*state).order_by(*state)))
    values = _stock_values(settings, before), _stock_values(settings, now)
    return FirstDayMove(before, now, standing, *values, settings.connection.currency)


def keep_move(connection: Connection, settings: Settings, move: FirstDayMove, decided: str, now: datetime) -> list[str]:
    """Remember from which day on the books are reconciled, who moved the first day and why; answers their names."""
    name = settings.connection.name
    began = min(books_began(connection, settings), move.before)
    connection.execute(delete(watermarks).where(watermarks.c.connection == name, watermarks.c.name == _BEGAN))
    story = f"{move.before} -> {move.now}; {decided}"
    rows = {_BEGAN: began.isoformat(), f"first day moved {now.isoformat()}": story}
    connection.execute(
        watermarks.insert(),
        [{"connection": name, "name": key, "value": value, "moved_at": now} for key, value in rows.items()],
    )
    return list(rows)


def _stock_values(settings: Settings, first_day: date) -> Decimal | None:
    try:
        source = open_source(settings)
    except SourceFailure:
        return None
    try:
        values = source.stock_values(first_day - timedelta(days=1))
    except SourceFailure:
        return None
    finally:
        source.close()
    return sum((item.home_value for item in values), Decimal(0))


def _shown(value: Decimal | None) -> str:
    return "an amount that the source cannot say" if value is None else f"{value:,.2f}"
