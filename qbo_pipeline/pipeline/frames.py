"""The frames of the source's stock that reconciliation is given, filled from the store.

Amounts are home currency: what the source keeps in another one is converted at the source's own rate of the day, or
the settings', and rounded to cents, as its posting was. What has no rate is left out of both sides and said so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, func, select

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.money import cents
from qbo_pipeline.inventory.records import Movement
from qbo_pipeline.pipeline.ahead import Ahead
from qbo_pipeline.pipeline.arrow import exact_or_none, streamed, table_of
from qbo_pipeline.pipeline.billed import billed_lines, by_bill
from qbo_pipeline.pipeline.carried import Carried
from qbo_pipeline.pipeline.movement_standing import MovementStanding, Standings, read_movements
from qbo_pipeline.pipeline.shared_costs import shares_in_stock
from qbo_pipeline.reconciliation.frames import DAY, EXACT, INSTANT, TEXT, WHOLE, flat
from qbo_pipeline.reconciliation.inputs import STOCK, STOCK_VALUES
from qbo_pipeline.sources.source import SetAside, StockValue
from qbo_pipeline.store.columns import read_columns
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.posting import posting_effects
from qbo_pipeline.store.tables.records import records, stock_lines

_NOTHING = Decimal(0)  # what a voided movement moves: it is still a record that was read
# What `Standings.told` reads of a record.
_TOLD = (
    "record_id", "kind", "number", "business_date", "disposition", "rule", "message", "first_seen", "changed_at",
)  # fmt: skip
# What is read of a stock line; in a currency of its own a value may be larger than any in home currency.
_LINES = {
    "record_id": TEXT, "line_id": TEXT, "kind": TEXT, "number": TEXT, "business_date": DAY, "product_id": TEXT,
    "location_id": TEXT, "quantity": EXACT, "value": pa.decimal128(28, 6), "currency": TEXT, "rate": TEXT,
    "first_seen": INSTANT,
}  # fmt: skip


@dataclass(slots=True)
class StoredFrames:
    """Fills frames for one connection; `without_rate` counts stock lines by currency that could not be converted."""

    connection: Connection
    name: str
    books: Books
    account_of: Mapping[tuple[str, str], str] | None = None  # None: there is one inventory account
    since: date = date.min  # records and postings of before belong to other books: their value is the opening balance
    carried: Carried | None = None  # where QBO keeps the stock by items: which documents move the goods there
    without_rate: dict[str, int] = field(default_factory=dict)
    _beside_stock: list[tuple[date, str, str]] = field(default_factory=list)  # day, kind, disposition

    def stock(self, ahead: Ahead | None = None) -> pa.Table:
        """One row a stock line of each live movement, and of those set aside as far as they can be read.

        With `ahead`, movements stand as the source has them now, extracted or not.
        """
        states = Standings.read(self.connection, self.name)
        replaced = ahead.replaced if ahead else set()
        movements = read_movements(self.connection, self.name)
        lines = self._lines(movements, replaced)
        shared = list(self._shared_costs(states, replaced))
        rows = list(shared)
        self._note_beside_stock({row["record_key"] for row in shared}, states, replaced)
        aside = self._set_aside()
        for row in aside:
            if row.record_id not in replaced:
                rows += self._stored_aside(row)
        if ahead:
            extracted = self._extracted() | {row.record_id for row in aside}
            for record in ahead.present.values():
                known = states if record.record_id in extracted else Standings.none()
                rows += self._present_rows(record, known, voided=record.record_id in ahead.voided)
            for item in ahead.set_aside.values():
                rows += self._present_aside(item)
        stock = pa.concat_tables(
            [self._in_parts(self._stock_of(lines, movements, states), lines), table_of(rows, STOCK)]
        )
        return self._without_value(stock).combine_chunks()

    def _lines(self, movements: pa.Table, replaced: Collection[str]) -> pa.Table:
        """The stock lines of movements, their value in home currency; those of `replaced` ones and those without a rate
        are left out."""
        mine = (stock_lines.c.connection == self.name, stock_lines.c.business_date >= self.since)
        query = select(*(stock_lines.c[name] for name in _LINES)).where(*mine)
        order = ("business_date", "record_id", "line_id")
        lines = read_columns(self.connection, query, _LINES, by=stock_lines.c.business_date, order=order)
        lines = lines.filter(pc.is_in(lines["record_id"], flat(movements["record_id"])))
        if replaced:
            lines = lines.filter(pc.invert(pc.is_in(lines["record_id"], pa.array(sorted(replaced), TEXT))))
        values = flat(lines["value"])
        foreign = np.flatnonzero(np.asarray(pc.not_equal(flat(lines["currency"]), self.books.home_currency)))
        if len(foreign):
            other = lines.select(("value", "currency", "business_date", "rate")).take(pa.array(foreign)).to_pylist()
            home = [
                self._home(row["value"], row["currency"], row["business_date"], row["rate"] and Decimal(row["rate"]))
                for row in other
            ]
            mask = np.zeros(len(values), dtype=bool)
            mask[foreign] = True
            values = pc.replace_with_mask(values, pa.array(mask), pa.array(home, values.type))
        values = values.cast(EXACT)
        lines = lines.set_column(lines.column_names.index("value"), "value", values)
        return lines.filter(pc.is_valid(values)) if values.null_count else lines

    def _stock_of(self, lines: pa.Table, movements: pa.Table, states: Standings) -> pa.Table:
        """One row of `STOCK` a stock line."""
        place = pc.index_in(flat(lines["record_id"]), flat(movements["record_id"]))
        told = states.told_of_all(movements, carried=self.carried is not None)
        known = {name: column.take(place) for name, column in told.items()}
        columns = {name: lines[name] for name in lines.column_names} | known
        columns["account_id"] = self._accounts(flat(lines["product_id"]), flat(lines["location_id"]))
        nothing = {column.name: pa.nulls(lines.num_rows, column.type) for column in STOCK}
        return pa.table({column.name: columns.get(column.name, nothing[column.name]) for column in STOCK})

    def _in_parts(self, stock: pa.Table, lines: pa.Table) -> pa.Table:
        """The rows of stock with those in parts of which several documents carry one, or of which a part waits."""
        billed = self.carried.shares if self.carried is not None else billed_lines(self.connection, self.name)
        awaiting = self.carried.awaiting if self.carried is not None else set()
        apart = {*billed, *awaiting}
        if not apart:
            return stock
        places = zip(lines["record_id"].to_pylist(), lines["line_id"].to_pylist(), strict=True)
        found = {number: place for number, place in enumerate(places) if place in apart}
        rows: list[dict[str, Any]] = []
        numbers: list[int] = []
        for number, row in zip(found, stock.take(pa.array(found, WHOLE)).to_pylist(), strict=True):
            parts = list(by_bill(row, billed.get(found[number], ())))
            if found[number] in awaiting:  # what no document carries stands last
                parts[-1]["awaits_document"] = True
            rows += parts
            numbers += [number] * len(parts)
        whole = np.ones(stock.num_rows, dtype=bool)
        whole[list(found)] = False
        order = np.argsort(np.concatenate((np.flatnonzero(whole), numbers)), kind="stable")
        return pa.concat_tables([stock.filter(pa.array(whole)), table_of(rows, STOCK)]).take(pa.array(order))

    def _extracted(self) -> set[str]:
        """The movements that have stock lines."""
        mine = (stock_lines.c.connection == self.name, stock_lines.c.business_date >= self.since)
        return set(self.connection.scalars(select(stock_lines.c.record_id).where(*mine).distinct()))

    def _without_value(self, stock: pa.Table) -> pa.Table:
        """What a service adds to an assembly or a write-off is a line of the movement, and no value of stock."""
        without = self._without_stock()
        if not without:
            return stock
        concerned = pc.fill_null(pc.is_in(stock["product_id"], pa.array(sorted(without), TEXT)), False)
        for name in ("quantity", "value"):
            nil = pc.if_else(concerned, pa.scalar(_NOTHING, EXACT), stock[name])
            stock = stock.set_column(stock.column_names.index(name), name, nil)
        return stock

    def _shared_costs(self, states: Standings, replaced: Collection[str]) -> Iterator[dict[str, Any]]:
        """What landed costs that come as one sum add to goods in stock, as we share them: their lines name none."""
        for share in shares_in_stock(self.connection, self.name, self.books, self.since):
            row = share.record
            if row.record_id not in replaced:
                yield states.told(row, carried=self.carried is not None) | {
                    "product_id": share.product_id,
                    "location_id": share.location_id,
                    "account_id": self._account(share.product_id, share.location_id),
                    "quantity": _NOTHING,
                    "value": share.amount,
                }

    def _note_beside_stock(self, shared: Collection[str], states: Standings, replaced: Collection[str]) -> None:
        """Note the movements without a line of stock, as a late cost of goods that are all sold: they have no row in
        the frame, and were read all the same."""
        lines = select(stock_lines.c.record_id).where(
            stock_lines.c.connection == records.c.connection, stock_lines.c.record_id == records.c.record_id
        )
        query = select(*(records.c[name] for name in _TOLD)).where(
            records.c.connection == self.name,
            records.c.record_type == "movement",
            records.c.disposition != "set_aside",
            records.c.business_date >= self.since,
            records.c.vanished_at.is_(None),
            ~lines.exists(),
        )
        for row in streamed(self.connection, query):
            if f"movement/{row.record_id}" not in shared and row.record_id not in replaced:
                self._beside_stock.append(
                    (row.business_date, row.kind, states.told(row, carried=self.carried is not None)["disposition"])
                )

    def beside_stock(self, as_at: date) -> dict[tuple[str, str], int]:
        """How many movements up to a date have no line of stock, by kind and disposition; `stock` has to come first."""
        return dict(Counter((kind, became) for day, kind, became in self._beside_stock if day <= as_at))

    def _without_stock(self) -> frozenset[str]:
        """The ids of services and of products without stock value; none that was one with stock when it was posted."""
        without = select(records.c.record_id).where(
            records.c.connection == self.name,
            records.c.record_type == "product",
            records.c.kind.in_(("non_stocked", "service")),
        )
        found = frozenset(self.connection.scalars(without))
        if not found:
            return found
        effects = posting_effects.c
        once = select(effects.product_id).where(
            effects.connection == self.name,
            effects.account_id.in_(sorted(self.books.accounts_of("inventory"))),
            effects.product_id.in_(without),
        )
        return found - set(self.connection.scalars(once.distinct()))

    def _present_rows(self, record: Movement, states: Standings, *, voided: bool) -> Iterator[dict[str, Any]]:
        """A movement as the source has it now: what became of its posting, or that it was never extracted."""
        key = f"movement/{record.record_id}"
        disposition, reason, posted_by = states.get(key, MovementStanding("not_extracted"))
        for line in record.lines:
            value = self._home(line.value, record.currency, record.business_date, record.exchange_rate)
            if line.role != "stock" or value is None:
                continue
            yield {
                "record_key": key,
                "kind": record.kind,
                "number": record.number,
                "business_date": record.business_date,
                "product_id": line.product_id,
                "location_id": line.location_id,
                "account_id": self._account(line.product_id, line.location_id),
                "quantity": _NOTHING if voided else line.quantity,
                "value": _NOTHING if voided else value,
                "disposition": disposition,
                "reason": reason,
                "posted_by": posted_by,
                "unread": True,
            }

    def _set_aside(self) -> list[Any]:
        query = select(records).where(
            records.c.connection == self.name,
            records.c.record_type == "movement",
            records.c.disposition == "set_aside",
            records.c.vanished_at.is_(None),
        )
        return list(self.connection.execute(query.order_by(records.c.record_id)))

    def _stored_aside(self, row: Any) -> Iterator[dict[str, Any]]:
        known = {"reason": row.message, "first_seen": row.first_seen, "changed_seen": row.changed_at}
        for line in self._lines_aside(orjson.loads(row.content)["row"], row.business_date):
            yield line | known | {"record_key": f"movement/{row.record_id}", "kind": row.kind, "number": row.number}

    def _present_aside(self, item: SetAside) -> Iterator[dict[str, Any]]:
        """A movement that the source has now in a form that cannot be read as a record."""
        known = {"reason": item.message, "record_key": f"movement/{item.record_id}", "number": item.number}
        if item.business_date is not None:
            for line in self._lines_aside(item.content, item.business_date):
                yield line | known | {"kind": item.kind or "movement", "unread": True}

    def _lines_aside(self, row: Mapping[str, Any], day: date) -> Iterator[dict[str, Any]]:
        """What can be understood of a row that was set aside."""
        for line in row.get("movement_lines", ()):
            value = exact_or_none(line.get("value"), line.get("direction"))
            if value is None or line.get("role", "stock") != "stock":
                continue
            yield {
                "business_date": day,
                "product_id": line.get("product_id"),
                "location_id": line.get("location_id"),
                "account_id": self._account(line.get("product_id"), line.get("location_id")),
                "quantity": exact_or_none(line.get("quantity"), None),
                "value": value,
                "disposition": "set_aside",
            }

    def stock_values(self, values: Sequence[StockValue], as_at: date) -> pa.Table | None:
        """The source's own stock value; `None` where a part of it has no rate to the home currency."""
        rows = []
        for item in values:
            value: Decimal | None = item.home_value
            if item.currency != self.books.home_currency and item.home_value == item.value:
                value = self._home(item.value, item.currency, as_at, None)
            if value is None:
                return None
            rows.append(
                {
                    "product_id": item.product_id,
                    "location_id": item.location_id,
                    "account_id": self._account(item.product_id, item.location_id),
                    "quantity": item.quantity,
                    "value": value,
                }
            )
        return table_of(rows, STOCK_VALUES)

    def records_read(self, as_at: date, ahead: Ahead | None = None) -> dict[str, int]:
        """How many movements were extracted up to a date, by kind; with `ahead`, those that the source still has."""
        movements = (
            records.c.connection == self.name,
            records.c.record_type == "movement",
            records.c.business_date >= self.since,
        )
        live = (*movements, records.c.vanished_at.is_(None), records.c.business_date <= as_at)
        query = select(records.c.kind, func.count().label("records")).where(*live).group_by(records.c.kind)
        found = Counter({row.kind: row.records for row in self.connection.execute(query)})
        for part in chunks(sorted(ahead.replaced) if ahead else []):
            these = select(records.c.kind).where(*live, records.c.record_id.in_(part))
            found.subtract(self.connection.scalars(these))
            stored = select(records.c.record_id).where(*movements, records.c.record_id.in_(part))
            for record_id in self.connection.scalars(stored):
                now = (ahead.present | ahead.set_aside).get(record_id) if ahead else None
                if now is not None and now.business_date is not None and now.business_date <= as_at:
                    found[now.kind or "movement"] += 1
        return dict(found)

    def _home(self, value: Decimal, currency: str, day: date, rate: Decimal | None) -> Decimal | None:
        if currency == self.books.home_currency:
            return value
        rate = rate if rate is not None else self.books.rate(currency, day)
        if rate is None:
            self.without_rate[currency] = self.without_rate.get(currency, 0) + 1
            return None
        return cents(value * rate)

    def _account(self, product_id: str | None, location_id: str | None) -> str | None:
        if self.account_of is None:
            return None
        return self.account_of.get((product_id or "", location_id or ""))

    def _accounts(self, products: Any, locations: Any) -> Any:
        """The accounts of many places: each pair of product and location is looked up once."""
        if self.account_of is None:
            return pa.nulls(len(products), TEXT)
        product, location = products.dictionary_encode(), locations.dictionary_encode()
        width = len(location.dictionary) + 1
        pairs = np.asarray(product.indices).astype(np.int64) * width + np.asarray(location.indices)
        known, place = np.unique(pairs, return_inverse=True)
        of_product, of_location = product.dictionary.to_pylist(), location.dictionary.to_pylist()
        found = [self._account(of_product[pair // width], of_location[pair % width]) for pair in known.tolist()]
        return pa.array(found, TEXT).take(pa.array(place))
