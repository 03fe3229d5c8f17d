"""What a person decides where both sides changed a field: whose value is right, with who and why.

What belongs here: that one decision. Rules for a field are in the settings (`[write_back.conflicts]`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import update

from qbo_pipeline.pipeline.returning_book import returning_book
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.two_sided import CONFLICT, compare, decide
from qbo_pipeline.posting.persons import NotPossible
from qbo_pipeline.quickbooks.shapes import JsonObject
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.store import attempts
from qbo_pipeline.store.attempts import AttemptLine
from qbo_pipeline.store.evidence import SEEN
from qbo_pipeline.store.postings import Link, links_to
from qbo_pipeline.store.quickbooks_objects import withheld_objects
from qbo_pipeline.store.tables.records import records

CHANGED_SINCE = "one of the two was changed since this was shown: look at both anew"


class OpenConflict(NamedTuple):
    """A field that both sides changed, with what each says."""

    field: str
    source: Any
    quickbooks: Any


def open_conflicts(run: Run) -> dict[str, list[OpenConflict]]:
    """By key of the object in QuickBooks the fields in conflict, with what each side says; nothing is agreed upon by
    looking."""
    found: dict[str, list[OpenConflict]] = {}
    if run.settings.write_back is None:
        return found
    with run.database.transaction() as connection:
        rows = [row for row in withheld_objects(connection, run.name) if row["rule"] == CONFLICT and row["content"]]
        things = {(row["entity"], row["qbo_id"]): from_wire(row["content"]) for row in rows}
        sides: dict[str, tuple[Link, JsonObject]] = {}
        for entity in dict.fromkeys(entity for entity, _ in things):
            ids = [qbo_id for of, qbo_id in things if of == entity]
            for qbo_id, link in links_to(connection, run.name, entity, ids).items():
                sides[link[0].key] = (link[0], things[entity, qbo_id])
        book = returning_book(connection, run.settings, list(things.values()))
        for both in compare(connection, run.settings, sides, book, run.database.now(connection)).values():
            if both.merged.conflicts:
                fields = [OpenConflict(one.field, one.source, one.quickbooks) for one in both.merged.conflicts]
                found[f"{both.entity}/{both.qbo_id}"] = fields
        connection.rollback()
    return found


def decide_conflict(
    run: Run, key: str, field: str, take: str, *, who: str, why: str, seen: tuple[Any, Any] | None = None
) -> None:
    """Take the value of one side for a field in conflict; the next run carries it to the other.

    `seen` holds the values of the inventory system and of QuickBooks on which somebody decides: where one of them is
    another by now, nothing is decided. Raises `NotPossible` then, and where there is no such conflict.
    """
    if not who.strip() or not why.strip():
        raise NotPossible("say who decides (--who) and why (--why): both are kept")
    if take not in ("source", "quickbooks"):
        raise NotPossible(f'--take is "source" or "quickbooks", not {take!r}')
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        held = {f"{row['entity']}/{row['qbo_id']}": row for row in withheld_objects(connection, run.name)}
        row = held.get(key)
        link = links_to(connection, run.name, row["entity"], [row["qbo_id"]]).get(row["qbo_id"]) if row else None
        if row is None or link is None:
            raise NotPossible(f"{key} is not in conflict: `qbo-pipeline write-back list` shows what is")
        thing = from_wire(row["content"])
        book = returning_book(connection, run.settings, [thing])
        both = compare(connection, run.settings, {link[0].key: (link[0], thing)}, book, now).get(link[0].key)
        if both is None or field not in [conflict.field for conflict in both.merged.conflicts]:
            raise NotPossible(f"{field} of {key} is not in conflict: `qbo-pipeline write-back list` shows what is")
        found = next(conflict for conflict in both.merged.conflicts if conflict.field == field)
        if seen is not None and seen != (found.source, found.quickbooks):
            raise NotPossible(CHANGED_SINCE)
        told = str(found)
        decide(connection, run.name, both, field, "source" if take == "source" else "quickbooks", now)
        record_type, record_id = both.key.split("/", 1)
        r = records.c
        where = (r.connection == run.name, r.record_type == record_type, r.record_id == record_id)
        connection.execute(update(records).where(*where).values(disposition="new"))
        line = AttemptLine(
            key=f"write_back/{key}", revision=0, event="decide", state=SEEN, fence=0, who=who, why=why,
            message=f"{told}: {take}",
        )  # fmt: skip
        attempts.append(connection, run.name, now, [line])
