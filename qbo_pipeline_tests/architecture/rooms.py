"""The layers contract that `lint-imports` checks: rooms from the top down, and the doors of each.

What belongs here: reading the contract's lines from pyproject.toml and finding the imports that have no door. A room
imports only rooms further down, and of these only those that its line names; rooms of one line are one floor and see
each other. `for_all` are the leaves that every room sees but the `strangers`. Every module belongs to a room.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

ROOT = "qbo_pipeline"
EVERYTHING, NOTHING = "everything", "nothing"


@dataclass(frozen=True, slots=True)
class Floor:
    """The rooms of one line and what they may import besides each other and the leaves."""

    rooms: tuple[str, ...]
    doors: frozenset[str]


def floors(lines: list[str]) -> list[Floor]:
    """The floors from `ROOM ROOM: DOOR DOOR` lines; raises `ValueError` for a door that does not lead down."""
    split = [line.partition(":") for line in lines]
    rooms = [tuple(names.split()) for names, _, _ in split]
    found = []
    for index, (names, _, doors) in enumerate(split):
        below = {room for floor in rooms[index + 1 :] for room in floor}
        wanted = set(doors.split())
        if wanted == {EVERYTHING}:
            wanted = below
        elif wanted == {NOTHING}:
            wanted = set()
        elif not wanted or not wanted <= below:
            raise ValueError(f"{names}: {', '.join(sorted(wanted - below)) or 'no door at all'} is not further down")
        found.append(Floor(rooms[index], frozenset(wanted)))
    return found


def allowed(lines: list[str], for_all: list[str], strangers: list[str]) -> dict[str, frozenset[str]]:
    """What each room may import."""
    return {
        room: floor.doors | set(floor.rooms) - {room} | (set() if room in strangers else set(for_all) - {room})
        for floor in floors(lines)
        for room in floor.rooms
    }


def room_of(module: str) -> str:
    """The room of a module of ours."""
    return module.split(".")[1] if "." in module else module


class RoomsContract(Contract):
    """Every import between two rooms goes through a door."""

    type_name = "rooms"

    rooms = fields.ListField(subfield=fields.StringField())
    for_all = fields.ListField(subfield=fields.StringField())
    strangers = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Each import without a door, and each module without a room."""
        doors = allowed(cast(Any, self.rooms), cast(Any, self.for_all), cast(Any, self.strangers))
        found = sorted(without_door(graph, doors))
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """What is wrong, a line each."""
        for text in check.metadata["found"]:
            output.print_error(text)


def without_door(graph: ImportGraph, doors: dict[str, frozenset[str]]) -> Iterator[str]:
    """What breaks the contract, in words: `reports may not import store: qbo_pipeline.reports.page -> ...`."""
    for module in graph.modules:
        if not module.startswith(f"{ROOT}."):
            continue
        room = room_of(module)
        if room not in doors:
            yield f"{module} belongs to no room of the contract"
            continue
        for imported in graph.find_modules_directly_imported_by(module):
            other = room_of(imported)
            if imported.split(".")[0] == ROOT and other != room and other not in doors[room]:
                yield f"{room} may not import {other}: {module} -> {imported}"
