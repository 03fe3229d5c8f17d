"""The two sides over time: day by day, the point of divergence, and the roll-forward from the last sign-off.

What belongs here: frames over days and kinds of movement, from movements and ledger lines (not from balances: what
QBO's balance or the source's own value has beyond them is in the roll-forward's `outside_movements`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from qbo_pipeline.reconciliation.amounts import Codes, Whole, money, round_to_cents, sum_by, to_cents, to_decimal
from qbo_pipeline.reconciliation.books import CodedInput
from qbo_pipeline.reconciliation.coding import day_number, whole
from qbo_pipeline.reconciliation.foreign import Foreign
from qbo_pipeline.reconciliation.frames import flat, make
from qbo_pipeline.reconciliation.keys import encode
from qbo_pipeline.reconciliation.matching import Matching
from qbo_pipeline.reconciliation.result import Divergence
from qbo_pipeline.reconciliation.result_frames import BY_DATE, ROLL_FORWARD, ROLL_FORWARD_LINES
from qbo_pipeline.reconciliation.sides import Balances

LINE_OF_KIND = {
    "receipt": "receipts",
    "shipment": "issues",
    "customer_return": "returns",
    "supplier_return": "returns",
    "adjustment": "adjustments",
    "write_off": "adjustments",
    "write_down": "revaluation",
    "stock_count": "adjustments",
    "assembly": "assemblies",
    "disassembly": "assemblies",
    "production_issue": "assemblies",
    "production_receipt": "assemblies",
    "transfer": "transfers",
    "transfer_out": "transfers",
    "transfer_in": "transfers",
    "landed_cost": "landed_cost",
    "revaluation": "revaluation",
    "opening": "opening_stock",
}  # every other kind: documents


class Flows:
    """Every movement of either side up to the date, added up: account, day, line of the roll-forward, cents."""

    def __init__(self, books: CodedInput, matching: Matching, foreign: Foreign, totals: Balances) -> None:
        cells = matching.cells
        line = _lines_of_documents(books)
        here = (cells.day <= books.as_at) & (cells.source != 0)
        opening = matching.opening_rows & (books.stock_day <= books.as_at)
        start = np.zeros(len(books.accounts), dtype=np.int64)
        np.add.at(start, books.stock_account[opening], books.stock_micros[opening])
        self.source = _added_up(
            cells.account[here], cells.day[here], line[cells.document[here]], cells.source[here],
            round_to_cents(start), totals.start_day,
        )  # fmt: skip
        day = books.ledger_day.copy()
        unnamed = [row for row in foreign.opening_rows if row not in foreign.causes]
        day[np.array(unnamed, dtype=np.int64)] = totals.start_day
        lines = np.full(len(day), _line("entries_by_others"))
        ours = books.ledger_posting >= 0
        lines[ours] = line[books.posting_document[books.ledger_posting[ours]]]
        lines[np.array(foreign.opening_rows, dtype=np.int64)] = _line("opening_stock")
        now = books.ledger_day <= books.as_at
        self.ledger = _added_up(
            books.ledger_account[now], day[now], lines[now], books.ledger_cents[now], totals.opening, totals.start_day
        )


def _added_up(
    account: Codes, day: Codes, line: Whole, cents: Whole, opening: Whole, start_day: int
) -> tuple[Whole, Whole, Whole, Whole]:
    """Account, day, line and cents of each of them that occurs, the accounts' opening among them."""
    first = min(int(day.min(initial=start_day)), start_day)
    width = np.int64(max(int(day.max(initial=start_day)), start_day) - first + 1)
    every = np.arange(len(opening))
    key = (account * np.int64(len(ROLL_FORWARD_LINES)) + line) * width + day - first
    start = (every * len(ROLL_FORWARD_LINES) + _line("opening_stock")) * width + start_day - first
    keys, sums = sum_by(np.concatenate((key, start)), np.concatenate((cents, opening)))
    places, days = np.divmod(keys, width)
    accounts, lines = np.divmod(places, len(ROLL_FORWARD_LINES))
    return accounts, days + first, lines, sums


def _line(name: str) -> int:
    return ROLL_FORWARD_LINES.index(name)


def _lines_of_documents(books: CodedInput) -> Whole:
    """The line of each document, by the kind of its stock rows (the first in order, where they differ)."""
    lines = np.full(len(books.documents), _line("documents"), dtype=np.int64)
    kinds = flat(books.stock["kind"]).dictionary_encode()
    of_kind = np.array([_line(LINE_OF_KIND.get(kind, "documents")) for kind in kinds.dictionary.to_pylist()] or [0])
    smallest = np.full(len(lines), len(ROLL_FORWARD_LINES), dtype=np.int64)
    np.minimum.at(smallest, books.stock_document, of_kind[np.asarray(kinds.indices)])
    known = smallest < len(ROLL_FORWARD_LINES)
    lines[known] = smallest[known]
    return lines


