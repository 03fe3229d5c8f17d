"""Every refusal and exclusion of the rules is among the outcomes that are written down whole."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline import accounting
from qbo_pipeline.accounting import drafts
from qbo_pipeline_tests.accounting.outcomes.writing import told


def test_every_refusal_and_exclusion_of_the_rules_is_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call of `refuse` and `exclude` ends one of the outcomes, so that its words and fields are held."""
    ended: set[tuple[str, int]] = set()

    class Seen(drafts.Stop):
        def __init__(self, outcome: Any) -> None:
            caller = sys._getframe(2)
            ended.add((Path(caller.f_code.co_filename).name, caller.f_lineno))
            super().__init__(outcome)

    monkeypatch.setattr(drafts, "Stop", Seen)
    told()
    (folder,) = accounting.__path__
    calls = [
        (path.name, node)
        for path in Path(folder).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) in ("refuse", "exclude")
    ]
    assert len(calls) > 60
    for file, call in calls:
        lines = range(call.lineno, (call.end_lineno or call.lineno) + 1)
        assert any((file, line) in ended for line in lines), f"{file}, line {call.lineno}"
