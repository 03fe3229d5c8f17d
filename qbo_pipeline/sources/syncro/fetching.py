"""Reading a Syncro account: in which order, what again, and the history that Syncro does not keep and we do.

What belongs here: the plan of one reading. Lists and limits are in `lists.py`.

Syncro says what stock there is now, that so much of an order was received, and that an order is finished, but not when.
So each reading lands stock as it is under its day, and on which day a receipt and the end of an order were first seen:
the day on which Syncro says that the order was changed last.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.errors import Problem, SourceError
from qbo_pipeline.sources.http.exact import write_exact
from qbo_pipeline.sources.landed.listing import Lists
from qbo_pipeline.sources.landed.objects import Landed, SeenObject
from qbo_pipeline.sources.landed.reading import Reading
from qbo_pipeline.sources.landed.values import Object, exact, objects, part, text
from qbo_pipeline.sources.syncro.lists import (
    COMPANY,
    FINISHED,
    MASTER_DATA,
    PAPERS,
    PLACE,
    PRODUCTS,
    RECEIVED,
    STOCK,
)
from qbo_pipeline.sources.syncro.system import DONE
from qbo_pipeline.sources.syncro.values import MAIN, day, place


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
        begun = self.begin()
        self._company()
        for listing in MASTER_DATA:
            self.lists.read(listing, None)
        self._papers(None if begun.whole else self.since(), begun.at)
        for listing in (*MASTER_DATA, *PAPERS):
            if begun.whole or listing.since is None:
                self.lists.gone(listing, begun.at)

        def again(at: datetime) -> bool:
            self._stock(begun.today)
            before = self._last_change()
            self._papers(self.since(), at)
            return self._last_change() != before

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
        self._received()
        self.has_read_to(begun)

    def _last_change(self) -> int:
        last = int(self.landing.watermark("papers") or 0)
        for landed in self.landing.changed_after(last):
            last = landed.change_number if landed.kind != STOCK else last
        self.landing.keep_watermark("papers", str(last))
        return last

    def _received(self) -> None:
        """Keep on which day so much of an order's line was received, and the order finished."""
        number = int(self.landing.watermark("received") or 0)
        changed = []
        for landed in self.landing.changed_after(number):
            number = landed.change_number
            if landed.kind == "purchase_order" and not landed.vanished:
                changed.append(landed)
        known: dict[str, Decimal] = defaultdict(Decimal)
        for landed in self.landing.each(RECEIVED) if changed else ():
            known[str(landed.content["line"])] += Decimal(landed.content["quantity"])
        self.lists.put([item for landed in changed for item in self._events(landed, known)])
        self.landing.keep_watermark("received", str(number))

    def _events(self, landed: Landed, known: dict[str, Decimal]) -> list[SeenObject]:
        order: Object = landed.content.get("purchase_order", landed.content)
        seen_on = day(order, self.zone, "updated_at")
        found = []
        for line in objects(order, "line_items"):
            line_id, total = str(line.get("id")), received(line)
            if total is not None and (more := total - known[line_id]):
                content = {"order": landed.object_id, "line": line_id, "quantity": decimal_text(more), "day": seen_on}
                found.append(SeenObject(RECEIVED, f"{line_id}:{decimal_text(total)}", content))
        is_done = (text(order, "status") or "").lower() in DONE
        if is_done and self.landing.get(FINISHED, landed.object_id) is None:
            found.append(SeenObject(FINISHED, landed.object_id, {"order": landed.object_id, "day": seen_on}))
        return found

    def _stock(self, today: date) -> None:
        """Land what there is now of each product that is kept in stock, place by place."""
        rows: list[dict[str, Any]] = []
        places = {MAIN}
        for entries, _ in self.lists.pages(PRODUCTS, {}):
            for entry in entries:
                if entry.get("maintain_stock") is True:
                    rows += _held(entry)
        places |= {str(row["location_id"]) for row in rows}
        self.lists.put([SeenObject(PLACE, name, {"id": name}) for name in sorted(places)])
        held = [row for row in rows if row["quantity"]]
        content = {"Lines": sorted(held, key=write_exact)}
        self.lists.put([SeenObject(STOCK, today.isoformat(), content, business_date=today)])


def _held(product: Object) -> list[dict[str, Any]]:
    """What there is of a product: in each location, or in all where it has none."""
    found = objects(product, "location_quantities") or [product]
    return [
        {"product_id": str(product.get("id")), "location_id": place(item), "quantity": item.get("quantity"),
         "price_cost": product.get("price_cost")}
        for item in found
    ]  # fmt: skip


def received(line: Object) -> Decimal | None:
    """How much of an order's line has come in all."""
    found = exact(line, "received_quantity")
    if found is None and line.get("received") is True:
        return exact(line, "quantity")
    return found
