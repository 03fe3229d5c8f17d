"""A Singer tap, unchanged, reads every stream that it has from the emulator, and again from where it stopped."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline_tests.emulator.clients.installed import tap_quickbooks
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator

pytestmark = pytest.mark.torture  # it installs a package from the registry, and waits as the tap does
# The tap's addresses are constants of its module; they are set as its own command starts.
_COMMAND = """
import sys
from tap_quickbooks import client, main
base = sys.argv.pop(1)
client.PROD_ENDPOINT_BASE = client.SANDBOX_ENDPOINT_BASE = base
client.TOKEN_REFRESH_URL = base + "/oauth2/v1/tokens/bearer"
main()
"""


class Tap:
    """The tap's own command, with its configuration in files."""

    def __init__(self, emulator: RunningEmulator, folder: Path) -> None:
        self.python = str(tap_quickbooks())
        self.base_url = emulator.base_url
        self.folder = folder
        settings = {
            "start_date": "2020-01-01T00:00:00Z",
            "user_agent": "tests",
            "realm_id": emulator.realm,
            "client_id": emulator.client_id,
            "client_secret": emulator.client_secret,
            "refresh_token": emulator.refresh_token,
        }
        self.config = self.write("config.json", settings)

    def write(self, name: str, content: Any) -> Path:
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    def run(self, *options: str) -> str:
        command = [self.python, "-c", _COMMAND, self.base_url, "--config", str(self.config), *options]
        environment = {"OAUTHLIB_INSECURE_TRANSPORT": "1", "PATH": "/usr/bin:/bin"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def catalog(self) -> Path:
        """Every stream and every field, chosen."""
        found = json.loads(self.run("--discover"))
        for stream in found["streams"]:
            for entry in stream["metadata"]:
                entry["metadata"]["selected"] = True
        return self.write("catalog.json", found)


def test_every_stream_and_a_second_run(tmp_path: Path) -> None:
    with running_emulator("--limits", "off") as emulator:
        emulator.control("scenarios", {"name": "busy_office", "seed": 7, "steps": 60})
        emulator.control("scenarios", {"name": "bookkeeper", "seed": 7, "steps": 60})
        tap = Tap(emulator, tmp_path)
        catalog = tap.catalog()
        streams = {stream["stream"] for stream in json.loads(catalog.read_text())["streams"]}
        told = [json.loads(line) for line in tap.run("--catalog", str(catalog)).splitlines()]
        records = Counter(message["stream"] for message in told if message["type"] == "RECORD")
        assert {message["stream"] for message in told if message["type"] == "SCHEMA"} == streams
        for stream, entity in (("invoices", "Invoice"), ("bills", "Bill"), ("customers", "Customer")):
            counted = _count(emulator, entity)
            assert records[stream] == counted > 0, stream
        assert records["profit_loss_report"] > 0
        assert records["deleted_objects"] > 0
        state = [message["value"] for message in told if message["type"] == "STATE"][-1]
        again = tap.run("--catalog", str(catalog), "--state", str(tap.write("state.json", state)))
        repeated = Counter(
            message["stream"] for message in map(json.loads, again.splitlines()) if message["type"] == "RECORD"
        )
        assert sum(repeated.values()) < sum(records.values()), "the second run reads on from its bookmarks"


def _count(emulator: RunningEmulator, entity: str) -> int:
    import httpx

    statement = f"select count(*) from {entity}" + (" where Active in (true, false)" if entity == "Customer" else "")
    answer = httpx.get(emulator.api("query"), params={"query": statement}, headers=emulator.bearer())
    return int(answer.json()["QueryResponse"]["totalCount"])
