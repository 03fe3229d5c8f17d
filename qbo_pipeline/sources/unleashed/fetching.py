"""Reading an Unleashed account: in which order, what again, and how it is known that nothing is missing.

What belongs here: the plan of one reading. Lists and limits are in `lists.py`.

Papers are asked for since the day before they were read last, and once a day since a month before the first day, so
that what is gone is noticed. Stock on hand can be asked for as at any day: it is, for the days on which something has
to be worked out from it and for month ends, and again for those since the earliest day of a paper that changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from qbo_pipeline.sources.http.exact import write_exact
from qbo_pipeline.sources.landed.listing import Listing, Lists
from qbo_pipeline.sources.landed.objects import Landed, SeenObject
from qbo_pipeline.sources.landed.reading import Reading
from qbo_pipeline.sources.landed.values import exact, key, objects, text
from qbo_pipeline.sources.unleashed.fields import day
from qbo_pipeline.sources.unleashed.lists import (
    INVOICE_PATHS,
    MASTER_DATA,
    PAPERS,
    STOCK,
    STOCK_ON_HAND,
    WAREHOUSE,
    invoices,
)
from qbo_pipeline.sources.unleashed.papers import RECEIVED
from qbo_pipeline.sources.unleashed.stock import TRANSFERRED

AGAIN = 3  # days whose stock is always asked for again
EARLIER = timedelta(days=31)  # papers of the first days may be older
_DAY = timedelta(days=1)
DATES: dict[str, tuple[str, ...]] = {
    "shipment": ("DispatchDate",),
    "credit_note": ("CreditDate",),
    "purchase_order": RECEIVED,
    "supplier_return": ("ReturnDate",),
    "adjustment": ("AdjustmentDate",),
    "stock_count": ("CompletedDate", "CountDate"),
    "assembly": ("AssemblyDate",),
    "transfer": TRANSFERRED,
}
"""By kind, the dates on which it moves stock."""
WORKED_OUT = ("adjustment", "transfer", "credit_note", "supplier_return")


def fetch(lists: Lists, zone: ZoneInfo, first_day: date) -> None:
    """Land all that is new in an account; as `Fetching.run`."""
    Fetching(lists, zone, first_day).run()


@dataclass(frozen=True, slots=True)
class Fetching(Reading):
    """One reading of an account into its landing. Stock is looked at from the day before `first_day` on."""

    first_day: date

    def run(self) -> None:
        """Land all that is new.

        Raises `SourceError` and `SourceUnavailable`; what was landed until then stays, and the next reading goes on
        from there.
        """
        begun = self.begin()
        for listing in MASTER_DATA:
            self.lists.read(listing, None)
        papers = (*PAPERS, *invoices(self._invoice_path()))
        self._papers(papers, None if begun.whole else self.since(), begun.told)
        for listing in {item.kind: item for item in (*MASTER_DATA, *(papers if begun.whole else ()))}.values():
            self.lists.gone(listing, begun.at)

        def again(at: datetime) -> bool:
            self._stock(begun.today)
            before = self.landing.newest_change(but=STOCK)
            self._papers(papers, self.since(), at)
            return self.landing.newest_change(but=STOCK) != before

        self.repeat(again)
        self.end(begun)

    def _invoice_path(self) -> str:
        """Where invoices are in this account; asked once, by a question for their number alone."""
        known = self.landing.watermark("invoices")
        for path in (known,) if known else INVOICE_PATHS[:-1]:
            self.lists.alive()
            if known or self.lists.reader.get(f"{path}/1", {"pageSize": "0"}) is not None:
                found = path
                break
        else:
            found = INVOICE_PATHS[-1]
        self.landing.keep_watermark("invoices", found)
        return found

    def _papers(self, papers: Iterable[Listing], since: datetime | None, begun: datetime) -> None:
        floor = (self.first_day - EARLIER).isoformat()
        for listing in papers:
            whole = replace(listing, params={**listing.params, "modifiedSince": floor})
            self.lists.read(whole if since is None else listing, since)
        self._orders_of_shipments()
        self.has_read_to(begun)

    def _orders_of_shipments(self) -> None:
        """An order that was not modified for long may be shipped from: the cost is in its lines."""
        number = int(self.landing.watermark("shipments") or 0)
        for landed in self.landing.changed_after(number):
            number = landed.change_number
            order = key(landed.content, "OrderGuid") if landed.kind == "shipment" and not landed.vanished else None
            if order and self.landing.get("sales_order", order) is None:
                self.lists.alive()
                content = self.lists.reader.get(f"SalesOrders/{order}")
                if content:
                    self.lists.put([SeenObject("sales_order", order, content)])
        self.landing.keep_watermark("shipments", str(number))

    def _stock(self, today: date) -> None:
        """Land stock on hand as at the days that are needed and were not read, or are others by now."""
        earliest, last = self._touched()
        fresh = min(today - AGAIN * _DAY, earliest or today)
        landed = {found.object_id for found in self.landing.each(STOCK)}
        for at in sorted(self._wanted(today)):
            if at.isoformat() not in landed or at >= fresh:
                self._stock_as_at(at)
        self.landing.keep_watermark("stock", str(last))

    def _wanted(self, today: date) -> set[date]:
        first = self.first_day - _DAY
        wanted = {first, today, today - _DAY}
        month = self.first_day.replace(day=1)
        while month <= today:
            wanted.add(month - _DAY)
            month = (month + 32 * _DAY).replace(day=1)
        for kind in WORKED_OUT:
            for found in self.landing.each(kind):
                for at in self._dates(found.kind, found.content):
                    wanted |= {at - _DAY, at}
        return {at for at in wanted if first <= at <= today}

    def _touched(self) -> tuple[date | None, int]:
        """The earliest day on which a paper that changed is or was dated, and the last change."""
        number = int(self.landing.watermark("stock") or 0)
        last, days, orders = number, set[date](), set[str]()
        for landed in self.landing.changed_after(number):
            last = landed.change_number
            if landed.kind in DATES:
                former = self.landing.former(landed.kind, landed.object_id) or {}
                days |= {*self._dates(landed.kind, landed.content), *self._dates(landed.kind, former)}
            elif landed.kind == "sales_order" and self._costs_otherwise(landed):
                orders.add(text(landed.content, "OrderNumber") or "")
        for landed in self.landing.each("shipment") if orders else ():
            if text(landed.content, "OrderNumber") in orders:
                days |= set(self._dates(landed.kind, landed.content))
        return (min(days) if days else None), last

    def _costs_otherwise(self, landed: Landed) -> bool:
        """Whether what was shipped of an order has another cost than before: its shipments do not say so."""
        former = self.landing.former(landed.kind, landed.object_id) or {}
        costs = [
            {text(line, "LineNumber"): exact(line, "AverageLandedPriceAtTimeOfSale") for line in lines}
            for lines in (objects(former, "SalesOrderLines"), objects(landed.content, "SalesOrderLines"))
        ]
        return any(cost and cost != costs[1].get(line) for line, cost in costs[0].items())

    def _dates(self, kind: str, content: Any) -> Iterator[date]:
        for name in DATES[kind]:
            try:
                yield date.fromisoformat(day(content, self.zone, name) or "")
            except ValueError:
                continue

    def _stock_as_at(self, at: date) -> None:
        """Land what there was in each warehouse in the evening of a day."""
        rows: list[dict[str, Any]] = []
        for warehouse in self.landing.each(WAREHOUSE):
            code = text(warehouse.content, "WarehouseCode") or ""
            asked = {"asAtDate": at.isoformat(), "warehouseCode": code}
            for entries, _ in self.lists.pages(STOCK_ON_HAND, asked):
                rows += [_kept(entry, warehouse.object_id) for entry in entries if _is_of(entry, code)]
        content = {"Lines": sorted((row for row in rows if row["QtyOnHand"] or row["TotalCost"]), key=write_exact)}
        self.lists.put([SeenObject(STOCK, at.isoformat(), content, business_date=at)])


def _is_of(entry: Any, code: str) -> bool:
    """Whether a row is of the warehouse that was asked for; one that does not say is."""
    found = text(entry, "WarehouseCode")
    return found is None or found.lower() == code.lower()


def _kept(entry: Any, warehouse_id: str) -> dict[str, Any]:
    kept = {name: entry.get(name) for name in ("ProductGuid", "QtyOnHand", "TotalCost")}
    return kept | {"WarehouseGuid": warehouse_id}
