"""Files that somebody else puts there, read within bounds: settings, secrets, mappings, exports; and files of ours that
nobody else is to read.

What belongs here: opening a file so that nothing in its place can hang us, lead elsewhere or fill the memory. A pipe
waits for a writer, a device never ends, and a link may name a file that its owner would not show.
"""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

TEXT_BYTES = 16 * 1024 * 1024
"""The most of a file that a person writes by hand: settings, secrets, a SELECT."""

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
}


def open_bounded(path: Path, largest: int, *, inside: Path | None = None) -> BufferedReader:
    """A plain file of at most `largest` bytes, opened for reading without waiting for anybody.

    With `inside` a link is followed only to a file of that folder. Raises `OSError`, its text says why, for anything
    else: a pipe, a device, a folder, a link that leads out, a file that is larger.
    """
    name = os.path.realpath(path)
    if inside is not None and path.is_symlink() and not Path(name).is_relative_to(os.path.realpath(inside)):
        raise OSError(errno.EINVAL, "it is a link that leads out of its folder")
    descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            kind = _KINDS.get(stat.S_IFMT(found.st_mode), "something else")
            raise OSError(errno.EINVAL, f"it is {kind}, no file")
        if found.st_size > largest:
            raise OSError(errno.EFBIG, f"it has {found.st_size:,} bytes, more than the {largest:,} that are read")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_text(path: Path, largest: int = TEXT_BYTES) -> str:
    """The text of a small file in UTF-8; raises `OSError` as `open_bounded`, and `UnicodeDecodeError`."""
    with open_bounded(path, largest) as file:
        return file.read(largest).decode("utf-8")


def make_private(path: Path) -> None:
    """Make an empty file that its owner alone may read, with its folder; one that is there already becomes so.

    A file that is there is never opened: closing it would end the locks that this process has on it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
