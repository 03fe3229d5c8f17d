"""One word for one thing: no two rooms have a public class of the same name."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).parent.parent.parent / "qbo_pipeline"
# They stand in for somebody else's system, and by contract share nothing with what reads it, words included.
OTHERS = {"demo", "emulator", "systems"}


def test_a_class_of_one_room_is_called_as_no_class_of_another() -> None:
    rooms: dict[str, set[str]] = {}
    for file in PACKAGE.rglob("*.py"):
        room = file.relative_to(PACKAGE).with_suffix("").parts[0]
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and room not in OTHERS:
                rooms.setdefault(node.name, set()).add(room)
    assert len(rooms) > 400
    assert {name: sorted(found) for name, found in rooms.items() if len(found) > 1} == {}
