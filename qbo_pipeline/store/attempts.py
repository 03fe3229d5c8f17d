"""The journal of attempts: append-only, hash-chained for each connection.

What belongs here: appending lines, reading a posting's history, recomputing the chain. The database refuses to change
or delete a line (triggers); the chain shows it where somebody gets around them. What a line says about its posting is
in `posting_facts.py`, and comparing both with each other in `verifying.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, RowMapping, bindparam, select

from qbo_pipeline.store.posting_facts import Digests, digests, point_to_last
from qbo_pipeline.store.prepared import Prepared
from qbo_pipeline.store.tables.posting import attempt_heads, attempts

FIRST_HASH = "0" * 64
_FIELDS = (
    "at", "key", "revision", "event", "state", "fence", "request_id", "item", "code", "message", "intuit_tid", "who",
    "why",
)  # fmt: skip
_DIGESTS = ("content", "facts")  # not in lines of before migration 0008
_COLUMNS = ("connection", "seq", *_FIELDS, *_DIGESTS, "hash")
_PAGE = 2000
_HEAD = select(attempt_heads.c.seq, attempt_heads.c.hash).where(
    attempt_heads.c.connection == bindparam("in_connection")
)
_LOCKED_HEAD = _HEAD.with_for_update()
_INSERT = Prepared(attempts.insert(), _COLUMNS)
_MOVE_HEAD = Prepared(
    attempt_heads.update()
    .where(attempt_heads.c.connection == bindparam("in_connection"))
    .values(seq=bindparam("new_seq"), hash=bindparam("new_hash")),
    ("in_connection", "new_seq", "new_hash"),
)


class Head(NamedTuple):
    """The last line of a journal: its number, 0 where there is none, and its hash."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Where the chain does not hold."""

    seq: int
    what: str


@dataclass(slots=True, kw_only=True)
class AttemptLine:
    """One line of the journal, about a revision of a posting: what happened, and the state and fencing token after it.

    `item` is the place in a batch, `code`, `message` and `intuit_tid` are QuickBooks' or the pipeline's words, `who`
    and `why` a person's. `content` is for a line about no posting, which has no digest of its own (`evidence.py`).
    """

    key: str
    revision: int
    event: str
    state: str
    fence: int
    request_id: str | None = None
    item: str | None = None
    code: str | None = None
    message: str | None = None
    intuit_tid: str | None = None
    who: str | None = None
    why: str | None = None
    content: str | None = None


def append(transaction: Connection, connection: str, at: datetime, lines: Sequence[AttemptLine]) -> None:
    """Add lines in their order, each with a digest of what its posting holds now: write postings and effects first.

    The head's row is locked until the transaction ends: append last.
    """
    if not lines:
        return
    head = locked_head(transaction, connection)
    known = digests(transaction, connection, [(line.key, line.revision) for line in lines])
    add(transaction, connection, at, lines, head, known)
    last = {(line.key, line.revision): seq for seq, line in enumerate(lines, start=head.seq + 1)}
    point_to_last(transaction, connection, last)


def add(
    transaction: Connection,
    connection: str,
    at: datetime,
    lines: Sequence[AttemptLine],
    head: Head,
    known: Mapping[tuple[str, int], Digests],
) -> None:
    """Add lines behind `head`, which `locked_head` answered in this transaction; `known` are the digests of postings.

    The caller notes in each posting which line is the last about it, the first being `head.seq + 1`.
    """
    seq, digest = head
    moment = _plain(at)
    rows = []
    for line in lines:
        seq += 1
        said = (
            line.key, line.revision, line.event, line.state, line.fence, line.request_id, line.item, line.code,
            line.message, line.intuit_tid, line.who, line.why,
        )  # fmt: skip
        told = known.get((line.key, line.revision)) or (line.content, None)
        digest = _chained([connection, seq, digest, moment, *said], told)
        rows.append(dict(zip(_COLUMNS, (connection, seq, at, *said, *told, digest), strict=True)))
    _INSERT.run(transaction, rows)
    moved = {"in_connection": connection, "new_seq": seq, "new_hash": digest}
    if head.seq:
        _MOVE_HEAD.run(transaction, [moved])
    else:
        transaction.execute(attempt_heads.insert(), {"connection": connection, "seq": seq, "hash": digest})


def locked_head(transaction: Connection, connection: str) -> Head:
    """Where the journal ends; nobody else adds to it before the transaction ends, so that this comes last of all
    locks."""
    row = transaction.execute(_LOCKED_HEAD, {"in_connection": connection}).first()
    return Head(row.seq, row.hash) if row else Head(0, FIRST_HASH)


def head_of(reading: Connection, connection: str) -> Head:
    """Where the journal ends: what is kept elsewhere to notice a journal that was cut off or written anew."""
    row = reading.execute(_HEAD, {"in_connection": connection}).first()
    return Head(row.seq, row.hash) if row else Head(0, FIRST_HASH)


def history(reading: Connection, connection: str, key: str) -> list[RowMapping]:
    """All lines about a posting, oldest first."""
    found = reading.execute(
        select(attempts).where(attempts.c.connection == connection, attempts.c.key == key).order_by(attempts.c.seq)
    )
    return list(found.mappings())


def verify(reading: Connection, connection: str) -> list[Broken]:
    """Recompute the chain from its first line; an empty list means that it holds to its recorded head."""
    broken: list[Broken] = []
    expected, digest = 0, FIRST_HASH
    for row in lines_of(reading, connection):
        expected += 1
        if row["seq"] != expected:
            broken.append(Broken(expected, f"line {expected} is missing: the next is {row['seq']}"))
            expected = row["seq"]
            digest = row["hash"]
            continue
        digest = _hash(connection, row["seq"], digest, row)
        if digest != row["hash"]:
            broken.append(Broken(row["seq"], f"line {row['seq']} about {row['key']} does not read as it was written"))
            digest = row["hash"]
    head = reading.execute(select(attempt_heads).where(attempt_heads.c.connection == connection)).first()
    if head is None and expected:
        broken.append(Broken(expected, "the head of the chain is missing"))
    elif head is not None and (head.seq != expected or head.hash != digest):
        broken.append(Broken(expected, f"the chain was written up to line {head.seq} and ends with line {expected}"))
    return broken


def lines_of(reading: Connection, connection: str) -> Iterator[RowMapping]:
    """All lines in their order, a page at a time."""
    last = 0
    while True:
        page = reading.execute(
            select(attempts)
            .where(attempts.c.connection == connection, attempts.c.seq > last)
            .order_by(attempts.c.seq)
            .limit(_PAGE)
        )
        rows = list(page.mappings())
        yield from rows
        if len(rows) < _PAGE:
            return
        last = rows[-1]["seq"]


def _hash(connection: str, seq: int, previous: str, row: Any) -> str:
    return _chained([connection, seq, previous, *[row[name] for name in _FIELDS]], [row[name] for name in _DIGESTS])


def _chained(values: list[Any], digests: Sequence[str | None]) -> str:
    if digests[0] is not None or digests[1] is not None:
        values += digests
    return hashlib.sha256(orjson.dumps(values, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME)).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    raise TypeError(f"the journal does not hold {type(value).__name__}")
