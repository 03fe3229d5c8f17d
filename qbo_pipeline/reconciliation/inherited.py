"""What both sides held before the first day, one by one: QBO's entries, and the stock of each place.

What belongs here: the objects behind a ledger's opening balance, the stock behind the inventory system's, and how they
are named where the two do not agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from qbo_pipeline.reconciliation.amounts import Whole, round_to_cents
from qbo_pipeline.reconciliation.books import CodedInput
from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.reconciliation.coding import ENTITIES
from qbo_pipeline.reconciliation.entries import Entry, Row, amount_text, day_text

_NAMED = 3  # entries in a sentence


@dataclass(slots=True)
class Inherited:
    """One object's lines on one account: QBO's first line of it, its day, cents, and rows of the ledger."""

    line: Row
    day: int
    cents: int = 0
    rows: list[int] = field(default_factory=list)


def inherited_objects(books: CodedInput, rows: Whole) -> dict[int, list[Inherited]]:
    """By account, the objects dated before the first day among these ledger rows, oldest first."""
    if books.opening is None:
        return {}
    early = rows[books.ledger_day[rows] < books.opening]
    names = ["qbo_type", "qbo_id", "qbo_number", "created_at", "created_by", "changed_at", "changed_by"]
    lines = books.ledger.select(names).take(pa.array(early)).to_pylist()
    found: dict[tuple[int, int, int], Inherited] = {}
    for line, row in zip(lines, early.tolist(), strict=True):
        place = (int(books.ledger_account[row]), int(books.ledger_day[row]), int(books.ledger_object[row]))
        one = found.setdefault(place, Inherited(line, place[1]))
        one.cents += int(books.ledger_cents[row])
        one.rows.append(row)
    by_account: dict[int, list[Inherited]] = {}
    for (account, _, _), one in sorted(found.items()):
        if one.cents:
            by_account.setdefault(account, []).append(one)
    return by_account


def opening_entry(one: Inherited, account: int) -> Entry:
    """The difference that an inherited object is where the inventory system knows no stock before the first day."""
    line = one.line
    entity = ENTITIES.get(line["qbo_type"], line["qbo_type"])
    pairs = ((line["changed_at"], line["changed_by"]), (line["created_at"], line["created_by"]))
    stamps = [(at, by) for at, by in pairs if at is not None]
    at, by = max(stamps, key=lambda stamp: stamp[0], default=(None, None))
    sentence = f"{line['qbo_type']} of {day_text(one.day)} over {amount_text(one.cents)}, from before the first day."
    return Entry(
        "ledger_entry", f"qbo/{entity}/{line['qbo_id']}", account, one.day, Cause.OPENING_BALANCE,
        "before the first day", one.cents, sentence, qbo_type=entity, qbo_id=line["qbo_id"],
        qbo_number=line["qbo_number"], changed_at=at, changed_by=by,
    )  # fmt: skip


def opening_places(books: CodedInput, rows: Whole, day: int) -> list[Entry]:
    """The stock of each product and location, where QuickBooks began with nothing: rows of one account's opening.

    A quantity that the inventory system's own movements do not bear out shows here too: a system that counts its stock
    of a day back from that of today has had it since before the first day.
    """
    names = books.stock.select(["product_id", "location_id"]).take(pa.array(rows)).to_pylist()
    values: dict[tuple[str, str], int] = {}
    for name, row in zip(names, rows.tolist(), strict=True):
        place = (name["product_id"] or "", name["location_id"] or "")
        values[place] = values.get(place, 0) + int(books.stock_micros[row])
    entries = []
    for (product, location), micros in sorted(values.items()):
        cents = int(round_to_cents(np.array([micros]))[0])
        sentence = (
            f"Product {product}, location {location}: the inventory system has {amount_text(cents)} from before the "
            "first day, QuickBooks nothing. Check there that its movements make its quantity."
        )
        if cents:
            entries.append(
                Entry(
                    "product_location", f"product/{product}@{location}/opening", int(books.stock_account[rows[0]]), day,
                    Cause.OPENING_BALANCE, "stock before the first day", -cents, sentence, source_number=product,
                )
            )  # fmt: skip
    return entries


def made_of(objects: Sequence[Inherited]) -> str:
    """Which entries QuickBooks' opening balance is made of, for a sentence: the newest first."""
    if not objects:
        return ""
    named = [f"{one.line['qbo_type']} {one.line['qbo_id']} of {day_text(one.day)} over {amount_text(one.cents)}"
             for one in reversed(objects[-_NAMED:])]  # fmt: skip
    many = f"{len(objects):,} entries from before the first day, the last" if len(objects) > 1 else "one entry"
    return f", made of {many}: {'; '.join(named)}"
