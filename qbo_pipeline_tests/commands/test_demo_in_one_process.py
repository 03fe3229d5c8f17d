"""The demo without Dagster, in one process and with few papers: whether a mode of it runs to its end.

What belongs here: what every commit is to see of it. The whole month, each country and what the command prints are
`test_demo.py`'s, in the long run.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from qbo_pipeline.commands.demo_books import open_books
from qbo_pipeline.commands.demo_choices import DemoMode
from qbo_pipeline.commands.demo_servers import DemoFolder
from qbo_pipeline.commands.demonstrate import FIRST_DAY, prepare
from qbo_pipeline.demo.boatyard import supply
from qbo_pipeline.demo.boatyard.story import CALENDAR
from qbo_pipeline.demo.company import generate
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry_file

# Goods that cost more after they are all sold: a movement without a line of stock, which ended the reconciliation once.
(LATE,) = (day for day, occasions in CALENDAR.items() if supply.late_cost in occasions)


def test_the_boatyard_in_tracked_mode_runs_to_its_end(tmp_path: Path) -> None:
    folder, days = DemoFolder(tmp_path), LATE + 1
    generate(folder.company, seed=7, first_day=FIRST_DAY, days=days, size=1, boatyard=True)
    with running_emulator("--limits", "off") as emulator:
        names = ("base_url", "realm", "client_id", "client_secret", "refresh_token")
        start = {name: getattr(emulator, name) for name in names}
        prepare(folder, start, days, mode=DemoMode.TRACKED, boatyard=True)
        open_books(folder, boatyard=True)
        result = carry_file(folder.settings, FIRST_DAY, FIRST_DAY + timedelta(days=days - 1)).result
    assert result.unexplained == 0
    assert result.status == "explained"
    assert any(note.endswith(" 0 have another quantity there.") for note in result.notes)
