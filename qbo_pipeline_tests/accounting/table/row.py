"""What a row of docs/what-is-posted.md says, and short makers for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qbo_pipeline.inventory.records import MovementLine, Record
from qbo_pipeline_tests.accounting.company import money, movement


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. `shown` are the records whose drafts the row shows, `known` those that must be stored beside them;
    `policies` and `books` are what differs from the defaults; `settings` name what steers the row; `tests` are
    `file::test` in the folder of the accounting tests, or a path from the tests' own folder."""

    number: str
    what: str
    shown: tuple[Record, ...] = ()
    known: tuple[Record, ...] = ()
    policies: Mapping[str, Any] = field(default_factory=dict)
    books: Mapping[str, Any] = field(default_factory=dict)
    settings: tuple[str, ...] = ()
    tests: tuple[str, ...]
    said: str = ""  # where no record alone shows it


def line(role: str, value: str, product: str | None = None) -> MovementLine:
    return MovementLine(line_id="", line_number=0, role=role, product_id=product, value=money(value))


def row_of(what: str, kind: str, *lines: MovementLine, header: Mapping[str, Any] | None = None, **changes: Any) -> Row:
    """A row of a movement of one kind, with its test in `test_movements.py`; `header` is what else its header says."""
    row = {"number": "", "tests": (f"test_movements.py::test_{kind}",), "settings": ("accounts.roles",)} | changes
    return Row(what=what, shown=(movement(kind, *lines, **(header or {})),), **row)
