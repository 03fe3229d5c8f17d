"""A receiver on a real socket, and deliveries to it as Intuit makes them.

What belongs here: what every test of the receiver does before it asserts. `Receiving.answered` tells of each answer.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import queue
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.serving.bounds import Bounds
from qbo_pipeline.serving.server import listen
from qbo_pipeline.store.database import open_database
from qbo_pipeline.store.tables.records import connections
from qbo_pipeline.store.tables.webhooks import webhook_hints
from qbo_pipeline.webhooks.app import HEALTH_PATH, STORE_SECONDS, Receiver
from qbo_pipeline.webhooks.intake import HintIntake, Member
from qbo_pipeline.webhooks.server import BOUNDS, address, server

REALM, SECOND_REALM, FOREIGN_REALM = "9130350000000001", "9130350000000002", "9130350000000666"
TOKEN, OTHER_TOKEN = "canary-5d1e-verifier-token", "canary-90ab-verifier-of-another-app"


def event(realm: str = REALM, **values: Any) -> dict[str, Any]:
    """A CloudEvents event of one company."""
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=",
        "type": "qbo.journalentry.updated.v1",
        "datacontenttype": "application/json",
        "time": "2026-03-04T21:31:25.179Z",
        "intuitentityid": "1234",
        "intuitaccountid": realm,
        "data": {},
        **values,
    }


def signature(body: bytes, token: str = TOKEN) -> str:
    return base64.b64encode(hmac.new(token.encode(), body, hashlib.sha256).digest()).decode()


@dataclass
class Receiving:
    """A running receiver."""

    url: str
    receiver: Receiver
    client: httpx.Client
    answered: queue.Queue[int] = field(default_factory=queue.Queue)

    def post(self, body: bytes, signed: str | None) -> httpx.Response:
        """Deliver exactly these bytes; `signed` is the signature, or None for none."""
        headers = {} if signed is None else {"intuit-signature": signed}
        return self.client.post(self.url, content=body, headers=headers)

    def deliver(self, content: Any, token: str = TOKEN) -> int:
        """Deliver something as JSON, signed with a token; answers the status."""
        body = json.dumps(content).encode()
        return self.post(body, signature(body, token)).status_code

    def counts(self) -> dict[str, int]:
        answer = self.client.get(self.url.replace("/webhooks/quickbooks", HEALTH_PATH)).json()
        assert answer["status"] == "ok"
        counts: dict[str, int] = answer["counts"]
        return counts

    def connect(self) -> socket.socket:
        """A bare connection, for bytes that no client would send."""
        url = httpx.URL(self.url)
        return socket.create_connection((url.host, url.port or 0), timeout=30)


@contextmanager
def receiving(*members: Member, bounds: Bounds = BOUNDS, store_seconds: float = STORE_SECONDS) -> Iterator[Receiving]:
    """A receiver for these connections, for the length of a `with` block."""
    intake = HintIntake(members)
    receiver = Receiver(intake, store_seconds)
    with listen("127.0.0.1", 0) as listener, httpx.Client(timeout=30) as client:
        running = Receiving(address(listener), receiver, client)
        uvicorn_server = server(receiver, bounds=bounds)
        app = uvicorn_server.config.app

        async def telling(scope: Any, receive: Any, send: Any) -> None:
            async def told(message: Any) -> None:
                await send(message)
                if message["type"] == "http.response.start":
                    running.answered.put(message["status"])

            await app(scope, receive, told)  # type: ignore[operator]

        uvicorn_server.config.app = telling
        thread = threading.Thread(target=uvicorn_server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield running
        finally:
            uvicorn_server.should_exit = True
            thread.join(30)
            intake.close()
            assert not thread.is_alive(), "the receiver did not stop"


def tie(store_url: str, name: str, realm: str = REALM, environment: str = "sandbox") -> None:
    """Tie a connection to its company, as its first run does."""
    database = open_database(store_url)
    with database.transaction() as connection:
        row = {"connection": name, "environment": environment, "realm": realm, "source": name, "currency": "USD"}
        connection.execute(connections.insert(), {**row, "created_at": datetime(2026, 1, 1, tzinfo=UTC)})
    database.close()


def made(store_url: str, name: str = "shop", realm: str = REALM, token: str = TOKEN) -> Member:
    """A connection that is tied to its company and takes its webhooks."""
    tie(store_url, name, realm)
    return Member(name, ("sandbox", realm), store_url, Secret(token))


def hints(store_url: str) -> list[tuple[str, str]]:
    """The connection and the event id of all hints, in order."""
    database = open_database(store_url)
    with database.reading() as connection:
        rows = connection.execute(select(webhook_hints.c.connection, webhook_hints.c.event_id)).all()
    database.close()
    return sorted((name, event_id) for name, event_id in rows)


def bytes_below(folder: Path) -> bytes:
    """All that lies in a folder's files."""
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())
