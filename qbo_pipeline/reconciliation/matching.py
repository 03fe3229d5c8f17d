"""What agrees on all three sides (source, postings, ledger) is set apart at once; the rest goes on to be explained.

What belongs here: the cells (document, account, day) with what the source says, what was posted and what the ledger
has; and which documents need an explanation. A document agrees where all three are equal in every cell up to the
date: no difference that nets to nothing passes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.amounts import Whole, round_to_cents, sum_by
from qbo_pipeline.reconciliation.books import CodedInput, Flags


@dataclass(slots=True)
class Cells:
    """One row for each document, account and day that any side has: cents of source, postings and ledger."""

    document: Whole
    account: Whole
    day: Whole
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
    effects = np.flatnonzero((books.effect_posting >= 0) & (books.effect_account >= 0))
    effects = effects[books.posting_current[books.effect_posting[effects]]]
    posting = books.effect_posting[effects]
    ours = np.flatnonzero(books.ledger_posting >= 0)
    days = (books.stock_day, books.posting_day, books.ledger_day)
    first = min((int(day.min()) for day in days if len(day)), default=0)
    width = max((int(day.max()) for day in days if len(day)), default=0) - first + 1
    accounts = max(len(books.accounts), 1)

    def key(document: Whole, account: Whole, day: Whole) -> Whole:
        return (document * accounts + account) * width + (day - first)

    source_key, source = sum_by(
        key(books.stock_document[stock_rows], books.stock_account[stock_rows], books.stock_day[stock_rows]),
        books.stock_micros[stock_rows],
    )
    posted_key = key(books.posting_document[posting], books.effect_account[effects], books.posting_day[posting])
    ledger_key = key(
        books.posting_document[books.ledger_posting[ours]], books.ledger_account[ours], books.ledger_day[ours]
    )
    sizes = (len(source_key), len(posted_key), len(ledger_key))
    sides = [np.zeros(sum(sizes), dtype=np.int64) for _ in range(3)]
    sides[0][: sizes[0]] = round_to_cents(source)
    sides[1][sizes[0] : sizes[0] + sizes[1]] = books.effect_cents[effects]
    sides[2][sizes[0] + sizes[1] :] = books.ledger_cents[ours]
    keys, source, posted, ledger = sum_by(np.concatenate((source_key, posted_key, ledger_key)), *sides)
    rest, day = np.divmod(keys, width)
    document, account = np.divmod(rest, accounts)
    return Cells(document, account, day + first, source, posted, ledger)


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
