"""One document's whole history, from the record to the ledger line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select, union

from qbo_pipeline.instants import parse_instant, show_instant
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.trace_back import objects_named, way_back_of
from qbo_pipeline.store.shares import shares
from qbo_pipeline.store.tables.posting import attempts, posting_records, postings
from qbo_pipeline.store.tables.reconciliation import ledger_lines
from qbo_pipeline.store.tables.records import records


def trace(run: Run, wanted: str) -> list[dict[str, Any]]:
    """Everything with this key (`record_type/record_id`, or a posting's) or number, one item a record or summary.

    Each item holds the record, the postings that it has a share of (every revision), whose shares these are, what came
    back of it from QuickBooks, the attempts and the ledger lines, as in the store. An object of QuickBooks that comes
    back is found by its own key, too (Payment/123).
    """
    with run.database.reading() as connection:
        return [_item(connection, run.name, key) for key in _keys(connection, run.name, wanted)]


def journal_message(line: Mapping[str, Any], time_zone: str) -> str | None:
    """What a line of the journal says, for people: where it keeps when QBO says that something changed, in the zone."""
    message: str | None = line["message"]
    if message is None or not line["event"].endswith("_in_qbo"):
        return message
    try:
        return f"QuickBooks says that it changed at {show_instant(parse_instant(message), time_zone)}"
    except ValueError:
        return message


def _keys(connection: Connection, name: str, wanted: str) -> list[str]:
    """The keys of the records and summaries; each way to one is looked for by itself, so that its index serves."""
    record_type, _, record_id = wanted.partition("/")
    of_records = select(records.c.record_type + "/" + records.c.record_id).where(records.c.connection == name)
    of_postings = select(postings.c.record_key).where(postings.c.connection == name)
    ways = union(
        of_records.where(records.c.record_type == record_type, records.c.record_id == record_id),
        of_records.where(records.c.number == wanted),
        of_postings.where(postings.c.key == wanted),
        of_postings.where(postings.c.qbo_number == wanted),
    )
    return sorted({*connection.scalars(ways), *objects_named(connection, name, wanted)})


def _posting_keys(connection: Connection, name: str, key: str) -> list[str]:
    """The keys of the postings that were made for a record, or that it has a share of."""
    made = select(postings.c.key).where(postings.c.connection == name, postings.c.record_key == key)
    # With its hash, which no index holds: by the key alone SQLite goes through the whole primary key.
    shared = select(posting_records.c.key, posting_records.c.record_hash).where(
        posting_records.c.connection == name, posting_records.c.record_key == key
    )
    return sorted({*connection.scalars(made), *connection.scalars(shared)})


def _item(connection: Connection, name: str, key: str) -> dict[str, Any]:
    record_type, _, record_id = key.partition("/")
    record = (
        connection.execute(
            select(records).where(
                records.c.connection == name, records.c.record_type == record_type, records.c.record_id == record_id
            )
        )
        .mappings()
        .one_or_none()
    )
    keys = _posting_keys(connection, name, key)
    mine = (
        connection.execute(
            select(postings)
            .where(postings.c.connection == name, postings.c.key.in_(keys))
            .order_by(postings.c.key, postings.c.revision)
        )
        .mappings()
        .all()
    )
    back = way_back_of(connection, name, key)
    # Put in order here: for an ORDER BY SQLite goes through the whole journal, which has that order already.
    of_keys = select(attempts).where(attempts.c.connection == name, attempts.c.key.in_([*keys, *back.pop("keys")]))
    journal = sorted(connection.execute(of_keys).mappings(), key=lambda line: line["seq"])
    objects = sorted({(row["entity"], row["qbo_id"]) for row in mine if row["qbo_id"]})
    lines: list[dict[str, Any]] = []
    for entity, qbo_id in objects:
        query = select(ledger_lines).where(
            ledger_lines.c.connection == name, ledger_lines.c.qbo_type == entity, ledger_lines.c.qbo_id == qbo_id
        )
        lines += [dict(row) for row in connection.execute(query.order_by(ledger_lines.c.business_date)).mappings()]
    return {
        "key": key,
        "record": dict(record) if record else None,
        "postings": [dict(row) for row in mine],
        "shares": shares(connection, name, keys),
        "attempts": [dict(row) for row in journal],
        "ledger_lines": lines,
        "way_back": back,
    }
