"""The settings file as the page changes it: comments and order stay, and it is whole at every moment.

What belongs here: the text of the file and its writing. Which settings may be changed is in `fields.py`.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.container import Container
from tomlkit.items import Comment, Table, Trivia

Value = str | int | bool | date | list[str] | None


@dataclass(frozen=True, slots=True)
class Edit:
    """One setting: where it stands (section, then names), what it was and what it is to be; `None`: it is not there."""

    path: tuple[str, ...]
    before: Value
    after: Value

    @property
    def name(self) -> str:
        """As people say it: `[section] name`."""
        return f"[{'.'.join(self.path[:-1])}] {self.path[-1] or 'without a code'}"


def digest(text: str) -> str:
    """SHA-256 of a file's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_writable(file: Path) -> bool:
    """Whether the file may be replaced: it is written beside itself, then takes the place of the old one."""
    return os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)


def edited(text: str, changes: list[Edit]) -> str:
    """The text with these settings changed; every other line reads as it did."""
    document = tomlkit.parse(text)
    for change in changes:
        *sections, name = change.path
        table: Any = document
        for section in sections:
            if section not in table:
                table[section] = tomlkit.table()
            table = table[section]
        if change.after is None:
            if name in table:
                _leave_out(table, name)
        elif name in table:
            table[name] = change.after  # the remark behind it stays
        else:
            _add(table, name, change.after)
    return tomlkit.dumps(document)


def replace_file(file: Path, text: str) -> None:
    """Write the file anew: complete or not at all, with its rights as they were."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        there = file.stat()
        os.chmod(name, there.st_mode & 0o7777)
        with suppress(OSError):  # only the owner, or root, may
            os.chown(name, there.st_uid, there.st_gid)
        os.replace(name, file)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    with suppress(OSError):  # so that the name lasts too; not every file system can
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _leave_out(table: Table | Container, name: str) -> None:
    """A setting that is left out stays as a remark, so that its explanation stays."""
    inner = table.value if isinstance(table, Table) else table
    place = next(at for at, (key, _) in enumerate(inner.body) if key is not None and key.key == name)
    key, item = inner.body[place]
    assert key is not None
    line = f"# {key.as_string()}{key.sep}{item.as_string()}{item.trivia.comment_ws}{item.trivia.comment}"
    inner.remove(name)
    inner.body[place] = (None, Comment(Trivia(comment=line)))


def _add(table: Table | Container, name: str, value: Value) -> None:
    """A setting that was not there comes behind the last one that is: blank lines and remarks after it belong to the
    next section."""
    inner = table.value if isinstance(table, Table) else table
    behind = [key for key, item in inner.body if key is not None and not isinstance(item, Table)]
    if not behind:
        table.append(name, tomlkit.item(value))
        return
    inner._insert_after(behind[-1], name, tomlkit.item(value))
