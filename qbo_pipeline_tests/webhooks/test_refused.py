"""What the receiver refuses, over HTTP: forged, too large, broken off, not JSON; and that it says and keeps nothing."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbo_pipeline.webhooks.app import MOST_BYTES
from qbo_pipeline.webhooks.server import BOUNDS
from qbo_pipeline_tests.webhooks.receiving import (
    OTHER_TOKEN,
    TOKEN,
    Receiving,
    bytes_below,
    event,
    hints,
    made,
    receiving,
    signature,
)


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


@pytest.fixture
def shop(store: str) -> Iterator[Receiving]:
    with receiving(made(store)) as running:
        yield running


BODY = json.dumps([event()]).encode()
FORGED = {
    "no signature": None,
    "an empty one": "",
    "not base64": "%%%",
    "with another key": signature(BODY, OTHER_TOKEN),
    "of another body": signature(b"[]"),
    "over the same JSON, written anew": signature(json.dumps(json.loads(BODY), separators=(",", ":")).encode()),
}


@pytest.mark.parametrize("signed", FORGED.values(), ids=FORGED)
def test_what_is_forged_is_refused_without_a_word(shop: Receiving, store: str, signed: str | None) -> None:
    answer = shop.post(BODY, signed)
    assert (answer.status_code, answer.content) == (401, b"")
    assert hints(store) == []
    assert shop.counts() == {"not_signed": 1}


def test_an_altered_body_is_refused(shop: Receiving, store: str) -> None:
    for at in (0, len(BODY) // 2, len(BODY) - 1):
        altered = bytes([*BODY[:at], BODY[at] ^ 1, *BODY[at + 1 :]])
        assert shop.post(altered, signature(BODY)).status_code == 401
    assert shop.post(BODY + b" ", signature(BODY)).status_code == 401
    assert hints(store) == []


def test_two_signatures_are_none(shop: Receiving) -> None:
    headers = [("intuit-signature", signature(BODY)), ("intuit-signature", signature(BODY))]
    assert shop.client.post(shop.url, content=BODY, headers=headers).status_code == 401


def padded(length: int) -> bytes:
    """A signed-for delivery of exactly this length."""
    body = json.dumps([event()]).encode()
    return body + b" " * (length - len(body))


def in_chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
@pytest.mark.parametrize(("length", "status", "kept"), [(MOST_BYTES, 200, 1), (MOST_BYTES + 1, 413, 0)])
def test_a_body_has_at_most_one_megabyte(
    shop: Receiving, store: str, length: int, status: int, kept: int, chunked: bool
) -> None:
    body = padded(length)
    content = in_chunks(body) if chunked else body
    answer = shop.client.post(shop.url, content=content, headers={"intuit-signature": signature(body)})
    assert answer.status_code == status
    assert len(hints(store)) == kept


def answer_to(connection: socket.socket) -> bytes:
    """All that is answered, until the receiver closes the connection."""
    found = b""
    with suppress(ConnectionResetError):  # it closed with bytes of ours unread
        while part := connection.recv(65_536):
            found += part
    return found


POST = b"POST /webhooks/quickbooks HTTP/1.1\r\nHost: here\r\n"
HEAD = POST + b"intuit-signature: " + b"A" * 43 + b"=\r\n"


@pytest.mark.parametrize("given", [b"", b"intuit-signature: x\r\n", b"intuit-signature: " + b"A" * 44 + b"\r\n"])
def test_no_body_is_read_for_what_cannot_be_a_signature(shop: Receiving, given: bytes) -> None:
    with shop.connect() as connection:
        connection.sendall(POST + given + b"Content-Length: 1000\r\n\r\n")
        assert answer_to(connection).startswith(b"HTTP/1.1 401 ")


def test_a_length_that_is_too_large_is_refused_before_a_byte_of_it_is_read(shop: Receiving) -> None:
    with shop.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 9999999999\r\n\r\n")
        assert answer_to(connection).startswith(b"HTTP/1.1 413 ")


def test_a_body_without_end_is_not_read_on(shop: Receiving) -> None:
    sent = 0
    part = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    with shop.connect() as connection:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        with suppress(ConnectionResetError, BrokenPipeError):
            while sent < 64 * MOST_BYTES:
                connection.sendall(part)
                sent += 65_536
    assert sent < 64 * MOST_BYTES
    assert shop.answered.get(timeout=30) == 413


def test_a_body_that_does_not_come_is_not_waited_for_for_ever(store: str) -> None:
    with receiving(made(store), bounds=replace(BOUNDS, body_seconds=0.1)) as running, running.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 10\r\n\r\nhalf")
        assert answer_to(connection).startswith(b"HTTP/1.1 408 ")


def test_who_goes_away_in_the_middle_leaves_nothing(shop: Receiving, store: str) -> None:
    with shop.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 10\r\n\r\nhalf")
        connection.shutdown(socket.SHUT_RDWR)
    assert shop.answered.get(timeout=30) == 400  # to nobody
    assert shop.deliver([event()]) == 200
    assert len(hints(store)) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff", b"<html></html>"])
def test_what_is_signed_and_not_json_is_a_bad_request(shop: Receiving, body: bytes) -> None:
    assert shop.post(body, signature(body)).status_code == 400
    assert shop.counts() == {"not_json": 1}


def test_json_of_another_shape_is_acknowledged_and_counted(shop: Receiving, store: str) -> None:
    assert shop.deliver({"something": "else"}) == 200
    assert shop.deliver([event(), 17, event(type="payments.charge.created.v1")]) == 200
    assert shop.counts() == {"taken": 2, "unreadable": 3, "stored": 1}
    assert len(hints(store)) == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/webhooks/quickbooks", 405),
        ("PUT", "/webhooks/quickbooks", 405),
        ("POST", "/webhooks/quickbooks/", 404),
        ("POST", "/health", 405),
        ("POST", "/", 404),
        ("GET", "/docs", 404),
    ],
)
def test_there_is_one_way_in(shop: Receiving, method: str, path: str, status: int) -> None:
    answer = shop.client.request(method, httpx.URL(shop.url).join(path))
    assert answer.status_code == status
    assert "server" not in answer.headers


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
# Values at the places where something is read, whatever they are.
NEARLY = st.builds(
    lambda changes: [event(**changes)],
    st.dictionaries(st.sampled_from(["id", "type", "time", "intuitentityid", "intuitaccountid"]), JSON, max_size=3),
) | st.builds(
    lambda realm, entities: {"eventNotifications": [{"realmId": realm, "dataChangeEvent": {"entities": entities}}]},
    st.just("9130350000000001") | JSON,
    JSON | st.lists(st.dictionaries(st.sampled_from(["name", "id", "operation", "lastUpdated"]), JSON)),
)


@given(content=JSON | NEARLY)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # one receiver for all of them
def test_no_json_whatever_makes_it_fail(shop: Receiving, content: object) -> None:
    assert shop.deliver(content) in (200, 400)


def test_no_secret_and_no_body_is_ever_told(shop: Receiving, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "qbo_pipeline")
    caplog.set_level(logging.DEBUG, "uvicorn")
    body = json.dumps([event(data={"note": "canary-in-the-body"}), event("9130350000000666")]).encode()
    deliveries = [(body, signature(body)), (body, signature(body, OTHER_TOKEN)), (b"canary", signature(b"canary"))]
    answers = [shop.post(*delivery) for delivery in deliveries]
    assert [answer.status_code for answer in answers] == [200, 401, 400]
    places = {
        "log": caplog.text.encode(),
        "answers": b"".join(answer.content + repr(answer.headers).encode() for answer in answers),
        "health": repr(shop.counts()).encode(),
        "store": bytes_below(tmp_path),
        "repr": repr((shop.receiver.intake, vars(shop.receiver.intake))).encode(),
    }
    assert b"webhook" in places["log"]
    assert b"webhook_hints" in places["store"]
    secrets = [TOKEN, OTHER_TOKEN, "canary", *(signed for _, signed in deliveries)]
    found = {(name, secret) for name, text in places.items() for secret in secrets if secret.encode() in text}
    assert found == set()
