"""The frames of our postings that reconciliation is given: each revision, and what it does to the inventory accounts.

What belongs here: filling them from the store. The stock that they are held against is in `frames.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, or_, select

from qbo_pipeline.pipeline.ahead import Ahead
from qbo_pipeline.pipeline.arrow import streamed, table_of
from qbo_pipeline.pipeline.billed import NOT_ACCRUED
from qbo_pipeline.pipeline.goods_from_quickbooks import MadeThere
from qbo_pipeline.posting.events import DELETE, POSTED
from qbo_pipeline.posting.reversal import reversed_key
from qbo_pipeline.posting.states import Origin
from qbo_pipeline.reconciliation.inputs import EFFECTS, POSTINGS
from qbo_pipeline.store.tables.posting import posting_effects, posting_links, postings
from qbo_pipeline.store.tables.records import UNDATED, records


@dataclass(frozen=True, slots=True)
class PostingFrames:
    """Fills the frames of one connection's postings; what is dated before `since` belongs to other books."""

    connection: Connection
    name: str
    since: date = date.min

    def postings(
        self,
        ahead: Ahead | None = None,
        then: Mapping[tuple[str, int], str] | None = None,
        costed: Collection[tuple[str, int]] = (),
        made_there: Sequence[MadeThere] = (),
    ) -> pa.Table:
        """Every revision of every dated posting: one that moves no inventory account may do so after a person's
        change in QBO. With `ahead`, movements are live, voided or vanished as the source has them now. `then`
        are the states of revisions when the ledger was read, where they differ (`pipeline.as_of`); `costed` those whose
        goods QBO costs; `made_there` stand as if posted."""
        linked = (posting_links.c.connection == postings.c.connection) & (posting_links.c.key == postings.c.key)
        query = (
            select(postings, posting_links.c.linked_by, posting_links.c.qbo_id.label("linked_to"))
            .outerjoin(posting_links, linked)
            .where(
                postings.c.connection == self.name,
                postings.c.entity != "",
                postings.c.business_date != UNDATED,
                postings.c.business_date >= self.since,
                postings.c.key.not_like("switch/%"),
                postings.c.key.not_in(_taken_out_by_policy(self.name)),
                postings.c.key.not_like("product/%"),  # opening stock of items, which is compared as such
            )
            .order_by(postings.c.key, postings.c.revision)
        )
        states = self._source_states() | (ahead.states() if ahead else {})
        rows = (
            {
                "posting_key": row.key,
                "record_key": reversed_key(row.record_key),
                "revision": row.revision,
                "qbo_type": row.entity,
                "qbo_id": row.qbo_id,
                "qbo_number": row.qbo_number,
                "business_date": row.business_date,
                "state": (then or {}).get((row.key, row.revision), row.state),
                "reason": row.reason,
                "first_seen": row.first_seen,
                "sync_token": row.sync_token,
                "currency": row.currency,
                "record_state": _state_in_source(reversed_key(row.record_key), states),
                "by_person": _by_person(row),
                "costed": (row.key, row.revision) in costed,
            }
            for row in chain(streamed(self.connection, query), made_there)
        )
        return table_of(rows, POSTINGS)

    def _source_states(self) -> dict[str, str]:
        columns = ("record_type", "record_id", "vanished_at", "disposition")
        query = select(*(records.c[name] for name in columns)).where(
            records.c.connection == self.name,
            or_(
                records.c.vanished_at.is_not(None),
                records.c.rule == "voided_in_source",
                (records.c.record_type == "movement") & (records.c.disposition == "set_aside"),
            ),
        )
        return {
            f"{row.record_type}/{row.record_id}": "vanished"
            if row.vanished_at is not None
            else "set_aside"
            if row.disposition == "set_aside"
            else "voided"
            for row in streamed(self.connection, query)
        }

    def effects(self, accounts: Iterable[str]) -> pa.Table:
        """What each revision of each posting does to the inventory accounts."""
        return table_of(self.effect_rows(accounts), EFFECTS)

    def effect_rows(self, accounts: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The rows of `effects`."""
        query = select(posting_effects).where(
            posting_effects.c.connection == self.name, posting_effects.c.account_id.in_(sorted(accounts))
        )
        if self.since > date.min:
            of_these = (postings.c.connection == posting_effects.c.connection) & (
                postings.c.key == posting_effects.c.key
            )
            of_these &= postings.c.revision == posting_effects.c.revision
            query = query.join(postings, of_these).where(postings.c.business_date >= self.since)
        for row in streamed(self.connection, query.order_by(posting_effects.c.key, posting_effects.c.revision)):
            yield {
                "posting_key": row.key,
                "revision": row.revision,
                "account_id": row.account_id,
                "product_id": row.product_id,
                "location_id": row.location_id,
                "amount": row.amount,
                "record_key": row.record_key,
            }


def _taken_out_by_policy(name: str) -> Any:
    """Keys of receipts that were restated without accrual: their journal is gone, as if it had never been posted."""
    key = records.c.record_type + "/" + records.c.record_id
    excluded = select(key).where(
        records.c.connection == name, records.c.disposition == "excluded", records.c.rule == NOT_ACCRUED
    )
    return select(postings.c.key).where(
        postings.c.connection == name,
        postings.c.superseded_by.is_(None),
        postings.c.operation == DELETE,
        postings.c.state == POSTED,
        postings.c.record_key.in_(excluded),
    )


def _by_person(row: Any) -> str | None:
    """What a person decided about a posting's object, for `reconciliation.inputs.POSTINGS`."""
    if row.origin == Origin.REVERSAL:
        return "reversed"
    return "accepted" if row.linked_by == "person" and row.linked_to == row.qbo_id else None


def _state_in_source(record_key: str, states: Mapping[str, str]) -> str:
    """An adjusting journal stands against a difference, not against a record: without that it has nothing."""
    return "vanished" if record_key.startswith("adjustment/") else states.get(record_key, "live")
