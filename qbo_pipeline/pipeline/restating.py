"""Restating: what is posted under earlier settings becomes, on order, what it would be by those of today.

What belongs here: comparing (once for each record and change of settings), and carrying the order out through the
ordinary core: a revision updates the object in QBO in place, what is no longer to be there is voided, what an earlier
policy excluded is posted. What lies in a closed period waits there for a person as any other revision does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from qbo_pipeline.accounting.drafts import Draft, Excluded, Outcome, Refused
from qbo_pipeline.accounting.summaries import is_summary
from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.building import PageOfRecords
from qbo_pipeline.pipeline.earlier_settings import drafts_of, in_qbo, is_as_posted, standing
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.settings_in_force import keep, read_in_force
from qbo_pipeline.pipeline.summing_up import outcome_of_summary
from qbo_pipeline.pipeline.transform import build_in_order
from qbo_pipeline.pipeline.transformed import Transformed
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.store import attempts
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.settings_versions import (
    count_differing,
    differing,
    excluded_otherwise,
    posted_otherwise,
    put_comparisons,
)
from qbo_pipeline.store.tables.records import records

AT_ONCE = 500  # records in one transaction
# The rule under which a record is excluded by a policy, and the policy.
EXCLUDED_BY = {
    "accrual_off": "accrue_receipts",
    "quote_not_posted": "quotes",
    "purchase_order_not_posted": "purchase_orders",
}


@dataclass(frozen=True, slots=True)
class Restatement:
    """One record or summary: the postings that stand in QBO, and what it would be today. What a summary is to carry, or
    no longer, has nothing of its own today: its summary is another one.

    `refused` says why it cannot be built today; such a record is left as it is.
    """

    record_key: str
    old: tuple[RowMapping, ...]
    new: tuple[Draft, ...]
    refused: str | None = None

    @property
    def by_unknown_settings(self) -> bool:
        """Whether it was posted before the store kept settings: what makes the difference cannot be told."""
        return any(row["settings_hash"] is None for row in self.old)


def count_restatements(run: Run) -> int:
    """How many records would be posted otherwise today; what was not compared with these settings is compared now."""
    with run.database.reading() as connection:
        rules_hash = read_in_force(connection, run).rules_hash
    _compare(run, rules_hash)
    with run.database.reading() as connection:
        return count_differing(connection, run.name, rules_hash)


def restatements(run: Run) -> Iterator[Restatement]:
    """What restating would do, record by record; changes nothing in the outbox or in QBO."""
    count_restatements(run)
    with run.database.reading() as connection:
        rules_hash = read_in_force(connection, run).rules_hash
        keys = differing(connection, run.name, rules_hash)
    for part in chunks(keys, AT_ONCE):
        with run.database.reading() as connection:
            yield from (found for found, _ in _built(run, connection, part))


def restate(run: Run, who: str, why: str) -> dict[str, int]:
    """Order that everything which would be another posting today becomes that; the next run sends it.

    Answers how many records were `restated`, how many of their revisions are `parked` (a closed period, or a person's
    change in QBO), and how many were `left` because they cannot be built today. Raises `NotPossible` where who or why
    is missing or there is nothing to restate.
    """
    person = Person(who, why)
    if not count_restatements(run):
        raise NotPossible("everything is posted as the settings of today would post it: there is nothing to restate")
    done = {"restated": 0, "parked": 0, "left": 0}
    with run.database.reading() as connection:
        keys = differing(connection, run.name, read_in_force(connection, run).rules_hash)
    for part in chunks(keys, AT_ONCE):
        with run.database.transaction() as connection:
            _carry_out(run, connection, part, person, done)
        run.progress("records restated", done["restated"])
    return done


def _carry_out(run: Run, connection: Connection, keys: Sequence[str], person: Person, done: dict[str, int]) -> None:
    found = list(_built(run, connection, keys))
    ordered = [(one, rows) for one, rows in found if one.refused is None]
    done["left"] += len(found) - len(ordered)
    # The order stands in the journal before what comes of it.
    lines = [
        attempts.AttemptLine(
            key=old["key"],
            revision=old["revision"],
            fence=old["fence"],
            event="restate",
            state="posted",
            who=person.who,
            why=person.why,
        )
        for one, _ in ordered
        for old in one.old
    ]
    now = run.database.now(connection)
    attempts.append(connection, run.name, now, lines)
    keep(connection, run, read_in_force(connection, run))
    result = build_in_order(run, connection, [row for _, rows in ordered for row in rows])
    done["restated"] += len(ordered)
    done["parked"] += result.intents["parked"]


def _compare(run: Run, rules_hash: str) -> None:
    """Build what is posted, or excluded, under earlier rules by those of now, and remember what differs."""
    for find in (_posted, _excluded):
        after = ""
        while True:
            with run.database.transaction() as connection:
                keys = find(run, connection, rules_hash, after)
                if not keys:
                    break
                differs = dict.fromkeys(keys, False)
                differs |= {one.record_key: True for one, _ in _built(run, connection, keys)}
                put_comparisons(connection, run.name, rules_hash, differs)
            after = keys[-1]


def _posted(run: Run, connection: Connection, rules_hash: str, after: str) -> list[str]:
    return posted_otherwise(connection, run.name, rules_hash, after, AT_ONCE)


def _excluded(run: Run, connection: Connection, rules_hash: str, after: str) -> list[str]:
    """What a policy excluded that is switched on now, at some date."""
    by_date = StoredBooks(connection, run.settings).rule_set.by_date
    on = [rule for rule, policy in EXCLUDED_BY.items() if any(getattr(rules.policies, policy) for rules in by_date)]
    return excluded_otherwise(connection, run.name, rules_hash, on, after, AT_ONCE)


def _built(run: Run, connection: Connection, keys: Sequence[str]) -> Iterator[tuple[Restatement, list[Any]]]:
    """Those of these records and summaries that would be posted otherwise, each with the rows it is made of."""
    page = PageOfRecords(run, connection, Transformed(), ordered=True)
    there = standing(connection, run.name, keys)
    rows = _rows(connection, run.name, [key for key in keys if not is_summary(key)])
    places = page.memberships_of(list(rows.values()))
    loaded = {key: page.load(row) for key, row in rows.items()}
    page.stored.prefetch(record for record in loaded.values() if record is not None)
    for key, row in rows.items():
        record = loaded[key]
        if key in places and places[key].before:
            continue  # it stands in a summary, which speaks for it
        summed = key in places and places[key].now is not None
        if record is not None:
            outcome: Outcome = [] if summed else page.outcome_of(row, record)
            yield from _differing(key, outcome, there.get(key, []), [row])
    for key in filter(is_summary, keys):
        made_of, outcome = outcome_of_summary(page, key)
        yield from _differing(key, outcome, there.get(key, []), made_of)


def _differing(
    key: str, outcome: Outcome, posted: Sequence[RowMapping], rows: list[Any]
) -> Iterator[tuple[Restatement, list[Any]]]:
    if is_as_posted(outcome, posted) or (isinstance(outcome, Excluded) and not in_qbo(posted)):
        return
    refused = outcome.message if isinstance(outcome, Refused) else None
    yield Restatement(key, tuple(in_qbo(posted)), tuple(drafts_of(outcome)), refused), rows


def _rows(connection: Connection, name: str, keys: Sequence[str]) -> dict[str, Any]:
    """The live records of these keys, in date order."""
    key = records.c.record_type + "/" + records.c.record_id
    query = select(records).where(
        records.c.connection == name,
        key.in_(keys),
        records.c.vanished_at.is_(None),
        records.c.disposition != "set_aside",
    )
    query = query.order_by(records.c.business_date, records.c.record_type, records.c.record_id)
    return {f"{row.record_type}/{row.record_id}": row for row in connection.execute(query)}
