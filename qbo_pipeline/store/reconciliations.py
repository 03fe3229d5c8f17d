"""Reconciliations, their differences and their sign-offs in the store: nothing is ever overwritten.

What belongs here: `reconciliations`, `differences` and `sign_offs`. Ledger lines are in `ledger_lines.py`, the rules of
sign-off in `reconciliation/signoff.py`.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, func, select

from qbo_pipeline.reconciliation.export import rows_of
from qbo_pipeline.reconciliation.frames import make
from qbo_pipeline.reconciliation.inputs import EARLIER, Close, ClosedBalance
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reconciliation.result_frames import DIFFERENCES, ROLL_FORWARD_LINES
from qbo_pipeline.reconciliation.signoff import SignOff, SignOffError, close_of
from qbo_pipeline.store import evidence
from qbo_pipeline.store.attempts import head_of
from qbo_pipeline.store.tables.reconciliation import differences, reconciliations, roll_forwards, sign_offs

_KEPT = tuple(column.name for column in DIFFERENCES if column.name != "age_days")
_PAGE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A reconciliation in the store: its number, and whether it is a new one or repeats the one before."""

    number: int
    new: bool


def save(db: Connection, connection: str, reconciliation: Reconciliation, *, made_at: datetime, run_id: str) -> Saved:
    """Keep a reconciliation with its differences; one that says the same as the last of its date is not kept twice.

    A difference without `first_seen` is seen for the first time at `made_at` (aware UTC).
    """
    table = reconciliations
    report_hash = _report_hash(reconciliation)
    last = db.execute(
        select(table.c.number, table.c.report_hash)
        .where(table.c.connection == connection, table.c.as_at == reconciliation.as_at)
        .order_by(table.c.number.desc())
        .limit(1)
    ).first()
    if last is not None and last.report_hash == report_hash:
        return Saved(number=last.number, new=False)
    number = _next(db, table, connection)
    divergence = reconciliation.first_divergence
    names = (
        "as_at", "currency", "stock_value", "ledger_balance", "difference", "explained", "unexplained", "tolerance",
        "status", "stock_basis", "content_hash",
    )  # fmt: skip
    facts = {name: getattr(reconciliation, name) for name in names}
    facts |= {
        "connection": connection,
        "number": number,
        "first_divergence": divergence and divergence.business_date,
        "notes": orjson.dumps(reconciliation.notes).decode(),
        "report_hash": report_hash,
        "made_at": made_at,
        "run_id": run_id,
    }
    db.execute(table.insert(), facts | _anchor(db, connection))
    head = {"connection": connection, "number": number}
    for start in range(0, len(reconciliation.differences), _PAGE):
        rows = rows_of(reconciliation.differences.iloc[start : start + _PAGE], _KEPT)
        db.execute(differences.insert(), [head | row | {"first_seen": row["first_seen"] or made_at} for row in rows])
    _keep_roll_forward(db, head, reconciliation)
    evidence.note(db, connection, evidence.RECONCILIATION, (number,), "reconciled", now=made_at)
    return Saved(number=number, new=True)


def _keep_roll_forward(db: Connection, head: dict[str, Any], reconciliation: Reconciliation) -> None:
    names = ("account_id", "line", "source", "ledger", "signed_source", "signed_ledger")
    rows = [
        head | row | {"place": ROLL_FORWARD_LINES.index(row["line"])}
        for row in rows_of(reconciliation.roll_forward, names)
    ]
    if rows:
        db.execute(roll_forwards.insert(), rows)


def _report_hash(reconciliation: Reconciliation) -> str:
    """SHA-256 over everything that is kept, but for when it was made or a difference first seen."""
    digest = hashlib.sha256(reconciliation.content_hash.encode())
    digest.update(f"{reconciliation.tolerance} {reconciliation.status}".encode())
    standing = [note for note in reconciliation.notes if " read at " not in note and " read up to " not in note]
    digest.update(orjson.dumps(standing))
    names = tuple(name for name in _KEPT if name != "first_seen")
    for start in range(0, len(reconciliation.differences), _PAGE):
        rows = rows_of(reconciliation.differences.iloc[start : start + _PAGE], names)
        digest.update(orjson.dumps(rows, default=str))
    return digest.hexdigest()


def load_earlier(db: Connection, connection: str, as_at: date) -> Any:
    """The differences of the last reconciliation up to this date, as the `earlier` frame of the next one; None where
    there is none."""
    table = reconciliations
    number = db.execute(
        select(table.c.number)
        .where(table.c.connection == connection, table.c.as_at <= as_at)
        .order_by(table.c.as_at.desc(), table.c.number.desc())
        .limit(1)
    ).scalar()
    if number is None:
        return None
    names = [column.name for column in EARLIER]
    query = (
        select(*(differences.c[name] for name in names))
        .where(differences.c.connection == connection, differences.c.number == number)
        .order_by(differences.c.difference_key)
    )
    rows = db.execute(query).all()
    columns = zip(*rows, strict=True) if rows else ([] for _ in EARLIER)
    return pa.table(
        {column.name: pa.array(list(values), column.type) for column, values in zip(EARLIER, columns, strict=True)}
    )


