"""The effect of other settings before anybody saves them: the newest documents built by these and by those.

What belongs here: building and comparing. Nothing is written: what is unsent is built anew by the next run, and what is
posted stays until somebody orders `restate`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from qbo_pipeline.accounting.drafts import Outcome, Refused
from qbo_pipeline.accounting.preview import PreviewLine, totals_by_account
from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.building import PageOfRecords
from qbo_pipeline.pipeline.earlier_settings import drafts_of, standing
from qbo_pipeline.pipeline.previewing import lines_of
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.transformed import Transformed
from qbo_pipeline.posting.events import CREATE, PARKED, POSTED, READY, UPDATE
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.settings import Settings
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import records

LOOKED_AT = 300  # of the newest documents on each side of being posted
DATED = ("document", "movement", "payment")


@dataclass(frozen=True, slots=True)
class Affected:
    """One document that would be another one. `posted`: it is in QBO and stays until it is restated. `refused` says why
    it could not be built; amounts of `before` and `after` are ledger lines."""

    record_key: str
    posted: bool
    before: tuple[PreviewLine, ...]
    after: tuple[PreviewLine, ...]
    refused: str = ""


@dataclass(frozen=True, slots=True)
class SettingsEffect:
    """What other settings would do to the documents that were looked at; `mistakes` names what QBO does not have."""

    looked_at: int
    whole: bool
    affected: tuple[Affected, ...]
    mistakes: tuple[str, ...]

    def by_account(self, *, posted: bool) -> list[tuple[str, Decimal, Decimal]]:
        """(account, before, after) of those that are posted, or are not, debit positive; what stays is left out."""
        sums: dict[tuple[str, str], list[Decimal]] = {}
        for one in self.affected:
            if one.posted is posted and not one.refused:
                for side, lines in enumerate((one.before, one.after)):
                    for place, (debit, credit) in totals_by_account(lines).items():
                        sums.setdefault(place, [Decimal("0.00"), Decimal("0.00")])[side] += debit - credit
        return [
            (f"{number} {account}".strip(), before, after)
            for (number, account), (before, after) in sorted(sums.items())
            if before != after
        ]


def effect_of(run: Run, settings: Settings) -> SettingsEffect:
    """Build the newest documents by `settings` instead of the run's and compare; reads the store alone."""
    other = Run(settings, run.database, run.secrets, run.run_id)
    mistakes: list[str] = []
    with run.database.reading() as connection:
        StoredBooks(connection, settings, mistakes)
        if mistakes:
            return SettingsEffect(0, False, (), tuple(mistakes))
        unsent, more_unsent = _newest(connection, run.name, (READY, PARKED))
        posted, more_posted = _newest(connection, run.name, (POSTED,))
        keys = [*unsent, *(key for key in posted if key not in unsent)]
        affected = tuple(_compared(connection, other, keys))
    return SettingsEffect(len(keys), not (more_unsent or more_posted), affected, ())


def _newest(connection: Connection, name: str, states: Sequence[str]) -> tuple[list[str], bool]:
    query = (
        select(postings.c.record_key)
        .where(
            postings.c.connection == name,
            postings.c.superseded_by.is_(None),
            postings.c.state.in_(states),
            postings.c.operation.in_((CREATE, UPDATE)),
        )
        .order_by(postings.c.business_date.desc(), postings.c.key.desc())
        .limit(LOOKED_AT + 1)
    )
    found = [key for key in connection.scalars(query) if key.partition("/")[0] in DATED]
    return list(dict.fromkeys(found[:LOOKED_AT])), len(found) > LOOKED_AT


def _compared(connection: Connection, run: Run, keys: list[str]) -> Iterator[Affected]:
    """Those that would be another document; what stands in a day's summary, or would, is left to it."""
    page = PageOfRecords(run, connection, Transformed(), ordered=True)
    there = standing(connection, run.name, keys)
    built: list[_Both] = []
    for part in chunks(keys):
        rows = {f"{row.record_type}/{row.record_id}": row for row in _records(connection, run.name, part)}
        places = page.memberships_of(list(rows.values()))
        alone = [key for key in rows if not ((place := places.get(key)) and (place.now or place.before))]
        loaded = {key: page.load(rows[key]) for key in alone}
        page.stored.prefetch(record for record in loaded.values() if record is not None)
        for key, record in loaded.items():
            if record is not None:
                built.append(_both(key, page.outcome_of(rows[key], record), there.get(key, [])))
    lines = iter(lines_of(connection, run, [thing for one in built for thing in (*one.old, *one.new)]))
    for one in built:
        before, after = (tuple(line for _ in things for line in next(lines)) for things in (one.old, one.new))
        if one.refused and one.old:
            yield Affected(one.key, one.posted, before, (), one.refused)
        elif not one.refused and _said(before) != _said(after):
            yield Affected(one.key, one.posted, before, after)


def _records(connection: Connection, name: str, keys: Sequence[str]) -> list[Any]:
    key = records.c.record_type + "/" + records.c.record_id
    query = select(records).where(
        records.c.connection == name, key.in_(keys), records.c.vanished_at.is_(None),
        records.c.disposition != "set_aside",
    )  # fmt: skip
    return list(connection.execute(query))


@dataclass(frozen=True, slots=True)
class _Both:
    """A record as it was built last and as it would be, by entity and payload."""

    key: str
    posted: bool
    old: list[tuple[str, Any]]
    new: list[tuple[str, Any]]
    refused: str


def _both(key: str, outcome: Outcome, rows: Sequence[Any]) -> _Both:
    posted = bool(rows) and all(row["state"] == POSTED for row in rows)
    old = [(row["entity"], from_wire(row["payload"])) for row in rows if row["payload"] is not None]
    new = [(draft.entity, draft.payload) for draft in drafts_of(outcome)]
    return _Both(key, posted, old, new, outcome.message if isinstance(outcome, Refused) else "")


def _said(lines: Sequence[PreviewLine]) -> list[tuple[Any, ...]]:
    """What the ledger and the tax return see of lines."""
    return sorted(
        (line.account_number, line.account, line.debit, line.credit, line.tax, line.class_, line.department)
        for line in lines
    )
