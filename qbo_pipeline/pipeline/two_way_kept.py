"""The two-way tie-out, made and kept: for the page, the report, and Dagster.

What belongs here: keeping what `two_way.py` found. Where QuickBooks does not answer, what was kept before stays.
"""

from __future__ import annotations

from typing import Any

from qbo_pipeline.errors import TransientError
from qbo_pipeline.pipeline.not_read import REFUSED
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.two_way import ComparedKind, two_way
from qbo_pipeline.store.two_way import keep_two_way


def make_two_way(run: Run) -> list[ComparedKind]:
    """Compare both sides and keep what was found; a metered read for each 1,000 objects.

    Raises a `TransientError` where QuickBooks does not answer.
    """
    found = two_way(run)
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for one in found:
        for row in one.differ:
            rows.setdefault((one.kind, row["key"]), {"kind": one.kind, **row})
    kinds = [{"kind": one.kind, "agree": one.agree, "differ": len(one.differ)} for one in found]
    columns = ("kind", "key", "here", "there", "why")
    with run.database.transaction() as transaction:
        now = run.database.now(transaction)
        differences = [{name: row[name] for name in columns} for row in rows.values()]
        keep_two_way(transaction, run.name, kinds, differences, now)
    return found


def try_two_way(run: Run) -> str | None:
    """Make it where anything is written back; answers why it could not be made, and what was kept then stays."""
    if not run.settings.ownership.made_in_quickbooks():
        return None
    try:
        make_two_way(run)
    except (TransientError, *REFUSED) as error:
        return f"both sides were not compared: {error}"
    return None
