"""The first look of a store at its company: everything in QuickBooks that may carry a marker of ours is read once.

What belongs here: the pages of that look, and how far it has come. A company's newest objects say nothing of the older
ones, so that all are read, oldest first, by their time of creation. How far it came is kept after each page: a look
that takes longer than its patience, or is interrupted, is gone on with by the next run.

Nothing in a company is older than the company: where that is younger than change data capture looks back, one call
answers all kinds together, and only a kind of which it cannot say that it named each is read by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, select

from qbo_pipeline.instants import parse_instant
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.changes import LOOK_BACK, MARGIN
from qbo_pipeline.quickbooks.errors import AccessDenied, InvalidRequest
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.quickbooks.shapes import JsonObject
from qbo_pipeline.store.reference import references
from qbo_pipeline.store.tables.records import watermarks

# What the posting rules and reversals make, and with it all that may carry a marker; a test holds it against them.
MARKED = (
    "JournalEntry", "Invoice", "CreditMemo", "Bill", "VendorCredit", "Payment", "BillPayment", "Estimate",
    "PurchaseOrder", "SalesReceipt", "RefundReceipt", "InventoryAdjustment",
)  # fmt: skip
# An app needs a tier of its own to read them, and what makes them makes bills and invoices with markers as well.
_OF_TRACKED_MODE = ("InventoryAdjustment",)
PATIENCE = 600.0  # seconds of one run for it
CREATED = "MetaData.CreateTime"
OVERLAP = timedelta(hours=1)  # before the company was made
_REACHED = "company searched: "

Page = list[tuple[str, JsonObject]]


def kinds_with_markers(run: Run) -> tuple[str, ...]:
    """The kinds of objects that may carry a marker of this connection."""
    tracked = run.settings.posting.mode == "tracked"
    return MARKED if tracked else tuple(entity for entity in MARKED if entity not in _OF_TRACKED_MODE)


@dataclass(slots=True)
class Searched:
    """What a look has read in this run, and whether nothing is left."""

    objects: int = 0
    reads: int = 0
    complete: bool = False

    @property
    def text(self) -> str:
        return f"{self.objects:,} objects in {self.reads:,} metered reads"


def search(run: Run, judge: Callable[[Page], None], patience: float = PATIENCE) -> Searched:
    """Read what an earlier run has not read yet, and have each page judged, which ends the look by raising.

    Raises `QuickBooksAway` and `QuotaExhausted` where QuickBooks does not answer; the pages before count.
    """
    until, before = time.monotonic() + patience, run.api_calls()["api_metered_reads"]
    found = Searched()
    try:
        for entity in _not_in_changes(run, judge, found):
            query, reached = select_objects(entity), _reached(run, entity)
            if reached is not None:
                query = query.where(CREATED, ">=", reached)
            try:
                for page in run.quickbooks().query_pages(query):
                    judge([(entity, thing) for thing in page])
                    found.objects += len(page)
                    run.progress("objects in QuickBooks searched for markers", found.objects)
                    newest = max(parse_instant(thing["MetaData"]["CreateTime"]) for thing in page)
                    if newest == reached:  # the objects of the last instant are answered again
                        continue
                    reached = newest
                    _keep(run, entity, reached)
                    if time.monotonic() > until:
                        return found
            except AccessDenied:  # the company's plan does not have it, so that nothing of ours is there
                continue
        found.complete = True
        return found
    finally:
        found.reads = run.api_calls()["api_metered_reads"] - before


def company_made(run: Run) -> datetime | None:
    """When QuickBooks made the company, as its reference data say; `None` where they do not."""
    with run.database.reading() as reading:
        info = references(reading, run.name, "CompanyInfo")
    made = info[0].content.get("MetaData", {}).get("CreateTime") if info else None
    try:
        return parse_instant(made) if made else None
    except ValueError:
        return None


def _not_in_changes(run: Run, judge: Callable[[Page], None], found: Searched) -> Sequence[str]:
    """The kinds that still have to be read by themselves: all, where the company is older than what QBO's changes tell,
    or a search by kinds has begun."""
    kinds, made = kinds_with_markers(run), company_made(run)
    with run.database.reading() as reading:
        begun = reading.execute(select(watermarks.c.name).where(*_any_of(run.name)).limit(1)).first()
        now = run.database.now(reading)
    if made is None or begun is not None or now - (made - OVERLAP) >= LOOK_BACK - 2 * MARGIN:
        return kinds
    try:
        changes = run.quickbooks().changes(kinds, made - OVERLAP, completed=False)
    except (AccessDenied, InvalidRequest):  # the plan does not have one of them, or our clock is behind QuickBooks'
        return kinds
    for entity in (name for name in kinds if name not in changes.gaps):
        judge([(entity, thing) for thing in changes.objects[entity]])
        found.objects += len(changes.objects[entity])
    return [name for name in kinds if name in changes.gaps]


def forget_search(connection: Connection, name: str) -> None:
    """The look is done: how far it came tells nothing any more."""
    connection.execute(delete(watermarks).where(*_any_of(name)))


def _reached(run: Run, entity: str) -> datetime | None:
    with run.database.reading() as reading:
        value = reading.execute(select(watermarks.c.value).where(*_of(run, entity))).scalar_one_or_none()
    return datetime.fromisoformat(value) if value else None


def _keep(run: Run, entity: str, reached: datetime) -> None:
    with run.database.transaction() as connection:
        connection.execute(delete(watermarks).where(*_of(run, entity)))
        row = {"connection": run.name, "name": f"{_REACHED}{entity}", "value": reached.isoformat()}
        connection.execute(watermarks.insert(), row | {"moved_at": run.database.now(connection)})


def _any_of(name: str) -> tuple[ColumnElement[bool], ...]:
    return (watermarks.c.connection == name, watermarks.c.name.startswith(_REACHED))


def _of(run: Run, entity: str) -> tuple[ColumnElement[bool], ...]:
    return (watermarks.c.connection == run.name, watermarks.c.name == f"{_REACHED}{entity}")
