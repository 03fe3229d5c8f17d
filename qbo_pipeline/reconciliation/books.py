"""The input as whole numbers: documents, accounts, days and QBO objects coded, amounts in micros and cents.

What belongs here: reading the input frames into `CodedInput`, and the links between them (posting to record, effect to
posting, ledger line to posting). Nothing here judges; that begins in `matching.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation import inputs
from qbo_pipeline.reconciliation.amounts import Whole, cents_exact, micros
from qbo_pipeline.reconciliation.frames import FrameError, flat, to_table
from qbo_pipeline.reconciliation.inputs import ReconciliationInput
from qbo_pipeline.reconciliation.opening import opening_stock

Flags = npt.NDArray[np.bool_]

UNMAPPED = "(no inventory account)"
IN_QBO = ("posted", "drifted", "deleted_in_qbo", "superseded")
IN_FLIGHT = ("sending", "unknown")
NOT_ADOPTED = ("skipped", "superseded")

ENTITIES = {
    "Journal Entry": "JournalEntry",
    "Credit Memo": "CreditMemo",
    "Sales Receipt": "SalesReceipt",
    "Refund": "RefundReceipt",
    "Refund Receipt": "RefundReceipt",
    "Vendor Credit": "VendorCredit",
    "Supplier Credit": "VendorCredit",
    "Bill Payment (Check)": "BillPayment",
    "Bill Payment (Credit Card)": "BillPayment",
    "Check": "Purchase",
    "Cheque": "Purchase",
    "Expense": "Purchase",
    "Cash Expense": "Purchase",
    "Credit Card Expense": "Purchase",
    "Credit Card Credit": "Purchase",
    "Inventory Qty Adjust": "InventoryAdjustment",
    "Inventory Starting Value": "InventoryStartingValue",
}  # report label to entity; a label that is not here stays as it is


@dataclass(slots=True)
class CodedInput:
    """Both sides, coded. Codes are positions in `accounts`, `documents`, `days` count from 1970; -1 means none."""

    input: ReconciliationInput
    as_at: int
    opening: int | None  # first day that the pipeline posts
    accounts: list[str]
    account_names: list[str]
    documents: Any  # Arrow strings: the record keys under which values are posted
    stock: Any  # Arrow tables as checked at the door; after the extracted rows come those of the opening values
    extracted_rows: int
    postings: Any
    effects: Any
    ledger: Any
    stock_document: Whole
    stock_account: Whole
    stock_day: Whole
    stock_micros: Whole
    posting_document: Whole
    posting_key: Whole
    posting_revision: Whole
    posting_object: Whole
    posting_day: Whole
    posting_in_qbo: Flags
    posting_current: Flags  # the revision that its QBO object shows
    effect_posting: Whole
    effect_account: Whole
    effect_cents: Whole
    effect_record: pa.ChunkedArray  # whose share it is, in a posting that sums up several records
    ledger_object: Whole
    ledger_posting: Whole  # the posting that made it; -1: not ours
    ledger_account: Whole
    ledger_day: Whole
    ledger_cents: Whole
    adopted: dict[int, int]  # posting without Id, found in the ledger by its marker: its object
    objects: dict[tuple[str, str], dict[str, Any]]  # what QBO answers about objects, by entity and Id

    def day(self, number: int) -> date:
        """The date of a day number."""
        return date(1970, 1, 1) + timedelta(days=int(number))


def read_books(given: ReconciliationInput) -> CodedInput:
    """Check and code the input; raises `FrameError` for a frame that cannot be used."""
    stock = to_table("stock", given.stock, inputs.STOCK)
    extracted = stock.num_rows
    if given.opening_values is not None:
        stock = pa.concat_tables([stock, opening_stock(given)])
    postings = to_table("postings", given.postings, inputs.POSTINGS)
    effects = to_table("effects", given.effects, inputs.EFFECTS)
    ledger = to_table("ledger", given.ledger, inputs.LEDGER)
    _check_dispositions(stock)
    accounts, names = _accounts(given, stock, ledger)
    (stock_document, posting_document), documents = encode(
        pc.coalesce(stock["posted_by"], stock["record_key"]), postings["record_key"]
    )
    (posting_key, effect_key, marker_key), _ = encode(postings["posting_key"], effects["posting_key"], ledger["marker"])
    posting_object, ledger_object = _objects(postings, ledger)
    revision = whole(postings["revision"])
    effect_posting = _effect_postings(posting_key, revision, effect_key, whole(effects["revision"]))
    in_qbo = np.asarray(pc.is_in(postings["state"], pa.array(IN_QBO))) & (posting_object >= 0)
    current = _current(posting_object, revision, in_qbo)
    _forget_replaced(posting_key, revision, posting_object, current, ledger_object, ledger["amount"])
    effect_account = codes(effects["account_id"], accounts)
    books = CodedInput(
        input=given,
        as_at=day_number(given.as_at),
        opening=None if given.opening_date is None else day_number(given.opening_date),
        accounts=accounts,
        account_names=names,
        documents=documents,
        stock=stock,
        extracted_rows=extracted,
        postings=postings,
        effects=effects,
        ledger=ledger,
        stock_document=stock_document,
        stock_account=codes(stock["account_id"], accounts),
        stock_day=whole(stock["business_date"]),
        stock_micros=micros(flat(stock["value"]), "stock.value"),
        posting_document=posting_document,
        posting_key=posting_key,
        posting_revision=revision,
        posting_object=posting_object,
        posting_day=whole(postings["business_date"]),
        posting_in_qbo=in_qbo,
        posting_current=current,
        effect_posting=effect_posting,
        effect_account=effect_account,
        effect_cents=cents_exact(flat(effects["amount"]), "effects.amount"),
        effect_record=effects["record_key"],
        ledger_object=ledger_object,
        ledger_posting=_lookup(posting_object, current, ledger_object),
        ledger_account=codes(ledger["account_id"], accounts),
        ledger_day=whole(ledger["business_date"]),
        ledger_cents=cents_exact(flat(ledger["amount"]), "ledger.amount"),
        adopted={},
        objects=_answers(given),
    )
    _adopt(books, marker_key)
    _fill_accounts(books)
    return books


def _answers(given: ReconciliationInput) -> dict[tuple[str, str], dict[str, Any]]:
    if given.objects is None:
        return {}
    columns = (*inputs.OBJECTS, inputs.OBJECT_DAY, inputs.OBJECT_TRACKED)
    rows = to_table("objects", given.objects, columns).to_pylist()
    return {(ENTITIES.get(row["qbo_type"], row["qbo_type"]), row["qbo_id"]): row for row in rows}


def whole(column: Any) -> Whole:
    """Whole numbers or dates as int64 (dates as days since 1970)."""
    array = flat(column)
    if pa.types.is_date(array.type):
        array = array.cast(pa.int32())
    numbers: Whole = np.asarray(array).astype(np.int64)
    return numbers


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - date(1970, 1, 1)).days


def codes(column: Any, values: list[str]) -> Whole:
    """The position of each text in `values`, -1 where it is null or not there."""
    found = pc.fill_null(pc.index_in(flat(column), pa.array(values, pa.string())), -1)
    numbers: Whole = np.asarray(found).astype(np.int64)
    return numbers


def encode(*columns: Any) -> tuple[list[Whole], Any]:
    """Shared codes for several text columns (null is -1), and the texts that they stand for."""
    arrays = [flat(column) for column in columns]
    coded = pa.concat_arrays(arrays).dictionary_encode()
    numbers = np.asarray(pc.fill_null(coded.indices, -1)).astype(np.int64)
    ends = np.cumsum([len(array) for array in arrays])[:-1]
    return list(np.split(numbers, ends)), coded.dictionary


def entity_names(column: Any) -> Any:
    """QBO types as entity names, whatever way they were written."""
    coded = flat(column).dictionary_encode()
    names = pa.array([ENTITIES.get(name, name) for name in coded.dictionary.to_pylist()], pa.string())
    return names.take(coded.indices)


def _check_dispositions(stock: Any) -> None:
    odd = set(pc.unique(stock["disposition"]).to_pylist()) - set(inputs.DISPOSITIONS)
    if odd:
        raise FrameError(f"stock.disposition: {sorted(odd)} is none of {', '.join(inputs.DISPOSITIONS)}")


def _accounts(given: ReconciliationInput, stock: Any, ledger: Any) -> tuple[list[str], list[str]]:
    balances = to_table("ledger_balances", given.ledger_balances, inputs.LEDGER_BALANCES)
    ids = balances["account_id"].to_pylist()
    if len(set(ids)) != len(ids):
        raise FrameError("ledger_balances: an account occurs twice; deliver one row an account")
    known = dict(zip(ids, balances["account_name"].to_pylist(), strict=True))
    for table in (stock, ledger):
        for account in pc.unique(table["account_id"]).to_pylist():
            if account is not None:
                known.setdefault(account, None)
    accounts = sorted(known)
    return accounts, [known[account] or account for account in accounts]


def _objects(postings: Any, ledger: Any) -> tuple[Whole, Whole]:
    """A code for each QBO object (type and Id), shared by postings and ledger."""
    types, _ = encode(entity_names(postings["qbo_type"]), entity_names(ledger["qbo_type"]))
    ids, names = encode(postings["qbo_id"], ledger["qbo_id"])
    width = len(names) + 1
    pairs = [np.where(number < 0, -1, kind * width + number) for kind, number in zip(types, ids, strict=True)]
    return pairs[0], pairs[1]


def _effect_postings(posting_key: Whole, revision: Whole, effect_key: Whole, effect_revision: Whole) -> Whole:
    """For each effect, the row of its posting."""
    width = int(max(revision.max(initial=0), effect_revision.max(initial=0))) + 1
    wanted = posting_key * width + revision
    order = np.argsort(wanted, kind="stable")
    ordered = wanted[order]
    if len(ordered) and (ordered[1:] == ordered[:-1]).any():
        raise FrameError("postings: a posting key and revision occur twice; deliver one row for each")
    return _find(ordered, order, effect_key * width + effect_revision)


def _find(ordered: Whole, order: Whole, sought: Whole) -> Whole:
    if not len(ordered):
        return np.full(len(sought), -1, dtype=np.int64)
    places = np.minimum(np.searchsorted(ordered, sought), len(ordered) - 1)
    return np.where(ordered[places] == sought, order[places], -1)


def _current(objects: Whole, revision: Whole, in_qbo: Flags) -> Flags:
    """Of the postings that reached one QBO object, the one with the highest revision."""
    rows = np.flatnonzero(in_qbo)
    order = rows[np.lexsort((revision[rows], objects[rows]))]
    last = np.ones(len(order), dtype=bool)
    last[:-1] = objects[order][1:] != objects[order][:-1]
    current = np.zeros(len(objects), dtype=bool)
    current[order[last]] = True
    return current


def _forget_replaced(
    posting_key: Whole, revision: Whole, objects: Whole, current: Flags, ledger_object: Whole, amounts: Any
) -> None:
    """An object that a later revision of its posting replaced by another object, and that is gone, counts no more."""
    rows = np.flatnonzero(current)
    order = rows[np.lexsort((revision[rows], posting_key[rows]))]
    older = order[:-1][posting_key[order][1:] == posting_key[order][:-1]]
    if len(older):
        standing = ledger_object[np.asarray(pc.not_equal(flat(amounts), 0))]
        current[older[~np.isin(objects[older], standing)]] = False


def _lookup(posting_object: Whole, current: Flags, ledger_object: Whole) -> Whole:
    rows = np.flatnonzero(current)
    rows = rows[np.argsort(posting_object[rows], kind="stable")]
    return _find(posting_object[rows], rows, ledger_object)


def _adopt(books: CodedInput, marker_key: Whole) -> None:
    """Give postings without an Id the ledger object that bears their marker: a lost answer, not a foreign entry."""
    marked = np.flatnonzero((books.ledger_posting < 0) & (marker_key >= 0))
    if not len(marked):
        return
    reached = set(books.posting_key[books.posting_in_qbo].tolist())
    states = books.postings["state"].to_pylist()
    latest: dict[int, int] = {}
    for row in np.flatnonzero(np.isin(books.posting_key, marker_key[marked])).tolist():
        key = int(books.posting_key[row])
        if key in reached or states[row] in NOT_ADOPTED:
            continue
        if key not in latest or books.posting_revision[row] > books.posting_revision[latest[key]]:
            latest[key] = row
    ids = books.ledger["qbo_id"].take(pa.array(marked)).to_pylist()
    for _, line in sorted(zip(ids, marked.tolist(), strict=True)):
        row = latest.pop(int(marker_key[line]), -1)
        if row < 0:
            continue
        books.adopted[row] = int(books.ledger_object[line])
        books.posting_object[row] = books.ledger_object[line]
        books.posting_in_qbo[row] = books.posting_current[row] = True
    taken = np.array(sorted((found, row) for row, found in books.adopted.items()), dtype=np.int64).reshape(-1, 2)
    adopter = _find(taken[:, 0], taken[:, 1], books.ledger_object)
    books.ledger_posting = np.where(adopter < 0, books.ledger_posting, adopter)


def _fill_accounts(books: CodedInput) -> None:
    """Stock rows without an account: the only account, else that of their document's effects, else `UNMAPPED`."""
    missing = books.stock_account < 0
    if not missing.any():
        return
    if len(books.accounts) == 1:
        books.stock_account[missing] = 0
        return
    known = books.effect_posting >= 0
    account = np.full(len(books.documents), -1, dtype=np.int64)
    account[books.posting_document[books.effect_posting[known]]] = books.effect_account[known]
    books.stock_account[missing] = account[books.stock_document[missing]]
    if (books.stock_account < 0).any():
        books.stock_account[books.stock_account < 0] = len(books.accounts)
        books.accounts.append(UNMAPPED)
        books.account_names.append(UNMAPPED)
