"""Settings in the store: the versions by which postings were made, and which records are compared with those of today.

What belongs here: SQL. What a version says is in `accounting.rule_sets`, what is done about another one in
`pipeline.restating`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, and_, delete, func, or_, select, text

from qbo_pipeline.store.database import insert_unless_there
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.shares import standing_keys
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import records
from qbo_pipeline.store.tables.settings import settings_comparisons, settings_versions

_NEWEST = postings.c.superseded_by.is_(None)
# Literals, or SQLite does not see that its index `postings_unsent` serves.
_UNSENT = and_(_NEWEST, text("postings.state IN ('ready', 'parked')"), postings.c.doubt.is_(False))


def put_version(
    connection: Connection, name: str, settings_hash: str, rules_hash: str, content: str, *, now: datetime
) -> None:
    """Keep a version of the settings, once."""
    row = {"connection": name, "settings_hash": settings_hash, "rules_hash": rules_hash}
    connection.execute(
        insert_unless_there(connection, settings_versions), row | {"content": content, "first_used": now}
    )


def version_content(connection: Connection, name: str, settings_hash: str) -> dict[str, Any] | None:
    """What a version says, `None` where it is not known."""
    query = select(settings_versions.c.content).where(
        settings_versions.c.connection == name, settings_versions.c.settings_hash == settings_hash
    )
    content = connection.execute(query).scalar_one_or_none()
    return None if content is None else orjson.loads(content)


def made_otherwise(name: str, settings_hash: str) -> Any:
    """Keys of records with a posting that was not sent yet and was made under other settings, as a subquery.

    What may have left is none of them: its bytes stay what they are.
    """
    other = or_(postings.c.settings_hash.is_(None), postings.c.settings_hash != settings_hash)
    return standing_keys(name, _UNSENT, other)


def anything_made_otherwise(connection: Connection, name: str, settings_hash: str) -> bool:
    """Whether there is any such record. Where not, as on most nights, no record needs to be looked at."""
    return connection.execute(made_otherwise(name, settings_hash).limit(1)).first() is not None


def posted_otherwise(connection: Connection, name: str, rules_hash: str, after: str, most: int) -> list[str]:
    """Keys (in order, beyond `after`) of records that are posted under other rules, or under rules that nobody knows
    any more, and were not compared with these."""
    other = select(settings_versions.c.settings_hash).where(
        settings_versions.c.connection == name, settings_versions.c.rules_hash != rules_hash
    )
    compared = select(settings_comparisons.c.record_key).where(
        settings_comparisons.c.connection == name, settings_comparisons.c.rules_hash == rules_hash
    )
    query = (
        select(postings.c.record_key)
        .distinct()
        .where(
            postings.c.connection == name,
            _NEWEST,
            postings.c.state == "posted",
            or_(postings.c.settings_hash.in_(other), postings.c.settings_hash.is_(None)),
            postings.c.record_key > after,
            postings.c.record_key.not_in(compared),
        )
        .order_by(postings.c.record_key)
        .limit(most)
    )
    return list(connection.scalars(query))


def excluded_otherwise(
    connection: Connection, name: str, rules_hash: str, rules: Sequence[str], after: str, most: int
) -> list[str]:
    """Keys of records that a policy of another time excluded, under one of these rules, and not compared either."""
    key = records.c.record_type + "/" + records.c.record_id
    compared = select(settings_comparisons.c.record_key).where(
        settings_comparisons.c.connection == name, settings_comparisons.c.rules_hash == rules_hash
    )
    query = (
        select(key)
        .where(
            records.c.connection == name,
            records.c.disposition == "excluded",
            records.c.rule.in_(rules),
            records.c.vanished_at.is_(None),
            key > after,
            key.not_in(compared),
        )
        .order_by(key)
        .limit(most)
    )
    return list(connection.scalars(query))


def put_comparisons(connection: Connection, name: str, rules_hash: str, differs: Mapping[str, bool]) -> None:
    """Remember which records would be posted otherwise under these rules."""
    forget_comparisons(connection, name, list(differs))
    rows = [
        {"connection": name, "record_key": key, "rules_hash": rules_hash, "differs": value}
        for key, value in differs.items()
    ]
    if rows:
        connection.execute(settings_comparisons.insert(), rows)


def forget_comparisons(connection: Connection, name: str, record_keys: Sequence[str]) -> None:
    """These records are built anew: what was compared counts no more."""
    for part in chunks(list(record_keys)):
        connection.execute(
            delete(settings_comparisons).where(
                settings_comparisons.c.connection == name, settings_comparisons.c.record_key.in_(part)
            )
        )


def differing(connection: Connection, name: str, rules_hash: str) -> list[str]:
    """Keys of the records that would be posted otherwise under these rules, in order."""
    query = select(settings_comparisons.c.record_key).where(_differs(name, rules_hash))
    return list(connection.scalars(query.order_by(settings_comparisons.c.record_key)))


def count_differing(connection: Connection, name: str, rules_hash: str) -> int:
    """How many records would be posted otherwise under these rules."""
    query = select(func.count()).select_from(settings_comparisons).where(_differs(name, rules_hash))
    return connection.execute(query).scalar_one()


def _differs(name: str, rules_hash: str) -> Any:
    columns = settings_comparisons.c
    return and_(columns.connection == name, columns.rules_hash == rules_hash, columns.differs.is_(True))
