"""A rollback as it is shown: what of a day, a run or a kind is in QuickBooks, how each would leave, what hinders it.

What belongs here: finding the documents, what depends on them, and the order. Nothing is changed; carrying it out is in
`rolling_back`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from qbo_pipeline.pipeline.choosing import Filter, chosen, reversed_on_a_day
from qbo_pipeline.pipeline.closing import Closed, closed_period
from qbo_pipeline.pipeline.drift import IDS_AT_ONCE, find_drift
from qbo_pipeline.pipeline.reference import refresh_reference_data
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.freezing import references
from qbo_pipeline.posting.persons import NotPossible
from qbo_pipeline.posting.reversal import COUNTERPART, reversal_key
from qbo_pipeline.posting.states import Operation, Origin, Reason, State
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.store.postings import chunks, latest, links, links_to
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import UNDATED, record_references

_P = postings.c
COLUMNS = (
    "key",
    "entity",
    "number",
    "day",
    "amount",
    "currency",
    "qbo_id",
    "in_quickbooks",
    "would",
    "needed_by",
    "stays",
)
_OUT = (Operation.VOID, Operation.DELETE)
# What QuickBooks names in `LinkedTxn` of a document that it settles or deposits, and the entity behind the name.
_SETTLES = {
    "Payment": "Payment",
    "BillPaymentCheck": "BillPayment",
    "BillPaymentCreditCard": "BillPayment",
    "BillPayment": "BillPayment",
    "Deposit": "Deposit",
}
# In QuickBooks, or on order on the way out of it: the newest revision of what a rollback is about.
_CONCERNED = and_(
    _P.business_date != UNDATED,
    or_(
        and_(_P.state.in_((State.POSTED, State.DRIFTED)), _P.operation.not_in(_OUT)),
        and_(_P.operation.in_(_OUT), _P.origin == Origin.REVERSAL, _P.state != State.POSTED),
        and_(_P.operation == Operation.UPDATE, _P.state.not_in((State.POSTED, State.DRIFTED, State.SKIPPED))),
        _P.state.in_((State.SENDING, State.UNKNOWN)),
    ),
    _P.key.not_like("%#reversal-%"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One document of a rollback.

    `operation` is how it leaves (`void`, `delete`, or `reverse` on the day `on`), `ordered` that somebody ordered it
    before and it is not done. `needed_by` are the keys of documents in QuickBooks that rest on it; those of
    `settled_by` would lose what they settle. `stays` says why it does not leave; empty where it does.
    """

    key: str
    record_key: str
    entity: str
    number: str
    day: date
    amount: Decimal
    currency: str
    qbo_id: str
    in_quickbooks: str
    operation: str
    on: date | None = None
    ordered: bool = False
    needed_by: tuple[str, ...] = ()
    settled_by: tuple[str, ...] = ()
    stays: str = ""
    level: int = 0

    @property
    def would(self) -> str:
        """In plain words, what the order does with it."""
        if self.stays:
            return "would stay"
        words = {"void": "would be voided", "delete": "would be deleted"}
        return words.get(self.operation, f"would be reversed on {self.on}")

    def as_dict(self) -> dict[str, Any]:
        """For JSON, CSV and Dagster's metadata; all is text."""
        shown = {name: str(getattr(self, name)) for name in COLUMNS}
        amount, needed = format(self.amount, "f"), ", ".join(self.needed_by)
        return shown | {"amount": amount, "needed_by": needed}


