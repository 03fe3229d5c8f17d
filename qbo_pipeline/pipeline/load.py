"""Load: what is ready in the outbox goes to QBO by the posting protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from qbo_pipeline.pipeline.going_live import check_before_first_send
from qbo_pipeline.pipeline.linking import link_by_policy
from qbo_pipeline.pipeline.names_in_settings import bind_names, check_names
from qbo_pipeline.pipeline.ownership import NotLookedAt, Proof, prove_company
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.settings_in_force import read_in_force
from qbo_pipeline.pipeline.token_counter import note_token_version
from qbo_pipeline.pipeline.tracked_items import hold_tracked_items
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.pipeline.two_sided_posting import kept_by_both
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.shell import Poster, PosterSettings
from qbo_pipeline.posting.summary import PostingSummary, Tally, summarise
from qbo_pipeline.store.attempts import Head, head_of
from qbo_pipeline.store.claims import Scope, made_by_others
from qbo_pipeline.store.postings import StateCount, counts
from qbo_pipeline.store.reference import references
from qbo_pipeline.store.settings_versions import anything_made_otherwise, made_otherwise
from qbo_pipeline.store.tables.records import records

_LEFT = {"ready": "stay ready", "sending": "are under way", "unknown": "are in doubt and are read back first"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the poster did, where all postings of the days stand now, and where the journal of attempts ends."""

    summary: PostingSummary
    states: tuple[StateCount, ...]
    journal: Head
    remark: str | None = None  # what waits for a person, of store and company
    notes: tuple[str, ...] = ()  # what else was found of them

    @property
    def unfinished(self) -> str | None:
        """Why the poster stopped before everything was sent, and what becomes of the rest; `None` where it did not."""
        done = self.summary
        if done.degraded is None:
            return None
        left = {name: done.states.get(name, 0) for name in ("ready", "sending", "unknown")}
        counts = ", ".join(f"{count:,} {_LEFT[name]}" for name, count in left.items() if count) or "the rest waits"
        return (
            f"not everything could be sent: {done.degraded.rstrip('.')}. What is posted is posted; {counts}, and the "
            "next run goes on with it."
        )

    def totals(self) -> dict[str, int]:
        """Numbers for the run's metadata."""
        done = self.summary
        numbers = {"posted": done.posted, "recovered": done.recovered, "linked_by_name": done.linked_by_name}
        numbers |= {"batches": done.batches, "singles": done.singles}
        standing = {f"now_{state}": count for state, count in sorted(done.states.items())}
        return numbers | standing

    def rows(self) -> list[dict[str, Any]]:
        """One row for each kind, state and reason."""
        found: dict[tuple[str, str, str, str], list[Any]] = {}
        for item in self.states:
            key = (item.entity or item.record_type, item.state, item.reason or "", item.currency)
            row = found.setdefault(key, [0, 0])
            row[0] += item.count
            row[1] += item.amount
        return [
            {"kind": kind, "state": state, "reason": reason, "count": count, "amount": f"{amount:,.2f} {currency}"}
            for (kind, state, reason, currency), (count, amount) in sorted(found.items())
        ]


def load(run: Run, first: date, last: date, *, keys: Sequence[str] | None = None) -> Loaded:
    """Post everything that is ready up to `last`, in the order of its dependencies.

    Earlier days that still wait are caught up rather than left: a payment must not overtake its invoice. `first` only
    bounds the counts that are answered. With `keys`, just these postings and what they need. Raises `CompanyOfAnother`,
    `NameMeansAnother` and `PreflightFailed` where nothing may be sent at all.

    What was drafted under other settings than those of this run is built again before anything is sent, and what
    another process drafts meanwhile is left to it: the claim itself compares the settings.
    """
    check_names(run)
    with run.database.reading() as connection:
        known = bool(references(connection, run.name, "Account"))  # else nothing can have been drafted, nor be built
        settings_hash = read_in_force(connection, run).settings_hash if known else None
    if settings_hash is not None and _drafted_otherwise(run, last, settings_hash):
        transform(run, first, last)

    def progress(events: dict[str, int]) -> None:
        run.progress("documents posted", events.get("posted", 0))

    proof = Proof()
    try:
        proof = prove_company(run)
        check_before_first_send(run)
        link_by_policy(run)
        hold_tracked_items(run)
        bind_names(run)
    except NotLookedAt as error:
        scope = Scope(run.name, None, last, tuple(keys) if keys is not None else None)
        with run.database.reading() as connection:
            summary = summarise(connection, scope, Tally(), str(error))
    else:
        poster = Poster(
            run.database, run.quickbooks(), run.surroundings.clock, settings=poster_settings(run), progress=progress
        )
        summary = poster.run(run.name, None, last, keys=keys, settings_hash=settings_hash)
        note_token_version(run)
    with run.database.reading() as connection:
        left = made_by_others(connection, Scope(run.name, None, last, settings_hash=settings_hash))
        states, head = tuple(counts(connection, run.name, first, last)), head_of(connection, run.name)
    remarks = [*filter(None, (proof.remark, _made_by_others(left)))]
    return Loaded(summary, states, head, "; ".join(remarks) or None, proof.notes)


def poster_settings(run: Run) -> PosterSettings:
    """How the poster works, by the connection's settings."""
    by_name = run.settings.posting.link_existing == "same_name"
    return PosterSettings(policy=Policy(link_existing=by_name, kept_by_both=frozenset(kept_by_both(run.settings))))


def _made_by_others(count: int) -> str | None:
    if not count:
        return None
    return (
        f"{count:,} postings were made by other settings than those of this run and were not sent: they go once their "
        "records are built by the settings of the run that sends them, as every run does first"
    )


def _drafted_otherwise(run: Run, last: date, settings_hash: str) -> bool:
    """Whether something unsent up to `last` was made under other settings, as after a step that is run by itself."""
    with run.database.reading() as connection:
        if not anything_made_otherwise(connection, run.name, settings_hash):
            return False
        key = records.c.record_type + "/" + records.c.record_id
        query = select(key).where(
            records.c.connection == run.name,
            records.c.business_date <= last,
            key.in_(made_otherwise(run.name, settings_hash)),
        )
        return connection.execute(query.limit(1)).first() is not None


def posted_by_entity(run: Run) -> dict[str, int]:
    """How many objects of each QBO entity are posted, the newest revision of each."""
    with run.database.reading() as connection:
        found: dict[str, int] = {}
        for item in counts(connection, run.name):
            if item.state == "posted":
                found[item.entity] = found.get(item.entity, 0) + item.count
        return found
