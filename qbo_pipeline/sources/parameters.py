"""The parameters of a mapping: names in the settings become the values that its SELECTs take.

What belongs here: the choice of values, and the errors about names that do not exist.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from qbo_pipeline.sources import mapping as mappings
from qbo_pipeline.sources.errors import Problem, SourceError, did_you_mean
from qbo_pipeline.sources.reader import bound

Given = Mapping[str, str | tuple[str, ...]]
Chosen = dict[str, str | tuple[str, ...]]

_WHERE = "[source.parameters]"


def choose(connection: Connection, mapping: mappings.Mapping, given: Given) -> Chosen:
    """A value for every parameter of the mapping.

    A parameter with a file of its own takes names that the file selects; without names it takes all of them, or the
    only one. Any other is passed on as it is. Raises `SourceError` for a name that does not exist, a parameter that
    the mapping does not take, and one that it needs and does not get.
    """
    unknown = [name for name in given if name not in mapping.parameters]
    if unknown:
        remedy = f"Remove it; {did_you_mean(unknown[0], mapping.parameters, 'parameters')}"
        why = f"the mapping {mapping.name!r} does not take it" if mapping.name else "a source of views takes none"
        raise SourceError(Problem(f"unknown parameter {unknown[0]!r}", _WHERE, why, remedy))
    chosen: Chosen = {}
    for name in mapping.parameters:
        _choose_one(connection, mapping, given, name, chosen)
    return chosen


def _choose_one(connection: Connection, mapping: mappings.Mapping, given: Given, name: str, chosen: Chosen) -> None:
    if name in chosen:
        return
    choice = mapping.choices.get(name)
    if choice is None:
        if name not in given:
            remedy = f"Set [source.parameters] {name}"
            raise SourceError(Problem(f"parameter {name!r} has no value", _WHERE, "the mapping needs it", remedy))
        chosen[name] = given[name]
        return
    for needed in choice.statement.parameters:
        _choose_one(connection, mapping, given, needed, chosen)
    rows = connection.execute(bound(f"SELECT * FROM ({choice.statement.sql}) AS choice", chosen)).mappings().all()
    values = {str(row["name"]): str(row["value"]) for row in rows}
    wanted = given.get(name)
    names = (wanted,) if isinstance(wanted, str) else wanted
    if names is None:
        names = tuple(values)
        if not choice.many and len(names) != 1:
            raise SourceError(_undecided(name, values, choice.statement.file))
    for one in names:
        if one not in values:
            raise SourceError(
                Problem(
                    f"there is no {name} {one!r}",
                    _WHERE,
                    f"{choice.statement.file} does not select that name",
                    f"Correct [source.parameters] {name}; {did_you_mean(one, values, 'names')}",
                )
            )
    if not choice.many and len(names) != 1:
        raise SourceError(_undecided(name, values, choice.statement.file))
    chosen[name] = tuple(values[one] for one in names) if choice.many else values[names[0]]


def _undecided(name: str, values: Mapping[str, str], where: str) -> Problem:
    shown = ", ".join(repr(value) for value in sorted(values)) or "none"
    return Problem(
        f"parameter {name!r} needs one name",
        where,
        f"there are these: {shown}",
        f"Set [source.parameters] {name} to one",
    )
