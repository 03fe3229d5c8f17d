"""When a system that is read by API is worth asking: where its webhooks say that something changed, and every hour.

What belongs here: that decision. A hint says nothing else: no content of a webhook is used, and without the token of
webhooks the system is asked each time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.store.tables.records import watermarks
from qbo_pipeline.store.webhooks import SOURCE_TOLD, keep_source_instant, source_instant

AT_LEAST_EVERY = timedelta(hours=1)
"""However quiet it is: a webhook that was lost, or that nobody ordered, costs no more than that."""
READ = "source read"


def worth_asking(run: Run) -> bool:
    """Whether something may have changed in the source since it was read last."""
    if not run.settings.source.is_read_by_api or run.secrets.source_webhook_token is None:
        return True
    with run.database.reading() as connection:
        told, read = (source_instant(connection, run.name, name) for name in (SOURCE_TOLD, READ))
        now = run.database.now(connection)
    return read is None or now - read >= AT_LEAST_EVERY or (told is not None and told >= read)


def begin_asking(run: Run) -> datetime:
    """The instant before a reading: what is told from then on is a reason for another one."""
    with run.database.reading() as connection:
        return run.database.now(connection)


def was_asked(run: Run, began: datetime) -> None:
    """Note a reading that began then, where it came to its end: one that ran out of time is gone on with next."""
    if not run.settings.source.is_read_by_api or run.secrets.source_webhook_token is None:
        return
    with run.database.transaction() as connection:
        if (moved := _read_to_end(connection, run)) is not None and moved >= began:
            keep_source_instant(connection, run.name, READ, began)


def _read_to_end(connection: Connection, run: Run) -> datetime | None:
    name = f"landing:{run.settings.source.kind}:since"
    mine = (watermarks.c.connection == run.name, watermarks.c.name == name)
    return connection.execute(select(watermarks.c.moved_at).where(*mine)).scalar_one_or_none()
