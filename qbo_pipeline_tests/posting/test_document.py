"""The table of faults in docs/posting.md has every fault once."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "posting.md").read_text(encoding="utf-8")


def test_all_47_faults_are_there_once() -> None:
    numbers = re.findall(r"^\| ([\d, ]+) \|", TEXT, re.MULTILINE)
    assert [int(number) for number in chain.from_iterable(row.split(", ") for row in numbers)] == list(range(1, 48))
