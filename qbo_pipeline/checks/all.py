"""All checks of a connection, and which of them are evaluated together."""

from __future__ import annotations

import dagster as dg

from qbo_pipeline.assets.common import Common
from qbo_pipeline.checks.current import ledger_is_current, reference_checks
from qbo_pipeline.checks.reconciling import ledger_checks, posting_checks, reconciliation_checks
from qbo_pipeline.checks.records import counting_check, record_checks
from qbo_pipeline.checks.together import together


def all_checks(common: Common) -> list[dg.AssetChecksDefinition]:
    """A step for each stage: what stops a stage (`blocking`) is evaluated with what else is to be seen before it."""
    stages = {
        "extraction_checks": record_checks(),
        "reference_data_checks": reference_checks(),
        "quickbooks_documents_checks": [counting_check(), *posting_checks(common)],
        "ledger_lines_checks": [ledger_is_current(), *ledger_checks()],
        "reconciliation_checks": reconciliation_checks(),
    }
    return [together(common, name, checks) for name, checks in stages.items()]
