"""The way back: what people enter in QuickBooks is written to the inventory system, exactly once.

What belongs here: reading what changed in QuickBooks, asking the return rules, putting what they answer into the
outbox, and having it written. The protocol is that of posting (`posting/write_backs.py`). What we posted ourselves is
known by its link or its marker and never comes back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, RowMapping, delete, select

from qbo_pipeline.errors import TransientError
from qbo_pipeline.instants import parse_instant
from qbo_pipeline.pipeline.attachments import fetch_files, send_files
from qbo_pipeline.pipeline.linking_back import link_by_name, link_categories
from qbo_pipeline.pipeline.made_in_quickbooks import WRITTEN_BACK
from qbo_pipeline.pipeline.merged_contacts import find_merged, follow
from qbo_pipeline.pipeline.not_read import REFUSED
from qbo_pipeline.pipeline.on_both_sides import ANOTHER
from qbo_pipeline.pipeline.returning_book import returning_book
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.two_sided import Compared, compare
from qbo_pipeline.pipeline.two_sided_posting import reopen_unsent
from qbo_pipeline.pipeline.write_back_intents import PagePlan
from qbo_pipeline.pipeline.write_targets import open_inbox, policy_of
from qbo_pipeline.posting.content import is_voided
from qbo_pipeline.posting.identity import marker_in, tag_of
from qbo_pipeline.posting.shell import identity_of
from qbo_pipeline.posting.write_backs import WriteBackPoster
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.quickbooks.shapes import JsonObject
from qbo_pipeline.quickbooks.wire import from_wire, to_wire
from qbo_pipeline.returning.documents import SIDES
from qbo_pipeline.returning.reading import AFTER_LAST_DAY, BEFORE_FIRST_DAY
from qbo_pipeline.returning.rules import ENTITIES, TWO_SIDED, build
from qbo_pipeline.returning.targets import Target
from qbo_pipeline.returning.values import ReturnBook
from qbo_pipeline.store import quickbooks_objects as objects
from qbo_pipeline.store import write_backs as store
from qbo_pipeline.store.dispositions import stored_contents
from qbo_pipeline.store.postings import Link, links_to
from qbo_pipeline.store.tables.records import watermarks

OVERLAP = timedelta(minutes=5)  # what is too young for one reading is in the next
AT_ONCE = 500  # objects in one transaction
IDS_AT_ONCE = 30  # in one query


@dataclass(slots=True)
class WrittenBack:
    """What the way back came to: objects read, what became of them, entries written, answers taken in."""

    read: int = 0
    ours: int = 0
    changed: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    written: int = 0
    taken: int = 0
    refused: int = 0
    linked: int = 0
    files_sent: int = 0
    degraded: str | None = None

    @property
    def any(self) -> bool:
        """Whether anything came of it."""
        return bool(self.read or self.written or self.taken or self.refused)

    def totals(self) -> dict[str, int]:
        """Numbers for the run's metadata."""
        return {
            "write_back_read": self.read,
            "write_back_ours": self.ours,
            "write_back_changed": self.changed,
            "written_back": self.written,
        }


def entities(run: Run) -> list[str]:
    """The entities of QuickBooks that are written back, by the settings."""
    return [ENTITIES[kind] for kind in run.settings.ownership.made_in_quickbooks()]


def write_back(run: Run, inbox: Target | None = None) -> WrittenBack:
    """Write to the inventory system what changed in QuickBooks since the last look; nothing where the settings say so.

    Two calls or a few more where nothing changed; the first time, and where the first or last day is another one,
    everything dated since that day is read, a metered read for each 1,000 objects. The watermark moves after what was
    read is committed. Where QuickBooks or the inbox does not answer, `degraded` says so and the next run goes on.
    """
    result = WrittenBack()
    wanted = entities(run)
    sent = _sent_files(run, result)
    if not wanted:
        return result

    def progress(written: int) -> None:
        run.progress("entries written back", written)

    with open_target(run, inbox) as target:
        try:
            read_changes(run, wanted, result)
            fetch_files(run)
            _build(run, wanted, target, result)
        except (TransientError, *REFUSED) as error:
            result.degraded = f"what people did in QuickBooks was not written back: {error}"
            return result
        delivered = WriteBackPoster(run.database, run.name, target, policy=policy_of(run), progress=progress).run()
    result.written, result.degraded = delivered.written, delivered.degraded or sent
    return result


