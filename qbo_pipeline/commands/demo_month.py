"""The demo's month with work on both sides, people in QuickBooks and in the warehouse, into the company's own inbox.

What belongs here: what the demo's settings say of it, and what each side does on which day. What a bookkeeper's step is
made of is in `demo_desk.py`, the course of the month in `demo_both.py`, what is counted at the end in `demo_tally.py`.
Behind a system in a box the bookkeeper is that of `demo_ways.py`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from qbo_pipeline.commands.demo_desk import CUSTOMER, STEPS, Desk
from qbo_pipeline.commands.demo_servers import DemoFolder

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.run import Run

LIVE_DAYS = 10  # before people work in QuickBooks: what is past when the connection goes live
MOST_ROUNDS = 6  # of runs after the last day, until nothing is sent any more
Tell = Callable[[str], None]


class DemoNights(StrEnum):
    """How often the two sides hear of one another: every night, or once at the end of the month."""

    DAY = "day"
    ONE = "one"


def month_both_ways(settings: str, *, tracked: bool) -> str:
    """The settings of the demo that goes both ways, for the company's own inbox and a whole month."""
    if tracked:
        settings = settings.replace('adjustments = "source"', 'adjustments = "both"')
    return settings.replace('vanished = "hold"', 'vanished = "void"')


def live_days(days: int) -> int:
    """How many days are past when people begin to work in QuickBooks."""
    return min(LIVE_DAYS, days // 2)


def steps_of(days: int) -> dict[int, list[int]]:
    """By day (1 is the first), the positions of the bookkeeper's steps on it: spread over the days after going live."""
    live = live_days(days)
    found: dict[int, list[int]] = {}
    for position in range(len(STEPS)):
        found.setdefault(live + 1 + position * (days - live) // len(STEPS), []).append(position)
    return found


def step_of_bookkeeper(folder: DemoFolder, day: date, step: int) -> str:
    """One step of the bookkeeper's, in words."""
    from qbo_pipeline.pipeline.run import open_run
    from qbo_pipeline.settings import load_settings

    with open_run(load_settings(folder.settings)) as run:
        return STEPS[step](Desk(run, folder, day.isoformat()))


def warehouse_works(folder: DemoFolder, step: int) -> str | None:
    """What people in the warehouse do on the day of a step of the bookkeeper's, besides the day's work."""
    from qbo_pipeline.demo.both_ways import change_customer, void_service_invoice

    done = STEPS[step]
    if done is Desk.pays_and_files:
        return f"a file laid for invoice {_laid_file(folder)}"
    if done is Desk.writes_addresses:
        number, name = _customer(folder, 1)
        change_customer(folder.company, number, "name", f"{name} & Sons")
        return f"customer {number} is called {name} & Sons now"
    if done is Desk.disagrees:
        number, _ = _customer(folder, 3)
        change_customer(folder.company, number, "email", "billing@warehouse.example")
        return f"customer {number} has another mail address, and so it has in QuickBooks: that is a conflict"
    if done is Desk.tidies_up:
        voided = void_service_invoice(folder.company)
        return f"invoice {voided} voided" if voided else None
    return None


def morning(folder: DemoFolder) -> str | None:
    """The warehouse books its inbox; in words, `None` where there was nothing."""
    from qbo_pipeline.demo.inbox import take_inbox

    taken, refused = take_inbox(folder.company)
    if not taken and not refused:
        return None
    return f"the warehouse takes {taken} entries of its inbox" + (f" and refuses {refused}" if refused else "")


def what_waits_is_decided(folder: DemoFolder) -> list[str]:
    """A person decides what people of both sides did about one thing, for QuickBooks; in words: fields that both have
    changed, payments that both have entered, and what was changed in QuickBooks of what the warehouse has posted."""
    from qbo_pipeline.pipeline.run import open_run
    from qbo_pipeline.settings import load_settings

    with open_run(load_settings(folder.settings)) as run:
        return [*_conflicts_are_decided(run), *_twice_is_one(run), *_changes_are_accepted(run)]


def _conflicts_are_decided(run: Run) -> Iterator[str]:
    from qbo_pipeline.pipeline.deciding_conflicts import decide_conflict
    from qbo_pipeline.pipeline.two_sided import CONFLICT
    from qbo_pipeline.store.quickbooks_objects import withheld_objects

    with run.database.reading() as connection:
        held = [row for row in withheld_objects(connection, run.name) if row["rule"] == CONFLICT]
    for row in held:
        key = f"{row['entity']}/{row['qbo_id']}"
        decide_conflict(run, key, "email", "quickbooks", who="the demo", why="asked the customer")
        yield f"a person decides: the mail address of {key} is QuickBooks'"


def _twice_is_one(run: Run) -> Iterator[str]:
    from qbo_pipeline.pipeline.decide import decide
    from qbo_pipeline.pipeline.on_both_sides import entered_twice

    with run.database.reading() as connection:
        found = entered_twice(connection, run.settings)
    for key, one in found.items():
        qbo_id = one.key.partition("/")[2]
        decide(run, "relink", key, who="the demo", why="the bank statement has it once", qbo_id=qbo_id)
        yield f"a person decides: {key} of the warehouse and {one.key} of QuickBooks are one"


def _changes_are_accepted(run: Run) -> Iterator[str]:
    from sqlalchemy import and_, or_, select

    from qbo_pipeline.pipeline.decide import decide
    from qbo_pipeline.posting.states import Reason
    from qbo_pipeline.store.postings import links
    from qbo_pipeline.store.tables.posting import postings

    p = postings.c
    changed = or_(
        and_(p.state == "drifted", p.reason == Reason.EDITED),
        and_(p.state == "parked", p.reason == Reason.DRIFTED_BEFORE),
    )
    with run.database.reading() as connection:
        keys = list(
            connection.scalars(select(p.key).where(p.connection == run.name, p.superseded_by.is_(None), changed))
        )
        known = links(connection, run.name, keys)
    for key, link in known.items():
        decide(run, "relink", key, who="the demo", why="the bookkeeper meant it", qbo_id=link.qbo_id)
        yield f"a person decides: {key} stays as it is in QuickBooks, {link.entity}/{link.qbo_id}"


def sent(folder: DemoFolder) -> tuple[int, int]:
    """How many revisions were made for QuickBooks and for the inbox so far."""
    with closing(sqlite3.connect(folder.path / "store.sqlite")) as store:
        ((out,),) = store.execute("SELECT COUNT(*) FROM postings").fetchall()
        ((back,),) = store.execute("SELECT COUNT(*) FROM write_backs").fetchall()
    return out, back


def days_from(first: date, days: int) -> list[date]:
    """The days of the month."""
    return [first + timedelta(days=offset) for offset in range(days)]


def _customer(folder: DemoFolder, position: int) -> tuple[str, str]:
    with closing(sqlite3.connect(folder.company)) as db:
        _, number, name = db.execute(CUSTOMER, (position,)).fetchone()
    return number, name


def _laid_file(folder: DemoFolder) -> str:
    """The warehouse lays a file for the first of its invoices; answers its number."""
    with closing(sqlite3.connect(folder.company)) as db:
        ((own, number),) = db.execute("SELECT id, number FROM invoices ORDER BY id LIMIT 1").fetchall()
    place: Path = folder.path / "attached" / "to_quickbooks" / str(own)
    place.mkdir(parents=True, exist_ok=True)
    (place / "packing list.txt").write_text("Packed and checked.\n", encoding="utf-8")
    return str(number)
