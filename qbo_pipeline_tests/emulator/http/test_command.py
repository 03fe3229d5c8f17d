"""The command: its first line, its options and what it refuses, and that nothing acknowledged is ever lost."""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner

from qbo_pipeline.emulator.command import emulator
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator, start_emulator


def names(emulator: RunningEmulator) -> list[str]:
    found: list[str] = []
    while True:
        query = f"select * from Customer startposition {len(found) + 1} maxresults 1000"
        answer = httpx.get(emulator.api("query"), params={"query": query}, headers=emulator.bearer(), timeout=60)
        page = [row["DisplayName"] for row in answer.json()["QueryResponse"].get("Customer", [])]
        found += page
        if len(page) < 1000:
            return sorted(found)


def create(emulator: RunningEmulator, name: str, request_id: str) -> httpx.Response:
    return httpx.post(
        emulator.api("customer"),
        params={"requestid": request_id},
        json={"DisplayName": name},
        headers=emulator.bearer(),
        timeout=60,
    )


def test_a_restart_keeps_company_credentials_clock_and_request_ids(tmp_path: Path) -> None:
    state = tmp_path / "company.db"
    options = ("--state", str(state), "--company", "empty", "--realm", "123")
    with running_emulator(*options) as first:
        made = create(first, "Acme", "r-1").content
        first.advance(30 * 86_400)
        now = first.control("clock")["now"]
        assert first.stop() == 0
    with running_emulator("--state", str(state)) as second:
        assert (second.realm, second.client_id, second.client_secret) == ("123", first.client_id, first.client_secret)
        assert second.refresh_token == first.refresh_token
        assert second.control("clock")["now"] >= now
        assert names(second) == ["Acme"]
        second.control("settings", {"request_id_seconds": 90 * 86_400})
        assert create(second, "Acme", "r-1").content == made
        assert names(second) == ["Acme"]


@pytest.mark.parametrize("seed", range(2))
def test_a_kill_at_any_moment_loses_no_acknowledged_write_and_doubles_none(tmp_path: Path, seed: int) -> None:
    kill_and_look(tmp_path, seed)


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(10, 60))
def test_fifty_kills(tmp_path: Path, seed: int) -> None:
    kill_and_look(tmp_path, seed)


