"""The demo's last lines: how many documents, what stock is worth, what the ledger says, and where the report lies."""

from __future__ import annotations

from datetime import date
from typing import Any

from qbo_pipeline.settings import Settings
from qbo_pipeline.verdicts import Verdict, conclude


def print_summary(settings: Settings, console: Any, *, as_at: date) -> int:
    """Print what the nights came to; answers the exit status of the verdict, and says why where it is not 0."""
    from qbo_pipeline.pipeline.counts import broken_counts, day_counts, open_postings, total_counts
    from qbo_pipeline.pipeline.load import posted_by_entity
    from qbo_pipeline.pipeline.reconcile import latest_reconciliation
    from qbo_pipeline.pipeline.report_files import report_paths
    from qbo_pipeline.pipeline.run import open_run
    from qbo_pipeline.pipeline.standing import of_counts, of_postings, of_reconciliation
    from qbo_pipeline.quickbooks.entities import entity_named

    with open_run(settings) as run:
        latest = latest_reconciliation(run, as_at)
        posted = posted_by_entity(run)
        parked = open_postings(run, ("parked", "unknown", "ready", "sending"))
        broken = broken_counts(run)
        counts = total_counts(day_counts(run))
        page, workbook = report_paths(run, as_at)
    currency = settings.connection.currency
    documents = {entity: count for entity, count in posted.items() if entity_named(entity).transaction}
    kinds = ", ".join(f"{count} {entity}" for entity, count in sorted(documents.items()))
    console.print()
    console.print(f"posted          {sum(documents.values()):>16,} documents", highlight=False)
    console.print(f"                 {kinds}", highlight=False, soft_wrap=True)
    rows = (
        ("stock value", latest.stock_value),
        ("ledger balance", latest.ledger_balance),
        ("difference", latest.difference),
        ("unexplained", latest.unexplained),
    )
    for name, amount in rows:
        console.print(f"{name:15} {amount:>16,.2f} {currency}", highlight=False)
    read = sum(row["read"] for row in counts.values())
    set_aside = sum(row["set_aside"] for row in counts.values())
    add_up = "all accounted for" if not broken else f"{len(broken)} days do not add up"
    console.print(
        f"records         {read:>16,} read, {set_aside} set aside, {len(parked)} waiting; {add_up}", highlight=False
    )
    console.print(f"report          {page}", highlight=False, soft_wrap=True)
    console.print(f"workbook        {workbook}", highlight=False, soft_wrap=True)
    found = conclude([*of_reconciliation(latest), *of_postings(parked), *of_counts(broken)])
    if found.verdict is not Verdict.IN_BALANCE:
        console.print(f"exit {found.verdict.value}, {found.line}", highlight=False, soft_wrap=True)
    return int(found.verdict)
