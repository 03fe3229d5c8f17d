"""`rebind`: what a connection is bound to changes on order: the place of its source, and the first day of its books.

What belongs here: what would change, shown before it is done, and the order with who and why. Everything else that is
bound (company, currency, time zone, name) changes by no order: other books need a store and a company of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, update

from qbo_pipeline.pipeline.binding import bound_connection, has_posted, source_place
from qbo_pipeline.pipeline.first_day import FirstDayMove, keep_move, planned_move
from qbo_pipeline.posting.persons import NotPossible, Person, note_decision
from qbo_pipeline.settings import Settings
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.tables.records import connections, watermarks


@dataclass(frozen=True, slots=True)
class Rebinding:
    """What is bound otherwise than the settings say; `None` where it agrees."""

    source: tuple[str, str] | None
    first_day: FirstDayMove | None

    def lines(self) -> Iterator[str]:
        """What the order does, a line each."""
        if self.source is not None:
            yield f"source: {self.source[0]} becomes {self.source[1]}; the same records with the same ids are there"
        if self.first_day is not None:
            yield from self.first_day.lines()


def planned_rebinding(settings: Settings, database: Database) -> Rebinding:
    """What `rebind` would do. Raises `NotPossible` where nothing is bound otherwise than the settings say, and
    `ConnectionMismatch` where they name another company."""
    with database.reading() as reading:
        return _planned(reading, settings)


def rebind(settings: Settings, database: Database, person: Person) -> Rebinding:
    """Bind the connection to what the settings say now; raises as `planned_rebinding` does.

    The records' identities must be the same at the source's new place: a record that has another id is another
    document, and is posted.
    """
    with database.transaction() as connection:
        plan, now = _planned(connection, settings), database.now(connection)
        name, decided = settings.connection.name, f"{person.who}: {person.why}"
        mine = connections.c.connection == name
        if plan.source is not None:
            connection.execute(update(connections).where(mine).values(source_place=plan.source[1]))
            row = {"connection": name, "name": f"source moved {now.isoformat()}", "moved_at": now}
            connection.execute(watermarks.insert(), {**row, "value": f"{' -> '.join(plan.source)}; {decided}"})
            note_decision(connection, name, [str(row["name"])], person, now)
        if plan.first_day is not None:
            connection.execute(update(connections).where(mine).values(first_day=plan.first_day.now))
            kept = keep_move(connection, settings, plan.first_day, decided, now)
            note_decision(connection, name, kept, person, now)
    return plan


def _planned(reading: Connection, settings: Settings) -> Rebinding:
    known, place = bound_connection(reading, settings), source_place(settings)
    posted = known is not None and has_posted(reading, settings.connection.name)
    source = first_day = None
    if known is not None and place is not None and known["source_place"] not in (None, place):
        source = (str(known["source_place"]), place)
    if known is not None and posted and known["first_day"] not in (None, settings.connection.first_day):
        first_day = planned_move(reading, settings, known["first_day"])
    if source is None and first_day is None:
        raise NotPossible(f"{settings.connection.name} is bound to what its settings say already: nothing to do")
    return Rebinding(source, first_day)
