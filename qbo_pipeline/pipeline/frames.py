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
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
from sqlalchemy import Connection, func, select

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.money import cents
from qbo_pipeline.accounting.summaries import is_summary
from qbo_pipeline.inventory.records import Movement
from qbo_pipeline.pipeline.ahead import Ahead
from qbo_pipeline.pipeline.arrow import exact_or_none, streamed, table_of
from qbo_pipeline.pipeline.billed import billed_lines, by_bill
from qbo_pipeline.pipeline.carried import Carried
from qbo_pipeline.pipeline.made_in_quickbooks import MADE_THERE
from qbo_pipeline.pipeline.shared_costs import shares_in_stock
from qbo_pipeline.posting.events import DELETE, POSTED, VOID
from qbo_pipeline.reconciliation.inputs import STOCK, STOCK_VALUES
from qbo_pipeline.sources.source import SetAside, StockValue
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.shares import OF_RECORD
from qbo_pipeline.store.tables.posting import posting_effects, posting_records, postings
from qbo_pipeline.store.tables.records import records, stock_lines

_BY_STATE = {
    "ready": "waiting", "sending": "waiting", "unknown": "waiting", "parked": "parked", "skipped": "skipped",
    "posted": "posted", "drifted": "posted", "deleted_in_qbo": "posted",
}  # fmt: skip
_BY_DISPOSITION = {"new": "waiting", "excluded": "excluded", "set_aside": "set_aside"}
_NOTHING = Decimal(0)  # what a voided movement moves: it is still a record that was read
# What `StoredFrames._told` reads of a record.
_TOLD = (
    "record_id", "kind", "number", "business_date", "disposition", "rule", "message", "first_seen", "changed_at",
)  # fmt: skip
_TAKEN_OUT = {(POSTED, VOID), (POSTED, DELETE)}
_RANK = {"parked": 3, "waiting": 2, "skipped": 1, "posted": 0}


class MovementStanding(NamedTuple):
    """What became of a movement, why, and the summary whose journal carries it, where it is one."""

    disposition: str
    reason: str | None = None
    posted_by: str | None = None


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
        states = self._record_states()
        joined = (stock_lines.c.connection == records.c.connection) & (stock_lines.c.record_id == records.c.record_id)
        query = (
            select(stock_lines, records.c.disposition, records.c.rule, records.c.message, records.c.changed_at)
            .join(records, joined & (records.c.record_type == "movement"))
            .where(stock_lines.c.connection == self.name, stock_lines.c.business_date >= self.since)
            .order_by(stock_lines.c.business_date, stock_lines.c.record_id, stock_lines.c.line_id)
        )
        billed = self.carried.shares if self.carried is not None else billed_lines(self.connection, self.name)
        awaiting = self.carried.awaiting if self.carried is not None else set()
        replaced = ahead.replaced if ahead else set()
        extracted = set()
        rows: list[dict[str, Any]] = []
        for row in streamed(self.connection, query):
            extracted.add(row.record_id)
            if row.record_id not in replaced and (found := self._stock_row(row, states)) is not None:
                place = (row.record_id, row.line_id)
                parts = list(by_bill(found, billed.get(place, ())))
                if place in awaiting:  # what no document carries stands last
                    parts[-1]["awaits_document"] = True
                rows += parts
        shared = list(self._shared_costs(states, replaced))
        rows += shared
        self._note_beside_stock({row["record_key"] for row in shared}, states, replaced)
        for row in self._set_aside():
            extracted.add(row.record_id)
            if row.record_id not in replaced:
                rows += self._stored_aside(row)
        for record in ahead.present.values() if ahead else ():
            known = states if record.record_id in extracted else {}
            rows += self._present_rows(record, known, voided=record.record_id in ahead.voided if ahead else False)
        for item in ahead.set_aside.values() if ahead else ():
            rows += self._present_aside(item)
        if without := self._without_stock():
            # What a service adds to an assembly or a write-off is a line of the movement, and no value of stock.
            nothing = {"quantity": _NOTHING, "value": _NOTHING}
            rows = [row | nothing if row["product_id"] in without else row for row in rows]
        return table_of(rows, STOCK)

    def _shared_costs(
        self, states: Mapping[str, MovementStanding], replaced: Collection[str]
    ) -> Iterator[dict[str, Any]]:
        """What landed costs that come as one sum add to goods in stock, as we share them: their lines name none."""
        for share in shares_in_stock(self.connection, self.name, self.books, self.since):
            row = share.record
            if row.record_id not in replaced:
                yield self._told(row, states) | {
                    "product_id": share.product_id,
                    "location_id": share.location_id,
                    "account_id": self._account(share.product_id, share.location_id),
                    "quantity": _NOTHING,
                    "value": share.amount,
                }

    def _note_beside_stock(
        self, shared: Collection[str], states: Mapping[str, MovementStanding], replaced: Collection[str]
    ) -> None:
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
                self._beside_stock.append((row.business_date, row.kind, self._told(row, states)["disposition"]))

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

    def _present_rows(
        self, record: Movement, states: Mapping[str, MovementStanding], *, voided: bool
    ) -> Iterator[dict[str, Any]]:
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

    def _stock_row(self, row: Any, states: Mapping[str, MovementStanding]) -> dict[str, Any] | None:
        value = self._home(row.value, row.currency, row.business_date, row.rate)
        if value is None:
            return None
        return self._told(row, states) | {
            "product_id": row.product_id,
            "location_id": row.location_id,
            "account_id": self._account(row.product_id, row.location_id),
            "quantity": row.quantity,
            "value": value,
        }

    def _told(self, row: Any, states: Mapping[str, MovementStanding]) -> dict[str, Any]:
        """What a row of stock says of its movement: which it is, and what became of it."""
        key = f"movement/{row.record_id}"
        disposition, reason, posted_by = states.get(key, MovementStanding("waiting"))
        if row.disposition == "refused":  # a person may have decided about the refusal since
            disposition, reason, _ = states.get(key, MovementStanding("parked", row.message))
            reason = row.message if disposition == "parked" else reason
        elif self.carried is not None and row.rule == MADE_THERE:  # its object in QBO moves the stock there
            disposition, reason = "posted", None
        elif row.disposition != "posting":
            disposition, reason = _BY_DISPOSITION[row.disposition], row.message
        return {
            "record_key": key,
            "kind": row.kind,
            "number": row.number,
            "business_date": row.business_date,
            "disposition": disposition,
            "reason": reason,
            "posted_by": posted_by,
            "first_seen": row.first_seen,
            "changed_seen": row.changed_at,
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

    def _record_states(self) -> dict[str, MovementStanding]:
        """For each movement, what became of its postings: the least finished of them counts."""
        query = (
            select(
                posting_records.c.record_key,
                postings.c.state,
                postings.c.operation,
                postings.c.reason,
                postings.c.record_key.label("of"),
            )
            .join(postings, OF_RECORD)
            .where(
                postings.c.connection == self.name,
                postings.c.superseded_by.is_(None),
                postings.c.state != "superseded",
                posting_records.c.record_key.like("movement/%"),
            )
        )
        found: dict[str, MovementStanding] = {}
        ranks: dict[str, int] = {}
        for row in streamed(self.connection, query):
            state = _BY_STATE[row.state]
            # What was taken out of QBO says nothing about a record that stands in another posting.
            rank = -1 if (row.state, row.operation) in _TAKEN_OUT else _RANK[state]
            if rank > ranks.get(row.record_key, -2):
                ranks[row.record_key] = rank
                found[row.record_key] = MovementStanding(state, row.reason, row.of if is_summary(row.of) else None)
        return found

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
