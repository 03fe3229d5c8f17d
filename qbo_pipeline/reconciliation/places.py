"""Stock by product, location and account: what movements, the source itself and our postings say.

What belongs here: the three values of each place, added up. QBO keeps no value by location, so its side stands on
the effects of our postings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation import inputs
from qbo_pipeline.reconciliation.amounts import Whole, distinct, exact, micros, money, round_to_cents, sum_by
from qbo_pipeline.reconciliation.books import CodedInput
from qbo_pipeline.reconciliation.coding import Flags, codes, encode_few
from qbo_pipeline.reconciliation.frames import FrameError, empty, flat, make, to_table
from qbo_pipeline.reconciliation.result_frames import BY_PRODUCT_LOCATION


@dataclass(slots=True)
class Places:
    """One row a place; values and quantities in millionths, `posted` in cents; `own` is None where it cannot tell."""

    product: Any  # Arrow texts
    location: Any
    account: Whole
    movements: Whole
    quantity: Whole
    posted: Whole
    own: Whole | None
    own_quantity: Whole
    has_own: Flags
    largest: Whole  # stock row with the largest value, -1: none
    last_day: Whole  # -1: none


def read_places(books: CodedInput) -> Places:
    """Source's movements, source's own values and posted effects up to the date, each by product, location and
    account, in millionths of the home currency: what one posting splits over places is rounded only where it is
    shown. Raises `FrameError` for the source's own values where no account at all is known."""
    given = books.input.stock_values
    own = to_table("stock_values", empty(inputs.STOCK_VALUES) if given is None else given, inputs.STOCK_VALUES)
    (products, own_products, sent_products), product_names = encode_few(
        books.stock["product_id"], own["product_id"], books.effects["product_id"]
    )
    (locations, own_locations, sent_locations), location_names = encode_few(
        books.stock["location_id"], own["location_id"], books.effects["location_id"]
    )
    width, depth = np.int64(len(location_names) + 1), np.int64(len(books.accounts) + 1)
    here = np.flatnonzero(books.stock_day <= books.as_at)
    key = ((products + 1) * width + locations + 1)[here] * depth + books.stock_account[here]
    own_key = _own_keys(books, own, (own_products + 1) * width + own_locations + 1, distinct(key), depth)
    sent = _sent_effects(books)
    sent_key = ((sent_products + 1) * width + sent_locations + 1)[sent] * depth + books.effect_account[sent]
    every = distinct(np.concatenate((distinct(key), own_key, distinct(sent_key))))
    nil = _nil_rows(books, here)
    nil_cents = round_to_cents(books.stock_micros[here][nil])
    quantity = micros(flat(books.stock["quantity"]), "stock.quantity")
    own_value = _on(every, own_key, micros(flat(own["value"]), "stock_values.value"))
    own_quantity = micros(flat(own["quantity"]), "stock_values.quantity")
    largest, last_day = _largest_and_last(books, every, key, here)
    rest, account = np.divmod(every, depth)
    product, location = np.divmod(rest, width)
    return Places(
        product=product_names.take(pa.array(product - 1, mask=product == 0)),
        location=location_names.take(pa.array(location - 1, mask=location == 0)),
        account=account,
        movements=_on(every, key, books.stock_micros[here]),
        quantity=_on(every, key, quantity[here]),
        posted=_on(every, sent_key, books.effect_cents[sent]) + _on(every, key[nil], nil_cents),
        own=None if given is None else own_value,
        own_quantity=_on(every, own_key, own_quantity),
        has_own=np.isin(every, own_key),
        largest=largest,
        last_day=last_day,
    )


