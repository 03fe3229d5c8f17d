"""Pages of records that are being built, remembered before they are: a record that kills the process is found.

A page is noted and committed before it is built, and its note goes with the page's own commit. A note that is found
when a run begins says that a process died over that page: it is built again in smaller pages, at last record by
record, and a record over which the process died three times is not built any more until a person releases it.
An exception is no death: its note is taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from qbo_pipeline.store.database import Database, take_turns
from qbo_pipeline.store.dispositions import Key, UnderWay, load_under_way, put_under_way

SIZES = (1_000, 32, 1)  # records in a page, by how many processes have died over it
DEATHS = len(SIZES)  # after so many it is the one record that was in all of these pages, at last alone


@dataclass(frozen=True, slots=True)
class PageUnderWay:
    """What to build next: the due records up to `through`, or, where `quarantine` says so, that one not at all."""

    through: Key
    quarantine: bool


class Pages:
    """The pages of one run of the connection `name`, one after another."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._before: list[UnderWay] = []
        self._noted: list[UnderWay] = []

    def begin(self, due: Callable[[Connection, int], Sequence[Key]], reaching: Key) -> PageUnderWay | None:
        """Note the next page and commit; `None` where nothing is due any more.

        `due` answers the keys of the next records, at most so many; records after `reaching` are for another run.
        """
        with self._database.transaction() as connection:
            self._take_turns(connection)
            self._before = load_under_way(connection, self._name)
            keys = due(connection, SIZES[0])
            if not keys:
                self._write(connection, [note for note in self._before if note.last > reaching])
                return None
            page, noted = _next(keys, [note for note in self._before if note.last >= keys[0]])
            self._write(connection, noted)
            return page

    @contextmanager
    def building(self, page: PageUnderWay) -> Iterator[Connection]:
        """The transaction in which the page is built: its note goes with its commit, or is taken back."""
        try:
            with self._database.transaction() as connection:
                self._take_turns(connection)
                yield connection
                self._write(connection, [note for note in self._noted[:-1] if note.last > page.through])
        except BaseException:
            # Where the store is away the note stays, and costs the next run no more than smaller pages.
            with suppress(DBAPIError), self._database.transaction() as connection:
                self._write(connection, self._before)
            raise

    @contextmanager
    def between(self) -> Iterator[Connection]:
        """A transaction for what is built of several pages, in turn with other builders."""
        with self._database.transaction() as connection:
            self._take_turns(connection)
            yield connection

    def _write(self, connection: Connection, noted: list[UnderWay]) -> None:
        if noted or self._noted or self._before:
            put_under_way(connection, self._name, noted, now=self._database.now(connection))
        self._noted = noted

    def _take_turns(self, connection: Connection) -> None:
        """One builder of a connection at a time: the page of a living one is not taken for a dead one's."""
        take_turns(connection, f"build|{self._name}")


def _next(keys: Sequence[Key], noted: list[UnderWay]) -> tuple[PageUnderWay, list[UnderWay]]:
    """The page to build of the records that are due, and the notes with its own: each lies within the one before, but
    for records that came since."""
    first, last = keys[0], noted[-1] if noted else None
    if last is not None and last.first == last.last == first:
        if last.starts >= DEATHS:
            return PageUnderWay(first, quarantine=True), noted
        return PageUnderWay(first, quarantine=False), [*noted[:-1], replace(last, starts=last.starts + 1)]
    starts = last.starts if last is not None and last.first <= first else 0
    if last is not None:
        keys = [key for key in keys if (key <= last.last if starts else key < last.first)]
    keys = keys[: SIZES[min(starts, DEATHS - 1)]]
    return PageUnderWay(keys[-1], quarantine=False), [*noted, UnderWay(first, keys[-1], starts + 1)]
