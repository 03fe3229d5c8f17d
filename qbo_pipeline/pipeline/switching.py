"""From QuickBooks' tracked items to untracked ones of the same name: an ordered procedure, shown first, resumable.

What belongs here: what it takes, and its steps. An item that tracks its quantity never stops doing so, and its name is
taken. So, as at the end of one day: its quantity is adjusted to nothing and the value of the inventory system's stock
comes back by a journal, both against opening balance equity, where the difference of method stays; then the item is
renamed and made inactive, and nobody's. The run of the next day makes the new item under the free name.

Every step is a posting of ours, carried out by the posting protocol: what was done is not done again, and what was cut
short goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from qbo_pipeline.accounting.accounts import Place, account_for
from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Draft, Excluded, Stop
from qbo_pipeline.accounting.journals import Heading, Leg, journal_entry
from qbo_pipeline.accounting.money import ZERO
from qbo_pipeline.accounting.payloads import ref, shorten
from qbo_pipeline.accounting.products import NAME_LENGTH, item_name
from qbo_pipeline.inventory.records import Product, content_hash
from qbo_pipeline.pipeline.binding import bound_mode, put_mode
from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting import decisions
from qbo_pipeline.posting.asking import REPLACED, IntakePolicy, Intent
from qbo_pipeline.posting.content import fingerprint
from qbo_pipeline.posting.intents import put
from qbo_pipeline.posting.persons import NotPossible, Person, note_decision
from qbo_pipeline.posting.shell import identity_of
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.sources.source import StockValue
from qbo_pipeline.store.dispositions import load_record
from qbo_pipeline.store.postings import links, links_to, put_links
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import connections, records, watermarks

PREFIX = "switch/"
SWITCHED = "stock by items until"  # the watermark with the last day of tracked mode
_LINES = 100  # of an adjustment
_OPEN = ("ready", "sending", "unknown", "parked")


@dataclass(frozen=True, slots=True)
class TrackedItem:
    """An item of QuickBooks that stands in the way of an untracked one; `key` is our posting's, where it is linked."""

    qbo_id: str
    name: str
    sync_token: str
    fingerprint: str
    key: str | None
    product_key: str
    quantity: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class Switch:
    """What the procedure does as at the end of `last`: items, and the source's stock value by account (Id, name)."""

    last: date
    items: tuple[TrackedItem, ...]
    value_by_account: tuple[tuple[str, str, Decimal], ...]
    currency: str
    from_tracked: bool

    def lines(self) -> Iterator[str]:
        """The steps in their order, a sentence each."""
        booked = sum((item.value for item in self.items), Decimal(0))
        value = sum((amount for _, _, amount in self.value_by_account), Decimal(0))
        some = [item for item in self.items if item.quantity]
        yield f"as at the end of {self.last}, {len(self.items):,} items that QuickBooks tracks:"
        for item in self.items:
            yield f"  {item.name} (Id {item.qbo_id}): {item.quantity:f} on hand, worth {item.value:,.2f}"
        yield f"1. the quantities of {len(some):,} items are adjusted to 0, {booked:,.2f} {self.currency} in all"
        yield f"2. a journal brings back what the inventory system's stock is worth, {value:,.2f} {self.currency}:"
        for _, name, amount in self.value_by_account:
            yield f"     {name}: {amount:,.2f}"
        yield f"   both against opening balance equity, where {value - booked:,.2f} of difference in costing stays"
        yield f"3. each item is renamed and made inactive: {_retired('NAME', self.last)!r}"
        if self.from_tracked:
            yield '4. the connection is bound to mode = "external" from the next day on, which becomes its first day'
            yield f'   then write mode = "external" and first_day = {self.last + timedelta(days=1)} into the settings'
        yield "The next run makes an untracked item of the same name for each product."


