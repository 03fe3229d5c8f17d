"""What a draft, a refusal or a vanished record means for the posting that is there already.

What belongs here: the rows that one `put` writes: new revisions, superseded ones, parked ones. Pure but for the
clock's value that it is given; `intents.py` reads and writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, cast

from qbo_pipeline.accounting.drafts import Draft, Effect, Refused
from qbo_pipeline.posting.asking import (
    AWAITING_APPROVAL,
    CLOSED_PERIOD,
    ENTITY_CHANGED,
    GONE,
    HISTORY,
    NOTHING_ASKED,
    WITHDRAWN,
    Intake,
    IntakePolicy,
    Intent,
    Share,
)
from qbo_pipeline.posting.blank_rows import NO_PAYLOAD, blank, dressed
from qbo_pipeline.posting.events import (
    CREATE,
    DELETE,
    PARKED,
    READY,
    SENDING,
    SUPERSEDED,
    UNKNOWN,
    UPDATE,
    VOID,
)
from qbo_pipeline.posting.freezing import references
from qbo_pipeline.posting.hindrances import Ended, hindrance
from qbo_pipeline.posting.identity import Identity
from qbo_pipeline.posting.reading_back import name_field
from qbo_pipeline.posting.reversal import COUNTERPART
from qbo_pipeline.posting.states import Origin, Reason
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.store.attempts import AttemptLine
from qbo_pipeline.store.postings import Link, Posting, Standing
from qbo_pipeline.store.tables.records import UNDATED

_OF_ITS_DAY = frozenset({"InventoryAdjustment"})  # QBO keeps the date that it was made with
_KEPT_BACK = frozenset({AWAITING_APPROVAL, CLOSED_PERIOD, HISTORY, GONE})  # by policy alone


@dataclass(slots=True)
class Plan:
    """What one transaction writes."""

    connection: str
    identity: Identity
    policy: IntakePolicy
    now: datetime
    settings_hash: str | None = None  # the settings under which the drafts were made
    intake: Intake = field(default_factory=Intake)
    rows: list[Posting] = field(default_factory=list)
    effects: list[dict[str, Any]] = field(default_factory=list)
    changes: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    same_records: list[tuple[str, int]] = field(default_factory=list)  # revisions with the records of the one before
    lines: list[AttemptLine] = field(default_factory=list)
    inactive: set[str] = field(default_factory=set)  # keys of list entries that are inactive in QBO
    reversed: set[str] = field(default_factory=set)  # keys with a reversal on another date


def plan_draft(plan: Plan, intent: Intent, draft: Draft, before: Standing | None, known: dict[str, Link]) -> None:
    entity_named(draft.entity)
    gone = before is None or _is_withdrawn(before)
    revision = before["revision"] + 1 if before is not None else 1
    # An object that is taken out may stay in QBO as a voided one, with its marker: the new object gets one of its own.
    leaving = before is not None and before["operation"] in (VOID, DELETE)
    marker = before["marker"] if before is not None and not gone and not leaving else _code(plan, draft, revision)
    payload, number = dressed(draft.entity, draft.payload, marker)
    digest = sha256(payload.encode()).hexdigest()
    link = known.get(draft.key)
    same_records = before is not None and (not intent.shares or before["record_hash"] == intent.content_hash)
    same = before is not None and before["payload_hash"] == digest and before["entity"] == draft.entity
    if before is not None and not gone and same and same_records and not _was_overtaken(intent, before):
        plan.intake.unchanged += 1
        if not _mind_the_like(plan, intent, before, link):
            _renew(plan, before)
        return
    row = _row(plan, intent, draft.key, revision, draft.entity, payload, digest, marker, number)
    row |= {"amount": draft.amount, "currency": draft.currency, "business_date": draft.business_date or UNDATED}
    row["operation"] = UPDATE if link is not None else CREATE
    if link is not None and not _is_our_writing(link, intent.built_on):
        row["base_token"] = intent.built_on
    row["number_twice"] = before is not None and _may_have_number_twice(before, number)
    row["waits_for"] = next((key for key in references(payload) if key not in known or key in plan.inactive), None)
    _hold(plan, row, before)
    if intent.held is not None and link is None and row["state"] == READY:
        _park(row, Reason.PERHAPS_ONE, intent.held)
    if intent.part_gone:
        _hold_gone(plan.policy, row, _way_on(intent.part_gone))
    if before is None:
        plan.intake.new += 1
    else:
        plan.intake.changed += 1
        if _in_flight(before):
            row["operation"], row["waits_for"] = UPDATE, draft.key
        _supersede(plan, before, revision)
        _mind_history(plan, row, before, link)
    _add(plan, intent, row, draft.effects)


def _mind_the_like(plan: Plan, intent: Intent, before: Standing, link: Link | None) -> bool:
    """Hold what waits to be made while one like it is in QBO, and let it go once a person has said what that is;
    answers whether it was so."""
    waits = before["state"] == PARKED and before["reason"] == Reason.PERHAPS_ONE
    holds = intent.held is not None and link is None and not before["doubt"]
    holds = holds and (waits or before["state"] == READY or before["reason"] in _KEPT_BACK)
    if not holds and not waits:
        return False
    row = cast(Posting, {**before, "state": READY, "reason": None, "message": None})
    if holds:
        _park(row, Reason.PERHAPS_ONE, str(intent.held))
    elif not before["approved_by"]:
        _hold(plan, row, None)
    if (row["state"], row["reason"], row["message"]) != (before["state"], before["reason"], before["message"]):
        fields = {name: row[name] for name in ("state", "reason", "message")} | {"settings_hash": plan.settings_hash}
        plan.changes.append((before["key"], before["revision"], fields))
        plan.lines.append(_line(before, "held" if holds else "let_go", row["state"], row["message"]))
    return True


def _was_overtaken(intent: Intent, before: Standing) -> bool:
    """Whether a person's change in QBO came before this update, and the same content is right for the newer version."""
    waits = before["state"] == PARKED and before["reason"] == Reason.CONFLICT
    return waits and intent.built_on is not None and intent.built_on != before["base_token"]


