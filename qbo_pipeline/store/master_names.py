"""What parties and products are called, kept beside them: who shares a name is asked for by it, not sought among all.

What belongs here: the references `name/<record type>/<name>` in `record_references`. What counts as one name is for the
posting rules to say, so that whoever writes records here says it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from qbo_pipeline.store.database import insert_unless_there
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.records import record_references, watermarks

_NAME = "name/"
_NOTED = "names of master data"


def name_reference(record_type: str, name_key: str) -> str:
    """What a record that is called so refers to."""
    return f"{_NAME}{record_type}/{name_key}"


def called_so(connection: Connection, name: str, references: Collection[str]) -> dict[str, list[str]]:
    """By reference, the keys of the records that are called so; some of them may have vanished."""
    found: dict[str, list[str]] = {reference: [] for reference in references}
    for part in chunks(sorted(references)):
        query = select(record_references.c.refers_to, record_references.c.record_key).where(
            record_references.c.connection == name, record_references.c.refers_to.in_(part)
        )
        for row in connection.execute(query.order_by(record_references.c.record_key)):
            found[row.refers_to].append(row.record_key)
    return found


def are_noted(connection: Connection, name: str) -> bool:
    """Whether all names are kept; in a store that an earlier version filled they are not yet."""
    mine = (watermarks.c.connection == name, watermarks.c.name == _NOTED)
    return connection.execute(select(watermarks.c.name).where(*mine)).first() is not None


def note_all(connection: Connection, name: str, called: Iterable[tuple[str, str]], *, now: datetime) -> None:
    """Keep the names of all that is there: pairs of a record's key and its reference."""
    rows = [{"connection": name, "record_key": key, "refers_to": reference} for key, reference in called]
    if rows:
        connection.execute(insert_unless_there(connection, record_references), rows)
    mark = {"connection": name, "name": _NOTED, "value": "", "moved_at": now}
    connection.execute(insert_unless_there(connection, watermarks), mark)
