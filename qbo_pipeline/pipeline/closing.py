"""What is closed: through which day no posting goes out without a person's approval, and why.

Two things close a period: QuickBooks' own closing date, and a sign-off by two people that still holds. The later of
the two counts. A sign-off that is void closes nothing; what was held under it still waits for its approval.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from qbo_pipeline.pipeline.company_preferences import closing_date
from qbo_pipeline.store.reconciliations import load_sign_offs
from qbo_pipeline.store.reference import references


@dataclass(frozen=True, slots=True)
class Closed:
    """The last closed day, and why it is closed, in words that begin a sentence."""

    through: date
    why: str

    @property
    def first_open_day(self) -> date:
        return self.through + timedelta(days=1)


def closed_period(connection: Connection, name: str) -> Closed | None:
    """What is closed for the connection `name`, by the reference data and the sign-offs that the store has."""
    found = []
    for _, sign_off in load_sign_offs(connection, name):
        if sign_off.state == "signed":
            people = f"{sign_off.preparer} and {sign_off.reviewer}"
            found.append(Closed(sign_off.as_at, f"the period through {sign_off.as_at} is signed off by {people}"))
    books = closing_date([item.content for item in references(connection, name, "Preferences")])
    if books is not None:
        found.append(Closed(books, f"the books are closed through {books}"))
    return max(found, key=lambda closed: closed.through, default=None)
