"""Drafts become postings: what is new, changed, unchanged, refused or gone, written in one transaction.

What belongs here: reading what is there and writing what `revising.py` decides. Nothing here talks to QBO.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast, get_type_hints

from sqlalchemy import Connection, select

from qbo_pipeline.posting.asking import Intake, IntakePolicy, Intent
from qbo_pipeline.posting.events import CREATE, DRIFTED, POSTED
from qbo_pipeline.posting.identity import Identity
from qbo_pipeline.posting.reversal import reversal_key
from qbo_pipeline.posting.revising import Plan, plan_draft, plan_refusal, plan_withdrawal
from qbo_pipeline.store import attempts
from qbo_pipeline.store.posting_facts import digests, digests_of_new, point_to_last
from qbo_pipeline.store.postings import Standing, alone_with_intents, change, chunks, links
from qbo_pipeline.store.prepared import Prepared
from qbo_pipeline.store.retired import inactive_in_qbo
from qbo_pipeline.store.shares import keep_shares
from qbo_pipeline.store.tables.posting import posting_effects, posting_records, postings

RECORDS_AT_ONCE = 500
_POSTINGS, _EFFECTS, _RECORDS = (
    Prepared(table.insert(), [column.name for column in table.c])
    for table in (postings, posting_effects, posting_records)
)


def put(
    transaction: Connection,
    connection: str,
    intents: Iterable[Intent],
    *,
    identity: Identity,
    policy: IntakePolicy,
    now: datetime,
    settings_hash: str | None = None,
) -> Intake:
    """Write what records ask for, inside the caller's transaction.

    Unchanged content writes nothing but under which settings it would be sent now; changed content is a new revision.
    `now` is the database's clock (`database.now(transaction)`), `settings_hash` names the settings that made the
    drafts. Raises `ValueError` for a draft of an unknown entity, and `NotExact` for a payload with a binary float in
    it, before anything is written.
    """
    plan = Plan(connection, identity, policy, now, settings_hash)
    alone_with_intents(transaction, connection)
    for part in chunks(list(intents), RECORDS_AT_ONCE):
        _plan(transaction, plan, part)
    change(transaction, connection, plan.changes)
    _write(transaction, plan)
    return plan.intake


def _write(transaction: Connection, plan: Plan) -> None:
    """The new revisions, and the journal's lines about them and about those that changed."""
    if not plan.lines:
        return
    head = attempts.locked_head(transaction, plan.connection)
    last = {(line.key, line.revision): seq for seq, line in enumerate(plan.lines, start=head.seq + 1)}
    later = set(plan.same_records)  # what stands behind them is copied in the database, so that they are read again
    whole = [row for row in plan.rows if (row["key"], row["revision"]) not in later]
    for row in whole:
        row["last_attempt"] = last.pop((row["key"], row["revision"]))
    _POSTINGS.run(transaction, plan.rows)
    _EFFECTS.run(transaction, plan.effects)
    _RECORDS.run(transaction, plan.records)
    for key, revision in plan.same_records:
        keep_shares(transaction, plan.connection, key, revision)
    known = digests_of_new(whole, plan.effects, plan.records) | digests(transaction, plan.connection, last)
    attempts.add(transaction, plan.connection, plan.now, plan.lines, head, known)
    point_to_last(transaction, plan.connection, last)


def _plan(transaction: Connection, plan: Plan, intents: Sequence[Intent]) -> None:
    before = _newest(transaction, plan.connection, [intent.record_key for intent in intents])
    keys = [draft.key for intent in intents for draft in intent.drafts] + [row["key"] for row in before.values()]
    wanted = [key for intent in intents for draft in intent.drafts for key in draft.depends_on]
    known = links(transaction, plan.connection, [*keys, *wanted])
    if plan.policy.waits_for_active:
        plan.inactive |= inactive_in_qbo(transaction, plan.connection, wanted)
    plan.reversed |= _reversed(transaction, plan.connection, before.values())
    by_record: dict[str, list[Standing]] = {}
    for row in before.values():
        by_record.setdefault(row["record_key"], []).append(row)
    for intent in intents:
        if intent.refusal is not None:
            plan_refusal(plan, intent, intent.refusal, before.get(intent.record_key))
            continue
        for draft in intent.drafts:
            plan_draft(plan, intent, draft, before.get(draft.key), known)
        kept = {draft.key for draft in intent.drafts}
        for row in by_record.get(intent.record_key, ()):
            if row["key"] not in kept:
                plan_withdrawal(plan, intent, row, known.get(row["key"]))


def _newest(transaction: Connection, connection: str, record_keys: Sequence[str]) -> dict[str, Standing]:
    columns = [postings.c[name] for name in get_type_hints(Standing)]
    rows = transaction.execute(
        select(*columns)
        .where(
            postings.c.connection == connection,
            postings.c.record_key.in_(list(dict.fromkeys(record_keys))),
            postings.c.superseded_by.is_(None),
        )
        .with_for_update()
    )
    return {row["key"]: cast(Standing, dict(row)) for row in rows.mappings()}


def _reversed(transaction: Connection, connection: str, before: Iterable[Standing]) -> set[str]:
    """The keys among these whose object in QBO a person ordered to be reversed on another day.

    A reversal is of the object that was there when it was ordered: it says nothing of one that was made since.
    """
    of = {
        reversal_key(row["key"], revision): (row["key"], revision)
        for row in before
        for revision in range(1, row["revision"] + 1)
        if row["state"] in (POSTED, DRIFTED)
    }
    found: dict[str, int] = {}  # by key, the newest revision that was reversed
    for part in chunks(list(of)):
        query = select(postings.c.key).where(postings.c.connection == connection, postings.c.key.in_(part))
        for key, revision in (of[reversal] for reversal in transaction.scalars(query)):
            found[key] = max(revision, found.get(key, 0))
    made: dict[str, int] = {}
    for part in chunks(list(found)):
        created = (postings.c.key.in_(part), postings.c.operation == CREATE, postings.c.state.in_((POSTED, DRIFTED)))
        query = select(postings.c.key, postings.c.revision).where(postings.c.connection == connection, *created)
        for row in transaction.execute(query):
            made[row.key] = max(row.revision, made.get(row.key, 0))
    return {key for key, revision in found.items() if made.get(key, 0) <= revision}
