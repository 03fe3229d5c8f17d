"""A folder through which files attached to documents pass, both ways.

What belongs here: where a file lies, its hash, and writing one so that nobody ever sees half of it. The inventory
system lays its files into `to_quickbooks/<document id>/`; what people attached in QuickBooks lies in
`from_quickbooks/`, under the hash of its content. Ids are quoted as in a URL, so that none leads out of the folder.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote, unquote

OUT, IN = "to_quickbooks", "from_quickbooks"
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of the inventory system's, of one document; `path` counts from the folder."""

    document_id: str
    name: str
    path: str
    size: int
    sha256: str


class AttachmentFolder:
    """The folder; raises `OSError` where it cannot be read or written."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def files(self) -> Iterator[FoundFile]:
        """The inventory system's files, by document and name; those that begin with a point are not ready yet."""
        base = self.root / OUT
        for folder in sorted(base.iterdir()) if base.is_dir() else []:
            if not folder.is_dir() or folder.is_symlink():
                continue
            for path in sorted(folder.iterdir()):
                if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                    digest, size = _hashed(path)
                    relative = path.relative_to(self.root).as_posix()
                    yield FoundFile(unquote(folder.name), path.name, relative, size, digest)

    def holds(self, path: str, sha256: str) -> Path | None:
        """Where a file is; `None` where it is gone or another one by now."""
        place = self.root / path
        try:
            return place if _hashed(place)[0] == sha256 else None
        except OSError:
            return None

    def keep(self, name: str, write: Callable[[IO[bytes]], None]) -> tuple[str, str, int]:
        """Write a file of QuickBooks' by its content; answers its path within the folder, its SHA-256 and its size."""
        base = self.root / IN
        base.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=base, prefix=".", delete=False) as out:
            try:
                write(out)
                out.flush()
                os.fsync(out.fileno())
                digest, size = _hashed(Path(out.name))
                path = base / f"{digest[:32]}-{quote(name, safe=' .()_-')[-120:]}"
                os.replace(out.name, path)
            except BaseException:
                Path(out.name).unlink(missing_ok=True)
                raise
        return path.relative_to(self.root).as_posix(), digest, size


def folder_name(document_id: str) -> str:
    """What the folder of a document is called."""
    return quote(document_id, safe="")


def _hashed(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size
