"""What agrees on all three sides (source, postings, ledger) is set apart at once; the rest goes on to be explained.

What belongs here: the cells (document, account, day) with what the source says, what was posted and what the ledger
has; and which documents need an explanation. A document agrees where all three are equal in every cell up to the
date, and so is each record's share of it: no difference that nets to nothing passes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.amounts import Codes, Whole, round_to_cents
from qbo_pipeline.reconciliation.books import CodedInput
from qbo_pipeline.reconciliation.coding import Flags
from qbo_pipeline.reconciliation.shares import other_shares

Side = tuple[Codes, Whole, Whole]  # for each row: document, place (account and day), amount


@dataclass(slots=True)
class Cells:
    """One row for each document, account and day that any side has: cents of source, postings and ledger."""

    document: Codes
    account: Codes
    day: Codes
    source: Whole
    posted: Whole
    ledger: Whole


@dataclass(slots=True)
class Matching:
    """Cells, the stock rows that belong to the opening balance, and the documents that do not agree."""

    cells: Cells
    opening_rows: Flags  # of the stock
    unsent: Flags  # by document: nothing of it is in QBO, and one reason covers it all
    differing: Flags  # by document: everything else that does not agree


def match(books: CodedInput) -> Matching:
    """Compare the three sides cell by cell."""
    has_posting = np.zeros(len(books.documents), dtype=bool)
    has_posting[books.posting_document] = True
    opening_rows = _opening_rows(books, has_posting)
    cells = _cells(books, ~opening_rows)
    odd = ((cells.source != cells.posted) | (cells.posted != cells.ledger)) & (cells.day <= books.as_at)
    flagged = np.zeros(len(books.documents), dtype=bool)
    flagged[cells.document[odd]] = True
    flagged |= other_shares(books, ~opening_rows)
    unsent = flagged & _one_reason(books)
    return Matching(cells=cells, opening_rows=opening_rows, unsent=unsent, differing=flagged & ~unsent)


def _opening_rows(books: CodedInput, has_posting: Flags) -> Flags:
    """Stock from before the first day of posting, and opening stock that is not to be posted."""
    settled = pc.is_in(books.stock["disposition"], pa.array(["excluded", "skipped", "posted"]))
    rows = np.asarray(pc.and_(pc.equal(books.stock["kind"], "opening"), settled))
    if books.opening is not None:
        rows = rows | (books.stock_day < books.opening)
    mine: Flags = rows & ~has_posting[books.stock_document]
    return mine


def _cells(books: CodedInput, stock_rows: Flags) -> Cells:
    """The cells of all documents. Nearly every document has one account and one day: those need no sorting."""
    days = (books.stock_day, books.posting_day, books.ledger_day)
    first = min((int(day.min()) for day in days if len(day)), default=0)
    width = np.int64(max((int(day.max()) for day in days if len(day)), default=0) - first + 1)

    def side(document: Codes, account: Codes, day: Codes, amount: Whole) -> Side:
        return document, account * width + (day - first), amount

    def source() -> Side:
        rows = slice(None) if stock_rows.all() else np.flatnonzero(stock_rows)
        return side(books.stock_document[rows], books.stock_account[rows], books.stock_day[rows],
                    books.stock_micros[rows])  # fmt: skip

    def posted() -> Side:
        rows = np.flatnonzero((books.effect_posting >= 0) & (books.effect_account >= 0))
        rows = rows[books.posting_current[books.effect_posting[rows]]]
        posting = books.effect_posting[rows]
        return side(books.posting_document[posting], books.effect_account[rows], books.posting_day[posting],
                    books.effect_cents[rows])  # fmt: skip

    def ledger() -> Side:
        rows = np.flatnonzero(books.ledger_posting >= 0)
        document = books.posting_document[books.ledger_posting[rows]]
        return side(document, books.ledger_account[rows], books.ledger_day[rows], books.ledger_cents[rows])

    document, places, sums = _added_up(
        (source, posted, ledger), len(books.documents), max(len(books.accounts), 1) * width
    )
    account, day = np.divmod(places, width)
    cents = round_to_cents(sums[0])
    return Cells(document, account.astype(np.int32), (day + first).astype(np.int32), cents, sums[1], sums[2])


def _added_up(
    sides: Sequence[Callable[[], Side]], documents: int, places: np.int64
) -> tuple[Codes, Whole, list[Whole]]:
    """Documents, places and for each side the sums, from the rows of each side, of which one at a time is held."""
    usual = np.full(documents, -1, dtype=np.int64)
    for rows_of in sides:
        document, place, _ = rows_of()
        usual[document] = place
    has = np.flatnonzero(usual >= 0)
    sums, keys, amounts = [], [], []
    for rows_of in sides:
        document, place, amount = rows_of()
        single = np.zeros(documents, dtype=np.int64)
        here = usual[document] == place
        other = np.flatnonzero(~here)
        keys.append(document[other] * places + place[other])
        amounts.append(amount[other])
        if len(other):
            document, amount = document[here], amount[here]
        np.add.at(single, document, amount)
        sums.append(single[has])
    distinct, number = np.unique(np.concatenate(keys), return_inverse=True)
    if len(distinct):
        for side, numbers in enumerate(np.split(number, np.cumsum([len(key) for key in keys])[:-1])):
            more = np.zeros(len(distinct), dtype=np.int64)
            np.add.at(more, numbers, amounts[side])
            sums[side] = np.concatenate((sums[side], more))
    document, place = np.divmod(distinct, places)
    return np.concatenate((has, document)).astype(np.int32), np.concatenate((usual[has], place)), sums


def _one_reason(books: CodedInput) -> Flags:
    """Documents of which nothing is in QBO, with at most one posting, and no record posted by another's."""
    count = len(books.documents)
    sent = np.zeros(count, dtype=bool)
    sent[books.posting_document[books.posting_current]] = True
    pending = np.flatnonzero(is_pending(books))
    several = np.bincount(books.posting_document[pending], minlength=count) > 1
    shared = np.zeros(count, dtype=bool)
    shared[books.stock_document[np.asarray(pc.is_valid(books.stock["posted_by"]))]] = True
    return ~sent & ~several & ~shared


def is_pending(books: CodedInput) -> Flags:
    """Postings that are to reach QBO (or were refused, or skipped) and have not."""
    superseded = np.asarray(pc.equal(books.postings["state"], "superseded"))
    pending: Flags = ~books.posting_in_qbo & ~superseded
    return pending
