"""What a person decides about one posting, with who and why: the one door for commands and for Dagster's jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting import decisions
from qbo_pipeline.posting.decisions import NotPossible, Person
from qbo_pipeline.posting.shell import identity_of
from qbo_pipeline.store.postings import latest


@dataclass(frozen=True, slots=True)
class Decided:
    """How a posting stands after a decision."""

    state: str
    reason: str | None
    revision: int


DECISIONS = ("retry", "skip", "approve", "reverse", "unlink", "relink")


def decide(
    run: Run, decision: str, key: str, who: str, why: str, *, dated: date | None = None, qbo_id: str | None = None
) -> Decided:
    """Carry out one of `DECISIONS` and answer how the posting stands afterwards; the next run acts on it.

    `dated` belongs to approve and reverse, `qbo_id` to relink. Raises `NotPossible` where the posting is not in a
    state in which this can be decided, or who or why is missing.
    """
    person = Person(who, why)
    match decision:
        case "approve":
            decisions.approve(run.database, run.name, key, person, dated=dated)
        case "reverse":
            with run.database.reading() as connection:
                identity = identity_of(connection, run.name, run.settings.quickbooks.realm)
            decisions.reverse(run.database, run.name, key, person, identity=identity, dated=dated)
        case "relink":
            _relink(run, key, qbo_id or "", person)
        case "retry" | "skip" | "unlink":
            getattr(decisions, decision)(run.database, run.name, key, person)
        case _:
            raise ValueError(f"{decision!r} is no decision; there are {', '.join(DECISIONS)}")
    with run.database.reading() as connection:
        row = latest(connection, run.name, key)
    assert row is not None
    return Decided(row["state"], row["reason"], row["revision"])


def _relink(run: Run, key: str, qbo_id: str, person: Person) -> None:
    with run.database.reading() as connection:
        row = latest(connection, run.name, key)
    if row is None:
        raise NotPossible(f"there is no posting {key!r} of the connection {run.name!r}")
    decisions.relink(run.database, run.name, key, run.quickbooks().read(row["entity"], qbo_id), person)
