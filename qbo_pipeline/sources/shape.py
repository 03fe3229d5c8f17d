"""The columns that a SELECT offers, held against the contract: every mistake of one SELECT is told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qbo_pipeline.inventory.columns import MONEY_TYPES, ONE_OF
from qbo_pipeline.sources.contract import Kind
from qbo_pipeline.sources.dialects import Dialect
from qbo_pipeline.sources.errors import Problem, SourceError, nearest


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns that a SELECT offers: by contract name the name that the database gives, and the unknown ones.

    `exact` names those whose equality the database itself would see too loosely.
    """

    names: Mapping[str, str]
    unknown: tuple[str, ...]
    exact: frozenset[str] = frozenset()

    def has(self, column: str) -> bool:
        return column in self.names


def checked_shape(
    kind: Kind, where: str, types: Mapping[str, Any], dialect: Dialect, structured: Mapping[Any, str]
) -> Shape:
    """The shape of a SELECT with these columns and types; raises `SourceError` with all that is wrong.

    `structured` are the types that hold no single value.
    """
    by_fold = {name.casefold(): name for name in types}
    known = {column.name: column for column in kind.columns}
    names = {name: by_fold[name] for name in known if name in by_fold}
    unknown = tuple(actual for fold, actual in by_fold.items() if fold not in known)
    problems = list(_missing(kind, where, names, unknown))
    for name, actual in names.items():
        problems += _wrong_type(kind, where, name, known[name].type, types[actual], dialect)
        if types[actual] in structured:
            problems.append(_structured(kind, where, name, structured[types[actual]]))
    if problems:
        raise SourceError(*problems)
    exact = frozenset(name for name, actual in names.items() if types[actual] in dialect.texts)
    return Shape(names, unknown, exact)


def _missing(kind: Kind, where: str, names: Mapping[str, str], unknown: tuple[str, ...]) -> Iterator[Problem]:
    one_of = ONE_OF.get(kind.name, ())
    asked = {column.name for column in kind.columns if column.required}
    if one_of and not any(name in names for name in one_of):
        asked.add(one_of[0])
    missing = [column for column in kind.columns if column.name in asked - names.keys()]
    if not missing:
        return
    near = {column.name: nearest(column.name, unknown) for column in missing}
    remedies = [
        f"{column.name} ({column.type}, {column.meaning}"
        + (f"; is it the column {near[column.name]!r}?)" if near[column.name] else ")")
        for column in missing
    ]
    yield Problem(
        f"{kind.name} lacks the column{'s' * (len(missing) > 1)} {', '.join(near)}",
        where,
        "the contract requires " + ("them" if len(missing) > 1 else "it"),
        f"Deliver {'; '.join(remedies)}",
    )


def _structured(kind: Kind, where: str, name: str, type_: str) -> Problem:
    return Problem(
        f"{kind.name}.{name} is {type_}",
        where,
        "it holds more than one value, or none that is text, and QuickBooks would be sent it as program text",
        f"Take one value out in the SELECT, such as {name} ->> 'en_US' of JSON or {name}[1] of an array",
    )


def _wrong_type(kind: Kind, where: str, name: str, wanted: str, found: Any, dialect: Dialect) -> Iterator[Problem]:
    if wanted in MONEY_TYPES and found in dialect.floats:
        yield Problem(
            f"{kind.name}.{name} is {dialect.floats[found]}",
            where,
            "binary floating point cannot hold every cent",
            f"Deliver NUMERIC: CAST({name} AS DECIMAL(18, 6)), or better the exact column behind it",
        )
    if wanted == "date" and found in dialect.zoned:
        yield Problem(
            f"{kind.name}.{name} is {dialect.zoned[found]}",
            where,
            "an instant is a different day in another time zone",
            f"Deliver the company's local date: {dialect.local_date.format(name)}",
        )
