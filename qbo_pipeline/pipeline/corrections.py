"""Corrections: what the tool can do about each difference, previewed, then carried out on a person's order.

What belongs here: the order of the steps through the doors that there are (extract, transform, load, the decisions
about postings). Which remedy a cause has is decided in `reconciliation.remedies`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from qbo_pipeline.accounting.drafts import Draft, Effect
from qbo_pipeline.accounting.summaries import is_summary
from qbo_pipeline.pipeline.adjusting import propose
from qbo_pipeline.pipeline.ahead import read_ahead
from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.drift import find_drift
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.posting import decisions
from qbo_pipeline.posting.asking import DRIFTED_BEFORE, IntakePolicy, Intent, Share
from qbo_pipeline.posting.content import fingerprint
from qbo_pipeline.posting.decisions import APPROVABLE, NotPossible, Person
from qbo_pipeline.posting.identity import MARKER
from qbo_pipeline.posting.intents import put
from qbo_pipeline.posting.shell import identity_of
from qbo_pipeline.quickbooks.errors import NotFound
from qbo_pipeline.quickbooks.shapes import OddShape
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.reconciliation.export import rows_of
from qbo_pipeline.reconciliation.remedies import Action, plan
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.store.postings import Posting, latest, links, whole
from qbo_pipeline.store.shares import shares
from qbo_pipeline.store.tables.posting import posting_effects, postings

PREPARED = "parked for approval"


@dataclass(frozen=True, slots=True)
class Correction:
    """One step, by the key with which it is ordered, and the days that it concerns."""

    key: str
    action: Action
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an ordered step; `done` also where a journal now waits for its approval."""

    correction: Correction
    done: bool
    message: str


def preview(run: Run, as_at: date) -> list[Correction]:
    """What could be done about the differences as at a date, on what QBO and the source say now; does nothing."""
    find_drift(run)
    read_ledger(run, as_at)
    return corrections_of(reconcile_as_at(run, as_at))


def corrections_of(reconciliation: Reconciliation) -> list[Correction]:
    """The steps for the differences of a reconciliation, in their order."""
    rows = rows_of(reconciliation.differences, ("difference_key", "business_date"))
    days = {row["difference_key"]: row["business_date"] for row in rows}
    return [
        Correction(step.difference_keys[0], step, tuple(sorted({days[key] for key in step.difference_keys})))
        for step in plan(reconciliation)
    ]


def carry_out(run: Run, as_at: date, keys: Collection[str], who: str, why: str) -> list[Outcome]:
    """Carry out the steps ordered by their keys (or by the key of any difference that a step settles).

    Each step stands alone: where one cannot be done the answer says why, and the others go on. Raises
    `NotPossible` for a key that is not among the differences any more and without a name and a reason, before anything.
    """
    person = Person(who, why)
    offered = preview(run, as_at)
    known = {key: one for one in offered for key in one.action.difference_keys}
    if gone := sorted(set(keys) - set(known)):
        raise NotPossible(f"no step corrects {', '.join(gone)}: look at the preview again and order from that")
    ordered = list({known[key].key: known[key] for key in keys}.values())
    ordered.sort(key=lambda one: _ORDER.index(one.action.action))
    _read_again(run, [one for one in ordered if _needs_source(one)], as_at)
    outcomes = []
    for one in ordered:
        try:
            outcomes.append(Outcome(one, True, _STEPS[one.action.action](run, one, person)))
        except NotPossible as error:
            outcomes.append(Outcome(one, False, str(error)))
    return outcomes


_ORDER = ("extract", "post", "adopt", "post_again", "reverse", "journal")


def _needs_source(one: Correction) -> bool:
    """Whether the source may have it otherwise than it was read."""
    return one.action.action == "extract" or one.action.cause in (Cause.CHANGED_IN_SOURCE, Cause.VANISHED_IN_SOURCE)


