"""Whatever bytes come in answer to a write: one of the four outcomes, bounded memory, and never another's answer."""

from __future__ import annotations

import gzip
import json
import socket
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.clock import SystemClock
from qbo_pipeline.quickbooks.errors import QuickBooksError
from qbo_pipeline.quickbooks.hosts import environment
from qbo_pipeline.quickbooks.outcomes import Done, NotSent, Outcome, Refusal, Unknown
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.quickbooks.transport import Transport
from qbo_pipeline.quickbooks.turns import Turns
from qbo_pipeline_tests.quickbooks.fakes import FixedToken, quickbooks
from qbo_pipeline_tests.quickbooks.loopback import Server, read_request, serving

MEGABYTE = 1 << 20
ODD = (NotSent, Refusal, Unknown)


def invoice(id: str) -> bytes:
    return json.dumps({"Invoice": {"Id": id, "SyncToken": "0"}}).encode()


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """An answer with its true length."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@contextmanager
def company(*says: Sequence[bytes]) -> Iterator[tuple[QuickBooks, Server]]:
    """A client, and a server on kept connections that gives one of these to each request; the pieces of one are sent
    apart from each other, what follows an empty one only with the next request."""
    left = list(says)

    def behave(line: socket.socket, server: Server) -> None:
        late: list[bytes] = []
        while request := read_request(line):
            server.requests.append(request)
            for piece in late:
                line.sendall(piece)
            pieces = list(left.pop(0) if left else [])
            late = pieces[pieces.index(b"") + 1 :] if b"" in pieces else []
            for piece in pieces[: pieces.index(b"")] if b"" in pieces else pieces:
                line.sendall(piece)

    with serving(behave) as server:
        there = environment("custom", base_url=server.url, discovery_url=f"{server.url}/discovery")
        client = QuickBooks("9130357", there, FixedToken(), transport=Transport(), clock=SystemClock())
        try:
            yield client, server
        finally:
            client.close()


def write(client: QuickBooks, request_id: str = "r-1") -> Outcome:
    return client.create("Invoice", {"Line": []}, request_id=request_id, deadline=5)


GZIPPED = "Content-Encoding: gzip"
BOMB = gzip.compress(b"[" + b" " * (512 * MEGABYTE) + b"]", 9)
ENCODED = {
    "gzip": (http(gzip.compress(invoice("7")), GZIPPED), Done),
    "a bomb": (http(BOMB, GZIPPED), Unknown),
    "a bomb in a bomb": (http(gzip.compress(BOMB, 9), "Content-Encoding: gzip, gzip"), Unknown),
    "broken off": (http(gzip.compress(invoice("7"))[:-9], GZIPPED), Unknown),
    "none at all": (http(invoice("7"), GZIPPED), Unknown),
    "with something behind it": (http(gzip.compress(invoice("7")) + b"x", GZIPPED), Unknown),
    "two of them": (http(gzip.compress(invoice("7")) * 2, GZIPPED), Unknown),
    "an encoding that was not asked for": (http(invoice("7"), "Content-Encoding: br"), Unknown),
    "an empty one": (http(b"", GZIPPED), Unknown),
}


@pytest.mark.parametrize(("said", "outcome"), ENCODED.values(), ids=ENCODED)
def test_an_encoded_answer_is_bounded_while_it_expands(said: bytes, outcome: type) -> None:
    with company([said]) as (client, _):
        tracemalloc.start()
        try:
            found = write(client)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert isinstance(found, outcome), found
    assert peak < 100 * MEGABYTE


OUT_OF_TURN = {
    "in one piece with the first": [http(invoice("1")) + http(invoice("2"))],
    "right after it": [http(invoice("1")), http(invoice("2"))],
    "half of it": [http(invoice("1")) + http(invoice("2"))[:40]],
    "bytes that are none": [http(invoice("1")) + b"\x00\x01"],
}


@pytest.mark.parametrize("said", OUT_OF_TURN.values(), ids=OUT_OF_TURN)
def test_a_second_answer_is_never_that_of_the_next_request(said: list[bytes]) -> None:
    with company(said, [http(invoice("3"))], [http(invoice("3"))]) as (client, server):
        first = write(client, "r-1")
        for _ in range(100):  # nothing was sent: it is free to try again
            second = write(client, "r-2")
            if not isinstance(second, NotSent):
                break
    assert isinstance(first, Done)
    assert first.id == "1"
    assert isinstance(second, Done), second
    assert second.id == "3"
    assert len(server.requests) == 2


def test_line_ends_after_an_answer_link_nothing() -> None:
    """Parsers skip them or not; whichever way, what comes after them is no answer to anything else."""
    with company([http(invoice("1")) + b"\r\n\r\n"], [http(invoice("2"))]) as (client, _):
        assert isinstance(write(client, "r-1"), Done)
        second = write(client, "r-2")
        assert isinstance(second, Unknown | NotSent) or (isinstance(second, Done) and second.id == "2")


def test_interim_answers_are_no_answers() -> None:
    with company([b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + http(invoice("1"))], [http(invoice("2"))]) as there:
        assert [write(there[0]), write(there[0])] == [
            Done({"Id": "1", "SyncToken": "0"}, "1", "0", None),
            Done({"Id": "2", "SyncToken": "0"}, "2", "0", None),
        ]


@given(st.lists(st.sampled_from(["ask", "answer", "continue", "half"]), max_size=12))
def test_turns_notice_what_nobody_asked_for(steps: list[str]) -> None:
    turns, open_answers, spoke = Turns(), 0, False
    for step in steps:
        if step == "ask":
            if open_answers:
                break
            turns.asked()
            open_answers = 1
        elif step == "continue":
            turns.heard(b"HTTP/1.1 100 Continue\r\n\r\n")
            spoke |= open_answers == 0
        else:
            turns.heard(http(invoice("1"))[: 20 if step == "half" else None])
            spoke |= open_answers == 0
            if step == "half":
                break
            open_answers = 0
        assert turns.out_of_turn == spoke
        if spoke:
            break


BODIES = {
    "nested": b'{"Invoice":' * 200_000,
    "a list in a list": b"[" * 500_000,
    "an Id with NUL": json.dumps({"Invoice": {"Id": "1\x00", "SyncToken": "0"}}).encode(),
    "an Id with a quote": json.dumps({"Invoice": {"Id": "1' OR '1'='1", "SyncToken": "0"}}).encode(),
    "an Id without end": json.dumps({"Invoice": {"Id": "1" * 100_000, "SyncToken": "0"}}).encode(),
    "a SyncToken with a line end": json.dumps({"Invoice": {"Id": "1", "SyncToken": "0\n"}}).encode(),
    "a number that fills the memory": b'{"Invoice":{"Id":"1","SyncToken":"0","TotalAmt":1e999999999}}',
    "a number without end": b'{"Invoice":{"Id":"1","SyncToken":"0","TotalAmt":' + b"9" * 5_000 + b"}}",
    "not a number": b'{"Invoice":{"Id":"1","SyncToken":"0","TotalAmt":NaN}}',
    "a lone surrogate": b'{"Invoice":{"Id":"\\ud800","SyncToken":"0"}}',
    "bytes": bytes(range(256)) * 100,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("status", [200, 400, 403, 404, 429, 500])
def test_a_body_that_no_company_gives_is_never_a_yes(body: bytes, status: int) -> None:
    with quickbooks(lambda _: httpx.Response(status, content=body)) as client:
        assert isinstance(client.create("Invoice", {"Line": []}, request_id="r-1"), ODD)
        with pytest.raises(QuickBooksError):
            list(client.query(select("Invoice")))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.decimals(allow_nan=False).map(str),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Invoice",
                    "Fault",
                    "Error",
                    "code",
                    "Message",
                    "Detail",
                    "Id",
                    "SyncToken",
                    "BatchItemResponse",
                    "bId",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
ANSWERS = st.binary(max_size=200) | JSON.map(lambda content: json.dumps(content).encode())


@given(status=st.integers(200, 599), body=ANSWERS, tid=st.text(st.characters(codec="ascii", exclude_categories=["Cc"])))
@settings(max_examples=300, deadline=None)
def test_any_answer_is_one_of_the_four_outcomes(status: int, body: bytes, tid: str) -> None:
    headers: dict[str, Any] = {"intuit_tid": tid}
    with quickbooks(lambda _: httpx.Response(status, content=body, headers=headers)) as client:
        outcome = client.create("Invoice", {"Line": []}, request_id="r-1")
        batch = client.send_batch((), b'{"BatchItemRequest":[{"bId":"1"},{"bId":"2"}]}')
    assert isinstance(outcome, NotSent | Refusal | Done | Unknown)
    assert set(batch.items) == {"1", "2"}
    if isinstance(outcome, Done):
        assert status in (200, 201)


@given(said=st.binary(max_size=300) | st.builds(lambda head, body: head + b"\r\n\r\n" + body, st.binary(), st.binary()))
@settings(max_examples=30, deadline=None)
def test_any_bytes_on_the_line_are_one_of_the_four_outcomes(said: bytes) -> None:
    def behave(line: socket.socket, server: Server) -> None:
        read_request(line)
        line.sendall(said)

    with serving(behave) as server:
        there = environment("custom", base_url=server.url, discovery_url=f"{server.url}/discovery")
        client = QuickBooks("9130357", there, FixedToken(), transport=Transport(), clock=SystemClock())
        outcome = write(client)
        client.close()
    assert isinstance(outcome, ODD)