def planned(run: Run, wanted: Filter, *, dated: date | None = None, dependents: bool = False) -> list[Step]:
    """The steps of a rollback in the order in which they would be done: what rests on a document leaves before it.

    QuickBooks is asked what people changed since, and what settles each document there. `dated` has all of it reversed
    on that day instead of voided; in a closed period that is so anyway, on the first open day. `dependents` takes along
    what settles or clears a document and is not among the chosen. Raises `NotPossible` for a day in a closed period.
    """
    refresh_reference_data(run)
    find_drift(run)
    with run.database.reading() as connection:
        closed = closed_period(connection, run.name)
        if dated is not None and closed is not None and dated <= closed.through:
            raise NotPossible(
                f"{dated} is no day to reverse on: {closed.why}; the first open day is {closed.first_open_day}"
            )
        rows = {row["key"]: row for row in chosen(connection, run.name, wanted, _CONCERNED)}
        while True:
            steps = _steps(connection, run.name, rows.values(), closed, dated)
            settled = _settled_by(run, connection, steps)
            for key, own in _applied_by(connection, run.name, steps).items():
                settled[key] = tuple(dict.fromkeys((*settled.get(key, ()), *own)))
            needed = needed_by(connection, run.name, {step.record_key: step.key for step in steps.values()})
            more = (
                {key for keys in settled.values() for key in keys} | {k for ks in needed.values() for k in ks}
            ) - set(rows)
            more = {key for key in more if not key.startswith(_FOREIGN)} if dependents else set()
            if not more:
                break
            for part in chunks(sorted(more)):
                rows |= {
                    row["key"]: row for row in chosen(connection, run.name, Filter(), _CONCERNED, _P.key.in_(part))
                }
            if not more & set(rows):
                break
    with_others = {
        key: replace(step, settled_by=settled.get(key, ()), needed_by=(*settled.get(key, ()), *needed.get(key, ())))
        for key, step in steps.items()
    }
    return hindered(_in_order(with_others))


_FOREIGN = "QuickBooks' "


def _steps(
    connection: Connection, name: str, rows: Iterable[dict[str, Any]], closed: Closed | None, dated: date | None
) -> dict[str, Step]:
    listed = list(rows)
    known = links(connection, name, [row["key"] for row in listed])
    on_a_day = set(connection.scalars(reversed_on_a_day(name)))
    steps = {}
    for row in listed:
        link = known.get(row["key"])
        sending = row["state"] in (State.SENDING, State.UNKNOWN)
        if row["reason"] == Reason.VOIDED or (link is None and not sending):
            continue  # it is not in QuickBooks any more
        reversal = (
            latest(connection, name, reversal_key(row["key"], row["revision"])) if row["key"] in on_a_day else None
        )
        if reversal is not None and reversal["state"] == State.POSTED:
            continue  # its reversal stands there
        ordered = reversal is not None or row["operation"] in _OUT
        operation, on = _way_out(row, closed, dated)
        if reversal is not None:
            operation, on = "reverse", reversal["business_date"]
        elif row["operation"] in _OUT:
            operation, on = row["operation"], None
        steps[row["key"]] = Step(
            key=row["key"],
            record_key=row["record_key"],
            entity=row["entity"],
            number=(link.qbo_number if link else None) or row["number"] or "",
            day=row["business_date"],
            amount=row["amount"],
            currency=row["currency"],
            qbo_id=link.qbo_id if link else "",
            in_quickbooks=_there(row, ordered),
            operation=operation,
            on=on,
            ordered=ordered,
            stays=_why_it_stays(row, ordered, operation, closed),
        )
    return steps


def _way_out(row: Mapping[str, Any], closed: Closed | None, dated: date | None) -> tuple[str, date | None]:
    if dated is not None:
        return "reverse", dated
    if closed is not None and row["business_date"] <= closed.through:
        return "reverse", closed.first_open_day
    return (Operation.VOID if entity_named(row["entity"]).void else Operation.DELETE), None


def _there(row: Mapping[str, Any], ordered: bool) -> str:
    if ordered:
        return "as posted; taking it out is ordered and not done"
    return (row["message"] or "changed by a person") if row["state"] == State.DRIFTED else "as posted"


def _why_it_stays(row: Mapping[str, Any], ordered: bool, operation: str, closed: Closed | None) -> str:
    key = row["key"]
    if row["state"] == State.DRIFTED:
        return (
            f"a person changed it in QuickBooks: `relink {key} ID` accepts that, `reverse {key}` takes it out as it is"
        )
    if ordered:
        return ""
    if row["state"] in (State.SENDING, State.UNKNOWN):
        return "it is being sent, or its fate is not known yet: run, then order this again"
    if row["state"] != State.POSTED:
        return f"a newer content of it waits ({row['reason'] or row['state']}): decide about that first"
    if operation == "reverse" and row["entity"] not in COUNTERPART:
        why = f"{closed.why}, and " if closed is not None and row["business_date"] <= closed.through else ""
        return f"{why}QuickBooks has no counterpart of a {row['entity']}: a person settles it there"
    return ""


