"""Named snapshots of a company's file: the whole state at a moment, to go back to.

Of a company in memory they are in memory; of one in a file they lie in the folder `<file>.snapshots`, one file each,
and outlive the emulator.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path
from typing import Final

from qbo_pipeline.emulator.company.store import Store

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
_SUFFIX: Final = ".sqlite"


class Snapshots:
    """The snapshots of one company; none may be taken or returned to inside a batch."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = store.path.with_name(store.path.name + ".snapshots") if store.path else None
        self._in_memory: dict[str, bytes] = {}

    def names(self) -> list[str]:
        """The names of all snapshots, sorted."""
        if self._folder is None:
            return sorted(self._in_memory)
        return sorted(path.stem for path in self._folder.glob(f"*{_SUFFIX}"))

    def take(self, name: str) -> None:
        """Keep the present state under a name, in the place of what was kept under it before.

        Raises ValueError for a name that is not 1 to 60 letters, digits, hyphens and underscores.
        """
        if not _NAME.fullmatch(name):
            raise ValueError("a snapshot's name is 1 to 60 letters, digits, hyphens and underscores")
        if self._folder is None:
            self._in_memory[name] = self._store.image()
            return
        self._folder.mkdir(mode=0o700, exist_ok=True)
        unfinished = self._folder / f"{name}.unfinished"
        unfinished.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(unfinished)) as copy:
            self._store.copy_to(copy)
        unfinished.replace(self._path(name))

    def bring_back(self, name: str) -> None:
        """Put the state of a snapshot in the place of the present one. Raises ValueError where there is none."""
        if name not in self.names():
            raise ValueError(f"there is no snapshot {name!r}; there are {', '.join(self.names()) or 'none'}")
        source = ":memory:" if self._folder is None else self._path(name)
        with contextlib.closing(sqlite3.connect(source)) as kept:
            if self._folder is None:
                kept.deserialize(self._in_memory[name])
            self._store.replace_by(kept)

    def forget(self, name: str) -> None:
        """Drop a snapshot. Raises ValueError where there is none."""
        if name not in self.names():
            raise ValueError(f"there is no snapshot {name!r}; there are {', '.join(self.names()) or 'none'}")
        if self._folder is None:
            del self._in_memory[name]
        else:
            self._path(name).unlink()

    def _path(self, name: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{name}{_SUFFIX}"