def _is_our_writing(link: Link, built_on: str | None) -> bool:
    """Whether we have written a newer version than that which was looked at: what people did before is in it."""
    known = link.sync_token.isdecimal() and (built_on or "").isdecimal()
    return known and int(link.sync_token) > int(built_on or 0)


def _may_have_number_twice(before: Standing, number: str | None) -> bool:
    """Whether a person let what was before go under a number that another document has; it holds for this number."""
    if before["origin"] == Origin.REFUSAL:
        return before["reason"] == Reason.CONFLICT and before["approved_by"] is not None
    return before["number_twice"] and before["number"] == number


def _mind_history(plan: Plan, row: Posting, before: Standing, link: Link | None) -> None:
    """What happened to the object before may keep its new content from being sent unasked."""
    hindered = hindrance(Ended.of(before), row["operation"], reversed_by_date=row["key"] in plan.reversed)
    there = link.entity if link is not None else before["entity"]
    if hindered is not None:
        _park(row, *hindered)
    elif there not in ("", row["entity"]) and row["operation"] == UPDATE:
        change = f"it is in QBO as {there} and would now be {row['entity']}"
        _park(row, ENTITY_CHANGED, f"{change}: void it there, unlink this, then retry")
    elif (
        row["entity"] in _OF_ITS_DAY and row["operation"] == UPDATE and row["business_date"] != before["business_date"]
    ):
        change = f"it is of {before['business_date']} in QBO and would now be of {row['business_date']}"
        _park(
            row, ENTITY_CHANGED, f"{change}, and QBO moves no adjustment of stock: delete it there, unlink this, retry"
        )


def plan_refusal(plan: Plan, intent: Intent, refusal: Refused, before: Standing | None) -> None:
    digest = sha256(f"{refusal.reason}|{refusal.field}|{refusal.message}".encode()).hexdigest()
    if before is not None and before["payload_hash"] == digest:
        plan.intake.unchanged += 1
        _renew(plan, before)
        return
    revision = before["revision"] + 1 if before is not None else 1
    entity = before["entity"] if before is not None else ""
    marker = before["marker"] if before is not None else plan.identity.code(entity, intent.record_key, revision)
    row = _row(plan, intent, intent.record_key, revision, entity, None, digest, marker, None)
    row["origin"] = Origin.REFUSAL
    row |= {"amount": intent.amount, "currency": intent.currency, "business_date": intent.business_date or UNDATED}
    said = f"{refusal.field}: {refusal.message}" if refusal.field else refusal.message
    _park(row, refusal.reason, said)
    if before is not None:
        if hindered := hindrance(Ended.of(before), CREATE, reversed_by_date=row["key"] in plan.reversed):
            _park(row, hindered[0], f"{hindered[1]}; what it would be now is refused: {said}")
        if _in_flight(before):
            row["waits_for"] = row["key"]
        _supersede(plan, before, revision)
    plan.intake.refused += 1
    _add(plan, intent, row, ())


