"""Who decides, and that it cannot be: what every decision of a person has.

What belongs here: the person with a reason, the error, and the journal's line about a decision that is no posting's.
What is decided about postings is in `decisions.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from qbo_pipeline.errors import PermanentError
from qbo_pipeline.store import evidence


class NotPossible(PermanentError):
    """The posting is not in a state in which this can be decided; the message says what can."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who decides, and why; both are kept in the journal."""

    who: str
    why: str

    def __post_init__(self) -> None:
        if not self.who.strip() or not self.why.strip():
            raise NotPossible("a decision needs somebody's name and a reason")


def note_decision(
    transaction: Connection, connection: str, names: Sequence[str], person: Person, now: datetime
) -> None:
    """The lines of the journal about decisions that are no posting's: `names` are those of their watermarks."""
    assert all(name.startswith(evidence.DECISIONS) for name in names)
    rows = [(name,) for name in names]
    evidence.note_all(
        transaction, connection, evidence.DECISION, rows, "decided", now=now, who=person.who, why=person.why
    )
