"""Which effect and which ledger line belong to which posting, and which revision of a posting its QBO object shows.

What belongs here: the links by key, by Id and by mark. What of it agrees is judged in `matching.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.amounts import Codes, Whole
from qbo_pipeline.reconciliation.coding import Flags, entity_codes, whole
from qbo_pipeline.reconciliation.frames import FrameError, flat
from qbo_pipeline.reconciliation.keys import encode

IN_QBO = ("posted", "drifted", "deleted_in_qbo", "superseded")
NOT_ADOPTED = ("skipped", "superseded")


@dataclass(slots=True)
class Links:
    """The row of its posting for each effect and ledger line, a code for each QBO object; -1 means none.

    `adopted` holds the postings without an Id that were found in the ledger by their mark, each with its object;
    `doubled` the objects that one posting left standing when it was posted again, each with its posting of today.
    """

    posting_object: Codes
    posting_in_qbo: Flags
    posting_current: Flags  # the revision that its QBO object shows
    effect_posting: Codes
    ledger_object: Codes
    ledger_posting: Codes  # the posting that made it; -1: not ours
    adopted: dict[int, int] = field(default_factory=dict)
    doubled: dict[int, int] = field(default_factory=dict)


def link(postings: Any, effects: Any, ledger: Any) -> Links:
    """The links between the rows of these Arrow tables; raises `FrameError` where a posting's revision occurs twice."""
    (posting_key, effect_key, marker_key), _ = encode(postings["posting_key"], effects["posting_key"], ledger["marker"])
    revision = whole(postings["revision"])
    effect_posting = _effect_postings(posting_key, revision, effect_key, whole(effects["revision"]))
    (posting_object, ledger_object), objects = encode(
        postings["qbo_id"], ledger["qbo_id"], beside=entity_codes(postings["qbo_type"], ledger["qbo_type"])
    )
    in_qbo = np.asarray(pc.is_in(postings["state"], pa.array(IN_QBO))) & (posting_object >= 0)
    current = _current(posting_object, revision, in_qbo, len(objects))
    links = Links(
        posting_object=posting_object,
        posting_in_qbo=in_qbo,
        posting_current=current,
        effect_posting=effect_posting,
        ledger_object=ledger_object,
        ledger_posting=np.full(len(ledger_object), -1, dtype=np.int32),
    )
    _forget_replaced(links, posting_key, revision, postings, ledger)
    rows = np.flatnonzero(current)
    posting_of = np.full(len(objects) + 1, -1, dtype=np.int32)  # the last place is that of no object
    posting_of[posting_object[rows]] = rows
    links.ledger_posting = posting_of[ledger_object]
    _adopt(links, posting_key, revision, marker_key, postings, ledger)
    return links


def _effect_postings(posting_key: Codes, revision: Whole, effect_key: Codes, effect_revision: Whole) -> Codes:
    """For each effect, the row of its posting."""
    count = max(posting_key.max(initial=-1), effect_key.max(initial=-1)) + 1
    row_of = np.full(count, -1, dtype=np.int32)
    row_of[posting_key] = np.arange(len(posting_key))
    found = row_of[effect_key]
    found[(found >= 0) & (revision[found] != effect_revision)] = -1
    several = np.bincount(posting_key, minlength=count) > 1
    if not several.any():
        return found
    rows, effects = np.flatnonzero(several[posting_key]), np.flatnonzero(several[effect_key])
    width = np.int64(max(revision.max(), effect_revision.max(initial=0)) + 1)
    wanted = posting_key[rows] * width + revision[rows]
    order = np.argsort(wanted)
    ordered = wanted[order]
    if (ordered[1:] == ordered[:-1]).any():
        raise FrameError("postings: a posting key and revision occur twice; deliver one row for each")
    sought = effect_key[effects] * width + effect_revision[effects]
    places = np.minimum(np.searchsorted(ordered, sought), len(ordered) - 1)
    found[effects] = np.where(ordered[places] == sought, rows[order[places]], -1)
    return found


