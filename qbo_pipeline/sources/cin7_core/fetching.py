"""Reading a Cin7 Core account: in which order, what again, and how it is known that nothing is missing.

What belongs here: the plan of one reading. Lists and limits are in `lists.py`.

What changed is asked for where the API can say it, and once a day every list is read whole, so that what is gone is
noticed. Quantity and cost of each movement of stock stand with the product alone (`Movements`): the products of papers
that changed are read again. The system's own ledger (`/transactions`) is kept day by day: it is the sum that stock has
to agree with, and it shows changes of papers whose list shows none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from qbo_pipeline.sources.cin7_core.fields import day, product_ids
from qbo_pipeline.sources.cin7_core.lists import (
    AVAILABILITY,
    COMPANY,
    LEDGER,
    LEDGER_DAY,
    LISTINGS,
    MOVEMENTS,
    PAPERS,
    STOCK,
    STOCK_KINDS,
    TASKS,
    WITH_MOVEMENTS,
)
from qbo_pipeline.sources.errors import Problem, SourceError
from qbo_pipeline.sources.http.exact import write_exact
from qbo_pipeline.sources.landed.listing import Entry, Listing, Lists, object_id
from qbo_pipeline.sources.landed.objects import SeenObject
from qbo_pipeline.sources.landed.reading import Reading
from qbo_pipeline.sources.landed.values import key

LOOK_BACK = timedelta(days=3)
_STOCK_FIELDS = ("ID", "Location", "OnHand", "StockOnHand")


def fetch(lists: Lists, zone: ZoneInfo, first_day: date) -> None:
    """Land all that is new in an account; as `Fetching.run`."""
    Fetching(lists, zone, first_day).run()


@dataclass(frozen=True, slots=True)
class Fetching(Reading):
    """One reading of an account into its landing. `first_day` is from when on its ledger is read."""

    first_day: date

    def run(self) -> None:
        """Land all that is new.

        Raises `SourceError` and `SourceUnavailable`; what was landed until then stays, and the next reading goes on
        from there.
        """
        self._company()
        begun = self.begin()
        self._lists(None if begun.whole else self.since(), begun.told)
        self._vanish(begun.at, everything=begun.whole)
        self._ledger(begun.today)
        self._movements(everything=begun.whole)

        def again(at: datetime) -> bool:
            self._stock(begun.today)
            self._lists(self.since(), at, (*PAPERS, *TASKS))
            return self._movements(everything=False) > 0

        self.repeat(again)
        self.end(begun)

    def _company(self) -> None:
        self.lists.alive()
        content = self.lists.reader.get("me")
        if not isinstance(content, dict) or not content.get("Currency"):
            why, remedy = "it does not say what company it is", "Correct [source] url, or report it"
            raise SourceError(Problem(f"{self.lists.reader.api.system} answers otherwise", "me", why, remedy))
        self.lists.put([SeenObject(COMPANY, COMPANY, content)])

    def _lists(self, since: datetime | None, begun: datetime, listings: Iterable[Listing] | None = None) -> None:
        for listing in LISTINGS if listings is None else listings:
            self.lists.read(listing, since)
        self.has_read_to(begun)

    def _vanish(self, begun: datetime, *, everything: bool) -> None:
        """Of the lists that were read to their end: what none of a kind showed, and a further reading does not either,
        is gone. Entries slip from page to page while people work."""
        partly = set() if everything else {listing.kind for listing in LISTINGS if listing.since is not None}
        by_kind: dict[str, list[Listing]] = defaultdict(list)
        for listing in LISTINGS:
            by_kind[listing.kind].append(listing)
        for kind, listings in by_kind.items():
            if kind not in partly:
                self.lists.gone_from(listings, begun)

    def _ledger(self, today: date) -> None:
        """Land the ledger's lines, a day an object, a month at a time; of what changed there, read the papers again."""
        read_to = self.landing.watermark("ledger")
        first = date.fromisoformat(read_to) - LOOK_BACK if read_to else self._ledger_begins()
        tasks: set[str] = set()
        while first <= today:
            last = min(today, (first.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1))
            tasks |= self._ledger_days(first, last)
            first = last + timedelta(days=1)
        self._read_again(tasks)
        self.landing.keep_watermark("ledger", today.isoformat())

    def _ledger_begins(self) -> date:
        """The day of the account's opening balances, where that is before the first day that is read."""
        company = self.landing.get(COMPANY, COMPANY)
        opening = day(company.content, "OpeningBalanceDate", self.zone) if company else None
        return min(self.first_day, date.fromisoformat(opening)) if opening else self.first_day

    def _ledger_days(self, first: date, last: date) -> set[str]:
        days: dict[str, list[Entry]] = defaultdict(list)
        window = {"FromDate": f"{first}T00:00:00.000", "ToDate": f"{last}T23:59:59.999"}
        for entries, _ in self.lists.pages(LEDGER, window):
            for entry in entries:
                days[day(entry, "EffectiveDate", self.zone) or ""].append(entry)
        tasks: set[str] = set()
        wanted = {(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)} | set(days)
        for name in sorted(wanted):
            lines = sorted(days.get(name, []), key=write_exact)
            before = self.landing.get(LEDGER_DAY, name)
            if before is None and not lines:
                continue
            former = before.content["Transactions"] if before else []
            if former != lines:
                tasks |= _tasks_that_differ(former, lines)
                found = date.fromisoformat(name) if name else None
                self.lists.put([SeenObject(LEDGER_DAY, name, {"Transactions": lines}, business_date=found)])
        return tasks

    def _read_again(self, tasks: set[str]) -> None:
        """Read the papers without a "changed since" of which the ledger has other lines than before."""
        for listing in TASKS:
            known = sorted(self.landing.marks(listing.kind, tasks).items())
            for task, mark in known:
                content = self.lists.behind(listing, {listing.id_field: task})
                if content is not None:
                    self.lists.put([SeenObject(listing.kind, task, content, mark)])

    def _movements(self, *, everything: bool) -> int:
        """Read the movements of the products that changed papers name; answers how many products these were."""
        done = int(self.landing.watermark("movements") or 0)
        products: set[str] = set()
        last = done
        for landed in self.landing.changed_after(done):
            if landed.kind in STOCK_KINDS:
                products |= set(product_ids(landed.content))
            elif landed.kind == "product":
                products.add(landed.object_id)
            last = landed.change_number
        known = sum(1 for _ in self.landing.each("product"))
        if everything or len(products) > known / WITH_MOVEMENTS.page_size:
            for entries, _ in self.lists.pages(WITH_MOVEMENTS, WITH_MOVEMENTS.params):
                self._put_movements(entries)
        else:
            for product in sorted(products):
                self.lists.alive()
                answer = self.lists.reader.get("product", {**WITH_MOVEMENTS.params, "ID": product})
                self._put_movements((answer or {}).get("Products") or [])
        self.landing.keep_watermark("movements", str(last))
        return len(products)

    def _put_movements(self, entries: Iterable[Entry]) -> None:
        """Land what moved each product. A movement that its product no longer shows is kept beside the others: of a
        paper that was voided nothing else says what it had moved."""
        found = []
        for entry in entries:
            product = object_id(WITH_MOVEMENTS, entry)
            movements = sorted(entry.get("Movements") or [], key=write_exact)
            before = self.landing.get(MOVEMENTS, product)
            content: dict[str, Any] = {
                "ID": product,
                "Movements": movements,
                "Gone": _gone(before and before.content, movements),
            }
            found.append(SeenObject(MOVEMENTS, product, content))
        self.lists.put(found)

    def _stock(self, today: date) -> None:
        """Land what the system says that it has now: quantity and value by product and location."""
        rows: list[dict[str, Any]] = []
        for entries, _ in self.lists.pages(AVAILABILITY, {}):
            rows += [{name: entry.get(name) for name in _STOCK_FIELDS} for entry in entries]
        content = {"Lines": sorted(rows, key=write_exact)}
        self.lists.put([SeenObject(STOCK, today.isoformat(), content, business_date=today)])


def _tasks_that_differ(former: list[Entry], lines: list[Entry]) -> set[str]:
    before, after = ({write_exact(line): key(line, "TaskID") for line in found} for found in (former, lines))
    return {task for text in before.keys() ^ after.keys() if (task := before.get(text) or after.get(text))}


def _gone(before: Any, movements: list[Entry]) -> list[Entry]:
    if not before:
        return []
    shown = {key(movement, "TaskID") for movement in movements}
    former = [*before["Movements"], *before["Gone"]]
    return sorted((movement for movement in former if key(movement, "TaskID") not in shown), key=write_exact)
