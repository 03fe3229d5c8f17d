"""Carrying out an order: each posting by the same door as the commands, one after the other, and what became of it.

What belongs here: which door a decision has, and what stands in its way. An order holds each posting as it was shown:
what has changed since is not decided about unseen, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from qbo_pipeline.page import words
from qbo_pipeline.page.finding.work_list import Item, of_keys
from qbo_pipeline.page.roles import APPROVE, CORRECT, POST_AGAIN, RELINK, REVERSE
from qbo_pipeline.pipeline import corrections
from qbo_pipeline.pipeline.choosing import Filter
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.failures import plain_failure
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.posting_again import post_again, taken_out
from qbo_pipeline.pipeline.putting_back import put_back
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.store.page_orders import PageOrder
from qbo_pipeline.store.postings import latest

CHANGED = "it has changed since it was shown: look at it anew"
NEEDS_APPROVER = "this changes the books without another approval: somebody who may approve orders it"
ASK_QUICKBOOKS = (RELINK, POST_AGAIN, CORRECT)  # at once, with a client that is closed afterwards
DATED = (APPROVE, REVERSE)  # what can be ordered for another day
Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ordered:
    """What a person has added to the order: why, on which day, and whether they may approve."""

    person: Person
    dated: date | None
    approves: bool


def carried_out(run: Run, order: PageOrder, chosen: list[dict[str, Any]], said: Ordered) -> list[Result]:
    """What became of each: where one cannot be done the answer says why, and the others go on."""
    if order.decision == CORRECT:
        return _corrected(run, chosen, said)
    fitting = []
    results: dict[str, Result] = {}
    with run.database.reading() as connection:
        items = {item.key: item for item in of_keys(connection, run.name, [one["key"] for one in chosen])}
    for one in chosen:
        trouble = trouble_with(order.decision, one, items.get(one["key"]))
        if trouble:
            results[one["key"]] = _not_done(one["key"], trouble)
        else:
            fitting.append(one)
    decided = _posted_again if order.decision == POST_AGAIN else _decided
    results |= {result["key"]: result for result in decided(run, order.decision, fitting, said)}
    return [results[one["key"]] for one in chosen]


def trouble_with(decision: str, one: Mapping[str, Any], item: Item | None) -> str | None:
    """Why this posting cannot be decided about so; `None` where it can."""
    if item is None:
        return "it is not there any more"
    if (item.revision, item.state, item.reason, item.fence) != tuple(
        one[name] for name in ("revision", "state", "reason", "fence")
    ):
        return CHANGED
    by_id = decision == RELINK and one["chosen_id"]
    if decision not in item.offers and not by_id:
        return f"it {words.state(item.state)}: this cannot be decided about it"
    if one.get("obstacle"):
        return str(one["obstacle"])
    if decision == RELINK and not one["qbo_id"]:
        return "no object in QuickBooks is known for it: link it from its own page, by Id"
    return None


def step_trouble(one: Mapping[str, Any], approves: bool) -> str | None:
    """Why somebody may not order this step of a correction; a journal is approved when it is proposed."""
    return None if approves or not one["approval"] or one["action"] == "journal" else NEEDS_APPROVER


def _decided(run: Run, decision: str, chosen: list[dict[str, Any]], said: Ordered) -> Iterator[Result]:
    for one in chosen:
        with run.database.reading() as connection:  # again: those before it may have taken long
            (item,) = of_keys(connection, run.name, [one["key"]]) or (None,)
        trouble = trouble_with(decision, one, item)
        if trouble:
            yield _not_done(one["key"], trouble)
            continue
        qbo_id = one["qbo_id"] if decision == RELINK else None
        who, why = said.person.who, said.person.why
        try:
            after = decide(run, decision, one["key"], who, why, dated=said.dated, qbo_id=qbo_id)
        except Exception as error:
            yield _not_done(one["key"], _in_words(error))
            continue
        if decision == REVERSE and said.dated is not None:
            yield _done(one["key"], f"its reversal of {said.dated} goes with the next run")
            continue
        yield _done(one["key"], _standing(after.state, after.reason))


def _posted_again(run: Run, _decision: str, chosen: list[dict[str, Any]], said: Ordered) -> Iterator[Result]:
    """What a person took out is built anew and posted; what was changed or deleted in QuickBooks is put back."""
    keys = [one["key"] for one in chosen]
    if not keys:
        return
    out = [one.key for one in taken_out(run, Filter(keys=tuple(keys)))]
    if out:
        try:
            for one in post_again(run, Filter(keys=tuple(out)), said.person.who, said.person.why):
                yield _not_done(one.key, one.refused) if one.refused else _done(one.key, one.now)
        except Exception as error:
            words_of_it = _in_words(error)
            yield from (_not_done(key, words_of_it) for key in out)
    ordered, days = [], []
    for key in keys:
        if key in out:
            continue
        with run.database.reading() as connection:
            row = latest(connection, run.name, key)
        assert row is not None
        try:
            put_back(run, row, said.person)
        except Exception as error:
            yield _not_done(key, _in_words(error))
            continue
        ordered.append(key)
        days.append(row["business_date"])
    if ordered:
        yield from _sent(run, ordered, min(days), max(days))


def _sent(run: Run, keys: list[str], first: date, last: date) -> Iterator[Result]:
    failed = None
    try:
        load(run, first, last, keys=keys)
    except Exception as error:
        failed = _in_words(error)
    for key in keys:
        with run.database.reading() as connection:
            row = latest(connection, run.name, key)
        assert row is not None
        if row["state"] == "posted":
            yield _done(key, words.state("posted"))
        else:
            yield _not_done(key, failed or row["message"] or _standing(row["state"], row["reason"]))


def _corrected(run: Run, chosen: list[dict[str, Any]], said: Ordered) -> list[Result]:
    """The steps that were marked, as at the date of the order: both sides are read anew before anything."""
    results = {one["key"]: _not_done(one["key"], trouble) for one in chosen if (trouble := _barred(one, said))}
    keys = [one["key"] for one in chosen if one["key"] not in results]
    if keys:
        as_at = date.fromisoformat(chosen[0]["as_at"])
        try:
            outcomes = corrections.carry_out(run, as_at, keys, said.person.who, said.person.why)
        except Exception as error:
            words_of_it = _in_words(error)
            results |= {key: _not_done(key, words_of_it) for key in keys}
        else:
            for outcome in outcomes:
                result = (_done if outcome.done else _not_done)(outcome.correction.key, outcome.message)
                settled = set(outcome.correction.action.difference_keys) & set(keys)
                results |= {key: {**result, "key": key} for key in settled}
    return [results[one["key"]] for one in chosen]


def _barred(one: Mapping[str, Any], said: Ordered) -> str | None:
    return step_trouble(one, said.approves)


def _standing(state: str, reason: str | None) -> str:
    return words.state(state) + (f" ({words.plain(reason).lower()})" if reason else "")


def _in_words(error: Exception) -> str:
    """A failure that people are told; a defect goes on."""
    if isinstance(error, NotPossible):
        return str(error)
    failure = plain_failure(error)
    if failure is None:
        raise error
    return failure.text


def _done(key: str, said: str) -> Result:
    return {"key": key, "done": True, "said": said}


def _not_done(key: str, said: str) -> Result:
    return {"key": key, "done": False, "said": said}
