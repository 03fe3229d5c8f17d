"""Typing mistakes in the settings and in the days of a command: file, line, setting, what is wrong, what is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.pipeline.connections import point_to
from qbo_pipeline_tests.pipeline.shop import DAYS, open_shop

# what is mistyped, and the words of the answer; {file} and {line} are those of the setting
MISTAKES = [
    ('currency = "USD"', 'curency = "USD"', "[connection] curency: there is no such setting, did you mean 'currency'?"),
    ('currency = "USD"', 'currency = "Dollar"', "[connection] currency: must be a currency code"),
    ("America/New_York", "America/New_Yrok", "no time zone has the name 'America/New_Yrok', did you mean"),
    ("first_day = 2024-03-01", 'first_day = "March"', "[connection] first_day:"),
    ('kind = "sql"', 'kind = "xml"', "[source] kind:"),
    ('environment = "emulator"', 'environment = "sandbocks"', "[quickbooks] environment:"),
    ('inventory = "Inventory Asset"', 'inventry = "Inventory Asset"', "'inventry' is no account role, did you mean"),
    ('vanished = "hold"', 'vanished = "maybe"', "[posting] vanished:"),
    ('tolerance = "0.00"', "tolerance = 0.01", 'write 0.01 in quotes ("0.01")'),
    ('at = "02:30"', 'at = "25:00"', "[schedule] at: must be a time of day, such as 02:30"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "words"), MISTAKES, ids=[wrong for _, wrong, _ in MISTAKES])
def test_a_typing_mistake_in_the_settings(tmp_path: Path, qbo: CommandLine, right: str, wrong: str, words: str) -> None:
    shop = open_shop(tmp_path, None)
    store = tmp_path / "store.sqlite"
    before = store.read_bytes()
    point_to(shop.settings, right, wrong)
    lines = shop.settings.read_text().splitlines()
    line = next(number for number, text in enumerate(lines, start=1) if wrong in text)
    answer = qbo("status", "--settings", shop.settings)

    assert answer.status == 2
    assert words in answer.plain
    assert f"{shop.settings}:{line}: " in answer.err
    assert "Traceback" not in answer.err
    assert store.read_bytes() == before


def test_all_mistakes_are_told_at_once_and_a_missing_file_says_how_to_begin(tmp_path: Path, qbo: CommandLine) -> None:
    shop = open_shop(tmp_path, None)
    for right, wrong, _ in MISTAKES[:1] + MISTAKES[4:5]:
        point_to(shop.settings, right, wrong)
    both = qbo("run", *DAYS, "--settings", shop.settings)
    missing = qbo("run", *DAYS, "--settings", tmp_path / "nothing.toml")
    none = qbo("run", *DAYS)

    assert (both.status, missing.status, none.status) == (2, 2, 2)
    assert "curency" in both.err
    assert "[source] kind" in both.err
    assert "there is no such file; `qbo-pipeline init`" in missing.err
    assert "QBO_PIPELINE_SETTINGS" in none.err


@pytest.mark.parametrize(
    "days", [("--from", "2024-03-07", "--to", "2024-03-01"), ("--from", "March", "--to", "2024-03-01")]
)
def test_days_that_are_none(tmp_path: Path, qbo: CommandLine, days: tuple[str, ...]) -> None:
    shop = open_shop(tmp_path, None)
    answer = qbo("run", *days, "--settings", shop.settings)
    assert answer.status == 2
    assert "is before --from" in answer.plain or "'March' is no date" in answer.plain
