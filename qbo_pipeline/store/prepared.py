"""Statements for many rows at once, compiled once for each kind of database.

What belongs here: INSERTs and UPDATEs that a run repeats for each batch. SQLAlchemy would bind and convert each row of
them anew by ways made for any statement; what is compiled here goes to the driver as it is, each value still through
the type of its column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Update

_Convert = Callable[[Any], Any]
_Compiled = tuple[str, list[tuple[str, _Convert | None]], bool]  # the text, what it binds, whether by position
_NOTHING: Any = object()


class Prepared:
    """An INSERT or UPDATE for many rows. Safe to use from several threads.

    `names` are the parameters that every row gives: the columns of an INSERT, the bound names of an UPDATE.
    """

    def __init__(self, statement: Insert | Update, names: Sequence[str]) -> None:
        self._statement = statement
        self._names = tuple(names)
        self._compiled: dict[str, _Compiled] = {}

    def run(self, transaction: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute it for these rows, in as few calls to the database as its driver can."""
        if not rows:
            return
        dialect = transaction.dialect
        text, wanted, positional = self._compiled.get(dialect.name) or self._compile(dialect)
        columns = [_converted([row[name] for row in rows], convert) for name, convert in wanted]
        bound: list[Any] = list(zip(*columns, strict=True))
        if not positional:
            names = [name for name, _ in wanted]
            bound = [dict(zip(names, values, strict=True)) for values in bound]
        transaction.exec_driver_sql(text, bound)

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled = self._statement.compile(dialect=dialect, column_keys=list(self._names))
        order = compiled.positiontup if compiled.positional else list(compiled.binds)
        types = {name: bound.type.dialect_impl(dialect) for name, bound in compiled.binds.items()}
        wanted: list[tuple[str, _Convert | None]] = [
            (name, types[name].bind_processor(dialect)) for name in order or ()
        ]
        done = (str(compiled), wanted, bool(compiled.positional))
        self._compiled[dialect.name] = done
        return done


def _converted(values: list[Any], convert: _Convert | None) -> list[Any]:
    """A column as the driver takes it; what one transaction writes into many rows, as its moment, is converted once."""
    if convert is None:
        return values
    last, done = _NOTHING, None
    made = []
    for value in values:
        if value is not last:
            last, done = value, convert(value)
        made.append(done)
    return made
