"""How checks are evaluated: several in one step of a run, each with a result, a page and a history of its own.

What belongs here: the one way to make a check. A step of its own for each would cost a night five events and a tenth of
a second a check; Dagster can still be asked for one of them alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from qbo_pipeline.assets.common import Common
from qbo_pipeline.resources import PipelineResource

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.run import Run

WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """What a check found; `severity` says how grave it is where it did not pass."""

    passed: bool
    metadata: dict[str, Any]
    severity: dg.AssetCheckSeverity = WARN


@dataclass(frozen=True, slots=True)
class Check:
    """One check of an asset, named without its connection; one that blocks stops what is downstream when it errs."""

    asset: str
    name: str
    description: str
    look: Callable[["Run", dg.DagsterInstance], CheckOutcome]
    blocking: bool = False


def together(common: Common, name: str, checks: Sequence[Check]) -> dg.AssetChecksDefinition:
    """These checks as one step, named `<connection>__<name>`; it begins when all of their assets are done."""
    specs = [
        dg.AssetCheckSpec(
            check.name, asset=common.key(check.asset), description=check.description, blocking=check.blocking
        )
        for check in checks
    ]

    @dg.multi_asset_check(name=f"{common.name}__{name}", specs=specs, can_subset=True)
    def evaluated(context: dg.AssetCheckExecutionContext, pipeline: PipelineResource) -> Iterator[dg.AssetCheckResult]:
        with pipeline.run(context) as run:
            for check in checks:
                key = common.key(check.asset)
                if dg.AssetCheckKey(key, check.name) not in context.selected_asset_check_keys:
                    continue
                found = check.look(run, context.instance)
                yield dg.AssetCheckResult(
                    asset_key=key,
                    check_name=check.name,
                    passed=found.passed,
                    severity=found.severity,
                    metadata=found.metadata,
                )

    return evaluated
