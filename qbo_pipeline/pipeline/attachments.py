"""Attached files, both ways: the inventory system's are sent to QuickBooks once each, those of people are fetched.

What belongs here: which files are to go or to be taken out again, the upload as a target of the posting core, and
fetching. A file is named by its document and the hash of its content, so that nothing is sent twice, under whatever
name; what QuickBooks holds of ours carries the marker in its note.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

import orjson
from sqlalchemy import Connection, select

from qbo_pipeline.errors import PermanentError, TransientError
from qbo_pipeline.inventory.records import canonical_json, text_hash
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.identity import Identity, marker_in, with_marker
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.shell import identity_of
from qbo_pipeline.posting.write_backs import Delivered, WriteBackPoster
from qbo_pipeline.quickbooks.attachments import FileContent, file_problem
from qbo_pipeline.quickbooks.outcomes import Done, NotSent, Outcome, Refusal
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.returning import targets
from qbo_pipeline.returning.attachments import documents_of
from qbo_pipeline.returning.targets import Abilities, Held, TargetEntry
from qbo_pipeline.sources.attachment_folder import AttachmentFolder, FoundFile
from qbo_pipeline.store import evidence
from qbo_pipeline.store import quickbooks_objects as objects
from qbo_pipeline.store import write_backs as store
from qbo_pipeline.store.attached_files import fetched_files, keep_fetched, out_key
from qbo_pipeline.store.database import take_turns
from qbo_pipeline.store.postings import links, links_to
from qbo_pipeline.store.tables.write_backs import write_backs
from qbo_pipeline.store.write_backs import TO_QUICKBOOKS

FETCHED_AT_ONCE = 500
# A file of 100 MB may take minutes to leave; QuickBooks' queries show it some time after it is there.
UPLOADS = Policy(deadline=300.0, lease=330.0, look_lease=300.0, works_on=150.0, settle=500.0, lag=20.0)


def send_files(run: Run) -> Delivered:
    """Send the inventory system's files that QuickBooks does not have yet, and take out those that are gone there where
    the settings say so; nothing where no files pass. A file waits until its document is in QuickBooks."""
    root = run.settings.files_folder()
    if root is None or run.settings.ownership.attachments not in ("source", "both"):
        return Delivered()
    folder = AttachmentFolder(root)
    try:
        files = list(folder.files())
    except OSError as error:
        return Delivered(degraded=f"the files in {root} could not be read: {error.strerror}")
    with run.database.transaction() as connection:
        _plan(run, connection, files)
    target = UploadTarget(run, folder)
    return WriteBackPoster(run.database, run.name, target, policy=UPLOADS, outward=True).run()


def fetch_files(run: Run) -> int:
    """Fetch the files of what changed among QuickBooks' attachables, into the folder; answers how many.

    One that cannot be fetched is left for the next run. Raises a `TransientError` where QuickBooks does not answer.
    """
    root = run.settings.files_folder()
    if root is None:
        return 0
    folder, count, after = AttachmentFolder(root), 0, ("", "")
    while True:
        with run.database.reading() as connection:
            rows = objects.due_objects(connection, run.name, ["Attachable"], FETCHED_AT_ONCE, after)
            known = fetched_files(connection, run.name, [row["qbo_id"] for row in rows])
        if not rows:
            return count
        for row in rows:
            thing = from_wire(row["content"]) if row["content"] is not None and not row["deleted"] else None
            if thing is None or row["qbo_id"] in known or not _is_wanted(run, thing):
                continue
            count += _fetch(run, folder, row["qbo_id"], row["sync_token"], thing)
        after = (rows[-1]["entity"], rows[-1]["qbo_id"])


def _is_wanted(run: Run, thing: dict[str, Any]) -> bool:
    if not thing.get("FileName") or not thing.get("Size"):
        return False
    with run.database.reading() as connection:
        return any(links_to(connection, run.name, entity, [qbo_id]) for entity, qbo_id in documents_of(thing))


def _fetch(run: Run, folder: AttachmentFolder, qbo_id: str, token: str, thing: dict[str, Any]) -> int:
    def write(out: IO[bytes]) -> None:
        run.quickbooks().download_to(qbo_id, out)

    try:
        path, sha256, size = folder.keep(str(thing["FileName"]), write)
    except (OSError, PermanentError):
        return 0  # the return rule says that it is not there, and what to do
    with run.database.transaction() as connection:
        keep_fetched(connection, run.name, qbo_id, token, (sha256, size, path), run.database.now(connection))
    return 1


# --- what is to go ----------------------------------------------------------------------------------------------------
def _plan(run: Run, connection: Connection, files: Sequence[FoundFile]) -> None:
    take_turns(connection, f"write_backs {run.name}")
    now = run.database.now(connection)
    identity = identity_of(connection, run.name, run.settings.quickbooks.realm)
    last = {
        row["key"]: row
        for row in connection.execute(
            select(write_backs).where(
                write_backs.c.connection == run.name,
                write_backs.c.kind == TO_QUICKBOOKS,
                write_backs.c.superseded_by.is_(None),
            )
        ).mappings()
    }
    linked = links(connection, run.name, [f"document/{file.document_id}" for file in files])
    fetched = _fetched_hashes(connection, run.name)
    rows: list[dict[str, Any]] = []
    changes: list[tuple[str, int, dict[str, Any]]] = []
    here: set[str] = set()
    for file in files:
        key = out_key(file.document_id, file.sha256)
        link = linked.get(f"document/{file.document_id}")
        if key in here or link is None or (link.entity, link.qbo_id, file.sha256) in fetched:
            here.add(key)
            continue
        here.add(key)
        before = last.get(key)
        if before is not None and before["operation"] != "void":
            continue
        revision = before["revision"] + 1 if before is not None else 1
        content = {
            "kind": TO_QUICKBOOKS, "document_id": file.document_id, "entity": link.entity, "qbo_id": link.qbo_id,
            "name": file.name, "size": file.size, "sha256": file.sha256, "path": file.path,
        }  # fmt: skip
        row = _row(identity, key, revision, "create", content, now)
        if (problem := file_problem(file.name, file.size)) is not None:
            row |= {"state": "parked", "reason": "file_not_taken", "message": f"{file.path}: {problem}"}
        rows.append(row)
        if before is not None:
            changes.append((key, before["revision"], {"superseded_by": revision}))
    if run.settings.write_back is not None and run.settings.write_back.deleted_files == "mirror":
        for key, before in last.items():
            if key in here or before["operation"] == "void" or before["state"] in ("sending", "unknown"):
                continue
            if before["state"] != "posted":
                changes.append((key, before["revision"], {"state": "superseded", "superseded_by": before["revision"]}))
                continue
            content = orjson.loads(before["payload"])
            rows.append(_row(identity, key, before["revision"] + 1, "void", content, now))
            changes.append((key, before["revision"], {"superseded_by": before["revision"] + 1}))
    store.add(connection, run.name, rows)
    store.change(connection, run.name, changes)
    named: list[tuple[Any, ...]] = [(row["key"], row["revision"]) for row in rows]
    named += [(key, revision) for key, revision, _ in changes]
    evidence.note_all(connection, run.name, evidence.WRITE_BACK, named, "planned", now=now)


def _fetched_hashes(connection: Connection, name: str) -> set[tuple[str, str, str]]:
    """What was fetched from QuickBooks, as entity, Id and hash: it is not sent there again."""
    found = set()
    for row in objects.all_objects(connection, name, "Attachable"):
        if row["content"] is None:
            continue
        file = fetched_files(connection, name, [row["qbo_id"]]).get(row["qbo_id"])
        if file is not None:
            found |= {(entity, qbo_id, file[0]) for entity, qbo_id in documents_of(from_wire(row["content"]))}
    return found


def _row(
    identity: Identity, key: str, revision: int, operation: str, content: dict[str, Any], now: datetime
) -> dict[str, Any]:
    payload = canonical_json(content)
    return {
        **store.FRESH, "key": key, "revision": revision, "marker": identity.code("Attachable", key, 1),
        "operation": operation, "kind": TO_QUICKBOOKS, "business_date": now.date(), "party_id": "",
        "number": content["name"], "currency": "", "amount": Decimal(0), "payload": payload,
        "payload_hash": text_hash(payload), "first_seen": now, "superseded_by": None, "taken_as": None,
    }  # fmt: skip


# --- QuickBooks as a target of files ----------------------------------------------------------------------------------
class UploadTarget:
    """Files that QuickBooks is to hold. It can be asked by our marker, and takes a second upload for a second file."""

    abilities = Abilities(finds=True, idempotent=False, at_once=1)

    def __init__(self, run: Run, folder: AttachmentFolder) -> None:
        self._run = run
        self._folder = folder

    def put(self, entries: Sequence[TargetEntry]) -> list[targets.Outcome]:
        """Upload each file, or take it out."""
        return [self._put(entry) for entry in entries]

    def find(self, entries: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Held]:
        """Which of these are as they are to be in QuickBooks."""
        found: dict[tuple[str, int], Held] = {}
        with self._run.database.reading() as connection:
            rows = self._rows(connection, entries)
        for (marker, revision), row in rows.items():
            there = self._there(row["number"], marker) is not None
            if there == (row["operation"] != "void"):
                held = Held(marker, revision, row["operation"], row["payload"], row["payload_hash"])
                found[marker, revision] = held
        return found

    def newest(self, markers: Sequence[str]) -> dict[str, Held]:
        return {}

    def answers(self, entries: Sequence[tuple[str, int]]) -> list[targets.InboxAnswer]:
        return []

    def taken(self, ids: Sequence[str]) -> list[targets.Taken]:
        return []

    def close(self) -> None:
        pass

    def _put(self, entry: TargetEntry) -> targets.Outcome:
        content = orjson.loads(entry.content)
        if entry.operation == "void":
            return self._take_out(entry.number, entry.marker)
        place = self._folder.holds(content["path"], content["sha256"])
        if place is None:
            return targets.NotTaken(f"{content['path']} is gone from the folder, or another file by now")
        done = self._run.quickbooks().upload(
            content["name"],
            FileContent(place, content["size"], content["sha256"]),
            attach_to=[(content["entity"], content["qbo_id"])],
            note=with_marker(None, entry.marker),
            deadline=UPLOADS.deadline,
        )
        return _outcome(done)

    def _take_out(self, name: str, marker: str) -> targets.Outcome:
        try:
            thing = self._there(name, marker)
        except TransientError as error:
            return targets.NotWritten(str(error))
        if thing is None:
            return targets.Written()
        return _outcome(self._run.quickbooks().delete("Attachable", str(thing["Id"]), str(thing["SyncToken"])))

    def _there(self, name: str, marker: str) -> dict[str, Any] | None:
        things = self._run.quickbooks().query(select_objects("Attachable").where("FileName", "=", name))
        return next((thing for thing in things if marker_in(thing.get("Note")) == marker), None)

    def _rows(self, connection: Connection, entries: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Any]:
        markers = sorted({marker for marker, _ in entries})
        w = write_backs.c
        query = select(write_backs).where(w.connection == self._run.name, w.marker.in_(markers))
        return {
            (row["marker"], row["revision"]): row
            for row in connection.execute(query).mappings()
            if (row["marker"], row["revision"]) in entries
        }


def _outcome(done: Outcome) -> targets.Outcome:
    if isinstance(done, Done):
        return targets.Written()
    if isinstance(done, NotSent):
        return targets.NotWritten(done.reason)
    if isinstance(done, Refusal):
        return targets.NotWritten(done.reason) if done.kind in _TEMPORARY else targets.NotTaken(done.reason)
    return targets.Unclear(done.reason)


_TEMPORARY = frozenset({"throttled", "quota", "auth", "busy"})
