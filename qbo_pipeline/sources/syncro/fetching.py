"""Reading a Syncro account: in which order, what again, and the history that Syncro does not keep and we do.

What belongs here: the plan of one reading. Lists and limits are in `lists.py`.

Syncro says what stock there is now, that so much of an order was received, and that an order is finished, but not when.
So each reading lands stock as it is under its day, and on which day a receipt and the end of an order were first seen:
the day on which Syncro says that the order was changed last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from qbo_pipeline.sources.errors import Problem, SourceError
from qbo_pipeline.sources.landed.listing import Lists
from qbo_pipeline.sources.landed.objects import SeenObject
from qbo_pipeline.sources.landed.orders import keep_history
from qbo_pipeline.sources.landed.reading import Reading
from qbo_pipeline.sources.landed.snapshots import STOCK, StockHeld, land_stock
from qbo_pipeline.sources.landed.values import MAIN, Object, objects, part
from qbo_pipeline.sources.syncro.lists import COMPANY, MASTER_DATA, PAPERS, PRODUCTS
from qbo_pipeline.sources.syncro.orders import read_order
from qbo_pipeline.sources.syncro.values import place


def fetch(lists: Lists, zone: ZoneInfo, first_day: date) -> None:
    """Land all that is new in an account; as `Fetching.run`."""
    Fetching(lists, zone).run()


@dataclass(frozen=True, slots=True)
class Fetching(Reading):
    """One reading of an account into its landing."""

    def run(self) -> None:
        """Land all that is new.

        Raises `SourceError` and `SourceUnavailable`; what was landed until then stays, and the next reading goes on
        from there.
        """
        self._company()
        begun = self.begin()
        for listing in MASTER_DATA:
            self.lists.read(listing, None)
        self._papers(None if begun.whole else self.since(), begun.told)
        for listing in (*MASTER_DATA, *PAPERS):
            if begun.whole or listing.since is None:
                self.lists.gone(listing, begun.at)

        def again(at: datetime) -> bool:
            self._stock(begun.today)
            before = self.landing.newest_change(but=STOCK)
            self._papers(self.since(), at)
            return self.landing.newest_change(but=STOCK) != before

        self.repeat(again)
        self.end(begun)

    def _company(self) -> None:
        self.lists.alive()
        me, settings = self.lists.reader.get("me"), self.lists.reader.get("settings")
        if not isinstance(me, dict) or not me.get("subdomain"):
            why, remedy = (
                "it does not say whose account it is",
                "Correct [source] url: https://NAME.syncromsp.com/api/v1",
            )
            raise SourceError(Problem("Syncro answers otherwise", "me", why, remedy))
        locale = part(settings if isinstance(settings, dict) else {}, "locale")
        self.lists.put([SeenObject(COMPANY, COMPANY, {"subdomain": me["subdomain"], "locale": dict(locale)})])

    def _papers(self, since: datetime | None, begun: datetime) -> None:
        for listing in PAPERS:
            self.lists.read(listing, since)
        keep_history(self.lists, partial(read_order, self.zone))
        self.has_read_to(begun)

    def _stock(self, today: date) -> None:
        """Land what there is now of each product that is kept in stock, place by place."""
        held = [
            found
            for entries, _ in self.lists.pages(PRODUCTS, {})
            for entry in entries
            if entry.get("maintain_stock") is True
            for found in _held(entry)
        ]
        named = {found.location_id: f"Location {found.location_id}" for found in held if found.location_id != MAIN}
        land_stock(self.lists, today, held, named)


def _held(product: Object) -> Iterator[StockHeld]:
    """What there is of a product: in each location, or in all where it has none."""
    for item in objects(product, "location_quantities") or [product]:
        yield StockHeld(str(product.get("id")), place(item), item.get("quantity"), product.get("price_cost"))