def plan_withdrawal(plan: Plan, intent: Intent, before: Standing, link: Link | None) -> None:
    """Nothing of this is to be in QBO any more."""
    listed = before["entity"] != "" and not entity_named(before["entity"]).transaction
    if _is_withdrawn(before) or before["operation"] in (VOID, DELETE) or listed or before["state"] == "skipped":
        _renew(plan, before, moved=intent.moved)
        return
    plan.intake.withdrawn += 1
    hindered = hindrance(Ended.of(before), VOID, reversed_by_date=before["key"] in plan.reversed)
    if link is None and not _in_flight(before) and hindered is None:
        fields = {"state": SUPERSEDED, "reason": WITHDRAWN, "waits_for": None}
        plan.changes.append((before["key"], before["revision"], fields))
        plan.lines.append(_line(before, WITHDRAWN, SUPERSEDED, "the record asks for nothing any more"))
        return
    revision = before["revision"] + 1
    entity, marker, number = before["entity"], before["marker"], before["number"]
    row = _row(plan, intent, before["key"], revision, entity, None, NO_PAYLOAD, marker, number)
    row["origin"] = Origin.WITHDRAWAL
    row |= {"amount": before["amount"], "currency": before["currency"], "business_date": before["business_date"]}
    row["operation"] = _way_out(plan.policy, entity)
    row["waits_for"] = before["key"] if _in_flight(before) else None
    _hold(plan, row, before)
    if not intent.moved:
        _hold_gone(plan.policy, row, _way_on(intent.why_gone))
    if hindered is not None:
        _park(row, *hindered)
    _supersede(plan, before, revision)
    plan.same_records.append((row["key"], revision))
    _add(plan, intent, row, ())


def _hold(plan: Plan, row: Posting, before: Standing | None) -> None:
    """Park what policy keeps back; master data has no date and is never kept back."""
    day, policy = row["business_date"], plan.policy
    if day == UNDATED:
        return
    days = [day] + ([before["business_date"]] if before is not None else [])
    if policy.closed_through is not None and min(days) <= policy.closed_through:
        _park(row, CLOSED_PERIOD, _why_closed(policy, row["operation"], row["entity"]))
    elif policy.history_before is not None and day < policy.history_before:
        _park(row, HISTORY, f"it is dated before {policy.history_before}, the first day that is posted unasked")
    elif policy.approval:
        _park(row, AWAITING_APPROVAL, "postings of this connection are sent once a person has approved them")


def _way_on(why: str) -> str:
    return f"{why}: approve to take it out of QBO, or skip to keep it"


def _hold_gone(policy: IntakePolicy, row: Posting, why: str) -> None:
    if policy.when_gone == "hold" and row["state"] == READY:
        _park(row, GONE, why)


def _way_out(policy: IntakePolicy, entity: str) -> str:
    return VOID if policy.when_gone == "void" and bool(entity_named(entity).void) else DELETE


def _renew(plan: Plan, row: Standing, *, moved: bool = False) -> None:
    """The same content under other settings: what was not sent yet is of these settings now, and waits, or no longer
    waits, by their policy. An approval is for a content, so it stays; what may have left is never touched."""
    same = plan.settings_hash is None or row["settings_hash"] == plan.settings_hash
    back_elsewhere = moved and row["reason"] == GONE
    if (same and not back_elsewhere) or row["state"] not in (READY, PARKED) or row["doubt"]:
        return
    fields: dict[str, Any] = {"settings_hash": plan.settings_hash}
    if row["origin"] == Origin.WITHDRAWAL:
        fields["operation"] = _way_out(plan.policy, row["entity"])
    # A closed day that an update leaves may be its earlier one, which is not known here: that stays for a person.
    moved = row["reason"] == CLOSED_PERIOD and row["operation"] == UPDATE
    by_policy = row["state"] == READY or (row["reason"] in _KEPT_BACK and not moved)
    if by_policy and not row["approved_by"]:
        held = cast(Posting, {**row, **fields, "state": READY, "reason": None, "message": None})
        _hold(plan, held, None)
        if (row["origin"] == Origin.WITHDRAWAL or row["reason"] == GONE) and not moved:
            _hold_gone(plan.policy, held, (row["reason"] == GONE and row["message"]) or _way_on(NOTHING_ASKED))
        if (held["state"], held["reason"]) != (row["state"], row["reason"]):
            fields |= {"state": held["state"], "reason": held["reason"], "message": held["message"]}
            plan.lines.append(_line(row, "settings", held["state"], held["message"]))
    plan.changes.append((row["key"], row["revision"], fields))


