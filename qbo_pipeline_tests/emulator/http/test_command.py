"""The command: its first line, its options and what it refuses, and that nothing acknowledged is ever lost."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator, start_emulator


def names(emulator: RunningEmulator) -> list[str]:
    answer = httpx.get(
        emulator.api("query"),
        params={"query": "select * from Customer maxresults 1000"},
        headers=emulator.bearer(),
        timeout=60,
    )
    return sorted(row["DisplayName"] for row in answer.json()["QueryResponse"].get("Customer", []))


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
        made = create(first, "Ada", "r-1").content
        first.advance(30 * 86_400)
        now = first.control("clock")["now"]
        assert first.stop() == 0
    with running_emulator("--state", str(state)) as second:
        assert (second.realm, second.client_id, second.client_secret) == ("123", first.client_id, first.client_secret)
        assert second.refresh_token == first.refresh_token
        assert second.control("clock")["now"] >= now
        assert names(second) == ["Ada"]
        second.control("settings", {"request_id_seconds": 90 * 86_400})
        assert create(second, "Ada", "r-1").content == made
        assert names(second) == ["Ada"]


@pytest.mark.parametrize("seed", range(3))
def test_a_kill_at_any_moment_loses_no_acknowledged_write_and_doubles_none(tmp_path: Path, seed: int) -> None:
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
                    name = f"C{number:05}"
                    sent.append(name)
                    url = first.api(f"customer?requestid={name}")
                    client.post(url, json={"DisplayName": name}).raise_for_status()
                    acknowledged.append(name)
        except httpx.TransportError:
            pass
        killer.join()
    with running_emulator("--state", str(state), "--limits", "off") as second:
        there = names(second)[:1000]
        assert set(acknowledged[:1000]) <= set(there) <= set(sent)
        again = create(second, sent[-1], sent[-1])
        assert again.status_code == 200, "whether the last one was committed or not, sending it again is safe"
        assert names(second).count(sent[-1]) <= 1
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
def test_wrong_options_are_explained(options: list[str], words: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "qbo_pipeline.emulator", *options],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        check=False,
    )
    assert ended.returncode == 2
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_a_state_file_serves_one_emulator_and_one_realm(tmp_path: Path) -> None:
    state = str(tmp_path / "company.db")
    with (
        running_emulator("--state", state, "--company", "empty"),
        pytest.raises(AssertionError, match="in use by another emulator"),
    ):
        start_emulator("--state", state)
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


def test_listening_to_the_network_is_warned_about_loudly() -> None:
    with running_emulator("--company", "empty", "--host", "0.0.0.0") as emulator:
        assert "WARNING" in emulator.stderr()
        assert emulator.base_url.startswith("http://127.0.0.1:")
    with running_emulator("--company", "empty") as emulator:
        assert "WARNING" not in emulator.stderr()
