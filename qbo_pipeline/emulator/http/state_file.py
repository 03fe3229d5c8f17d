"""The state file before it is opened: whose company is in it, and that only one emulator uses it at a time."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path


class StateFileInUse(RuntimeError):
    """Another emulator runs on the same state file."""


@contextlib.contextmanager
def locked(path: Path | None) -> Iterator[None]:
    """Hold the file `<path>.lock` locked; the system lets go of it when the process ends, however it ends.

    Raises StateFileInUse where another emulator holds it.
    """
    if path is None or sys.platform == "win32":
        yield
        return
    import fcntl

    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # a company's books are their owner's to read
    with path.with_name(path.name + ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateFileInUse(f"{path} is in use by another emulator; stop it, or name another --state.") from None
        yield


def saved(path: Path | None, name: str) -> str | None:
    """A value that the gateway saved in an existing state file (realm, seed), or None where there is none yet.

    Raises ValueError for a file that is no emulator's state.
    """
    if path is None or not path.exists() or path.stat().st_size == 0:
        return None
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'gateway_state'").fetchone()
            if not tables[0]:
                return None
            row = connection.execute("SELECT value FROM gateway_state WHERE name = ?", (name,)).fetchone()
    except sqlite3.DatabaseError as error:
        raise ValueError(f"{path} is not the state of an emulator: {error}.") from None
    return None if row is None else str(row[0])
