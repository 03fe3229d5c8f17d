"""Which records stand behind each posting, and with what share: SQL on `posting_records`.

What belongs here: how postings and records, which are many to many, are joined; everybody who counts, shows or compares
records by their postings joins them by this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, exists, func, insert, literal, or_, select, tuple_

from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.posting import posting_links, posting_records, postings

_R, _P, _L = posting_records.c, postings.c, posting_links.c

# The condition that joins a posting's revision with its records.
OF_RECORD = and_(_R.connection == _P.connection, _R.key == _P.key, _R.revision == _P.revision)

# The condition that joins the revision which QuickBooks has with its records.
IN_QBO = and_(_L.connection == _R.connection, _L.key == _R.key, _L.revision == _R.revision)


def standing_keys(name: str, *conditions: Any) -> Any:
    """Keys of records whose newest postings meet the conditions, as a query.

    It begins with the postings: SQLite would begin with the records of all of them, however few meet the conditions.
    """
    met = select(_P.key, _P.revision).where(_P.connection == name, _P.superseded_by.is_(None), *conditions)
    return select(_R.record_key).where(_R.connection == name, tuple_(_R.key, _R.revision).in_(met))


SUMMARIES = ("summary/", "summary0")  # between these are their keys: "0" follows "/"


def has_summaries(reading: Connection, connection: str) -> bool:
    """Whether QuickBooks has any object that sums up records."""
    mine = (_L.connection == connection, _L.key.between(*SUMMARIES))
    return bool(reading.execute(select(exists().where(*mine))).scalar_one())


def held_by_others(reading: Connection, connection: str, revisions: Mapping[str, int]) -> dict[str, str]:
    """By key of these postings, another object that has a record of it in QuickBooks, so that it would stand there
    twice; of each the revision is given. Those of which no other has any are left out.

    Only objects that stand for whole records count: summaries, and what is posted for a record by itself.
    """
    mine = posting_records.alias().c
    query = (
        select(mine.key.label("of"), mine.revision, func.min(_R.key).label("other"))
        .join_from(
            posting_records, mine.key.table, and_(mine.connection == _R.connection, mine.record_key == _R.record_key)
        )
        .join(posting_links, IN_QBO)
        .where(
            mine.connection == connection,
            _R.key != mine.key,
            or_(_R.key == _R.record_key, and_(_R.key.between(*SUMMARIES), _R.key.not_like("%#reversal-%"))),
        )
        .group_by(mine.key, mine.revision)
    )
    found: dict[str, str] = {}
    for part in chunks(sorted(revisions)):
        rows = reading.execute(query.where(mine.key.in_(part)))
        found |= {row.of: row.other for row in rows if revisions[row.of] == row.revision}
    return found


def keep_shares(transaction: Connection, connection: str, key: str, revision: int) -> None:
    """Give a revision made without its records (by a person, a renaming, a withdrawal) those of the one before."""
    before = select(_R.connection, _R.key, literal(revision), _R.record_key, _R.record_hash, _R.amount).where(
        _R.connection == connection, _R.key == key, _R.revision == revision - 1
    )
    names = ["connection", "key", "revision", "record_key", "record_hash", "amount"]
    transaction.execute(insert(posting_records).from_select(names, before))


def shares(reading: Connection, connection: str, keys: Sequence[str]) -> list[dict[str, Any]]:
    """The records of every revision of these postings, by key, revision and record."""
    query = select(posting_records).where(_R.connection == connection, _R.key.in_(keys))
    rows = reading.execute(query.order_by(_R.key, _R.revision, _R.record_key)).mappings()
    return [dict(row) for row in rows]
