"""What the journal of attempts says happened, held against what the tables say is, and against its anchors.

What belongs here: the comparisons of `verify`, each a plain sentence for each thing that does not agree. The chain
itself is recomputed in `attempts.py`. Nothing here can prove anything against somebody who writes the journal, the
postings and every anchor anew; that is why anchors lie outside the store as well: in reports and in Dagster's metadata.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, select

from qbo_pipeline.inventory.records import content_hash
from qbo_pipeline.store.attempts import head_of
from qbo_pipeline.store.evidence import about_evidence, altered
from qbo_pipeline.store.posting_facts import Content, contents, digests
from qbo_pipeline.store.tables.posting import attempts, posting_effects, posting_links, posting_records, postings
from qbo_pipeline.store.tables.reconciliation import differences, reconciliations, sign_offs
from qbo_pipeline.store.tables.settings import settings_versions

_PAGE = 500
_GONE = ("void", "delete")  # operations after which QBO has no object that we are linked to


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the journal ended at a time, kept outside the journal: in `where`, in words."""

    where: str
    seq: int
    hash: str


def disagreements(reading: Connection, connection: str, outside: Iterable[Anchor] = ()) -> Iterator[str]:
    """Whatever does not agree: anchors, postings, links, evidence, settings; a sentence each."""
    yield from _anchors(reading, connection, [*_kept(reading, connection), *outside])
    yield from _postings(reading, connection)
    yield from _unknown_postings(reading, connection)
    yield from _of_no_posting(reading, connection)
    yield from _reconciliations(reading, connection)
    yield from altered(reading, connection)
    yield from _settings(reading, connection)


def _kept(reading: Connection, connection: str) -> Iterator[Anchor]:
    """The anchors in the store."""
    for table, columns, what in (
        (reconciliations, ("number",), "reconciliation {number} as at {as_at}"),
        (sign_offs, ("number", "step"), "sign-off {number} as at {as_at}"),
    ):
        query = select(table).where(table.c.connection == connection, table.c.attempt_hash.is_not(None))
        for row in reading.execute(query.order_by(*(table.c[name] for name in columns))).mappings():
            yield Anchor(what.format(**row), row["attempt_seq"], row["attempt_hash"])


def _anchors(reading: Connection, connection: str, kept: Sequence[Anchor]) -> Iterator[str]:
    head = head_of(reading, connection)
    for start in range(0, len(kept), _PAGE):
        part = [anchor for anchor in kept[start : start + _PAGE] if anchor.seq]
        query = select(attempts.c.seq, attempts.c.hash).where(
            attempts.c.connection == connection, attempts.c.seq.in_({anchor.seq for anchor in part})
        )
        found = {row.seq: row.hash for row in reading.execute(query)}
        for anchor in part:
            if anchor.seq not in found:
                yield (
                    f"{anchor.where} was made when the journal had {anchor.seq:,} lines; line {anchor.seq:,} is not "
                    f"there, and the journal says that it ends with line {head.seq:,}"
                )
            elif found[anchor.seq] != anchor.hash:
                yield f"line {anchor.seq:,} of the journal is not the one that {anchor.where} was made on"


def _postings(reading: Connection, connection: str) -> Iterator[str]:
    after = ("", 0)
    while True:
        query = (
            select(postings)
            .where(
                postings.c.connection == connection,
                (postings.c.key > after[0]) | ((postings.c.key == after[0]) & (postings.c.revision > after[1])),
            )
            .order_by(postings.c.key, postings.c.revision)
            .limit(_PAGE)
        )
        rows = [dict(row) for row in reading.execute(query).mappings()]
        if not rows:
            return
        yield from _page(reading, connection, rows)
        after = (rows[-1]["key"], rows[-1]["revision"])


