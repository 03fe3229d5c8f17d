"""The totals: by account with the certification's columns, by cause, and by age.

What belongs here: frames that add up the entries. The identity is stated here and enforced: in every account the
entries sum to ledger − stock.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from qbo_pipeline.reconciliation import inputs
from qbo_pipeline.reconciliation.amounts import Codes, Whole, money, sum_by, to_cents
from qbo_pipeline.reconciliation.books import CodedInput
from qbo_pipeline.reconciliation.causes import CAUSES, GROUPS, Cause
from qbo_pipeline.reconciliation.coding import whole
from qbo_pipeline.reconciliation.frames import make, to_table
from qbo_pipeline.reconciliation.keys import encode
from qbo_pipeline.reconciliation.result_frames import ACCOUNTS, AGEING, AGEING_BUCKETS
from qbo_pipeline.reconciliation.result_frames import CAUSES as CAUSE_COLUMNS
from qbo_pipeline.reconciliation.sides import Balances

_UNEXPLAINED = "unexplained"
_LAST_DAY_OF_BUCKET = (7, 30, 60, 90)
_CAUSES = list(Cause)


def by_account_and_group(entries: Any, books: CodedInput, totals: Balances) -> dict[str, Whole]:
    """Cents by account for each group of causes and `unexplained`; raises `AssertionError` where they do not add up."""
    sums = {group: np.zeros(len(books.accounts), dtype=np.int64) for group in (*GROUPS, _UNEXPLAINED)}
    account, place, cents = (whole(entries[name]) for name in ("account", "place", "cents"))
    for number, cause in enumerate(_CAUSES):
        rows = place == number
        np.add.at(sums[CAUSES[cause].group], account[rows], cents[rows])
    difference = totals.ledger - totals.stock
    rest = difference - np.sum(list(sums.values()), axis=0)
    assert not rest.any(), f"the causes do not add up to the difference: {rest.tolist()} cents by account"
    return sums


def accounts_frame(entries: Any, books: CodedInput, totals: Balances) -> pd.DataFrame:
    """The frame `accounts` (`result.ACCOUNTS`): a row an inventory account with stock value, ledger balance, their
    difference and its parts by group of causes, in the home currency. The parts and `unexplained` add up to the
    difference."""
    sums = by_account_and_group(entries, books, totals)
    explained = np.sum([sums[group] for group in GROUPS], axis=0)
    data: dict[str, Any] = {
        "account_id": books.accounts,
        "account_name": books.account_names,
        "stock_value": money(totals.stock),
        "ledger_balance": money(totals.ledger),
        "difference": money(totals.ledger - totals.stock),
        "explained": money(explained),
        "unexplained": money(sums[_UNEXPLAINED]),
        "status": [status(entries, books, account) for account in range(len(books.accounts))],
    }
    data |= {group: money(sums[group]) for group in GROUPS}
    return make(data, ACCOUNTS).sort_values("account_id", ignore_index=True)


def status(entries: Any, books: CodedInput, account: int | None = None) -> str:
    """One of `result.STATUSES`, of one account or of all; signs cannot hide an unexplained amount."""
    mine = np.ones(entries.num_rows, dtype=bool) if account is None else whole(entries["account"]) == account
    if not mine.any():
        return "balanced"
    rest = mine & (whole(entries["place"]) == _CAUSES.index(Cause.UNEXPLAINED))
    if int(np.abs(whole(entries["cents"])[rest]).sum()) > to_cents(books.input.tolerance):
        return "unexplained"
    twice = mine & (whole(entries["place"]) == _CAUSES.index(Cause.DUPLICATE_IN_QBO))
    return "doubled" if twice.any() else "explained"


def causes_frame(entries: Any) -> pd.DataFrame:
    """The frame `causes` (`result.CAUSES`): a row a cause that occurs, in the order of every report, with the number of
    documents and the amount in the home currency."""
    place, cents = whole(entries["place"]), whole(entries["cents"])
    (document,), _ = encode(entries["document_key"])
    found = np.unique(place).tolist()
    meanings = [CAUSES[_CAUSES[number]] for number in found]
    data = {
        "cause": [_CAUSES[number].value for number in found],
        "label": [meaning.label for meaning in meanings],
        "group": [meaning.group for meaning in meanings],
        "count": [len(np.unique(document[place == number])) for number in found],
        "amount": money([int(cents[place == number].sum()) for number in found]),
        "gross": money([int(np.abs(cents[place == number]).sum()) for number in found]),
    }
    return make(data, CAUSE_COLUMNS)


def ageing_frame(entries: Any, differences: pd.DataFrame, books: CodedInput) -> pd.DataFrame:
    """The frame `ageing`: what is open by cause and age, and what became of the differences before."""
    buckets = len(AGEING_BUCKETS)
    cell = whole(entries["place"]) * buckets + _bucket(books.as_at - whole(entries["day"]))
    carried = differences["first_seen"].notna().to_numpy().astype(np.int64)
    ones = np.ones(len(cell), dtype=np.int64)
    open_cells = sum_by(cell, ones, whole(entries["cents"]), carried)
    cleared_cells = _cleared(differences, books)
    occurring = np.unique(np.concatenate((open_cells[0], cleared_cells[0])) // buckets)
    cells = (occurring[:, None] * buckets + np.arange(buckets)).ravel()
    count, amount, carried = (_at(cells, open_cells[0], values) for values in open_cells[1:])
    data = {
        "cause": [_CAUSES[number // buckets].value for number in cells.tolist()],
        "bucket": [AGEING_BUCKETS[number % buckets] for number in cells.tolist()],
        "count": count,
        "amount": money(amount),
        "carried_forward": carried,
        "new": count - carried,
        "cleared": _at(cells, *cleared_cells),
    }
    return make(data, AGEING)


def _bucket(age: Whole) -> Whole:
    return np.searchsorted(np.array(_LAST_DAY_OF_BUCKET), age, side="left").astype(np.int64)


def _at(cells: Whole, keys: Whole, values: Whole) -> Whole:
    spread = np.zeros(len(cells), dtype=np.int64)
    spread[np.searchsorted(cells, keys)] = values
    return spread


def _cleared(differences: pd.DataFrame, books: CodedInput) -> tuple[Whole, Whole]:
    if books.input.earlier is None:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    earlier = to_table("earlier", books.input.earlier, inputs.EARLIER)
    keys = pd.Index(earlier["difference_key"].to_pylist())
    gone = ~keys.isin(differences["difference_key"].to_numpy())
    place = np.array([_CAUSES.index(Cause(name)) for name in earlier["cause"].to_pylist()], dtype=np.int64)
    cell = place * len(AGEING_BUCKETS) + _bucket(books.as_at - whole(earlier["business_date"]))
    return sum_by(cell[gone], np.ones(int(gone.sum()), dtype=np.int64))  # type: ignore[return-value]  # one for one


def names(books: CodedInput, account: Codes) -> Any:
    """Account codes (places in `books.accounts`) as QuickBooks' account ids, an Arrow array of texts."""
    return pa.array(books.accounts, pa.string()).take(pa.array(account))
