"""Column types that keep amounts exact, days plain and instants in UTC on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, DateTime, Dialect, Numeric, Text
from sqlalchemy.types import TypeDecorator, TypeEngine


class Exact(TypeDecorator[Decimal]):
    """A decimal with a fixed number of decimal places: `NUMERIC` on PostgreSQL, fixed-scale `TEXT` on SQLite.

    SQLite's own numeric types are binary floating point, so the text carries the digits; without its point it is
    the whole number of smallest units, which SQL can add up exactly. Raises `ValueError` where a value has more
    places than the column: rounding is the caller's decision.
    """

    impl = Text
    cache_ok = True

    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = places
        self._step = Decimal(1).scaleb(-places)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        numeric = dialect.name == "postgresql"
        return dialect.type_descriptor(Numeric(28, self.places, asdecimal=True) if numeric else Text())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if not isinstance(value, Decimal):
            raise TypeError(f"an exact column takes a Decimal, not {type(value).__name__}: {value!r}")
        fixed = value.quantize(self._step)
        if fixed != value:
            raise ValueError(f"{value} has more than {self.places} decimal places")
        return fixed if dialect.name == "postgresql" else format(fixed, "f")

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Money(Exact):
    """An amount in the books: two decimal places."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(2)


class Quantity(Exact):
    """A quantity, a unit price or an amount as a source keeps it: six decimal places."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(6)


class Day(TypeDecorator[date]):
    """A business date: `DATE` on PostgreSQL, ISO text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Date() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return value.isoformat()

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return date.fromisoformat(value) if isinstance(value, str) else value


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept in UTC: `TIMESTAMPTZ` on PostgreSQL, ISO text of fixed width on SQLite.

    Raises `ValueError` for a naive datetime.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=True) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs its time zone: {value!r}")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        instant = datetime.fromisoformat(value) if isinstance(value, str) else value
        return instant.astimezone(UTC)
