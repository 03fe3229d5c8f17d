"""Links of parties and items: which entries of QuickBooks have the names of ours, to be confirmed together."""

from __future__ import annotations

from starlette.responses import Response

from qbo_pipeline.page.asked import Asked, NotUnderstood, show
from qbo_pipeline.page.finding import entries
from qbo_pipeline.page.order_keeping import keep_order
from qbo_pipeline.page.roles import RELINK
from qbo_pipeline.page.views.orders import kept


def show_links(asked: Asked) -> Response:
    """How many are linked and how, and those that wait."""
    with asked.here.database.reading() as connection:
        counts = entries.counts(connection, asked.here.name)
        waiting = entries.unlinked(connection, asked.here.name)
    return show(asked, "links.html", counts=counts, waiting=waiting, most=entries.AT_ONCE)


def look(asked: Asked) -> Response:
    """Ask QuickBooks for the names, and keep the links that could be confirmed as an order, which shows them."""
    with asked.here.database.reading() as connection:
        waiting = entries.unlinked(connection, asked.here.name)
    with asked.here.own_run() as run:
        found = entries.candidates(run, waiting)
    if not found:
        raise NotUnderstood("QuickBooks has no entry with one of these names: they are made with the next run.")
    items = [kept(item, one.qbo_id, theirs=one.text, obstacle=one.obstacle or "") for item, one in found]
    return keep_order(asked, RELINK, items)
