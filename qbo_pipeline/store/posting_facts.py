"""What a line of the journal says about its posting: digests of the columns that matter.

What belongs here: which columns those are, their digests, and the posting's own pointer to its last line. Two digests,
because a posting's content (payload, effects, the records behind it) is large and never changes within a revision, and
its facts are small and change with each line.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, Table, func, select, update

from qbo_pipeline.store.tables.posting import attempts, posting_effects, posting_records, postings

CONTENT = (
    "record_key", "entity", "business_date", "amount", "currency", "payload", "payload_hash", "number",
    "marker", "record_hash",
)  # fmt: skip
FACTS = (
    "operation", "reason", "approved_by", "qbo_id", "qbo_number", "sync_token", "posted_fingerprint", "answer_hash",
    "posted_at",
)  # fmt: skip
EFFECTS = ("line", "account_id", "product_id", "location_id", "amount", "record_key")
SHARES = ("record_key", "record_hash", "amount")
# What a digest held before the store said which records stand behind a posting (migration 0016).
_CONTENT_BEFORE, _EFFECTS_BEFORE = CONTENT[:-1], EFFECTS[:-1]
_IN_LIST = 500
Posting = tuple[str, int]  # key and revision
Digests = tuple[str | None, str]  # of its content, where nothing was said about it before, and of its facts


def digests(reading: Connection, connection: str, of: Iterable[Posting]) -> dict[Posting, Digests]:
    """By posting the digests of its content and of its facts; of the content where nothing was said about it before."""
    wanted = set(of)
    keys = sorted({key for key, _ in wanted})
    found: dict[Posting, Digests] = {}
    for start in range(0, len(keys), _IN_LIST):
        part = keys[start : start + _IN_LIST]
        columns = [postings.c[name] for name in ("key", "revision", "last_attempt", *FACTS)]
        rows = reading.execute(
            select(*columns).where(postings.c.connection == connection, postings.c.key.in_(part))
        ).mappings()
        facts = {(row["key"], row["revision"]): row for row in rows if (row["key"], row["revision"]) in wanted}
        new = [posting for posting, row in facts.items() if not row["last_attempt"]]
        content = {posting: held.digest for posting, held in contents(reading, connection, new).items()}
        found |= {posting: (content.get(posting), _digest(row, FACTS)) for posting, row in facts.items()}
    return found


def digests_after(
    reading: Connection, connection: str, standing: Mapping[Posting, Mapping[Any, Any]], changes: Mapping[Posting, Any]
) -> dict[Posting, Digests]:
    """By posting the digests that `digests` would answer once `changes` (columns by posting) are written.

    `standing` are its FACTS and `last_attempt` as they are, read under a lock that lasts until they are written.
    """
    new = [posting for posting, row in standing.items() if not row["last_attempt"]]
    content = contents(reading, connection, new)
    found: dict[Posting, Digests] = {}
    for posting, row in standing.items():
        fields = changes.get(posting, row)
        facts = [plain(fields[name] if name in fields else row[name]) for name in FACTS]
        held = content.get(posting)
        found[posting] = (held.digest if held else None, _sha256([facts, None]))
    return found


def digests_of_new(
    rows: Iterable[Mapping[str, Any]], effects: Iterable[Mapping[str, Any]], shares: Iterable[Mapping[str, Any]]
) -> dict[Posting, Digests]:
    """By posting the digests that `digests` would answer once these rows of `postings`, `posting_effects` and
    `posting_records` are written; all effects and shares of each are among them."""
    own, behind = _by_posting(effects, EFFECTS), _by_posting(shares, SHARES)
    found: dict[Posting, Digests] = {}
    for row in rows:
        posting = (row["key"], row["revision"])
        found[posting] = (_digest(row, CONTENT, [own[posting], behind[posting]]), _digest(row, FACTS))
    return found


@dataclass(frozen=True, slots=True)
class Content:
    """The digest of what a posting holds, and the one that it had before migration 0016.

    `before` is `None` where the posting has other records than that migration gave it: then nobody wrote it before.
    """

    digest: str
    before: str | None


def contents(reading: Connection, connection: str, of: Sequence[Posting]) -> dict[Posting, Content]:
    """By posting, the digests of its content: its own columns, its effects, and the records that stand behind it."""
    if not of:
        return {}
    wanted, keys = set(of), sorted({key for key, _ in of})
    effects = _parts(reading, connection, posting_effects, EFFECTS, keys)
    shares = _parts(reading, connection, posting_records, SHARES, keys)
    columns = [postings.c[name] for name in ("key", "revision", "origin", *CONTENT)]
    rows = reading.execute(select(*columns).where(postings.c.connection == connection, postings.c.key.in_(keys)))
    found = {}
    for row in rows.mappings():
        posting = (row["key"], row["revision"])
        if posting not in wanted:
            continue
        own, behind = effects[posting], shares[posting]
        before = None
        if behind == _given_by_migration(row) and not any(effect[-1] for effect in own):
            before = _digest(row, _CONTENT_BEFORE, [effect[: len(_EFFECTS_BEFORE)] for effect in own])
        found[posting] = Content(_digest(row, CONTENT, [own, behind]), before)
    return found


def _parts(
    reading: Connection, connection: str, table: Table, names: Sequence[str], keys: Sequence[str]
) -> dict[Posting, list[list[Any]]]:
    """By posting, its rows of another table in the order of their first column."""
    columns = [table.c[name] for name in ("key", "revision", *names)]
    query = select(*columns).where(table.c.connection == connection, table.c.key.in_(keys))
    return _by_posting(reading.execute(query).mappings(), names)


def _by_posting(rows: Iterable[Mapping[Any, Any]], names: Sequence[str]) -> dict[Posting, list[list[Any]]]:
    found: dict[Posting, list[list[Any]]] = defaultdict(list)
    for row in rows:
        found[row["key"], row["revision"]].append([plain(row[name]) for name in names])
    for of_one in found.values():
        of_one.sort(key=lambda row: row[0])
    return found


def _given_by_migration(row: Any) -> list[list[Any]]:
    """The records of a posting as migration 0016 made them: a record's is its own, a person's order has none."""
    if row["origin"] == "reversal" or row["record_key"].startswith("adjustment/"):
        return []
    return [[plain(row[name]) for name in SHARES]]


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
    return _sha256([[plain(row[name]) for name in names], more])


def _sha256(values: Any) -> str:
    return hashlib.sha256(orjson.dumps(values)).hexdigest()


def plain(value: Any) -> Any:
    """A value as both databases answer it: amounts without the zeros at their end, instants in UTC."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, Decimal):
        return format(value.normalize() if value else Decimal(0), "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return value