def _read_again(run: Run, ordered: Sequence[Correction], as_at: date) -> None:
    """Read the days of these steps, and those to which the source has moved their records since."""
    if not ordered:
        return
    days = {day for one in ordered for day in one.days}
    concerned = {one.action.record_key for one in ordered}
    present = read_ahead(run, as_at).present.values()
    days |= {record.business_date for record in present if f"movement/{record.record_id}" in concerned}
    extract_master_data(run)
    for day in sorted(days):
        extract_days(run, day, day)
    transform(run, min(days), max(*days, as_at))


def _extract(run: Run, one: Correction, person: Person) -> str:
    """Its days have been read: post what they brought."""
    done = load(run, one.days[0], one.days[-1])
    return f"{one.days[0]} was read again; {done.summary.posted} documents posted"


def _post(run: Run, one: Correction, person: Person) -> str:
    key = one.action.posting_key or one.action.record_key or ""
    row = _newest(run, key)
    if row is None:
        raise NotPossible(f"{key} has no posting: {_WITHOUT_POSTING}")
    if row["state"] == "parked":
        if row["reason"] in APPROVABLE:
            _approve(run, row, person)
        else:
            decisions.retry(run.database, run.name, key, person)
    elif row["state"] == "skipped":
        raise NotPossible(f"{key} was skipped by a person ({row['message']}); adjust the ledger by a journal instead")
    return _sent(run, key)


_WITHOUT_POSTING = "a rule excludes it, or its row cannot be read; correct the settings or the source, then run"


def _post_again(run: Run, one: Correction, person: Person) -> str:
    key = one.action.posting_key or ""
    row = _newest(run, key)
    if row is None:
        raise NotPossible(f"there is no posting {key!r}")
    if row["state"] == "parked" and row["reason"] in APPROVABLE:
        _approve(run, row, person)
    elif row["state"] == "deleted_in_qbo":
        decisions.unlink(run.database, run.name, key, person)
        decisions.retry(run.database, run.name, key, person)
    elif row["state"] in ("posted", "drifted"):
        _take_as_it_is(run, row, person)
        _restate(run, row, person)
    return _sent(run, key)


def _reverse(run: Run, one: Correction, person: Person) -> str:
    key = one.action.posting_key or ""
    row = _newest(run, key)
    if row is not None and row["state"] == "drifted":
        _take_as_it_is(run, row, person)
    if row is not None and row["state"] == "parked" and row["reason"] in APPROVABLE:
        _approve(run, row, person)
    elif row is None or row["state"] != "ready":
        with run.database.reading() as connection:
            identity = identity_of(connection, run.name, run.settings.quickbooks.realm)
        decisions.reverse(run.database, run.name, key, person, identity=identity)
    return _sent(run, key)


def _adopt(run: Run, one: Correction, person: Person) -> str:
    action, key = one.action, one.action.posting_key or ""
    row = _newest(run, key)
    if row is None or action.qbo_type is None or action.qbo_id is None:
        raise NotPossible(f"{key} cannot be linked to the copy: the posting or the copy's Id is not known")
    thing = run.quickbooks().read(action.qbo_type, action.qbo_id)
    if action.qbo_type != row["entity"] or _facts_of(row["entity"], thing) != row["posted_fingerprint"]:
        raise NotPossible(
            f"the {action.qbo_type} {action.qbo_id} does not say what {key} had posted: delete it in QuickBooks and "
            f"post {key} again"
        )
    decisions.relink(run.database, run.name, key, thing, person)
    return f"{key} is linked to {action.qbo_type} {action.qbo_id}"


def _facts_of(entity: str, thing: dict[str, Any]) -> str | None:
    """The object's fingerprint, `None` for one that cannot be read: it is not what we posted."""
    try:
        return fingerprint(entity, thing)
    except OddShape:
        return None


def _journal(run: Run, one: Correction, person: Person) -> str:
    key = propose(run, one.action, person)
    return f"{key} is {PREPARED}"


_STEPS: dict[str, Callable[[Run, Correction, Person], str]] = {
    "extract": _extract,
    "post": _post,
    "post_again": _post_again,
    "reverse": _reverse,
    "adopt": _adopt,
    "journal": _journal,
}


