"""How the way back stands: what waits for a person, what the inventory system refused, what stands twice; and what a
person decides about it.

What belongs here: reading both tables for people, the reasons why a connection is not in balance because of them, and
the two decisions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from qbo_pipeline.inventory.records import PAYMENT_KINDS
from qbo_pipeline.pipeline.entered_by_others import alike_in_quickbooks
from qbo_pipeline.pipeline.on_both_sides import ANOTHER
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.write_back_numbers import waiting_things
from qbo_pipeline.pipeline.write_back_remedies import PERHAPS_TWICE
from qbo_pipeline.posting.persons import NotPossible
from qbo_pipeline.returning.guards import TWIN
from qbo_pipeline.store import attempts, evidence
from qbo_pipeline.store import quickbooks_objects as stored_objects
from qbo_pipeline.store import write_backs as store
from qbo_pipeline.store.attempts import AttemptLine
from qbo_pipeline.store.entered_by_others import say_another
from qbo_pipeline.store.tables.posting import posting_links
from qbo_pipeline.store.tables.write_backs import write_backs
from qbo_pipeline.verdicts import Ground, Verdict

GO_ALL_THE_SAME = frozenset({TWIN})  # for these a person may say that it is written nevertheless
_CLEARED: dict[str, Any] = {
    "reason": None, "message": None, "misses": 0, "doubt": False, "fallback": None, "not_before": None,
    "lease_until": None,
}  # fmt: skip


@dataclass(slots=True)
class WriteBackStanding:
    """`entries` (by kind, state and answer) and `objects` (by entity, disposition and rule) are counts."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    objects: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    doubled: list[dict[str, Any]] = field(default_factory=list)

    @property
    def any(self) -> bool:
        """Whether there is a way back at all, or was, or something that waits like what comes by it."""
        return bool(self.entries or self.objects or self.waiting)

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("entries", "objects", "waiting", "doubled")}

    def grounds(self) -> Iterator[Ground]:
        """Why the connection is not in balance because of the way back."""
        alike = [row for row in self.waiting if row["reason"] == PERHAPS_TWICE]
        if (count := len(self.waiting) - len(alike)) > 0:
            first = next(row for row in self.waiting if row["reason"] != PERHAPS_TWICE)
            yield Ground(
                Verdict.WAITING,
                f"{count:,} {'thing waits' if count == 1 else 'things wait'} to be written back or taken, such as "
                f"{first['key']}: {first['why']}",
            )
        if alike:
            many = "1 entry" if len(alike) == 1 else f"{len(alike):,} entries"
            yield Ground(
                Verdict.WAITING, f"{many} in QuickBooks may be what was posted from here, such as: {alike[0]['why']}"
            )
        if self.doubled:
            first = self.doubled[0]
            yield Ground(
                Verdict.UNEXPLAINED,
                f"{first['key']} in QuickBooks was taken as {first['record']}, which is posted there as well, as "
                f"{first['posted']}: the same money stands twice; void one of the two",
            )


def write_back_standing(run: Run) -> WriteBackStanding:
    """How it stands now, by what the store knows."""
    with run.database.reading() as connection:
        entries = [dict(row) for row in store.counts(connection, run.name)]
        objects = [dict(row) for row in stored_objects.object_counts(connection, run.name)]
        waiting = waiting_things(connection, run.name)
        if not entries and not objects:
            return WriteBackStanding(waiting=waiting)
        posted = select(
            write_backs.c.key, write_backs.c.taken_as, posting_links.c.entity, posting_links.c.qbo_id
        ).where(
            write_backs.c.connection == run.name,
            write_backs.c.superseded_by.is_(None),
            write_backs.c.operation != "void",
            write_backs.c.kind.in_(PAYMENT_KINDS),  # an id of another kind may be the same
            posting_links.c.connection == write_backs.c.connection,
            posting_links.c.key == "payment/" + write_backs.c.taken_as,
        )
        doubled = [
            {"key": row.key, "record": f"payment/{row.taken_as}", "posted": f"{row.entity} Id {row.qbo_id}"}
            for row in connection.execute(posted.order_by(write_backs.c.key))
        ]
    return WriteBackStanding(entries, objects, waiting, doubled)


def decide_write_back(run: Run, key: str, decision: str, *, who: str, why: str) -> None:
    """`retry` what is parked, or what is another one than it looks like; `skip` what need not be written or taken any
    more; kept with who and why.

    Raises `NotPossible` where the key is not known or its state does not allow it.
    """
    if not who.strip() or not why.strip():
        raise NotPossible("say who decides (--who) and why (--why): both are kept")
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        row = store.newest(connection, run.name, [key]).get(key)
        if row is None:
            _decide_object(run, connection, key, decision, AttemptLine(
                key=f"write_back/{key}", revision=0, event=decision, state=evidence.SEEN, fence=0, who=who, why=why
            ), now)  # fmt: skip
            return
        if decision == "retry" and row["state"] != "parked":
            raise NotPossible(f"{key} is {row['state']}: only what is parked is written again")
        if decision == "skip" and not (row["state"] == "parked" or (row["state"] == "posted" and not row["taken_as"])):
            raise NotPossible(f"{key} is {row['state']}: only what is parked, or not taken, can be skipped")
        fields = {**_CLEARED, "state": "ready", "attempts": 0} if decision == "retry" else {"state": "skipped"}
        store.change(connection, run.name, [(key, row["revision"], fields)])
        named: tuple[Any, ...] = (key, row["revision"])
        evidence.note(connection, run.name, evidence.WRITE_BACK, named, decision, now=now, who=who, why=why)


def _decide_object(run: Run, connection: Connection, key: str, decision: str, line: AttemptLine, now: datetime) -> None:
    found = {f"{row['entity']}/{row['qbo_id']}": row for row in stored_objects.withheld_objects(connection, run.name)}
    if key not in found and _decide_entered(run, connection, key, decision, line, now):
        return
    if key not in found:
        raise NotPossible(f"nothing with the key {key!r} is written back: `qbo-pipeline write-back list` shows them")
    row = found[key]
    if decision == "retry" and row["rule"] in GO_ALL_THE_SAME:
        said = {"disposition": "due", "rule": ANOTHER, "message": f"said to be another one by {line.who}: {line.why}"}
    elif decision == "skip":
        said = {"disposition": "excluded", "rule": "skipped", "message": f"skipped by {line.who}: {line.why}"}
    else:
        raise NotPossible(f"{key} is withheld: it goes by itself once its cause is gone, or `skip` it")
    judged = {name: row[name] for name in ("entity", "qbo_id", "sync_token")}
    stored_objects.judge_objects(connection, run.name, [{**judged, **said}])
    attempts.append(connection, run.name, now, [line])


def _decide_entered(
    run: Run, connection: Connection, key: str, decision: str, line: AttemptLine, now: datetime
) -> bool:
    """Whether the key is of what others entered and may be one of ours: `skip` says that it is another one."""
    alike = {one.key: one for one in alike_in_quickbooks(connection, run.name)}
    if key not in alike:
        return False
    if decision != "skip":
        raise NotPossible(
            f"{key} is of a kind that is not written back: void one of the two in QuickBooks where they are one, or "
            "`skip` it where they are two"
        )
    row, who, why = alike[key].row, str(line.who), str(line.why)
    said = f"said to be another one than {row['record_key']} by {who}: {why}"
    say_another(connection, run.name, (row["entity"], row["qbo_id"]), said, now=now, who=who, why=why)
    return True
