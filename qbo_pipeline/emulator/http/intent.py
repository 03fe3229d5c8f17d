"""The hook that proves 'intent precedes effect': before each write, is its requestid committed?"""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from qbo_pipeline.emulator.company import faults
from qbo_pipeline.emulator.http.batch import BatchItem
from qbo_pipeline.emulator.http.loopback import check_loopback
from qbo_pipeline.emulator.http.meter import Meter
from qbo_pipeline.emulator.http.requests import WRITE, ApiRequest, Operation

TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Question:
    """A write that is about to be accepted; `batch_ids` are the bIds of a batch's writes."""

    realm: str
    request_id: str
    batch_ids: tuple[str, ...]
    operation: str
    entity: str


Hook = Callable[[Question], bool]


class Intent:
    """Refuses every write whose intent is not committed, and counts what it refused."""

    def __init__(self, hook: Hook | str, meter: Meter) -> None:
        """`hook` is a function, or the URL of one on loopback; raises ValueError for another address."""
        self.meter = meter
        if isinstance(hook, str):
            check_loopback(hook, "intent_url", frozenset())
            address = hook
            self._ask: Callable[[Question], Awaitable[bool]] = lambda question: asyncio.to_thread(
                _ask_url, address, question
            )
        else:
            function = hook

            async def ask(question: Question) -> bool:
                return function(question)

            self._ask = ask

    async def check(self, request: ApiRequest, operation: Operation, items: list[BatchItem]) -> None:
        """Raises fault 6000 where the hook does not say yes."""
        batch_ids = tuple(item.b_id for item in items if item.operation.kind == WRITE)
        question = Question(request.realm, request.request_id, batch_ids, operation.name, operation.entity)
        if not await self._ask(question):
            self.meter.intent_violations += 1
            raise faults.business(f"No committed intent is known for requestid {question.request_id[:50]!r}.")


def _ask_url(url: str, question: Question) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    try:
        path = parts.path or "/"
        target = f"{path}?{parts.query}" if parts.query else path
        connection.request("POST", target, json.dumps(asdict(question)), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status == 200 and json.loads(answer.read(65_536)) == {"committed": True}
    except (OSError, ValueError, http.client.HTTPException):
        return False  # who cannot be asked has not said yes
    finally:
        connection.close()
