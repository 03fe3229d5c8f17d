"""Going live: nothing is sent for the first time while a check before going live fails, unless a person says so.

What belongs here: the gate before a connection's first send, and the person's word that opens it. The checks themselves
are `pipeline.preflight`.
"""

from __future__ import annotations

import json

from sqlalchemy import delete, select

from qbo_pipeline.errors import PermanentError
from qbo_pipeline.pipeline.binding import has_posted
from qbo_pipeline.pipeline.preflight import preflight
from qbo_pipeline.pipeline.preflight_finding import PreflightFinding
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.events import READY
from qbo_pipeline.posting.persons import Person, note_decision
from qbo_pipeline.posting.recovery import recovering
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import watermarks

_ACCEPTED = "preflight accepted"


class PreflightFailed(PermanentError):
    """A check before going live fails, and nobody has said that the connection goes live all the same."""


def check_before_first_send(run: Run) -> None:
    """Raises `PreflightFailed` where something is about to be sent for the first time and a check fails.

    After the first send nothing is asked any more: what changes later, each run finds by itself.
    """
    with run.database.reading() as reading:
        ready = select(postings.c.key).where(postings.c.connection == run.name, postings.c.state == READY).limit(1)
        if reading.execute(ready).first() is None or has_posted(reading, run.name):
            return
        if recovering(reading, run.name) is not None:
            return  # it was live before its store was lost
        accepted = select(watermarks.c.value).where(watermarks.c.connection == run.name, watermarks.c.name == _ACCEPTED)
        if reading.execute(accepted).first() is not None:
            return
    failing = [finding for finding in preflight(run) if not finding.ok]
    if failing:
        told = "\n".join(f"- {finding.name}: {finding.finding}. {finding.remedy}" for finding in failing)
        raise PreflightFailed(
            f"{run.name}: nothing was sent. It would be the first time, and {len(failing)} of the checks before going "
            f"live fail:\n{told}\nMend them; or go live all the same: "
            "`qbo-pipeline preflight --accept --who WHO --why WHY`"
        )


def accept_preflight(run: Run, findings: list[PreflightFinding], person: Person) -> None:
    """A person lets the connection go live as it is; who, why and what was failing stay in the store."""
    failing = [finding.name for finding in findings if not finding.ok]
    value = json.dumps({"who": person.who, "why": person.why, "failing": failing})
    with run.database.transaction() as connection:
        mine = (watermarks.c.connection == run.name, watermarks.c.name == _ACCEPTED)
        connection.execute(delete(watermarks).where(*mine))
        now = run.database.now(connection)
        row = {"connection": run.name, "name": _ACCEPTED, "value": value, "moved_at": now}
        connection.execute(watermarks.insert(), row)
        note_decision(connection, run.name, [_ACCEPTED], person, now)
