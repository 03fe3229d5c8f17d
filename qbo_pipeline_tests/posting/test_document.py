"""The table of faults in docs/posting.md names tests that exist, and every fault once."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "posting.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_is_there() -> None:
    named = re.findall(r"`([a-z_/]+\.py)::(test_\w+)`", TEXT)
    assert len(named) > 40
    missing = [
        f"{file}::{name}"
        for file, name in named
        if f"def {name}(" not in (ROOT / "qbo_pipeline_tests" / file).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_all_47_faults_are_there_once() -> None:
    numbers = re.findall(r"^\| ([\d, ]+) \|", TEXT, re.MULTILINE)
    assert [int(number) for number in chain.from_iterable(row.split(", ") for row in numbers)] == list(range(1, 48))
