"""The vault: what is at rest, who can open it, and one refresh at a time across processes."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, select, text, update

from qbo_pipeline.quickbooks.errors import ReconnectNeeded
from qbo_pipeline.quickbooks.keeper import TokenKeeper
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.tokens import Tokens
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline.store.tables.quickbooks import token_versions
from qbo_pipeline.store.tables.quickbooks import tokens as table
from qbo_pipeline.store.tokens import KeyRing, StoredTokenStore, VaultError
from qbo_pipeline_tests.quickbooks.fakes import REALM, VirtualClock, answer
from qbo_pipeline_tests.quickbooks.test_auth import GRANT, MINTED, Intuit

KEYS = KeyRing({"1": b"k" * 32}, "1")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _tokens(access: str = "canary-access", *, realm: str = REALM, lives: float = 3600) -> Tokens:
    return Tokens(
        realm=realm,
        access_token=Secret(access),
        access_expires_at=NOW + timedelta(seconds=lives),
        refresh_token=Secret("canary-refresh"),
        refresh_expires_at=NOW + timedelta(days=100),
        minted_at=NOW,
        hard_expires_at=NOW + timedelta(days=1825),
        previous_refresh_token=Secret("canary-previous"),
        previous_until=NOW + timedelta(hours=24),
    )


def _store(database: Database, connection: str = "acme", realm: str = REALM, keys: KeyRing = KEYS) -> StoredTokenStore:
    return StoredTokenStore(database, connection, realm, keys)


def test_tokens_come_back_as_they_were_put_in(database: Database) -> None:
    store = _store(database)
    assert store.load() is None
    store.save(_tokens())
    stored = store.load()
    assert stored is not None
    assert (stored.tokens, stored.version, stored.refused_at) == (_tokens(), 1, None)
    store.save(_tokens("second"))
    again = store.load()
    assert again is not None
    assert (again.tokens.access_token, again.version) == (Secret("second"), 2)
    store.forget()
    assert store.load() is None


def test_nothing_of_them_is_in_the_database_in_clear(database: Database) -> None:
    _store(database).save(_tokens())
    with database.reading() as connection:
        row = connection.execute(text("SELECT * FROM tokens")).one()
    dump = repr(tuple(row))
    for stored in row:
        if isinstance(stored, str):
            try:
                dump += repr(base64.b64decode(stored, validate=True))
            except ValueError:
                continue
    assert "canary" not in dump
    assert REALM not in dump


def test_each_save_has_a_nonce_of_its_own(database: Database) -> None:
    store = _store(database)
    nonces = set()
    for _ in range(20):
        store.save(_tokens())
        with database.reading() as connection:
            nonces.add(connection.execute(text("SELECT nonce FROM tokens")).scalar_one())
    assert len(nonces) == 20
    assert {len(base64.b64decode(nonce)) for nonce in nonces} == {12}


def test_a_row_cannot_be_read_as_another_realms_nor_with_another_key(database: Database) -> None:
    _store(database).save(_tokens())
    for other in (_store(database, realm="1"), _store(database, keys=KeyRing({"1": b"x" * 32}, "1"))):
        with pytest.raises(VaultError, match=r"with the key '1'.*_ENCRYPTION_KEY again"):
            other.load()
    with pytest.raises(VaultError, match="key '1', which is not at hand"):
        _store(database, keys=KeyRing({"2": b"k" * 32}, "2")).load()


@pytest.mark.parametrize("column", ["ciphertext", "nonce"])
def test_a_row_that_was_changed_is_refused(database: Database, column: str) -> None:
    store = _store(database)
    store.save(_tokens())
    with database.transaction() as connection:
        value = base64.b64decode(connection.execute(text(f"SELECT {column} FROM tokens")).scalar_one())
        changed = base64.b64encode(bytes([value[0] ^ 1]) + value[1:]).decode()
        connection.execute(update(table).values({column: changed}))
    with pytest.raises(VaultError, match="was changed"):
        store.load()


def test_the_key_id_is_authenticated_too(database: Database) -> None:
    keys = KeyRing({"1": b"k" * 32, "2": b"k" * 32}, "1")
    store = _store(database, keys=keys)
    store.save(_tokens())
    with database.transaction() as connection:
        connection.execute(update(table).values(key_id="2"))
    with pytest.raises(VaultError, match="cannot be decrypted with the key '2'"):
        store.load()


def test_tokens_of_another_realm_are_not_taken(database: Database) -> None:
    with pytest.raises(ValueError, match="another realm"):
        _store(database).save(_tokens(realm="1"))


def _row(database: Database) -> dict[str, Any]:
    with database.reading() as connection:
        return dict(connection.execute(select(table)).mappings().one())


def _put_back(database: Database, row: dict[str, Any], **changes: Any) -> None:
    with database.transaction() as connection:
        connection.execute(update(table).values(**{**row, **changes}))


def test_a_row_of_another_connection_is_refused(database: Database) -> None:
    _store(database).save(_tokens())
    _put_back(database, _row(database), connection="other")
    with database.transaction() as connection:
        connection.execute(update(token_versions).values(connection="other"))
    with pytest.raises(VaultError, match="belongs to another connection"):
        _store(database, "other").load()


def test_an_older_row_put_back_is_noticed(database: Database) -> None:
    store = _store(database)
    store.save(_tokens("old"))
    old = _row(database)
    store.save(_tokens("new"))
    _put_back(database, old)
    with pytest.raises(VaultError, match=r"version 1, but version 2 was the last .* put an older row back"):
        store.load()
    with pytest.raises(VaultError, match="put an older row back"):
        store.begin_mint(1, lease=30, pause=300)
    with pytest.raises(VaultError, match="put an older row back"):
        _store(database, keys=KeyRing({"2": b"n" * 32, "1": b"k" * 32}, "2")).rotate()
    _put_back(database, old, version=2)  # the number is authenticated
    with pytest.raises(VaultError, match="another connection or version"):
        store.load()
    store.save(_tokens("consented again"))
    stored = store.load()
    assert stored is not None
    assert (stored.tokens.access_token, stored.version) == (Secret("consented again"), 3)


def test_a_row_put_back_after_it_was_forgotten_is_noticed(database: Database) -> None:
    store = _store(database)
    store.save(_tokens("old"))
    old = _row(database)
    store.forget()
    store.save(_tokens("new"))
    assert _row(database)["version"] == 2
    _put_back(database, old)
    with pytest.raises(VaultError, match="put an older row back"):
        store.load()


def _earlier(database: Database) -> dict[str, Any]:
    """A row as earlier releases wrote it: bound to realm, purpose and key id."""
    _store(database).save(_tokens())
    bound = b"".join(f"{len(part)}:{part};".encode() for part in (REALM, "oauth", "1"))
    sealed = AESGCM(b"k" * 32).encrypt(b"n" * 12, _tokens("early").to_text().encode(), bound)
    ciphertext, nonce = base64.b64encode(sealed).decode(), base64.b64encode(b"n" * 12).decode()
    with database.transaction() as connection:
        connection.execute(update(table).values(ciphertext=ciphertext, nonce=nonce))
        connection.execute(delete(token_versions))
    return _row(database)


@pytest.mark.parametrize("anew", ["save", "refresh", "rotate"])
def test_a_row_of_an_earlier_release_is_opened_and_sealed_anew(database: Database, anew: str) -> None:
    store = _store(database)
    early = _earlier(database)
    stored = store.load()
    assert stored is not None
    assert stored.tokens.access_token == Secret("early")
    if anew == "save":
        store.save(stored.tokens)
    elif anew == "refresh":
        assert store.finish_mint(store.begin_mint(1, lease=30, pause=300), stored.tokens)
    else:
        assert store.rotate()
        assert not store.rotate()
    again = store.load()
    assert again is not None
    assert again.tokens == stored.tokens
    _put_back(database, early, version=again.version)
    with pytest.raises(VaultError, match="another connection or version"):
        store.load()


def test_keys_rotate(database: Database) -> None:
    _store(database).save(_tokens())
    both = KeyRing({"2": b"n" * 32, "1": b"k" * 32}, "2")
    assert _store(database, keys=both).rotate()
    assert not _store(database, keys=both).rotate()
    stored = _store(database, keys=KeyRing({"2": b"n" * 32}, "2")).load()
    assert stored is not None
    assert stored.tokens == _tokens()


def test_key_rings_are_read_from_text() -> None:
    one, two = (f"{name}:{base64.b64encode(letter * 32).decode()}" for name, letter in (("2026", b"n"), ("2025", b"o")))
    ring = KeyRing.from_text(f"{one},\n {two}\n")
    assert (ring.current, list(ring.keys)) == ("2026", ["2026", "2025"])
    bare = one.partition(":")[2]
    assert KeyRing.from_text(bare).keys["1"] == ring.keys["2026"]
    url_safe = base64.urlsafe_b64encode(b"\xfb\xff" * 16).decode()
    assert KeyRing.from_text(url_safe).keys["1"] == b"\xfb\xff" * 16
    assert bare not in repr(ring)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("", "no key"),
        ("1:canary!", "key 1 .*_ENCRYPTION_KEY is not base64: write 32 random bytes"),
        (f"1:{base64.b64encode(b'canary').decode()}", "6 bytes instead of 32"),
        (",".join(f"1:{base64.b64encode(byte * 32).decode()}" for byte in (b"a", b"b")), "two .* id '1'"),
    ],
    ids=["none", "not base64", "too short", "same id"],
)
def test_bad_keys_are_refused_without_showing_them(keys: str, message: str) -> None:
    with pytest.raises(VaultError, match=message) as caught:
        KeyRing.from_text(keys)
    assert "canary" not in str(caught.value)


# The claim to refresh


@contextmanager
def _virtual(url: str) -> Iterator[tuple[Database, VirtualClock]]:
    clock = VirtualClock(NOW)
    database = open_database(url, clock=clock.now)
    try:
        yield database, clock
    finally:
        database.close()


def test_one_claim_at_a_time_and_none_for_what_has_changed(store_url: str) -> None:
    with _virtual(store_url) as (database, clock):
        store = _store(database)
        assert store.begin_mint(1, lease=30, pause=300).state == "changed"
        store.save(_tokens())
        first = store.begin_mint(1, lease=30, pause=300)
        assert first.state == "granted"
        assert store.begin_mint(1, lease=30, pause=300).state == "busy"
        clock.advance(30)
        second = store.begin_mint(1, lease=30, pause=300)
        assert second.state == "granted"
        assert not store.finish_mint(first, _tokens("late"))
        store.fail_mint(first, refused=True)  # what is no longer ours cannot pause the others
        assert store.finish_mint(second, _tokens("fresh"))
        stored = store.load()
        assert stored is not None
        assert (stored.tokens.access_token, stored.version) == (Secret("fresh"), 2)
        assert store.begin_mint(1, lease=30, pause=300).state == "changed"


def test_a_refusal_pauses_all_and_a_new_authorisation_ends_it(store_url: str) -> None:
    with _virtual(store_url) as (database, clock):
        store = _store(database)
        store.save(_tokens())
        store.fail_mint(store.begin_mint(1, lease=30, pause=300), refused=True)
        clock.advance(299)
        assert store.begin_mint(1, lease=30, pause=300).state == "paused"
        stored = store.load()
        assert stored is not None
        assert stored.refused_at == NOW
        clock.advance(1)
        again = store.begin_mint(1, lease=30, pause=300)
        assert again.state == "granted"
        store.save(_tokens("reconnected"))
        assert not store.finish_mint(again, _tokens("older"))
        assert store.begin_mint(2, lease=30, pause=300).state == "granted"


def test_a_failure_that_is_no_refusal_only_ends_the_claim(store_url: str) -> None:
    with _virtual(store_url) as (database, _):
        store = _store(database)
        store.save(_tokens())
        store.fail_mint(store.begin_mint(1, lease=30, pause=300), refused=False)
        assert store.begin_mint(1, lease=30, pause=300).state == "granted"


def test_a_crash_between_answer_and_store_is_healed_by_the_next_process(store_url: str) -> None:
    """The refresh token that we still have is the one before the lost one: Intuit takes it for a day."""
    with _virtual(store_url) as (database, clock):
        store = _store(database)
        store.save(replace(_tokens(lives=0), previous_refresh_token=None, previous_until=None))
        assert store.begin_mint(1, lease=30, pause=300).state == "granted"  # and then the process died
        intuit = Intuit(answer(200, MINTED))
        keeper = TokenKeeper(_store(database), intuit.oauth(clock), clock=clock)
        assert keeper.access_token() == Secret("access-2")
        assert b"refresh_token=canary-refresh" in intuit.requests[0].content


def test_where_that_does_not_help_everybody_is_told_to_reconnect(store_url: str) -> None:
    with _virtual(store_url) as (database, clock):
        _store(database).save(_tokens(lives=0))
        intuit = Intuit(answer(400, GRANT), answer(400, GRANT))
        with pytest.raises(ReconnectNeeded, match="reconnect"):
            TokenKeeper(_store(database), intuit.oauth(clock), clock=clock).access_token()
        used = [request.content.decode().rpartition("=")[2] for request in intuit.requests]
        assert used == ["canary-refresh", "canary-previous"]
        with pytest.raises(ReconnectNeeded, match="at most every 5 minutes"):
            TokenKeeper(_store(database), intuit.oauth(clock), clock=clock).access_token()


# Two processes


class _TokenEndpoint(ThreadingHTTPServer):
    """Intuit's token endpoint: counts refreshes, how many are in flight at once, and takes each refresh token once."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.lock = threading.Lock()
        self.current = "refresh-0"
        self.minted = self.in_flight = self.most_in_flight = self.refused = 0


