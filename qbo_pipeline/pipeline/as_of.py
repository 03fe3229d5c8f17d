"""What stood where at an instant in the past, for a ledger that could not be read since."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, select

from qbo_pipeline.store.tables.posting import postings


def states_as_of(connection: Connection, name: str, instant: datetime) -> dict[tuple[str, int], str]:
    """The states that revisions of postings (key, revision) had at an instant, for those that were posted later and
    those that they superseded: a ledger read then has the old ones and cannot have the new ones."""
    columns = (postings.c.key, postings.c.revision, postings.c.state, postings.c.posted_at)
    mine = (postings.c.connection == name, postings.c.posted_at.is_not(None))
    later = select(postings.c.key).where(*mine, postings.c.posted_at > instant)
    query = select(*columns).where(*mine, postings.c.key.in_(later)).order_by(postings.c.key, postings.c.revision)
    found: dict[tuple[str, int], str] = {}
    for key, revisions in groupby(connection.execute(query), key=lambda row: row.key):
        rows = list(revisions)
        found |= {(key, row.revision): "ready" for row in rows if row.posted_at > instant and row.state == "posted"}
        earlier = [row for row in rows if row.posted_at <= instant]
        if earlier and earlier[-1].state == "superseded":
            found[key, earlier[-1].revision] = "posted"
    return found
