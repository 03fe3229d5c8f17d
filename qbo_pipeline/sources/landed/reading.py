"""One reading of an account into its landing: when it began, since when it asks, and when it has seen enough.

What belongs here: what the plans of all systems have in common. In which order one is read is in its `fetching.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from qbo_pipeline.sources.landed.listing import Lists
from qbo_pipeline.sources.landed.objects import Landing

ROUNDS = 3
"""How often at most what changes while stock is looked at is read again."""


class Begun(NamedTuple):
    """When a reading began: `at` by the store's clock, `told` by the account's own, which says what day it is there in
    the company's zone; and whether it reads every list whole: once a day."""

    at: datetime
    told: datetime
    today: date
    whole: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """Base of a system's plan. `zone` is the company's."""

    lists: Lists
    zone: ZoneInfo

    @property
    def landing(self) -> Landing:
        return self.lists.landing

    def begin(self) -> Begun:
        """What is known when a reading begins."""
        at, told = self.landing.now(), self.moment()
        today = told.astimezone(self.zone).date()
        return Begun(at, told, today, self.landing.watermark("whole") != today.isoformat())

    def moment(self) -> datetime:
        """What time it is in the account, by the last answer; by the store's clock where it was not asked yet or does
        not say: what changed there, and what stock is as at which day, goes by its clock and not by ours."""
        return self.lists.reader.heard or self.landing.now()

    def since(self) -> datetime | None:
        """The instant up to which changes were read; `None` where none ever were."""
        found = self.landing.watermark("since")
        return datetime.fromisoformat(found) if found else None

    def has_read_to(self, at: datetime) -> None:
        """Changes were read up to this instant."""
        self.landing.keep_watermark("since", at.isoformat())

    def repeat(self, again: Callable[[datetime], bool]) -> None:
        """Call it with the instant of the call until it says that nothing changed meanwhile, at most `ROUNDS` times."""
        for _ in range(ROUNDS):
            if not again(self.moment()):
                return

    def end(self, begun: Begun) -> None:
        """Everything was read to its end."""
        if begun.whole:
            self.landing.keep_watermark("whole", begun.today.isoformat())