def _current(objects: Codes, revision: Whole, in_qbo: Flags, count: int) -> Flags:
    """Of the postings that reached one QBO object, the one with the highest revision, the last among equals."""
    rows = np.flatnonzero(in_qbo)
    highest = np.zeros(count, dtype=np.int64)
    np.maximum.at(highest, objects[rows], revision[rows])
    rows = rows[revision[rows] == highest[objects[rows]]]
    last = np.full(count, -1, dtype=np.int32)
    last[objects[rows]] = rows
    current = np.zeros(len(objects), dtype=bool)
    current[last[last >= 0]] = True
    return current


def _forget_replaced(links: Links, posting_key: Codes, revision: Whole, postings: Any, ledger: Any) -> None:
    """An object that a later revision of its posting replaced by another object counts no more.

    Where it still stands in the ledger, the document stands there twice. A reversal of the same record, dated another
    day, takes the earlier object out of the books itself: then it counts, and so does what takes it out.
    """
    rows = np.flatnonzero(links.posting_current)
    several = np.bincount(posting_key[rows], minlength=1) > 1
    if not several.any():
        return
    rows = rows[several[posting_key[rows]]]
    rows = rows[np.lexsort((revision[rows], posting_key[rows]))]
    keys = posting_key[rows]
    newest = rows[np.searchsorted(keys, keys, side="right") - 1]
    older, newest = rows[newest != rows], newest[newest != rows]
    standing = np.unique(links.ledger_object[np.asarray(pc.not_equal(flat(ledger["amount"]), 0))])
    stands = np.isin(links.posting_object[older], standing)
    by_date = np.asarray(pc.fill_null(pc.equal(postings["by_person"], "reversed"), False)) & links.posting_current
    reversed_records = postings["record_key"].filter(pa.array(by_date)).combine_chunks()
    taken_out = np.asarray(pc.is_in(postings["record_key"].take(pa.array(older)), reversed_records))
    gone = older[~(stands & taken_out)]
    links.posting_current[gone] = False
    twice = stands & ~taken_out
    links.doubled |= dict(zip(links.posting_object[older[twice]].tolist(), newest[twice].tolist(), strict=True))


def _adopt(links: Links, posting_key: Codes, revision: Whole, marker_key: Codes, postings: Any, ledger: Any) -> None:
    """Give postings without an Id the ledger object that bears their marker: a lost answer, not a foreign entry."""
    marked = np.flatnonzero((links.ledger_posting < 0) & (marker_key >= 0))
    if not len(marked):
        return
    named = np.zeros(max(posting_key.max(initial=-1), marker_key.max()) + 1, dtype=bool)
    named[marker_key[marked]] = True
    named[posting_key[links.posting_in_qbo]] = False
    rows = np.flatnonzero(named[posting_key])
    states = postings["state"].take(pa.array(rows)).to_pylist()
    latest: dict[int, int] = {}
    for row, state in zip(rows.tolist(), states, strict=True):
        key = int(posting_key[row])
        if state not in NOT_ADOPTED and (key not in latest or revision[row] > revision[latest[key]]):
            latest[key] = row
    ids = ledger["qbo_id"].take(pa.array(marked)).to_pylist()
    posting_of: dict[int, int] = {}
    for _, line in sorted(zip(ids, marked.tolist(), strict=True)):
        row = latest.pop(int(marker_key[line]), -1)
        if row < 0:
            continue
        thing = int(links.ledger_object[line])
        links.adopted[row] = thing
        links.posting_object[row] = thing
        links.posting_in_qbo[row] = links.posting_current[row] = True
        posting_of[thing] = min(row, posting_of.get(thing, row))
    if posting_of:
        things, owners = (np.array(part, dtype=np.int32) for part in zip(*sorted(posting_of.items()), strict=True))
        places = np.minimum(np.searchsorted(things, links.ledger_object), len(things) - 1)
        mine = things[places] == links.ledger_object
        links.ledger_posting[mine] = owners[places[mine]]