def _newest(run: Run, key: str) -> Posting | None:
    with run.database.reading() as connection:
        return latest(connection, run.name, key)


def _approve(run: Run, row: Posting, person: Person) -> None:
    if row["reason"] == DRIFTED_BEFORE:
        _take_as_it_is(run, row, person)
    decisions.approve(run.database, run.name, row["key"], person)


def _take_as_it_is(run: Run, row: Posting, person: Person) -> None:
    """Take the object as a person left it for the base of the next revision, so that this is no conflict."""
    with run.database.reading() as connection:
        link = links(connection, run.name, [row["key"]]).get(row["key"])
    if link is None:
        return
    try:
        thing = run.quickbooks().read(link.entity, link.qbo_id)
    except NotFound:
        raise NotPossible(
            f"{row['key']}: {link.entity} {link.qbo_id} is no longer in QuickBooks; run the pipeline once, so that it "
            "notices, then order again"
        ) from None
    decisions.relink(run.database, run.name, row["key"], thing, person)


def _restate(run: Run, row: Posting, person: Person) -> None:
    """A new revision with the content that was posted, which says for whom: it replaces what a person left there."""
    with run.database.transaction() as connection:
        drafts = []
        for one in _of_record(connection, run.name, row["record_key"]):
            payload = from_wire(one["payload"] or "null")
            if payload is None:
                raise NotPossible(f"{one['key']} of the same record waits and was never built: remove its reason first")
            if one["key"] == row["key"]:
                note = MARKER.sub("", payload.get("PrivateNote") or "").rstrip()
                again = f"posted again as revision {row['revision'] + 1} for {person.who}"
                payload["PrivateNote"] = f"{note}; {again}".removeprefix("; ")
            drafts.append(_draft(connection, one, payload))
        put(
            connection,
            run.name,
            [Intent(row["record_key"], row["record_hash"], drafts, shares=_shares(connection, row))],
            identity=identity_of(connection, run.name, run.settings.quickbooks.realm),
            policy=IntakePolicy(closed_through=StoredBooks(connection, run.settings).closed_through),
            now=run.database.now(connection),
        )


def _shares(connection: Connection, row: Posting) -> list[Share]:
    """The records that a summary stands for; none where the posting is one record's."""
    if not is_summary(row["record_key"]):
        return []
    found = shares(connection, row["connection"], [row["key"]])
    return [
        Share(one["record_key"], one["record_hash"], one["amount"])
        for one in found
        if one["revision"] == row["revision"]
    ]


def _of_record(connection: Connection, name: str, record_key: str) -> list[Posting]:
    mine = (postings.c.connection == name, postings.c.record_key == record_key, postings.c.superseded_by.is_(None))
    query = select(postings).where(*mine, postings.c.state != "superseded").order_by(postings.c.key)
    return [whole(row) for row in connection.execute(query).mappings()]


def _draft(connection: Connection, row: Posting, payload: dict[str, object]) -> Draft:
    columns = posting_effects.c
    query = select(posting_effects).where(
        columns.connection == row["connection"], columns.key == row["key"], columns.revision == row["revision"]
    )
    effects = tuple(
        Effect(
            account_id=effect.account_id,
            amount=effect.amount,
            product_id=effect.product_id,
            location_id=effect.location_id,
            record_key=effect.record_key,
        )
        for effect in connection.execute(query.order_by(columns.line))
    )
    return Draft(
        key=row["key"],
        entity=row["entity"],
        payload=payload,
        business_date=row["business_date"],
        amount=row["amount"],
        currency=row["currency"],
        effects=effects,
    )


def _sent(run: Run, key: str) -> str:
    """Post it now; raises `NotPossible` where it does not arrive."""
    row = _newest(run, key)
    assert row is not None
    load(run, row["business_date"], row["business_date"], keys=[key])
    row = _newest(run, key)
    assert row is not None
    if row["state"] != "posted":
        raise NotPossible(f"{key} is {row['state']}: {row['message'] or row['reason'] or 'see its attempts'}")
    return f"{key} is posted" if row["operation"] in ("create", "update") else f"{key} is out of QuickBooks"
