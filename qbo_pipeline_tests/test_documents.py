"""The tests that documents name are there, and each line of the tables of promises has one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted((ROOT / "docs").rglob("*.md"))
NAMED = re.compile(r"`([a-z_0-9/]+\.py)::(test_\w+)`")


def defines(file: str, name: str) -> bool:
    """Whether a file of the tests has a test of that name."""
    return f"def {name}(" in (ROOT / "qbo_pipeline_tests" / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_test_that_is_named_is_there(document: Path) -> None:
    named = NAMED.findall(document.read_text(encoding="utf-8"))
    assert [f"{file}::{name}" for file, name in named if not defines(file, name)] == []


@pytest.mark.parametrize(
    ("document", "begin", "end", "at_least"),
    [
        ("security", "## Weakness", "## The receiver", 50),
        ("changes-around", "## One company", r"\Z", 50),
        ("write-back", "## What others", "## What it costs", 16),
    ],
)
def test_every_promise_names_its_test(document: str, begin: str, end: str, at_least: int) -> None:
    text = (ROOT / "docs" / f"{document}.md").read_text(encoding="utf-8")
    part = re.search(rf"{begin}.*?(?={end})", text, re.DOTALL)
    assert part
    lines = [line for line in re.findall(r"^\| (?!---).*", part[0], re.MULTILINE) if not line.endswith("shown by |")]
    assert len(lines) >= at_least
    assert [line for line in lines if not re.search(NAMED.pattern + r" \|$", line)] == []
