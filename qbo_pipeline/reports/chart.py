"""The chart of the page as SVG: stock value and ledger over time, their difference below, the first break marked.

What belongs here: the geometry. Amounts become positions in whole numbers (cents to tenths of a pixel); colours are
classes of the page's style, so that the chart follows light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from qbo_pipeline.reports.rows import Rows
from qbo_pipeline.reports.words import money

WIDTH, LEFT, RIGHT = 1000, 92, 24
_VALUES = (54, 224)  # top and bottom of the upper panel
_DIFFERENCE = (266, 346)
_DAY_TICKS = 7


class Tick(NamedTuple):
    """A line of the grid: where it is and what it says."""

    at: str
    label: str


class Panel(NamedTuple):
    """One of the two drawings: its edges, its lines as SVG paths, the grid."""

    top: int
    bottom: int
    paths: tuple[str, ...]
    ticks: tuple[Tick, ...]


class Chart(NamedTuple):
    """Everything that the template draws; `first_break` is the x of the mark, if the two sides part."""

    values: Panel
    difference: Panel
    days: tuple[Tick, ...]
    first_break: str | None
    first_break_day: str | None
    label_left: bool
    description: str


def chart(rows: Rows, first_break: date | None, as_at: date, currency: str) -> Chart | None:
    """The chart of the rows of `views.by_date` up to `as_at`; None where there is no day."""
    days = [*rows["business_date"].to_pylist(), as_at]
    if len(days) == 1:
        return None
    stock, ledger, difference = (
        _to_the_end([int(amount.scaleb(2)) for amount in rows[name].to_pylist()])
        for name in ("cumulative_stock", "cumulative_ledger", "cumulative_difference")
    )
    across = [_across(day, days) for day in days]
    mark = _across(first_break, days) if first_break else None
    return Chart(
        values=_panel(_VALUES, across, (stock, ledger), currency),
        difference=_panel(_DIFFERENCE, across, (difference,), currency),
        days=_day_ticks(days),
        first_break=None if mark is None else _px(mark),
        first_break_day=None if first_break is None else first_break.isoformat(),
        label_left=mark is not None and mark > WIDTH * 10 * 3 // 4,
        description=_describe(days, stock, ledger, difference, first_break, currency),
    )


def _to_the_end(cents: list[int]) -> list[int]:
    """A balance holds from its last movement to the date of the reconciliation."""
    return [*cents, cents[-1]]


def _describe(
    days: list[date],
    stock: list[int],
    ledger: list[int],
    difference: list[int],
    first_break: date | None,
    currency: str,
) -> str:
    """The chart in words, for those who do not see it."""

    def said(cents: int) -> str:
        return f"{money(Decimal(cents).scaleb(-2))} {currency}"

    start, end = days[0].isoformat(), days[-1].isoformat()
    parted = f"The two part on {first_break.isoformat()}." if first_break else "The two never part."
    return (
        f"From {start} to {end} the stock value goes from {said(stock[0])} to {said(stock[-1])}, the inventory account "
        f"from {said(ledger[0])} to {said(ledger[-1])}; the difference ends at {said(difference[-1])}. {parted}"
    )


def _across(day: date, days: list[date]) -> int:
    """Tenths of a pixel from the left."""
    span, width = (days[-1] - days[0]).days, (WIDTH - LEFT - RIGHT) * 10
    return LEFT * 10 + (width * (day - days[0]).days // span if span else width // 2)


def _px(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}"


def _panel(edges: tuple[int, int], across: list[int], series: Sequence[list[int]], currency: str) -> Panel:
    low, high = min(map(min, series)), max(map(max, series))
    low, high = (low - 100, high + 100) if low == high else (low, high)
    step = _step(high - low)
    bottom, top = low // step * step, -(-high // step) * step
    height = (edges[1] - edges[0]) * 10

    def down(cents: int) -> int:
        return edges[0] * 10 + height * (top - cents) // (top - bottom)

    ticks = tuple(Tick(_px(down(cents)), _amount(cents, step)) for cents in range(bottom, top + 1, step))
    return Panel(edges[0], edges[1], tuple(_path(across, [down(cents) for cents in one]) for one in series), ticks)


def _step(span: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, … that divides the span into at most five."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if span <= 5 * factor * size:
                return factor * size
        size *= 10


def _amount(cents: int, step: int) -> str:
    text = money(Decimal(cents).scaleb(-2))
    return text if step % 100 else text[:-3]


def _path(across: list[int], down: list[int]) -> str:
    """A balance stays what it is until the next day that moves it: steps, not slopes."""
    parts = [f"M{_px(across[0])} {_px(down[0])}"]
    for number in range(1, len(across)):
        parts.append(f"H{_px(across[number])}")
        if down[number] != down[number - 1]:
            parts.append(f"V{_px(down[number])}")
    return "".join(parts)


def _day_ticks(days: list[date]) -> tuple[Tick, ...]:
    count = min(_DAY_TICKS, (days[-1] - days[0]).days + 1)
    first, span = days[0].toordinal(), (days[-1] - days[0]).days
    chosen = [date.fromordinal(first + span * number // max(count - 1, 1)) for number in range(count)]
    return tuple(Tick(_px(_across(day, days)), day.isoformat()) for day in chosen)
