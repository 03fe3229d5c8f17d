"""Orders about the way back: what a person decides of each thing, shown first, done once, by the doors of the commands.

What belongs here: keeping what was chosen as it was shown, what stands in its way, and carrying it out. What has
changed since it was shown is not decided about unseen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qbo_pipeline.page.asked import Asked, NotUnderstood
from qbo_pipeline.page.companies import PageCompany
from qbo_pipeline.page.finding.way_back import WayBackThing, of_keys
from qbo_pipeline.page.ordering import CHANGED, Ordered, Result
from qbo_pipeline.page.roles import DECIDE, LEAVE, WRITE_AGAIN
from qbo_pipeline.pipeline.deciding_conflicts import decide_conflict
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.write_back_standing import decide_write_back
from qbo_pipeline.posting.persons import NotPossible
from qbo_pipeline.store.page_orders import PageOrder

WAY_BACK = (WRITE_AGAIN, LEAVE, DECIDE)
SIDES = {"source": "the inventory system", "quickbooks": "QuickBooks"}
MOST = 500  # things in one order
_TAKE = "take:"  # how the names of the fields begin that say whose value is right
_COMMANDS = {WRITE_AGAIN: "retry", LEAVE: "skip"}


def chosen(asked: Asked, decision: str) -> list[dict[str, Any]]:
    """What was marked, as it stands now; for fields in conflict, each with the side that was marked."""
    keys = list(dict.fromkeys(asked.form.get("key", ())))
    sides: dict[tuple[str, str], str] = {}
    if decision == DECIDE:
        for name, values in asked.form.items():
            key, _, field = name.removeprefix(_TAKE).rpartition(":")
            if name.startswith(_TAKE) and values[0] in SIDES:
                sides[key, field] = values[0]
        keys = list(dict.fromkeys(key for key, _ in sides))
    if not keys:
        raise NotUnderstood("Nothing was chosen: mark what it is about.")
    if len(keys) > MOST:
        raise NotUnderstood(f"One order is about {MOST} things at most; {len(keys):,} were chosen.")
    things = of_keys(asked.here, keys)
    if decision != DECIDE:
        return [_kept(things[key]) for key in keys if key in things]
    return [
        {**_kept(thing), "item": f"{key} {one.field}", "field": one.field, "side": sides[key, one.field],
         "source": one.source, "quickbooks": one.quickbooks}
        for key, thing in things.items()
        for one in thing.conflicts
        if (key, one.field) in sides
    ]  # fmt: skip


def _kept(thing: WayBackThing) -> dict[str, Any]:
    shown = ("key", "kind", "number", "day", "amount", "state", "reason", "why", "revision")
    return {**{name: thing.row[name] for name in shown}, "item": thing.key}


def troubles(company: PageCompany, order: PageOrder) -> dict[str, str | None]:
    """By item why it cannot be done any more; `None` where it can."""
    things = of_keys(company, [one["key"] for one in order.items])
    return {one["item"]: _trouble(order.decision, one, things.get(one["key"])) for one in order.items}


def _trouble(decision: str, one: Mapping[str, Any], thing: WayBackThing | None) -> str | None:
    if thing is None:
        return "it does not wait any more"
    same = all(thing.row[name] == one[name] for name in ("state", "reason", "revision"))
    if decision != DECIDE:
        if not same or thing.row["why"] != one["why"]:
            return CHANGED
        return None if decision in thing.offers else "this cannot be decided about it"
    now = next((conflict for conflict in thing.conflicts if conflict.field == one["field"]), None)
    if now is None:
        return "the field is not in conflict any more"
    return None if (now.source, now.quickbooks) == (one["source"], one["quickbooks"]) else CHANGED


def carried_out(run: Run, company: PageCompany, order: PageOrder, said: Ordered) -> list[Result]:
    """What became of each: where one cannot be done the answer says why, and the others go on."""
    found = troubles(company, order)
    return [_done(run, order.decision, one, found[one["item"]], said) for one in order.items]


def _done(run: Run, decision: str, one: Mapping[str, Any], trouble: str | None, said: Ordered) -> Result:
    result: Result = {"key": one["item"], "done": False}
    if trouble is not None:
        return {**result, "said": trouble}
    who, why = said.person.who, said.person.why
    try:
        if decision == DECIDE:
            seen = (one["source"], one["quickbooks"])
            decide_conflict(run, one["key"], one["field"], one["side"], who=who, why=why, seen=seen)
            return {**result, "done": True, "said": f"{SIDES[one['side']]} is right; the next run carries it"}
        decide_write_back(run, one["key"], _COMMANDS[decision], who=who, why=why)
    except NotPossible as error:
        return {**result, "said": str(error)}
    return {**result, "done": True, "said": "is skipped" if decision == LEAVE else "goes with the next run"}
