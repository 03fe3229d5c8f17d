"""The lists beside the differences: entries that only QBO has, late arrivals, completeness of the read, counts.

What belongs here: frames that show rows as they are, chosen and ordered.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.amounts import Codes, Whole, money, round_to_cents
from qbo_pipeline.reconciliation.books import CodedInput
from qbo_pipeline.reconciliation.coding import ENTITIES, day_number, encode_few
from qbo_pipeline.reconciliation.counting import BECAME, adds_up
from qbo_pipeline.reconciliation.foreign import Foreign
from qbo_pipeline.reconciliation.frames import flat, make
from qbo_pipeline.reconciliation.inputs import DISPOSITIONS, Close, periods
from qbo_pipeline.reconciliation.keys import encode
from qbo_pipeline.reconciliation.result_frames import COMPLETENESS, COUNTS, LATE_ARRIVALS, LEDGER_ONLY
from qbo_pipeline.reconciliation.sides import Balances
from qbo_pipeline.reconciliation.totals import names

_LEDGER_ONLY_ORDER = ("business_date", "qbo_type", "qbo_id", "account_id", "amount", "memo")


def ledger_only(books: CodedInput, foreign: Foreign) -> pd.DataFrame:
    """The frame `ledger_only` (`result.LEDGER_ONLY`): a row for each ledger line up to the date that no posting of ours
    made, with its cause; amounts as QuickBooks has them, in the home currency, debit positive."""
    rows = [row for row in foreign.causes if books.ledger_day[row] <= books.as_at]
    lines = books.ledger.take(pa.array(rows, pa.int64()))
    lines = lines.append_column("cause", pa.array([foreign.causes[row].value for row in rows], pa.string()))
    lines = lines.sort_by([(name, "ascending") for name in _LEDGER_ONLY_ORDER])
    return make({column.name: lines[column.name] for column in LEDGER_ONLY}, LEDGER_ONLY)


def completeness(books: CodedInput, totals: Balances) -> pd.DataFrame:
    """The frame `completeness` (`result.COMPLETENESS`): a row an account, whether opening balance and lines that
    were read add up to the balance that QuickBooks states; `missing`, in the home currency, is what they lack."""
    data = {
        "account_id": books.accounts,
        "opening_balance": money(totals.opening),
        "lines": totals.lines,
        "movement": money(totals.movement),
        "balance": money(totals.ledger),
        "missing": money(totals.missing),
        "complete": totals.missing == 0,
    }
    return make(data, COMPLETENESS).sort_values("account_id", ignore_index=True)


def counts(books: CodedInput) -> pd.DataFrame:
    """The frame of that name: each stock-moving record up to the date once, by kind and disposition; then the records
    of other types, as the caller counted them."""
    here = np.flatnonzero(books.stock_day[: books.extracted_rows] <= books.as_at)
    first = _first_of_each_record(books, here)
    (((kind_of,), kind_names), ((became,), dispositions)) = (
        encode_few(books.stock[name]) for name in ("kind", "disposition")
    )
    width = len(dispositions)
    times = np.bincount(kind_of[first] * width + became[first], minlength=len(kind_names) * width)
    number = {
        (kind_names[place // width].as_py(), dispositions[place % width].as_py()): int(times[place])
        for place in np.flatnonzero(times).tolist()
    }
    for place, times_beside in books.input.beside_stock.items():
        number[place] = number.get(place, 0) + times_beside
    read = books.input.records_read
    kinds = sorted({kind for kind, _ in number} | set(read or {}))
    data: dict[str, list[Any]] = {name: [number.get((kind, name), 0) for kind in kinds] for name in DISPOSITIONS}
    data["read"] = [None if read is None else read.get(kind, 0) for kind in kinds]
    for kind, others in sorted(books.input.other_records.items()):
        kinds.append(kind)
        for name in ("read", *DISPOSITIONS):
            data[name].append(others.get(name, 0))
    data["kind"] = kinds
    data["holds"] = [
        adds_up(data["read"][place], {name: data[name][place] for name in BECAME}) for place in range(len(kinds))
    ]
    return make(data, COUNTS)


def _first_of_each_record(books: CodedInput, here: Whole) -> Whole:
    """Of these rows of the stock, the first of each record."""
    own = flat(books.stock["posted_by"])
    if own.null_count == len(own):
        record, count = books.stock_document, len(books.documents)
    else:
        (record,), keys = encode(books.stock["record_key"])
        count = len(keys)
    first = np.full(count, -1, dtype=np.int64)
    first[record[here[::-1]]] = here[::-1]
    return first[first >= 0]


def late_arrivals(books: CodedInput) -> pd.DataFrame:
    """The frame `late_arrivals` (`result.LATE_ARRIVALS`): what came into a signed-off period after its signature, a
    row a document, account and side, for every signed-off period up to the date; amounts in the home currency."""
    found: list[dict[str, Any]] = []
    first = -(2**62)
    for close in periods(books.input.closes):
        last = min(day_number(close.through), books.as_at)
        found += _late_source(books, close, first, last) + _late_ledger(books, close, first, last)
        first = last + 1
    found.sort(key=lambda row: (row["business_date"], row["document_key"], row["account_id"], row["side"]))
    data = {column.name: [row[column.name] for row in found] for column in LATE_ARRIVALS if column.name != "amount"}
    data["amount"] = money([row["amount"] for row in found])
    return make(data, LATE_ARRIVALS)


def _after(column: Any, close: Close) -> Any:
    return np.asarray(pc.fill_null(pc.greater(flat(column), pa.scalar(close.signed_at, column.type)), False))


def _late_source(books: CodedInput, close: Close, first: int, last: int) -> list[dict[str, Any]]:
    arrived = _after(books.stock["first_seen"], close)
    late = arrived | _after(books.stock["changed_seen"], close)
    rows = np.flatnonzero(late & (books.stock_day >= first) & (books.stock_day <= last))
    texts = books.stock.select(["record_key", "kind", "number", "first_seen", "changed_seen"]).take(pa.array(rows))
    return _collect(
        close, "source", rows, texts.to_pylist(), books, books.stock_day, books.stock_account, books.stock_micros,
        lambda text, row: {
            "document_key": text["record_key"],
            "kind": text["kind"],
            "number": text["number"],
            "what": "arrived" if arrived[row] else "changed",
            "at": text["first_seen"] if arrived[row] else text["changed_seen"],
            "by": None,
        },
        micros=True,
    )  # fmt: skip


def _late_ledger(books: CodedInput, close: Close, first: int, last: int) -> list[dict[str, Any]]:
    arrived = _after(books.ledger["created_at"], close)
    late = arrived | _after(books.ledger["changed_at"], close)
    rows = np.flatnonzero(late & (books.ledger_day >= first) & (books.ledger_day <= last))
    texts = books.ledger.take(pa.array(rows)).to_pylist()
    for text, row in zip(texts, rows.tolist(), strict=True):
        posting = int(books.ledger_posting[row])
        text["document_key"] = f"qbo/{ENTITIES.get(text['qbo_type'], text['qbo_type'])}/{text['qbo_id']}"
        if posting >= 0:
            text["document_key"] = books.documents.texts(books.posting_document[posting : posting + 1])[0].as_py()
    return _collect(
        close, "ledger", rows, texts, books, books.ledger_day, books.ledger_account, books.ledger_cents,
        lambda text, row: {
            "document_key": text["document_key"],
            "kind": text["qbo_type"],
            "number": text["qbo_number"],
            "what": "arrived" if arrived[row] else "changed",
            "at": text["created_at"] if arrived[row] else text["changed_at"],
            "by": text["created_by"] if arrived[row] else text["changed_by"],
        },
        micros=False,
    )  # fmt: skip


def _collect(
    close: Close, side: str, rows: Whole, texts: list[dict[str, Any]], books: CodedInput, day: Codes,
    account: Codes,
    amounts: Whole, facts: Any, *, micros: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    """One row a document, account, day and way of coming."""
    owners = names(books, account[rows]).to_pylist()
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row, text, owner in zip(rows.tolist(), texts, owners, strict=True):
        known = facts(text, row)
        key = (known["document_key"], owner, int(day[row]), known["what"], known["kind"], known["number"])
        held = found.setdefault(key, known | {"account_id": owner, "amount": 0})
        held["amount"] += int(amounts[row])
        held["at"] = max(held["at"], known["at"])
        held |= {"side": side, "signed_through": close.through, "signed_at": close.signed_at}
        held["business_date"] = books.day(day[row])
    if micros:
        for held in found.values():
            held["amount"] = int(round_to_cents(np.array([held["amount"]]))[0])
    return list(found.values())
