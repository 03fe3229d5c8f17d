"""A transport that closes without taking its last answer back.

What belongs here: closing. Where a client still sends, the system answers a plain close with a reset, and the client
never sees why it was refused. So the sending side is closed first, and what still comes is read and thrown away, for a
bounded time and a bounded number of bytes, from few clients at once: the others wait, which costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from qbo_pipeline.serving.bounds import Bounds
from qbo_pipeline.serving.drain import Drain


class LingeringTransport(asyncio.Transport):
    """`inner`, but for `close`; `whole` says whether the client has nothing left to send."""

    def __init__(self, inner: asyncio.Transport, bounds: Bounds, drain: Drain, whole: Callable[[], bool]) -> None:
        super().__init__()
        self._inner = inner
        self._bounds = bounds
        self._drain = drain
        self._whole = whole
        self._end: asyncio.TimerHandle | None = None
        self._thrown_away = 0

    @property
    def closed(self) -> bool:
        """Nothing more is answered on it."""
        return self._end is not None

    def close(self) -> None:
        """Close once what was written is taken; who does not take it is cut off."""
        if self.closed or self._inner.is_closing():
            self._inner.close()
            return
        untaken = self._inner.get_write_buffer_size() > 0
        seconds = self._bounds.unread_seconds if untaken else self._bounds.linger_seconds
        self._end = asyncio.get_running_loop().call_later(seconds, self._inner.abort)
        if self._whole():
            self._inner.close()
            return
        with suppress(RuntimeError, OSError):  # the client is gone already
            self._inner.write_eof()
            self._drain.begin(self._inner)

    def throw_away(self, size: int) -> None:
        """So many bytes came after the answer."""
        self._thrown_away += size
        if self._thrown_away > self._bounds.linger_bytes:
            self._inner.abort()

    def gone(self) -> None:
        """The connection is lost: nothing is left to end."""
        if self._end is not None:
            self._end.cancel()
        self._drain.end(self._inner)

    def is_closing(self) -> bool:
        return self.closed or self._inner.is_closing()

    def abort(self) -> None:
        self._inner.abort()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self.closed:
            self._inner.write(data)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._inner.get_extra_info(name, default)

    def pause_reading(self) -> None:
        self._inner.pause_reading()

    def resume_reading(self) -> None:
        if not self.closed:
            self._inner.resume_reading()

    def is_reading(self) -> bool:
        return self._inner.is_reading()

    def can_write_eof(self) -> bool:
        return self._inner.can_write_eof()

    def write_eof(self) -> None:
        self._inner.write_eof()

    def get_write_buffer_size(self) -> int:
        return self._inner.get_write_buffer_size()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._inner.set_write_buffer_limits(high, low)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._inner.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._inner.get_protocol()
