"""`qbo-pipeline page` and `page-user` as a person types them: from granting to signing in, and what stops them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from qbo_pipeline.commands.page import PASSWORD_VARIABLE
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.pipeline.connections import write_connection

WORDS = "four words of nobody"
WHO = ("--who", "Olga", "--why", "she keeps the books")


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """The settings of two connections with stores of their own."""
    values = {"currency": "USD", "first_day": "2026-01-01", "source_url": "sqlite:///source.sqlite"}
    return [
        write_connection(tmp_path, name, None, realm=realm, store_url=f"sqlite:///{name}.sqlite", **values)
        for name, realm in (("acme", "9130350000000001"), ("beta", "9130350000000002"))
    ]


@contextmanager
def started(*arguments: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command as a process, and its first line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "qbo_pipeline.cli", "page", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
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


def test_it_is_served_for_several_connections_until_it_is_stopped(
    qbo: CommandLine, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [part for file in files for part in ("--settings", file)]
    monkeypatch.setenv(PASSWORD_VARIABLE, WORDS)
    granted = qbo("page-user", "add", "Ann", "--role", "preparer", "--role", "viewer", *WHO, *both)
    assert (granted.status, granted.plain) == (0, "ann may be preparer, viewer of acme, beta now.")
    with started(*both, "--port", 0) as (process, line):
        told = json.loads(line)
        assert told["companies"] == ["acme", "beta"]
        url = told["url"]
        assert url == told["listens"]
        with httpx.Client(base_url=url, follow_redirects=True, timeout=60) as client:
            assert "acme" not in client.get("/").text
            fields = {"name": "ann", "password": WORDS}
            page = client.post("/sign-in", data=fields, headers={"origin": url}).text
        assert "acme" in page
        assert "beta" in page
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
    assert WORDS not in line + out + err


def test_users_are_listed_and_taken_away(qbo: CommandLine, files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    only = ("--settings", files[0])
    monkeypatch.setenv(PASSWORD_VARIABLE, WORDS)
    assert qbo("page-user", "add", "ann", "--role", "reviewer", *WHO, *only).status == 0
    assert qbo("page-user", "add", "dana", "--role", "viewer", "--by-proxy", *WHO, *only).status == 0
    listed = qbo("page-user", "list", *only)
    assert "ann reviewer, with a password; since" in listed.plain
    assert "dana viewer, named by proxy or provider; since" in listed.plain
    assert "by Olga: she keeps the books" in listed.plain
    assert qbo("page-user", "list", "--settings", files[1]).out == ""
    assert qbo("page-user", "remove", "ann", *WHO, *only).plain == "ann may do nothing any more in acme."
    assert "ann nothing any more; since" in qbo("page-user", "list", *only).plain
    again = qbo("page-user", "remove", "ann", *WHO, *only)
    assert (again.status, "nothing is granted to ann for acme" in again.plain) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "ann", "--role", "king", *WHO), "king is no role: the roles are viewer, preparer, reviewer, operator"),
        (("add", "a b", "--role", "viewer", *WHO), "is no name for a user"),
        (("add", "ann", "--role", "viewer", "--who", " ", "--why", "x"), "needs somebody's name and a reason"),
    ],
)
def test_what_cannot_be_granted(
    qbo: CommandLine, files: list[Path], monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, WORDS)
    answer = qbo("page-user", *arguments, "--settings", files[0])
    assert answer.status == 2
    assert said in answer.plain


def test_a_short_password_is_refused_without_being_repeated(
    qbo: CommandLine, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, "hunter22")
    answer = qbo("page-user", "add", "ann", "--role", "viewer", *WHO, "--settings", files[0])
    assert answer.status == 2
    assert "the password has 8 characters" in answer.plain
    assert "hunter22" not in answer.plain


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "0.0.0.0"), "say with --public-url how browsers reach it"),
        (("--public-url", "books.example.com"), "is no address such as https://books.example.com"),
        (("--public-url", "https://books.example.com/page"), "is no address such as https://books.example.com"),
        (("--user-header", "X-Remote-User"), "--user-header needs --proxy"),
        (("--openid-issuer", "https://login.example.com"), "--openid-issuer and --openid-client are given together"),
        (("--openid-roles", "groups"), "--openid-issuer and --openid-client are given together"),
        (
            ("--openid-issuer", "http://login.example.com", "--openid-client", "x"),
            "is no address such as https://login",
        ),
        (("--proxy", "proxy.example.com"), "does not appear to be an IPv4 or IPv6 address"),
    ],
)
def test_what_would_leave_it_open_is_refused(
    qbo: CommandLine, files: list[Path], arguments: tuple[str, ...], said: str
) -> None:
    answer = qbo("page", "--settings", files[0], "--port", "0", *arguments)
    assert answer.status == 2
    assert said in answer.plain


def test_groups_that_nobody_would_name_are_refused(qbo: CommandLine, files: list[Path]) -> None:
    text = files[0].read_text(encoding="utf-8").replace("\n[page]\n", '\n[page]\nroles = { "heads" = ["reviewer"] }\n')
    files[0].write_text(text, encoding="utf-8")
    answer = qbo("page", "--settings", files[0], "--port", "0")
    assert (answer.status, "name the claim that holds them with --openid-roles" in answer.plain) == (2, True)


def test_a_connection_named_twice_is_refused(qbo: CommandLine, files: list[Path]) -> None:
    answer = qbo("page", "--settings", files[0], "--settings", files[0], "--port", "0")
    assert answer.status == 2
    assert "two settings files have the connection 'acme'" in answer.plain