def _page(reading: Connection, connection: str, rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    keys = sorted({row["key"] for row in rows})
    lines: dict[tuple[str, int], list[Any]] = {}
    newest: dict[str, int] = {}
    query = select(attempts).where(attempts.c.connection == connection, attempts.c.key.in_(keys))
    for line in reading.execute(query.order_by(attempts.c.seq)):
        lines.setdefault((line.key, line.revision), []).append(line)
        newest[line.key] = max(line.revision, newest.get(line.key, 0))
    links = {
        row.key: row
        for row in reading.execute(
            select(posting_links).where(posting_links.c.connection == connection, posting_links.c.key.in_(keys))
        )
    }
    these = [(row["key"], row["revision"]) for row in rows]
    held, now = contents(reading, connection, these), digests(reading, connection, these)
    for row in rows:
        posting = (row["key"], row["revision"])
        told = lines.get(posting)
        name = f"{row['key']} revision {row['revision']}"
        if not told:
            yield f"{name} is a posting of which the journal says nothing"
            continue
        yield from _one(name, row, told, held[posting], now[posting][1], newest[row["key"]])
        yield from _link(name, row, links.get(row["key"]))


def _one(name: str, row: dict[str, Any], told: Sequence[Any], held: Content, facts: str, newest: int) -> Iterator[str]:
    last = told[-1]
    superseded = row["revision"] < newest
    if (row["superseded_by"] is not None) != superseded:
        yield f"{name} says that it is {'' if row['superseded_by'] else 'not '}superseded; the journal says otherwise"
    if row["state"] != last.state and not (superseded and row["state"] == "superseded"):
        yield f"{name} is {row['state']}; the journal says {last.state} (line {last.seq:,}, {last.event})"
    first = next((line.content for line in told if line.content is not None), None)
    if first is not None and first not in (held.digest, held.before):
        yield f"{name} does not hold the content, amount, effects or records that it was written with"
    if last.facts is not None:
        if last.facts != facts:
            yield (
                f"{name} does not hold the QuickBooks Id, number, version, reason or times that line {last.seq:,} of "
                "the journal was written with"
            )
        if row["last_attempt"] != last.seq:
            yield f"{name} was last written with line {row['last_attempt']:,}; the journal's last is {last.seq:,}"


def _link(name: str, row: dict[str, Any], link: Any) -> Iterator[str]:
    """A posted revision that is the newest is linked to the object that it names."""
    if row["state"] != "posted" or row["superseded_by"] is not None or row["operation"] in _GONE:
        return
    if link is None:
        yield f"{name} is posted as {row['entity']} {row['qbo_id']}, and its link to that object is not there"
    elif (link.entity, link.qbo_id) != (row["entity"], row["qbo_id"]):
        yield f"{name} is posted as {row['entity']} {row['qbo_id']} and linked to {link.entity} {link.qbo_id}"


def _unknown_postings(reading: Connection, connection: str) -> Iterator[str]:
    """Postings that the journal knows and that are not there."""
    query = (
        select(attempts.c.key, attempts.c.revision)
        .where(attempts.c.connection == connection, ~about_evidence())
        .except_(select(postings.c.key, postings.c.revision).where(postings.c.connection == connection))
    )
    for row in sorted(reading.execute(query)):
        yield f"{row.key} revision {row.revision} is in the journal, and its posting is not there"


def _of_no_posting(reading: Connection, connection: str) -> Iterator[str]:
    """Effects and records of a posting that neither is there nor is known to the journal."""
    own, told = (
        select(table.c.key, table.c.revision).where(table.c.connection == connection) for table in (postings, attempts)
    )
    for table, what in ((posting_effects, "effects"), (posting_records, "records")):
        mine = select(table.c.key, table.c.revision).where(table.c.connection == connection)
        for row in sorted(reading.execute(mine.except_(own, told))):
            yield f"{row.key} revision {row.revision} has {what}, and there never was such a posting"


def _settings(reading: Connection, connection: str) -> Iterator[str]:
    """Each version of the settings is named by the hash of what it says, and each posting's is there."""
    mine = settings_versions.c.connection == connection
    known = set()
    for row in reading.execute(select(settings_versions).where(mine).order_by(settings_versions.c.settings_hash)):
        known.add(row.settings_hash)
        content = orjson.loads(row.content)
        if (content_hash(content), content_hash(content["rules"])) != (row.settings_hash, row.rules_hash):
            yield f"the settings of version {row.settings_hash[:12]} do not read as they did when postings were made"
    used = select(postings.c.settings_hash).where(
        postings.c.connection == connection, postings.c.settings_hash.is_not(None)
    )
    for version in sorted(set(reading.scalars(used.distinct())) - known):
        yield f"postings were made by settings of version {version[:12]}, and what these said is not there"


def _reconciliations(reading: Connection, connection: str) -> Iterator[str]:
    """Kept reconciliations are numbered without a gap, and what they found is kept with them."""
    for table, what in ((reconciliations, "reconciliation"), (sign_offs, "sign-off")):
        mine = table.c.connection == connection
        numbers = sorted(set(reading.scalars(select(table.c.number).where(mine))))
        missing = sorted(set(range(1, numbers[-1] + 1)) - set(numbers)) if numbers else []
        yield from (f"{what} {number} is not there" for number in missing)
    counted = set(
        reading.scalars(select(differences.c.number).where(differences.c.connection == connection).distinct())
    )
    rows = reading.execute(
        select(reconciliations.c.number, reconciliations.c.status).where(reconciliations.c.connection == connection)
    )
    known = set()
    for row in rows:
        known.add(row.number)
        if row.status != "balanced" and row.number not in counted:
            yield f"reconciliation {row.number} found differences, and none is kept with it"
    kept = {
        tuple(row)
        for row in reading.execute(
            select(reconciliations.c.as_at, reconciliations.c.content_hash).where(
                reconciliations.c.connection == connection
            )
        )
    }
    signed = select(sign_offs.c.number, sign_offs.c.as_at, sign_offs.c.content_hash).distinct()
    for step in reading.execute(signed.where(sign_offs.c.connection == connection).order_by(sign_offs.c.number)):
        if (step.as_at, step.content_hash) not in kept:
            yield f"sign-off {step.number} certifies a reconciliation as at {step.as_at} that is not there"
    yield from (f"differences of reconciliation {number} are kept, and it is not" for number in sorted(counted - known))