def by_product_location(books: CodedInput, places: Places) -> pd.DataFrame:
    """The frame `by_product_location` (`result.BY_PRODUCT_LOCATION`): a row a product and location, quantity and
    value of the source against what was posted. QuickBooks knows no locations: its side is that of our own posting
    lines."""
    source = round_to_cents(places.movements)
    own = source if places.own is None else round_to_cents(places.own)
    none = pa.array(~places.has_own)
    stock_row = pa.array(places.largest, mask=places.largest < 0)
    last = pa.array(places.last_day, mask=places.last_day < 0).cast(pa.int32()).cast(pa.date32())
    names = pa.array(books.accounts)
    table = pa.table(
        {
            "product_id": places.product,
            "location_id": places.location,
            "account_id": names.take(pa.array(places.account)),
            "quantity": exact(places.quantity),
            "source_value": money(source),
            "own_quantity": _masked(exact(places.own_quantity), none),
            "own_value": _masked(money(own), none),
            "posted_value": money(places.posted),
            "difference": money(places.posted - own),
            "largest_document": flat(books.stock["record_key"]).take(stock_row),
            "last_movement": last,
        }
    )
    table = table.sort_by([(name, "ascending") for name in ("product_id", "location_id", "account_id")])
    return make({name: table[name] for name in table.column_names}, BY_PRODUCT_LOCATION)


def _masked(array: Any, mask: Any) -> Any:
    return pc.if_else(mask, pa.scalar(None, array.type), array)


def _on(every: Whole, keys: Whole, values: Whole) -> Whole:
    found, sums = sum_by(keys, values)
    spread = np.zeros(len(every), dtype=np.int64)
    spread[np.searchsorted(every, found)] = sums
    return spread


def _place_of(every: Whole, keys: Whole) -> Whole:
    """The place of each key among `every`, which has them all, in ascending order."""
    low = int(every[0])
    if int(every[-1]) - low > 4 * len(keys):
        return np.searchsorted(every, keys)
    place = np.zeros(int(every[-1]) - low + 1, dtype=np.int64)
    place[every - low] = np.arange(len(every))
    return place[keys - low]


def _sent_effects(books: CodedInput) -> Whole:
    """The effects that stand in QBO up to the date."""
    rows = np.flatnonzero((books.effect_posting >= 0) & (books.effect_account >= 0))
    posting = books.effect_posting[rows]
    return rows[books.posting_current[posting] & (books.posting_day[posting] <= books.as_at)]


def _nil_rows(books: CodedInput, here: Whole) -> Whole:
    """Of the rows up to the date, those of records that are rightly not posted because nothing of them is left on
    any account: a transfer inside one account moves value between places, and no posting says so."""
    excluded = np.asarray(pc.equal(books.stock["disposition"], "excluded"))[here]
    rows = np.flatnonzero(excluded)
    key = books.stock_document[here][rows] * np.int64(len(books.accounts) + 1) + books.stock_account[here][rows]
    found, sums = sum_by(key, books.stock_micros[here][rows])
    left: Whole = sums[np.searchsorted(found, key)]
    return rows[np.flatnonzero(left == 0)]


def _own_keys(books: CodedInput, own: Any, place: Whole, keys: Whole, depth: np.int64) -> Whole:
    """The source's own values under the account they name, else that of their movements, else the first."""
    if own.num_rows and not books.accounts:
        raise FrameError(
            f"stock_values: the inventory system states the stock of {own.num_rows} places, and no inventory "
            "account is known to hold it against: neither ledger_balances, ledger nor stock names one. Read "
            "QuickBooks' ledger of the inventory accounts first, then reconcile again"
        )
    account = codes(own["account_id"], books.accounts)
    if len(keys):
        by_place = keys // depth
        found = np.minimum(np.searchsorted(by_place, place), len(keys) - 1)
        known = (account < 0) & (by_place[found] == place)
        account[known] = keys[found[known]] % depth
    account[account < 0] = 0
    return place * depth + account


def _largest_and_last(books: CodedInput, every: Whole, key: Whole, here: Whole) -> tuple[Whole, Whole]:
    """The stock row with the largest value of each place (the first record key among equals), and its last day."""
    largest, last_day = np.full(len(every), -1, dtype=np.int64), np.full(len(every), -1, dtype=np.int64)
    if len(here):
        at, size = _place_of(every, key), np.abs(books.stock_micros[here])
        largest_size = np.zeros(len(every), dtype=np.int64)
        np.maximum.at(largest_size, at, size)
        np.maximum.at(last_day, at, books.stock_day[here])
        equal = np.flatnonzero(size == largest_size[at])
        names = flat(books.stock["record_key"].take(pa.array(here[equal])))
        by_name = equal[np.asarray(pc.sort_indices(names, sort_keys=[("", "descending")]))]
        largest[at[by_name]] = here[by_name]
    return largest, last_day
