"""Which facts each source tells of the same month, as docs/systems/README.md says."""

from __future__ import annotations

from pathlib import Path

import pytest

from qbo_pipeline_tests.conftest import ROOT
from qbo_pipeline_tests.systems import which_columns
from qbo_pipeline_tests.systems.who_knows_what import YES, read_all, table


@pytest.mark.torture
def test_the_document_says_which_facts_each_source_tells(tmp_path: Path) -> None:
    found = read_all(tmp_path)
    told = table(found)
    assert told in (ROOT / "docs" / "systems" / "README.md").read_text(encoding="utf-8")
    # What is delivered by our own contract is told whole, whichever way it comes.
    for source in ("csv", "http_contract"):
        assert found[source] == found["sql"]
    assert told.count(YES) > 100


@pytest.mark.torture
def test_the_document_says_which_columns_each_system_fills(tmp_path: Path) -> None:
    told = which_columns.table(which_columns.read_all(tmp_path))
    assert told in (ROOT / "docs" / "systems" / "README.md").read_text(encoding="utf-8")
    assert told.count("yes") > 100
