"""Webhooks of inventory systems: who is let in, what is kept of them, and when the system is worth asking."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.pipeline.source_hints import AT_LEAST_EVERY, READ, begin_asking, was_asked, worth_asking
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.settings import Settings, SettingsError, load_settings
from qbo_pipeline.store.database import open_database
from qbo_pipeline.store.webhooks import SOURCE_TOLD, keep_source_instant, source_instant
from qbo_pipeline.webhooks.intake import Member, member
from qbo_pipeline_tests.pipeline.connections import write_connection
from qbo_pipeline_tests.webhooks.receiving import Receiving, made, receiving

TOKEN = "canary-source-7f31-token"


def with_source(store_url: str, name: str = "shop", token: str = TOKEN) -> Member:
    return Member(name, ("sandbox", name), store_url, None, Secret(token))


def told(store_url: str, name: str = "shop") -> bool:
    database = open_database(store_url)
    with database.reading() as connection:
        found = source_instant(connection, name, SOURCE_TOLD)
    database.close()
    return found is not None


def post(running: Receiving, path: str, authorization: str | None = None, body: bytes = b"{}") -> int:
    url = running.url.replace("/webhooks/quickbooks", f"/webhooks/source/{path}")
    headers = {} if authorization is None else {"authorization": authorization}
    return running.client.post(url, content=body, headers=headers).status_code


@pytest.mark.parametrize(
    ("path", "authorization", "status"),
    [
        ("shop", f"Bearer {TOKEN}", 200),
        ("shop", f"bearer {TOKEN}", 200),
        (f"shop/{TOKEN}", None, 200),
        ("shop", None, 401),
        ("shop", f"Basic {TOKEN}", 401),
        ("shop", "Bearer another-token-of-somebody", 401),
        (f"other/{TOKEN}", None, 401),
        ("quiet", "Bearer none", 401),
        (f"shop/{TOKEN}x", f"Bearer {TOKEN}", 401),
    ],
)
def test_who_shows_the_token_of_the_connection_is_let_in(
    path: str, authorization: str | None, status: int, quick_store_url: str
) -> None:
    members = (
        with_source(quick_store_url),
        with_source(quick_store_url, "other", "canary-of-another-one"),
        made(quick_store_url, "quiet"),
    )
    with receiving(*members) as running:
        assert post(running, path, authorization) == status
        assert running.counts().get("source_told", 0) == (status == 200)
    assert told(quick_store_url) == (status == 200)


def test_what_it_says_is_not_looked_at_and_what_is_too_long_is_refused(quick_store_url: str) -> None:
    with receiving(with_source(quick_store_url)) as running:
        assert post(running, "shop", f"Bearer {TOKEN}", b"no json at all") == 200
        assert post(running, "shop", f"Bearer {TOKEN}", b"x" * (1 << 20) + b"x") == 413


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("QBO_DEMO_SOURCE_WEBHOOK_TOKEN", TOKEN)
    file = write_connection(tmp_path, "demo", None, currency="USD", first_day="2026-10-01", source_kind="cin7_core",
                            source_url="http://127.0.0.1:9/")  # fmt: skip
    return load_settings(file)


def keep(run: Run, name: str, ago: timedelta) -> None:
    with run.database.transaction() as connection:
        keep_source_instant(connection, run.name, name, run.database.now(connection) - ago)


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("told_ago", "read_ago", "worth"),
    [
        (None, None, True),  # never read
        (None, MINUTE, False),
        (5 * MINUTE, MINUTE, False),
        (MINUTE, 5 * MINUTE, True),
        (None, AT_LEAST_EVERY, True),
    ],
)
def test_a_system_is_asked_where_it_told_of_a_change_and_once_an_hour(
    told_ago: timedelta | None, read_ago: timedelta | None, worth: bool, settings: Settings
) -> None:
    with open_run(settings) as run:
        for name, ago in ((SOURCE_TOLD, told_ago), (READ, read_ago)):
            if ago is not None:
                keep(run, name, ago)
        assert worth_asking(run) == worth


def test_a_reading_that_ran_out_of_time_is_gone_on_with(settings: Settings) -> None:
    with open_run(settings) as run:
        began = begin_asking(run)
        was_asked(run, began)
        assert worth_asking(run)
        keep(run, "landing:cin7_core:since", timedelta(0))
        was_asked(run, began)
        assert not worth_asking(run)


def test_without_a_token_a_system_is_asked_each_time(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QBO_DEMO_SOURCE_WEBHOOK_TOKEN")
    with open_run(settings) as run:
        keep(run, READ, timedelta(0))
        assert worth_asking(run)


def test_a_token_that_is_easily_guessed_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert member(settings).verifier_token is None
    monkeypatch.setenv("QBO_DEMO_SOURCE_WEBHOOK_TOKEN", "short")
    with pytest.raises(SettingsError, match="shorter than 20"):
        member(settings)
