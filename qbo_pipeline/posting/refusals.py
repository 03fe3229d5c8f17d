"""The kinds of refusal that the posting protocol tells apart.

What belongs here: their names, which are also the reasons under which a posting is parked. Which fault is of which
kind is the client's knowledge (`quickbooks/faults.py`); `answers.py` holds the table between the two.
"""

from __future__ import annotations

INVALID = "refused"
CLOSED = "closed_period"
DUPLICATE_NUMBER = "duplicate_number"
DUPLICATE_NAME = "duplicate_name"
DUPLICATE_REQUEST = "duplicate_request"
STALE = "conflict"
MISSING = "missing"
UNSURE = "unsure"  # QBO failed inside, or asks for patience: the object may be there

# Refusals after which the object may be there all the same: read back before anything else.
LOOK_FIRST = frozenset({DUPLICATE_NUMBER, DUPLICATE_NAME, DUPLICATE_REQUEST, STALE})
