"""Documents that do not agree, taken one by one: their rows are gathered from the books and examined.

What belongs here: the gathering, in portions, so that a bad day cannot fill the memory. The reasoning is in
`qbo_side.py` and `source_side.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from qbo_pipeline.reconciliation import inputs, qbo_side, source_side
from qbo_pipeline.reconciliation.amounts import Whole
from qbo_pipeline.reconciliation.books import CodedInput
from qbo_pipeline.reconciliation.coding import ENTITIES, day_number
from qbo_pipeline.reconciliation.document import Context, Examined, Pending, RecordPart, Sent
from qbo_pipeline.reconciliation.entries import ChangedAfterPosting, Entry, Row
from qbo_pipeline.reconciliation.frames import flat
from qbo_pipeline.reconciliation.matching import Matching, is_pending
from qbo_pipeline.reconciliation.tables import entry_table

PORTION = 20_000  # documents at a time

_PART_COLUMNS = [
    "record_key", "kind", "number", "disposition", "reason", "posted_by", "first_seen", "changed_seen", "unread",
    "awaits_document",
]  # fmt: skip
_LINE_COLUMNS = ["memo", "created_at", "changed_at", "changed_by"]


def examine(books: CodedInput, matching: Matching) -> tuple[list[Any], list[ChangedAfterPosting]]:
    """The entry tables (`tables.ENTRY_SCHEMA`, whole cents) of all documents whose three sides differ, and what of
    them was changed in QuickBooks after posting."""
    context = Context(
        as_at=books.as_at,
        currency=books.input.currency,
        account_names=tuple(books.account_names),
        closes=tuple(inputs.periods(books.input.closes)),
        objects=books.objects,
        unanswered=books.input.unanswered,
        first_read=day_number(books.input.ledger_from or date.min),
    )
    tables, changes = [], []
    numbers = np.flatnonzero(matching.differing)
    for start in range(0, len(numbers), PORTION):
        entries: list[Entry] = []
        for document in _documents(books, matching, numbers[start : start + PORTION]):
            document.settle_in_flight()
            for sent in document.sent:
                found, changed = qbo_side.explain(document, sent, context)
                entries += found
                changes += changed
            found, changed = source_side.explain(document, context)
            entries += found
            changes += changed
        tables.append(entry_table(entries))
    return tables, changes


def _documents(books: CodedInput, matching: Matching, numbers: Whole) -> Iterator[Examined]:
    wanted = np.zeros(len(books.documents), dtype=bool)
    wanted[numbers] = True
    keys = books.documents.texts(numbers).to_pylist()
    documents = {number: Examined(key) for number, key in zip(numbers.tolist(), keys, strict=True)}
    _add_parts(books, documents, np.flatnonzero(wanted[books.stock_document] & ~matching.opening_rows))
    cells = matching.cells
    rows = np.flatnonzero(wanted[cells.document] & (cells.source != 0))
    for number, account, day, cents in zip(
        *(column[rows].tolist() for column in (cells.document, cells.account, cells.day, cells.source)), strict=True
    ):
        documents[number].source[account, day] = cents
    _add_postings(books, documents, wanted)
    yield from documents.values()


def _add_parts(books: CodedInput, documents: dict[int, Examined], rows: Whole) -> None:
    """Stock rows, those of one record, account and day added up."""
    sums: dict[tuple[int, str, int, int], tuple[int, Row]] = {}
    texts = books.stock.select(_PART_COLUMNS).take(pa.array(rows)).to_pylist()
    numbers = (books.stock_document, books.stock_account, books.stock_day, books.stock_micros)
    for row, document, account, day, value in zip(texts, *(column[rows].tolist() for column in numbers), strict=True):
        key = (document, row["record_key"], account, day)
        sums[key] = (sums[key][0] + value if key in sums else value, row)
    for (document, record_key, account, day), (value, row) in sorted(sums.items(), key=lambda item: item[0]):
        documents[document].parts.append(
            RecordPart(
                record_key, row["kind"], row["number"], account, day, value, row["disposition"], row["reason"],
                row["posted_by"], row["first_seen"], row["changed_seen"], bool(row["unread"]),
                bool(row["awaits_document"]),
            )
        )  # fmt: skip


def _add_postings(books: CodedInput, documents: dict[int, Examined], wanted: Any) -> None:
    pending = is_pending(books)
    rows = np.flatnonzero(wanted[books.posting_document] & (books.posting_current | pending))
    texts = books.postings.take(pa.array(rows)).to_pylist()
    sent: dict[int, Sent] = {}
    waiting: dict[int, Pending] = {}
    order = sorted(range(len(rows)), key=lambda n: (texts[n]["posting_key"], texts[n]["revision"]))
    for n in order:
        row, posting = int(rows[n]), texts[n]
        document = documents[int(books.posting_document[row])]
        day = int(books.posting_day[row])
        if row in books.adopted:
            line = int(np.flatnonzero(books.ledger_posting == row)[0])
            posting["qbo_id"] = books.ledger["qbo_id"][line].as_py()
            posting["qbo_number"] = books.ledger["qbo_number"][line].as_py()
        if books.posting_current[row]:
            kind = ENTITIES.get(posting["qbo_type"], posting["qbo_type"])
            sent[row] = Sent(posting, day, {}, [], books.objects.get((kind, posting["qbo_id"])))
            document.sent.append(sent[row])
        else:
            waiting[row] = Pending(posting, day, {})
            document.pending.append(waiting[row])
    _add_effects(books, sent, waiting)
    _add_lines(books, sent)


def _add_effects(books: CodedInput, sent: dict[int, Sent], waiting: dict[int, Pending]) -> None:
    mine = np.fromiter([*sent, *waiting], dtype=np.int64, count=len(sent) + len(waiting))
    rows = np.flatnonzero(np.isin(books.effect_posting, mine) & (books.effect_account >= 0))
    records = flat(books.effect_record.take(pa.array(rows))).to_pylist()
    for row, record in zip(rows.tolist(), records, strict=True):
        posting, account = int(books.effect_posting[row]), int(books.effect_account[row])
        if record is not None and posting in sent:
            shares = sent[posting].shares
            shares[record, account] = shares.get((record, account), 0) + int(books.effect_cents[row])
        effects = sent[posting].effects if posting in sent else waiting[posting].effects
        effects[account] = effects.get(account, 0) + int(books.effect_cents[row])
        if books.effect_ahead[row] and posting in sent:
            ahead = sent[posting].ahead
            ahead[account] = ahead.get(account, 0) + int(books.effect_cents[row])


def _add_lines(books: CodedInput, sent: dict[int, Sent]) -> None:
    mine = np.fromiter(sent, dtype=np.int64, count=len(sent))
    rows = np.flatnonzero(np.isin(books.ledger_posting, mine))
    texts = books.ledger.select(_LINE_COLUMNS).take(pa.array(rows)).to_pylist()
    for row, line in zip(rows.tolist(), texts, strict=True):
        line["account"] = int(books.ledger_account[row])
        line["day"] = int(books.ledger_day[row])
        line["cents"] = int(books.ledger_cents[row])
        sent[int(books.ledger_posting[row])].lines.append(line)