def planned_switch(run: Run, last: date) -> Switch:
    """What it takes; reads QuickBooks and the source, changes nothing.

    Raises `NotPossible` where no tracked item is in the way, where items moved after `last`, or where something up to
    that day is still to be sent.
    """
    read_reference_data(run)
    with run.database.reading() as connection:
        _refuse_unsent(connection, run, last)
        names = _names(connection, run)
        tracked = bound_mode(connection, run.name) == "tracked"
    quickbooks = run.quickbooks()
    things = list(quickbooks.query(select_objects("Item").where("Type", "=", "Inventory")))
    with run.database.reading() as connection:
        linked = links_to(connection, run.name, "Item", [str(thing["Id"]) for thing in things])
    report = quickbooks.report("InventoryValuationSummary", {"report_date": last.isoformat()})
    worth = {row.first.id: row for row in report.rows if row.kind == "data"}
    items, moved = [], []
    for thing in things:
        qbo_id, name = str(thing["Id"]), str(thing["Name"])
        key = next((one.key for one in linked.get(qbo_id, []) if one.key.startswith("product/")), None)
        product_key = key or names.get(name.casefold())
        if product_key is None:
            continue
        row = worth.get(qbo_id)
        cells = [(row.cell(a).amount or row.cell(b).amount) if row else None for a, b in _COLUMNS]
        quantity, value = (cell or Decimal(0) for cell in cells)
        items.append(
            TrackedItem(
                qbo_id, name, str(thing["SyncToken"]), fingerprint("Item", thing), key, product_key, quantity, value
            )
        )
        if Decimal(str(thing.get("QtyOnHand", 0))) not in (quantity, Decimal(0)):
            moved.append(name)
    if not items and not tracked:
        raise NotPossible(
            "no item that QuickBooks tracks has the name of one of our products: nothing is to be replaced"
        )
    if moved:
        raise NotPossible(
            f"{len(moved)} items moved in QuickBooks after {last}, such as {moved[0]}: choose the last day on "
            "which one did"
        )
    with run.source() as source:
        values = source.stock_values(last)
    with run.database.reading() as connection:
        accounts = tuple(_by_account(StoredBooks(connection, run.settings).books, values))
    items.sort(key=lambda item: int(item.qbo_id))  # what is left after a cut is made of the same adjustments
    return Switch(last, tuple(items), accounts, run.settings.connection.currency, tracked)


_COLUMNS = (("qty", "Qty"), ("asset_value", "Asset Value"))


def switch(run: Run, last: date, person: Person) -> Switch:
    """Carry it out, or go on with it; raises as `planned_switch` does, and `NotPossible` where a step was not taken."""
    plan = planned_switch(run, last)
    with run.database.transaction() as connection:
        stored = StoredBooks(connection, run.settings)
        _put(connection, run, _money(stored.books, plan), stored.closed_through)
    _send(run, last)
    for item in plan.items:
        if item.key is not None:
            decisions.unlink(run.database, run.name, item.key, person, reason=REPLACED)
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        drafts = [_retire(item, plan, run.settings.connection.currency) for item in plan.items]
        known = links(connection, run.name, [draft.key for draft in drafts])
        given = zip(drafts, plan.items, strict=True)
        new = [_link(draft.key, item, now) for draft, item in given if draft.key not in known]
        put_links(connection, run.name, new)
        _put(connection, run, drafts, None)
    _send(run, last)
    with run.database.transaction() as connection:
        if plan.from_tracked:
            _bind(connection, run, last, person)
    return plan


def switched_after(connection: Connection, name: str) -> date | None:
    """The last day on which QuickBooks kept the stock by items; `None` where it never did, or still does."""
    query = select(watermarks.c.value).where(watermarks.c.connection == name, watermarks.c.name == SWITCHED)
    kept = connection.execute(query).scalar_one_or_none()
    return None if kept is None else date.fromisoformat(kept)


def _refuse_unsent(connection: Connection, run: Run, last: date) -> None:
    query = select(func.count()).where(
        postings.c.connection == run.name,
        postings.c.superseded_by.is_(None),
        postings.c.state.in_(_OPEN),
        postings.c.business_date <= last,
        postings.c.business_date > date.min,
        postings.c.key.not_like(f"{PREFIX}%"),
    )
    if count := connection.execute(query).scalar_one():
        raise NotPossible(f"{count:,} postings up to {last} are not sent yet: run them, or decide about them, first")


def _names(connection: Connection, run: Run) -> dict[str, str]:
    """By the name that its item has or would have, in lower case, the key of each stocked product."""
    stored = StoredBooks(connection, run.settings)
    query = select(records).where(
        records.c.connection == run.name,
        records.c.record_type == "product",
        records.c.kind == "stocked",
        records.c.vanished_at.is_(None),
        records.c.disposition != "set_aside",
    )
    products = [record for row in connection.execute(query) if isinstance(record := load_record(row), Product)]
    stored.prefetch(products)
    return {item_name(product, stored.books).casefold(): f"product/{product.product_id}" for product in products}


def _by_account(books: Books, values: Sequence[StockValue]) -> Iterator[tuple[str, str, Decimal]]:
    found: dict[str, Decimal] = {}
    for value in values:
        place = Place(field="stock", product=books.product(value.product_id), location_id=value.location_id or None)
        try:
            account = account_for(books, "inventory", place)
        except Stop as stop:
            raise NotPossible(stop.outcome.message) from None
        found[account.id] = found.get(account.id, Decimal(0)) + value.home_value
    for account_id, amount in sorted(found.items()):
        yield account_id, books.chart[account_id].name, amount


