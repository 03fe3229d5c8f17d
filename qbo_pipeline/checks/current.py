"""Checks on how QuickBooks lets us in: reference data and ledger are of now, and our access is not about to end."""

import dagster as dg

from qbo_pipeline.assets.common import Common
from qbo_pipeline.resources import PipelineResource
from qbo_pipeline.surfaces import terminal

_CHECKS = {
    "reference_data": "The accounts, tax codes and preferences are of now: QuickBooks did not refuse to be read.",
    "ledger": "The ledger is of now, and so is what is said of it: QuickBooks did not refuse to be read.",
}
_ASSETS = {"reference_data": "reference_data", "ledger": "ledger_lines"}


def freshly_read_checks(common: Common) -> list[dg.AssetChecksDefinition]:
    """One check for each thing that is read from QuickBooks: a warning with the instant of what is used instead."""

    def is_current(what: str) -> dg.AssetChecksDefinition:
        @dg.asset_check(asset=common.key(_ASSETS[what]), name=f"{what}_is_current", description=_CHECKS[what])
        def check(context: dg.AssetCheckExecutionContext, pipeline: PipelineResource) -> dg.AssetCheckResult:
            from qbo_pipeline.pipeline.not_read import not_read

            with pipeline.run(context) as run, run.database.reading() as connection:
                found = not_read(connection, run, what)
            return dg.AssetCheckResult(
                passed=found is None,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"finding": terminal(found.text) if found else "read as it is now"},
            )

        return check

    return [is_current(what) for what in _CHECKS]


def access_check(common: Common) -> dg.AssetChecksDefinition:
    """Our access to the company is not about to end: a warning 30, 7 and 1 days before, an error after."""

    @dg.asset_check(
        asset=common.key("reference_data"),
        description="Our access to QuickBooks lasts: nobody has to connect the company again within 30 days.",
    )
    def access_lasts(context: dg.AssetCheckExecutionContext, pipeline: PipelineResource) -> dg.AssetCheckResult:
        from qbo_pipeline.pipeline.access import REMEDY, see_access

        with pipeline.run(context) as run:
            access = see_access(run)
        return dg.AssetCheckResult(
            passed=access.well,
            severity=dg.AssetCheckSeverity.ERROR if access.state == "ended" else dg.AssetCheckSeverity.WARN,
            metadata={"finding": terminal(access.text), "remedy": "none needed" if access.well else REMEDY},
        )

    return access_lasts
