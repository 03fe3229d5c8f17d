"""Webhooks: what is told, how it is signed, when it is tried again, and where it may not go."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from qbo_pipeline_tests.emulator.http.serving import REALM, Served

VERIFIER = "a-verifier-token"


@dataclass
class Receiver:
    """A webhook receiver that answers with the statuses it was given, then 200."""

    url: str
    received: queue.Queue[tuple[dict[str, str], bytes]] = field(default_factory=queue.Queue)
    statuses: list[int] = field(default_factory=list)

    def take(self) -> tuple[dict[str, str], bytes]:
        return self.received.get(timeout=30)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.received.put(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(made.statuses.pop(0) if made.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        made = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield made
        server.shutdown()
        thread.join()


def subscribe(served: Served, url: str, **more: Any) -> Any:
    return served.client.post(
        f"{served.state.base_url}/emulator/webhooks", json={"url": url, "verifier_token": VERIFIER, **more}
    )


def attempts(served: Served) -> list[list[str]]:
    found = served.client.get(f"{served.state.base_url}/emulator/webhooks").json()
    return [delivery["attempts"] for delivery in found["deliveries"]]


def test_a_change_is_told_as_cloud_events_with_intuits_signature(served: Served, receiver: Receiver) -> None:
    assert subscribe(served, receiver.url).status_code == 200
    made = served.customer("Acme").json()["Customer"]
    headers, body = receiver.take()
    expected = base64.b64encode(hmac.new(VERIFIER.encode(), body, hashlib.sha256).digest()).decode()
    assert headers["intuit-signature"] == expected
    (event,) = json.loads(body)
    assert event["specversion"] == "1.0"
    assert event["type"] == "qbo.customer.created.v1"
    assert (event["intuitentityid"], event["intuitaccountid"]) == (made["Id"], REALM)


def test_the_legacy_format_by_switch(served: Served, receiver: Receiver) -> None:
    subscribe(served, receiver.url, format="legacy")
    made = served.customer("Acme").json()["Customer"]
    (told,) = json.loads(receiver.take()[1])["eventNotifications"]
    assert told["realmId"] == REALM
    (entity,) = told["dataChangeEvent"]["entities"]
    assert (entity["name"], entity["id"], entity["operation"]) == ("Customer", made["Id"], "Create")
    served.post("customer", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Notes": "x"})
    headers, body = receiver.take()
    assert headers["intuit-notification-schema-version"] == "0.1"
    assert b'"operation":"Update"' in body


def test_one_batch_is_one_notification(served: Served, receiver: Receiver) -> None:
    subscribe(served, receiver.url)
    items = [{"bId": str(n), "operation": "create", "Customer": {"DisplayName": f"C{n}"}} for n in range(5)]
    served.post("batch", {"BatchItemRequest": items})
    assert len(json.loads(receiver.take()[1])) == 5


def test_only_the_entities_asked_for_are_told(served: Served, receiver: Receiver) -> None:
    subscribe(served, receiver.url, entities=["Vendor"])
    served.customer("Acme")
    served.post("vendor", {"DisplayName": "Supply"})
    (event,) = json.loads(receiver.take()[1])
    assert event["type"] == "qbo.vendor.created.v1"
    assert receiver.received.empty()


def test_refused_notifications_come_again_unchanged_after_10_20_and_30_seconds(
    served: Served, receiver: Receiver
) -> None:
    receiver.statuses += [500, 302, 503]
    subscribe(served, receiver.url)
    served.customer("Acme")
    bodies = [receiver.take()[1]]
    for wait in (10, 20, 30):
        served.advance(wait - 1)
        assert receiver.received.empty()
        served.advance(1)
        bodies.append(receiver.take()[1])
    served.advance(100_000)
    assert receiver.received.empty()
    assert len(set(bodies)) == 1
    assert attempts(served) == [["500", "302", "503", "200"]]


def test_hours_of_retries_pass_in_one_step_of_virtual_time(served: Served) -> None:
    subscribe(served, "http://127.0.0.1:9/nobody-listens")
    served.customer("Acme")
    served.advance(86_400)
    (tried,) = attempts(served)
    assert len(tried) == 10  # at once, then after 10 s, 20 s, 30 s, 5 min, 20 min, 2 h, 4 h, 6 h and 6 h
    assert all("ConnectionRefusedError" in outcome for outcome in tried)


@pytest.mark.parametrize(
    ("subscription", "words"),
    [
        ({"url": "http://example.com/hook"}, "not this machine"),
        ({"url": "http://169.254.169.254/"}, "not this machine"),
        ({"url": "ftp://127.0.0.1/"}, "not an http address"),
        ({"url": "http://127.0.0.1:x/"}, "not an address"),
        ({"url": "http://127.0.0.1/", "verifier_token": "short"}, "verifier_token"),
        ({"url": "http://127.0.0.1/", "format": "xml"}, "format"),
    ],
)
def test_other_receivers_are_refused(served: Served, subscription: dict[str, str], words: str) -> None:
    url = subscription.pop("url")
    answer = subscribe(served, url, **subscription)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert served.emulator.webhooks.subscriptions == []


def test_the_verifier_token_is_never_shown(served: Served, receiver: Receiver) -> None:
    answer = subscribe(served, receiver.url)
    assert VERIFIER not in answer.text
    assert VERIFIER not in repr(served.emulator.webhooks.subscriptions)
