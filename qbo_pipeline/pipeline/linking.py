"""Linking by a stated policy: customers, suppliers and products that QuickBooks has already, before anything is made.

What belongs here: asking `accounting.likenesses` about the list entries that are to be made, and carrying out what it
answers: a match is linked, by the same door as a person's decision and with its line in the journal; a doubt waits for
a person, who links it (`relink`) or has it made (`retry`). QuickBooks' lists are those of the reference data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, or_, select

from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.accounting.likenesses import SIGNS, Doubt, Likeness, Pair, compare, listed
from qbo_pipeline.pipeline.reference import LINKED_LISTS
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.decisions import relink
from qbo_pipeline.posting.events import CREATE, PARKED, READY
from qbo_pipeline.posting.freezing import references as keys_in
from qbo_pipeline.posting.freezing import resolve
from qbo_pipeline.posting.namesakes import obstacle
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.store import attempts
from qbo_pipeline.store.postings import change, chunks, links, links_to
from qbo_pipeline.store.reference import references
from qbo_pipeline.store.tables.posting import postings

DOUBTFUL = "doubtful_match"
_KEYS = ("party/", "product/")
BY_POLICY = "[posting] link_existing"
_P = postings.c
_COLUMNS = [_P[name] for name in ("key", "revision", "fence", "entity", "state", "payload", "reason")]


@dataclass(slots=True)
class Likenesses:
    """What of the entries to be made is in QuickBooks already: matches, doubts, and how many are like nothing there."""

    matches: list[Likeness] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    new: int = 0

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row for each pair, with both sides' values."""
        for match in self.matches:
            yield _row("match", f"{' and '.join(match.by)} agree by policy".replace("_", " "), match.pair)
        for doubt in self.doubts:
            for pair in doubt.pairs:
                yield _row("doubt", doubt.why, pair)


def likenesses(connection: Connection, run: Run, keys: Sequence[str] | None = None) -> Likenesses:
    """Compare the list entries that were never sent with QuickBooks' lists; with `keys`, these alone."""
    rows = _never_sent(connection, run, keys)
    payloads = {row["key"]: _resolved(connection, run.name, row["payload"]) for row in rows}
    return _compared(connection, run, {row["key"]: (row["entity"], payloads[row["key"]]) for row in rows})


def likenesses_of(connection: Connection, run: Run, drafts: Sequence[Draft]) -> Likenesses:
    """Compare drafts of list entries that are nowhere yet with QuickBooks' lists; what is linked is left out."""
    drafts = [draft for draft in drafts if draft.key.startswith(_KEYS) and draft.entity in LINKED_LISTS]
    known = links(connection, run.name, [draft.key for draft in drafts])
    mine = {draft.key: (draft.entity, draft.payload) for draft in drafts if draft.key not in known}
    return _compared(connection, run, mine)


def _compared(connection: Connection, run: Run, mine: Mapping[str, tuple[str, Mapping[str, Any]]]) -> Likenesses:
    """By key, entity and payload of ours."""
    found = Likenesses()
    ours = [listed(entity, key, payload) for key, (entity, payload) in mine.items()]
    things: dict[tuple[str, str], dict[str, Any]] = {}
    for entity in sorted({entity for entity, _ in mine.values()}):
        items = references(connection, run.name, entity)
        linked = links_to(connection, run.name, entity, [item.qbo_id for item in items])
        things |= {(entity, item.qbo_id): item.content for item in items if item.qbo_id not in linked}
    theirs = [listed(entity, qbo_id, thing) for (entity, qbo_id), thing in things.items()]
    matches, found.doubts = compare(ours, theirs, run.settings.posting.link_signs())
    for match in matches:
        pair = match.pair
        hinders = obstacle(things[pair.theirs.entity, pair.theirs.id], dict(mine[pair.ours.id][1]))
        if hinders is None:
            found.matches.append(match)
        else:
            found.doubts.append(Doubt(pair.ours, (pair,), hinders))
    found.new = len(ours) - len(found.matches) - len(found.doubts)
    return found


