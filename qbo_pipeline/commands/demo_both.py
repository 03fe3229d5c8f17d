"""The course of the demo that goes both ways: going live, two to three weeks of work on both sides, the nights.

What belongs here: the order of things, told as they happen. What each side does is in `demo_month.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from qbo_pipeline.commands.common import say
from qbo_pipeline.commands.demo_month import (
    MOST_ROUNDS,
    DemoNights,
    days_from,
    live_days,
    morning,
    sent,
    step_of_bookkeeper,
    steps_of,
    warehouse_works,
    what_waits_is_decided,
)
from qbo_pipeline.commands.demo_nights import Stopwatch, run_days
from qbo_pipeline.commands.demo_servers import NAME, DemoFolder
from qbo_pipeline.commands.demo_tally import Amounts, balances_now, both_sides, told
from qbo_pipeline.commands.demo_ways import make_inbox
from qbo_pipeline.errors import PermanentError

NIGHTS_READ = 3  # a night reads these last days: what the warehouse took of QuickBooks is dated up to two days before


class DemoFailed(PermanentError):
    """A run of the demo failed; the text says which and why."""


class BothWays:
    """The month: `works` lets the company work up to and with a day."""

    def __init__(
        self, folder: DemoFolder, first_day: date, days: int, works: Callable[[date], None], clock: Stopwatch
    ) -> None:
        self._folder = folder
        self._days = days_from(first_day, days)
        self._works = works
        self._clock = clock
        self._opening: dict[str, Amounts] = {}

    def go_live(self) -> None:
        """Clear the sample documents away, make the inbox, and carry what is past in one run."""
        clear_samples(self._folder, self._days[0])
        self._opening = balances_now(self._folder)
        make_inbox(self._folder)
        self._night(self._days[0], self._days[live_days(len(self._days)) - 1], "going live")

    def month(self, nights: DemoNights) -> None:
        """The days after going live, a night after each or one after all, and rounds until nothing is sent any more."""
        live, steps = live_days(len(self._days)), steps_of(len(self._days))
        if nights is DemoNights.ONE:
            for number, day in enumerate(self._days[live:], start=live + 1):
                self._warehouse_works(day, steps.get(number, []))
            for number, day in enumerate(self._days[live:], start=live + 1):
                self._bookkeeper_works(day, steps.get(number, []))
            self._close()
            self._night(self._days[live], self._days[-1], "one night for all of it")
        else:
            for number, day in enumerate(self._days[live:], start=live + 1):
                self._warehouse_works(day, steps.get(number, []))
                self._bookkeeper_works(day, steps.get(number, []))
                if day == self._days[-1]:
                    self._close()
                self._night(self._days[max(0, number - NIGHTS_READ)], day, "the night")
        self._until_nothing_is_sent()

    def told(self, *, tracked: bool) -> tuple[list[str], bool]:
        """Both sides counted, in lines, and whether all of it is equal."""
        tallies = both_sides(self._folder, self._days[0], self._opening, tracked=tracked)
        return list(told(tallies)), all(tally.agrees for tally in tallies)

    def _warehouse_works(self, day: date, steps: list[int]) -> None:
        self._works(day)
        for step in steps:
            if text := warehouse_works(self._folder, step):
                self._clock.say(f"{day}  in the warehouse: {text}")

    def _bookkeeper_works(self, day: date, steps: list[int]) -> None:
        for step in steps:
            self._clock.say(f"{day}  in QuickBooks: {step_of_bookkeeper(self._folder, day, step)}")

    def _close(self) -> None:
        from qbo_pipeline.demo.both_ways import close_month

        made = ", ".join(f"{count} {name}" for name, count in close_month(self._folder.company).items() if count)
        self._clock.say(f"{self._days[-1]}  in the warehouse: the month is closed{': ' + made if made else ''}")

    def _night(self, first: date, last: date, what: str) -> bool:
        """A run and the morning after it; answers whether a person had something to decide."""
        before = sent(self._folder)
        if failure := run_days(str(self._folder.settings), NAME, (first, last), lambda text: None):
            raise DemoFailed(f"the run of {last} failed: {failure}")
        out, back = (now - then for now, then in zip(sent(self._folder), before, strict=True))
        self._clock.say(f"{last}  {what}: {out:,} for QuickBooks, {back:,} for the warehouse")
        if text := morning(self._folder):
            self._clock.say(f"{'':10}  in the morning {text}")
        decided = what_waits_is_decided(self._folder)
        for text in decided:
            self._clock.say(f"{'':10}  {text}")
        return bool(decided)

    def _until_nothing_is_sent(self) -> None:
        for number in range(1, MOST_ROUNDS + 1):
            before = sent(self._folder)
            decided = self._night(self._days[0], self._days[-1], f"round {number}")
            if sent(self._folder) == before and not decided:
                return
        say(f"After {MOST_ROUNDS} rounds there is still something to send.")


def clear_samples(folder: DemoFolder, first_day: date) -> None:
    """Delete what the emulated company has of documents in the demo's days: its samples are dated by the calendar."""
    from qbo_pipeline.pipeline.run import open_run
    from qbo_pipeline.quickbooks.outcomes import Done
    from qbo_pipeline.quickbooks.query import select
    from qbo_pipeline.settings import load_settings

    with open_run(load_settings(folder.settings)) as run:
        quickbooks = run.quickbooks()
        for entity in ("Deposit", "Payment", "BillPayment", "CreditMemo", "VendorCredit", "Invoice", "Bill"):
            for thing in list(quickbooks.query(select(entity).where("TxnDate", ">=", first_day))):
                outcome = quickbooks.delete(entity, thing["Id"], thing["SyncToken"])
                if not isinstance(outcome, Done):
                    raise RuntimeError(f"{entity} Id {thing['Id']} could not be cleared away: {outcome.reason}")
