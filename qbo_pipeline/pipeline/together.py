"""What one decision is about where records change places: a summary that waits, and what its records stand in so far.

What belongs here: finding the postings that go together or not at all. In a closed period an order to restate parks the
old postings and the new one; one of them alone would leave a record in the books twice, or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, RowMapping, select

from qbo_pipeline.accounting.summaries import is_summary
from qbo_pipeline.posting.asking import CLOSED_PERIOD
from qbo_pipeline.posting.events import DELETE, PARKED, SKIPPED, VOID
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.shares import IN_QBO, OF_RECORD
from qbo_pipeline.store.tables.posting import posting_links, posting_records, postings

_P, _R = postings.c, posting_records.c
_WAITING = (_P.superseded_by.is_(None), _P.state == PARKED, _P.reason == CLOSED_PERIOD)
_HELD = (PARKED, SKIPPED)  # what is not sent for now


def go_together(connection: Connection, name: str, key: str) -> list[str]:
    """The postings that wait for a closed period and share records with this one, directly or through others: what
    leaves first. This one alone where it does not wait for that, or no summary is among them.
    """
    found: dict[str, RowMapping] = {}
    wanted = {key}
    while wanted:
        rows = _waiting(connection, name, wanted)
        found |= {row["key"]: row for row in rows}
        ours = _records_of(connection, name, wanted)
        wanted = _waiting_with(connection, name, ours) - set(found)
    if key not in found or not any(map(is_summary, found)):
        return [key]
    return sorted(found, key=lambda one: (found[one]["operation"] not in (VOID, DELETE), one))


def twice_if_approved(connection: Connection, name: str, keys: Collection[str]) -> str | None:
    """A record that would be in QuickBooks twice if these went: another posting has it there and keeps it. In words."""
    leaving = _leaving(connection, name, keys)
    staying = [key for key in keys if key not in leaving]
    for part in chunks(sorted(_records_of(connection, name, staying))):
        query = select(_R.record_key, _R.key).join(posting_links, IN_QBO)
        query = query.where(_R.connection == name, _R.record_key.in_(part), _R.key.not_in(list(keys)))
        for record_key, other in connection.execute(query):
            if not (is_summary(other) or any(map(is_summary, staying))):
                continue
            if (row := _newest(connection, name, other)) is None or row["operation"] not in (VOID, DELETE):
                goes = row is not None and not _has(connection, name, row, record_key)
            else:
                goes = True
            if not goes or row is None or row["state"] in _HELD:
                return f"{record_key} is in QuickBooks within {other}, which stays there: it would be posted twice"
    return None


def _waiting(connection: Connection, name: str, keys: Iterable[str]) -> list[RowMapping]:
    query = select(_P.key, _P.revision, _P.operation).where(_P.connection == name, *_WAITING)
    return [row for part in chunks(list(keys)) for row in connection.execute(query.where(_P.key.in_(part))).mappings()]


def _records_of(connection: Connection, name: str, keys: Iterable[str]) -> set[str]:
    """The records of the newest revisions of these postings."""
    query = select(_R.record_key).join(postings, OF_RECORD).where(_R.connection == name, _P.superseded_by.is_(None))
    return {of for part in chunks(list(keys)) for of in connection.scalars(query.where(_R.key.in_(part)))}


def _waiting_with(connection: Connection, name: str, records: Iterable[str]) -> set[str]:
    query = select(_R.key).join(postings, OF_RECORD).where(_R.connection == name, *_WAITING)
    return {key for part in chunks(list(records)) for key in connection.scalars(query.where(_R.record_key.in_(part)))}


def _leaving(connection: Connection, name: str, keys: Collection[str]) -> set[str]:
    query = select(_P.key).where(
        _P.connection == name, _P.superseded_by.is_(None), _P.operation.in_((VOID, DELETE)), _P.key.in_(list(keys))
    )
    return set(connection.scalars(query))


def _newest(connection: Connection, name: str, key: str) -> RowMapping | None:
    query = select(_P.key, _P.revision, _P.operation, _P.state).where(
        _P.connection == name, _P.key == key, _P.superseded_by.is_(None)
    )
    return connection.execute(query).mappings().first()


def _has(connection: Connection, name: str, row: RowMapping, record_key: str) -> bool:
    mine = (_R.connection == name, _R.key == row["key"], _R.revision == row["revision"], _R.record_key == record_key)
    return connection.execute(select(_R.key).where(*mine)).first() is not None
