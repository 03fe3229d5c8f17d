"""The input as whole numbers: documents, accounts, days and QBO objects coded, amounts in micros and cents.

What belongs here: reading the input frames into `CodedInput`. How effects and ledger lines find their postings is in
`links.py`. Nothing here judges; that begins in `matching.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation import inputs
from qbo_pipeline.reconciliation.amounts import Codes, Whole, cents_exact, micros
from qbo_pipeline.reconciliation.coding import ENTITIES, Flags, codes, day_number, days
from qbo_pipeline.reconciliation.frames import FrameError, flat, to_table
from qbo_pipeline.reconciliation.inputs import ReconciliationInput
from qbo_pipeline.reconciliation.keys import Keys, encode
from qbo_pipeline.reconciliation.links import link
from qbo_pipeline.reconciliation.opening import opening_stock

UNMAPPED = "(no inventory account)"
IN_FLIGHT = ("sending", "unknown")


@dataclass(slots=True)
class CodedInput:
    """Both sides, coded. Codes are positions in `accounts`, `documents`, `days` count from 1970; -1 means none."""

    input: ReconciliationInput
    as_at: int
    opening: int | None  # first day that the pipeline posts
    accounts: list[str]
    account_names: list[str]
    documents: Keys  # the record keys under which values are posted
    stock: Any  # Arrow tables as checked at the door; after the extracted rows come those of the opening values
    extracted_rows: int
    postings: Any
    effects: Any
    ledger: Any
    stock_document: Codes
    stock_account: Codes
    stock_day: Codes
    stock_micros: Whole
    posting_document: Codes
    posting_day: Codes
    posting_in_qbo: Flags
    posting_current: Flags  # the revision that its QBO object shows
    effect_posting: Codes
    effect_account: Codes
    effect_cents: Whole
    effect_ahead: Flags  # for goods that the source has not moved
    effect_record: pa.ChunkedArray  # whose share it is, in a posting that sums up several records
    ledger_object: Codes
    ledger_posting: Codes  # the posting that made it; -1: not ours
    ledger_account: Codes
    ledger_day: Codes
    ledger_cents: Whole
    adopted: dict[int, int]  # posting without Id, found in the ledger by its marker: its object
    doubled: dict[int, int]  # object that a posting left standing when it was posted again: that posting's row today
    objects: dict[tuple[str, str], dict[str, Any]]  # what QBO answers about objects, by entity and Id

    def day(self, number: int) -> date:
        """The date of a day number."""
        return date(1970, 1, 1) + timedelta(days=int(number))


def read_books(given: ReconciliationInput) -> CodedInput:
    """Check and code the input; raises `FrameError` for a frame that cannot be used."""
    stock = to_table("stock", given.stock, inputs.STOCK)
    extracted = stock.num_rows
    if given.opening_values is not None:
        stock = pa.concat_tables([stock, opening_stock(given)]).combine_chunks()
    postings = to_table("postings", given.postings, inputs.POSTINGS)
    effects = to_table("effects", given.effects, inputs.EFFECTS)
    ledger = to_table("ledger", given.ledger, inputs.LEDGER)
    _check_dispositions(stock)
    accounts, names = _accounts(given, stock, ledger)
    (stock_document, posting_document), documents = encode(_carried_by(stock), postings["record_key"])
    links = link(postings, effects, ledger)
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
        stock_day=days(stock["business_date"]),
        stock_micros=micros(flat(stock["value"]), "stock.value"),
        posting_document=posting_document,
        posting_day=days(postings["business_date"]),
        posting_in_qbo=links.posting_in_qbo,
        posting_current=links.posting_current,
        effect_posting=links.effect_posting,
        effect_account=codes(effects["account_id"], accounts),
        effect_cents=cents_exact(flat(effects["amount"]), "effects.amount"),
        effect_ahead=np.asarray(pc.fill_null(flat(effects["ahead"]), False)),
        effect_record=effects["record_key"],
        ledger_object=links.ledger_object,
        ledger_posting=links.ledger_posting,
        ledger_account=codes(ledger["account_id"], accounts),
        ledger_day=days(ledger["business_date"]),
        ledger_cents=cents_exact(flat(ledger["amount"]), "ledger.amount"),
        adopted=links.adopted,
        doubled=links.doubled,
        objects=_answers(given),
    )
    _fill_accounts(books)
    return books


def _carried_by(stock: Any) -> Any:
    """The record whose posting carries each row: another's where one is named, else its own."""
    named = flat(stock["posted_by"])
    if named.null_count == len(named):
        return stock["record_key"]
    return pc.coalesce(named, flat(stock["record_key"]))


def _answers(given: ReconciliationInput) -> dict[tuple[str, str], dict[str, Any]]:
    if given.objects is None:
        return {}
    columns = (*inputs.OBJECTS, inputs.OBJECT_DAY, inputs.OBJECT_TRACKED)
    rows = to_table("objects", given.objects, columns).to_pylist()
    return {(ENTITIES.get(row["qbo_type"], row["qbo_type"]), row["qbo_id"]): row for row in rows}


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


def _fill_accounts(books: CodedInput) -> None:
    """Stock rows without an account: the only account, else that of their document's effects, else `UNMAPPED`."""
    missing = books.stock_account < 0
    if not missing.any():
        return
    if len(books.accounts) == 1:
        books.stock_account[missing] = 0
        return
    known = books.effect_posting >= 0
    account = np.full(len(books.documents), -1, dtype=np.int32)
    account[books.posting_document[books.effect_posting[known]]] = books.effect_account[known]
    books.stock_account[missing] = account[books.stock_document[missing]]
    if (books.stock_account < 0).any():
        books.stock_account[books.stock_account < 0] = len(books.accounts)
        books.accounts.append(UNMAPPED)
        books.account_names.append(UNMAPPED)
