"""The tables of docs/mutants.md: they add up, their shares are right, and what they say changes nothing is listed."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from qbo_pipeline_tests.mutants.judging import judgements
from qbo_pipeline_tests.mutants.rooms import ROOMS

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "mutants.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| ([\w/.]+)[^|]* \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \((\d+\.\d) %\) \| ([\d,]+) \|$", re.MULTILINE
)


def _rows(*, files: bool) -> dict[str, tuple[int, int, int, str, int]]:
    found = {}
    for name, *numbers in ROW.findall(TEXT):
        mutants, nothing, noticed, missed = (int(numbers[n].replace(",", "")) for n in (0, 1, 2, 4))
        if name.endswith(".py") is files:
            found[name] = (mutants, nothing, noticed, numbers[3], missed)
    return found


@pytest.mark.parametrize("name", [*_rows(files=True), *_rows(files=False)])
def test_a_row_adds_up_to_its_mutants_and_its_share(name: str) -> None:
    mutants, nothing, noticed, share, missed = (_rows(files=True) | _rows(files=False))[name]
    assert nothing + noticed + missed == mutants
    assert share == f"{100 * noticed / (mutants - nothing):.1f}"


def test_what_changes_nothing_in_a_file_is_listed_so_often_or_more() -> None:
    """A sample has some of those that are listed; none that is not."""
    listed: Counter[str] = Counter()
    for entry in judgements():
        listed[entry.key[0].removeprefix("qbo_pipeline/")] += entry.times
    assert {name: row for name, row in _rows(files=True).items() if row[1] > listed[name]} == {}


def test_a_room_is_the_sum_of_its_files_and_every_room_is_there() -> None:
    rooms = _rows(files=False)
    assert set(rooms) == set(ROOMS)
    sums: dict[str, Counter[int]] = {}
    for name, row in _rows(files=True).items():
        assert (ROOT / "qbo_pipeline" / name).is_file()
        sums.setdefault(name.partition("/")[0], Counter()).update({n: row[n] for n in (0, 1, 2, 4)})
    for room, total in sums.items():
        assert tuple(total[n] for n in (0, 1, 2, 4)) == tuple(rooms[room][n] for n in (0, 1, 2, 4)), room
