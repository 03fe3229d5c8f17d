"""`rollback --again`: what a person took out of the books is posted again, as its records are today.

What belongs here: finding what was taken out, and its way back through building, approval and load. A document that was
voided or deleted becomes a new one; one that was reversed on another day stands again once its reversal is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, or_

from qbo_pipeline.pipeline.choosing import Filter, chosen, reversed_on_a_day
from qbo_pipeline.pipeline.closing import closed_period
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.rolling_back import refuse_everything
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.posting.reversal import reversal_key
from qbo_pipeline.posting.states import Operation, Origin, Reason, State
from qbo_pipeline.store.dispositions import build_anew
from qbo_pipeline.store.postings import Posting, latest
from qbo_pipeline.store.shares import shares
from qbo_pipeline.store.tables.posting import postings

_P = postings.c
COLUMNS = ("key", "entity", "number", "day", "amount", "currency", "taken_out", "now", "refused")
_TAKEN_OUT = and_(_P.operation.in_((Operation.VOID, Operation.DELETE)), _P.origin == Origin.REVERSAL)
_ASKED_FOR = and_(_P.state == State.PARKED, _P.reason == Reason.REVERSED, _P.payload.is_not(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """One document that was taken out: how, and what became of the order; `refused` says why it stays out.

    `reversal` is the key of the entry that reversed it on another day, empty where it was voided or deleted.
    """

    key: str
    record_keys: tuple[str, ...]
    entity: str
    number: str
    day: date
    amount: Decimal
    currency: str
    taken_out: str
    reversal: str = ""
    now: str = "would be posted again"
    refused: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON and CSV; all is text."""
        return {name: str(getattr(self, name)) for name in COLUMNS} | {"amount": format(self.amount, "f")}


def taken_out(run: Run, wanted: Filter) -> list[Return]:
    """What the filter names of what a person took out of the books, by date and key."""
    with run.database.reading() as connection:
        on_a_day = reversed_on_a_day(run.name)
        out = or_(and_(_TAKEN_OUT, _P.state == State.POSTED), _ASKED_FOR, _P.key.in_(on_a_day))
        rows = chosen(connection, run.name, wanted, out, _P.key.not_like("%#reversal-%"))
        behind: dict[tuple[str, int], list[str]] = {}
        for share in shares(connection, run.name, [row["key"] for row in rows]):
            behind.setdefault((share["key"], share["revision"]), []).append(share["record_key"])
        reversed_ = set(connection.scalars(on_a_day))
    return [_return(row, behind.get((row["key"], row["revision"]), []), row["key"] in reversed_) for row in rows]


def post_again(run: Run, wanted: Filter, who: str, why: str) -> list[Return]:
    """Post again what the filter names, and send it; each with its line in the journal.

    What lies in a closed period by now is posted on the first open day and says so in its memo. Raises `NotPossible`
    before anything where who or why is missing, or the filter says nothing.
    """
    person = Person(who, why)
    refuse_everything(wanted)
    found = taken_out(run, wanted)
    if not found:
        return []
    _build(run, [one for one in found if not one.reversal])
    keys, refused = [], {}
    for one in found:
        try:
            _order(run, one, person)
            keys.append(one.reversal or one.key)
        except NotPossible as error:
            refused[one.key] = str(error)
    if keys:
        days = [row["business_date"] for key in keys if (row := _newest(run, key)) is not None]
        load(run, min(days), max(days), keys=keys)
    return [_told(run, one, refused.get(one.key)) for one in found]


def _return(row: dict[str, Any], record_keys: list[str], on_a_day: bool) -> Return:
    reversal = reversal_key(row["key"], row["revision"]) if on_a_day else ""
    words = {Operation.VOID: "voided", Operation.DELETE: "deleted"}
    return Return(
        key=row["key"],
        record_keys=tuple(record_keys),
        entity=row["entity"],
        number=row["qbo_number"] or row["number"] or "",
        day=row["business_date"],
        amount=row["amount"],
        currency=row["currency"],
        taken_out=f"reversed by {reversal}" if reversal else words.get(row["operation"], "taken out, and built again"),
        reversal=reversal,
    )


def _build(run: Run, found: list[Return]) -> None:
    """Build their records as they are today: what comes of it waits, for a person took it out."""
    if not found:
        return
    with run.database.transaction() as connection:
        build_anew(connection, run.name, sorted({key for one in found for key in one.record_keys}))
    days = [one.day for one in found]
    transform(run, min(days), max(days))


def _order(run: Run, one: Return, person: Person) -> None:
    if one.reversal:
        decide(run, "reverse", one.reversal, person.who, person.why)
        return
    row = _newest(run, one.key)
    if row is None or row["state"] != State.PARKED or row["reason"] != Reason.REVERSED or row["payload"] is None:
        said = (row["message"] or row["state"]) if row else "it has no posting"
        raise NotPossible(f"its record asks for nothing that could be posted today: {said}")
    with run.database.reading() as connection:
        closed = closed_period(connection, run.name)
    late = closed is not None and row["business_date"] <= closed.through
    dated = closed.first_open_day if closed is not None and late else None
    decide(run, "approve", one.key, person.who, person.why, dated=dated)


def _newest(run: Run, key: str) -> Posting | None:
    with run.database.reading() as connection:
        return latest(connection, run.name, key)


def _told(run: Run, one: Return, refused: str | None) -> Return:
    row = _newest(run, one.reversal or one.key)
    now, why = "stays out", refused or ""
    if refused is None and row is not None:
        if row["state"] == State.POSTED:
            now = f"{one.reversal} is out of the books: it stands again" if one.reversal else "posted again"
        else:
            now, why = str(row["state"]), row["message"] or row["reason"] or "see its attempts"
    values = {name: getattr(one, name) for name in Return.__slots__}
    return Return(**(values | {"now": now, "refused": why}))
