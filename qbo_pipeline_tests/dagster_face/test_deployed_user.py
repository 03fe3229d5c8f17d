"""What deploy/README.md tells, done without containers: its commands with the environment that the compose file gives,
on a folder as `init` leaves it for somebody else.

The image's user is played by root without the power to read what is not his own (a Python that lies in root's home can
be started by nobody else), the person who ran `init` by another user.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from qbo_pipeline_tests.conftest import ROOT
from qbo_pipeline_tests.dagster_face.test_deployment import DEPLOY

PERSON = 12345
WITHOUT_POWER = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
GIVEN = {
    "QBO_ACME_CLIENT_ID": "id",
    "QBO_ACME_CLIENT_SECRET": "secret",
    "QBO_ACME_ENCRYPTION_KEY": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
    "QBO_ACME_WEBHOOK_VERIFIER_TOKEN": "verifier",
}


@pytest.fixture
def connections() -> Iterator[Path]:
    """The folder `connections` after step 1, belonging to a person who is not the image's user."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("files can be given to another user by root alone, and setpriv takes root's power away")
    with tempfile.TemporaryDirectory(prefix="qbo_deployed_", dir="/tmp") as name:
        Path(name).chmod(0o755)
        folder = Path(name) / "connections"
        options = ["--realm", "123", "--first-day", "2026-01-01", "--folder", str(folder)]
        subprocess.run(command("qbo-pipeline init acme", *options), check=True, capture_output=True, timeout=120)
        settings = folder / "acme.toml"
        text = settings.read_text(encoding="utf-8")
        text = re.sub(r"^url = .sqlite.*$", 'url_variable = "QBO_ACME_STORE_URL"', text, flags=re.MULTILINE)
        settings.write_text(text, encoding="utf-8")
        for path in (folder, *folder.rglob("*")):
            os.chown(path, PERSON, PERSON)
        for line in readme_commands():
            own = line.replace("sudo chown 10001", "chown 0")
            subprocess.run(own, shell=True, check=True, cwd=name, timeout=30)
        (Path(name) / "store").mkdir()  # in the place of PostgreSQL
        yield folder


def readme_commands() -> list[str]:
    """The commands of step 1."""
    text = (DEPLOY / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```\n((?: +(?:chmod|mkdir).*\n)+) +```", text)
    return [line.strip() for line in block.splitlines()]


def command(text: str, *options: str) -> list[str]:
    words = shlex.split(text)
    assert words[0] == "qbo-pipeline"
    return [sys.executable, "-m", "qbo_pipeline.cli", *words[1:], *options]


def service(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"][name]
    return found


def environment(name: str, folder: Path) -> dict[str, str]:
    """The service's environment with its variables filled in, and nothing of ours."""
    store = f"sqlite:///{folder.parent / 'store' / 'acme.sqlite'}"
    filled = {key: GIVEN.get(key, "") for key in service(name)["environment"]}
    return {**filled, "QBO_ACME_STORE_URL": store, "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": "/tmp"}


def as_the_images_user(words: list[str], folder: Path, name: str) -> subprocess.Popen[str]:
    given = environment(name, folder)
    pipe = subprocess.PIPE
    return subprocess.Popen([*WITHOUT_POWER, *words], cwd="/", env=given, text=True, stdout=pipe, stderr=pipe)


def test_its_services_start_although_the_file_of_secrets_is_somebody_elses(connections: Path) -> None:
    assert (connections / ".env").stat().st_mode & 0o777 == 0o600
    assert subprocess.run([*WITHOUT_POWER, "cat", connections / ".env"], capture_output=True).returncode != 0
    upgrade = as_the_images_user(
        command(service("acme_upgrade")["command"].replace("/connections", str(connections)).replace("--roles ", "")),
        connections, "acme_upgrade",
    )  # fmt: skip
    out, err = upgrade.communicate(timeout=120)
    assert upgrade.returncode == 0, err
    assert "applied" in out

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    text = service("webhooks")["command"].replace("/connections", str(connections)).replace("8915", str(port))
    receiver = as_the_images_user(command(text.replace("0.0.0.0", "127.0.0.1")), connections, "webhooks")
    try:
        assert receiver.stdout is not None
        assert receiver.stdout.readline().startswith("Receiving QuickBooks' webhooks at ")
        assert httpx.get(f"http://127.0.0.1:{port}/health", timeout=10).status_code == 200
    finally:
        receiver.terminate()
        receiver.communicate(timeout=30)

    text = service("page")["command"].replace("/connections", str(connections)).replace("8916", str(port))
    text = text.replace("0.0.0.0", "127.0.0.1").replace("${PAGE_URL:-http:", "http:").replace("}", "")
    page = as_the_images_user(command(text), connections, "page")
    try:
        assert page.stdout is not None
        assert page.stdout.readline().startswith('{"url": "http://127.0.0.1:')
        assert httpx.get(f"http://127.0.0.1:{port}/health", timeout=10).status_code == 200
    finally:
        page.terminate()
        page.communicate(timeout=30)

    # The code location's own secrets: found in its environment, and what is still missing is told with the reason.
    status = as_the_images_user(command(f"qbo-pipeline status --settings {connections}/acme.toml"), connections, "acme")
    out, err = status.communicate(timeout=120)
    assert "Traceback" not in err
    assert "Permission denied" not in out + err
    assert "not connected to QuickBooks yet" in out
    for name in ("reports", ".cache"):
        subprocess.run([*WITHOUT_POWER, "mkdir", connections / name / "probe"], check=True)
