"""Content hashes of version 1: what was signed by one stays comparable for ever."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline_tests.reconciliation.telling import BOOKS

AS_THEY_WERE = {
    "a month of everything": "f84fbf581ae2409e95006402c0e1c226",
    "large amounts on every side: no cent is lost": "237ddcc88d66cda6311a3f79a6098263",
    "the source contradicts itself": "6c768cc123151e92e799d6e5d6e1cb90",
    "stock and entries before the first day that do not agree": "b97f3b234461d0683d98676266fa6577",
    "eleven days that changed since they were read, and stock without a place": "3fc6fe478862868444e619c3be180e2e",
}
"""By the name of the books, how the hash begins that they had when there was no other version."""


@pytest.mark.parametrize("name", AS_THEY_WERE)
def test_a_hash_of_version_1_is_what_it_was(name: str) -> None:
    assert reconcile(replace(BOOKS[name], hash_version=1)).content_hash.startswith(AS_THEY_WERE[name])
