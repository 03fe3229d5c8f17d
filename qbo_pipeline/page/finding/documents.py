"""Documents found by number, party, amount, date and state: a page at a time, by keyset, in a few queries.

What belongs here: which records or postings are on a page. With a state alone it is the postings of that state that are
gone through, since few of them may be among many documents; with anything else the records that fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, literal, or_, select, tuple_

from qbo_pipeline.errors import Signal
from qbo_pipeline.page.finding.facts import at_places, facts
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.shares import OF_RECORD
from qbo_pipeline.store.tables.posting import posting_records, postings
from qbo_pipeline.store.tables.records import records

AT_ONCE = 50
MOST_PARTIES = 50  # that a part of a name may mean
DATED = ("document", "movement", "payment")
OF_POSTINGS = ("ready", "sending", "posted", "unknown", "parked", "drifted", "deleted_in_qbo", "skipped")
OF_RECORDS = ("set_aside", "excluded", "refused", "new", "vanished")
STATES = (*OF_POSTINGS, *OF_RECORDS)
_LAST_CHARACTER = "\U0010ffff"
# The least finished of a record's postings says how it stands.
_GRAVEST = ("drifted", "deleted_in_qbo", "parked", "unknown", "sending", "ready", "skipped", "posted")


class TooManyParties(Signal):
    """A part of a name means more parties than are looked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; what is empty does not count. `after` is the last row of the page before."""

    number: str = ""
    party: str = ""
    amount: Decimal | None = None
    first: date | None = None
    last: date | None = None
    state: str = ""
    after: tuple[date, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One document: `key` opens its history, `place` is where the next page begins after it."""

    key: str
    kind: str
    number: str
    party: str
    day: date | None
    amount: Decimal | None
    currency: str
    state: str
    reason: str
    place: tuple[date, str, str]


def search(connection: Connection, name: str, wanted: Wanted) -> list[Found]:
    """A page of what fits, the newest first; one row more than a page says that there is more.

    Raises `TooManyParties`.
    """
    by_record = wanted.number or wanted.party or wanted.amount is not None or wanted.state not in OF_POSTINGS
    if not by_record:
        return _by_posting(connection, name, wanted)
    parties = _parties(connection, name, wanted.party) if wanted.party else None
    if parties == []:
        return []
    return _by_record(connection, name, wanted, parties)


def _by_posting(connection: Connection, name: str, wanted: Wanted) -> list[Found]:
    day, key = postings.c.business_date, postings.c.key
    query = select(
        day, key, postings.c.record_key, postings.c.entity, postings.c.amount, postings.c.currency, postings.c.state,
        postings.c.reason, postings.c.number, postings.c.qbo_number,
    ).where(
        postings.c.connection == name, postings.c.state == wanted.state, postings.c.superseded_by.is_(None),
        *_days(day, wanted),
    )  # fmt: skip
    if wanted.after:
        query = query.where(or_(day < wanted.after[0], and_(day == wanted.after[0], key < wanted.after[2])))
    rows = connection.execute(query.order_by(day.desc(), key.desc()).limit(AT_ONCE + 1)).all()
    known = facts(connection, name, [row.record_key for row in rows])
    found = []
    for row in rows:
        record = known.get(row.record_key)
        found.append(
            Found(
                key=row.key,
                kind=record.kind if record else row.entity,
                number=(record.number if record else "") or row.qbo_number or row.number or "",
                party=record.party if record else "",
                day=row.business_date if row.business_date > date.min else None,
                amount=row.amount,
                currency=row.currency,
                state=row.state,
                reason=row.reason or "",
                place=(row.business_date, "", row.key),
            )
        )
    return found


def _by_record(connection: Connection, name: str, wanted: Wanted, parties: list[str] | None) -> list[Found]:
    c = records.c
    place = (c.business_date, c.record_type, c.record_id)
    query = select(*place).where(c.connection == name, c.record_type.in_(DATED), *_days(c.business_date, wanted))
    if wanted.number:
        numbered = _numbered(connection, name, wanted.number)
        query = query.join(numbered, and_(numbered.c.record_type == c.record_type, numbered.c.record_id == c.record_id))
    if parties is not None:
        query = query.where(c.party_id.in_(parties))
    if wanted.amount is not None:
        amounts = {wanted.amount, -wanted.amount}
        if any(amount != amount.quantize(Decimal("0.000001")) for amount in amounts):
            return []
        query = query.where(c.amount.in_(sorted(amounts)))
    if wanted.state in OF_POSTINGS:
        query = query.where(_has_posting(name, wanted.state))
    elif wanted.state == "vanished":
        query = query.where(c.vanished_at.is_not(None))
    elif wanted.state:
        query = query.where(c.disposition == wanted.state, c.vanished_at.is_(None))
    if wanted.after:
        values = [literal(value, column.type) for value, column in zip(wanted.after, place, strict=True)]
        query = query.where(tuple_(*place) < tuple_(*values))
    rows = connection.execute(query.order_by(*(column.desc() for column in place)).limit(AT_ONCE + 1)).all()
    keys = {f"{row.record_type}/{row.record_id}": row for row in rows}
    known = facts(connection, name, keys)
    states = _states(connection, name, list(keys))
    found = []
    for key, row in keys.items():
        one = known[key]
        state, reason = states.get(key, (one.disposition, one.message))
        found.append(
            Found(
                key, one.kind, one.number, one.party, one.day if one.day > date.min else None, one.amount, one.currency,
                "vanished" if one.disposition == "vanished" and key not in states else state, reason,
                (row.business_date, row.record_type, row.record_id),
            )
        )  # fmt: skip
    return found


