"""Documents: the search, and the history of one."""

from __future__ import annotations

from datetime import date

from starlette.responses import Response

from qbo_pipeline.page import words
from qbo_pipeline.page.asked import Asked, NotThere, NotUnderstood, show
from qbo_pipeline.page.finding.documents import AT_ONCE, STATES, TooManyParties, Wanted
from qbo_pipeline.page.finding.documents import search as search_documents
from qbo_pipeline.page.finding.story import day_of, stories

FIELDS = ("number", "party", "amount", "first", "last", "state")


def search(asked: Asked) -> Response:
    """The newest documents, or those that fit what is looked for."""
    state = asked.text("state")
    if state and state not in STATES:
        raise NotUnderstood(f"“{state}” is no state.")
    wanted = Wanted(
        number=asked.text("number")[:100], party=asked.text("party")[:100], amount=asked.amount("amount"),
        first=asked.day("first"), last=asked.day("last"), state=state, after=_place(asked),
    )  # fmt: skip
    found, said = [], ""
    try:
        with asked.here.database.reading() as connection:
            found = search_documents(connection, asked.here.name, wanted)
    except TooManyParties:
        said = "More than fifty parties have this in their name: write more of it."
    given = {name: asked.text(name) for name in FIELDS}
    more = None
    if len(found) > AT_ONCE:
        found = found[:AT_ONCE]
        day, kind, key = found[-1].place
        more = asked.link("documents", **given, at=day.isoformat(), at_kind=kind, at_key=key)
    return show(
        asked, "documents.html", found=found, given=given, more=more, said=said,
        states=[(code, words.state(code)) for code in STATES], tone=words.tone,
    )  # fmt: skip


def history(asked: Asked) -> Response:
    """Everything about the documents with this key or number."""
    key = asked.text("key")
    found = stories(asked.here, key) if key else []
    if not found:
        raise NotThere
    return show(asked, "history.html", stories=found, tone=words.tone, decisions=words.DECISIONS, day_of=day_of)


def _place(asked: Asked) -> tuple[date, str, str] | None:
    day = asked.day("at")
    return None if day is None else (day, asked.text("at_kind"), asked.text("at_key"))
