"""Checks on postings and reconciliation: what finance must see before it signs."""

from typing import Any

import dagster as dg

from qbo_pipeline.assets.common import Common, anchors_of
from qbo_pipeline.resources import PipelineResource, table
from qbo_pipeline.verdicts import Verdict, conclude

SHOWN_ROWS = 50
OLD_DAYS = 30
_SEVERITY = {
    "good": dg.AssetCheckSeverity.WARN,
    "attention": dg.AssetCheckSeverity.WARN,
    "bad": dg.AssetCheckSeverity.ERROR,
}
_POSTINGS = ["key", "kind", "day", "amount", "state", "reason"]
_COPIES = ["key", "kind", "qbo_id", "number", "day", "amount"]


def posting_checks(common: Common) -> list[dg.AssetChecksDefinition]:
    """Nothing parked, no unknown outcome older than an hour, the attempts' hash chain unbroken, nothing drifted."""
    documents = common.key("quickbooks_documents")

    @dg.asset_check(asset=documents, description="No posting waits for a person; each that does is listed with why.")
    def none_parked(context: dg.AssetCheckExecutionContext, pipeline: PipelineResource) -> dg.AssetCheckResult:
        from qbo_pipeline.pipeline.counts import open_postings

        with pipeline.run(context) as run:
            rows = open_postings(run)
        return _warn_of(rows, "parked")

    @dg.asset_check(asset=documents, description="No posting's outcome has been unknown for more than an hour.")
    def no_unknown_older_than_1h(
        context: dg.AssetCheckExecutionContext, pipeline: PipelineResource
    ) -> dg.AssetCheckResult:
        from qbo_pipeline.pipeline.counts import old_unknowns

        with pipeline.run(context) as run:
            rows = old_unknowns(run, hours=1)
        return _warn_of(rows, "unknown")

    @dg.asset_check(
        asset=documents,
        blocking=True,
        description="The journal of attempts has not been altered, and agrees with its anchors and with every posting.",
    )
    def attempts_unaltered(context: dg.AssetCheckExecutionContext, pipeline: PipelineResource) -> dg.AssetCheckResult:
        from qbo_pipeline.pipeline.verify import verify_attempts

        with pipeline.run(context) as run:
            result = verify_attempts(run, outside=anchors_of(context.instance, documents))
        return dg.AssetCheckResult(
            passed=result.intact,
            severity=dg.AssetCheckSeverity.ERROR,
            metadata={"attempts": result.attempts, "finding": result.text},
        )

    @dg.asset_check(
        asset=common.key("ledger_lines"),
        description="Nobody changed, voided or deleted in QBO what was posted; it is shown, and never overwritten.",
    )
    def none_changed_in_quickbooks(
        context: dg.AssetCheckExecutionContext, pipeline: PipelineResource
    ) -> dg.AssetCheckResult:
        from qbo_pipeline.pipeline.counts import open_postings

        with pipeline.run(context) as run:
            rows = open_postings(run, ("drifted", "deleted_in_qbo"))
        return _warn_of(rows, "changed")

    @dg.asset_check(
        asset=common.key("ledger_lines"),
        description="Nobody copied in QBO what was posted: a copy with its marker is a document that stands twice.",
    )
    def none_copied_in_quickbooks(
        context: dg.AssetCheckExecutionContext, pipeline: PipelineResource
    ) -> dg.AssetCheckResult:
        from qbo_pipeline.pipeline.counts import copies_in_quickbooks

        with pipeline.run(context) as run:
            rows = copies_in_quickbooks(run)
        return dg.AssetCheckResult(
            passed=not rows,
            severity=dg.AssetCheckSeverity.ERROR,
            metadata={"copies": len(rows), "list": table(rows[:SHOWN_ROWS], _COPIES)},
        )

    return [
        none_parked,
        no_unknown_older_than_1h,
        attempts_unaltered,
        none_changed_in_quickbooks,
        none_copied_in_quickbooks,
    ]


def reconciliation_checks(common: Common) -> list[dg.AssetChecksDefinition]:
    """Unexplained is zero, nothing is old, nobody else writes to the inventory accounts."""
    reconciliation = common.key("reconciliation")

    @dg.asset_check(
        asset=reconciliation,
        blocking=True,
        description="Stock value equals the ledger. A warning where every cent of a difference has its cause and waits "
        "for somebody; an error, which stops what follows, where a cent has none or a document stands twice.",
    )
    def tie_out_zero_unexplained(
        context: dg.AssetCheckExecutionContext, pipeline: PipelineResource
    ) -> dg.AssetCheckResult:
        from qbo_pipeline.pipeline.reconcile import latest_reconciliation
        from qbo_pipeline.pipeline.standing import of_reconciliation

        with pipeline.run(context) as run:
            latest = latest_reconciliation(run)
        found = conclude(of_reconciliation(latest))
        return dg.AssetCheckResult(
            passed=found.verdict is Verdict.IN_BALANCE,
            severity=_SEVERITY[found.verdict.tone],
            metadata={
                "verdict": found.line,
                "as_at": latest.as_at.isoformat(),
                "stock_value": f"{latest.stock_value:,.2f}",
                "ledger_balance": f"{latest.ledger_balance:,.2f}",
                "difference": f"{latest.difference:,.2f}",
                "unexplained": f"{latest.unexplained:,.2f}",
            },
        )

    @dg.asset_check(asset=reconciliation, description=f"No difference is older than {OLD_DAYS} days.")
    def ageing_over_30d(context: dg.AssetCheckExecutionContext, pipeline: PipelineResource) -> dg.AssetCheckResult:
        from qbo_pipeline.pipeline.reconcile import latest_reconciliation

        with pipeline.run(context) as run:
            latest = latest_reconciliation(run)
        old = [row for row in latest.differences if row["age_days"] > OLD_DAYS]
        return _warn_of(old, "differences", ["business_date", "document_key", "cause", "amount", "age_days"])

    @dg.asset_check(asset=reconciliation, description="No entry on an inventory account was made by somebody else.")
    def qbo_only_entries(context: dg.AssetCheckExecutionContext, pipeline: PipelineResource) -> dg.AssetCheckResult:
        from qbo_pipeline.pipeline.reconcile import latest_reconciliation

        with pipeline.run(context) as run:
            latest = latest_reconciliation(run)
        foreign = [row for row in latest.differences if row["scope"] == "ledger_entry"]
        return _warn_of(
            foreign, "entries", ["business_date", "qbo_type", "qbo_number", "cause", "amount", "changed_by"]
        )

    return [tie_out_zero_unexplained, ageing_over_30d, qbo_only_entries]


def _warn_of(rows: list[dict[str, Any]], what: str, columns: list[str] | None = None) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=not rows,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={what: len(rows), "list": table(rows[:SHOWN_ROWS], columns or _POSTINGS)},
    )
