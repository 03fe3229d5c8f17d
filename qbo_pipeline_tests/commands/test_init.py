"""`qbo-pipeline init`: what it writes loads, and what was typed wrong leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.commands.command_line import CommandLine

GOOD = {"--realm": "123", "--first-day": "2026-01-01"}

WRONG = [
    ("Acme Ltd", {}, "'Acme Ltd' cannot be the name of a connection: write lower-case letters"),
    ("../acme", {}, "'../acme' cannot be the name of a connection"),
    ("a" * 41, {}, "at most 40"),
    ("acme", {"--environment": "emulator"}, "--environment emulator and --base-url http://127.0.0.1:PORT go together"),
    ("acme", {"--base-url": "http://127.0.0.1:9"}, "go together: Intuit's own addresses are known"),
    ("acme", {"--environment": "sandbocks"}, "[quickbooks] environment: Input should be 'sandbox', 'production'"),
    ("acme", {"--realm": "12-34"}, "[quickbooks] realm: must be the company's realm id: digits only"),
    ("acme", {"--currency": 'U"D'}, "[connection] currency: must be a currency code"),
    ("acme", {"--time-zone": "Mars"}, "[connection] time_zone: no time zone has the name 'Mars'"),
    ("acme", {"--first-day": "2026-02-31"}, "'2026-02-31' is no date: write it as 2026-03-31"),
]


def options(changed: dict[str, str]) -> list[str]:
    return [part for pair in {**GOOD, **changed}.items() for part in pair]


@pytest.mark.parametrize(("name", "changed", "words"), WRONG, ids=[f"{name} {more}" for name, more, _ in WRONG])
def test_what_was_typed_wrong_leaves_nothing_behind(
    qbo: CommandLine, tmp_path: Path, name: str, changed: dict[str, str], words: str
) -> None:
    folder = tmp_path / "connections"
    answer = qbo("init", name, *options(changed), "--folder", folder)
    assert answer.status == 2, answer.plain
    assert words in answer.plain
    assert "Traceback" not in answer.err
    assert list(tmp_path.iterdir()) == []


def test_an_emulators_connection(qbo: CommandLine, tmp_path: Path) -> None:
    emulator = {"--environment": "emulator", "--base-url": "http://127.0.0.1:8000"}
    answer = qbo("init", "acme", *options(emulator), "--folder", tmp_path)
    assert answer.status == 0
    assert "QBO_ACME_CLIENT_ID, QBO_ACME_CLIENT_SECRET, QBO_ACME_REFRESH_TOKEN, as the emulator's" in answer.plain
    assert "qbo-pipeline connect" not in answer.plain, "there is nobody to consent"
    assert load_settings(tmp_path / "acme.toml").quickbooks.base_url == "http://127.0.0.1:8000"


def test_paths_are_those_of_the_place_where_they_were_typed(
    qbo: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exports").mkdir()
    paths = {"--csv": "exports", "--mapping": "./own/selects"}
    assert qbo("init", "acme", *options(paths)).status == 0
    settings = load_settings(tmp_path / "connections" / "acme.toml")
    assert settings.source_path() == tmp_path / "exports"
    assert settings.source_mapping() == str(tmp_path / "own" / "selects")


def test_a_text_that_toml_would_read_otherwise_is_written_as_it_is(qbo: CommandLine, tmp_path: Path) -> None:
    folder = str(tmp_path / 'C:\\new "exports"')
    assert qbo("init", "acme", *options({"--csv": folder}), "--folder", tmp_path).status == 0
    assert str(load_settings(tmp_path / "acme.toml").source.path) == folder


def test_a_file_of_secrets_that_cannot_be_read_stops_it(qbo: CommandLine, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe")
    answer = qbo("init", "acme", *options({}), "--folder", tmp_path)
    assert answer.status == 2
    assert "where the encryption key belongs, is not text in UTF-8: nothing was written" in answer.plain
    assert not (tmp_path / "acme.toml").exists()
