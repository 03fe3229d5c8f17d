"""Which object of QuickBooks a record is that came from there, and which one is a record that was there before.

What belongs here: links that no posting made. The inventory system says as what it took an entry, and from then on
what refers to that record (a document of a customer, a payment of an invoice) names the object that it came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from qbo_pipeline.accounting.categories import BETWEEN, MOST_LEVELS, category_path
from qbo_pipeline.accounting.categories import PREFIX as CATEGORY
from qbo_pipeline.pipeline.made_in_quickbooks import WRITTEN_BACK
from qbo_pipeline.pipeline.returning_book import Namesakes
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.content import fingerprint
from qbo_pipeline.quickbooks.shapes import JsonObject, OddShape
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.returning.documents import SIDES
from qbo_pipeline.returning.items import KINDS
from qbo_pipeline.returning.rules import TWO_SIDED
from qbo_pipeline.store.attempts import AttemptLine, append
from qbo_pipeline.store.evidence import SEEN
from qbo_pipeline.store.postings import chunks, entry_keys, links, links_to, put_links
from qbo_pipeline.store.quickbooks_objects import all_objects
from qbo_pipeline.store.tables.posting import posting_links, postings
from qbo_pipeline.store.tables.write_backs import quickbooks_objects, write_backs

BY_NAME = "name"
_PREFIXES = {
    "customer": "party/customer:", "supplier": "party/supplier:",
    **dict.fromkeys((side.kind for side in SIDES.values()), "document/"),
    **dict.fromkeys(("stocked", "non_stocked", "service"), "product/"),
    "adjustment": "movement/",
}  # fmt: skip


def record_key_of(kind: str, taken_as: str) -> str:
    """The key of the record that the inventory system made of an entry of this kind."""
    return f"{_PREFIXES.get(kind, 'payment/')}{taken_as}"


def link_taken(transaction: Connection, run: Run) -> int:
    """Link what the inventory system took to the objects that it came from; answers how many links are new.

    An object or a record that has a link already keeps it: that the same thing stands twice then is told by
    `write_back_standing`.
    """
    w, q = write_backs.c, quickbooks_objects.c
    linked = select(posting_links.c.key).where(
        posting_links.c.connection == w.connection,
        posting_links.c.entity == q.entity,
        posting_links.c.qbo_id == q.qbo_id,
    )
    query = (
        select(w.key, w.kind, w.taken_as, q.entity, q.qbo_id, q.sync_token, q.content)
        .join(quickbooks_objects, (q.connection == w.connection) & (w.key == q.entity + "/" + q.qbo_id))
        .where(
            w.connection == run.name, w.taken_as.is_not(None), w.kind.in_(list(_PREFIXES)), q.deleted.is_(False),
            q.content.is_not(None), ~linked.exists(),
        )
        .order_by(w.revision.desc())
    )  # fmt: skip
    newest: dict[str, RowMapping] = {}
    for row in transaction.execute(query).mappings():
        newest.setdefault(record_key_of(row["kind"], row["taken_as"]), row)
    taken = links(transaction, run.name, list(newest))
    now = run.database.now(transaction)
    new = [
        _link(key, row["entity"], from_wire(row["content"]), WRITTEN_BACK, now)
        for key, row in newest.items()
        if key not in taken
    ]
    _put(transaction, run, new, "the inventory system took it from its inbox", now)
    return len(new)


def link_by_name(transaction: Connection, run: Run, read: Sequence[tuple[RowMapping, JsonObject | None]]) -> int:
    """Link objects that stand for a record of the same name, where [posting] link_existing says so.

    Both names must be the only ones of their kind, and nothing may have been posted of the record.
    """
    if run.settings.posting.link_existing != "same_name":
        return 0
    namesakes = Namesakes(transaction, run.settings)
    now = run.database.now(transaction)
    new: dict[str, dict[str, Any]] = {}
    for row, thing in read:
        if thing is None or row["deleted"] or row["entity"] not in TWO_SIDED or thing.get("Active") is False:
            continue
        called = str(thing.get("DisplayName") or thing.get("Sku") or thing.get("Name") or "")
        ids = namesakes.all_of(row["entity"], called)
        if len(ids) == 1 and not links_to(transaction, run.name, row["entity"], [row["qbo_id"]]):
            key = TWO_SIDED[row["entity"]].key_prefix + ids[0]
            new.setdefault(key, _link(key, row["entity"], thing, BY_NAME, now))
    begun: set[str] = set()
    for part in chunks(list(new)):
        query = select(postings.c.key).where(postings.c.connection == run.name, postings.c.key.in_(part))
        begun.update(transaction.scalars(query))
    rows = [row for key, row in new.items() if key not in begun]
    _put(transaction, run, rows, "it has the same name, and [posting] link_existing says that this is enough", now)
    return len(rows)


def link_categories(transaction: Connection, run: Run, read: Sequence[tuple[RowMapping, JsonObject | None]]) -> int:
    """Link the categories that people made in QuickBooks and put items below to the names that the source will give
    them: what is below one is never refused for a name that is taken."""
    ownership = run.settings.ownership.products
    if run.settings.posting.categories == "off" or ownership not in ("quickbooks", "both"):
        return 0
    above: dict[str, str] = {}
    for row, thing in read:
        if thing is not None and not row["deleted"] and thing.get("Type") in KINDS:
            path = category_path(str(thing.get("FullyQualifiedName") or "").rpartition(BETWEEN)[0])
            qbo_id = str((thing.get("ParentRef") or {}).get("value") or "")
            if qbo_id and 0 < len(path) <= MOST_LEVELS:
                above[qbo_id] = CATEGORY + BETWEEN.join(path)
    linked = links_to(transaction, run.name, "Item", list(above))
    wanted = {qbo_id: key for qbo_id, key in above.items() if qbo_id not in linked}
    if not wanted:
        return 0
    taken = {key.casefold() for key in entry_keys(transaction, run.name, (CATEGORY,))}
    things = {row["qbo_id"]: row["content"] for row in all_objects(transaction, run.name, "Item")
              if row["qbo_id"] in wanted and row["content"] is not None}  # fmt: skip
    now = run.database.now(transaction)
    new: dict[str, dict[str, Any]] = {}
    for qbo_id, content in things.items():
        key, thing = wanted[qbo_id], from_wire(content)
        if key.casefold() not in taken and thing.get("Type") == "Category":
            new.setdefault(key.casefold(), _link(key, "Item", thing, WRITTEN_BACK, now))
    _put(transaction, run, list(new.values()), "an item that was made or changed in QuickBooks stands below it", now)
    return len(new)


def _link(key: str, entity: str, thing: JsonObject, by: str, now: datetime) -> dict[str, Any]:
    try:
        content = fingerprint(entity, thing)
    except OddShape:
        content = ""
    return {
        "key": key, "entity": entity, "qbo_id": str(thing["Id"]), "sync_token": str(thing.get("SyncToken", "")),
        "qbo_number": thing.get("DocNumber"), "fingerprint": content, "revision": 0, "linked_by": by, "linked_at": now,
    }  # fmt: skip


def _put(transaction: Connection, run: Run, rows: Sequence[dict[str, Any]], why: str, now: datetime) -> None:
    if not rows:
        return
    put_links(transaction, run.name, rows, replacing=False)
    lines = [
        AttemptLine(
            key=f"write_back/{row['entity']}/{row['qbo_id']}", revision=0, event="linked", state=SEEN, fence=0,
            message=f"{row['key']}: {why}",
        )
        for row in rows
    ]  # fmt: skip
    append(transaction, run.name, now, lines)
