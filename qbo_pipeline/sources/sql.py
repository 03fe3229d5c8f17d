"""A source that is a SQL database: the `Source` protocol over a mapping's SELECTs.

What belongs here: which rows are read for which call, and in what order they come out. The SELECTs are in
`reader.py`, the rules in `assemble.py`, what `check` looks at in `inspection.py`.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from qbo_pipeline.inventory.checks import PARTY_OF, Known
from qbo_pipeline.inventory.columns import COLUMNS
from qbo_pipeline.sources.assemble import ASSEMBLIES, Assembled, assemble
from qbo_pipeline.sources.cells import BadCell, parse_cell
from qbo_pipeline.sources.connect import ReadOnlyDatabase
from qbo_pipeline.sources.contract import KINDS
from qbo_pipeline.sources.days import day_of
from qbo_pipeline.sources.errors import Problem, SourceError, SourceFailure
from qbo_pipeline.sources.inspection import inspect_source
from qbo_pipeline.sources.mapping import Mapping as SqlMapping
from qbo_pipeline.sources.mapping import load_mapping, mapping_of_names
from qbo_pipeline.sources.parameters import choose
from qbo_pipeline.sources.reader import RawRow, Reader
from qbo_pipeline.sources.source import Batch, ChangedDay, ChangedDays, StockValue
from qbo_pipeline.sources.transact_sql import refuse_beyond
from qbo_pipeline.sources.writing import able_to_write

MASTER_DATA = {"parties": ("party_id", "kind"), "products": ("product_id",), "locations": ("location_id",)}
DATED = {
    "documents": ("business_date", "document_id"),
    "movements": ("business_date", "movement_id"),
    "payments": ("business_date", "payment_id"),
}
DATED_TYPES = tuple(ASSEMBLIES[kind].record_type for kind in DATED)
OVERLAP = timedelta(minutes=15)
"""How far `changed_days` looks back behind its watermark: a transaction that took long commits an earlier instant."""

_CENT = Decimal("0.01")
_UNDATED_NAMED = 3  # rows without a date, in one message


@dataclass(frozen=True, slots=True)
class _RawPage:
    headers: list[RawRow]
    lines: Mapping[str, list[RawRow]]
    known: Known


class SqlSource:
    """An inventory system's database (one of `dialects.DIALECTS`), read through a mapping or through views of its own.

    `url` is an SQLAlchemy URL, `mapping` the name of a folder of `sql/source/` (or a path; `None` where the database
    offers tables or views with the contract's names), `parameters` what the mapping takes, `shown` how errors name
    the database (by default its URL without the password); with `files` its tables are CSV files. The constructor
    talks to no server; every method may raise `SourceError` and `SourceUnavailable`.
    """

    def __init__(
        self,
        url: str,
        mapping: str | None = None,
        parameters: Mapping[str, str | Sequence[str]] | None = None,
        *,
        shown: str | None = None,
        files: bool = False,
    ) -> None:
        self._database = ReadOnlyDatabase(url, shown)
        self._files = self._database.shown if files else None
        self._mapping_name = mapping
        self._mapping: SqlMapping | None = load_mapping(mapping) if mapping else None
        self._given = {
            name: value if isinstance(value, str) else tuple(value) for name, value in (parameters or {}).items()
        }
        self._reader: Reader | None = None

    def __repr__(self) -> str:
        return f"SqlSource({self._database.shown!r}, mapping={self._mapping_name!r})"

    def read_days(
        self, first: date, last: date, *, batch_size: int, record_types: Collection[str] = DATED_TYPES
    ) -> Iterator[Batch]:
        """All dated records of these types and days, both included: rows without date or id first, then day by day.

        Within a day documents come before movements before payments, each in the order of their ids. A batch has at
        most `batch_size` headers, and holds one record type and one day.
        """
        reader = self._ready()
        kinds = [kind for kind in DATED if reader.offers(kind) and ASSEMBLIES[kind].record_type in record_types]
        for kind in kinds:
            for page in reader.keyless_pages(kind, DATED[kind], batch_size, self._complete(reader, kind)):
                yield from _batches(kind, page, dated=False)
        streams = (self._dated(reader, kind, first, last, batch_size) for kind in kinds)
        yield from heapq.merge(*streams, key=lambda batch: batch.day or date.min)

    def read_master_data(self, *, batch_size: int) -> Iterator[Batch]:
        """All parties, products and locations, in the order of their ids."""
        reader = self._ready()
        for kind, key in MASTER_DATA.items():
            complete = self._complete(reader, kind)
            for page in reader.keyless_pages(kind, key, batch_size, complete):
                yield from _batches(kind, page, dated=False)
            for page in reader.pages(kind, key, batch_size, None, complete):
                yield from _batches(kind, page, dated=False)

    def existing(self, record_type: str, ids: Sequence[str]) -> set[str]:
        """Which of these ids of a dated record type the source still has, on whatever day."""
        reader = self._ready()
        kind, column = next(
            (kind, key[-1]) for kind, key in DATED.items() if ASSEMBLIES[kind].record_type == record_type
        )
        if not reader.offers(kind):
            return set()
        with reader.database.reading(reader.where(kind)) as connection:
            return {str(row[column]) for row in reader.with_ids(connection, kind, column, ids, only=(column,))}

    def stock_values(self, as_at: date) -> list[StockValue]:
        """The source's own stock at the end of a day, each product, location and currency once.

        Rows are added up exactly; what has an exchange rate is converted row by row, rounded half up to cents.
        Raises `SourceError` where a row is no quantity, value or currency, or its date is none: a stock value with a
        hole is none.
        """
        reader = self._ready()
        totals: dict[tuple[str, str, str], list[Decimal]] = {}
        where = reader.where("stock_values")
        with reader.database.reading(where) as connection:
            dated = reader.shape(connection, "stock_values").has("business_date")
            condition = "{business_date} < :day_after" if dated else ""
            values = {"as_at": as_at.isoformat(), "day_after": (as_at + timedelta(days=1)).isoformat()}
            if dated:
                _refuse_undated(reader.undated_rows(connection, "stock_values", **values), where)
            for raw in reader.rows(connection, "stock_values", condition, **values):
                row = _stock_row(raw, where)
                total = totals.setdefault((row["product_id"], row["location_id"], row["currency"]), [Decimal(0)] * 3)
                value = row["value"] * (row["direction"] or 1)
                rate = row["exchange_rate"]
                total[0] += row["quantity"]
                total[1] += value
                total[2] += value if rate is None else (value * rate).quantize(_CENT, ROUND_HALF_UP)
        return [
            StockValue(
                product_id=product,
                location_id=location,
                currency=currency,
                quantity=quantity,
                value=value,
                home_value=home_value,
            )
            for (product, location, currency), (quantity, value, home_value) in sorted(totals.items())
        ]

    def changed_days(self, since: str | None) -> ChangedDays:
        """The days that changed since a watermark (with an overlap of `OVERLAP`), and the next watermark.

        The watermark is the latest instant seen, as the source writes it. Raises `SourceError` where the source does
        not offer `changed_days`.
        """
        reader = self._ready()
        if not reader.offers("changed_days"):
            raise SourceError(
                Problem(
                    "the source does not say what changed",
                    "changed_days",
                    "it offers no rows of that kind",
                    "Add changed_days, or leave the sensor off and let the schedule find changes",
                )
            )
        latest: dict[date, str] = {}
        with reader.database.reading(reader.where("changed_days")) as connection:
            condition, values = "", {}
            if since is not None:
                condition, values = "{changed_at} >= :since", {"since": _before(since, OVERLAP)}
            for raw in reader.rows(connection, "changed_days", condition, **values):
                day, changed_at = day_of(raw["business_date"]), _instant(raw["changed_at"])
                if day is not None and changed_at is not None:
                    latest[day] = max(latest.get(day, ""), changed_at)
        days = tuple(ChangedDay(day=day, changed_at=latest[day]) for day in sorted(latest))
        return ChangedDays(days=days, watermark=max([since or "", *latest.values()]) or None)

    def check(self) -> list[Problem]:
        """Everything that would stop the reading or is worth a look, each with what to do about it."""
        try:
            found = inspect_source(self._ready(), {**DATED, **MASTER_DATA})
            with self._database.reading("the login's rights") as connection:
                return [*found, *able_to_write(connection, self._database.shown)]
        except SourceFailure as error:
            return error.problems

    def close(self) -> None:
        """Give back connections."""
        self._database.close()

    def _ready(self) -> Reader:
        """The reader, once the mapping and its parameters are known to fit the database."""
        if self._reader is None:
            if self._mapping is None:
                by_fold = {name.casefold(): name for name in self._database.names()}
                here = {kind: by_fold[kind] for kind in KINDS if kind in by_fold}
                self._mapping = mapping_of_names(here, files=self._files)
            if self._database.url.get_backend_name() == "mssql":
                read = [*self._mapping.statements.values(), *(one.statement for one in self._mapping.choices.values())]
                refuse_beyond({statement.file: statement.sql for statement in read})
            with self._database.reading("the mapping's parameters") as connection:
                parameters = choose(connection, self._mapping, self._given)
            self._reader = Reader(self._database, self._mapping, parameters)
        return self._reader

    def _dated(self, reader: Reader, kind: str, first: date, last: date, batch_size: int) -> Iterator[Batch]:
        for page in reader.pages(kind, DATED[kind], batch_size, (first, last), self._complete(reader, kind)):
            yield from _batches(kind, page, dated=True)

    def _complete(self, reader: Reader, kind: str) -> Any:
        """How a page of headers gets its lines and the ids that it refers to, within its transaction."""
        assembly = ASSEMBLIES[kind]

        def complete(connection: Connection, headers: list[RawRow]) -> _RawPage:
            ids = [header[assembly.id_column] for header in headers]
            lines = {
                child: reader.with_ids(connection, child, assembly.id_column, ids)
                for child in assembly.lines
                if reader.offers(child)
            }
            return _RawPage(headers, lines, _known(reader, connection, headers, lines))

        return complete


def _known(reader: Reader, connection: Connection, headers: list[RawRow], lines: Mapping[str, list[RawRow]]) -> Known:
    """Which of the ids that a page refers to exist."""
    rows = [row for found in lines.values() for row in found]

    def ids(kind: str, column: str, raw: Sequence[Any]) -> frozenset[str]:
        if not any(value is not None for value in raw) or not reader.offers(kind):
            return frozenset()
        found = reader.with_ids(connection, kind, column, raw, only=(column,))
        return frozenset(str(row[column]) for row in found)

    parties = [header.get("party_id") for header in headers]
    found = reader.with_ids(connection, "parties", "party_id", parties, only=("party_id", "kind"))
    return {
        **{
            side: frozenset(str(row["party_id"]) for row in found if row["kind"] == side)
            for side in sorted(set(PARTY_OF.values()))
        },
        "product": ids("products", "product_id", [row.get("product_id") for row in rows]),
        "location": ids("locations", "location_id", [row.get("location_id") for row in [*headers, *rows]]),
        "document": ids(
            "documents", "document_id", [row["document_id"] for row in lines.get("payment_allocations", ())]
        ),
        "movement_line": ids(
            "movement_lines", "line_id", [row["movement_line_id"] for row in lines.get("bill_matches", ())]
        ),
    }


def _batches(kind: str, page: _RawPage, *, dated: bool) -> Iterator[Batch]:
    """The page's outcomes, one batch for each day on it."""
    assembly = ASSEMBLIES[kind]
    outcomes = assemble(assembly, page.headers, page.lines, page.known)

    def day(outcome: Assembled) -> date:
        return (day_of(outcome.raw_date) if dated else None) or date.min

    for found, group in groupby(sorted(outcomes, key=day), key=day):
        own = list(group)
        yield Batch(
            record_type=assembly.record_type,
            day=None if found == date.min else found,
            records=[outcome.record for outcome in own if outcome.record is not None],
            set_aside=[outcome.set_aside for outcome in own if outcome.set_aside is not None],
            rows_read=len(own),
            warnings=[warning for outcome in own for warning in outcome.warnings],
        )


def _refuse_undated(found: Sequence[RawRow], where: str) -> None:
    """A row without a date would be left out of every day, or counted on all of them."""
    if not found:
        return
    rows = [
        f"product {row.get('product_id')!r} at location {row.get('location_id')!r} of {row['business_date']!r}"
        for row in found[:_UNDATED_NAMED]
    ]
    more = f" and {len(found) - len(rows):,} more" if len(found) > len(rows) else ""
    raise SourceError(
        Problem(
            "bad business_date in the stock value",
            where,
            f"{len(found):,} {'row has' if len(found) == 1 else 'rows have'} no date of the form YYYY-MM-DD: "
            f"{'; '.join(rows)}{more}",
            "Correct the rows in the source, or deliver the column as a date: a stock value with a hole is none",
        )
    )


def _stock_row(raw: RawRow, where: str) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in COLUMNS["stock_values"]:
        try:
            row[column.name] = parse_cell(column, raw.get(column.name))
            if column.required and row[column.name] is None:
                raise BadCell("required", "it is empty")
        except BadCell as bad:
            identity = f"product {raw.get('product_id')!r} at location {raw.get('location_id')!r}"
            remedy = "Correct the row in the source: a stock value with a hole is none"
            raise SourceError(
                Problem(f"bad {column.name} in the stock value", where, f"{identity}: {bad}", remedy)
            ) from None
    return row


def _instant(raw: Any) -> str | None:
    if raw is None:
        return None
    return raw.isoformat(sep=" ") if isinstance(raw, datetime) else str(raw)


def _before(instant: str, overlap: timedelta) -> str:
    """An instant moved back, in the form in which it came; text that is no instant stays as it is."""
    try:
        moved = datetime.fromisoformat(instant) - overlap
    except (ValueError, OverflowError):
        return instant
    return moved.isoformat(sep="T" if "T" in instant else " ")