def _money(books: Books, plan: Switch) -> list[Draft]:
    """The adjustments to nothing, and the journal of the value."""
    label = f"Tracked items are replaced as at {plan.last}"
    try:
        equity = account_for(books, "opening_balance_equity", Place(field=label))
        legs = [
            leg
            for account_id, _, amount in plan.value_by_account
            for leg in (
                Leg(account=books.chart[account_id], amount=amount, role="inventory"),
                Leg(account=equity, amount=-amount, role="opening_balance_equity"),
            )
        ]
        heading = Heading(
            key=f"{PREFIX}{plan.last}/value", number="", label=label, business_date=plan.last, currency=plan.currency
        )
        entry = journal_entry(books, heading, legs)
    except Stop as stop:
        raise NotPossible(stop.outcome.message) from None
    some = [item for item in plan.items if item.quantity]
    drafts = [
        Draft(
            key=f"{PREFIX}{plan.last}/adjustment/{some[start].qbo_id}",
            entity="InventoryAdjustment",
            payload={
                "TxnDate": plan.last.isoformat(),
                "PrivateNote": label,
                "AdjustAccountRef": ref(equity.id),
                "Line": [
                    _to_nothing(number, item) for number, item in enumerate(some[start : start + _LINES], start=1)
                ],
            },
            business_date=plan.last,
            amount=ZERO,
            currency=plan.currency,
        )
        for start in range(0, len(some), _LINES)
    ]
    return drafts if isinstance(entry, Excluded) else [*drafts, entry]


def _to_nothing(number: int, item: TrackedItem) -> dict[str, Any]:
    detail = {"ItemRef": ref(item.qbo_id), "QtyDiff": -item.quantity}
    return {"LineNum": number, "DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": detail}


def _retire(item: TrackedItem, plan: Switch, currency: str) -> Draft:
    return Draft(
        key=f"{PREFIX}{plan.last}/item/{item.qbo_id}",
        entity="Item",
        payload={"Name": _retired(item.name, plan.last), "Active": False},
        business_date=None,
        amount=ZERO,
        currency=currency,
    )


def _retired(name: str, last: date) -> str:
    suffix = f" (until {last})"
    return name if name.endswith(suffix) else shorten(name, NAME_LENGTH - len(suffix)) + suffix


def _link(key: str, item: TrackedItem, now: datetime) -> dict[str, Any]:
    return {
        "key": key, "entity": "Item", "qbo_id": item.qbo_id, "sync_token": item.sync_token,
        "fingerprint": item.fingerprint, "revision": 1, "linked_by": "person", "linked_at": now,
    }  # fmt: skip


def _put(connection: Connection, run: Run, drafts: Sequence[Draft], closed_through: date | None) -> None:
    intents = [Intent(draft.key, content_hash({"switch": draft.key}), [draft]) for draft in drafts]
    identity = identity_of(connection, run.name, run.settings.quickbooks.realm)
    policy = IntakePolicy(closed_through=closed_through)
    put(connection, run.name, intents, identity=identity, policy=policy, now=run.database.now(connection))


def _send(run: Run, last: date) -> None:
    """Send what is put; raises `NotPossible` where a step waits for somebody."""
    with run.database.reading() as connection:
        mine = (postings.c.connection == run.name, postings.c.key.like(f"{PREFIX}{last}/%"))
        keys = list(connection.scalars(select(postings.c.key).where(*mine).distinct()))
    load(run, last, last, keys=keys)
    with run.database.reading() as connection:
        query = select(postings.c.key, postings.c.state, postings.c.message).where(
            *mine, postings.c.superseded_by.is_(None), postings.c.state != "posted"
        )
        if waiting := connection.execute(query.order_by(postings.c.key)).first():
            raise NotPossible(
                f"{waiting.key} is {waiting.state}: {waiting.message or 'QuickBooks did not take it yet'}. What came "
                "before it is done; order the same again once that is settled"
            )


def _bind(connection: Connection, run: Run, last: date, person: Person) -> None:
    """External mode from the next day on, as new books: what QuickBooks kept until then is their opening balance."""
    now, first = run.database.now(connection), last + timedelta(days=1)
    put_mode(connection, run.name, "external", now)
    connection.execute(update(connections).where(connections.c.connection == run.name).values(first_day=first))
    mine = watermarks.c.connection == run.name
    connection.execute(delete(watermarks).where(mine, watermarks.c.name == SWITCHED))
    row = {"connection": run.name, "name": SWITCHED, "value": last.isoformat(), "moved_at": now}
    connection.execute(watermarks.insert(), row)
    note_decision(connection, run.name, [SWITCHED], person, now)
