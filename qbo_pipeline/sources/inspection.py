"""What `check` looks at before a source is read: columns, types, keys, lines without a header.

What belongs here: looks at the whole source that a reading by pages cannot take. Each finds a `Problem`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection

from qbo_pipeline.inventory.columns import MONEY_TYPES
from qbo_pipeline.inventory.schemas import KEYS
from qbo_pipeline.sources.contract import KINDS
from qbo_pipeline.sources.errors import Problem, SourceFailure, nearest
from qbo_pipeline.sources.reader import Reader


def inspect_source(reader: Reader, keys: Mapping[str, Sequence[str]]) -> list[Problem]:
    """All problems of a source: first those that stop the reading, then what is worth a look.

    `keys` names the kinds that are read by pages.
    """
    problems: list[Problem] = []
    for kind in KINDS:
        if not reader.offers(kind):
            continue
        try:
            with reader.database.reading(reader.where(kind)) as connection:
                reader.shape(connection, kind)
                problems += _unknown_columns(reader, connection, kind)
                problems += _floats_in_sqlite(reader, connection, kind)
                problems += _duplicates(reader, connection, kind)
                problems += _without_header(reader, connection, kind)
        except SourceFailure as error:
            problems += error.problems
    if not any(reader.offers(kind) for kind in keys):
        problems.append(Problem("nothing to read", "the mapping", "it offers no kind of record", "Correct the mapping"))
    # A header's columns are looked at for its lines as well: what is wrong with them is told once.
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.severity)


def _unknown_columns(reader: Reader, connection: Connection, kind: str) -> Iterator[Problem]:
    shape = reader.shape(connection, kind)
    free = [column.name for column in KINDS[kind].columns if not shape.has(column.name)]
    for name in shape.unknown:
        near = nearest(name, free)
        yield Problem(
            f"{kind} has the column {name}",
            reader.where(kind),
            "the contract does not know it, so it is not read",
            f"Rename it to {near!r} if that is what it is" if near else "Nothing, if it is not needed",
            severity="warning",
        )


def _floats_in_sqlite(reader: Reader, connection: Connection, kind: str) -> Iterator[Problem]:
    """SQLite types values, not columns; other databases are refused by the column's type."""
    if not reader.database.is_sqlite:
        return
    shape = reader.shape(connection, kind)
    for column in KINDS[kind].columns:
        if column.type in MONEY_TYPES and shape.has(column.name):
            quoted = shape.names[column.name].replace('"', '""')
            sql = f"SELECT COUNT(*) AS rows FROM {{{kind}}} AS source WHERE typeof(\"{quoted}\") = 'real'"
            count = reader.run(connection, sql, as_at="9999-12-31")[0]["rows"]
            if count:
                yield Problem(
                    f"{kind}.{column.name} is a binary float in {count} rows",
                    reader.where(kind),
                    "it cannot hold every cent, so those rows are set aside",
                    "Keep the amount as TEXT, or as INTEGER in the smallest unit, and deliver decimal text",
                )


def _duplicates(reader: Reader, connection: Connection, kind: str) -> Iterator[Problem]:
    if kind not in KEYS:
        return
    reader.shape(connection, kind)
    columns = ", ".join(f"{reader.exact(kind, name)} AS {name}" for name in KEYS[kind])
    groups = ", ".join(reader.exact(kind, name) for name in KEYS[kind])
    sql = f"SELECT {columns}, COUNT(*) AS copies FROM {{{kind}}} AS source GROUP BY {groups} HAVING COUNT(*) > 1"
    rows = reader.run(connection, f"SELECT COUNT(*) AS ids FROM ({sql}) AS twice")
    if count := rows[0]["ids"]:
        example = reader.run(connection, f"{sql} ORDER BY {groups} {reader.at_most(1)}")[0]
        value = "/".join(_text(part) for name, part in example.items() if name != "copies")
        yield Problem(
            f"{count} ids of {kind} appear more than once",
            reader.where(kind),
            f"{value!r} appears {example['copies']} times, and ids are unique",
            "Correct the SELECT (a join that multiplies rows?); those records are set aside",
        )


def _without_header(reader: Reader, connection: Connection, kind: str) -> Iterator[Problem]:
    header = KINDS[kind].header
    if header is None or not reader.offers(header):
        return
    key = KINDS[header].key
    for one in (kind, header):
        reader.shape(connection, one)
    child, parent = reader.exact(kind, key), reader.exact(header, key)
    sql = (
        f"SELECT COUNT(*) AS alone, MIN({reader.as_text(child)}) AS example FROM {{{kind}}} AS source "
        f"WHERE {child} IS NULL OR {child} NOT IN "
        f"(SELECT {parent} FROM {{{header}}} AS headers WHERE {parent} IS NOT NULL)"
    )
    found = reader.run(connection, sql)[0]
    if found["alone"]:
        yield Problem(
            f"{found['alone']} rows of {kind} have no header",
            reader.where(kind),
            f"{header} has no {key} {found['example']!r}, and a line without its header is never read",
            f"Deliver the header, or leave the lines out: both SELECTs have to take the same {header}",
        )


def _text(part: object) -> str:
    return part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part)
