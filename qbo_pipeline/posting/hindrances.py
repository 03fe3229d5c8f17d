"""What keeps the next revision of a posting back, by how the one before it ended.

What belongs here: the table of endings, and the one question to it. What a revision is made of is in `revising.py`.
"""

from __future__ import annotations

from typing import NamedTuple

from qbo_pipeline.posting.asking import (
    DELETED_BEFORE,
    DRIFTED_BEFORE,
    REMOVED_TEXT,
    REVERSED,
    SKIPPED_BEFORE,
    UNLINKED,
)
from qbo_pipeline.posting.core import FOUND_TWICE
from qbo_pipeline.posting.events import (
    DELETE,
    DELETED,
    DRIFTED,
    PARKED,
    SKIPPED,
    VOID,
)
from qbo_pipeline.posting.states import Origin
from qbo_pipeline.store.postings import Standing

# By what became of a posting (its state or, where it is parked, the reason): why new content for it may not be sent
# without a person's order. The value is the reason under which the new content is parked, and the message for people.
Hindrance = tuple[str, str]
_CHANGED = (DRIFTED_BEFORE, "somebody changed it in QBO: relink or order an overwrite before it is updated")
_REMOVED = (DELETED_BEFORE, REMOVED_TEXT)
_LEFT_OUT = (SKIPPED_BEFORE, "an earlier content was skipped by a person: decide about this one")
_HINDRANCES: dict[str, Hindrance] = {
    DRIFTED: _CHANGED,
    DRIFTED_BEFORE: _CHANGED,
    DELETED: _REMOVED,
    DELETED_BEFORE: _REMOVED,
    SKIPPED: _LEFT_OUT,
    SKIPPED_BEFORE: _LEFT_OUT,
    FOUND_TWICE: (FOUND_TWICE, "QBO holds more than one object with its marker: leave one there, then retry"),
    UNLINKED: (UNLINKED, "somebody unlinked it from QBO: retry to post it anew, or relink"),
    REVERSED: (REVERSED, "a person reversed it: approve what is to be in the books now, or skip"),
}
# The same where the record is gone, so that the object is to be taken out of QBO.
_CHANGED_AND_GONE = (DRIFTED_BEFORE, "its record is gone, and somebody changed it in QBO: decide what is to be there")
_REVERSED_AND_GONE = (REVERSED, "its record is gone, and a person reversed it: approve to take it out as well, or skip")
_HINDRANCES_WHEN_GONE: dict[str, Hindrance] = {
    **dict.fromkeys((DRIFTED, DRIFTED_BEFORE, FOUND_TWICE), _CHANGED_AND_GONE),
    REVERSED: _REVERSED_AND_GONE,
}


class Ended(NamedTuple):
    """What became of a revision."""

    state: str
    reason: str | None
    origin: str

    @classmethod
    def of(cls, row: Standing) -> Ended:
        return cls(row["state"], row["reason"], row["origin"])


def hindrance(before: Ended, operation: str, *, reversed_by_date: bool = False) -> Hindrance | None:
    """Why what follows a posting must not be sent unasked: the reason to park it under, and the words.

    `operation` is that of what follows.
    """
    table = _HINDRANCES_WHEN_GONE if operation in (VOID, DELETE) else _HINDRANCES
    if reversed_by_date or before.origin == Origin.REVERSAL:
        return table[REVERSED]
    return table.get((before.reason or "") if before.state == PARKED else before.state)