def preview(run: Run, inbox: Target | None = None) -> list[RowMapping]:
    """What the next run would write to the inventory system, oldest first; files are not fetched for it.

    For a run that only looks (`pipeline.looking`): what it keeps is forgotten afterwards, and nothing is written.
    Raises a `TransientError` where QuickBooks or the inbox does not answer.
    """
    wanted = [entity for entity in entities(run) if entity != "Attachable"]
    result = WrittenBack()
    if not wanted:
        return []
    with open_target(run, inbox) as target:
        read_changes(run, wanted, result)
        _build(run, wanted, target, result)
    with run.database.reading() as connection:
        return [row for row in store.listed(connection, run.name) if row["state"] == "ready"]


def _sent_files(run: Run, result: WrittenBack) -> str | None:
    """Send files to QuickBooks; answers why they could not all be sent."""
    try:
        delivered = send_files(run)
    except (TransientError, *REFUSED) as error:
        return f"attached files were not sent: {error}"
    result.files_sent, result.degraded = delivered.written, delivered.degraded
    return delivered.degraded


@contextmanager
def open_target(run: Run, inbox: Target | None) -> Iterator[Target]:
    """The inbox given, or the one of the settings, which is closed at the end of the block."""
    target = inbox or open_inbox(run)
    try:
        yield target
    finally:
        if inbox is None:
            target.close()


# --- what changed in QuickBooks ---------------------------------------------------------------------------------------
def read_changes(run: Run, wanted: Sequence[str], result: WrittenBack) -> None:
    """Keep what changed in QuickBooks of these entities since they were read last."""
    if not wanted:
        return
    with run.database.reading() as connection:
        marks = {name: _mark(connection, run, name) for name in wanted}
        now = run.database.now(connection)
    since = min((mark for mark in marks.values() if mark is not None), default=now) - OVERLAP
    changes = run.quickbooks().changes(wanted, since)
    for entity in wanted:
        deleted = [str(stub["Id"]) for stub in changes.deleted.get(entity, ())]
        _keep(run, entity, changes.objects.get(entity, ()), deleted, result)
        if marks[entity] is None or entity in changes.gaps:
            _read_in_full(run, entity, result)
        if marks[entity] is None:  # another first or last day: what lay outside before may not by now
            with run.database.transaction() as connection:
                for rule in (BEFORE_FIRST_DAY, AFTER_LAST_DAY):
                    objects.reopen_objects(connection, run.name, entity, rule)
        with run.database.transaction() as connection:
            _move_mark(connection, run, entity, changes.as_at)


def _read_in_full(run: Run, entity: str, result: WrittenBack) -> None:
    """Every object dated from the first day on, to the last where there is one, of lists all; what was known and is in
    no page is asked for by its Id."""
    assert run.settings.write_back is not None
    first_day, last_day = run.settings.write_back.first_day, run.settings.connection.last_day
    seen: set[str] = set()
    listed = entity in TWO_SIDED
    wanted = select_objects(entity, with_inactive=True) if listed else select_objects(entity)
    if not listed and entity != "Attachable":
        wanted = wanted.where("TxnDate", ">=", first_day)
        wanted = wanted if last_day is None else wanted.where("TxnDate", "<=", last_day)
    for page in run.quickbooks().query_pages(wanted):
        seen.update(str(thing["Id"]) for thing in page)
        _keep(run, entity, page, (), result)
        run.progress(f"{entity} objects read", result.read)
    with run.database.reading() as connection:
        missed = sorted(objects.known_ids(connection, run.name, entity) - seen)
    for start in range(0, len(missed), IDS_AT_ONCE):
        ids = missed[start : start + IDS_AT_ONCE]
        by_id = select_objects(entity, with_inactive=listed).where("Id", "IN", tuple(ids))
        there = list(run.quickbooks().query(by_id))
        gone = set(ids) - {str(thing["Id"]) for thing in there}
        _keep(run, entity, there, sorted(gone), result)


