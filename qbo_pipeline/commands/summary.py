"""The demo's last lines: how many documents, what stock is worth, what the ledger says, and where the report lies."""

from __future__ import annotations

from datetime import date

from qbo_pipeline.commands.common import say
from qbo_pipeline.settings import Settings
from qbo_pipeline.verdicts import Verdict, conclude


def print_summary(settings: Settings, *, as_at: date) -> int:
    """Print what the nights came to; answers the exit status of the verdict, and says why where it is not 0."""
    from qbo_pipeline.pipeline.counts import broken_counts, day_counts, open_postings, total_counts
    from qbo_pipeline.pipeline.latest import latest_reconciliation
    from qbo_pipeline.pipeline.load import posted_by_entity
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
    say("")
    say(f"posted          {sum(documents.values()):>16,} documents")
    say(f"                 {kinds}")
    rows = (
        ("stock value", latest.stock_value),
        ("ledger balance", latest.ledger_balance),
        ("difference", latest.difference),
        ("unexplained", latest.unexplained),
    )
    for name, amount in rows:
        say(f"{name:15} {amount:>16,.2f} {currency}")
    known = [row["read"] for row in counts.values()]
    read = "?" if None in known else f"{sum(number or 0 for number in known):,}"
    set_aside = sum(row["set_aside"] or 0 for row in counts.values())
    add_up = "all accounted for" if not broken else f"{len(broken)} days do not add up"
    say(f"records         {read:>16} read, {set_aside} set aside, {len(parked)} waiting; {add_up}")
    say(f"report          {page}")
    say(f"workbook        {workbook}")
    found = conclude([*of_reconciliation(latest), *of_postings(parked), *of_counts(broken)])
    if found.verdict is not Verdict.IN_BALANCE:
        say(f"exit {found.verdict.value}, {found.line}")
    return int(found.verdict)
