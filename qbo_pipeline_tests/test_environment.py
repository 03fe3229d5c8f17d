"""Secrets and URLs are found in the environment and in `.env` alike; a `.env` that cannot be read matters only where
something is missing without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qbo_pipeline.commands.template import settings_text
from qbo_pipeline.pipeline.connect import NotConnected, open_vault
from qbo_pipeline.settings import Secrets, Settings, SettingsError, load_settings
from qbo_pipeline.store.database import Database
from qbo_pipeline_tests.pipeline.connections import ENCRYPTION_KEY

NAMES = ("QBO_ACME_STORE_URL", "QBO_ACME_TOKENS_URL", "QBO_ACME_SOURCE_URL")
LOOK_UPS: dict[str, Callable[[Settings], object]] = {
    "QBO_ACME_STORE_URL": Settings.store_url,
    "QBO_ACME_TOKENS_URL": Settings.tokens_url,
    "QBO_ACME_SOURCE_URL": Settings.source_url,
    "QBO_ACME_CLIENT_ID": lambda settings: _revealed(Secrets.read(settings).client_id),
    "QBO_ACME_WEBHOOK_VERIFIER_TOKEN": lambda settings: _revealed(Secrets.read(settings).webhook_verifier_token),
    "QBO_ACME_SOURCE_WEBHOOK_TOKEN": lambda settings: _revealed(Secrets.read(settings).source_webhook_token),
}


def _revealed(secret: object) -> object:
    return secret.get_secret_value() if secret is not None else None  # type: ignore[attr-defined]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in (*LOOK_UPS, "QBO_ACME_ENCRYPTION_KEY"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "acme.toml"
    values = {"name": "acme", "currency": "USD", "time_zone": "Europe/Madrid", "first_day": "2026-01-01"}
    text = settings_text({**values, "environment": "sandbox", "realm": "1", "store_url": None})
    file.write_text(text.replace("# tokens_url_variable", "tokens_url_variable"), encoding="utf-8")
    return load_settings(file)


@pytest.mark.parametrize("name", LOOK_UPS)
def test_both_places_are_looked_into_and_the_environment_counts(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (settings.folder / ".env").write_text(f"{name}='postgresql://u:p@file/d'\n")
    assert LOOK_UPS[name](settings) == "postgresql://u:p@file/d"
    monkeypatch.setenv(name, "")  # as a template of a deployment leaves it
    assert LOOK_UPS[name](settings) == "postgresql://u:p@file/d"
    monkeypatch.setenv(name, "postgresql://u:p@environment/d")
    assert LOOK_UPS[name](settings) == "postgresql://u:p@environment/d"


def spoil_as_a_folder(file: Path) -> None:
    file.mkdir()


def spoil_as_bytes(file: Path) -> None:
    file.write_bytes(b"QBO_ACME_CLIENT_ID=\xff\n")


def spoil_its_rights(file: Path) -> None:
    file.write_text("QBO_ACME_CLIENT_ID=x\n")
    file.chmod(0)
    try:
        file.read_text()
    except PermissionError:
        return
    pytest.skip("this user may read every file")


SPOILT = [
    (spoil_as_a_folder, "cannot be read: it is a folder, no file"),
    (spoil_as_bytes, "is not text in UTF-8"),
    (spoil_its_rights, "cannot be read: Permission denied"),
]


@pytest.mark.parametrize(("spoil", "words"), SPOILT, ids=[spoil.__name__ for spoil, _ in SPOILT])
def test_an_unreadable_file_is_an_error_only_where_something_is_missing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None], words: str
) -> None:
    file = settings.folder / ".env"
    spoil(file)
    for name, found in LOOK_UPS.items():
        monkeypatch.setenv(name, "postgresql://u:p@environment/d")
        assert found(settings) == "postgresql://u:p@environment/d"
    monkeypatch.setenv("QBO_ACME_ENCRYPTION_KEY", ENCRYPTION_KEY)
    database = Database("sqlite://")
    assert open_vault(settings, Secrets.read(settings), database)
    for name in NAMES:
        monkeypatch.delenv(name)
        with pytest.raises(SettingsError) as caught:
            LOOK_UPS[name](settings)
        assert f"set {name} in the environment, or in {file} (which {words})" in str(caught.value)
    monkeypatch.delenv("QBO_ACME_ENCRYPTION_KEY")
    with pytest.raises(NotConnected) as missing:
        open_vault(settings, Secrets.read(settings), database)
    assert f"(which {words})" in str(missing.value)
    database.close()
