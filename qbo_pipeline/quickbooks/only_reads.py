"""A transport through which nothing can be written: for whoever may look at a company and never change it.

What belongs here: the one door of the client to the network, narrowed to reads. Whatever is asked of the client, a
request that could change something ends here, before a byte of it leaves.
"""

from __future__ import annotations

import math
from typing import IO
from urllib.parse import urlsplit

from qbo_pipeline.quickbooks.transport import Answer, Call, Transport

_COMPANY = "/v3/"  # below it is the company's API
_TOKENS = "/tokens/bearer"  # Intuit's token endpoint: a refreshed access token changes nothing in the books


class WriteRefused(RuntimeError):
    """Something was about to be written through a client that may only read: a defect, of which nothing was sent."""


class OnlyReads(Transport):
    """HTTP that only reads: GET, the query (which QBO takes as a POST), and the refreshing of our own token."""

    def send(
        self, call: Call, *, deadline: float, max_bytes: int, until: float = math.inf, into: IO[bytes] | None = None
    ) -> Answer:
        """As `Transport.send`; raises `WriteRefused` for everything but a read."""
        if not reads(call):
            raise WriteRefused(f"{call.method} {urlsplit(call.url).path} would write, and this client only reads")
        return super().send(call, deadline=deadline, max_bytes=max_bytes, until=until, into=into)


def reads(call: Call) -> bool:
    """Whether a request can change nothing in the books."""
    path = urlsplit(call.url).path
    if call.method == "GET":
        return True
    if call.method != "POST":
        return False
    return path.endswith("/query" if _COMPANY in path else _TOKENS)