def load_summaries(db: Connection, connection: str) -> list[dict[str, Any]]:
    """All reconciliations, the newest first: the columns of the table, `notes` as a list."""
    table = reconciliations
    query = select(table).where(table.c.connection == connection).order_by(table.c.number.desc())
    return [row._asdict() | {"notes": orjson.loads(row.notes)} for row in db.execute(query)]


def load_differences(db: Connection, connection: str, number: int) -> pd.DataFrame:
    """The differences of a reconciliation as its frame (ages as at its date); raises `KeyError` for no such number."""
    table = reconciliations
    as_at = db.execute(select(table.c.as_at).where(table.c.connection == connection, table.c.number == number)).scalar()
    if as_at is None:
        raise KeyError(f"there is no reconciliation {number} of {connection}")
    query = (
        select(*(differences.c[name] for name in _KEPT))
        .where(differences.c.connection == connection, differences.c.number == number)
        .order_by(differences.c.business_date, differences.c.document_key, differences.c.difference_key)
    )
    rows = [row._asdict() for row in db.execute(query)]
    data: dict[str, Any] = {name: [row[name] for row in rows] for name in _KEPT}
    data["age_days"] = [(as_at - row["business_date"]).days for row in rows]
    return make(data, DIFFERENCES)


def save_sign_off(db: Connection, connection: str, sign_off: SignOff, number: int | None = None) -> int:
    """Keep the next step of a certificate (the first without `number`) and answer its number.

    Raises `SignOffError` where the step does not follow from the one that is kept.
    """
    table = sign_offs
    step = 1
    if number is None:
        number = _next(db, table, connection)
    else:
        kept = dict(load_sign_offs(db, connection)).get(number)
        if kept is None:
            raise SignOffError(f"there is no sign-off {number} of {connection}")
        if kept.content_hash != sign_off.content_hash or (kept.state, sign_off.state) not in _STEPS:
            raise SignOffError(f"sign-off {number} is {kept.state}: it cannot become {sign_off.state} on this data")
        mine = (table.c.connection == connection, table.c.number == number)
        step = db.execute(select(func.max(table.c.step)).where(*mine)).scalar_one() + 1
    facts = asdict(sign_off)
    facts["balances"] = orjson.dumps(
        [[one.account_id, str(one.stock_value), str(one.ledger_balance)] for one in sign_off.balances]
    ).decode()
    head = {"connection": connection, "number": number, "step": step}
    db.execute(table.insert(), facts | head | _anchor(db, connection))
    at = sign_off.void_at or sign_off.reviewed_at or sign_off.prepared_at
    evidence.note(db, connection, evidence.SIGN_OFF, (number, step), sign_off.state, now=at)
    return number


def _anchor(db: Connection, connection: str) -> dict[str, Any]:
    """Where the journal of attempts ends now: kept beside what people rely on, for `verify`."""
    head = head_of(db, connection)
    return {"attempt_seq": head.seq, "attempt_hash": head.hash}


_STEPS = {("prepared", "signed"), ("prepared", "void"), ("signed", "void")}


def load_sign_offs(db: Connection, connection: str) -> list[tuple[int, SignOff]]:
    """Every certificate as it stands now, by number."""
    return list({number: sign_off for number, _, sign_off in load_sign_off_history(db, connection)}.items())


def load_sign_off_history(db: Connection, connection: str) -> list[tuple[int, int, SignOff]]:
    """Every step of every certificate: number, step, and the certificate as it was then."""
    table = sign_offs
    query = select(table).where(table.c.connection == connection).order_by(table.c.number, table.c.step)
    history = []
    for row in db.execute(query):
        facts = row._asdict()
        number, step = facts.pop("number"), facts.pop("step")
        for name in ("connection", "attempt_seq", "attempt_hash"):
            facts.pop(name)
        facts["balances"] = tuple(
            ClosedBalance(account, Decimal(stock), Decimal(ledger))
            for account, stock, ledger in orjson.loads(facts["balances"])
        )
        history.append((number, step, SignOff(**facts)))
    return history


def load_closes(db: Connection, connection: str) -> tuple[Close, ...]:
    """The signed-off periods that hold: two signatures, not void; of one date the last."""
    signed = {one.as_at: close_of(one) for _, one in load_sign_offs(db, connection) if one.state == "signed"}
    return tuple(signed[as_at] for as_at in sorted(signed))


def _next(db: Connection, table: Any, connection: str) -> int:
    last: int | None = db.execute(select(func.max(table.c.number)).where(table.c.connection == connection)).scalar_one()
    return (last or 0) + 1
