"""The rooms that are tried: which files are mutated, and which tests have to notice.

What belongs here: that table, and nothing else. The tests are those of the room itself which need no database and no
server: a mutant that only they notice is noticed where the rule stands.
"""

from __future__ import annotations

from typing import NamedTuple

TESTS = "qbo_pipeline_tests"


class Room(NamedTuple):
    """One room: patterns of the files to mutate and of the files with tests, from the root of the repository."""

    sources: tuple[str, ...]
    tests: tuple[str, ...]
    without: tuple[str, ...] = ()
    """Files of tests that take no part: they need a database, start processes, or read the sources, which hold all
    mutants here."""


CORE = ("core", "content", "identity", "policy")
CORE_TESTS = ("core", "core_changes", "content", "facts", "identity", "policy")

ROOMS: dict[str, Room] = {
    "posting": Room(
        tuple(f"qbo_pipeline/posting/{name}.py" for name in CORE),
        tuple(f"{TESTS}/posting/test_{name}.py" for name in CORE_TESTS),
    ),
    "accounting": Room(
        ("qbo_pipeline/accounting/*.py",),
        (f"{TESTS}/accounting/test_*.py",),
        without=(f"{TESTS}/accounting/test_refusals.py",),
    ),
    "reconciliation": Room(
        ("qbo_pipeline/reconciliation/*.py",),
        (f"{TESTS}/reconciliation/test_*.py",),
        without=(f"{TESTS}/reconciliation/test_store.py",),
    ),
    "inventory": Room(("qbo_pipeline/inventory/*.py",), (f"{TESTS}/inventory/test_*.py",)),
}
