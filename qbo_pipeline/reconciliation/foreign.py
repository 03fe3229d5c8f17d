"""Entries on the inventory accounts that the pipeline did not make: copies, tracked items, transfers, all others.

What belongs here: the cause of each ledger entry without a posting. The order of the rules is that of their
certainty: our marker, our number, a sale of a tracked item, our content, a move between asset accounts; what is
left was made by others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from qbo_pipeline.reconciliation.amounts import Whole
from qbo_pipeline.reconciliation.books import ENTITIES, Books
from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.reconciliation.entries import Entry, Row, amount_text, day_text
from qbo_pipeline.reconciliation.originals import Originals
from qbo_pipeline.reconciliation.qbo_side import SALES_FORMS

OPENING_TYPES = ("InventoryStartingValue",)
OPENING_SPLITS = ("Opening Balance Equity", "Opening balance equity", "Opening Bal Equity")
CHUNK = 50_000  # ledger lines that are examined one by one at a time


@dataclass(slots=True)
class Foreign:
    """What was found: entries of differences, and for each ledger row the cause (empty where it is ours)."""

    entries: list[Entry] = field(default_factory=list)
    causes: dict[int, Cause] = field(default_factory=dict)  # by ledger row
    opening_rows: list[int] = field(default_factory=list)


def explain_foreign(books: Books) -> Foreign:
    """A cause for every ledger entry that no posting made."""
    foreign = Foreign()
    rows = np.flatnonzero(books.ledger_posting < 0)
    if not len(rows):
        return foreign
    originals = Originals(books, rows)
    for lines in _objects(books, rows):
        _explain_object(books, foreign, originals, lines)
    return foreign


def _objects(books: Books, rows: Whole) -> Iterator[list[Row]]:
    """The lines of one QBO object after another."""
    order = rows[np.argsort(books.ledger_object[rows], kind="stable")]
    objects = books.ledger_object[order]
    starts = np.flatnonzero(np.concatenate(([True], objects[1:] != objects[:-1])))
    ends = np.append(starts[1:], len(order))
    place = 0
    while place < len(starts):
        stop = max(int(np.searchsorted(ends, starts[place] + CHUNK, side="right")), place + 1)
        first, last = int(starts[place]), int(ends[stop - 1])
        lines = books.ledger.take(pa.array(order[first:last])).to_pylist()
        for line, row in zip(lines, order[first:last].tolist(), strict=True):
            line["row"] = row
            line["account"] = int(books.ledger_account[row])
            line["day"] = int(books.ledger_day[row])
            line["cents"] = int(books.ledger_cents[row])
            line["entity"] = ENTITIES.get(line["qbo_type"], line["qbo_type"])
        for start, end in zip(starts[place:stop], ends[place:stop], strict=True):
            yield lines[start - first : end - first]
        place = stop


def _explain_object(books: Books, foreign: Foreign, originals: Originals, lines: list[Row]) -> None:
    original = None
    if _is_opening(books, lines):
        cause, detail = Cause.OPENING_BALANCE, ""
        foreign.opening_rows.extend(line["row"] for line in lines)
    elif (original := originals.of(lines)) is not None:
        cause, detail = Cause.DUPLICATE_IN_QBO, f"same {original[1]}"
    else:
        cause, detail = _other_cause(books, lines)
    for line in lines:
        foreign.causes[line["row"]] = cause
    if cause is Cause.OPENING_BALANCE:
        return
    sums: dict[tuple[int, int], int] = defaultdict(int)
    for line in lines:
        sums[line["account"], line["day"]] += line["cents"]
    for (account, day), cents in sorted(sums.items()):
        if cents and day <= books.as_at:
            foreign.entries.append(_entry(lines, account, day, cause, detail, cents, original))


def _is_opening(books: Books, lines: list[Row]) -> bool:
    opening = books.opening
    if opening is not None and all(line["day"] < opening for line in lines):
        return True
    in_time = opening is None or all(line["day"] <= opening for line in lines)
    known = lines[0]["entity"] in OPENING_TYPES or all(line["split"] in OPENING_SPLITS for line in lines)
    return in_time and known


def _other_cause(books: Books, lines: list[Row]) -> tuple[Cause, str]:
    entity = lines[0]["entity"]
    if entity in SALES_FORMS:
        return Cause.DOUBLED_COGS, "sale of a tracked item"
    accounts = {line["account"] for line in lines}
    if len(accounts) > 1 and not sum(line["cents"] for line in lines):
        return Cause.MOVED_ACCOUNT, "between inventory accounts"
    assets = books.input.asset_accounts
    if entity == "Transfer" or (entity == "JournalEntry" and all(line["split"] in assets for line in lines)):
        return Cause.MOVED_ACCOUNT, "to or from another asset account"
    return Cause.QBO_ONLY, lines[0]["qbo_type"]


def _entry(
    lines: list[Row], account: int, day: int, cause: Cause, detail: str, cents: int, original: tuple[Row, str] | None
) -> Entry:
    first = lines[0]
    stamps = [
        (at, by)
        for line in lines
        for at, by in ((line["changed_at"], line["changed_by"]), (line["created_at"], line["created_by"]))
        if at is not None
    ]
    at, by = max(stamps, key=lambda stamp: stamp[0], default=(None, None))
    posting = original[0] if original else {}
    sentence = f"{first['qbo_type']} of {day_text(day)} over {amount_text(cents)}."
    if posting:
        gone = "" if posting["stands"] else " The pipeline's own entry is gone."
        sentence = f"It is a copy of {posting['posting_key']}.{gone}"
    return Entry(
        "ledger_entry", f"qbo/{first['entity']}/{first['qbo_id']}", account, day, cause, detail, cents, sentence,
        record_key=posting.get("record_key"), posting_key=posting.get("posting_key"), revision=posting.get("revision"),
        qbo_type=first["entity"], qbo_id=first["qbo_id"], qbo_number=first["qbo_number"],
        state=posting.get("state"), changed_at=at, changed_by=by,
    )  # fmt: skip
