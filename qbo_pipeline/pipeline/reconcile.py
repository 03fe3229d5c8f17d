"""Reconcile: both sides from the store and the source, through the pure engine, and back into the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, func, select

from qbo_pipeline.accounting.accounts import Place, account_for, product_of
from qbo_pipeline.accounting.drafts import Stop
from qbo_pipeline.instants import parse_instant
from qbo_pipeline.pipeline.ahead import Ahead, read_ahead
from qbo_pipeline.pipeline.arrow import table_of
from qbo_pipeline.pipeline.as_of import states_as_of
from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.carried import carried_lines
from qbo_pipeline.pipeline.counts import day_counts, total_counts
from qbo_pipeline.pipeline.days import refuse_before_the_books
from qbo_pipeline.pipeline.first_day import books_began
from qbo_pipeline.pipeline.frames import StoredFrames
from qbo_pipeline.pipeline.goods_from_quickbooks import MadeThere
from qbo_pipeline.pipeline.item_side import ItemSide, tracked_items
from qbo_pipeline.pipeline.names_in_settings import changed_names
from qbo_pipeline.pipeline.not_read import LEDGER, REFUSED, NotRead, not_read, why_refused
from qbo_pipeline.pipeline.posting_frames import PostingFrames
from qbo_pipeline.pipeline.resolving import renamed_in_quickbooks
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.switching import switched_after
from qbo_pipeline.pipeline.tracked_frames import PostedGoods, TrackedFrames
from qbo_pipeline.posting.content import is_voided, item_ids
from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.entities import ENTITIES
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.reconciliation.engine import objects_to_read, reconcile
from qbo_pipeline.reconciliation.fingerprint import VERSION, version_of
from qbo_pipeline.reconciliation.frames import array
from qbo_pipeline.reconciliation.inputs import (
    EFFECTS,
    OBJECT_DAY,
    OBJECT_TRACKED,
    OBJECTS,
    ReconciliationInput,
)
from qbo_pipeline.reconciliation.qbo_side import SALES_FORMS
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reconciliation.signoff import check
from qbo_pipeline.sources.source import StockValue
from qbo_pipeline.store.ledger_lines import first_read, load_balances, load_ledger, oldest_read
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.reconciliations import (
    load_closes,
    load_earlier,
    load_sign_offs,
    save,
    save_sign_off,
)
from qbo_pipeline.store.reference import references
from qbo_pipeline.store.tables.records import reads, stock_lines

# Kinds of asset accounts that may hold the value of goods: money, claims and fixed assets are none of them.
_GOODS_SUBTYPES = ("Inventory", "OtherCurrentAssets", "PrepaidExpenses")
_ITEMS_AT_ONCE = 30  # in one query


def reconcile_as_at(run: Run, as_at: date) -> Reconciliation:
    """Compare the source's stock value with QBO's inventory accounts at the end of `as_at`, and keep the answer.

    The ledger is the one that `read_ledger` stored; the stock value is asked of the source. Where a difference says
    that an object changed or is gone, QBO is asked for its present state (a metered read for each 30 objects). Where
    the ledger could not be read, the stored one is reconciled as of when it was, QBO is not asked, and the first note
    says so.
    """
    refuse_before_the_books(run.settings, as_at)
    with run.database.reading() as connection:
        stale = not_read(connection, run, LEDGER)
        began = books_began(connection, run.settings)
    run.progress("stock value read", 0)
    with run.source() as source:
        values = source.stock_values(as_at)
        before = source.stock_values(began - timedelta(days=1))
    items, untold = _items(run, as_at, stale)
    given, without_rate = _input(run, as_at, values, before, None, stale, items)
    result = reconcile(given)
    if (result.causes["cause"] == Cause.SOURCE_CONTRADICTS_ITSELF).any():
        # Its movements as we know them do not make its stock value: it may just be ahead of what was extracted.
        ahead = read_ahead(run, as_at)
        if ahead.days:
            given, without_rate = _input(run, as_at, values, before, ahead, stale, items)
            result = reconcile(given)
    notes = [stale.text] if stale else untold
    if (wanted := objects_to_read(result)) and stale is None:
        run.progress("objects with a difference read", len(wanted))
        try:
            result = reconcile(replace(given, objects=_read_objects(run, wanted)))
        except REFUSED as error:
            result = reconcile(replace(given, unanswered=True))
            notes.append(
                f"{len(wanted)} objects with a difference could not be looked up: {why_refused(error)}. What the "
                "ledger does not tell of them is not checked."
            )
    with run.database.reading() as connection:
        notes += renamed_in_quickbooks(connection, run.settings)
        notes += [f"Before anything is sent: {item.text}." for item in changed_names(connection, run.settings)]
    result = replace(result, notes=(*notes, *result.notes, *_without_rate(without_rate, result.currency)))
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        save(connection, run.name, result, made_at=now, run_id=run.run_id)
        _void_what_changed(connection, run.name, result, now)
    return result


def _items(run: Run, as_at: date, stale: NotRead | None) -> tuple[ItemSide, list[str]]:
    """What QBO has of the items that it tracks for us, and what a person must know where it could not be read."""
    if run.settings.posting.mode != "tracked" or stale is not None:
        return ItemSide(None, frozenset()), []
    run.progress("quantities of items read", 0)
    try:
        return tracked_items(run, as_at), []
    except REFUSED as error:
        told = f"Quantities by item could not be read: {why_refused(error)}. They are not compared."
        return ItemSide(None, frozenset()), [told]


def _void_what_changed(connection: Connection, name: str, result: Reconciliation, now: datetime) -> None:
    """Make the certificates void whose data are no longer what was signed: of this date where the content differs, of
    earlier ones where something arrived or changed in their period."""
    late = result.late_arrivals
    for number, kept in load_sign_offs(connection, name):
        if kept.state == "void":
            continue
        if kept.as_at == result.as_at:
            checked = check(kept, result, now)
        else:
            rows = late[late["signed_through"] == kept.as_at]
            if rows.empty or kept.state != "signed":
                continue
            first = rows.iloc[0]
            why = f"{len(rows)} documents arrived or changed in the signed period, first {first['document_key']}"
            checked = replace(kept, void_at=now, void_why=why)
        if checked.state == "void":
            save_sign_off(connection, name, checked, number)


def _without_rate(lines: Mapping[str, int], home: str) -> list[str]:
    """What a person must know of stock that is in no total, because nothing says what it is worth in home currency."""
    return [
        f"{count:,} stock lines in {currency} have no exchange rate to {home} and are in no total: give the inventory "
        "system the rate of their day, or state it in the settings' [[exchange_rates]]."
        for currency, count in sorted(lines.items())
    ]


def _input(
    run: Run,
    as_at: date,
    values: Sequence[StockValue],
    before: Sequence[StockValue],
    ahead: Ahead | None,
    stale: NotRead | None,
    items: ItemSide,
) -> tuple[ReconciliationInput, Mapping[str, int]]:
    """What reconciliation is given, and how many stock lines of each currency could not be converted."""
    counted = _counts_until(run, as_at)
    movements = counted.pop("movement", None)
    with run.database.snapshot() as connection:  # all frames of one moment
        stored = StoredBooks(connection, run.settings)
        books, accounts = stored.books, stored.books.accounts_of("inventory")
        is_tracked = run.settings.posting.mode == "tracked"
        carried = carried_lines(connection, run.name, books) if is_tracked else None
        account_of = _account_of(connection, run.name, stored, values)
        switched = switched_after(connection, run.name)
        since = date.min if switched is None else switched + timedelta(days=1)
        frames = StoredFrames(connection, run.name, books, account_of, since, carried)
        ours = PostingFrames(connection, run.name, since)
        then = states_as_of(connection, run.name, stale.as_of) if stale and stale.as_of else None
        stock = frames.stock(ahead)
        own = frames.stock_values(values, as_at)
        ledger = load_ledger(connection, run.name)
        costed, taken = set[tuple[str, int]](), list[MadeThere]()
        if carried is None:
            effects = ours.effects(accounts)
        else:
            goods = PostedGoods(connection, run.name, run.settings.connection.first_day)
            costed, taken = goods.costed(), goods.made_there()
            effects = _tracked_effects(
                TrackedFrames(goods, books, carried, items.changed), ours, accounts, stock, ledger
            )
        given = ReconciliationInput(
            as_at=as_at,
            currency=run.settings.connection.currency,
            stock=stock,
            postings=ours.postings(ahead, then, costed, taken),
            effects=effects,
            ledger=ledger,
            tracked=items.tracked,
            ledger_balances=load_balances(connection, run.name, as_at),
            stock_values=None if frames.without_rate else own,
            earlier=load_earlier(connection, run.name, as_at),
            closes=load_closes(connection, run.name),
            opening_values=frames.stock_values(before, as_at) if before else None,
            opening_date=books_began(connection, run.settings),
            pending_days=ahead.days if ahead else (),
            read_ahead=ahead is not None,
            # Where the reading of a day broke off, nobody knows how many movements there are.
            records_read=None if movements and movements["read"] is None else frames.records_read(as_at, ahead),
            beside_stock=frames.beside_stock(as_at),
            other_records=counted,
            unanswered=stale is not None,
            asset_accounts=_asset_accounts(connection, run.name, accounts),
            ledger_from=first_read(connection, run.name),
            ledger_read_at=oldest_read(connection, run.name, as_at),
            source_read_at=source_read_at(connection, run.name, as_at),
            tolerance=run.settings.reconciliation.tolerance,
            time_zone=run.settings.connection.time_zone,
            hash_version=_hash_version(connection, run.name, as_at),
        )
        return given, frames.without_rate


def _tracked_effects(
    tracked: TrackedFrames, ours: PostingFrames, accounts: Collection[str], stock: pa.Table, ledger: pa.Table
) -> pa.Table:
    """What we said and what QBO costed by itself, in one frame."""
    known = tracked.bill_effects(ours.effect_rows(accounts))
    return table_of([*known, *tracked.effects(stock, ledger)], EFFECTS)


def _hash_version(connection: Connection, name: str, as_at: date) -> int:
    """The version of the content hash by which the standing certificate of this date was signed, else the newest."""
    standing = [kept for _, kept in load_sign_offs(connection, name) if kept.as_at == as_at and kept.state != "void"]
    return version_of(standing[-1].content_hash) if standing else VERSION


def _counts_until(run: Run, as_at: date) -> dict[str, dict[str, int | None]]:
    """What became of the records of each type up to a date: the certification speaks of all of them."""
    return total_counts([count for count in day_counts(run) if count.day is None or count.day <= as_at])


def _account_of(
    connection: Connection, name: str, stored: StoredBooks, values: Sequence[StockValue]
) -> dict[tuple[str, str], str] | None:
    """The inventory account of each product at each location; `None` where there is only one account."""
    books = stored.books
    if len(books.accounts_of("inventory")) == 1:
        return None
    query = (
        select(stock_lines.c.product_id, stock_lines.c.location_id).where(stock_lines.c.connection == name).distinct()
    )
    pairs = {(row.product_id, row.location_id) for row in connection.execute(query)}
    pairs |= {(value.product_id, value.location_id) for value in values}
    stored.fetch("product", {product_id for product_id, _ in pairs if product_id})
    found = {}
    for product_id, location_id in sorted(pairs):
        try:
            product = product_of(books, product_id or None, "stock")
            found[product_id, location_id] = account_for(
                books, "inventory", Place(field="stock", product=product, location_id=location_id)
            ).id
        except Stop:
            continue  # reconciliation shows stock without an account under an account of its own
    return found


def _asset_accounts(connection: Connection, name: str, inventory: frozenset[str]) -> frozenset[str]:
    accounts = references(connection, name, "Account")
    return frozenset(
        item.name
        for item in accounts
        if item.content.get("AccountSubType") in _GOODS_SUBTYPES and item.qbo_id not in inventory
    )


def source_read_at(connection: Connection, name: str, as_at: date) -> datetime | None:
    """When the movements of a day were last read from the source."""
    query = select(func.min(reads.c.read_at)).where(
        reads.c.connection == name, reads.c.record_type == "movement", reads.c.business_date == as_at
    )
    instant: datetime | None = connection.execute(query).scalar_one()
    return instant


def _read_objects(run: Run, wanted: Sequence[tuple[str, str]]) -> pa.Table:
    """How QBO has these objects today: live, voided, or deleted where it no longer answers them."""
    quickbooks = run.quickbooks()
    by_entity: dict[str, list[str]] = defaultdict(list)
    for entity, qbo_id in wanted:
        by_entity[entity].append(qbo_id)
    rows: list[dict[str, Any]] = []
    for entity, ids in sorted(by_entity.items()):
        if entity not in ENTITIES:
            continue
        for chunk in chunks(ids, 30):
            found = {
                item["Id"]: item for item in quickbooks.query(select_objects(entity).where("Id", "IN", tuple(chunk)))
            }
            tracked = _tracked_items(quickbooks, found.values()) if entity in SALES_FORMS else frozenset()
            rows += [_object_row(entity, qbo_id, found.get(qbo_id), tracked) for qbo_id in chunk]
    columns = (*OBJECTS, OBJECT_DAY, OBJECT_TRACKED)
    return pa.table({column.name: array([row[column.name] for row in rows], column.type) for column in columns})


def _tracked_items(quickbooks: QuickBooks, things: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Which of the items on these sales QBO keeps stock of: a metered read for each 30 items."""
    items = sorted({item for thing in things for item in item_ids(thing)})
    return frozenset(
        str(item["Id"])
        for chunk in chunks(items, _ITEMS_AT_ONCE)
        for item in quickbooks.query(select_objects("Item").where("Id", "IN", tuple(chunk)))
        if item.get("Type") == "Inventory"
    )


def _object_row(
    entity: str, qbo_id: str, found: dict[str, Any] | None, tracked: frozenset[str] = frozenset()
) -> dict[str, Any]:
    changed = (found or {}).get("MetaData", {}).get("LastUpdatedTime")
    return {
        "qbo_type": entity,
        "qbo_id": qbo_id,
        "status": "deleted" if found is None else "voided" if is_voided(found) else "live",
        "sync_token": (found or {}).get("SyncToken"),
        "changed_at": parse_instant(changed) if changed else None,
        "changed_by": None,
        "business_date": date.fromisoformat(found["TxnDate"]) if found and "TxnDate" in found else None,
        "tracked": None if found is None or entity not in SALES_FORMS else not tracked.isdisjoint(item_ids(found)),
    }
