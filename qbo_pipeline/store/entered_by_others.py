"""What people and other tools enter in QuickBooks beside us, in the store.

What belongs here: SQL. What is like one of ours is `pipeline.entered_by_others`' to say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, exists, or_, select, update

from qbo_pipeline.store import evidence
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.entered_by_others import entered_by_others
from qbo_pipeline.store.tables.posting import posting_links

FACTS = ("party_id", "qbo_number", "business_date", "amount", "currency")
Place = tuple[str, str]  # entity and Id
_E = entered_by_others.c


def put_entered(
    transaction: Connection,
    connection: str,
    entity: str,
    seen: Collection[str],
    found: Sequence[Mapping[str, Any]],
    *,
    now: datetime,
) -> None:
    """Keep these entries of an entity (`qbo_id` and `FACTS`); what else was `seen` (Ids) is ours, or no longer there.

    What was said of one holds as long as it stays what it was.
    """
    mine = (_E.connection == connection, _E.entity == entity)
    before: dict[str, Any] = {}
    for part in chunks(sorted(seen)):
        rows = transaction.execute(select(entered_by_others).where(*mine, _E.qbo_id.in_(part))).mappings()
        before |= {row["qbo_id"]: row for row in rows}
    there = {row["qbo_id"]: row for row in found}
    new = [row for qbo_id, row in there.items() if qbo_id not in before or _changed(row, before[qbo_id])]
    gone = sorted({row["qbo_id"] for row in new} & before.keys() | before.keys() - there.keys())
    for part in chunks(gone):
        transaction.execute(delete(entered_by_others).where(*mine, _E.qbo_id.in_(part)))
    if new:
        rest = {"connection": connection, "entity": entity, "found_at": now, "record_key": None, "said": None}
        transaction.execute(entered_by_others.insert(), [{**rest, **row} for row in new])
    alike = [(entity, qbo_id) for qbo_id in gone if before[qbo_id]["record_key"] is not None]
    evidence.note_all(transaction, connection, evidence.ALIKE, alike, "alike gone", now=now)


def _changed(row: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    return any(row[name] != before[name] for name in FACTS)


def known_entered(reading: Connection, connection: str, entity: str) -> set[str]:
    """The Ids of an entity's entries."""
    return set(reading.scalars(select(_E.qbo_id).where(_E.connection == connection, _E.entity == entity)))


def any_entered(reading: Connection, connection: str) -> bool:
    """Whether there is any entry of which no person has said what it is."""
    mine = exists().where(_E.connection == connection, _E.said.is_(None))
    return bool(reading.execute(select(mine)).scalar_one())


def to_judge(
    reading: Connection, connection: str, since: datetime, span: tuple[date, date] | None, numbers: Sequence[str]
) -> list[RowMapping]:
    """The entries of which it may be another question now what they are like: found since an instant, like something
    until now, dated within a span of days, or of these numbers; none of which a person has said what it is."""
    touched: list[ColumnElement[bool]] = [_E.found_at >= since, _E.record_key.is_not(None)]
    if span is not None:
        touched.append(_E.business_date.between(*span))
    mine = (_E.connection == connection, _E.said.is_(None))
    rows = list(reading.execute(select(entered_by_others).where(*mine, or_(*touched))).mappings())
    for part in chunks(list(numbers)):
        rows += reading.execute(select(entered_by_others).where(*mine, _E.qbo_number.in_(part))).mappings()
    return list({(row["entity"], row["qbo_id"]): row for row in rows}.values())


def judge_entered(
    transaction: Connection, connection: str, alike: Mapping[Place, str | None], *, now: datetime
) -> None:
    """Write which posted record each of these may be, each change with a line in the journal; `None` where it is like
    none."""
    noted: dict[str, list[Place]] = {"alike found": [], "alike gone": []}
    for (entity, qbo_id), key in sorted(alike.items()):
        where = (_E.connection == connection, _E.entity == entity, _E.qbo_id == qbo_id)
        transaction.execute(update(entered_by_others).where(*where).values(record_key=key))
        noted["alike gone" if key is None else "alike found"].append((entity, qbo_id))
    for event, places in noted.items():
        evidence.note_all(transaction, connection, evidence.ALIKE, places, event, now=now)


def say_another(
    transaction: Connection, connection: str, place: Place, said: str, *, now: datetime, who: str, why: str
) -> None:
    """Keep a person's word that an entry is another one than it looks like."""
    where = (_E.connection == connection, _E.entity == place[0], _E.qbo_id == place[1])
    transaction.execute(update(entered_by_others).where(*where).values(said=said))
    evidence.note(transaction, connection, evidence.ALIKE, place, "another one", now=now, who=who, why=why)


def load_alike(reading: Connection, connection: str) -> list[RowMapping]:
    """The entries that may be what was posted, by date; one that a person has linked or spoken of since is none."""
    linked = exists().where(
        posting_links.c.connection == _E.connection,
        posting_links.c.entity == _E.entity,
        posting_links.c.qbo_id == _E.qbo_id,
    )
    query = select(entered_by_others).where(
        _E.connection == connection, _E.record_key.is_not(None), _E.said.is_(None), ~linked
    )
    return list(reading.execute(query.order_by(_E.business_date, _E.entity, _E.qbo_id)).mappings())
