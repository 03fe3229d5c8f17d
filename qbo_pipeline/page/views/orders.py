"""Orders: a decision about one or many postings, shown first, carried out once, with who and why.

What belongs here: making, showing and carrying out, as HTTP. One that was carried out, or begun, is never begun again.
Which door a decision has is in `page/ordering.py`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from qbo_pipeline.page import ordering_back, words
from qbo_pipeline.page.asked import Asked, NotAllowed, NotThere, NotUnderstood, go, show
from qbo_pipeline.page.finding import steps
from qbo_pipeline.page.finding.lines import Lines, built_lines, rests_on, unsent_lines
from qbo_pipeline.page.finding.work_list import MOST_AT_ONCE, Item, of_cause, of_keys
from qbo_pipeline.page.order_keeping import keep_order
from qbo_pipeline.page.ordering import ASK_QUICKBOOKS, DATED, Ordered, carried_out, step_trouble, trouble_with
from qbo_pipeline.page.roles import APPROVE, CORRECT, DECISIONS, POST_AGAIN, RELINK, RETRY, REVERSE, RULES, SETTINGS
from qbo_pipeline.page.views import proposals, way_back
from qbo_pipeline.posting.events import PARKED, READY
from qbo_pipeline.posting.persons import Person
from qbo_pipeline.store.page_orders import PageOrder, begin_order, end_order, load_order

LASTING = timedelta(hours=1)
SET_UP = (RULES, SETTINGS)
MOST_SENT = 50  # in one order that is sent at once: somebody waits for the answer


def make(asked: Asked) -> Response:
    """Keep an order of the chosen postings, and show it. Nothing is done yet."""
    decision = asked.path["decision"]
    if decision not in DECISIONS:
        raise NotThere
    if decision in ordering_back.WAY_BACK:
        return keep_order(asked, decision, ordering_back.chosen(asked, decision))
    keys = _chosen(asked)
    as_at = asked.day("as_at", form=True)
    if not keys and not (decision == CORRECT and as_at):
        raise NotUnderstood("Nothing was chosen: mark what it is about.")
    most = MOST_SENT if decision == POST_AGAIN else MOST_AT_ONCE
    if len(keys) > most:
        raise NotUnderstood(f"One order is about {most} documents at most; {len(keys):,} were chosen.")
    if decision == CORRECT:
        return keep_order(asked, decision, steps.found(asked.here, as_at, keys))
    qbo_id = asked.text("qbo_id", form=True)
    if qbo_id and (decision != RELINK or len(keys) > 1 or not qbo_id.isdecimal() or len(qbo_id) > 20):
        raise NotUnderstood("An Id in QuickBooks is a number, and belongs to the linking of one document.")
    with asked.here.database.reading() as connection:
        items = [kept(item, qbo_id) for item in of_keys(connection, asked.here.name, keys)]
    if not items:
        raise NotThere
    return keep_order(asked, decision, items)


def kept(item: Item, qbo_id: str = "", **more: str) -> dict[str, Any]:
    """A posting as an order keeps it; `more` is shown beside it."""
    return {
        "key": item.key, "revision": item.revision, "state": item.state, "reason": item.reason, "fence": item.fence,
        "qbo_id": qbo_id or item.qbo_id, "chosen_id": bool(qbo_id), **more,
    }  # fmt: skip


def _chosen(asked: Asked) -> list[str]:
    """The keys that were marked; or, where a whole cause was chosen, or one kind of what waits for it, the first of it
    that one order takes."""
    state = asked.text("state", form=True)
    if not state:
        return list(dict.fromkeys(asked.form.get("key", ())))
    reason = asked.text("reason", form=True)
    most = MOST_SENT if asked.path["decision"] == POST_AGAIN else MOST_AT_ONCE
    with asked.here.database.reading() as connection:
        entity = asked.text("entity", form=True)
        found = of_cause(connection, asked.here.name, state, reason, most=most, entity=entity)
    return [item.key for item in found[:most]]


def show_order(asked: Asked) -> Response:
    """What would be done about each posting; afterwards, what was done."""
    with asked.here.database.reading() as connection:
        order = _mine(asked, connection)
        now = asked.here.database.now(connection)
        if order.decision in SET_UP:
            return proposals.show_proposal(asked, order, too_old=now - order.made_at > LASTING)
        if order.decision in ordering_back.WAY_BACK:
            return way_back.show_order(asked, order, now - order.made_at, LASTING)
        items = {item.key: item for item in of_keys(connection, asked.here.name, [one["key"] for one in order.items])}
    common: dict[str, Any] = {
        "order": order, "too_old": now - order.made_at > LASTING, "would": words.WOULD[order.decision],
        "title": words.DECISIONS[order.decision], "results": {one["key"]: one for one in order.results or ()},
    }  # fmt: skip
    if order.decision == CORRECT:
        approves = asked.may(APPROVE)
        troubles = {one["key"]: step_trouble(one, approves) for one in order.items}
        return show(asked, "correct.html", **common, troubles=troubles)
    rows = [
        (one, items.get(one["key"]), trouble_with(order.decision, one, items.get(one["key"]))) for one in order.items
    ]
    unbegun = order.begun_at is None
    return show(
        asked, "order.html", **common, rows=rows, lines=_lines(asked, order, items) if unbegun else {},
        rests=_resting(asked, order, items) if unbegun else {}, dated=order.decision in DATED,
        possible=sum(trouble is None for _, _, trouble in rows), each=any("theirs" in one for one in order.items),
    )  # fmt: skip


def _lines(asked: Asked, order: PageOrder, items: dict[str, Item]) -> Lines:
    if order.decision in (APPROVE, RETRY):
        return unsent_lines(asked.here, [key for key, item in items.items() if item.state in (PARKED, READY)])
    return built_lines(asked.here, list(items)) if order.decision in (REVERSE, POST_AGAIN) else {}


def _resting(asked: Asked, order: PageOrder, items: dict[str, Item]) -> dict[str, tuple[str, ...]]:
    """What stands on the documents that would be taken out: a person should know it first."""
    if order.decision != REVERSE:
        return {}
    return rests_on(asked.here, {item.record_key: key for key, item in items.items()})


def carry_out(asked: Asked) -> Response:
    """Decide about each posting by the same door as the commands, and keep what became of each."""
    why = asked.text("why", form=True)
    if not why or len(why) > 500:
        raise NotUnderstood("Say why, in at most 500 characters: it is kept in the journal with your name.")
    dated = asked.day("dated", form=True)
    database, name = asked.here.database, asked.here.name
    with database.transaction() as connection:
        order = _mine(asked, connection)
        if not asked.may(order.decision):
            raise NotAllowed(f"Your roles for {name} do not include this any more.")
        if dated is not None and order.decision not in DATED:
            raise NotUnderstood("Only what is approved or reversed can be posted on another day.")
        chosen = _marked(asked, order)
        now = database.now(connection)
        if order.begun_at is None and now - order.made_at > LASTING:
            raise NotUnderstood("This order is more than an hour old: choose anew, so that you see what is so now.")
        begun = begin_order(connection, name, order.order_id, asked.who.name, why, now)
    if begun:
        said = Ordered(Person(asked.who.name, why), dated, asked.may(APPROVE))
        if order.decision in SET_UP:
            results = proposals.saved(asked, order, said.person)
        elif order.decision in ordering_back.WAY_BACK:
            results = ordering_back.carried_out(asked.here.run, asked.here, order, said)
        elif order.decision in ASK_QUICKBOOKS:
            with asked.here.own_run() as run:
                results = carried_out(run, order, chosen, said)
        else:
            results = carried_out(asked.here.run, order, chosen, said)
        with database.transaction() as connection:
            end_order(connection, name, order.order_id, results, database.now(connection))
    return go(asked.link(f"orders/{order.order_id}"))


def _marked(asked: Asked, order: PageOrder) -> list[dict[str, Any]]:
    """What is to be done of the order: all of it, or where each part has its mark, those that are marked."""
    if not order.items or "mark" not in asked.form:
        return order.items
    marked = set(asked.form.get("key", ()))
    found = [one for one in order.items if one["key"] in marked]
    if not found:
        raise NotUnderstood("Nothing is marked: mark what is to be done.")
    return found


def _mine(asked: Asked, connection: Connection) -> PageOrder:
    """The order, which only who made it sees and carries out."""
    order = load_order(connection, asked.here.name, asked.path["order_id"])
    if order is None or order.name != asked.who.name:
        raise NotThere
    return order