def _settled_by(run: Run, connection: Connection, steps: Mapping[str, Step]) -> dict[str, tuple[str, ...]]:
    """By key, what QuickBooks says settles or deposits it: keys of ours, and in words what is not ours."""
    by_entity: dict[str, dict[str, str]] = {}
    for step in steps.values():
        if step.qbo_id and step.operation != "reverse":
            by_entity.setdefault(step.entity, {})[step.qbo_id] = step.key
    found: dict[str, tuple[str, ...]] = {}
    for entity, ids in by_entity.items():
        for part in chunks(sorted(ids), IDS_AT_ONCE):
            for thing in run.quickbooks().query(select_objects(entity).where("Id", "IN", tuple(part))):
                names = [
                    _name_of(connection, run.name, _SETTLES[one["TxnType"]], str(one["TxnId"]))
                    for one in thing.get("LinkedTxn") or ()
                    if one.get("TxnType") in _SETTLES
                ]
                if names:
                    found[ids[str(thing["Id"])]] = tuple(dict.fromkeys(names))
    return found


def _applied_by(connection: Connection, name: str, steps: Mapping[str, Step]) -> dict[str, list[str]]:
    """By key, what else of the same payment settles it: a journal entry does not say in QuickBooks what applies it.

    A refund and an applied deposit are linked to documents by an object of their own (`#apply`); what a deposit became
    (`#applied-`) rests on the deposit.
    """
    found: dict[str, list[str]] = {}
    payments = {step.record_key for step in steps.values() if step.record_key.startswith("payment/")}
    for part in chunks(sorted(payments)):
        there = (_P.connection == name, _P.superseded_by.is_(None), _P.record_key.in_(part), _P.key.like("%#appl%"))
        query = select(_P.key, _P.record_key, _P.payload).where(*there, _CONCERNED).order_by(_P.key)
        for row in connection.execute(query):
            its = [key for key in references(row.payload or "") if key.partition("#")[0] == row.record_key]
            its += [f"{row.record_key}#deposit"] if "#applied-" in row.key else []
            for key in its:
                if key in steps:
                    found.setdefault(key, []).append(row.key)
    return found


def _name_of(connection: Connection, name: str, entity: str, qbo_id: str) -> str:
    ours = links_to(connection, name, entity, [qbo_id]).get(qbo_id)
    return ours[0].key if ours else f"{_FOREIGN}{entity} {qbo_id}"


def needed_by(connection: Connection, name: str, wanted: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """By key of a posting, the keys in QuickBooks whose records clear what it accrued: bills of a receipt.

    `wanted` has the posting's key by that of its record.
    """
    keys = {record_key: key for record_key, key in wanted.items() if record_key.startswith("movement/")}
    found: dict[str, tuple[str, ...]] = {}
    refers = record_references.c
    for part in chunks(sorted(keys)):
        query = select(refers.refers_to, _P.key).join(
            postings, and_(_P.connection == refers.connection, _P.record_key == refers.record_key)
        )
        there = (refers.connection == name, refers.refers_to.in_(part), _P.superseded_by.is_(None), _CONCERNED)
        for row in connection.execute(query.where(*there).order_by(_P.key)):
            found[keys[row.refers_to]] = (*found.get(keys[row.refers_to], ()), row.key)
    return found


def _in_order(steps: dict[str, Step]) -> list[Step]:
    """By level: on level 0 is what nothing rests on; each other one is above everything that rests on it."""
    levels: dict[str, int] = {}

    def level(key: str, above: frozenset[str]) -> int:
        if key not in levels:
            on_it = [one for one in steps[key].needed_by if one in steps and one not in above]
            levels[key] = max((1 + level(one, above | {key}) for one in on_it), default=0)
        return levels[key]

    leveled = [replace(step, level=level(key, frozenset({key}))) for key, step in steps.items()]
    return sorted(leveled, key=lambda step: (step.level, step.day, step.key))


def hindered(steps: list[Step]) -> list[Step]:
    """The same steps, those with a reason to stay that rest under something which stays: a paid invoice stays with its
    payment."""
    leaving: dict[str, bool] = {}
    found = []
    for step in steps:
        standing = [one for one in step.settled_by if not leaving.get(one, False)]
        if not step.stays and standing:
            foreign = [one for one in standing if one.startswith(_FOREIGN)]
            remedy = "remove it there first" if foreign else "roll that back as well (--dependents)"
            step = replace(step, stays=f"it is settled by {', '.join(standing)}: {remedy}")
        leaving[step.key] = not step.stays
        found.append(step)
    return found
