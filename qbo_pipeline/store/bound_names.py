"""What the names in the settings meant in QBO when something was posted with them.

What belongs here: SQL on the table `bound_names`. A name that comes to mean another object is a new turn; earlier ones
stay. What is done about it is in `pipeline.names_in_settings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select

from qbo_pipeline.store import evidence
from qbo_pipeline.store.tables.settings import bound_names

Name = tuple[str, str]  # QBO's entity, and the name as the settings write it


def load_bound_names(reading: Connection, connection: str) -> dict[Name, str]:
    """By name the Id that it is bound to."""
    query = select(bound_names).where(bound_names.c.connection == connection).order_by(bound_names.c.turn)
    return {(row.entity, row.name): row.qbo_id for row in reading.execute(query)}


def put_bound_names(
    transaction: Connection,
    connection: str,
    meanings: Mapping[Name, str],
    *,
    now: datetime,
    who: str | None = None,
    why: str | None = None,
) -> None:
    """Bind these names, each as its next turn, with a line in the journal each."""
    columns = bound_names.c
    query = select(columns.entity, columns.name, func.max(columns.turn)).where(columns.connection == connection)
    turns = {(row[0], row[1]): row[2] for row in transaction.execute(query.group_by(columns.entity, columns.name))}
    rows = [
        {"connection": connection, "entity": entity, "name": name, "turn": turns.get((entity, name), 0) + 1,
         "qbo_id": qbo_id, "bound_at": now, "who": who, "why": why}
        for (entity, name), qbo_id in sorted(meanings.items())
    ]  # fmt: skip
    if rows:
        transaction.execute(bound_names.insert(), rows)
        bound = [(row["entity"], row["name"], row["turn"]) for row in rows]
        evidence.note_all(transaction, connection, evidence.NAME, bound, "bound", now=now, who=who, why=why)
