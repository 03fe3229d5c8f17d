"""What became of records that were built: counts for the run's metadata and its last lines."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from qbo_pipeline.pipeline.refusing import Failures


@dataclass(slots=True)
class Transformed:
    """What became of the records: counts by kind, outcome and reason; and what that did to the outbox."""

    outcomes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    intents: Counter[str] = field(default_factory=Counter)
    failures: Failures = field(default_factory=Failures)
    tax_rounding: list[Decimal] = field(default_factory=list)  # of each document whose tax QuickBooks rounds otherwise

    def totals(self) -> dict[str, int]:
        """Numbers for the run's metadata."""
        counted = Counter[str]()
        for (_, outcome, _), count in self.outcomes.items():
            counted[outcome] += count
        names = ("drafted", "excluded", "refused", "vanished")
        return (
            {f"records_{name}": counted[name] for name in names}
            | {
                f"postings_{name}": self.intents[name]
                for name in ("new", "changed", "unchanged", "withdrawn", "parked")
            }
            | self._tax_rounding()
        )

    def _tax_rounding(self) -> dict[str, Any]:
        """Of documents whose tax QuickBooks rounds otherwise, how many and by how much; nothing without any."""
        if not self.tax_rounding:
            return {}
        return {
            "documents_with_tax_rounding": len(self.tax_rounding),
            "tax_rounding": sum(self.tax_rounding, Decimal(0)),
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row for each kind, outcome and reason."""
        return [
            {"kind": kind, "outcome": outcome, "reason": reason, "count": count}
            for (kind, outcome, reason), count in sorted(self.outcomes.items())
        ]
