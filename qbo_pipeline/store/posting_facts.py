"""What a line of the journal says about its posting: digests of the columns that matter.

What belongs here: which columns those are, their digests, and the posting's own pointer to its last line. Two digests,
because a posting's content (payload, effects) is large and never changes within a revision, and its facts are small
and change with each line.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, func, select, update

from qbo_pipeline.store.tables.posting import attempts, posting_effects, postings

CONTENT = (
    "record_key", "entity", "business_date", "amount", "currency", "payload", "payload_hash", "number",
    "marker",
)  # fmt: skip
FACTS = (
    "operation", "reason", "approved_by", "qbo_id", "qbo_number", "sync_token", "posted_fingerprint", "answer_hash",
    "posted_at",
)  # fmt: skip
EFFECTS = ("line", "account_id", "product_id", "location_id", "amount")
_IN_LIST = 500
Posting = tuple[str, int]  # key and revision


def digests(
    reading: Connection, connection: str, of: Iterable[Posting], *, with_content: bool = False
) -> dict[Posting, tuple[str | None, str]]:
    """By posting the digests of its content and of its facts; of the content where nothing was said about it before,
    or always."""
    wanted = set(of)
    keys = sorted({key for key, _ in wanted})
    found: dict[Posting, tuple[str | None, str]] = {}
    for start in range(0, len(keys), _IN_LIST):
        part = keys[start : start + _IN_LIST]
        columns = [postings.c[name] for name in ("key", "revision", "last_attempt", *FACTS)]
        rows = reading.execute(
            select(*columns).where(postings.c.connection == connection, postings.c.key.in_(part))
        ).mappings()
        facts = {(row["key"], row["revision"]): row for row in rows if (row["key"], row["revision"]) in wanted}
        new = [posting for posting, row in facts.items() if with_content or not row["last_attempt"]]
        content = _contents(reading, connection, new)
        found |= {posting: (content.get(posting), _digest(row, FACTS)) for posting, row in facts.items()}
    return found


def _contents(reading: Connection, connection: str, of: Sequence[Posting]) -> dict[Posting, str]:
    if not of:
        return {}
    wanted, keys = set(of), sorted({key for key, _ in of})
    mine = (posting_effects.c.connection == connection, posting_effects.c.key.in_(keys))
    effects: dict[Posting, list[list[Any]]] = defaultdict(list)
    told = [posting_effects.c[name] for name in ("key", "revision", *EFFECTS)]
    for row in reading.execute(select(*told).where(*mine)).mappings():
        effects[row["key"], row["revision"]].append([plain(row[name]) for name in EFFECTS])
    columns = [postings.c[name] for name in ("key", "revision", *CONTENT)]
    rows = reading.execute(select(*columns).where(postings.c.connection == connection, postings.c.key.in_(keys)))
    found = {}
    for row in rows.mappings():
        posting = (row["key"], row["revision"])
        if posting in wanted:
            found[posting] = _digest(row, CONTENT, sorted(effects[posting], key=lambda effect: effect[0]))
    return found


def point_to_last(transaction: Connection, connection: str, last: Mapping[Posting, int]) -> None:
    """Note in each posting which line is the last about it."""
    keys = sorted({key for key, _ in last})
    newest = (
        select(func.max(attempts.c.seq))
        .where(
            attempts.c.connection == postings.c.connection,
            attempts.c.key == postings.c.key,
            attempts.c.revision == postings.c.revision,
        )
        .scalar_subquery()
    )
    for start in range(0, len(keys), _IN_LIST):
        part = keys[start : start + _IN_LIST]
        transaction.execute(
            update(postings)
            .where(
                postings.c.connection == connection,
                postings.c.key.in_(part),
                postings.c.revision.in_({revision for _, revision in last}),
            )
            .values(last_attempt=func.coalesce(newest, 0))
        )


def _digest(row: Any, names: Sequence[str], more: Any = None) -> str:
    return hashlib.sha256(orjson.dumps([[plain(row[name]) for name in names], more])).hexdigest()


def plain(value: Any) -> Any:
    """A value as both databases answer it: amounts without the zeros at their end, instants in UTC."""
    if isinstance(value, Decimal):
        return format(value.normalize() if value else Decimal(0), "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return value
