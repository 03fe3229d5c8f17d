"""`emulator --system` and `init --system`, as a person types them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qbo_pipeline.cli import app
from qbo_pipeline.commands.profiles import ALSO_CALLED, NAMES, PROFILES, profile_named
from qbo_pipeline.demo.company import generate
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.conftest import ROOT
from qbo_pipeline_tests.systems.boxes import TOKEN, running_http_contract

INIT = ["init", "acme", "--realm", "123", "--first-day", "2026-10-01", "--system"]
CIN7 = [*INIT, "cin7_core"]
PAGES = {"re_leased": "http_contract", "dear": "cin7_core"}
# By system: what the first line says of the key, and what the look shows.
SHOWN = {
    "cin7_core": (("account_id", "application_key"),
                  ["  OpeningBalanceDate: 2026-10-01T00:00:00\n", "ref/location (3 in all): Portland main"]),
    "syncro": (("token",), ["  subdomain: harbour\n", "  time_zone: America/New_York\n", "customers (25 in all): "]),
    "unleashed": (("api_id", "api_key"),
                  ["Warehouses (3 in all): ", "Invoices (Deleted) (0 in all): nothing", "not told by the API",
                   " in all): SHP-", " in all): INV-"]),
    "zuper": (("api_key",), ["The address of harbour is http://127.0.0.1:", "customers (25 in all): ", "product (4"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("company") / "inventory.sqlite"
    generate(path, first_day=date(2026, 10, 1), days=3)
    return path


@pytest.mark.torture  # each is read at the pace of its own limit
@pytest.mark.parametrize("system", SHOWN)
def test_init_looks_at_the_account_that_the_emulator_serves(
    system: str, inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, shown = SHOWN[system]
    limits = ["--limits", "x100"] if system == "cin7_core" else []
    command = [sys.executable, "-m", "qbo_pipeline.cli", "emulator", "--system", system, *limits]
    with subprocess.Popen([*command, "--inventory", str(inventory)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            start = json.loads(process.stdout.readline())
            for name in names:
                monkeypatch.setenv(f"QBO_ACME_SOURCE_{name.upper()}", start[name])
            # Its own pace, 60 calls a minute, is waited for: the look takes as many seconds as it has calls.
            login = ["--system-login", start["login"]] if "login" in start else []
            given = [*INIT, system, "--system-url", start["base_url"], *login, "--folder", str(tmp_path)]
            result = CliRunner().invoke(app, given)
        finally:
            process.terminate()
    assert result.exit_code == 0, result.output
    for text in (
        *shown,
        "A first load takes about ",
        f"never compared with the vendor's own server (docs/systems/{system}",
    ):
        assert text in result.output
    assert start[names[-1]] not in result.output
    settings = load_settings(tmp_path / "acme.toml")
    assert (settings.source.kind, settings.source.url) == (system, start["base_url"])


def test_the_same_command_again_looks_at_the_account_and_touches_nothing(
    inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_http_contract(inventory) as box:
        given = [*INIT, "http_contract", "--system-url", box.url, "--folder", str(tmp_path)]

        def again(token: str | None) -> tuple[int, str]:
            if token is not None:
                monkeypatch.setenv("QBO_ACME_SOURCE_TOKEN", token)
            result = CliRunner().invoke(app, given)
            return result.exit_code, result.output

        status, told = again(None)
        assert (status, "Once that is mended, the same command again looks" in told) == (0, True)
        assert "Next: set the accounts and the system's codes in it" in told
        written = (tmp_path / "acme.toml").read_bytes()
        status, told = again("wrong")
        assert (status, "it refused our key (401)" in told) == (2, True)
        status, told = again(TOKEN)
        assert (status, "acme.toml is there already; it is not touched" in told) == (0, True)
        assert "  time_zone: America/New_York\nparties: Acadia Boatyard; " in told
        assert TOKEN not in told
        assert (tmp_path / "acme.toml").read_bytes() == written


def test_init_without_a_key_writes_the_settings_and_says_what_is_missing(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [*CIN7, "--folder", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "set QBO_ACME_SOURCE_ACCOUNT_ID and QBO_ACME_SOURCE_APPLICATION_KEY" in result.output
    assert load_settings(tmp_path / "acme.toml").source.url is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--system", "unknown"], "write one of cin7_core"),
        (["--system", "cin7_core", "--inventory", "nowhere.sqlite"], "`make demo` makes a company"),
        (["--system", "cin7_core", "--realm", "5"], "--realm: of QuickBooks' emulator alone"),
        (["--system", "cin7_core", "--limits", "fast", "--inventory", __file__], "write own, off, or xN"),
        (["--system", "unleashed", "--limits", "x2", "--inventory", __file__], "no limit of its own to multiply"),
        (["--inventory", __file__], "--inventory and --clock go with --system"),
        (["--clock", "company"], "--inventory and --clock go with --system"),
        (["--system", "syncro", "--clock", "mine", "--inventory", __file__], "write own, or company"),
    ],
)
def test_an_emulator_that_cannot_be_is_refused(options: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["emulator", *options])
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--system", "cin7_core", "--system-login", "harbour"], "no address that depends on a login name"),
        (["--system-login", "harbour"], "--system-login goes with --system"),
        (["--system", "zuper"], 'a source of kind "zuper" needs url'),
    ],
)
def test_an_address_that_cannot_be_told_is_refused(options: list[str], said: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [*INIT[:-1], *options, "--folder", str(tmp_path)])
    assert result.exit_code != 0
    assert said in f"{result.output} {result.exception}"
    assert not (tmp_path / "acme.toml").exists()


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://inventory.dearsystems.com/ExternalApi/v2", True),
        ("http://127.0.0.1:8000/ExternalApi/v2", True),
        ("http://inventory.dearsystems.com/ExternalApi/v2", False),
        ("ftp://example.com", False),
    ],
)
def test_the_key_goes_by_https_or_to_this_machine(url: str, good: bool, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [*CIN7, "--system-url", url, "--folder", str(tmp_path)])
    refused = "our key goes to url: write https://" in str(result.exception)
    assert refused != good


def test_a_demo_that_cannot_be_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    result = CliRunner().invoke(app, ["demo", "--folder", str(tmp_path), "--system", "cin8"])
    assert result.exit_code == 2
    assert "write one of cin7_core, http_contract" in " ".join(result.output.replace("│", " ").split())
    assert (tmp_path / "kept").exists()


@pytest.mark.parametrize("profile", NAMES)
def test_a_profile_is_written_as_its_document_says(profile: str, tmp_path: Path) -> None:
    given = [*INIT[:-1], "--profile", profile, "--folder", str(tmp_path)]
    assert CliRunner().invoke(app, given).exit_code == 0
    settings, decided = load_settings(tmp_path / "acme.toml"), profile_named(profile)
    posting = settings.posting
    assert {name: getattr(posting, name) for name in decided.posting} == decided.posting
    others = posting.model_fields_set - set(decided.posting)
    assert all(getattr(posting, name) == type(posting).model_fields[name].default for name in others)
    assert settings.ownership.made_in_quickbooks() == ()  # this source may have no place for what comes back
    document = ROOT / "docs" / "systems" / f"{PAGES.get(profile, profile)}.md"
    lines = (tmp_path / "acme.toml").read_text().splitlines()
    said = document.read_text(encoding="utf-8")
    told = re.search(
        rf"`qbo-pipeline init --profile {ALSO_CALLED.get(profile, profile)}`.*`\[posting\]`: (.*)\.\n", said
    )
    assert told
    assert [name.partition(" =")[0] for name in re.findall("`([^`]+)`", told[1])] == list(decided.posting)
    assert all(any(line.startswith(choice) for line in lines) for choice in re.findall("`([^`]+)`", told[1]))
    ways = re.search(r"With `--system \w+` these go both ways in `\[ownership\]`: (.*)\.\n", said)
    assert re.findall("`([^`]+)`", ways[1] if ways else "") == list(decided.both_ways)


@pytest.mark.parametrize("profile", [name for name, profile in PROFILES.items() if profile.both_ways])
def test_a_profile_of_its_own_system_says_what_goes_both_ways(profile: str, tmp_path: Path) -> None:
    decided = PROFILES[profile]
    given = [*INIT, decided.system, "--system-url", "http://127.0.0.1:9/api", "--profile", profile]
    assert CliRunner().invoke(app, [*given, "--folder", str(tmp_path)]).exit_code == 0
    settings = load_settings(tmp_path / "acme.toml")
    assert set(settings.ownership.made_in_quickbooks()) == set(decided.both_ways)
    assert settings.write_back is not None
    assert settings.write_back.first_day == date(2026, 10, 1)


def test_a_profile_that_there_is_not_writes_nothing(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [*INIT[:-1], "--profile", "xero", "--folder", str(tmp_path)])
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_make_hands_the_system_on() -> None:
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    for given, handed in (("SYSTEM=cin7_core", " demo --system cin7_core"), ("SYSTEM=", " demo")):
        command = ["make", "-n", "-o", ".venv/.runtime", "demo", given]
        done = subprocess.run(command, cwd=ROOT, env=alone, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1].rstrip().endswith(handed)
