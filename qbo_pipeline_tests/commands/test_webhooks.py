"""`qbo-pipeline webhooks` as a person starts it: for several connections, from start to SIGTERM; and what stops it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.pipeline.connections import write_connection
from qbo_pipeline_tests.webhooks.receiving import (
    OTHER_TOKEN,
    REALM,
    SECOND_REALM,
    TOKEN,
    event,
    hints,
    signature,
    tie,
)

TOKENS = {"acme": TOKEN, "beta": OTHER_TOKEN}
REALMS = {"acme": REALM, "beta": SECOND_REALM}


def variable(name: str) -> str:
    return f"QBO_{name.upper()}_WEBHOOK_VERIFIER_TOKEN"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The settings of two connections with stores of their own, without their verifier tokens."""
    for name in TOKENS:
        monkeypatch.delenv(variable(name), raising=False)
    values = {"currency": "USD", "first_day": "2026-01-01", "source_url": "sqlite:///source.sqlite"}
    return [
        write_connection(tmp_path, name, None, realm=realm, store_url=f"sqlite:///{name}.sqlite", **values)
        for name, realm in REALMS.items()
    ]


@contextmanager
def started(*arguments: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command as a process, and its first line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "qbo_pipeline.cli", "webhooks", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    too_late = threading.Timer(60, process.kill)
    too_late.start()
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        too_late.cancel()
        process.kill()
        process.communicate()


def test_it_receives_for_several_connections_until_it_is_stopped(files: list[Path], tmp_path: Path) -> None:
    with (tmp_path / ".env").open("a", encoding="utf-8") as out:
        out.writelines(f"{variable(name)}={token}\n" for name, token in TOKENS.items())
    stores = {name: f"sqlite:///{tmp_path / name}.sqlite" for name in TOKENS}
    for name, store in stores.items():
        tie(store, name, REALMS[name], "emulator")
    body = json.dumps([event(id="e1"), event(SECOND_REALM, id="e2")]).encode()
    options = [part for file in files for part in ("--settings", file)]
    with started(*options, "--port", 0) as (process, line):
        assert line.startswith("Receiving QuickBooks' webhooks at http://127.0.0.1:")
        assert line.endswith(" for acme, beta\n")
        url = line.split()[4]
        for token in (TOKEN, OTHER_TOKEN, "forged"):
            answer = httpx.post(url, content=body, headers={"intuit-signature": signature(body, token)}, timeout=30)
            assert answer.status_code == (401 if token == "forged" else 200)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
    assert [hints(store) for store in stores.values()] == [[("acme", "e1")], [("beta", "e2")]]
    assert "webhook: 1 new hints" in err
    assert "webhook refused: not signed" in err
    assert not [secret for secret in TOKENS.values() if secret in line + out + err]


def test_what_should_be_known_is_said_before_the_first_webhook(files: list[Path], tmp_path: Path) -> None:
    with (tmp_path / ".env").open("a", encoding="utf-8") as out:
        out.write(f"{variable('acme')}={TOKEN}\n")
    with started("--settings", files[0], "--port", 0, "--host", "0.0.0.0") as (process, line):
        assert line.startswith("Receiving")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
    assert "acme has not run yet: its webhooks are not kept before its first run" in err
    assert "0.0.0.0 is open to the network, and this is not TLS" in err


def test_missing_verifier_tokens_are_told_all_at_once(qbo: CommandLine, files: list[Path], tmp_path: Path) -> None:
    with (tmp_path / ".env").open("a", encoding="utf-8") as out:
        out.write(f"{variable('beta')}=  \n")  # as a template leaves it
    answer = qbo("webhooks", "--settings", files[0], "--settings", files[1], "--settings", tmp_path / "absent.toml")
    assert answer.status == 2
    for name in TOKENS:
        assert f"{name}: set {variable(name)} in the environment, or in {tmp_path / '.env'}" in answer.plain
    assert "absent.toml: there is no such file" in answer.plain


def test_without_settings_it_says_how_to_name_them(qbo: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QBO_PIPELINE_SETTINGS", raising=False)
    answer = qbo("webhooks")
    assert answer.status == 2
    assert "name a file with --settings, or in the environment variable QBO_PIPELINE_SETTINGS" in answer.plain


def test_a_port_that_is_taken(qbo: CommandLine, files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable("acme"), TOKEN)
    monkeypatch.setenv("QBO_PIPELINE_SETTINGS", str(files[0]))
    with socket.create_server(("127.0.0.1", 0)) as other:
        answer = qbo("webhooks", "--port", other.getsockname()[1])
    assert answer.status == 2
    assert "cannot listen on 127.0.0.1" in answer.plain
