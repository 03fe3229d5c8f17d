"""The demo's folder, and the servers that stand beside it: QuickBooks' emulator, and a system in a box.

What belongs here: where things of the demo lie, and processes that end with it. What is done with them is in
`demonstrate.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qbo_pipeline.commands.demo_systems import DemoSystem, box_command
from qbo_pipeline.commands.last_resort import ends_with_us

NAME = "demo"
REALM = "9130347798120106"


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Where everything of the demo lies."""

    path: Path

    @property
    def company(self) -> Path:
        return self.path / "inventory.sqlite"

    @property
    def books(self) -> Path:
        return self.path / "quickbooks.sqlite"

    @property
    def connections(self) -> Path:
        return self.path / "connections"

    @property
    def settings(self) -> Path:
        return self.connections / f"{NAME}.toml"

    @property
    def secrets(self) -> Path:
        return self.connections / ".env"

    @property
    def dagster_home(self) -> Path:
        return self.path / "dagster"

    def environment(self) -> dict[str, str]:
        """What Dagster's processes need to find the demo."""
        return {
            "DAGSTER_HOME": str(self.dagster_home),
            "QBO_PIPELINE_CONNECTIONS": str(self.connections),
            "QBO_PIPELINE_SETTINGS": str(self.settings),
        }


@contextmanager
def emulator(folder: DemoFolder, port: int = 0, company: str = "us") -> Iterator[dict[str, str]]:
    """The emulator with the demo's books, in a process of its own; answers its first line (addresses, credentials)."""
    command = [sys.executable, "-m", "qbo_pipeline.emulator", "--port", str(port), "--state", str(folder.books)]
    command += ["--realm", REALM, "--company", company, "--limits", "qbo"]
    with _served(command, folder.path / "emulator.log", "the emulator") as start:
        yield start


@dataclass(frozen=True, slots=True)
class RunningSystem:
    """A system in a box with the demo's company, and the box's first line: its address and what lets one in."""

    system: DemoSystem
    greeting: Mapping[str, str]

    def settings(self) -> dict[str, Any]:
        """What the connection's settings say of it."""
        return self.system.settings(self.greeting["base_url"])


@contextmanager
def system_box(folder: DemoFolder, system: DemoSystem | None, port: int = 0) -> Iterator[RunningSystem | None]:
    """The inventory system in a process of its own; `None` where the demo reads the company's database."""
    if system is None:
        yield None
        return
    with _served(box_command(system, folder.company, port), folder.path / "system.log", system.name) as greeting:
        yield RunningSystem(system, greeting)


@contextmanager
def _served(command: Sequence[str], log_file: Path, what: str) -> Iterator[dict[str, str]]:
    """A server of ours in a process of its own, until the end of the block; answers its first line, which is JSON."""
    with log_file.open("a") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    with ends_with_us(process.pid):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"{what} did not start; see {log_file}")
            yield json.loads(line)
        finally:
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()


def let_into(folder: DemoFolder, box: RunningSystem | None) -> None:
    """Keep what lets the connection into the system's box, if there is one: each start of it makes other keys."""
    if box is None:
        return
    variables = box.system.variables(NAME, box.greeting)
    kept = [line for line in folder.secrets.read_text(encoding="utf-8").splitlines()
            if line.partition("=")[0] not in variables]  # fmt: skip
    lines = [*kept, *(f"{name}={value}" for name, value in variables.items())]
    folder.secrets.write_text("\n".join(lines) + "\n", encoding="utf-8")
