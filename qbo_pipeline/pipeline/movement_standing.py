"""What became of each movement, as the frame of stock says it: of all of them in columns, and of one.

What belongs here: from the states of postings and the dispositions of records to the words of `reconciliation.inputs`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, select

from qbo_pipeline.accounting.summaries import PREFIX, is_summary
from qbo_pipeline.pipeline.made_in_quickbooks import MADE_THERE
from qbo_pipeline.posting.events import DELETE, POSTED, VOID
from qbo_pipeline.reconciliation.frames import INSTANT, TEXT, WHOLE, flat
from qbo_pipeline.store.columns import read_columns
from qbo_pipeline.store.shares import OF_RECORD
from qbo_pipeline.store.tables.posting import posting_records, postings
from qbo_pipeline.store.tables.records import records

_BY_STATE = {
    "ready": "waiting", "sending": "waiting", "unknown": "waiting", "parked": "parked", "skipped": "skipped",
    "posted": "posted", "drifted": "posted", "deleted_in_qbo": "posted",
}  # fmt: skip
_BY_DISPOSITION = {"new": "waiting", "excluded": "excluded", "set_aside": "set_aside"}
_RANK = {"posted": 0, "skipped": 1, "waiting": 2, "parked": 3}
_TAKEN_OUT = -1  # what was taken out of QBO says nothing about a record that stands in another posting


class MovementStanding(NamedTuple):
    """What became of a movement, why, and the summary whose journal carries it, where it is one."""

    disposition: str
    reason: str | None = None
    posted_by: str | None = None


@dataclass(frozen=True)
class Standings:
    """For each movement that has postings what became of them: the least finished of them counts.

    `keys`, `dispositions`, `reasons` and `posted_by` are Arrow texts, one value a movement.
    """

    keys: pa.StringArray
    dispositions: pa.StringArray
    reasons: pa.StringArray
    posted_by: pa.StringArray

    @classmethod
    def read(cls, connection: Connection, name: str) -> Standings:
        """Those of a connection; of equally finished postings the first by key counts."""
        query = (
            select(
                posting_records.c.record_key,
                posting_records.c.key,
                postings.c.state,
                postings.c.operation,
                postings.c.reason,
                postings.c.record_key.label("of"),
            )
            .join(postings, OF_RECORD)
            .where(
                posting_records.c.connection == name,
                postings.c.superseded_by.is_(None),
                postings.c.state != "superseded",
                posting_records.c.record_key.like("movement/%"),
            )
        )
        names = ("record_key", "key", "state", "operation", "reason", "of")
        table = read_columns(connection, query, dict.fromkeys(names, TEXT), order=("record_key", "key"))
        return cls(*_least_finished(table))

    @classmethod
    def none(cls) -> Standings:
        """Those of nothing."""
        return cls(*(pa.array([], TEXT) for _ in range(4)))

    def get(self, key: str, unknown: MovementStanding) -> MovementStanding:
        """What became of one movement."""
        return self._by_key.get(key, unknown)

    @cached_property
    def _by_key(self) -> dict[str, MovementStanding]:
        columns = (self.keys, self.dispositions, self.reasons, self.posted_by)
        rows = zip(*(column.to_pylist() for column in columns), strict=True)
        return {key: MovementStanding(*rest) for key, *rest in rows}

    def told(self, row: Any, *, carried: bool) -> dict[str, Any]:
        """What a row of stock says of its movement, a row of `records`: which it is, and what became of it.

        `carried`: QBO keeps the stock by items.
        """
        key = f"movement/{row.record_id}"
        disposition, reason, posted_by = self.get(key, MovementStanding("waiting"))
        if row.disposition == "refused":  # a person may have decided about the refusal since
            disposition, reason, _ = self.get(key, MovementStanding("parked", row.message))
            reason = row.message if disposition == "parked" else reason
        elif carried and row.rule == MADE_THERE:  # its object in QBO moves the stock there
            disposition, reason = "posted", None
        elif row.disposition != "posting":
            disposition, reason = _BY_DISPOSITION[row.disposition], row.message
        return {
            "record_key": key,
            "kind": row.kind,
            "number": row.number,
            "business_date": row.business_date,
            "disposition": disposition,
            "reason": reason,
            "posted_by": posted_by,
            "first_seen": row.first_seen,
            "changed_seen": row.changed_at,
        }

    def told_of_all(self, movements: pa.Table, *, carried: bool) -> dict[str, Any]:
        """The same of many: by name of column, Arrow arrays in the order of `movements` (as `read_movements` gives
        them)."""
        keys = record_keys(movements["record_id"])
        place = pc.index_in(keys, self.keys)
        state, reason = self.dispositions.take(place), self.reasons.take(place)
        own, message = flat(movements["disposition"]), flat(movements["message"])
        refused, posting = pc.equal(own, "refused"), pc.equal(own, "posting")
        decided = pc.if_else(refused, pc.fill_null(state, "parked"), pc.fill_null(state, "waiting"))
        why = pc.if_else(pc.and_(refused, pc.equal(decided, "parked")), message, reason)
        other = pc.invert(pc.or_(refused, posting))
        became = _words(own, _BY_DISPOSITION)
        disposition, reasons = pc.if_else(other, became, decided), pc.if_else(other, message, why)
        if carried:
            there = pc.and_(pc.invert(refused), pc.equal(pc.fill_null(flat(movements["rule"]), ""), MADE_THERE))
            disposition = pc.if_else(there, "posted", disposition)
            reasons = pc.if_else(there, pa.scalar(None, TEXT), reasons)
        return {
            "record_key": keys,
            "disposition": disposition,
            "reason": reasons,
            "posted_by": self.posted_by.take(place),
            "changed_seen": flat(movements["changed_at"]),
        }


def read_movements(connection: Connection, name: str) -> pa.Table:
    """Of every movement of a connection what says how it stands."""
    names = ("record_id", "disposition", "rule", "message", "changed_at")
    query = select(*(records.c[column] for column in names)).where(
        records.c.connection == name, records.c.record_type == "movement"
    )
    return read_columns(connection, query, dict.fromkeys(names[:-1], TEXT) | {"changed_at": INSTANT})


def record_keys(ids: Any) -> Any:
    """The keys of movements by their ids."""
    return pc.binary_join_element_wise("movement/", flat(ids), "")


def _least_finished(table: pa.Table) -> Sequence[Any]:
    """Of each movement's postings, sorted by movement, the first of those that are least finished."""
    own, operation = flat(table["state"]), flat(table["operation"])
    states = _words(own, _BY_STATE)
    rank = np.asarray(_words(own, {state: _RANK[word] for state, word in _BY_STATE.items()}, WHOLE))
    gone = pc.and_(pc.equal(own, POSTED), pc.is_in(operation, pa.array([VOID, DELETE], TEXT)))
    rank = np.where(np.asarray(gone), _TAKEN_OUT, rank)
    movement = np.asarray(flat(table["record_key"]).dictionary_encode().indices)
    order = np.lexsort((-rank, movement))  # stable: what is equally finished stays in order
    first = np.ones(len(order), dtype=bool)
    first[1:] = movement[order][1:] != movement[order][:-1]
    rows = pa.array(order[first])
    summed = flat(table["of"]).take(rows)
    return (
        flat(table["record_key"]).take(rows),
        states.take(rows),
        flat(table["reason"]).take(rows),
        _summaries(summed),
    )


def _summaries(keys: Any) -> Any:
    """The keys that are those of summaries; null for all others."""
    found = [key for key in pc.unique(keys.filter(pc.starts_with(keys, PREFIX))).to_pylist() if is_summary(key)]
    return pc.if_else(pc.is_in(keys, pa.array(found, TEXT)), keys, pa.scalar(None, TEXT))


def _words(column: Any, words: Mapping[str, Any], kind: Any = TEXT) -> Any:
    """Each text by the word that stands for it; null for one that has none."""
    return pa.array(list(words.values()), kind).take(pc.index_in(column, pa.array(list(words), TEXT)))