def _days(column: Any, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = []
    if wanted.first:
        found.append(column >= wanted.first)
    if wanted.last:
        found.append(column <= wanted.last)
    return found


def _numbered(connection: Connection, name: str, number: str) -> Any:
    """Type and id of the records whose number begins so, or whose object in QuickBooks has this number."""
    forms = sorted({number, number.upper()})
    c = records.c
    if connection.dialect.name == "sqlite":  # a range, since its LIKE finds no index
        begins = or_(*(and_(c.number >= form, c.number < form + _LAST_CHARACTER) for form in forms))
    else:
        begins = or_(*(c.number.startswith(form, autoescape=True) for form in forms))
    place = (c.record_type, c.record_id)
    ours = select(*place).where(c.connection == name, begins)
    theirs = _with_number_there(connection, name, forms)
    return (ours.union(*at_places(place, name, theirs)) if theirs else ours.distinct()).subquery()


def _with_number_there(connection: Connection, name: str, forms: list[str]) -> list[tuple[str, str]]:
    """Type and id of the records of postings whose object in QuickBooks has one of these numbers.

    First the postings, then their records: joined, SQLite would begin with the records of all postings.
    """
    query = select(postings.c.key, postings.c.revision).where(
        postings.c.connection == name, postings.c.qbo_number.in_(forms)
    )
    numbered = {(key, revision) for key, revision in connection.execute(query)}
    found: set[str] = set()
    for part in chunks(sorted({key for key, _ in numbered})):
        c = posting_records.c
        of_keys = select(c.key, c.revision, c.record_key).where(c.connection == name, c.key.in_(part))
        found |= {row.record_key for row in connection.execute(of_keys) if (row.key, row.revision) in numbered}
    return [(kind, record_id) for kind, _, record_id in (key.partition("/") for key in sorted(found))]


def _parties(connection: Connection, name: str, text: str) -> list[str]:
    """The ids of the parties whose record holds the text, as name, number or id."""
    query = (
        select(records.c.record_id)
        .where(
            records.c.connection == name,
            records.c.record_type == "party",
            or_(
                func.lower(records.c.content).contains(text.lower(), autoescape=True),
                records.c.record_id.in_([f"{side}:{text}" for side in ("customer", "supplier")]),
            ),
        )
        .limit(MOST_PARTIES + 1)
    )
    ids = [record_id.partition(":")[2] for record_id in connection.scalars(query)]
    if len(ids) > MOST_PARTIES:
        raise TooManyParties
    return sorted(set(ids))


def _has_posting(name: str, state: str) -> ColumnElement[bool]:
    key = records.c.record_type + "/" + records.c.record_id
    return exists().where(
        posting_records.c.connection == name,
        posting_records.c.record_key == key,
        OF_RECORD,
        postings.c.state == state,
        postings.c.superseded_by.is_(None),
    )


def _states(connection: Connection, name: str, keys: list[str]) -> dict[str, tuple[str, str]]:
    """By record key the state and reason of its least finished posting."""
    query = (  # with the record's hash, which no index holds: else SQLite goes through the whole primary key
        select(posting_records.c.record_key, posting_records.c.record_hash, postings.c.state, postings.c.reason)
        .join(postings, OF_RECORD)
        .where(
            posting_records.c.connection == name,
            posting_records.c.record_key.in_(keys),
            postings.c.superseded_by.is_(None),
        )
    )
    found: dict[str, tuple[str, str]] = {}
    for row in connection.execute(query):
        if row.state not in _GRAVEST:
            continue
        before = found.get(row.record_key)
        if before is None or _GRAVEST.index(row.state) < _GRAVEST.index(before[0]):
            found[row.record_key] = (row.state, row.reason or "")
    return found