def _keep(run: Run, entity: str, things: Iterable[JsonObject], deleted: Sequence[str], result: WrittenBack) -> None:
    """Keep objects of an entity that are not our own; of lists that both sides keep also those that are."""
    found = {str(thing["Id"]): thing for thing in things}
    result.read += len(found) + len(deleted)
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        tag = identity_of(connection, run.name, run.settings.quickbooks.realm).tag
        linked = links_to(connection, run.name, entity, [*found, *deleted])
        posted = {qbo_id for qbo_id, links in linked.items() if links[0].linked_by != WRITTEN_BACK}
        rows = [
            {
                "qbo_id": qbo_id,
                "sync_token": str(thing.get("SyncToken", "")),
                "content": to_wire(thing).decode(),
                "deleted": False,
            }
            for qbo_id, thing in found.items()
            if entity in TWO_SIDED
            or (qbo_id not in posted and not _is_ours(thing, tag))
            or (qbo_id in posted and entity in SIDES and is_voided(thing))
        ]
        known = objects.known_ids(connection, run.name, entity) if deleted else set()
        known |= posted if entity in SIDES else set()
        rows += [
            {"qbo_id": qbo_id, "sync_token": "deleted", "content": None, "deleted": True}
            for qbo_id in deleted
            if qbo_id in known
        ]
        result.ours += len(found) - sum(not row["deleted"] for row in rows)
        result.changed += objects.keep_objects(connection, run.name, entity, rows, now)
        if entity in TWO_SIDED:
            reopen_unsent(connection, run.name, entity, [str(row["qbo_id"]) for row in rows])


def _is_ours(thing: JsonObject, tag: str) -> bool:
    """Whether it carries our marker: a posting of ours whose link is not written yet, or a copy, which drift tells."""
    code = marker_in(thing.get("PrivateNote") or thing.get("Note"))  # a file has its note elsewhere
    return code is not None and tag_of(code) == tag


def _mark(connection: Connection, run: Run, entity: str) -> datetime | None:
    query = select(watermarks.c.value).where(
        watermarks.c.connection == run.name, watermarks.c.name == _mark_name(run, entity)
    )
    value = connection.execute(query).scalar_one_or_none()
    return parse_instant(value) if value else None


def _mark_name(run: Run, entity: str) -> str:
    assert run.settings.write_back is not None
    last_day = run.settings.connection.last_day
    until = "" if last_day is None else f" to {last_day}"
    return f"write_back_changes {entity} from {run.settings.write_back.first_day}{until}"


def _move_mark(connection: Connection, run: Run, entity: str, as_at: datetime) -> None:
    """The mark of this first and last day; with another one everything is read again."""
    mine = (watermarks.c.connection == run.name, watermarks.c.name.startswith(f"write_back_changes {entity} from "))
    connection.execute(delete(watermarks).where(*mine))
    row = {"connection": run.name, "name": _mark_name(run, entity), "value": as_at.isoformat()}
    connection.execute(watermarks.insert(), {**row, "moved_at": run.database.now(connection)})


