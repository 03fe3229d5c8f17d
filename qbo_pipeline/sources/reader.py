"""The SELECTs that read a source: shape, pages by key, lines of a page, ids that exist.

What belongs here: SQL around the mapping's own SELECTs, and the raw rows that come back. What the rows mean is in
`assemble.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Connection, TextClause, bindparam, text

from qbo_pipeline.inventory.columns import MONEY_TYPES
from qbo_pipeline.sources import mapping as mappings
from qbo_pipeline.sources.connect import ReadOnlyDatabase
from qbo_pipeline.sources.contract import KINDS, Kind
from qbo_pipeline.sources.errors import Problem, SourceError, nearest

RawRow = dict[str, Any]
T = TypeVar("T")
Parameters = Mapping[str, str | tuple[str, ...]]

_IDS_IN_A_QUERY = 5_000
_ROWS_IN_A_BUFFER = 5_000
_FLOATS = {700: "real", 701: "double precision"}  # PostgreSQL's type numbers
_ZONED = {1184: "timestamp with time zone"}
_IS_A_DATE = {
    "sqlite": "CAST({column} AS VARCHAR) GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'",
    "postgresql": "CAST({column} AS VARCHAR) ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}'",
}
_FIRST_DAY = "0001-01-01"
_WHOLE = re.compile(r"(0|-?[1-9]\d{0,17})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns that a SELECT offers: by contract name the name that the database gives, and the unknown ones."""

    names: Mapping[str, str]
    unknown: tuple[str, ...]

    def has(self, column: str) -> bool:
        return column in self.names


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
            types = {str(column[0]): column[1] for column in result.cursor.description}
            self._shapes[kind] = _checked_shape(KINDS[kind], self.where(kind), types)
        return self._shapes[kind]

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
                column = _quoted(shape.names["business_date"])
                broken += [f"NOT ({self._is_a_date(column)})", f"CAST({column} AS VARCHAR) < '{_FIRST_DAY}'"]
            sql = f"{self._select(kind, shape, as_text=('business_date',))} WHERE {' OR '.join(broken)}"
            streaming = connection.execution_options(stream_results=True, max_row_buffer=_ROWS_IN_A_BUFFER)
            result = streaming.execute(self._clause(sql))
            while rows := [dict(row) for row in result.mappings().fetchmany(size)]:
                yield complete(connection, rows)

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

        An id that is a number in one table and text in another is the same.
        """
        shape = self.shape(connection, kind)
        texts = dict.fromkeys(str(id_) for id_ in ids if id_ is not None)
        wanted: list[str | int] = list(texts)
        if self.database.is_sqlite:  # compares by type; PostgreSQL reads a quoted number as its column's type
            wanted += [int(id_) for id_ in texts if _WHOLE.match(id_)]
        found: list[RawRow] = []
        for start in range(0, len(wanted), _IDS_IN_A_QUERY):
            sql = f"{self._select(kind, shape, only)} WHERE {_quoted(shape.names[column])} IN :page_ids"
            clause = self._clause(sql, {"page_ids": tuple(wanted[start : start + _IDS_IN_A_QUERY])})
            found += [dict(row) for row in connection.execute(clause).mappings()]
        return found

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
        columns = ", ".join(_quoted(shape.names[name]) for name in key)
        conditions = [f"{_quoted(shape.names[name])} IS NOT NULL" for name in key]
        values: dict[str, Any] = {}
        if days:
            column = _quoted(shape.names["business_date"])
            conditions += [f"{column} >= :first_day", f"{column} < :day_after", self._is_a_date(column)]
            values |= {"first_day": days[0].isoformat(), "day_after": (days[1] + timedelta(days=1)).isoformat()}
        if after is not None:
            conditions.append(f"({columns}) > ({', '.join(f':key_{n}' for n in range(len(key)))})")
            values |= {f"key_{n}": value for n, value in enumerate(after)}
        base = f"{self._select(kind, shape)} WHERE {' AND '.join(conditions)}"
        clause = self._clause(f"{base} ORDER BY {columns} LIMIT {size + 1}", values)
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
        same = " AND ".join(f"{_quoted(shape.names[name])} = :key_{n}" for n, name in enumerate(key))
        clause = self._clause(
            f"{self._select(kind, shape)} WHERE {same}", {f"key_{n}": value for n, value in enumerate(last)}
        )
        twins = [dict(row) for row in connection.execute(clause).mappings()]
        return [row for row in rows if tuple(row[name] for name in key) != last] + twins

    def _select(self, kind: str, shape: Shape, only: Sequence[str] = (), as_text: Sequence[str] = ()) -> str:
        parts = []
        for name, actual in shape.names.items():
            if not only or name in only:
                column = _quoted(actual)
                parts.append(f'{f"CAST({column} AS VARCHAR)" if name in as_text else column} AS "{name}"')
        return f"SELECT {', '.join(parts)} FROM ({self._sql(kind)}) AS source"

    def _sql(self, kind: str) -> str:
        return self.mapping.statements[kind].sql

    def _is_a_date(self, column: str) -> str:
        return _IS_A_DATE[self.database.url.get_backend_name()].format(column=column)

    def _clause(self, sql: str, values: Mapping[str, Any] | None = None) -> TextClause:
        return bound(sql, {**self.parameters, **(values or {})})


def bound(sql: str, values: Mapping[str, Any]) -> TextClause:
    """A SELECT with its parameters; a tuple stands for a list (`IN :names`)."""
    escaped = mappings.TOKEN.sub(lambda found: found[0].replace(":", r"\:"), sql)
    used = mappings.Statement("", sql).parameters
    binds: list[BindParameter[Any]] = [
        bindparam(name, values[name], expanding=isinstance(values[name], tuple)) for name in used
    ]
    return text(escaped).bindparams(*binds)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _checked_shape(kind: Kind, where: str, types: Mapping[str, Any]) -> Shape:
    by_fold = {name.casefold(): name for name in types}
    known = {column.name: column for column in kind.columns}
    names = {name: by_fold[name] for name in known if name in by_fold}
    for column in kind.columns:
        if column.required and column.name not in names:
            near = nearest(column.name, [name for name in types if name.casefold() not in known])
            remedy = f"Deliver it: {column.type}, {column.meaning}"
            raise SourceError(
                Problem(
                    f"{kind.name} lacks the column {column.name}",
                    where,
                    "the contract requires it",
                    remedy + (f"; is it the column {near!r}?" if near else ""),
                )
            )
    for name, actual in names.items():
        _check_type(kind, where, name, known[name].type, types[actual])
    return Shape(names, tuple(actual for fold, actual in by_fold.items() if fold not in known))


def _check_type(kind: Kind, where: str, name: str, wanted: str, found: Any) -> None:
    if wanted in MONEY_TYPES and found in _FLOATS:
        raise SourceError(
            Problem(
                f"{kind.name}.{name} is {_FLOATS[found]}",
                where,
                "binary floating point cannot hold every cent",
                f"Deliver NUMERIC: CAST({name} AS NUMERIC(18, 6)), or better the exact column behind it",
            )
        )
    if wanted == "date" and found in _ZONED:
        raise SourceError(
            Problem(
                f"{kind.name}.{name} is {_ZONED[found]}",
                where,
                "an instant is a different day in another time zone",
                f"Deliver the company's local date: CAST({name} AT TIME ZONE 'Europe/Madrid' AS DATE)",
            )
        )
