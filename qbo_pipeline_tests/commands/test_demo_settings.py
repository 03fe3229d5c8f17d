"""The demo's settings in each mode and country: valid, and as the modes and the boatyard want them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from qbo_pipeline.commands.demo_boatyard import BILLS_COME_AFTER, policies
from qbo_pipeline.commands.demo_choices import DemoCountry, DemoMode
from qbo_pipeline.commands.demonstrate import FIRST_DAY, demo_settings
from qbo_pipeline.settings import Settings, load_settings

EMULATOR = {"realm": "9130347798120106", "base_url": "http://127.0.0.1:9"}


def loaded(folder: Path, mode: DemoMode, country: DemoCountry, *, boatyard: bool) -> Settings:
    file = folder / "demo.toml"
    file.write_text(demo_settings(EMULATOR, 31, None, mode, country, boatyard=boatyard), encoding="utf-8")
    return load_settings(file)


@pytest.mark.parametrize("country", DemoCountry)
@pytest.mark.parametrize("mode", DemoMode)
def test_each_mode_and_country_has_valid_settings(mode: DemoMode, country: DemoCountry, tmp_path: Path) -> None:
    settings = loaded(tmp_path, mode, country, boatyard=True)
    said = settings.posting.model_dump(mode="json")
    for name, value in policies(mode, country).items():
        text = str(said[name]).lower() if isinstance(said[name], bool) else str(said[name]).replace("'", '"')
        assert value.strip('"') == text, name
    assert [block.channels for block in settings.not_exported] == [("MARKET",)]
    (later,) = settings.changes
    assert (later.first_day, later.posting.bills_from_orders) == (FIRST_DAY + BILLS_COME_AFTER, False)
    assert later.first_day > FIRST_DAY + timedelta(days=5)  # the order that makes its bill is finished before
    banks = {"us": "Checking", "uk": "EUR Account", "eu": "USD Account"}
    assert settings.accounts.hints["ABROAD"] == banks[country]


def test_behind_a_system_the_boatyards_policies_are_not_there(tmp_path: Path) -> None:
    settings = loaded(tmp_path, DemoMode.EXTERNAL, DemoCountry.US, boatyard=False)
    assert not settings.not_exported
    assert not settings.changes
    assert not settings.posting.link_orders
