"""The table of weaknesses in docs/security.md names tests that exist, and each line has one."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
TABLE = TEXT.partition("## Weakness")[2].partition("\n## ")[0]


def test_every_weakness_names_a_test_that_is_there() -> None:
    lines = [line for line in TABLE.splitlines() if line.startswith("| ")][1:]
    assert len(lines) > 30
    for line in lines:
        named = re.search(r"`([a-z_/]+\.py)::(test_\w+)` \|$", line)
        assert named, line
        assert f"def {named[2]}(" in (ROOT / "qbo_pipeline_tests" / named[1]).read_text(encoding="utf-8"), line
