"""Makes the company's empty database: its own tables, and the views that other programs read.

What belongs here: reading schema.sql and views.sql and applying them. What the tables mean is said there.
"""

from __future__ import annotations

import re
import sqlite3
from importlib import resources

_MACRO = re.compile(r"\b(AMOUNT|QUANTITY)\(((?:[^()]|\([^()]*\))*)\)")
_DECIMALS = {"AMOUNT": 2, "QUANTITY": 3}


def create(db: sqlite3.Connection) -> None:
    """Create tables, indexes and views in an empty database.

    Raises `sqlite3.OperationalError` where they are there already.
    """
    db.executescript(_read("schema.sql"))
    db.executescript(expand(_read("views.sql")))


def expand(text: str) -> str:
    """Write out `AMOUNT(x)` and `QUANTITY(x)`: the exact decimal text of a whole number of cents or thousandths."""
    return _MACRO.sub(lambda found: _decimal_text(found[2], _DECIMALS[found[1]]), text)


def _decimal_text(value: str, decimals: int) -> str:
    unit = 10**decimals
    sign = f"CASE WHEN {value} < 0 THEN '-' ELSE '' END"
    return f"printf('%s%d.%0{decimals}d', {sign}, abs({value}) / {unit}, abs({value}) % {unit})"


def _read(name: str) -> str:
    return resources.files("qbo_pipeline.demo").joinpath(name).read_text(encoding="utf-8")
