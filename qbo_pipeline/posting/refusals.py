"""The kinds of refusal that the posting protocol tells apart.

What belongs here: the short names of these reasons, and which of them are read back first. Which fault is of which kind
is the client's knowledge (`quickbooks/faults.py`); `answers.py` holds the table between the two.
"""

from __future__ import annotations

from qbo_pipeline.posting.states import Reason

INVALID, MISSING, CLOSED, UNSURE = Reason.INVALID, Reason.MISSING, Reason.CLOSED_PERIOD, Reason.UNSURE
DUPLICATE_NUMBER, DUPLICATE_NAME = Reason.DUPLICATE_NUMBER, Reason.DUPLICATE_NAME
DUPLICATE_REQUEST, STALE = Reason.DUPLICATE_REQUEST, Reason.CONFLICT

# Refusals after which the object may be there all the same: read back before anything else.
LOOK_FIRST = frozenset({DUPLICATE_NUMBER, DUPLICATE_NAME, DUPLICATE_REQUEST, STALE})
