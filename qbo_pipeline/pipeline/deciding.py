"""Decisions about many postings at once, chosen by a filter: each is the decision by key, told one by one.

What belongs here: what a filter means for each decision, and going on after one that cannot be decided. The decision
itself is `decide.decide`. Looking is the same code in a copy of the store (`looking`), so that what is shown is what
would happen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, not_, or_

from qbo_pipeline.accounting.movements import COST_PENDING
from qbo_pipeline.pipeline.choosing import Filter, chosen, reversed_on_a_day
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.same_number import CONFLICT
from qbo_pipeline.posting.decisions import APPROVABLE
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.posting.states import Operation, Origin, Reason, State
from qbo_pipeline.store.postings import latest
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import UNDATED

_P = postings.c
_WAITS = _P.state == State.PARKED
_FOR_A_WORD = _P.reason.in_((*APPROVABLE, Reason.DUPLICATE_NUMBER, CONFLICT, COST_PENDING))
# What a filter without states is about, for each decision: what a person would mean by "all". With states it is these.
MEANT: dict[str, Any] = {
    "approve": and_(_WAITS, _FOR_A_WORD),
    "retry": and_(_WAITS, or_(_P.reason.is_(None), not_(_FOR_A_WORD))),
    "skip": _WAITS,
    "reverse": and_(
        _P.state.in_((State.POSTED, State.DRIFTED)),
        _P.operation.in_((Operation.CREATE, Operation.UPDATE)),
        _P.origin != Origin.REVERSAL,
        _P.business_date != UNDATED,
    ),
}


COLUMNS = ("key", "entity", "number", "day", "amount", "currency", "was", "now", "refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionAnswer:
    """What became, or would become, of one posting; `refused` says why it could not be decided.

    `was` and `now` are its state with its reason, `amount` is in `currency`.
    """

    key: str
    entity: str
    number: str
    day: date | None
    amount: Decimal
    currency: str
    was: str
    now: str
    refused: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON, CSV and Dagster's metadata; all is text."""
        shown = {name: str(getattr(self, name)) for name in COLUMNS}
        return shown | {"day": self.day.isoformat() if self.day else "", "amount": format(self.amount, "f")}


def decide_all(
    run: Run, decision: str, wanted: Filter, who: str, why: str, *, dated: date | None = None
) -> Iterator[DecisionAnswer]:
    """Decide about every posting that the filter names, by date and key, each in a transaction of its own.

    Killed in between, what was decided stays decided, and the same order goes on with the rest. Raises `NotPossible`
    before anything where who or why is missing, or where the filter would reverse everything that is posted.
    """
    Person(who, why)
    if decision == "reverse" and wanted.says_nothing:
        raise NotPossible("that would take everything out of the books: name days, a kind, a party, a run or an amount")
    meant: tuple[Any, ...] = () if wanted.states else (MEANT[decision],)
    with run.database.reading() as connection:
        if decision == "reverse" and not wanted.states:
            meant = (*meant, _P.key.not_in(reversed_on_a_day(run.name)))
        rows = chosen(connection, run.name, wanted, *meant)
    return _decided(run, decision, rows, who, why, dated)


def _decided(
    run: Run, decision: str, rows: list[dict[str, Any]], who: str, why: str, dated: date | None
) -> Iterator[DecisionAnswer]:
    for count, row in enumerate(rows, start=1):
        was, now, refused = _standing(row["state"], row["reason"]), "", ""
        try:
            decided = decide(run, decision, row["key"], who, why, dated=dated)
            now = _standing(decided.state, decided.reason)
            if decision == "reverse" and dated is not None:
                now = f"{now}, its reversal of {dated} ready"
        except NotPossible as error:
            now, refused = was, str(error)
            if (since := _since(run, row["key"])) not in (None, was):  # decided with another that it goes together with
                now, refused = str(since), ""
        run.progress("postings decided", count)
        yield DecisionAnswer(
            key=row["key"],
            entity=row["entity"],
            number=row["qbo_number"] or row["number"] or "",
            day=None if row["business_date"] == UNDATED else row["business_date"],
            amount=row["amount"],
            currency=row["currency"],
            was=was,
            now=now,
            refused=refused,
        )


def _since(run: Run, key: str) -> str | None:
    with run.database.reading() as connection:
        row = latest(connection, run.name, key)
    return _standing(row["state"], row["reason"]) if row is not None else None


def _standing(state: str, reason: str | None) -> str:
    return f"{state}: {reason}" if reason else str(state)
