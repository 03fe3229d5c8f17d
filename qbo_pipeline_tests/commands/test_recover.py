"""The store is restored from yesterday's copy: nothing that QuickBooks holds is posted again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from qbo_pipeline.pipeline import load as load_stage
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.shell import PosterSettings
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop

SOMEBODY = ("--who", "an engineer", "--why", "the disk of the store failed")


def test_a_restored_store_posts_nothing_twice(
    shop: Shop, qbo: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = ("--settings", shop.settings)
    emulator = shop.emulator
    assert emulator is not None
    emulator.control("settings", {"request_id": "ignore"})  # whatever is sent again would be made again
    hasty = PosterSettings(Policy(lag=0.01))
    monkeypatch.setattr(load_stage, "poster_settings", lambda _: hasty)

    assert qbo("run", "--from", FIRST_DAY, "--to", FIRST_DAY, *settings).status == 0
    with shop.run() as run:
        store = Path(str(run.database.url.database))
    copy = Path(shutil.copy(store, tmp_path / "copy.sqlite"))
    week = ("--from", FIRST_DAY, "--to", LAST_DAY)
    assert qbo("run", *week, *settings).status == 0
    as_it_was = qbo("reconcile", "--as-at", LAST_DAY, *settings, "--json").json
    for file in store.parent.glob(f"{store.name}-*"):
        file.unlink()
    shutil.copy(copy, store)

    answer = qbo("recover", *SOMEBODY, *settings)
    assert (answer.status, "looked for in QuickBooks before it is sent" in answer.plain) == (0, True)
    again = qbo("recover", *SOMEBODY, *settings)
    assert (again.status, "recovers already" in again.plain) == (1, True)
    assert "The store recovers since" in qbo("status", *settings).plain
    before = emulator.meter()["core"]
    assert qbo("run", *week, *settings).status == 0
    assert emulator.meter()["core"] == before
    now = qbo("reconcile", "--as-at", LAST_DAY, *settings, "--json").json
    amounts = ("stock_value", "ledger_balance", "difference", "unexplained")
    assert [now[name] for name in amounts] == [as_it_was[name] for name in amounts]

    assert "sends at once again" in qbo("recover", *SOMEBODY, "--end", *settings).plain
    assert "recovers since" not in qbo("status", *settings).plain
