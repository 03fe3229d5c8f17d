"""Makes the company's empty database: its own tables, and the views that other programs read.

What belongs here: reading the SQL files and applying them. What the tables mean is said there.
"""

from __future__ import annotations

import re
import sqlite3
from importlib import resources

_MACRO = re.compile(r"\b(AMOUNT|QUANTITY)\(((?:[^()]|\([^()]*\))*)\)")
_DECIMALS = {"AMOUNT": 2, "QUANTITY": 3}
_VIEW = re.compile(r"^CREATE VIEW (\w+) AS$", re.MULTILINE)


def create(db: sqlite3.Connection, *, boatyard: bool = False) -> None:
    """Create tables, indexes and views in an empty database; with `boatyard` those of its papers too.

    Raises `sqlite3.OperationalError` where they are there already.
    """
    db.executescript(_read("schema.sql"))
    views = _read("views.sql")
    if not boatyard:
        db.executescript(expand(views))
        return
    db.executescript(_read("boatyard/tables.sql"))
    db.executescript(expand(_VIEW.sub(r"CREATE VIEW warehouse_of_\1 AS", views)))
    db.executescript(expand(_read("boatyard/views.sql")))
    for name in _VIEW.findall(views):
        db.execute(f"CREATE VIEW {name} AS {_joined(db, name)}")


def has_boatyard(db: sqlite3.Connection) -> bool:
    """Whether the company keeps the boatyard's papers too."""
    return bool(_columns(db, "yard_documents"))


def expand(text: str) -> str:
    """Write out `AMOUNT(x)` and `QUANTITY(x)`: the exact decimal text of a whole number of cents or thousandths, NULL
    where there is none."""
    return _MACRO.sub(lambda found: _decimal_text(found[2], _DECIMALS[found[1]]), text)


def _joined(db: sqlite3.Connection, name: str) -> str:
    """A SELECT of the warehouse's rows of a kind and of the boatyard's, where it has such; a column that one of the two
    lacks is NULL."""
    parts = {view: _columns(db, view) for view in (f"warehouse_of_{name}", f"yard_of_{name}")}
    every = list(dict.fromkeys(column for columns in parts.values() for column in columns))
    return " UNION ALL ".join(
        "SELECT " + ", ".join(one if one in columns else f"NULL AS {one}" for one in every) + f" FROM {view}"
        for view, columns in parts.items()
        if columns
    )


def _columns(db: sqlite3.Connection, name: str) -> list[str]:
    return [row[1] for row in db.execute(f"PRAGMA table_info({name})")]


def _decimal_text(value: str, decimals: int) -> str:
    unit = 10**decimals
    sign = f"CASE WHEN {value} < 0 THEN '-' ELSE '' END"
    text = f"printf('%s%d.%0{decimals}d', {sign}, abs({value}) / {unit}, abs({value}) % {unit})"
    return f"CASE WHEN {value} IS NOT NULL THEN {text} END"


def _read(name: str) -> str:
    return resources.files("qbo_pipeline.demo").joinpath(name).read_text(encoding="utf-8")
