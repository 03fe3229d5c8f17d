"""Corrections: what the tool can do about each difference, previewed, then carried out on a person's order.

What belongs here: the order of the steps through the doors that there are (extract, transform, load, the decisions
about postings). Which remedy a cause has is decided in `reconciliation.remedies`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from qbo_pipeline.pipeline.adjusting import propose
from qbo_pipeline.pipeline.ahead import read_ahead
from qbo_pipeline.pipeline.drift import find_drift
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.putting_back import PUT_BACK, put_back, take_as_it_is
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.posting import decisions
from qbo_pipeline.posting.asking import DRIFTED_BEFORE
from qbo_pipeline.posting.content import fingerprint
from qbo_pipeline.posting.decisions import APPROVABLE
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.posting.shell import identity_of
from qbo_pipeline.quickbooks.shapes import OddShape
from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.reconciliation.export import rows_of
from qbo_pipeline.reconciliation.remedies import Action, plan
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.store.postings import Posting, latest

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
    elif row["state"] in PUT_BACK:
        put_back(run, row, person)
    return _sent(run, key)


def _reverse(run: Run, one: Correction, person: Person) -> str:
    key = one.action.posting_key or ""
    row = _newest(run, key)
    if row is not None and row["state"] == "drifted":
        take_as_it_is(run, row, person)
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
        take_as_it_is(run, row, person)
    decisions.approve(run.database, run.name, row["key"], person)


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
