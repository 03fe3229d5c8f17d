"""The target of the way back that the settings say: the inbox in a database or a folder, or the system's own API.

What belongs here: opening it, and what a system's API has to be told from the store and from what was read of it.
"""

from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import select

from qbo_pipeline.landing.objects import StoredLanding
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.write_backs import API_POLICY, POLICY, entry_of
from qbo_pipeline.quickbooks.clock import SystemClock
from qbo_pipeline.quickbooks.transport import Transport
from qbo_pipeline.returning.abilities import KindAbility, asked_for
from qbo_pipeline.returning.targets import TargetEntry
from qbo_pipeline.settings_errors import SettingsError
from qbo_pipeline.sources.api_target import ApiTarget, Doors
from qbo_pipeline.sources.drop_folder import DropFolder
from qbo_pipeline.sources.entries import mark_of
from qbo_pipeline.sources.inbox import SqlInbox
from qbo_pipeline.store.tables.write_backs import write_backs

if TYPE_CHECKING:
    from qbo_pipeline.sources.http_contract.writing import HttpInbox

AnyTarget: TypeAlias = "SqlInbox | DropFolder | ApiTarget | HttpInbox"


def open_inbox(run: Run) -> AnyTarget:
    """What the settings say that is written to; raises `SourceError` where its URL is wrong."""
    written = run.settings.write_back
    if (folder := run.settings.inbox_folder()) is not None:
        return DropFolder(folder)
    if written is None or written.has_inbox:
        return SqlInbox(run.settings.inbox_url())
    # The modules of all systems that are read by API, eighty of them, which no run of a database or a folder needs.
    from qbo_pipeline.pipeline.landed import open_doors
    from qbo_pipeline.sources.systems import SYSTEMS

    transport = Transport()
    landing = StoredLanding(run.database, run.name, run.settings.source.kind)
    reader, writer, rows = open_doors(run, run.database, transport, SystemClock())
    assert written is not None
    door = SYSTEMS[landing.system]
    refuse_unknown(written.new_entries, door.takes, f"{run.settings.file}: [write_back.new_entries]")
    known = _Known(run, landing, rows)
    doors = Doors(reader, writer, known, written.new_entries, run.settings.files_folder())
    return door.target(doors, transport.close)


def refuse_unknown(new_entries: Mapping[str, Mapping[str, str]], takes: Mapping[str, KindAbility], where: str) -> None:
    """Raise `SettingsError` where the settings say of new entries what the system does not ask for."""
    asked = asked_for(takes)
    for kind, given in new_entries.items():
        names = asked.get(kind, ())
        for name in given:
            if name not in names:
                near = difflib.get_close_matches(name, names, n=1)
                hint = f"did you mean {near[0]}?" if near else f"it asks for {', '.join(names) or 'nothing'}"
                raise SettingsError(f"{where}: the system asks for no {name} of new {kind}: {hint}")


def policy_of(run: Run) -> Policy:
    """How long a worker may be at an entry: an API is asked several times for each."""
    written = run.settings.write_back
    return POLICY if written is None or written.has_inbox else API_POLICY


@dataclass(frozen=True, slots=True)
class _Known:
    """`Beside` by the store and by the rows that were made of what has landed."""

    run: Run
    landing: StoredLanding
    rows: Path

    def owner(self, document_id: str) -> str | None:
        found = self._select("SELECT owner FROM documents_rows WHERE document_id = ?", document_id)
        return found[0] if found else None

    def owners_marked(self, marker: str) -> list[str]:
        return self._select("SELECT DISTINCT owner FROM payments_rows WHERE reference LIKE ?", f"%[qp:{marker}]%")

    def has(self, kind: str, object_id: str) -> bool:
        return self.landing.get(kind, object_id) is not None

    def version(self, kind: str, object_id: str) -> str | None:
        found = self.landing.get(kind, object_id)
        told = found.content.get("version") if found is not None and isinstance(found.content, dict) else None
        return None if told is None else str(told)

    def carrying(self, kind: str, marker: str) -> list[str]:
        return self.landing.carrying(kind, mark_of(marker))

    def told(self, marker: str) -> list[TargetEntry]:
        mine = (write_backs.c.connection == self.run.name, write_backs.c.marker == marker)
        with self.run.database.reading() as reading:
            found = reading.execute(select(write_backs).where(*mine).order_by(write_backs.c.revision)).mappings()
            return [entry_of(row) for row in found]

    def _select(self, statement: str, value: str) -> list[str]:
        if not self.rows.is_file():
            return []
        with closing(sqlite3.connect(f"file:{self.rows}?mode=ro", uri=True)) as db:
            return [str(row[0]) for row in db.execute(statement, (value,))]
