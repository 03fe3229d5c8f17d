"""Whether a Zuper account fits the settings.

What belongs here: the questions to what has landed; they take no call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qbo_pipeline.sources.errors import Problem
from qbo_pipeline.sources.landed.account import Expected
from qbo_pipeline.sources.landed.objects import Landing
from qbo_pipeline.sources.landed.snapshots import history_begins
from qbo_pipeline.sources.landed.values import exact, text
from qbo_pipeline.sources.zuper.system import thing
from qbo_pipeline.sources.zuper.values import is_stocked

_SHOWN = 5


def check_account(landing: Landing, expected: Expected, parameters: Mapping[str, str | Sequence[str]]) -> list[Problem]:
    """What is worth a look: stock that costs nothing, and stock that was first looked at after the first day."""
    products = [thing(landed) for landed in landing.each("product")]
    free = [text(product, "product_id", "product_name") or "" for product in products
            if is_stocked(product) and exact(product, "quantity") and not exact(product, "purchase_price")]  # fmt: skip
    problems = []
    if free:
        named = ", ".join(sorted(free)[:_SHOWN]) + (f" and {len(free) - _SHOWN:,} more" if len(free) > _SHOWN else "")
        why = f"{len(free):,} products are in stock without a purchase price: {named}"
        remedy = "Their stock counts as 0.00: give each its purchase price in Zuper"
        problems.append(Problem("stock that costs nothing", "Zuper, /product", why, remedy, severity="warning"))
    return [*problems, *history_begins(landing, expected, "Zuper, /product")]
