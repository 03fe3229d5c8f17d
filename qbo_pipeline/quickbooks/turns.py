"""Who may speak on a kept connection: one answer for each request, and nothing else.

What belongs here: counting the answers in what a server sends. Whatever follows a whole answer on the same connection
would be read as the answer to the next request, and another document be linked by it.
"""

from __future__ import annotations

import httptools


class Turns:
    """Listens to the bytes of one connection; `out_of_turn` once the server has said more than it was asked."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._whole = True  # nothing is asked yet
        self._interim = False
        self.out_of_turn = False

    def asked(self) -> None:
        """A request begins: one answer may come."""
        self._whole = False

    def heard(self, data: bytes) -> None:
        """The server sent these bytes; the end of the stream (no bytes) is not speaking."""
        if not data or self.out_of_turn:
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.out_of_turn = True  # what this answer is worth, the client's own parser says

    def on_message_begin(self) -> None:
        if self._whole:
            self.out_of_turn = True

    def on_headers_complete(self) -> None:
        self._interim = 100 <= self._parser.get_status_code() < 200

    def on_message_complete(self) -> None:
        self._whole = not self._interim
