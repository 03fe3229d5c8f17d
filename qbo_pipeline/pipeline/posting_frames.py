"""The frames of our postings that reconciliation is given: each revision, and what it does to the inventory accounts.

What belongs here: filling them from the store. The stock that they are held against is in `frames.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, select, text

from qbo_pipeline.pipeline.ahead import Ahead
from qbo_pipeline.pipeline.arrow import PAGE, streamed, table_of
from qbo_pipeline.pipeline.billed import NOT_ACCRUED
from qbo_pipeline.pipeline.goods_from_quickbooks import MadeThere
from qbo_pipeline.posting.events import DELETE, POSTED
from qbo_pipeline.posting.reversal import REVERSAL_MARK, reversed_key
from qbo_pipeline.posting.states import Origin
from qbo_pipeline.reconciliation.frames import DAY, EXACT, INSTANT, TEXT, WHOLE, YES_NO, flat
from qbo_pipeline.reconciliation.inputs import EFFECTS, POSTINGS
from qbo_pipeline.store.columns import read_columns
from qbo_pipeline.store.tables.posting import posting_effects, posting_links, postings
from qbo_pipeline.store.tables.records import UNDATED, records

# What is read of each revision of a posting, under the names of its frame, and of each of its effects.
_FROM = {"posting_key": "key", "qbo_type": "entity"}
_READ = {
    "posting_key": TEXT, "record_key": TEXT, "revision": WHOLE, "qbo_type": TEXT, "qbo_id": TEXT, "qbo_number": TEXT,
    "business_date": DAY, "state": TEXT, "reason": TEXT, "first_seen": INSTANT, "sync_token": TEXT, "currency": TEXT,
    "origin": TEXT,
}  # fmt: skip
_EFFECT = {
    "posting_key": TEXT, "revision": WHOLE, "account_id": TEXT, "product_id": TEXT, "location_id": TEXT,
    "amount": EXACT, "record_key": TEXT,
}  # fmt: skip

# Literals, or SQLite does not see that its index `records_gone` serves.
_GONE = text(
    "(records.vanished_at IS NOT NULL OR records.rule = 'voided_in_source' "
    "OR (records.record_type = 'movement' AND records.disposition = 'set_aside'))"
)


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
        query = select(*(postings.c[_FROM.get(name, name)].label(name) for name in _READ)).where(
            postings.c.connection == self.name,
            postings.c.entity != "",
            postings.c.business_date != UNDATED,
            postings.c.business_date >= self.since,
            postings.c.key.not_like("switch/%"),
            postings.c.key.not_in(_taken_out_by_policy(self.name)),
            postings.c.key.not_like("product/%"),  # opening stock of items, which is compared as such
        )
        rows = read_columns(
            self.connection, query, _READ, by=postings.c.business_date, order=("posting_key", "revision")
        )
        states = self._source_states() | (ahead.states() if ahead else {})
        records_of = flat(rows["record_key"])
        turned = flat(pc.match_substring(records_of, REVERSAL_MARK))
        records_of = _replaced(records_of, turned, [reversed_key(key) for key in records_of.filter(turned).to_pylist()])
        known = {name: rows[name] for name in _READ} | {
            "record_key": records_of,
            "record_state": _states_in_source(records_of, states),
            "by_person": self._by_person(rows),
            "costed": pa.array([False] * rows.num_rows, YES_NO),
        }
        if then or costed:
            pairs = list(zip(rows["posting_key"].to_pylist(), rows["revision"].to_pylist(), strict=True))
            known["costed"] = pa.array([pair in costed for pair in pairs], YES_NO)
            now = rows["state"].to_pylist()
            known["state"] = pa.array([(then or {}).get(*one) for one in zip(pairs, now, strict=True)], TEXT)
        ours = pa.table({column.name: known[column.name] for column in POSTINGS})
        theirs = table_of((_as_posting(row, states, costed, then or {}) for row in made_there), POSTINGS)
        return pa.concat_tables([ours, theirs]).combine_chunks()

    def _by_person(self, rows: pa.Table) -> Any:
        """What a person decided about the object of each posting, for `reconciliation.inputs.POSTINGS`."""
        p = posting_links.c
        query = select(p.key, p.qbo_id).where(p.connection == self.name, p.linked_by == "person")
        linked = {row.key: row.qbo_id for row in self.connection.execute(query)}
        keys, objects = flat(rows["posting_key"]), flat(rows["qbo_id"])
        there = pa.array(list(linked.values()), TEXT).take(pc.index_in(keys, pa.array(list(linked), TEXT)))
        accepted = pc.fill_null(pc.equal(there, objects), False)
        turned = pc.equal(flat(rows["origin"]), Origin.REVERSAL.value)
        nothing = pa.scalar(None, TEXT)
        return pc.if_else(turned, "reversed", pc.if_else(accepted, "accepted", nothing))

    def _source_states(self) -> dict[str, str]:
        columns = ("record_type", "record_id", "vanished_at", "disposition")
        query = select(*(records.c[name] for name in columns)).where(records.c.connection == self.name, _GONE)
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
        query = select(
            posting_effects.c.key.label("posting_key"),
            *(posting_effects.c[name] for name in _EFFECT if name != "posting_key"),
            posting_effects.c.line,
        ).where(posting_effects.c.connection == self.name, posting_effects.c.account_id.in_(sorted(accounts)))
        if self.since > date.min:
            of_these = (postings.c.connection == posting_effects.c.connection) & (
                postings.c.key == posting_effects.c.key
            )
            of_these &= postings.c.revision == posting_effects.c.revision
            query = query.join(postings, of_these).where(postings.c.business_date >= self.since)
        order = ("posting_key", "revision", "line")
        found = read_columns(self.connection, query, _EFFECT | {"line": WHOLE}, order=order)
        known = {name: found[name] for name in _EFFECT} | {"ahead": pa.nulls(found.num_rows, YES_NO)}
        return pa.table({column.name: known[column.name] for column in EFFECTS}).combine_chunks()

    def effect_rows(self, accounts: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The rows of `effects`."""
        for batch in self.effects(accounts).to_batches(max_chunksize=PAGE):
            yield from batch.to_pylist()


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


def _as_posting(
    row: MadeThere,
    states: Mapping[str, str],
    costed: Collection[tuple[str, int]],
    then: Mapping[tuple[str, int], str],
) -> dict[str, Any]:
    """What people made in QuickBooks, in the words of a posting."""
    record_key = reversed_key(row.record_key)
    return {
        "posting_key": row.key,
        "record_key": record_key,
        "revision": row.revision,
        "qbo_type": row.entity,
        "qbo_id": row.qbo_id,
        "qbo_number": row.qbo_number,
        "business_date": row.business_date,
        "state": then.get((row.key, row.revision), row.state),
        "first_seen": row.first_seen,
        "sync_token": row.sync_token,
        "record_state": states.get(record_key, "live"),
        "costed": (row.key, row.revision) in costed,
    }


def _states_in_source(record_keys: Any, states: Mapping[str, str]) -> Any:
    """live, voided or vanished, of each of these records.

    An adjusting journal stands against a difference, not against a record: without that it has nothing.
    """
    place = pc.index_in(record_keys, pa.array(list(states), TEXT))
    found = pc.fill_null(pa.array(list(states.values()), TEXT).take(place), "live")
    return pc.if_else(pc.starts_with(record_keys, "adjustment/"), "vanished", found)


def _replaced(texts: Any, where: Any, others: Sequence[str]) -> Any:
    """The texts with others in these places."""
    return pc.replace_with_mask(texts, where, pa.array(others, TEXT)) if others else texts
