"""The demo company's database as the systems in a box read it, and ids in the form that such systems have.

What belongs here: reading rows, whole tables at once. Nothing is written.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

_NAMESPACE = uuid.UUID("6f0c5d4e-2f7b-5d0a-9a77-0c1e5a0b3a11")

Record = dict[str, Any]


def guid(kind: str, number: int) -> str:
    """The id of one thing of the company, always the same one."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{number}"))


class CompanyDatabase:
    """A read-only look at the company; `version` changes whenever somebody has written to it."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).resolve()
        self.path = Path(path).resolve()
        # Requests are answered by several threads, one at a time: the caller holds a lock.
        self._db = sqlite3.connect(f"file:{Path(path).resolve()}?mode=ro", uri=True, check_same_thread=False)
        self._db.row_factory = sqlite3.Row

    def close(self) -> None:
        self._db.close()

    @property
    def version(self) -> int:
        (found,) = self._db.execute("PRAGMA data_version").fetchone()
        return int(found)

    def rows(self, statement: str) -> list[Record]:
        """The rows of a SELECT."""
        return [dict(row) for row in self._db.execute(statement)]

    def table(self, name: str) -> list[Record]:
        """All of a table, by id."""
        return self.rows(f"SELECT * FROM {name} ORDER BY id")

    def by_id(self, name: str) -> dict[int, Record]:
        """All of a table, by id."""
        return {row["id"]: row for row in self.table(name)}


def grouped(rows: list[Record], by: str | Callable[[Record], Any]) -> dict[Any, list[Record]]:
    """Rows by a column, each group in its order; a group that is not there is empty."""
    found: dict[Any, list[Record]] = defaultdict(list)
    for row in rows:
        found[row[by] if isinstance(by, str) else by(row)].append(row)
    return found