def _why_closed(policy: IntakePolicy, operation: str, entity: str) -> str:
    """Why it waits, and what approving it does."""
    why = policy.closed_why or f"the books are closed through {policy.closed_through}"
    if policy.first_open_day is None or (operation != CREATE and entity not in COUNTERPART):
        return f"{why}: approve it, or let it wait"
    day = policy.first_open_day
    if operation == CREATE:
        return f"{why}: approving it posts it on the first open day, now {day}, and says so in its memo"
    again = "" if operation in (VOID, DELETE) else ", and posts it again as it is now"
    return f"{why}: approving it reverses what stands in the closed period on the first open day, now {day}{again}"


def _park(row: Posting, reason: str, message: str) -> None:
    row |= {"state": PARKED, "reason": reason, "message": message}


def _supersede(plan: Plan, before: Standing, revision: int) -> None:
    """The newer revision stands for the key; the older one ends now unless its own fate is still open, or is QBO's."""
    fields: dict[str, Any] = {"superseded_by": revision}
    if before["state"] in (READY, PARKED, "skipped") and not before["doubt"]:
        fields |= {"state": SUPERSEDED, "waits_for": None}
    plan.changes.append((before["key"], before["revision"], fields))


def _add(plan: Plan, intent: Intent, row: Posting, effects: Sequence[Effect]) -> None:
    plan.rows.append(row)
    plan.intake.parked += row["state"] == PARKED
    plan.lines.append(_line(row, "intended", row["state"], row["message"]))
    place = {name: row[name] for name in ("connection", "key", "revision")}
    plan.effects += [
        place
        | {
            "line": number,
            "account_id": effect.account_id,
            "product_id": effect.product_id,
            "location_id": effect.location_id,
            "amount": effect.amount,
            "record_key": effect.record_key,
        }
        for number, effect in enumerate(effects, start=1)
    ]
    if (row["key"], row["revision"]) in plan.same_records:
        return
    shares = intent.shares or [Share(intent.record_key, intent.content_hash, row["amount"])]
    plan.records += [
        place | {"record_key": share.record_key, "record_hash": share.record_hash, "amount": share.amount}
        for share in shares
    ]


def _line(row: Any, event: str, state: str, message: str | None) -> AttemptLine:
    return AttemptLine(
        key=row["key"], revision=row["revision"], fence=row["fence"], event=event, state=state, message=message
    )


def _row(
    plan: Plan,
    intent: Intent,
    key: str,
    revision: int,
    entity: str,
    payload: str | None,
    digest: str,
    marker: str,
    number: str | None,
) -> Posting:
    return blank() | {
        "connection": plan.connection,
        "key": key,
        "revision": revision,
        "record_key": intent.record_key,
        "record_hash": intent.content_hash,
        "entity": entity,
        "payload": payload,
        "payload_hash": digest,
        "number": number,
        "marker": marker,
        "by_name": entity != "" and name_field(entity) is not None,
        "first_seen": plan.now,
        "settings_hash": plan.settings_hash,
    }


def _code(plan: Plan, draft: Draft, revision: int) -> str:
    return plan.identity.code(draft.entity, draft.key, revision)


def _in_flight(row: Standing) -> bool:
    """Whether the fate of this revision, or of an older one that it waits for, is still open."""
    return row["state"] in (SENDING, UNKNOWN) or bool(row["doubt"]) or row["waits_for"] == row["key"]


def _is_withdrawn(row: Standing) -> bool:
    """Whether nothing of it is, or is going to be, in QBO: it never was sent, or was taken out again."""
    taken_out = bool(row["operation"] in (VOID, DELETE) and row["state"] == "posted")
    return taken_out or bool(row["state"] == SUPERSEDED and row["reason"] == WITHDRAWN)
