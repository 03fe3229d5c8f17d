"""Carrying out a rollback: level by level, through the decision by key and the ordinary load, then reconciled.

What belongs here: the order of the steps and what came of each. Killed in between, what left has left; the same order
finds the rest, and what was ordered and not sent, and goes on with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

from qbo_pipeline.pipeline import rollback
from qbo_pipeline.pipeline.choosing import Filter
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.drift import find_drift
from qbo_pipeline.pipeline.latest import NothingReconciled, latest_reconciliation
from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.rollback import Step, planned
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.decisions import APPROVABLE
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.posting.reversal import reversal_key
from qbo_pipeline.posting.states import State
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.store.postings import Posting, latest

COLUMNS = (*(name for name in rollback.COLUMNS if name not in ("would", "stays")), "done", "stays")
_DONE = {"void": "voided", "delete": "deleted"}


@dataclass(frozen=True, slots=True)
class RollbackOutcome:
    """What became of a step; `message` says it in words."""

    step: Step
    done: bool
    message: str

    def as_dict(self) -> dict[str, Any]:
        """The step for JSON and CSV, with what became of it in the place of what would."""
        became = {"done": self.message, "stays": ""} if self.done else {"done": "", "stays": self.message}
        told = self.step.as_dict() | became
        return {name: told[name] for name in COLUMNS}


def roll_back(
    run: Run, wanted: Filter, who: str, why: str, *, dated: date | None = None, dependents: bool = False
) -> list[RollbackOutcome]:
    """Take what the filter names out of the books, as `rollback.planned` shows it, and send it.

    Each step stands alone but for what rests on it: where something stays, what it settles stays as well. Raises
    `NotPossible` before anything where who or why is missing, or the filter says nothing.
    """
    person = Person(who, why)
    refuse_everything(wanted)
    steps = planned(run, wanted, dated=dated, dependents=dependents)
    outcomes: list[RollbackOutcome] = []
    left: set[str] = set()
    for _, level in groupby(steps, key=lambda step: step.level):
        found = _carried_out(run, [_beside(step, left) for step in level], person)
        left |= {one.step.key for one in found if not one.done}
        outcomes += found
        run.progress("documents rolled back", sum(one.done for one in outcomes))
    return outcomes


def refuse_everything(wanted: Filter) -> None:
    """Raise `NotPossible` for a filter that every posting meets."""
    if wanted.says_nothing:
        raise NotPossible("that would take everything out of the books: name a day, a run or a kind")


def reconciled_after(run: Run, outcomes: Sequence[RollbackOutcome]) -> Reconciliation | None:
    """Stock against ledger as at the last day that the order touched, or the last that was reconciled if that is later;
    `None` where nothing left."""
    days = [step.on or step.day for step in (one.step for one in outcomes if one.done)]
    if not days:
        return None
    with suppress(NothingReconciled):
        days.append(latest_reconciliation(run).as_at)
    as_at = max(days)
    find_drift(run)
    read_ledger(run, as_at)
    return reconcile_as_at(run, as_at)


def _beside(step: Step, left: set[str]) -> Step:
    """The step, which stays where what settles it could not leave after all."""
    standing = [key for key in step.settled_by if key in left]
    if step.stays or not standing:
        return step
    return replace(step, stays=f"it is settled by {', '.join(standing)}, which could not leave")


def _carried_out(run: Run, steps: Sequence[Step], person: Person) -> list[RollbackOutcome]:
    """Order these steps, which do not rest on each other, send them together, and look what became of each."""
    refused: dict[str, str] = {step.key: step.stays for step in steps if step.stays}
    for step in steps:
        if step.key not in refused:
            try:
                _order(run, step, person)
            except NotPossible as error:
                refused[step.key] = str(error)
    sent = [step for step in steps if step.key not in refused]
    if sent:
        days = [step.on or step.day for step in sent]
        load(run, min(days), max(days), keys=[_sent_as(run, step) for step in sent])
    return [_outcome(run, step, refused.get(step.key)) for step in steps]


def _order(run: Run, step: Step, person: Person) -> None:
    if not step.ordered:
        decide(run, "reverse", step.key, person.who, person.why, dated=step.on)
        return
    key = _sent_as(run, step)
    row = _newest(run, key)
    if row["state"] == State.PARKED:  # an earlier order was refused, or is held
        decision = "approve" if row["reason"] in APPROVABLE else "retry"
        decide(run, decision, key, person.who, person.why)


def _sent_as(run: Run, step: Step) -> str:
    """The key of the posting that takes it out: its own, or that of its reversal."""
    return step.key if step.on is None else reversal_key(step.key, _newest(run, step.key)["revision"])


def _newest(run: Run, key: str) -> Posting:
    with run.database.reading() as connection:
        row = latest(connection, run.name, key)
    if row is None:
        raise NotPossible(f"there is no posting {key!r} of the connection {run.name!r}")
    return row


def _outcome(run: Run, step: Step, refused: str | None) -> RollbackOutcome:
    if refused is not None:
        return RollbackOutcome(step, False, refused)
    row = _newest(run, _sent_as(run, step))
    if row["state"] == State.POSTED:
        return RollbackOutcome(
            step, True, f"reversed on {step.on} by {row['key']}" if step.on else _DONE[step.operation]
        )
    said = row["message"] or row["reason"] or "see its attempts"
    return RollbackOutcome(step, False, f"ordered, and {row['state']} now: {said}")
