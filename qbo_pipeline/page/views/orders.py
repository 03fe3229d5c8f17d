"""Orders: a decision about one or many postings, shown first, carried out once, with who and why.

What belongs here: making, showing and carrying out. An order holds each posting as it was shown: what has changed
since is not decided about unseen, and says so. One that was carried out, or begun, is never begun again.
"""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from qbo_pipeline.page import words
from qbo_pipeline.page.asked import Asked, NotAllowed, NotThere, NotUnderstood, go, show
from qbo_pipeline.page.finding.work_list import MOST_AT_ONCE, Item, of_cause, of_keys
from qbo_pipeline.page.roles import APPROVE, DECISIONS, RELINK
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.failures import plain_failure
from qbo_pipeline.pipeline.previewing import Previewed, preview_of
from qbo_pipeline.posting.events import PARKED, READY
from qbo_pipeline.store.page_orders import PageOrder, begin_order, end_order, load_order, put_order

LASTING = timedelta(hours=1)
CHANGED = "it has changed since it was shown: look at it anew"


def make(asked: Asked) -> Response:
    """Keep an order of the chosen postings, and show it. Nothing is done yet."""
    decision = asked.path["decision"]
    if decision not in DECISIONS:
        raise NotThere
    keys = _chosen(asked)
    if not keys:
        raise NotUnderstood("Nothing was chosen: mark what it is about.")
    if len(keys) > MOST_AT_ONCE:
        raise NotUnderstood(f"One order is about {MOST_AT_ONCE} documents at most; {len(keys):,} were chosen.")
    qbo_id = asked.text("qbo_id", form=True)
    if qbo_id and (decision != RELINK or len(keys) > 1 or not qbo_id.isdecimal() or len(qbo_id) > 20):
        raise NotUnderstood("An Id in QuickBooks is a number, and belongs to the linking of one document.")
    name, order_id = asked.here.name, secrets.token_urlsafe(16)
    with asked.here.database.transaction() as connection:
        items = [_kept(item, qbo_id) for item in of_keys(connection, name, keys)]
        if not items:
            raise NotThere
        now = asked.here.database.now(connection)
        put_order(connection, name, order_id, asked.who.name, decision, items, now=now)
    return go(asked.link(f"orders/{order_id}"))


def _chosen(asked: Asked) -> list[str]:
    """The keys that were marked; or, where a whole cause was chosen, the first of it that one order takes."""
    state = asked.text("state", form=True)
    if not state:
        return list(dict.fromkeys(asked.form.get("key", ())))
    reason = asked.text("reason", form=True)
    with asked.here.database.reading() as connection:
        found = of_cause(connection, asked.here.name, state, reason, most=MOST_AT_ONCE)
    return [item.key for item in found[:MOST_AT_ONCE]]


def show_order(asked: Asked) -> Response:
    """What would be done about each posting; afterwards, what was done."""
    with asked.here.database.reading() as connection:
        order = _mine(asked, connection)
        now = asked.here.database.now(connection)
        items = {item.key: item for item in of_keys(connection, asked.here.name, [one["key"] for one in order.items])}
    lines: dict[str, Previewed] = {}
    if order.begun_at is None and order.decision in (APPROVE, "retry"):
        sent = [key for key, item in items.items() if item.state in (PARKED, READY)]
        lines = {one.key: one for one in preview_of(asked.here.run, sent)}
    rows = [(one, items.get(one["key"]), _trouble(order, one, items.get(one["key"]))) for one in order.items]
    return show(
        asked, "order.html", order=order, rows=rows, lines=lines, too_old=now - order.made_at > LASTING,
        would=words.WOULD[order.decision], title=words.DECISIONS[order.decision],
        results={one["key"]: one for one in order.results or ()}, dated=order.decision == APPROVE,
        possible=sum(trouble is None for _, _, trouble in rows),
    )  # fmt: skip


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
            raise NotAllowed(f"Your roles for {name} do not include to {order.decision}.")
        if dated is not None and order.decision != APPROVE:
            raise NotUnderstood("Only what is approved can be posted on another day.")
        now = database.now(connection)
        if order.begun_at is None and now - order.made_at > LASTING:
            raise NotUnderstood("This order is more than an hour old: choose anew, so that you see what is so now.")
        begun = begin_order(connection, name, order.order_id, asked.who.name, why, now)
    if begun:
        results = _carried_out(asked, order, why, dated)
        with database.transaction() as connection:
            end_order(connection, name, order.order_id, results, database.now(connection))
    return go(asked.link(f"orders/{order.order_id}"))


def _carried_out(asked: Asked, order: PageOrder, why: str, dated: date | None) -> list[dict[str, Any]]:
    """One after the other: where one cannot be done the answer says why, and the others go on."""
    results = []
    if order.decision == RELINK:  # asks QuickBooks, with a client that is closed afterwards
        with asked.here.own_run() as run:
            results = [_one(asked, run, order, one, why, dated) for one in order.items]
    else:
        results = [_one(asked, asked.here.run, order, one, why, dated) for one in order.items]
    return results


def _one(asked: Asked, run: Any, order: PageOrder, one: dict[str, Any], why: str, dated: date | None) -> dict[str, Any]:
    with run.database.reading() as connection:
        found = of_keys(connection, run.name, [one["key"]])
    trouble = _trouble(order, one, found[0] if found else None)
    if trouble:
        return {"key": one["key"], "done": False, "said": trouble}
    qbo_id = one["qbo_id"] if order.decision == RELINK else None
    try:
        after = decide(run, order.decision, one["key"], asked.who.name, why, dated=dated, qbo_id=qbo_id)
    except Exception as error:
        failure = plain_failure(error)
        if failure is None:
            raise
        return {"key": one["key"], "done": False, "said": failure.text}
    said = words.state(after.state) + (f" ({words.plain(after.reason).lower()})" if after.reason else "")
    return {"key": one["key"], "done": True, "said": said}


def _trouble(order: PageOrder, one: dict[str, Any], item: Item | None) -> str | None:
    """Why this posting cannot be decided about so; `None` where it can."""
    if item is None:
        return "it is not there any more"
    if (item.revision, item.state, item.reason, item.fence) != tuple(
        one[name] for name in ("revision", "state", "reason", "fence")
    ):
        return CHANGED
    by_id = order.decision == RELINK and one["chosen_id"]
    if order.decision not in item.offers and not by_id:
        return f"it {words.state(item.state)}: this cannot be decided about it"
    if order.decision == RELINK and not one["qbo_id"]:
        return "no object in QuickBooks is known for it: link it from its own page, by Id"
    return None


def _kept(item: Item, qbo_id: str) -> dict[str, Any]:
    return {
        "key": item.key, "revision": item.revision, "state": item.state, "reason": item.reason, "fence": item.fence,
        "qbo_id": qbo_id or item.qbo_id, "chosen_id": bool(qbo_id),
    }  # fmt: skip


def _mine(asked: Asked, connection: Connection) -> PageOrder:
    """The order, which only who made it sees and carries out."""
    order = load_order(connection, asked.here.name, asked.path["order_id"])
    if order is None or order.name != asked.who.name:
        raise NotThere
    return order