def kill_and_look(tmp_path: Path, seed: int) -> None:
    """Write by single requests and batches, kill the emulator in the middle, start it again and compare."""
    state, drawn = tmp_path / "company.db", random.Random(seed)
    acknowledged: list[str] = []
    sent: list[str] = []
    with running_emulator("--state", str(state), "--company", "empty", "--limits", "off") as first:
        headers = first.bearer()
        killer = threading.Timer(drawn.uniform(0.05, 0.6), first.kill)
        killer.start()
        try:
            with httpx.Client(headers=headers, timeout=60) as client:
                for number in range(10_000):
                    made = [f"C{number:05}{letter}" for letter in ("a", "bcd")[number % 2]]
                    sent += made
                    items = [{"bId": n, "operation": "create", "Customer": {"DisplayName": n}} for n in made]
                    if len(made) == 1:
                        client.post(first.api(f"customer?requestid={made[0]}"), json=items[0]["Customer"])
                    else:
                        client.post(first.api(f"batch?requestid={number}"), json={"BatchItemRequest": items})
                    acknowledged += made
        except httpx.TransportError:
            pass
        killer.join()
    with running_emulator("--state", str(state), "--limits", "off") as second:
        there = names(second)
        assert set(acknowledged) <= set(there) <= set(sent)
        unsure = sent[len(acknowledged) :]
        assert len(there) - len(acknowledged) in (0, len(unsure)), "a request is committed whole or not at all"
        if len(unsure) == 1:
            again = create(second, unsure[0], unsure[0])
            assert again.status_code == 200, "whether it was committed or not, sending it again is safe"
            assert names(second).count(unsure[0]) == 1
        journal = httpx.get(f"{second.base_url}/emulator/journal", timeout=60)
        assert journal.status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_on_the_signals_of_a_terminal(number: signal.Signals) -> None:
    with running_emulator("--company", "empty") as emulator:
        with httpx.Client() as client:
            client.get(emulator.base_url)
            emulator.process.send_signal(number)
            assert emulator.process.wait(20) == 0
        assert "Traceback" not in emulator.stderr()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--limits", "fast"], "write qbo, off, or xN"),
        (["--company", "mars"], "us, uk, eu, empty"),
        (["--realm", "12a"], "digits"),
        (["--port", "70000"], "port"),
        (["--latency", "-1"], "latency"),
        (["--faults", "nothing.toml"], "nothing.toml"),
        (["--frob"], "--frob"),
    ],
)
def test_wrong_options_are_explained(options: list[str], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    app.command()(emulator)
    ended = CliRunner().invoke(app, options)
    assert ended.exit_code == 2
    assert words in ended.stderr
    assert ended.stdout == ""


def test_a_wrong_option_ends_the_process_with_two_and_no_traceback() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "qbo_pipeline.emulator", "--limits", "fast"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("emulator: ")
    assert "Traceback" not in ended.stderr


def test_a_state_file_serves_one_emulator_and_one_realm(tmp_path: Path) -> None:
    state = str(tmp_path / "company.db")
    with (
        running_emulator("--state", state, "--company", "empty"),
        pytest.raises(AssertionError, match="in use by another emulator"),
    ):
        start_emulator("--state", state)
    with pytest.raises(AssertionError, match="begun with --company empty"):
        start_emulator("--state", state, "--company", "uk")
    with pytest.raises(AssertionError, match="realm"):
        start_emulator("--state", state, "--realm", "77")


def test_a_file_that_is_no_state_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("my notes, which are not a database, and must stay as they are. " * 20)
    before = other.read_bytes()
    with pytest.raises(AssertionError, match="not the state of an emulator"):
        start_emulator("--state", str(other))
    assert other.read_bytes() == before


def test_faults_latency_and_limits_come_from_the_command_line(tmp_path: Path) -> None:
    script = tmp_path / "faults.toml"
    script.write_text('[[fault]]\nkind = "server_error"\noperation = "read"\nnth = 2\nstatus = 503\n')
    with running_emulator(
        "--company", "empty", "--faults", str(script), "--limits", "x0.3", "--latency", "1"
    ) as emulator:
        url, headers = emulator.api("companyinfo/1"), emulator.bearer()
        emulator.control("clock", {"running": False})
        assert [httpx.get(url, headers=headers).status_code for _ in range(4)] == [200, 503, 200, 429]
        assert emulator.control("settings")["latency_ms"] == 1


def test_connections_can_be_refused_for_a_while() -> None:
    with running_emulator("--company", "empty") as emulator, httpx.Client() as kept:
        kept.get(f"{emulator.base_url}/emulator/clock")
        refused = kept.post(f"{emulator.base_url}/emulator/listener", json={"closed_seconds": 600})
        assert refused.status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(emulator.base_url)
        assert kept.get(f"{emulator.base_url}/emulator/clock").status_code == 200, "open connections go on"


def test_a_listener_that_was_closed_opens_again() -> None:
    with running_emulator("--company", "empty") as emulator:
        emulator.control("listener", {"closed_seconds": 0.05})
        for _ in range(200):
            with contextlib.suppress(httpx.ConnectError):
                assert httpx.get(f"{emulator.base_url}/emulator/clock").status_code == 200
                break
            threading.Event().wait(0.05)
        else:
            pytest.fail("the listener did not open again")
        assert emulator.stop() == 0


def test_listening_to_the_network_is_warned_about_loudly() -> None:
    with running_emulator("--company", "empty", "--host", "0.0.0.0") as emulator:
        assert "WARNING" in emulator.stderr()
        assert emulator.base_url.startswith("http://127.0.0.1:")
    with running_emulator("--company", "empty") as emulator:
        assert "WARNING" not in emulator.stderr()
