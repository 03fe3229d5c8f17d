"""Whether a Zuper account fits the settings.

What belongs here: the questions to what has landed; they take no call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from qbo_pipeline.sources.errors import Problem
from qbo_pipeline.sources.landed.account import Expected
from qbo_pipeline.sources.landed.objects import Landing
from qbo_pipeline.sources.landed.snapshots import history_begins
from qbo_pipeline.sources.landed.values import exact, text
from qbo_pipeline.sources.zuper.system import thing
from qbo_pipeline.sources.zuper.values import is_stocked

_SHOWN = 5
_SAMPLE = 200  # invoices


def check_account(landing: Landing, expected: Expected, parameters: Mapping[str, str | Sequence[str]]) -> list[Problem]:
    """What is worth a look: another time zone, stock that costs nothing, and stock that was first looked at after the
    first day."""
    products = [thing(landed) for landed in landing.each("product")]
    free = [text(product, "product_id", "product_name") or "" for product in products
            if is_stocked(product) and exact(product, "quantity") and not exact(product, "purchase_price")]  # fmt: skip
    problems = _other_zone(landing, expected.time_zone)
    if free:
        named = ", ".join(sorted(free)[:_SHOWN]) + (f" and {len(free) - _SHOWN:,} more" if len(free) > _SHOWN else "")
        why = f"{len(free):,} products are in stock without a purchase price: {named}"
        remedy = "Their stock counts as 0.00: give each its purchase price in Zuper"
        problems.append(Problem("stock that costs nothing", "Zuper, /product", why, remedy, severity="warning"))
    return [*problems, *history_begins(landing, expected, "Zuper, /product")]


def _other_zone(landing: Landing, zone: str) -> list[Problem]:
    """Zuper does not tell its time zone, but dates an invoice at the midnight of it."""
    times: Counter[str] = Counter()
    for landed in islice(landing.each("invoice"), _SAMPLE):
        try:
            moment = datetime.fromisoformat(text(thing(landed), "invoice_date") or "")
        except ValueError:
            continue
        if moment.tzinfo is not None:
            times[moment.astimezone(ZoneInfo(zone)).strftime("%H:%M")] += 1
    usual, count = times.most_common(1)[0] if times else ("", 0)
    if count < _SHOWN or 2 * count <= times.total() or usual == "00:00":
        return []
    why = f"most invoices are dated {usual} in {zone}, as the settings have it, and midnight in the zone of Zuper"
    remedy = "Days are another one near midnight: write the company's zone in both"
    return [Problem("another time zone", "Zuper, /invoice", why, remedy, severity="warning")]
