"""What the inventory system says of the entries in its inbox, taken in before its records are built.

What belongs here: asking the inbox, and keeping what it says. What becomes of a record by that is in
`made_in_quickbooks.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, delete

from qbo_pipeline.errors import TransientError
from qbo_pipeline.pipeline.linking_back import link_categories, link_taken
from qbo_pipeline.pipeline.made_in_quickbooks import NOT_ASKED
from qbo_pipeline.pipeline.not_read import REFUSED
from qbo_pipeline.pipeline.on_both_sides import build_again_what_is_there_perhaps
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.write_back import AT_ONCE, WrittenBack, entities, open_target, read_changes
from qbo_pipeline.pipeline.write_back_intents import adopt
from qbo_pipeline.quickbooks.shapes import JsonObject
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.returning.rules import OWNED_AS
from qbo_pipeline.returning.targets import InboxAnswer, Taken, Target
from qbo_pipeline.store import evidence
from qbo_pipeline.store import write_backs as store
from qbo_pipeline.store.database import take_turns
from qbo_pipeline.store.quickbooks_objects import due_objects
from qbo_pipeline.store.tables.records import watermarks


def take_answers(run: Run, inbox: Target | None = None) -> WrittenBack:
    """Take in what the inventory system says of the entries in its inbox, and as what it took them: before its records
    are built, so that what it made of an entry is not taken for a payment of its own.

    Where the inbox cannot be asked, `made_in_quickbooks` holds the payments that were not posted yet.
    """
    result = WrittenBack()
    if not (wanted := entities(run)):
        return result
    try:  # what people did since is known before anything of ours is made: an update, or what they entered as well
        read_changes(run, [entity for entity in wanted if entity != "Attachable"], result)
    except (TransientError, *REFUSED) as error:
        result.degraded = f"what people changed in QuickBooks was not read: {error}"
    if "Item" in wanted:
        with run.database.transaction() as connection:  # before a product of ours names a category that is there
            link_categories(connection, run, _due_items(connection, run))
    kinds = [kind for kind, owned_as in OWNED_AS.items() if owned_as in run.settings.ownership.made_in_quickbooks()]
    with run.database.reading() as connection:
        asked = store.unanswered(connection, run.name)
        unbuilt = store.unbuilt(connection, run.name, kinds)
    answers: list[InboxAnswer] = []
    taken: list[Taken] = []
    reached = True
    if asked or unbuilt:
        with open_target(run, inbox) as target:
            try:
                answers = target.answers([(row["marker"], row["revision"]) for row in asked])
                taken = target.taken(unbuilt)
            except TransientError as error:
                reached, result.degraded = False, str(error)
    with run.database.transaction() as connection:
        build_again_what_is_there_perhaps(connection, run.settings)
        _keep_asked(connection, run, asked=reached)
        if answers or taken:
            _keep_answers(connection, run, asked, answers, taken, result)
            result.linked = link_taken(connection, run)
    return result


def _due_items(connection: Connection, run: Run) -> list[tuple[RowMapping, JsonObject | None]]:
    """The items that changed in QuickBooks since they were built."""
    rows, after = [], ("", "")
    while page := due_objects(connection, run.name, ["Item"], AT_ONCE, after):
        rows += page
        after = (page[-1]["entity"], page[-1]["qbo_id"])
    return [(row, from_wire(row["content"]) if row["content"] is not None else None) for row in rows]


def _keep_answers(
    connection: Connection,
    run: Run,
    asked: Sequence[RowMapping],
    answers: Sequence[InboxAnswer],
    taken: Sequence[Taken],
    result: WrittenBack,
) -> None:
    take_turns(connection, f"write_backs {run.name}")
    now = run.database.now(connection)
    by_entry = {(row["marker"], row["revision"]): row for row in asked}
    said: list[tuple[str, int, dict[str, Any]]] = []
    for answer in answers:
        row = by_entry[answer.marker, answer.revision]
        if answer.taken_as or answer.refused != row["refused"]:
            fields = {"taken_as": answer.taken_as, "refused": None if answer.taken_as else answer.refused}
            said.append((row["key"], answer.revision, fields))
    store.change(connection, run.name, said)
    named: list[tuple[Any, ...]] = [(key, revision) for key, revision, _ in said]
    named += adopt(connection, run, taken, now)
    evidence.note_all(connection, run.name, evidence.WRITE_BACK, list(dict.fromkeys(named)), "answered", now=now)
    result.taken = sum(bool(fields["taken_as"]) for _, _, fields in said)
    result.refused = len(said) - result.taken


def _keep_asked(connection: Connection, run: Run, *, asked: bool) -> None:
    """Keep whether the inbox could be asked: until it can, no payment of these kinds is taken for the source's own."""
    where = (watermarks.c.connection == run.name, watermarks.c.name == NOT_ASKED)
    connection.execute(delete(watermarks).where(*where))
    if not asked:
        now = run.database.now(connection)
        row = {"connection": run.name, "name": NOT_ASKED, "value": "", "moved_at": now}
        connection.execute(watermarks.insert(), row)
