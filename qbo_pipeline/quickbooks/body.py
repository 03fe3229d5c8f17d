"""The body of an answer, bounded while it expands.

What belongs here: gzip and nothing else, for nothing else is asked for. A few hundred bytes of gzip may hold gigabytes,
and gzip inside gzip more than that.
"""

from __future__ import annotations

import zlib
from typing import IO

from qbo_pipeline.errors import Signal

_GZIP = 16 + zlib.MAX_WBITS
_EXPANDED = 1 << 20  # bytes at a time


class TooLarge(Signal):
    """The body, expanded, is larger than it may be."""


class Unreadable(Signal):
    """The body is not in the encoding that it states, is broken off, or is in one that nobody asked for."""


class Body:
    """Takes a body piece by piece; never holds more than `max_bytes` of it.

    `encoding` is the Content-Encoding header, empty where there is none. What is written `into` a file is not held.
    """

    def __init__(self, encoding: str, max_bytes: int, into: IO[bytes] | None = None) -> None:
        named = encoding.strip().lower()
        if named not in ("", "identity", "gzip"):
            raise Unreadable(f"the answer is encoded in a way that was not asked for ({named[:40]!r})")
        self._max_bytes = max_bytes
        self._expanding = zlib.decompressobj(_GZIP) if named == "gzip" else None
        self._into = into
        self._pieces: list[bytes] = []
        self._size = 0
        self._taken = False

    def take(self, piece: bytes) -> None:
        """Add the next bytes as they came; raises `TooLarge` or `Unreadable`."""
        self._taken = True
        if self._expanding is None:
            self._keep(piece)
            return
        if self._expanding.eof and piece:
            raise Unreadable("something follows the end of the answer's gzip")
        try:
            while True:  # a little at a time: a piece may hold a thousand times its size
                most = min(_EXPANDED, self._max_bytes - self._size + 1)
                self._keep(self._expanding.decompress(piece, most))
                if not (piece := self._expanding.unconsumed_tail):
                    break
        except zlib.error:
            raise Unreadable("the answer says that it is gzip and is not") from None
        if self._expanding.unused_data:
            raise Unreadable("something follows the end of the answer's gzip")

    def whole(self) -> bytes:
        """All of it; raises `Unreadable` where gzip is broken off."""
        if self._expanding is not None and self._taken and not self._expanding.eof:
            raise Unreadable("the answer's gzip is broken off")
        return b"".join(self._pieces)

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._max_bytes:
            raise TooLarge(f"the answer is larger than {self._max_bytes} bytes")
        if self._into is not None:
            self._into.write(piece)
        else:
            self._pieces.append(piece)
