"""The transport against real sockets: total deadlines, cut lines, and what can have left the machine."""

from __future__ import annotations

import socket
import ssl
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.transport import Call, Transport, TransportFailure
from qbo_pipeline_tests.quickbooks.loopback import Server, read_request, reset, serving

BODY = b'{"Invoice":{"Id":"1","SyncToken":"0"}}'
HEAD = b"HTTP/1.1 200 OK\r\nintuit_tid: 1-abc\r\nContent-Type: application/json\r\n"
SHORT = 0.4


@pytest.fixture
def transport() -> Iterator[Transport]:
    transport = Transport()
    yield transport
    transport.close()


def _post(transport: Transport, url: str, *, deadline: float = 10.0, max_bytes: int = 1_000_000, body: bytes = b"{}"):  # type: ignore[no-untyped-def]
    call = Call("POST", url + "/v3/x", (("requestid", "r"),), {}, body, bearer=Secret("canary-token"))
    return transport.send(call, deadline=deadline, max_bytes=max_bytes)


def _failure(transport: Transport, url: str, **options: float) -> TransportFailure:
    with pytest.raises(TransportFailure) as caught:
        _post(transport, url, **options)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "canary-token" not in shown
    assert caught.value.__context__ is None
    return caught.value


def test_a_whole_answer_comes_back(transport: Transport) -> None:
    def behave(line: socket.socket, server: Server) -> None:
        server.requests.append(read_request(line))
        line.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)

    with serving(behave) as server:
        answer = _post(transport, server.url)
    assert (answer.status, answer.body, answer.intuit_tid) == (200, BODY, "1-abc")
    head = server.requests[0].decode()
    assert head.startswith("POST /v3/x?requestid=r HTTP/1.1\r\n")
    assert "Authorization: Bearer canary-token\r\n" in head


def _drip_body(line: socket.socket, server: Server) -> None:
    line.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
    _drip(line, server, b"x")


def _drip_head(line: socket.socket, server: Server) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    _drip(line, server, b"x")


def _drip_chunks(line: socket.socket, server: Server) -> None:
    line.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    _drip(line, server, b"1\r\nx\r\n")


def _drip(line: socket.socket, server: Server, piece: bytes) -> None:
    while not server.done.wait(SHORT / 8):
        line.sendall(piece)


def _silence(line: socket.socket, server: Server) -> None:
    server.done.wait(30)


@pytest.mark.parametrize("behaviour", [_drip_body, _drip_head, _drip_chunks, _silence])
def test_the_total_deadline_holds_however_the_answer_comes(
    transport: Transport, behaviour: Callable[[socket.socket, Server], None]
) -> None:
    def behave(line: socket.socket, server: Server) -> None:
        read_request(line)
        behaviour(line, server)

    with serving(behave) as server:
        failure = _failure(transport, server.url, deadline=SHORT)
    assert (failure.kind, failure.sent) == ("deadline", True)
    assert failure.intuit_tid in (None, "1-abc")


def test_the_total_deadline_holds_while_sending(transport: Transport) -> None:
    with serving(_silence) as server:
        failure = _failure(transport, server.url, deadline=SHORT, body=b"x" * 20_000_000)  # type: ignore[arg-type]
    assert (failure.kind, failure.sent) == ("deadline", True)


def _cut_at_once(line: socket.socket, server: Server) -> None:
    reset(line)


def _half_a_body(line: socket.socket, server: Server) -> None:
    line.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY[:10])


def _half_a_chunk(line: socket.socket, server: Server) -> None:
    line.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n50\r\n" + BODY[:10])


def _reset_in_the_body(line: socket.socket, server: Server) -> None:
    line.sendall(HEAD + b"Content-Length: 100\r\n\r\n" + BODY[:10])
    reset(line)


def _no_http(line: socket.socket, server: Server) -> None:
    line.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


def _bad_gzip(line: socket.socket, server: Server) -> None:
    line.sendall(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd")


def _nothing(line: socket.socket, server: Server) -> None:
    line.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "behaviour", [_cut_at_once, _half_a_body, _half_a_chunk, _reset_in_the_body, _no_http, _bad_gzip, _nothing]
)
def test_a_broken_answer_is_no_answer_and_may_have_been_carried_out(
    transport: Transport, behaviour: Callable[[socket.socket, Server], None]
) -> None:
    def behave(line: socket.socket, server: Server) -> None:
        read_request(line)
        behaviour(line, server)

    with serving(behave) as server:
        failure = _failure(transport, server.url)
    assert (failure.kind, failure.sent) == ("network", True)


def test_an_answer_over_the_cap_is_not_read_to_its_end(transport: Transport) -> None:
    def behave(line: socket.socket, server: Server) -> None:
        read_request(line)
        line.sendall(HEAD + b"Content-Length: 100000000\r\n\r\n")
        while True:
            line.sendall(b"x" * 65536)

    with serving(behave) as server:
        failure = _failure(transport, server.url, max_bytes=100_000)
    assert (failure.kind, failure.sent) == ("too_large", True)


def test_refused_and_unknown_hosts_are_not_sent(transport: Transport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "http://no-such-host.invalid"):
        failure = _failure(transport, url)
        assert (failure.kind, failure.sent) == ("network", False), url


def test_a_deadline_that_has_passed_is_not_sent(transport: Transport) -> None:
    with serving(_silence) as server:
        failure = _failure(transport, server.url, deadline=0.0)
    assert failure.sent is False
    assert server.requests == []


def test_a_certificate_that_nobody_vouches_for_is_not_sent(transport: Transport, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))

    def behave(line: socket.socket, server: Server) -> None:
        server.requests.append(read_request(line))

    with serving(behave, context) as server:
        failure = _failure(transport, server.url)
    assert (failure.kind, failure.sent) == ("network", False)
    assert "certificate" in failure.reason.lower()
    assert server.requests == []


def self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


def test_redirects_are_not_followed(transport: Transport) -> None:
    def behave(line: socket.socket, server: Server) -> None:
        server.requests.append(read_request(line))
        line.sendall(b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")

    with serving(behave) as server:
        assert _post(transport, server.url).status == 307
        assert len(server.requests) == 1


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    def behave(line: socket.socket, server: Server) -> None:
        read_request(line)
        line.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")

    transport = Transport()
    with serving(behave) as server:
        assert _post(transport, server.url).body == b"{}"
    transport.close()


def test_a_connection_is_used_again(transport: Transport) -> None:
    connections: list[socket.socket] = []

    def behave(line: socket.socket, server: Server) -> None:
        connections.append(line)
        while read_request(line):
            line.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")

    with serving(behave) as server:
        for _ in range(3):
            assert _post(transport, server.url).status == 200
        transport.close()
    assert len(connections) == 1
