"""Checks on what was extracted: nothing set aside, and the counting identity."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import dagster as dg

from qbo_pipeline.checks.together import ERROR, Check, CheckOutcome
from qbo_pipeline.resources import table

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.run import Run

SHOWN_ROWS = 50
_EXTRACTED = {
    "master_data": ("party", "product", "location"),
    "documents": ("document",),
    "movements": ("movement",),
    "payments": ("payment",),
}
_SET_ASIDE = ("record", "number", "day", "rule", "message")


def record_checks() -> list[Check]:
    """For each extracted asset: does every record pass its schema?"""
    text = "Every record passes its schema; one that fails is kept, named here, and not posted."
    return [Check(asset, "no_record_set_aside", text, _none_set_aside(types)) for asset, types in _EXTRACTED.items()]


def counting_check() -> Check:
    """Do all counts add up?"""
    text = "read = posted + waiting + parked + skipped + excluded + set aside, for each day and kind."
    return Check("quickbooks_documents", "counts_add_up", text, _counts_add_up, blocking=True)


def _none_set_aside(record_types: tuple[str, ...]) -> Callable[[Run, dg.DagsterInstance], CheckOutcome]:
    def look(run: Run, _instance: dg.DagsterInstance) -> CheckOutcome:
        from qbo_pipeline.pipeline.counts import set_aside_records

        found = set_aside_records(run, record_types)
        rows = [dict(zip(_SET_ASIDE, row, strict=True)) for row in found[:SHOWN_ROWS]]
        return CheckOutcome(not found, {"set_aside": len(found), "records": table(rows, list(_SET_ASIDE))})

    return look


def _counts_add_up(run: Run, _instance: dg.DagsterInstance) -> CheckOutcome:
    from qbo_pipeline.pipeline.counts import broken_counts

    broken = broken_counts(run)
    rows = [row.as_dict() for row in broken[:SHOWN_ROWS]]
    counts = table(rows, list(rows[0]) if rows else ["day"])
    return CheckOutcome(not broken, {"days_that_do_not_add_up": len(broken), "counts": counts}, ERROR)
