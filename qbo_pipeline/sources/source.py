"""What the pipeline sees of an inventory system: the `Source` protocol and the values that pass through it.

What belongs here: types without behaviour. A source never writes to the system that it reads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from qbo_pipeline.inventory.records import JsonObject, Record
from qbo_pipeline.sources.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A record that breaks a rule, whole (a header with all its lines) and as the source gave it.

    `record_id` is the source's id; a row without one is named after its content (`row:<hash>`). `business_date` is
    `None` where the source's date is none. `content` holds every column as text, and the lines by their kind.
    """

    record_type: str
    record_id: str
    kind: str
    business_date: date | None
    number: str | None
    rule: str
    column: str
    value: str | None
    message: str
    content: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A good record with something worth a look (a quantity against its kind, a negative cost)."""

    record_type: str
    record_id: str
    rule: str
    column: str
    value: str | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some records of one type and, for dated records, of one day.

    `rows_read == len(records) + len(set_aside)`: the headers that the source delivered. `day` is `None` for master
    data, and for rows that belong to no day: without a date of the form YYYY-MM-DD, or without an id.
    """

    record_type: str
    day: date | None
    records: list[Record]
    set_aside: list[SetAside]
    rows_read: int
    warnings: list[Warned]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockValue:
    """The source's own stock of one product at one location.

    `value` is in `currency`; `home_value` is in the home currency: the same, unless the source gave an exchange
    rate, by which each of its rows was converted and rounded to cents.
    """

    product_id: str
    location_id: str
    quantity: Decimal
    value: Decimal
    currency: str
    home_value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedDay:
    """A day of which something changed, last at `changed_at` (as the source writes instants)."""

    day: date
    changed_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedDays:
    """The days that changed, in date order, and the watermark to ask with next time."""

    days: tuple[ChangedDay, ...]
    watermark: str | None


class Source(Protocol):
    """An inventory system as the pipeline reads it.

    Every method raises `SourceError` where a person must act and `SourceUnavailable` where trying again may help.
    """

    def read_days(
        self, first: date, last: date, *, batch_size: int, record_types: Collection[str] = ...
    ) -> Iterator[Batch]:
        """All dated records of these days and types, in date order; rows without date or id come first, on any day."""
        ...

    def existing(self, record_type: str, ids: Sequence[str]) -> set[str]:
        """Which of these ids of a dated record type the source still has, on whatever day."""
        ...

    def read_master_data(self, *, batch_size: int) -> Iterator[Batch]:
        """All parties, products and locations."""
        ...

    def stock_values(self, as_at: date) -> list[StockValue]:
        """The source's own stock value at the end of a day, in order of product, location and currency."""
        ...

    def changed_days(self, since: str | None) -> ChangedDays:
        """The days that changed since a watermark, with some overlap; all days with `None`."""
        ...

    def check(self) -> list[Problem]:
        """What would stop the reading or is worth a look; empty when all is well."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...
