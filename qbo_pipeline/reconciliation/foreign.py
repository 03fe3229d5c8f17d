"""Entries on the inventory accounts that the pipeline did not make: copies, tracked items, transfers, all others.

What belongs here: the cause of each ledger entry without a posting. The order of the rules is that of their
certainty: our marker, our number, a sale of a tracked item, our content, a move between asset accounts; what is
left was made by others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.amounts import Whole
from qbo_pipeline.reconciliation.books import CodedInput
from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.reconciliation.coding import ENTITIES, Flags
from qbo_pipeline.reconciliation.entries import Entry, Row, amount_text, day_text
from qbo_pipeline.reconciliation.originals import Originals
from qbo_pipeline.reconciliation.qbo_side import SALES_FORMS

OPENING_TYPES = ("InventoryStartingValue",)
OPENING_LABELS = (*OPENING_TYPES, "Inventory Starting Value")
OPENING_SPLITS = ("Opening Balance Equity", "Opening balance equity", "Opening Bal Equity")
POSTED_AGAIN = "same posting"
TRACKED_SALE = "sale of a tracked item"
UNTRACKED_SALES = {False: "sale to the stock account", None: "sale; its items were not looked up"}
CHUNK = 50_000  # ledger lines that are examined one by one at a time


@dataclass(slots=True)
class Foreign:
    """What was found: entries of differences, and for each ledger row that is to be shown its cause.

    Rows that are ours have none, nor have those from before the first day that belong to an opening balance.
    """

    entries: list[Entry] = field(default_factory=list)
    causes: dict[int, Cause] = field(default_factory=dict)  # by ledger row
    opening_rows: list[int] = field(default_factory=list)

    def show(self, rows: Iterable[int]) -> None:
        """List rows of the opening balance one by one, each on its own day."""
        self.causes |= dict.fromkeys(rows, Cause.OPENING_BALANCE)


def explain_foreign(books: CodedInput) -> Foreign:
    """A cause for every ledger entry that no posting made, whatever its date: the opening balance, a copy of ours,
    or what a person entered. Every line belongs to one."""
    foreign = Foreign()
    rows = np.flatnonzero(books.ledger_posting < 0)
    inherited = _inherited(books, rows)
    foreign.opening_rows.extend(rows[inherited].tolist())
    rows = rows[~inherited]
    if not len(rows):
        return foreign
    originals = Originals(books, rows)
    for lines in _objects(books, rows):
        _explain_object(books, foreign, originals, lines)
    return foreign


def _inherited(books: CodedInput, rows: Whole) -> Flags:
    """Objects from before the first day that were there before our first posting: what the books began with.

    Both instants are QBO's own. An object without one, or one against opening balance equity, belongs to the opening.
    One that a posting of ours made and left standing never does.
    """
    if books.opening is None:
        return np.zeros(len(rows), dtype=bool)
    _, number = np.unique(books.ledger_object[rows], return_inverse=True)
    later = np.zeros(len(rows), dtype=bool)
    created = books.ledger["created_at"]
    began = pc.min(created.filter(pa.array(books.ledger_posting >= 0)))
    if began.is_valid:
        after = np.asarray(pc.fill_null(pc.greater(created, began), False))[rows]
        aligning = np.asarray(pc.fill_null(pc.is_in(books.ledger["split"], pa.array(OPENING_SPLITS)), False))[rows]
        aligning |= np.asarray(pc.is_in(books.ledger["qbo_type"], pa.array(OPENING_LABELS)))[rows]
        later = after & ~aligning
    stays = (books.ledger_day[rows] >= books.opening) | later
    if books.doubled:
        stays |= np.isin(books.ledger_object[rows], list(books.doubled))
    shown = np.zeros(number.max(initial=-1) + 1, dtype=bool)
    np.logical_or.at(shown, number, stays)
    inherited: Flags = ~shown[number]
    return inherited


def _objects(books: CodedInput, rows: Whole) -> Iterator[list[Row]]:
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


def _explain_object(books: CodedInput, foreign: Foreign, originals: Originals, lines: list[Row]) -> None:
    original = originals.posted_again(lines)
    if original is None and _is_opening(books, lines):
        cause, detail = Cause.OPENING_BALANCE, ""
        foreign.opening_rows.extend(line["row"] for line in lines)
    elif (original := original or originals.of(lines)) is not None:
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


def _is_opening(books: CodedInput, lines: list[Row]) -> bool:
    in_time = books.opening is None or all(line["day"] <= books.opening for line in lines)
    known = lines[0]["entity"] in OPENING_TYPES or all(line["split"] in OPENING_SPLITS for line in lines)
    return in_time and known


def _other_cause(books: CodedInput, lines: list[Row]) -> tuple[Cause, str]:
    entity = lines[0]["entity"]
    if entity in SALES_FORMS:
        # An item that sells to the stock account looks in the ledger as a tracked one: only its items tell them apart.
        tracked = books.objects.get((entity, lines[0]["qbo_id"]), {}).get("tracked")
        return (Cause.DOUBLED_COGS, TRACKED_SALE) if tracked else (Cause.QBO_ONLY, UNTRACKED_SALES[tracked])
    accounts = {line["account"] for line in lines}
    if len(accounts) > 1 and not sum(line["cents"] for line in lines):
        return Cause.MOVED_ACCOUNT, "between inventory accounts"
    assets = books.input.asset_accounts
    if entity in ("Transfer", "JournalEntry") and all(line["split"] in assets for line in lines):
        return Cause.MOVED_ACCOUNT, "to or from another account that holds goods"
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
        if detail == POSTED_AGAIN:
            later = f"{posting['entity']} {posting['qbo_id']}"
            sentence = f"It was posted for {posting['posting_key']} before that was posted again as {later}.{gone}"
    return Entry(
        "ledger_entry", f"qbo/{first['entity']}/{first['qbo_id']}", account, day, cause, detail, cents, sentence,
        record_key=posting.get("record_key"), posting_key=posting.get("posting_key"), revision=posting.get("revision"),
        qbo_type=first["entity"], qbo_id=first["qbo_id"], qbo_number=first["qbo_number"],
        state=posting.get("state"), changed_at=at, changed_by=by,
    )  # fmt: skip
