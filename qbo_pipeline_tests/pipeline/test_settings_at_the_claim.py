"""Two processes with two settings files on one store: a run sends nothing that the other one's settings have made, also
where that was drafted between its last look and its claim. And what was posted before settings were kept is compared.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from qbo_pipeline.pipeline import load as loading
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.looking import looking
from qbo_pipeline.pipeline.restating import count_restatements
from qbo_pipeline.pipeline.restating_preview import preview_restatements
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.pipeline.settings_in_force import read_in_force
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.settings import load_settings
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, draft, open_shop

OURS, THEIRS = 'cost_of_goods_sold = "Cost of Goods Sold"', 'cost_of_goods_sold = "Purchases"'


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator("--limits", "off") as running:
        yield running


def other_file(shop: Shop) -> Path:
    """A second settings file of the same connection, with another account."""
    file = Path(shutil.copy(shop.settings, shop.folder / "second.toml"))
    point_to(file, OURS, THEIRS)
    return file


def in_force_hash(run: Run) -> str:
    with run.database.reading() as reading:
        return read_in_force(reading, run).settings_hash


def sent_by(run: Run) -> set[str | None]:
    """The settings that made what was sent."""
    with run.database.reading() as reading:
        return set(reading.scalars(select(postings.c.settings_hash).where(postings.c.attempts > 0)))


def test_what_another_process_drafts_before_the_claim_is_not_sent_by_this_one(
    tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator, store_url=store_url)
        other = other_file(shop)
        with shop.run() as run, open_run(load_settings(other)) as second:
            draft(run)
            mine = in_force_hash(run)
            really = loading.hold_tracked_items

            def meanwhile(of: Run) -> None:
                really(of)
                if of is run:
                    transform(second, FIRST_DAY, LAST_DAY)

            with monkeypatch.context() as between:
                between.setattr(loading, "hold_tracked_items", meanwhile)
                loaded = load(run, FIRST_DAY, LAST_DAY)
            assert sent_by(run) <= {mine}
            assert loaded.summary.posted == 0
            assert loaded.remark is not None
            assert "were made by other settings than those of this run and were not sent" in loaded.remark
            assert loaded.summary.waited < 5

            again = load(run, FIRST_DAY, LAST_DAY)  # it builds them by its own settings first
            assert again.remark is None
            assert again.summary.posted > 0
            assert sent_by(run) == {mine}


def test_what_was_posted_before_settings_were_kept_is_compared_and_told(
    tmp_path: Path, emulator: RunningEmulator
) -> None:
    shop = open_shop(tmp_path, emulator)
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        with run.database.transaction() as connection:
            connection.execute(text("UPDATE postings SET settings_hash = NULL"))
            connection.execute(text("DELETE FROM settings_versions"))
        assert count_restatements(run) == 0
    point_to(shop.settings, OURS, THEIRS)
    with shop.run(only_look=True) as run:
        assert count_restatements(run) > 0
        with looking(run) as elsewhere:
            shown = list(preview_restatements(elsewhere))
    assert shown
    assert {one.would for one in shown} == {
        "would be updated; it was posted before settings were kept: by which ones is not known"
    }