class _Handler(BaseHTTPRequestHandler):
    server: _TokenEndpoint

    def do_GET(self) -> None:
        url = self.server.url
        names = ("authorization_endpoint", "token_endpoint", "revocation_endpoint")
        self._answer(200, {name: f"{url}/{name}" for name in names})

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        server = self.server
        with server.lock:
            server.in_flight += 1
            server.most_in_flight = max(server.most_in_flight, server.in_flight)
        time.sleep(0.05)  # so that a second refresh, were there one, would overlap
        with server.lock:
            server.in_flight -= 1
            if not form.endswith(f"refresh_token={server.current}"):
                server.refused += 1
                return self._answer(400, GRANT)
            server.minted += 1
            server.current = f"refresh-{server.minted}"
            body = {**MINTED, "access_token": f"access-{server.minted}", "refresh_token": server.current}
        return self._answer(200, body)

    def _answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def _token_endpoint() -> Iterator[_TokenEndpoint]:
    server = _TokenEndpoint()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_two_processes_refresh_once(store_url: str) -> None:
    database = open_database(store_url)
    now = datetime.now(UTC)
    expired = replace(
        _tokens("access-0"), access_expires_at=now - timedelta(minutes=1), refresh_token=Secret("refresh-0")
    )
    _store(database).save(expired)
    with _token_endpoint() as endpoint:
        worker = [sys.executable, str(Path(__file__).with_name("refresh_worker.py")), store_url, endpoint.url, REALM]
        processes = [
            subprocess.Popen(worker, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
        ]
        assert [_line(process) for process in processes] == ["ready", "ready"]
        # Both need a token at once, and then both find that the one they got was rejected.
        for number, step in enumerate(("access", "renew"), start=1):
            for process in processes:
                assert process.stdin is not None
                process.stdin.write(f"{step}\n")
                process.stdin.flush()
            assert [_line(process) for process in processes] == [f"access-{number}"] * 2
            assert (endpoint.minted, endpoint.most_in_flight, endpoint.refused) == (number, 1, 0)
        for process in processes:
            process.communicate(timeout=60)
        assert [process.returncode for process in processes] == [0, 0]
        stored = _store(database).load()
        assert stored is not None
        assert stored.tokens.refresh_token.reveal() == endpoint.current
    database.close()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()
