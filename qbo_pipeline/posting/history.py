"""One posting's whole story, for `show` and for reports.

What belongs here: reading it together from revisions, journal, link and effects. Nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from qbo_pipeline.store import attempts
from qbo_pipeline.store.postings import Link, links, revisions
from qbo_pipeline.store.tables.posting import posting_effects


@dataclass(frozen=True, slots=True)
class History:
    """`revisions`, `journal` and `effects` hold the columns of their tables, oldest first."""

    key: str
    revisions: list[dict[str, Any]]
    journal: list[dict[str, Any]]
    effects: list[dict[str, Any]]
    link: Link | None


def history(reading: Connection, connection: str, key: str) -> History | None:
    """Everything that is known of a posting; `None` where there is none of this key."""
    found = revisions(reading, connection, key)
    if not found:
        return None
    effects = reading.execute(
        select(posting_effects)
        .where(posting_effects.c.connection == connection, posting_effects.c.key == key)
        .order_by(posting_effects.c.revision, posting_effects.c.line)
    )
    return History(
        key,
        [dict(row) for row in found],
        [dict(row) for row in attempts.history(reading, connection, key)],
        [dict(row) for row in effects.mappings()],
        links(reading, connection, [key]).get(key),
    )
