"""docs/systems/taken.md is made of the tables of abilities."""

from __future__ import annotations

from qbo_pipeline_tests.conftest import ROOT
from qbo_pipeline_tests.systems.what_is_taken import text


def test_the_page_says_what_the_tables_say() -> None:
    assert (ROOT / "docs" / "systems" / "taken.md").read_text(encoding="utf-8") == text()
