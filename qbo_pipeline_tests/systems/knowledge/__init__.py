"""The demo's company as a system knows it: a copy of its database without the facts that the system cannot hold.

What belongs here: for each system its file of statements, fact by fact. What is left has to come through the system's
API to the cent.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

WITHOUT_HISTORY = ("syncro", "zuper")


def as_known(company: Path, copy: Path, system: str) -> Path:
    """A copy of the company with what this system can know of it; made anew where it is there."""
    shutil.copyfile(company, copy)
    names = ["without_history", system] if system in WITHOUT_HISTORY else [system]
    with closing(sqlite3.connect(copy)) as db, db:
        for name in names:
            db.executescript((Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8"))
    return copy
