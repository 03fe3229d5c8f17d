"""Reading a Zuper account: in which order, what again, and the history that Zuper does not keep and we do.

What belongs here: the plan of one reading. Lists and limits are in `lists.py`.

Zuper says what stock there is now, that so much of an order was fulfilled, and that it was invoiced, but not when. So
each reading lands stock as it is under its day, and on which day a receipt and the end of an order were first seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from qbo_pipeline.sources.entries import MARK
from qbo_pipeline.sources.landed.listing import Lists
from qbo_pipeline.sources.landed.objects import SeenObject
from qbo_pipeline.sources.landed.orders import keep_history
from qbo_pipeline.sources.landed.reading import Reading
from qbo_pipeline.sources.landed.snapshots import STOCK, StockHeld, land_stock
from qbo_pipeline.sources.landed.values import MAIN, Object, objects, part, text
from qbo_pipeline.sources.zuper.lists import CUSTOMERS, MASTER_DATA, PAPERS, PRODUCTS
from qbo_pipeline.sources.zuper.orders import read_order
from qbo_pipeline.sources.zuper.pages import pages
from qbo_pipeline.sources.zuper.transactions import TRANSACTIONS
from qbo_pipeline.sources.zuper.values import is_stocked, uid


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
        self.lists.alive()
        self.lists.reader.get(CUSTOMERS.path, {"count": "1", "page": "1"})  # what time it is there
        begun = self.begin()
        self._changes(None if begun.whole else self.since(), begun.told)
        for listing in (*MASTER_DATA, *PAPERS):
            if begun.whole or listing.since is None:
                self.lists.gone(listing, begun.at)

        def again(at: datetime) -> bool:
            self._stock(begun.today)
            before = self.landing.newest_change(but=STOCK)
            self._changes(self.since(), at)
            return self.landing.newest_change(but=STOCK) != before

        self.repeat(again)
        self.end(begun)

    def _changes(self, since: datetime | None, at: datetime) -> None:
        """Read what changed since an instant, or everything; it was read up to `at`."""
        for listing in (*MASTER_DATA, *PAPERS):
            self.lists.read(listing, since)
        self._own_transactions(since or at)
        keep_history(self.lists, partial(read_order, self.zone))
        self.has_read_to(at)

    def _own_transactions(self, since: datetime) -> None:
        """Land the stock transactions since the day before that carry a marker: they have a paper, in QuickBooks."""
        first = {"created_at_from": (since - timedelta(days=1)).date().isoformat()}
        entries = pages(self.lists.reader, "product/transaction", first)  # nothing, where an account has no such list
        ours = [entry for entry in entries if MARK in (text(entry, "remarks") or "")]
        self.lists.put([SeenObject(TRANSACTIONS, uid(entry, "transaction_uid") or "", entry) for entry in ours])

    def _stock(self, today: date) -> None:
        """Land what there is now of each product whose quantity is tracked, place by place."""
        held: list[StockHeld] = []
        names: dict[str, str] = {}
        for entries, _ in self.lists.pages(PRODUCTS, {}):
            for entry in entries:
                names |= _places(entry)
                if is_stocked(entry):
                    held += _held(entry)
        land_stock(self.lists, today, held, names)


def _places(product: Object) -> dict[str, str]:
    """The places that a product names, and what they are called."""
    found = [part(item, "location") for item in objects(product, "location_availability")]
    return {key: text(place, "location_name") or key for place in found if (key := uid(place, "location_uid"))}


def _held(product: Object) -> Iterator[StockHeld]:
    """What there is of a product: in each place, or in all where it names none. The cost is the product's."""
    product_id, cost = uid(product, "product_uid") or "", product.get("purchase_price")
    for item in objects(product, "location_availability") or [product]:
        yield StockHeld(product_id, uid(part(item, "location"), "location_uid") or MAIN, item.get("quantity"), cost)
