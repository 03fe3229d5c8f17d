"""Items that are not in the world of their posting mode: nothing that names one is sent.

What belongs here: the guard before sending. In external mode our journals post the cost, and a document with an item
that QuickBooks tracks would have it posted a second time; a product's item was made without tracking, but a person may
change that. In tracked mode it is the other way about: a stocked product's item that tracks nothing, linked by a
person, would leave the stock as it is and its cost unposted.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.events import PARKED, READY
from qbo_pipeline.posting.freezing import references
from qbo_pipeline.quickbooks.errors import QuickBooksAway, QuotaExhausted
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.store import attempts
from qbo_pipeline.store.postings import change
from qbo_pipeline.store.tables.posting import posting_links, postings
from qbo_pipeline.store.tables.records import records

TRACKED_ITEM, UNTRACKED_ITEM = "tracked_item", "untracked_item"
_MESSAGE = (
    "its item {item} tracks its quantity in QuickBooks, which would post the cost of sales a second time: make it a "
    "non-inventory item there, or unlink {key} and give the product an item of its own; then retry"
)

_NOT_MOVED = (
    "its item {item} does not track its quantity in QuickBooks, so that the stock would not move there: relink {key} "
    "to an inventory item, or unlink it, so that one is made; then retry"
)


def hold_tracked_items(run: Run) -> int:
    """Park every posting that is ready and names an item that QuickBooks tracks, or in tracked mode one of a stocked
    product that it does not; answers how many.

    One metered read a run, and none where no item of ours is in QuickBooks or nothing is ready.
    """
    with run.database.reading() as reading:
        ours = _our_items(reading, run.name)
        ready = select(postings.c.key).where(postings.c.connection == run.name, postings.c.state == READY).limit(1)
        if not ours or reading.execute(ready).first() is None:
            return 0
    try:
        tracked = list(run.quickbooks().query(select_objects("Item").where("Type", "=", "Inventory")))
    except (QuickBooksAway, QuotaExhausted):  # posting goes on without reads; the next run that may read looks again
        return 0
    there = {str(item["Id"]): str(item["Name"]) for item in tracked}
    named = {ours[qbo_id]: name for qbo_id, name in there.items() if qbo_id in ours}
    reason, text = TRACKED_ITEM, _MESSAGE
    if run.settings.posting.mode == "tracked":
        with run.database.reading() as reading:
            stocked = _stocked(reading, run.name)
        named = {key: stocked[key] for qbo_id, key in ours.items() if key in stocked and qbo_id not in there}
        reason, text = UNTRACKED_ITEM, _NOT_MOVED
    if not named:
        return 0
    with run.database.transaction() as transaction:
        return _park(transaction, run, named, reason, text)


def _stocked(reading: Connection, name: str) -> dict[str, str]:
    """By key, the names of the products whose stock is counted."""
    mine = (records.c.connection == name, records.c.record_type == "product", records.c.kind == "stocked")
    found = reading.execute(select(records.c.record_id, records.c.number).where(*mine))
    return {f"product/{row.record_id}": row.number or row.record_id for row in found}


def _our_items(reading: Connection, name: str) -> dict[str, str]:
    """The keys of the postings that are items in QuickBooks, by Id."""
    mine = (posting_links.c.connection == name, posting_links.c.entity == "Item")
    return {row.qbo_id: row.key for row in reading.execute(select(posting_links).where(*mine))}


def _park(transaction: Connection, run: Run, named: dict[str, str], reason: str, text: str) -> int:
    """Park what refers to one of these keys, each with the item's name."""
    wanted = (postings.c.connection == run.name, postings.c.state == READY, postings.c.payload.is_not(None))
    columns = (postings.c.key, postings.c.revision, postings.c.fence, postings.c.doubt, postings.c.payload)
    found = []
    for row in transaction.execute(select(*columns).where(*wanted).with_for_update()):
        # What may have left already is read back and settled: parking it would forget that.
        item = None if row.doubt else next((key for key in references(row.payload) if key in named), None)
        if item is not None:
            found.append((row, text.format(item=repr(named[item]), key=item)))
    fields = [(row.key, row.revision, {"state": PARKED, "reason": reason, "message": said}) for row, said in found]
    lines = [
        attempts.AttemptLine(
            key=row.key, revision=row.revision, event="parked", state=PARKED, fence=row.fence, message=said
        )
        for row, said in found
    ]
    change(transaction, run.name, fields)
    attempts.append(transaction, run.name, run.database.now(transaction), lines)
    return len(found)
