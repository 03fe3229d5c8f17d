"""The line in the journal of attempts for each posting that migration 0009 parked: SQL writes none.

What belongs here: finding them by what the journal says of them last, and saying who parked them and why.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, func, select

from qbo_pipeline.store.attempts import AttemptLine, append
from qbo_pipeline.store.tables.posting import attempts, postings

_WHY = (
    "migration 0009: one object of QuickBooks holds one key; the first that was linked keeps it, this one waits for a "
    "person"
)


def journal_parked(connection: Connection, now: datetime) -> int:
    """Append what is missing; answers how many lines. Where the journal knows of all of them it appends nothing."""
    same = and_(
        attempts.c.connection == postings.c.connection,
        attempts.c.key == postings.c.key,
        attempts.c.revision == postings.c.revision,
    )
    last = select(func.max(attempts.c.seq)).where(same).correlate(postings).scalar_subquery()
    told = select(attempts.c.seq).where(
        attempts.c.connection == postings.c.connection, attempts.c.seq == last, attempts.c.state == "parked"
    )
    columns = [postings.c[name] for name in ("connection", "key", "revision", "fence", "message")]
    parked = (
        postings.c.state == "parked",
        postings.c.reason == "object_of_another",
        postings.c.superseded_by.is_(None),
    )
    rows = connection.execute(select(*columns).where(*parked, ~told.correlate(postings).exists())).mappings().all()
    for name in sorted({row["connection"] for row in rows}):
        lines = [
            AttemptLine(
                key=row["key"],
                revision=row["revision"],
                event="parked",
                state="parked",
                fence=row["fence"],
                message=row["message"],
                who="the pipeline",
                why=_WHY,
            )
            for row in rows
            if row["connection"] == name
        ]
        append(connection, name, now, sorted(lines, key=lambda line: (line.key, line.revision)))
    return len(rows)
