"""One line in somebody's pytest: the fixture `qbo_emulator`, in a test run that knows nothing of this project."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx
import pytest

from qbo_pipeline.emulator.in_process import running

SOMEBODYS_TESTS = """
import json, urllib.request, urllib.error
import pytest

def get(emulator, path):
    with urllib.request.urlopen(urllib.request.Request(emulator.url(path), headers=emulator.headers())) as answer:
        return json.load(answer)

def test_it_answers(qbo_emulator):
    found = get(qbo_emulator, f"companyinfo/{qbo_emulator.realm}")
    assert found["CompanyInfo"]["Country"] == "US"
    qbo_emulator.company.create("Customer", {"DisplayName": "Mine"})

def test_each_test_has_its_own(qbo_emulator):
    mine = "query?query=select%20*%20from%20Customer%20where%20DisplayName%3D%27Mine%27"
    assert get(qbo_emulator, mine)["QueryResponse"] == {}

@pytest.mark.qbo_emulator(company="uk", realm="42", limits="x2", plan="Advanced")
def test_it_is_made_as_the_mark_says(qbo_emulator):
    assert qbo_emulator.realm == "42"
    assert get(qbo_emulator, "companyinfo/42")["CompanyInfo"]["Country"] == "GB"
"""


def test_the_fixture_in_somebodys_tests(tmp_path: Path) -> None:
    (tmp_path / "test_somebody.py").write_text(SOMEBODYS_TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "--strict-markers", "-p", "no:cacheprovider"]
    plugin = [] if _is_registered() else ["-p", "qbo_pipeline.emulator.pytest_plugin"]
    own = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    done = subprocess.run([*command, *plugin, "."], cwd=tmp_path, env=own, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip().splitlines()[-1].startswith("3 passed")) == (0, True), done.stdout


def _is_registered() -> bool:
    """Whether the installed package's metadata knows the entry point; an installation of before it does not."""
    from importlib.metadata import entry_points

    return any(point.name == "qbo_emulator" for point in entry_points(group="pytest11"))


def test_the_package_offers_the_plugin() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"qbo_emulator": "qbo_pipeline.emulator.pytest_plugin"}


def test_controls_of_a_running_emulator() -> None:
    with running(company="empty") as emulator, httpx.Client(headers=emulator.headers()) as client:
        emulator.fail({"kind": "refusal", "code": "6190", "operation": "create"})
        assert client.post(emulator.url("customer"), json={"DisplayName": "A"}).status_code == 400
        emulator.fail()
        assert client.post(emulator.url("customer"), json={"DisplayName": "A"}).status_code == 200
        assert [r["status"] for r in emulator.requests()] == [200, 400]
        emulator.expire_tokens()
        assert client.get(emulator.url("customer/1")).status_code == 401
        assert client.get(emulator.url("customer/1"), headers=emulator.headers()).status_code == 200
        before = emulator.company.read("Customer", "1")["MetaData"]["CreateTime"]
        emulator.advance(days=2)
        emulator.company.create("Customer", {"DisplayName": "B"})
        assert emulator.company.read("Customer", "2")["MetaData"]["CreateTime"][:10] > before[:10]
    with pytest.raises(httpx.ConnectError):
        httpx.get(emulator.base_url)


def test_a_state_outlives_the_emulator(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite"
    with running(company="eu", state=path) as emulator:
        emulator.company.create("Customer", {"DisplayName": "Kept"})
    with running(company="eu", state=path) as emulator:
        assert emulator.company.query("select * from Customer where DisplayName = 'Kept'")["maxResults"] == 1


def test_what_cannot_be_chosen_is_told() -> None:
    with pytest.raises(ValueError, match="there is no seed 'mars'"), running(company="mars"):
        pass