def by_date(flows: Flows, entries: Any) -> pd.DataFrame:
    """The frame `by_date` (`result.BY_DATE`): a row for each business date on which a side moved or a difference
    stands, with both movements, what they come to since the start, and how many documents differ; in the home
    currency."""
    source_days, source = sum_by(flows.source[1], flows.source[3])
    ledger_days, ledger = sum_by(flows.ledger[1], flows.ledger[3])
    (document,), _ = encode(entries["document_key"])
    pairs = np.unique(np.stack((whole(entries["day"]), document), axis=1), axis=0) if entries.num_rows else None
    entry_days, counts = (source_days[:0], source_days[:0]) if pairs is None else _count(pairs[:, 0])
    days = np.union1d(source_days[source != 0], ledger_days[ledger != 0])
    days = np.union1d(days, entry_days)
    columns = [_on(days, keys, values) for keys, values in ((source_days, source), (ledger_days, ledger))]
    stock, books_side = columns
    delta = books_side - stock
    data = {
        "business_date": days.astype("datetime64[D]"),
        "stock_movement": money(stock),
        "ledger_movement": money(books_side),
        "delta": money(delta),
        "cumulative_stock": money(np.cumsum(stock)),
        "cumulative_ledger": money(np.cumsum(books_side)),
        "cumulative_difference": money(np.cumsum(delta)),
        "documents": _on(days, entry_days, counts),
    }
    return make(data, BY_DATE)


def _count(days: Whole) -> tuple[Whole, Whole]:
    found, counts = np.unique(days, return_counts=True)
    return found, counts.astype(np.int64)


def _on(days: Whole, keys: Whole, values: Whole) -> Whole:
    spread = np.zeros(len(days), dtype=np.int64)
    known = np.isin(keys, days)
    spread[np.searchsorted(days, keys[known])] = values[known]
    return spread


def first_divergence(frame: pd.DataFrame, entries: Any) -> Divergence | None:
    """The first business date of `by_date`'s frame on which the cumulative difference is not 0.00, that amount, and
    the keys of the documents of that day; `None` where it is 0.00 on every day."""
    for day, amount in zip(frame["business_date"], frame["cumulative_difference"], strict=True):
        if amount:
            mine = whole(entries["day"]) == day_number(day)
            documents = entries["document_key"].filter(mine).to_pylist()
            return Divergence(day, amount, tuple(dict.fromkeys(documents)))
    return None


def roll_forward(flows: Flows, books: CodedInput, totals: Balances) -> pd.DataFrame:
    """The frame `roll_forward` (`result.ROLL_FORWARD`): a row an account and line from opening to closing, for
    source and ledger, in the home currency. It opens with what the last sign-off closed with, or at the ledger's
    first day."""
    closes = [close for close in books.input.closes if close.through <= books.input.as_at]
    close = max(closes, key=lambda one: (one.through, one.signed_at), default=None)
    through = day_number(close.through) if close else totals.start_day
    signed = {one.account_id: one for one in close.balances} if close else {}
    sums = []
    for account, day, line, cents in (flows.source, flows.ledger):
        table = np.zeros((len(books.accounts), len(ROLL_FORWARD_LINES)), dtype=np.int64)
        np.add.at(table, (account, np.where(day <= through, 0, line)), cents)
        sums.append(table)
    for table, closing in zip(sums, (totals.stock, totals.ledger), strict=True):
        table[:, _line("outside_movements")] = closing - table.sum(axis=1)
        table[:, _line("closing")] = closing
    source, ledger = (table.ravel() for table in sums)
    lines = list(ROLL_FORWARD_LINES) * len(books.accounts)
    owners = [account for account in books.accounts for _ in ROLL_FORWARD_LINES]
    agreed = [signed.get(owner) if line == "opening" else None for owner, line in zip(owners, lines, strict=True)]
    data = {
        "account_id": owners,
        "line": lines,
        "source": money(source),
        "ledger": money(ledger),
        "difference": money(ledger - source),
        "signed_source": [None if one is None else to_decimal(to_cents(one.stock_value)) for one in agreed],
        "signed_ledger": [None if one is None else to_decimal(to_cents(one.ledger_balance)) for one in agreed],
    }
    return make(data, ROLL_FORWARD)
