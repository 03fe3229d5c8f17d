"""The SELECTs that read a source: shape, pages by key, lines of a page, ids that exist.

What belongs here: SQL around the mapping's own SELECTs, and the raw rows that come back. What the rows mean is in
`assemble.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Connection, TextClause, bindparam, text

from qbo_pipeline.sources import mapping as mappings
from qbo_pipeline.sources.cells import is_utf8
from qbo_pipeline.sources.connect import ReadOnlyDatabase
from qbo_pipeline.sources.contract import KINDS
from qbo_pipeline.sources.days import FIRST_YEAR, LAST_YEAR
from qbo_pipeline.sources.shape import Shape, checked_shape
from qbo_pipeline.sources.tokens import pieces

RawRow = dict[str, Any]
T = TypeVar("T")
Parameters = Mapping[str, str | tuple[str, ...]]

_ROWS_IN_A_BUFFER = 5_000
_FIRST_DAY = "0001-01-01"
_FIRST, _AFTER_LAST = f"{FIRST_YEAR}-01-01", f"{LAST_YEAR + 1}-01-01"
_WHOLE = re.compile(r"(0|-?[1-9]\d{0,17})\Z", re.ASCII)


class Reader:
    """Reads raw rows of the contract's kinds through one mapping, its parameters already chosen."""

    def __init__(self, database: ReadOnlyDatabase, mapping: mappings.Mapping, parameters: Parameters) -> None:
        self.database = database
        self.mapping = mapping
        self.parameters = parameters
        self._shapes: dict[str, Shape] = {}

    def offers(self, kind: str) -> bool:
        return kind in self.mapping.statements

    def where(self, kind: str) -> str:
        """How errors name the place: the file or the view."""
        return self.mapping.statements[kind].file

    def shape(self, connection: Connection, kind: str) -> Shape:
        """The columns of a kind, checked against the contract; raises `SourceError`."""
        if kind not in self._shapes:
            clause = self._clause(f"SELECT * FROM ({self._sql(kind)}) AS source WHERE 1 = 0", {"as_at": _FIRST_DAY})
            result = connection.execute(clause)
            assert result.cursor is not None
            types: dict[str, Any] = {str(column[0]): column[1] for column in result.cursor.description}
            structured = self._structured(connection, types)
            self._shapes[kind] = checked_shape(KINDS[kind], self.where(kind), types, self.database.dialect, structured)
        return self._shapes[kind]

    def _structured(self, connection: Connection, types: Mapping[str, Any]) -> Mapping[Any, str]:
        """The types among these that hold no single value, with what people call them."""
        dialect = self.database.dialect
        if not dialect.structured_sql or not types:
            return dialect.structured
        rows = connection.execute(bound(dialect.structured_sql, {"types": tuple(set(types.values()))}))
        return {int(row.number): str(row.name) for row in rows}

    def exact(self, kind: str, column: str) -> str:
        """SQL for a column of a kind whose shape is known, by which it is compared character by character."""
        shape = self._shapes[kind]
        quoted = _quoted(shape.names[column])
        return self.database.dialect.exact.format(quoted) if column in shape.exact else quoted

    def as_text(self, column: str) -> str:
        """SQL that makes text of a column (or of any SQL)."""
        return self.database.dialect.as_text.format(column)

    def at_most(self, rows: int) -> str:
        """SQL behind an ORDER BY that takes so many rows."""
        return self.database.dialect.at_most.format(rows)

    def pages(
        self,
        kind: str,
        key: Sequence[str],
        size: int,
        days: tuple[date, date] | None,
        complete: Callable[[Connection, list[RawRow]], T],
    ) -> Iterator[T]:
        """Pages of headers in the order of their key, completed within the transaction that read them.

        `key` are contract columns that identify a row; `days` bounds `business_date`, both ends included. The
        transaction is over when a page comes out, however long its consumer takes.
        """
        after: tuple[Any, ...] | None = None
        while True:
            with self.database.reading(self.where(kind)) as connection:
                rows, more = self._page(connection, kind, key, size, days, after)
                page = complete(connection, rows) if rows else None
            if page is not None:
                after = tuple(rows[-1][name] for name in key)
                yield page
            if not more:
                return

    def keyless_pages(
        self, kind: str, key: Sequence[str], size: int, complete: Callable[[Connection, list[RawRow]], T]
    ) -> Iterator[T]:
        """Rows that no page by key can reach: a key that is NULL, a business date that is no date."""
        with self.database.reading(self.where(kind)) as connection:
            shape = self.shape(connection, kind)
            broken = [f"{_quoted(shape.names[name])} IS NULL" for name in key]
            if "business_date" in key:
                broken.append(self._no_date(_quoted(shape.names["business_date"])))
            sql = f"{self._select(kind, shape, as_text=('business_date',))} WHERE {' OR '.join(broken)}"
            if self.database.dialect.streams_beside:  # else the rows, which should be few, are all fetched first
                connection = connection.execution_options(stream_results=True, max_row_buffer=_ROWS_IN_A_BUFFER)
            result = connection.execute(self._clause(sql))
            while rows := [dict(row) for row in result.mappings().fetchmany(size)]:
                yield complete(connection, rows)

    def undated_rows(self, connection: Connection, kind: str, **values: str) -> list[RawRow]:
        """The rows of a kind whose business date is empty or no date, the date as the text that stands there."""
        shape = self.shape(connection, kind)
        column = _quoted(shape.names["business_date"])
        select = self._select(kind, shape, as_text=("business_date",))
        clause = self._clause(f"{select} WHERE {column} IS NULL OR {self._no_date(column)}", values)
        return [dict(row) for row in connection.execute(clause).mappings()]

    def rows(self, connection: Connection, kind: str, condition: str = "", **values: str) -> Iterator[RawRow]:
        """All rows of a kind, streamed; the condition speaks of contract names in braces: `{value} IS NULL`."""
        shape = self.shape(connection, kind)
        quoted = {name: _quoted(actual) for name, actual in shape.names.items()}
        where = f" WHERE {condition.format(**quoted)}" if condition else ""
        streaming = connection.execution_options(stream_results=True, max_row_buffer=_ROWS_IN_A_BUFFER)
        result = streaming.execute(self._clause(self._select(kind, shape) + where, values))
        for row in result.mappings():
            yield dict(row)

    def with_ids(
        self, connection: Connection, kind: str, column: str, ids: Iterable[Any], only: Sequence[str] = ()
    ) -> list[RawRow]:
        """The rows of a kind whose column holds one of these ids; `only` some of the columns.

        An id that is a number in one table and text in another is the same; one that is not UTF-8 text is nobody's.
        """
        shape = self.shape(connection, kind)
        texts = dict.fromkeys(str(id_) for id_ in ids if id_ is not None and is_utf8(id_))
        wanted: list[str | int] = list(texts)
        if self.database.dialect.compares_types:  # others read a quoted number as the type of its column
            wanted += [int(id_) for id_ in texts if _WHOLE.match(id_)]
        found: list[RawRow] = []
        size = self.database.dialect.ids
        for start in range(0, len(wanted), size):
            sql = f"{self._select(kind, shape, only)} WHERE {_quoted(shape.names[column])} IN :page_ids"
            clause = self._clause(sql, {"page_ids": tuple(wanted[start : start + size])})
            found += [dict(row) for row in connection.execute(clause).mappings()]
        return [row for row in found if str(row[column]) in texts] if column in shape.exact else found

    def run(self, connection: Connection, sql: str, **values: str) -> list[RawRow]:
        """Any SELECT with the mapping's parameters filled in; `{kind}` in braces stands for a kind's own SELECT."""
        sql = sql.format(**{kind: f"({self._sql(kind)})" for kind in self.mapping.statements})
        return [dict(row) for row in connection.execute(self._clause(sql, values)).mappings()]

    def _page(
        self,
        connection: Connection,
        kind: str,
        key: Sequence[str],
        size: int,
        days: tuple[date, date] | None,
        after: tuple[Any, ...] | None,
    ) -> tuple[list[RawRow], bool]:
        shape = self.shape(connection, kind)
        columns = ", ".join(self.exact(kind, name) for name in key)
        conditions = [f"{_quoted(shape.names[name])} IS NOT NULL" for name in key]
        values: dict[str, Any] = {}
        if days:
            column = _quoted(shape.names["business_date"])
            conditions += [f"{column} >= :first_day", f"{column} < :day_after", self._is_a_date(column)]
            day_after = min((days[1] + timedelta(days=1)).isoformat(), _AFTER_LAST)
            values |= {"first_day": max(days[0].isoformat(), _FIRST), "day_after": day_after}
        if after is not None:
            exact = [self.exact(kind, name) for name in key]
            conditions.append(self._behind(exact, self._bound_key(shape, key, after)))
            values |= {f"key_{n}": _bindable(value) for n, value in enumerate(after)}
        base = f"{self._select(kind, shape)} WHERE {' AND '.join(conditions)}"
        clause = self._clause(f"{base} ORDER BY {columns} {self.at_most(size + 1)}", values)
        rows = [dict(row) for row in connection.execute(clause).mappings()]
        if len(rows) <= size:
            return rows, False
        return self._whole_keys(connection, kind, key, rows[:size], rows[size]), True

    def _whole_keys(
        self, connection: Connection, kind: str, key: Sequence[str], rows: list[RawRow], following: RawRow
    ) -> list[RawRow]:
        """A page whose last key goes on in the next one takes all rows of that key: the next page begins after it."""
        last = tuple(rows[-1][name] for name in key)
        if tuple(following[name] for name in key) != last:
            return rows
        shape = self.shape(connection, kind)
        pairs = zip(key, self._bound_key(shape, key, last), strict=True)
        same = " AND ".join(f"{self.exact(kind, name)} = {value}" for name, value in pairs)
        clause = self._clause(
            f"{self._select(kind, shape)} WHERE {same}", {f"key_{n}": _bindable(value) for n, value in enumerate(last)}
        )
        twins = [dict(row) for row in connection.execute(clause).mappings()]
        return [row for row in rows if tuple(row[name] for name in key) != last] + twins

    def _select(self, kind: str, shape: Shape, only: Sequence[str] = (), as_text: Sequence[str] = ()) -> str:
        parts = []
        for name, actual in shape.names.items():
            if not only or name in only:
                column = _quoted(actual)
                parts.append(f'{self.as_text(column) if name in as_text else column} AS "{name}"')
        return f"SELECT {', '.join(parts)} FROM ({self._sql(kind)}) AS source"

    def _sql(self, kind: str) -> str:
        return self.mapping.statements[kind].sql

    def _bound_key(self, shape: Shape, key: Sequence[str], values: Sequence[Any]) -> list[str]:
        """The parameters `:key_0`, `:key_1` of a page, compared as their columns are."""
        exact = self.database.dialect.exact
        places = [f":key_{n}" if is_utf8(value) else f"CAST(:key_{n} AS TEXT)" for n, value in enumerate(values)]
        return [exact.format(place) if name in shape.exact else place for name, place in zip(key, places, strict=True)]

    def _behind(self, columns: Sequence[str], values: Sequence[str]) -> str:
        """SQL that is true for what comes after a key."""
        if self.database.dialect.compares_rows:
            return f"({', '.join(columns)}) > ({', '.join(values)})"
        pairs = list(zip(columns, values, strict=True))
        ways = [
            " AND ".join([*(f"{one} = {value}" for one, value in pairs[:depth]), f"{column} > {bound_value}"])
            for depth, (column, bound_value) in enumerate(pairs)
        ]
        return " OR ".join(f"({way})" for way in ways).join("()")

    def _no_date(self, column: str) -> str:
        text = self.as_text(column)
        return f"NOT ({self._is_a_date(column)}) OR {text} < '{_FIRST}' OR {text} >= '{_AFTER_LAST}'"

    def _is_a_date(self, column: str) -> str:
        return self.database.dialect.is_a_date.format(column)

    def _clause(self, sql: str, values: Mapping[str, Any] | None = None) -> TextClause:
        return bound(sql, {**self.parameters, **(values or {})})


def bound(sql: str, values: Mapping[str, Any]) -> TextClause:
    """A SELECT with its parameters; a tuple stands for a list (`IN :names`)."""
    escaped = "".join(part if is_code else part.replace(":", r"\:") for part, is_code in pieces(sql))
    used = mappings.Statement("", sql).parameters
    binds: list[BindParameter[Any]] = [
        bindparam(name, values[name], expanding=isinstance(values[name], tuple)) for name in used
    ]
    return text(escaped).bindparams(*binds)


def _bindable(value: Any) -> Any:
    return value if is_utf8(value) else value.encode("utf-8", "surrogateescape")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
