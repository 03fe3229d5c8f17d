"""Our access to QuickBooks as the commands show it, the key that encrypts it, and its replacement."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qbo_pipeline.pipeline.connect import NotConnected, open_vault
from qbo_pipeline.quickbooks.errors import QuickBooksRefused
from qbo_pipeline.settings import Secrets, SettingsError, load_settings
from qbo_pipeline.store.tokens import StoredTokenStore, VaultError
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import NAME, Shop, open_shop

VARIABLE = f"QBO_{NAME.upper()}_ENCRYPTION_KEY"
NEW = base64.b64encode(bytes(range(32))).decode()


@contextmanager
def vault(shop: Shop) -> Iterator[StoredTokenStore]:
    with shop.run() as run:
        run.quickbooks().company_info()  # the refresh token of the environment is used, and the next one stored
        yield open_vault(run.settings, run.secrets, run.tokens)


def given_key(shop: Shop) -> str:
    lines = (shop.folder / ".env").read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in lines if line.startswith(f"{VARIABLE}="))
    return line.partition("=")[2].strip("'\"")


def without_key(shop: Shop, *lines: str) -> None:
    """Take the key out of the file of secrets, and put other lines in its place."""
    file = shop.folder / ".env"
    kept = [line for line in file.read_text(encoding="utf-8").splitlines() if VARIABLE not in line]
    file.write_text("\n".join([*kept, *lines]) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("days", "state", "status", "said"),
    [
        (400, "good", 0, "Access to QuickBooks: lasts until"),
        (29, "ends_soon", 1, "in 29 days, and no run can renew it: connect the company again before"),
        (-2, "ended", 1, "the connection to QuickBooks expired on"),
    ],
)
def test_status_and_preflight_say_how_long_our_access_lasts(
    shop: Shop, qbo: CommandLine, days: int, state: str, status: int, said: str
) -> None:
    with vault(shop) as store:
        stored = store.load()
        assert stored is not None
        end = datetime.now(UTC) + timedelta(days=days, minutes=5)
        soon = datetime.now(UTC) + timedelta(hours=1)
        store.save(replace(stored.tokens, hard_expires_at=end, access_expires_at=soon))
    text = qbo("status", "--settings", shop.settings)
    found = qbo("status", "--settings", shop.settings, "--json")
    assert (text.status, found.status) == (status, status)
    assert said in text.plain
    assert ("qbo-pipeline connect" in text.plain) == (state != "good")
    assert (found.json["access"]["state"], found.json["access"]["hard_end"]) == (state, end.isoformat())
    checks = {item["check"]: item for item in qbo("preflight", "--settings", shop.settings, "--json").json}
    assert checks["access"]["ok"] == (state == "good")
    if state == "good":
        assert "(400 days left)" in text.plain
    else:
        assert checks["access"]["remedy"] == "Connect the company again: qbo-pipeline connect"


def test_status_of_a_refused_access_says_so(shop: Shop, qbo: CommandLine) -> None:
    with vault(shop) as store:
        stored = store.load()
        assert stored is not None
        store.fail_mint(store.begin_mint(stored.version, lease=30, pause=300), refused=True)
    answer = qbo("status", "--settings", shop.settings)
    assert answer.status == 1
    assert "QuickBooks refused to renew our access at" in answer.plain


def test_status_of_a_connection_that_is_not_connected_yet_is_no_failure(tmp_path: Path, qbo: CommandLine) -> None:
    shop = open_shop(tmp_path, None)
    answer = qbo("status", "--settings", shop.settings, "--json")
    assert (answer.status, answer.json["access"]["state"]) == (0, "none")


def test_a_key_is_replaced_without_connecting_again(shop: Shop, qbo: CommandLine) -> None:
    old = given_key(shop)
    with vault(shop) as store:
        before = store.load()
    settings = ("--settings", shop.settings)
    assert "nothing to do" in qbo("rotate-key", *settings).plain

    without_key(shop, f"{VARIABLE}=2:{NEW},1:{old}")
    preview = qbo("rotate-key", *settings, "--dry-run")
    assert (preview.status, "with the key '1' and would be with '2'" in preview.plain) == (0, True)
    with shop.run() as run:
        assert rows(run, "SELECT key_id FROM tokens") == [{"key_id": "1"}]
    done = qbo("rotate-key", *settings, "--json")
    assert (done.status, done.json) == (
        0,
        {"connection": NAME, "key_before": "1", "current_key": "2", "rotated": True},
    )
    assert qbo("rotate-key", *settings, "--json").json["rotated"] is False

    without_key(shop, f"{VARIABLE}=2:{NEW}")
    with vault(shop) as store:
        assert store.load() == before
    for answer in (preview, done):
        assert NEW not in answer.out + answer.err
        assert old not in answer.out + answer.err


def test_a_key_that_is_taken_out_too_early_is_named(shop: Shop, qbo: CommandLine) -> None:
    with vault(shop):
        pass
    without_key(shop, f"{VARIABLE}=2:{NEW}")
    answer = qbo("rotate-key", "--settings", shop.settings)
    assert answer.status == 2
    assert "the key '1', which is not at hand" in answer.err
    assert NEW not in answer.err


def test_nothing_is_stored_yet(tmp_path: Path, qbo: CommandLine) -> None:
    shop = open_shop(tmp_path, None)
    assert "no tokens are stored" in qbo("rotate-key", "--settings", shop.settings).plain


@pytest.mark.parametrize("where", ["relative", "absolute"])
def test_the_key_may_lie_in_a_file(shop: Shop, where: str) -> None:
    key = shop.folder / "vault.key"
    key.write_text(f"{given_key(shop)}\n", encoding="ascii")
    without_key(shop, f"{VARIABLE}_FILE={key.name if where == 'relative' else key}")
    with vault(shop) as store:
        assert store.load() is not None
    assert given_text(shop) == key.read_text(encoding="ascii").strip()


def given_text(shop: Shop) -> str:
    secrets = Secrets.read(load_settings(shop.settings))
    assert secrets.encryption_key is not None
    return secrets.encryption_key.get_secret_value()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        ("schlüssel".encode(), "is not a text of base64 characters"),
    ],
)
def test_a_key_file_that_cannot_be_used_says_why(tmp_path: Path, content: bytes | None, said: str) -> None:
    shop = open_shop(tmp_path, None)
    key = tmp_path / "vault.key"
    if content is not None:
        key.write_bytes(content)
    without_key(shop, f"{VARIABLE}_FILE={key}")
    with pytest.raises(SettingsError) as caught:
        Secrets.read(load_settings(shop.settings))
    assert str(caught.value).startswith(f"{VARIABLE}_FILE names {key}, which ")
    assert said in str(caught.value)


def test_a_key_and_its_file_at_once_are_refused(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, None)
    without_key(shop, f"{VARIABLE}=1:{NEW}", f"{VARIABLE}_FILE=vault.key")
    with pytest.raises(SettingsError, match="both set: which key counts"):
        Secrets.read(load_settings(shop.settings))


def test_a_file_without_a_key_in_it_is_refused_without_repeating_it(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, None)
    (tmp_path / "vault.key").write_text("canary-no-key!", encoding="ascii")
    without_key(shop, f"{VARIABLE}_FILE=vault.key")
    with shop.run() as run, pytest.raises(VaultError) as caught:
        open_vault(run.settings, run.secrets, run.tokens)
    assert "canary" not in str(caught.value)


def test_a_missing_key_is_asked_for_by_both_names(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, None)
    without_key(shop)
    with shop.run() as run, pytest.raises(NotConnected, match=r"_FILE") as caught:
        open_vault(run.settings, run.secrets, run.tokens)
    assert VARIABLE in str(caught.value)


def test_a_mistyped_refresh_token_is_replaced_by_the_corrected_one(shop: Shop, qbo: CommandLine) -> None:
    """A token that never worked is not taken for the newer one, and its refusal does not hold up the right one."""
    file = shop.folder / ".env"
    right = file.read_text(encoding="utf-8")
    (line,) = (line for line in right.splitlines() if line.startswith(f"QBO_{NAME.upper()}_REFRESH_TOKEN="))
    file.write_text(right.replace(line, f"QBO_{NAME.upper()}_REFRESH_TOKEN=mistyped"), encoding="utf-8")
    with shop.run() as run, pytest.raises(QuickBooksRefused):
        run.quickbooks().company_info()
    file.write_text(right, encoding="utf-8")
    with shop.run() as run:
        assert run.quickbooks().company_info()
    # One that has worked stays, whatever the environment says.
    file.write_text(right.replace(line, f"QBO_{NAME.upper()}_REFRESH_TOKEN=another"), encoding="utf-8")
    with shop.run() as run:
        assert run.quickbooks().company_info()
