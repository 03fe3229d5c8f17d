"""What of a run's documents is not sent at once: by the settings of now, and by periods that are closed."""

from __future__ import annotations

from sqlalchemy import Connection

from qbo_pipeline.pipeline.closing import closed_period
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.asking import IntakePolicy


def intake_policy(connection: Connection, run: Run, *, ordered: bool) -> IntakePolicy:
    """The policy as things are now; what a person `ordered` waits for no approval, history or gone record."""
    posting = run.settings.posting
    closed = closed_period(connection, run.name)
    dated = closed is not None and posting.closed_period == "first_open_day"
    return IntakePolicy(
        approval=posting.approval and not ordered,
        closed_through=closed.through if closed else None,
        closed_why=closed.why if closed else "",
        first_open_day=closed.first_open_day if closed and dated else None,
        waits_for_active=posting.inactive == "deactivated",
        history_before=None if ordered else posting.history_before,
        when_gone="void" if ordered else posting.vanished,
    )
