"""The rules at their edges: books in which two rules meet, a limit is just reached, or a name is all that tells.

What belongs here: small books in the language of `language.py`, each with the differences that a person worked out by
hand. `test_telling.py` holds each to these, and all that can stand in one ledger together (`together.py`) as well and,
to the last word, to `told/`.
"""

from __future__ import annotations

from qbo_pipeline_tests.reconciliation.corners.beginning import BEGINNING, LARGE
from qbo_pipeline_tests.reconciliation.corners.others import BY_OTHERS
from qbo_pipeline_tests.reconciliation.corners.qbo import QBO
from qbo_pipeline_tests.reconciliation.corners.source import SOURCE
from qbo_pipeline_tests.reconciliation.corners.waiting import WAITING

CORNERS = WAITING | SOURCE | QBO | BY_OTHERS | BEGINNING | LARGE
