"""The work list and the page of one cause: what waits, and the forms with which orders are made."""

from __future__ import annotations

from datetime import date

from starlette.responses import Response

from qbo_pipeline.page import words
from qbo_pipeline.page.asked import Asked, NotUnderstood, show
from qbo_pipeline.page.finding.work_list import AT_ONCE, MOST_AT_ONCE, groups, of_cause


def show_list(asked: Asked) -> Response:
    """Everything that waits, grouped by cause."""
    with asked.here.database.reading() as connection:
        found = groups(connection, asked.here.name)
    return show(asked, "work.html", groups=found, cause=words.cause, decisions=words.DECISIONS, most=MOST_AT_ONCE)


def show_cause(asked: Asked) -> Response:
    """One cause, page by page."""
    state, reason = asked.text("state"), asked.text("reason")
    after = _place(asked)
    with asked.here.database.reading() as connection:
        items = of_cause(connection, asked.here.name, state, reason, after)
    more = None
    if len(items) > AT_ONCE:
        items = items[:AT_ONCE]
        last = items[-1]
        more = asked.link(
            "work-list/cause", state=state, reason=reason, day=(last.day or date.min).isoformat(), key=last.key
        )
    return show(
        asked, "cause.html", items=items, state=state, reason=reason, cause=words.cause(state, reason), more=more,
        decisions=words.DECISIONS,
    )  # fmt: skip


def _place(asked: Asked) -> tuple[date, str] | None:
    day, key = asked.day("day"), asked.text("key")
    if bool(key) != (day is not None):
        raise NotUnderstood("This address is not whole: begin at the work list.")
    return None if day is None else (day, key)
