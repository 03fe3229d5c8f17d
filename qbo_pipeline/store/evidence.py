"""Evidence beside the postings, each kept with a line in the journal of attempts: what was reconciled, signed, decided,
bound, found copied or entered a second time, granted, changed and remarked.

What belongs here: which rows those are, the line that is written with each, and what `verify` finds where rows and
lines do not agree. A row that is changed, taken away or added by hand is noticed by the line; a line by the chain. What
was kept before these lines were written has none, and nothing is said of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, RowMapping, Table, or_, select, tuple_

from qbo_pipeline.store import attempts as journal
from qbo_pipeline.store.posting_facts import plain
from qbo_pipeline.store.tables.entered_by_others import entered_by_others
from qbo_pipeline.store.tables.page import difference_notes, page_grants, setup_changes, signed_reports
from qbo_pipeline.store.tables.posting import attempts, posting_copies
from qbo_pipeline.store.tables.reconciliation import differences, reconciliations, sign_offs
from qbo_pipeline.store.tables.records import watermarks
from qbo_pipeline.store.tables.settings import bound_names
from qbo_pipeline.store.tables.write_backs import write_backs

# The states of these lines; a posting's are others. What was seen lies where this login may not look.
KEPT, GONE, SEEN = "kept", "gone", "seen"
# The watermarks that are decisions of people, by how their names begin.
DECISIONS = (
    "preflight accepted", "recovery", "source moved ", "objects of another accepted: ", "first day moved ",
    "books began", "stock by items until",
)  # fmt: skip
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class EvidenceKind:
    """A kind of evidence: `columns` are what a line holds of a row, `at` says when a row was written."""

    word: str
    table: Table
    identity: tuple[str, ...]
    name: Callable[[Any], tuple[str, int]]
    columns: tuple[str, ...]
    at: str
    only: ColumnElement[bool] | None = None
    parts: tuple[Table, tuple[str, ...]] | None = None  # rows that belong to one, by its number


RECONCILIATION = EvidenceKind(
    "reconciliation", reconciliations, ("number",), lambda row: (str(row["number"]), 1),
    ("as_at", "currency", "stock_value", "ledger_balance", "difference", "explained", "unexplained", "tolerance",
     "status", "stock_basis", "first_divergence", "notes", "content_hash", "report_hash", "made_at", "run_id"),
    "made_at",
    parts=(differences, ("difference_key", "scope", "document_key", "record_key", "posting_key", "revision", "kind",
                         "source_number", "business_date", "account_id", "cause", "detail", "amount", "qbo_type",
                         "qbo_id", "qbo_number", "state", "reason", "changed_at", "changed_by", "first_seen",
                         "explanation", "remedy", "who")),
)  # fmt: skip
SIGN_OFF = EvidenceKind(
    "sign_off", sign_offs, ("number", "step"), lambda row: (str(row["number"]), row["step"]),
    ("as_at", "currency", "content_hash", "stock_value", "ledger_balance", "difference", "unexplained", "balances",
     "preparer", "prepared_at", "reviewer", "reviewed_at", "comment", "void_at", "void_why"),
    "prepared_at",
)  # fmt: skip
NAME = EvidenceKind(
    "name", bound_names, ("entity", "name", "turn"), lambda row: (f"{row['entity']}/{row['name']}", row["turn"]),
    ("qbo_id", "bound_at", "who", "why"), "bound_at",
)  # fmt: skip
DECISION = EvidenceKind(
    "decision", watermarks, ("name",), lambda row: (row["name"], 1), ("value", "moved_at"), "moved_at",
    only=or_(*(watermarks.c.name.startswith(name) for name in DECISIONS)),
)  # fmt: skip
COPY = EvidenceKind(
    "copy", posting_copies, ("entity", "qbo_id"), lambda row: (f"{row['entity']}/{row['qbo_id']}", 1),
    ("key", "qbo_number", "business_date", "amount", "currency"), "found_at",
)  # fmt: skip
ALIKE = EvidenceKind(
    "alike", entered_by_others, ("entity", "qbo_id"), lambda row: (f"{row['entity']}/{row['qbo_id']}", 1),
    ("party_id", "qbo_number", "business_date", "amount", "currency", "record_key", "said"), "found_at",
    only=entered_by_others.c.record_key.is_not(None),
)  # fmt: skip
GRANT = EvidenceKind(
    "page_grant", page_grants, ("number",), lambda row: (str(row["number"]), 1),
    ("name", "roles", "password_hash", "granted_by", "why", "granted_at"), "granted_at",
)  # fmt: skip
WRITE_BACK = EvidenceKind(
    "write_back", write_backs, ("key", "revision"), lambda row: (row["key"], row["revision"]),
    ("marker", "operation", "kind", "payload_hash", "business_date", "party_id", "amount", "currency", "reason",
     "recovered", "posted_at", "taken_as", "refused", "superseded_by"),
    "first_seen",
)  # fmt: skip
SETUP = EvidenceKind(
    "setup", setup_changes, ("number",), lambda row: (str(row["number"]), 1),
    ("what", "changes", "file_before", "file_after", "who", "why", "changed_at"), "changed_at",
)  # fmt: skip
REMARK = EvidenceKind(
    "remark", difference_notes, ("number",), lambda row: (str(row["number"]), 1),
    ("document_key", "as_at", "remark", "file_name", "file_sha256", "who", "noted_at"), "noted_at",
)  # fmt: skip
SIGNED_REPORT = EvidenceKind(
    "signed_report", signed_reports, ("number", "form"), lambda row: (f"{row['number']}/{row['form']}", 1),
    ("file_name", "file_sha256", "kept_at"), "kept_at",
)  # fmt: skip
KINDS = (RECONCILIATION, SIGN_OFF, NAME, DECISION, COPY, ALIKE, GRANT, SETUP, REMARK, SIGNED_REPORT, WRITE_BACK)


def note(
    transaction: Connection,
    connection: str,
    kind: EvidenceKind,
    identity: tuple[Any, ...],
    event: str,
    *,
    now: datetime,
    who: str | None = None,
    why: str | None = None,
) -> None:
    """Write the line about a row as it is now, or about its absence; last in the transaction, as `attempts.append`."""
    note_all(transaction, connection, kind, [identity], event, now=now, who=who, why=why)


def note_all(
    transaction: Connection,
    connection: str,
    kind: EvidenceKind,
    identities: list[tuple[Any, ...]],
    event: str,
    *,
    now: datetime,
    who: str | None = None,
    why: str | None = None,
) -> None:
    """The same for several rows, a line each."""
    if not identities:
        return
    rows = {found.key: found for found in _rows(transaction, connection, kind, identities)}
    lines = []
    for identity in identities:
        name, revision = kind.name(dict(zip(kind.identity, identity, strict=True)))
        row = rows.get((f"{kind.word}/{name}", revision))
        lines.append(
            journal.AttemptLine(
                key=f"{kind.word}/{name}",
                revision=revision,
                event=event,
                state=KEPT if row else GONE,
                fence=0,
                who=who,
                why=why,
                content=row.digest if row else None,
            )
        )
    journal.append(transaction, connection, now, lines)


def about_evidence() -> ColumnElement[bool]:
    """The lines of the journal that are about evidence and no posting."""
    return attempts.c.state.in_((KEPT, GONE, SEEN))


def altered(reading: Connection, connection: str) -> Iterator[str]:
    """Where rows and their lines do not agree, a sentence each."""
    lines: dict[tuple[str, int], RowMapping] = {}
    first: datetime | None = None
    query = select(attempts).where(attempts.c.connection == connection, about_evidence()).order_by(attempts.c.seq)
    for said in reading.execute(query).mappings():
        first = first or said["at"]
        lines[said["key"], said["revision"]] = said
    there: set[tuple[str, int]] = set()
    for kind in KINDS:
        for row in _rows(reading, connection, kind):
            there.add(row.key)
            line = lines.get(row.key)
            if line is None:
                if first is not None and row.at >= first:
                    yield f"{_called(row.key)} is there, and the journal says nothing of it"
            elif line["state"] == GONE:
                yield f"{_called(row.key)} is there, and line {line['seq']:,} of the journal says that it is not"
            elif line["content"] != row.digest:
                yield f"{_called(row.key)} does not read as it was written with line {line['seq']:,} of the journal"
    for key, line in lines.items():
        if line["state"] == KEPT and key not in there:
            yield f"{_called(key)} was written with line {line['seq']:,} of the journal, and is not there"


@dataclass(frozen=True, slots=True)
class _Row:
    key: tuple[str, int]
    digest: str
    at: datetime


def _rows(
    reading: Connection, connection: str, kind: EvidenceKind, identities: list[tuple[Any, ...]] | None = None
) -> Iterator[_Row]:
    table = kind.table
    query = select(table).where(table.c.connection == connection)
    if kind.only is not None:
        query = query.where(kind.only)
    if identities is not None:
        first = table.c[kind.identity[0]]  # by itself as well: SQLite finds no index for pairs
        query = query.where(
            first.in_(sorted({identity[0] for identity in identities})),
            tuple_(*(table.c[name] for name in kind.identity)).in_(identities),
        )
    parts = _parts(reading, connection, kind, identities)
    for row in reading.execute(query.order_by(*(table.c[name] for name in kind.identity))).mappings():
        values = [[plain(row[name]) for name in kind.columns], parts.get(row[kind.identity[0]])]
        name, revision = kind.name(row)
        digest = hashlib.sha256(orjson.dumps(values)).hexdigest()
        yield _Row((f"{kind.word}/{name}", revision), digest, row[kind.at])


def _parts(
    reading: Connection, connection: str, kind: EvidenceKind, identities: list[tuple[Any, ...]] | None
) -> dict[int, str]:
    """By number a digest of the rows that belong to it."""
    if kind.parts is None:
        return {}
    table, columns = kind.parts
    query = select(table).where(table.c.connection == connection).order_by(table.c.number, table.c.difference_key)
    if identities is not None:
        query = query.where(table.c.number.in_([identity[0] for identity in identities]))
    rows = reading.execute(query.execution_options(yield_per=_AT_ONCE)).mappings()
    found = {}
    for number, belonging in groupby(rows, key=lambda row: row["number"]):
        digest = hashlib.sha256()
        # By code points: the databases sort texts by rules of their own.
        for text in sorted(orjson.dumps([plain(row[name]) for name in columns]) for row in belonging):
            digest.update(text)
        found[number] = digest.hexdigest()
    return found


def _called(key: tuple[str, int]) -> str:
    """What people call it: a sign-off has steps, a name turns."""
    word, _, name = key[0].partition("/")
    match word:
        case "sign_off":
            return f"step {key[1]} of sign-off {name}"
        case "name":
            return f"turn {key[1]} of what {name} means in the settings"
        case "copy":
            return f"the copy {name}"
        case "alike":
            return f"the entry {name} of others, which may be one of ours,"
        case "decision":
            return f"the decision {name!r}"
        case "page_grant":
            return f"grant {name} of the page"
        case "write_back":
            return f"revision {key[1]} of what is written back of {name}"
        case "setup":
            return f"change {name} of the settings"
        case "remark":
            return f"remark {name} on a difference"
        case "signed_report":
            return f"the report of sign-off {name}"
        case _:
            return f"{word} {name}"