# --- from objects to the outbox ---------------------------------------------------------------------------------------
def _build(run: Run, wanted: Sequence[str], target: Target, result: WrittenBack) -> None:
    after, merges = ("", ""), find_merged(run)
    while True:
        with run.database.transaction() as connection:
            rows = objects.due_objects(connection, run.name, wanted, AT_ONCE, after)
            if not rows:
                return
            plan = PagePlan(run, connection, target)
            read = [(row, from_wire(row["content"]) if row["content"] is not None else None) for row in rows]
            result.linked += link_by_name(connection, run, read) + link_categories(connection, run, read)
            book = returning_book(connection, run.settings, [thing for _, thing in read if thing is not None])
            linked, compared = _compared(run, connection, read, book)
            # What was written once goes on, whatever day it is moved to and whatever the first and last are by now.
            written = store.newest(connection, run.name, [f"{row['entity']}/{row['qbo_id']}" for row in rows])
            ours = _linked_documents(connection, run.name, rows)
            documents = _documents_of(connection, run.name, rows, written)
            for row, thing in read:
                both = compared.get((row["entity"], row["qbo_id"]))
                if both is not None:
                    plan.compared(row, both)
                elif (merge := merges.get((row["entity"], row["qbo_id"]))) is not None:
                    follow(connection, run, plan, row, *merge)
                elif (row["entity"], row["qbo_id"]) in linked:
                    plan.leave(
                        row, "no_record", "it is of ours, and no record of the inventory system stands behind it"
                    )
                elif (row["entity"], row["qbo_id"]) in ours and not (row["deleted"] or is_voided(thing or {})):
                    plan.leave(row, "linked", "it was linked to a document of the inventory system")
                elif thing is None or row["deleted"] or is_voided(thing):
                    plan.gone(row, documents.get((row["entity"], row["qbo_id"])))
                else:
                    known = f"{row['entity']}/{row['qbo_id']}" in written
                    its_book = replace(book, first_day=date.min, last_day=None) if known else book
                    if known or row["rule"] == ANOTHER:
                        its_book = replace(its_book, twin=lambda record: None)
                    plan.take(row, build(row["entity"], thing, its_book))
        plan.ask_target()
        with run.database.transaction() as connection:
            plan.write(connection)
        result.outcomes.update(plan.outcomes)
        after = (rows[-1]["entity"], rows[-1]["qbo_id"])


def _compared(
    run: Run, connection: Connection, read: Sequence[tuple[RowMapping, JsonObject | None]], book: ReturnBook
) -> tuple[set[tuple[str, str]], dict[tuple[str, str], Compared]]:
    """The objects of a page that are ours, and those of them that are records, each compared with its record."""
    sides: dict[str, tuple[Link, JsonObject]] = {}
    for entity in TWO_SIDED:
        there = {
            row["qbo_id"]: thing for row, thing in read if row["entity"] == entity and not row["deleted"] and thing
        }
        for qbo_id, found in links_to(connection, run.name, entity, list(there)).items():
            sides[found[0].key] = (found[0], there[qbo_id])
    if not sides:
        return set(), {}
    compared = compare(connection, run.settings, sides, book, run.database.now(connection))
    linked = {(link.entity, link.qbo_id) for link, _ in sides.values()}
    return linked, {(both.entity, both.qbo_id): both for both in compared.values()}


def _linked_documents(connection: Connection, name: str, rows: Sequence[RowMapping]) -> set[tuple[str, str]]:
    """The documents and payments of a page that are ours: a person has linked one that was made in QuickBooks."""
    found: set[tuple[str, str]] = set()
    for entity in dict.fromkeys(row["entity"] for row in rows if row["entity"] not in TWO_SIDED):
        ids = [row["qbo_id"] for row in rows if row["entity"] == entity]
        for qbo_id, links in links_to(connection, name, entity, ids).items():
            if links[0].linked_by != WRITTEN_BACK:
                found.add((entity, qbo_id))
    return found


def _documents_of(
    connection: Connection, name: str, rows: Sequence[RowMapping], written: Mapping[str, RowMapping]
) -> dict[tuple[str, str], JsonObject]:
    """By object, what the source says of the document that it is, or was taken as."""
    ids: dict[tuple[str, str], str] = {}
    for entity in SIDES:
        mine = [row["qbo_id"] for row in rows if row["entity"] == entity]
        for qbo_id in mine:
            if (row := written.get(f"{entity}/{qbo_id}")) is not None and row["taken_as"]:
                ids[entity, qbo_id] = row["taken_as"]
        for qbo_id, links in links_to(connection, name, entity, mine).items():
            ids[entity, qbo_id] = links[0].key.removeprefix("document/")
    contents = stored_contents(connection, name, "document", sorted(set(ids.values())))
    return {thing: contents[own] for thing, own in ids.items() if own in contents}
