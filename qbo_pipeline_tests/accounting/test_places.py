"""Which account, class and department each line takes, against what a person has looked at (`outcomes/places.json`)."""

from __future__ import annotations

import pytest

from qbo_pipeline_tests.accounting.outcomes.places import known, told

KNOWN = known()


@pytest.mark.parametrize("case", KNOWN)
def test_what_is_named_shows_where_it_counts_and_what_is_not_named_is_said(case: str) -> None:
    for question, answer in KNOWN[case].items():
        assert told(case, question) == answer, question