def link_by_policy(run: Run, keys: Sequence[str] | None = None, person: Person | None = None) -> Likenesses:
    """Link what matches and hold what is in doubt, where the policy is a list of signs; answers what was found.

    Nothing is asked of QuickBooks: the reference data says what is there.
    """
    if not run.settings.posting.link_signs():
        return Likenesses()
    with run.database.reading() as connection:
        found = likenesses(connection, run, keys)
        things = {(match.pair.theirs.entity, match.pair.theirs.id): match for match in found.matches}
        contents = {
            (entity, item.qbo_id): item.content
            for entity in {entity for entity, _ in things}
            for item in references(connection, run.name, entity)
            if (entity, item.qbo_id) in things
        }
    linked = []
    for place, match in things.items():
        why = f"{person.why}: " if person else ""
        by = Person(person.who if person else BY_POLICY, f"{why}{' and '.join(match.by)} agree".replace("_", " "))
        try:
            relink(run.database, run.name, match.pair.ours.id, contents[place], by)
        except NotPossible as error:
            found.doubts.append(Doubt(match.pair.ours, (match.pair,), str(error)))
        else:
            linked.append(match)
        run.progress("entries of QuickBooks linked", len(linked))
    found.matches = linked
    with run.database.transaction() as transaction:
        _hold(transaction, run, {doubt.ours.id: _text(doubt) for doubt in found.doubts}, keys)
    return found


def _never_sent(connection: Connection, run: Run, keys: Sequence[str] | None) -> list[RowMapping]:
    """The newest revisions of customers, vendors and products that nobody has decided about and that never left."""
    waits = or_((_P.state == READY) & (_P.retries == 0), (_P.state == PARKED) & (_P.reason == DOUBTFUL))
    query = select(*_COLUMNS).where(
        _P.connection == run.name,
        _P.superseded_by.is_(None),
        _P.entity.in_(LINKED_LISTS),
        _P.operation == CREATE,
        or_(*(_P.key.startswith(begin) for begin in _KEYS)),
        waits,
        _P.attempts == 0,
        _P.doubt.is_(False),
        _P.request_id.is_(None),
        _P.payload.is_not(None),
    )
    if keys is None:
        return list(connection.execute(query.order_by(_P.key)).mappings())
    parts = (connection.execute(query.where(_P.key.in_(part))).mappings() for part in chunks(sorted(keys)))
    return [row for part in parts for row in part]


def _resolved(connection: Connection, name: str, payload: str) -> dict[str, Any]:
    known = links(connection, name, named := keys_in(payload))
    content: dict[str, Any] = from_wire(
        resolve(payload, {key: known[key].qbo_id if key in known else f"${key}" for key in named})
    )
    return content


def _hold(transaction: Connection, run: Run, doubts: Mapping[str, str], keys: Sequence[str] | None) -> None:
    """Park what is in doubt; what was and is no more goes."""
    changes, lines = [], []
    for row in _never_sent(transaction, run, keys):
        text = doubts.get(row["key"])
        state = PARKED if text is not None else READY
        if state == row["state"]:
            continue
        reason = DOUBTFUL if text is not None else None
        changes.append((row["key"], row["revision"], {"state": state, "reason": reason, "message": text}))
        line = attempts.AttemptLine(
            key=row["key"], revision=row["revision"], fence=row["fence"], event="likeness", state=state, message=text
        )
        lines.append(line)
    if changes:
        change(transaction, run.name, changes)
        attempts.append(transaction, run.name, run.database.now(transaction), lines)


def _text(doubt: Doubt) -> str:
    alike = ", ".join(f"{pair.theirs.entity} {pair.theirs.name!r} (Id {pair.theirs.id})" for pair in doubt.pairs[:3])
    return (
        f"QuickBooks has {alike}, and it is not sure that it is this one: {doubt.why}. Link it with `qbo-pipeline "
        f"relink {doubt.ours.id} ID`, or have a new one made with `retry`"
    )


def _row(verdict: str, why: str, pair: Pair) -> dict[str, Any]:
    sides = {
        f"{sign}_{side}": entry.shown(sign)
        for sign in SIGNS
        for side, entry in (("here", pair.ours), ("in_quickbooks", pair.theirs))
    }
    agree = " ".join(pair.agree)
    head = {"key": pair.ours.id, "answer": verdict, "why": why, "qbo_list": pair.theirs.entity}
    return {**head, "qbo_id": pair.theirs.id, "agree": agree, **sides}
