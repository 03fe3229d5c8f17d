"""What a person decides about one posting, with who and why: the one door for commands and for Dagster's jobs.

A record that was refused has no payload to send: what a person can decide about it is that it is built again (one that
was quarantined), that its number is right although another document has it, or that its goods cost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from qbo_pipeline.accounting.movements import COST_PENDING
from qbo_pipeline.instants import show_instant
from qbo_pipeline.pipeline.closing import Closed, closed_period
from qbo_pipeline.pipeline.ownership import prove_company_until_now
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.same_number import CONFLICT
from qbo_pipeline.pipeline.together import go_together, twice_if_approved
from qbo_pipeline.posting import decisions, recovery
from qbo_pipeline.posting.asking import CLOSED_PERIOD
from qbo_pipeline.posting.events import CREATE, PARKED, UPDATE
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.posting.reversal import COUNTERPART
from qbo_pipeline.posting.shell import identity_of
from qbo_pipeline.quickbooks.errors import NotFound
from qbo_pipeline.store import attempts
from qbo_pipeline.store.dispositions import QUARANTINED, build_again
from qbo_pipeline.store.postings import Posting, change, latest, links, revision_of


@dataclass(frozen=True, slots=True)
class Decided:
    """How a posting stands after a decision."""

    state: str
    reason: str | None
    revision: int


DECISIONS = ("retry", "skip", "approve", "reverse", "unlink", "relink")
# What is decided about a record that was refused.
_BUILT_AGAIN = {("retry", QUARANTINED), ("approve", CONFLICT), ("approve", COST_PENDING)}


def decide(
    run: Run, decision: str, key: str, who: str, why: str, *, dated: date | None = None, qbo_id: str | None = None
) -> Decided:
    """Carry out one of `DECISIONS` and answer how the posting stands afterwards; the next run acts on it.

    `dated` belongs to approve and reverse, `qbo_id` to relink. With `[posting] closed_period = "first_open_day"` what
    waits for a closed period is approved on the first open day: new there, or what stands in the closed period reversed
    there and posted again, by this one decision. What waits for one and takes the
    place of something else there is approved or skipped with it, all or nothing. Raises `NotPossible` where the posting
    is not in a state in which this can be decided, or who or why is missing.
    """
    person = Person(who, why)
    if not _built_again(run, decision, key, person):
        _about_posting(run, decision, key, person, dated, qbo_id)
    with run.database.reading() as connection:
        row = latest(connection, run.name, key)
    assert row is not None
    return Decided(row["state"], row["reason"], row["revision"])


def _built_again(run: Run, decision: str, key: str, person: Person) -> bool:
    """Release a record that was refused to the next run; `False` where the decision is about something else."""
    with run.database.transaction() as connection:
        row = latest(connection, run.name, key)
        if row is None or (decision, row["reason"]) not in _BUILT_AGAIN or not _is_refused(row):
            return False
        if not build_again(connection, run.name, row["record_key"]):
            return False
        if decision == "approve":
            change(connection, run.name, [(row["key"], row["revision"], {"approved_by": person.who})])
        line = attempts.AttemptLine(
            key=row["key"],
            revision=row["revision"],
            fence=row["fence"],
            state=row["state"],
            event=decision,
            who=person.who,
            why=person.why,
        )
        attempts.append(connection, run.name, run.database.now(connection), [line])
        return True


def _is_refused(row: Posting) -> bool:
    return row["state"] == PARKED and row["payload"] is None and not row["doubt"]


def _first_open_day(connection: Connection, run: Run, key: str) -> date | None:
    """The day on which an approval without a date posts this, by policy; `None` for its own."""
    if run.settings.posting.closed_period != "first_open_day":
        return None
    row, closed = _waiting(connection, run, key)
    if row is None or closed is None:
        return None
    there = _there(connection, row)
    if there is not None and there["business_date"] > closed.through and row["operation"] == UPDATE:
        return there["business_date"]  # it was posted on an open day because its own was closed: it stays there
    is_late = row["business_date"] <= closed.through if row["operation"] == CREATE else _stands(there, closed)
    return closed.first_open_day if is_late else None


def _waiting(connection: Connection, run: Run, key: str) -> tuple[Posting | None, Closed | None]:
    """The posting, where it waits for a closed period, and what is closed."""
    row = latest(connection, run.name, key)
    waits = row is not None and row["state"] == PARKED and row["reason"] == CLOSED_PERIOD
    return row if waits else None, closed_period(connection, run.name)


def _there(connection: Connection, row: Posting) -> Posting | None:
    """The revision of a posting that QuickBooks has."""
    link = links(connection, row["connection"], [row["key"]]).get(row["key"])
    return None if link is None else revision_of(connection, row["connection"], row["key"], link.revision)


def _stands(there: Posting | None, closed: Closed) -> bool:
    """Whether it stands in the closed period as something that QuickBooks has a counterpart of."""
    return there is not None and there["business_date"] <= closed.through and there["entity"] in COUNTERPART


def _about_posting(run: Run, decision: str, key: str, person: Person, dated: date | None, qbo_id: str | None) -> None:
    match decision:
        case "approve":
            _approve(run, key, person, dated)
        case "skip":
            with run.database.reading() as connection:
                keys = go_together(connection, run.name, key)
            decisions.skip_all(run.database, run.name, keys, person)
        case "reverse":
            with run.database.reading() as connection:
                identity = identity_of(connection, run.name, run.settings.quickbooks.realm)
            decisions.reverse(run.database, run.name, key, person, identity=identity, dated=dated)
        case "relink":
            _relink(run, key, qbo_id or "", person)
        case "retry" | "unlink":
            getattr(decisions, decision)(run.database, run.name, key, person)
        case _:
            raise ValueError(f"{decision!r} is no decision; there are {', '.join(DECISIONS)}")


def _approve(run: Run, key: str, person: Person, dated: date | None) -> None:
    """One posting, or all that go together; these keep their date, for nothing of theirs moves to another period."""
    with run.database.reading() as connection:
        keys = go_together(connection, run.name, key)
        twice = twice_if_approved(connection, run.name, keys)
        first_open_day = _first_open_day(connection, run, key) if len(keys) == 1 else None
    if twice is not None:
        raise NotPossible(f"{key} cannot be approved: {twice}. Skip it, or have what is there taken out first")
    if len(keys) == 1:
        _approve_one(run, key, person, dated or first_open_day)
        return
    if dated is not None:
        raise NotPossible(
            f"{key} takes the place of what is in QuickBooks on the same day ({', '.join(keys)} go together): approve "
            "it without a date"
        )
    decisions.approve_all(run.database, run.name, keys, person)


def _approve_one(run: Run, key: str, person: Person, dated: date | None) -> None:
    """On another day, what stands in a closed period is reversed there, and posted again as it is now."""
    with run.database.reading() as connection:
        row, closed = _waiting(connection, run, key)
        stands = False
        if row is not None and closed is not None and row["operation"] != CREATE:
            stands = _stands(_there(connection, row), closed)
        identity = identity_of(connection, run.name, run.settings.quickbooks.realm)
    if dated is None or not stands:
        decisions.approve(run.database, run.name, key, person, dated=dated)
        return
    decisions.approve_reversed(run.database, run.name, key, person, identity=identity, dated=dated)


def recover(run: Run, who: str, why: str, *, end: bool = False) -> str:
    """Begin, or end, to look in QBO before every first send; answers what is so now, in plain words.

    Raises `NotPossible` where it is so already, or who or why is missing.
    """
    person = Person(who, why)
    zone = run.settings.connection.time_zone
    if end:
        ended = recovery.end(run.database, run.name, person)
        prove_company_until_now(run)
        since = show_instant(ended.since, zone)
        return f"{run.name} sends at once again; it had been recovering since {since} ({ended.who})."
    recovery.begin(run.database, run.name, person, time_zone=zone)
    return (
        f"{run.name} recovers: from now on every posting is looked for in QuickBooks before it is sent. When the days "
        "after the copy have been read again, end it with --end."
    )


def _relink(run: Run, key: str, qbo_id: str, person: Person) -> None:
    with run.database.reading() as connection:
        row = latest(connection, run.name, key)
    if row is None:
        raise NotPossible(f"there is no posting {key!r} of the connection {run.name!r}")
    if not row["entity"]:
        raise NotPossible(
            f"{key} was refused before it became a payload, and nothing says what it would be in QuickBooks: correct "
            "what its message says, then run"
        )
    try:
        thing = run.quickbooks().read(row["entity"], qbo_id)
    except NotFound:
        raise NotPossible(
            f"QuickBooks has no {row['entity']} {qbo_id}: name one that is there, or post {key} again"
        ) from None
    decisions.relink(run.database, run.name, key, thing, person)
