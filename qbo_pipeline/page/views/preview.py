"""The preview: what the next run would post of what is built, as an accountant reads it; and the approval of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select
from starlette.responses import Response

from qbo_pipeline.page import words
from qbo_pipeline.page.asked import Asked, show
from qbo_pipeline.page.finding.work_list import MOST_AT_ONCE
from qbo_pipeline.page.roles import APPROVE
from qbo_pipeline.pipeline.previewing import Totals, preview_page
from qbo_pipeline.posting.events import PARKED, READY
from qbo_pipeline.posting.states import Reason
from qbo_pipeline.store.postings import exact_sum, total
from qbo_pipeline.store.tables.posting import postings

AT_ONCE = 50


def show_unsent(asked: Asked) -> Response:
    """Every posting that is not in QuickBooks yet, page by page, with its ledger lines and their totals."""
    day, key = asked.day("day"), asked.text("key")
    after = (day, key) if day is not None else (date.min, "")
    found = preview_page(asked.here.run, after, limit=AT_ONCE + 1)
    more = None
    if len(found) > AT_ONCE:
        found = found[:AT_ONCE]
        more = asked.link("preview", day=(found[-1].day or date.min).isoformat(), key=found[-1].key)
    with asked.here.database.reading() as connection:
        counts = _counts(connection, asked.here.name)
    totals = Totals()
    for one in found:
        totals.add(one)
    waits = {one.key for one in found if one.state == PARKED and one.held_for == Reason.AWAITING_APPROVAL}
    awaiting = sum(row["count"] for row in counts if row["reason"] == Reason.AWAITING_APPROVAL)
    return show(
        asked, "preview.html", found=found, more=more, counts=counts, totals=totals.rows(), waits=waits,
        awaiting=awaiting, may_approve=asked.may(APPROVE), cause=words.cause, whole=day is None and more is None,
        most=MOST_AT_ONCE,
    )  # fmt: skip


def _counts(connection: Connection, name: str) -> list[dict[str, Any]]:
    """How many postings of each kind would go and how many wait, with their amounts by currency."""
    columns = (postings.c.state, postings.c.reason, postings.c.entity, postings.c.currency)
    query = (
        select(*columns, func.count().label("count"), total(connection).label("amount"))
        .where(postings.c.connection == name, postings.c.superseded_by.is_(None), postings.c.state.in_((READY, PARKED)))
        .group_by(*columns)
        .order_by(postings.c.state.desc(), postings.c.entity, postings.c.currency, postings.c.reason)
    )
    return [{**row._mapping, "amount": exact_sum(connection, row.amount)} for row in connection.execute(query)]
