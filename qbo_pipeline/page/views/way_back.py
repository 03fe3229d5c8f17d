"""The way back: what came back from QuickBooks, what of it waits and what is decided, and both sides compared."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response

from qbo_pipeline.page import words
from qbo_pipeline.page.asked import Asked, NotUnderstood, go, show
from qbo_pipeline.page.finding.way_back import SHOWN, way_back
from qbo_pipeline.page.ordering_back import SIDES, troubles
from qbo_pipeline.pipeline.two_way_kept import try_two_way
from qbo_pipeline.store.page_orders import PageOrder


def show_all(asked: Asked) -> Response:
    """Counts, what waits, and the newest two-way tie-out."""
    found = way_back(asked.here)
    owned = asked.here.settings.ownership.made_in_quickbooks()
    return show(asked, "way_back.html", found=found, owned=owned, decisions=words.DECISIONS, shown=SHOWN)


def compare(asked: Asked) -> Response:
    """Compare both sides now; a metered read for each 1,000 objects."""
    with asked.here.own_run() as run:
        if (trouble := try_two_way(run)) is not None:
            raise NotUnderstood(f"{trouble[0].upper()}{trouble[1:]}")
    return go(asked.link("way-back") + "#both-sides")


def show_order(asked: Asked, order: PageOrder, age: timedelta, lasting: timedelta) -> Response:
    """What would be decided about each thing; afterwards, what was done."""
    found = troubles(asked.here, order) if order.begun_at is None else {}
    return show(
        asked, "way_back_order.html", order=order, too_old=age > lasting, troubles=found, sides=SIDES,
        title=words.DECISIONS[order.decision], would=words.WOULD[order.decision],
        results={one["key"]: one for one in order.results or ()},
        possible=sum(trouble is None for trouble in found.values()),
    )  # fmt: skip
