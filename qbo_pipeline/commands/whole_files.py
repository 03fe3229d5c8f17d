"""Files that commands write for people: whole, or not there.

What belongs here: the writing beside a file's place, and the moving there once it is complete. A command that is
stopped leaves the file of before, and nothing beside it.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from qbo_pipeline.errors import PermanentError


class FileNotWritten(PermanentError):
    """A file that somebody asked for cannot be written; the text says which, and why."""


class WholeFile:
    """What is written to goes into the file in the end; an error of the disk names the file."""

    def __init__(self, out: TextIO, file: Path) -> None:
        self._out, self._file = out, file

    def write(self, text: str) -> int:
        with _named(self._file):
            return self._out.write(text)

    def close(self) -> None:
        with _named(self._file):
            self._out.close()


@contextmanager
def whole_file(file: Path, *, encoding: str = "utf-8", newline: str | None = None) -> Iterator[WholeFile]:
    """A file to write text to, which is in its place once the block has ended well; else what was there stays.

    What is no file (a terminal, a pipe) is written to as it is. Raises `FileNotWritten` where it cannot be written.
    """
    with _named(file):
        beside = None if file.exists() and not file.is_file() else _beside(file)
        out = (file if beside is None else beside).open("w", encoding=encoding, newline=newline)
    writing = WholeFile(out, file)
    try:
        yield writing
        writing.close()
        if beside is not None:
            with _named(file):
                beside.replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            out.close()
        if beside is not None:
            beside.unlink(missing_ok=True)
        raise


def _beside(file: Path) -> Path:
    """An empty file beside it, which those may read who may read the file (as by default where it is new)."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    mask = os.umask(0)
    os.umask(mask)
    os.fchmod(handle, file.stat().st_mode & 0o777 if file.exists() else 0o666 & ~mask)
    os.close(handle)
    return Path(name)


@contextmanager
def _named(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileNotWritten(
            f"{file} cannot be written: {error.strerror}. What was committed stays; make room or name another file, "
            "and run the same command again."
        ) from None
