"""Each side against itself, and the start: opening balance, the source's own value, parts of a cent, missing lines.

What belongs here: the entries that belong to no document. With them the identity closes: for every account, ledger
balance − stock value is the sum of all entries.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from qbo_pipeline.reconciliation import inputs
from qbo_pipeline.reconciliation.amounts import MICROS_IN_CENT, Whole, cents_exact, round_to_cents
from qbo_pipeline.reconciliation.books import CodedInput
from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.reconciliation.coding import codes
from qbo_pipeline.reconciliation.entries import Entry, amount_text
from qbo_pipeline.reconciliation.foreign import Foreign
from qbo_pipeline.reconciliation.frames import flat, to_table
from qbo_pipeline.reconciliation.inherited import inherited_objects, made_of, opening_entry, opening_places
from qbo_pipeline.reconciliation.matching import Matching
from qbo_pipeline.reconciliation.places import Places


@dataclass(slots=True)
class Balances:
    """Per account, in cents: stock value and QBO's balance, opening balance, lines; and where a balance was given."""

    stock: Whole
    ledger: Whole
    opening: Whole
    movement: Whole
    lines: Whole
    missing: Whole
    given: Any
    start_day: int  # the day under which the opening stands


def balances(books: CodedInput, stock: Places) -> Balances:
    """Totals of both sides, and what QBO's balance has beyond the lines that were read."""
    count = len(books.accounts)
    table = to_table("ledger_balances", books.input.ledger_balances, inputs.LEDGER_BALANCES)
    account = codes(table["account_id"], books.accounts)
    balance, opening = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    given = np.zeros(count, dtype=bool)
    balance[account] = cents_exact(flat(table["balance"]), "ledger_balances.balance")
    opening[account] = cents_exact(flat(table["opening_balance"]), "ledger_balances.opening_balance")
    given[account] = True
    here = np.flatnonzero(books.ledger_day <= books.as_at)
    movement, lines = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    np.add.at(movement, books.ledger_account[here], books.ledger_cents[here])
    np.add.at(lines, books.ledger_account[here], 1)
    balance = np.where(given, balance, opening + movement)
    value = np.zeros(count, dtype=np.int64)
    np.add.at(value, stock.account, stock.movements if stock.own is None else stock.own)
    days = [int(day.min()) for day in (books.stock_day, books.ledger_day) if len(day)]
    start = books.opening if books.opening is not None else min(days, default=books.as_at)
    return Balances(
        stock=round_to_cents(value),
        ledger=balance,
        opening=opening,
        movement=movement,
        lines=lines,
        missing=balance - opening - movement,
        given=given,
        start_day=min(start - 1, books.as_at),
    )


def explain_sides(
    books: CodedInput, matching: Matching, foreign: Foreign, stock: Places, totals: Balances
) -> tuple[list[Entry], dict[str, tuple[int, int]]]:
    """Entries without a document, and for the keys of those that have both sides (source, ledger) in cents."""
    entries = _contradictions(books, stock)
    opening, sides = _opening(books, matching, foreign, totals)
    entries += opening
    entries += _missing_lines(books, totals)
    entries += _parts_of_a_cent(books, matching, entries, totals)
    return entries, sides


def _contradictions(books: CodedInput, stock: Places) -> list[Entry]:
    if stock.own is None:
        return []
    gap = stock.movements - stock.own
    pending = sorted(day.isoformat() for day in books.input.pending_days if day <= books.input.as_at)
    cause, detail = Cause.SOURCE_CONTRADICTS_ITSELF, "own stock value"
    why = ""
    if pending and not books.input.read_ahead:
        cause, detail = Cause.NOT_EXTRACTED, "changed days"
        why = f" Days that changed since they were read: {', '.join(pending[:10])}."
    products, locations = stock.product.to_pylist(), stock.location.to_pylist()
    entries = []
    for row in np.flatnonzero(np.abs(gap) >= MICROS_IN_CENT // 2).tolist():
        cents, own = round_to_cents(np.array([stock.movements[row] - stock.own[row], stock.own[row]])).tolist()
        product, location = products[row], locations[row]
        sentence = (
            f"Product {product}, location {location}: its movements add up to {amount_text(own + cents)}, its own "
            f"stock value is {amount_text(own)}.{why}"
        )
        key = f"product/{product or ''}@{location or ''}"
        entries.append(
            Entry(
                "product_location", key, int(stock.account[row]), books.as_at, cause, detail, cents, sentence,
                source_number=product,
            )
        )  # fmt: skip
    return entries


def _opening(
    books: CodedInput, matching: Matching, foreign: Foreign, totals: Balances
) -> tuple[list[Entry], dict[str, tuple[int, int]]]:
    """Both sides from before the first day, one against the other."""
    source, ledger = np.zeros(len(books.accounts), dtype=np.int64), totals.opening.copy()
    rows = np.flatnonzero(matching.opening_rows & (books.stock_day <= books.as_at))
    np.add.at(source, books.stock_account[rows], books.stock_micros[rows])
    lines = np.array(foreign.opening_rows, dtype=np.int64)
    lines = lines[books.ledger_day[lines] <= books.as_at]
    np.add.at(ledger, books.ledger_account[lines], books.ledger_cents[lines])
    source = round_to_cents(source)
    entries, sides = [], {}
    inherited = inherited_objects(books, lines)
    for account in np.flatnonzero(source != ledger).tolist():
        key = f"account/{books.accounts[account]}/opening"
        was, now = int(source[account]), int(ledger[account])
        objects = inherited.get(account, [])
        if not was:  # no stock was there before the first day: each of these entries is a difference of its own
            entries += [opening_entry(one, account) for one in objects]
            foreign.show(row for one in objects for row in one.rows)
            now -= sum(one.cents for one in objects)
        elif not now and not objects:  # QuickBooks began with nothing: each place's stock is a difference of its own
            for entry in opening_places(books, rows[books.stock_account[rows] == account], totals.start_day):
                entries.append(entry)
                sides[entry.document_key] = (-entry.cents, 0)
                was += entry.cents
        if was == now:
            continue
        sentence = f"Stock began with {amount_text(was)}, QuickBooks with {amount_text(now)}{made_of(objects)}."
        sides[key] = (was, now)
        entries.append(
            Entry("account", key, account, totals.start_day, Cause.OPENING_BALANCE, "opening", now - was, sentence)
        )
    return entries, sides


def _missing_lines(books: CodedInput, totals: Balances) -> list[Entry]:
    entries = []
    for account in np.flatnonzero(totals.missing).tolist():
        cents = int(totals.missing[account])
        sentence = (
            f"QuickBooks' balance is {amount_text(int(totals.ledger[account]))}, the ledger lines that were read make "
            f"{amount_text(int(totals.ledger[account]) - cents)}: the ledger was read incompletely."
        )
        key = f"account/{books.accounts[account]}/ledger"
        entries.append(
            Entry("account", key, account, books.as_at, Cause.UNEXPLAINED, "ledger incomplete", cents, sentence)
        )
    return entries


def _parts_of_a_cent(books: CodedInput, matching: Matching, entries: list[Entry], totals: Balances) -> list[Entry]:
    """Stock value less the rounded values of its documents: what rounding each of them leaves."""
    here = matching.cells.day <= books.as_at
    rounded = np.zeros(len(books.accounts), dtype=np.int64)
    np.add.at(rounded, matching.cells.account[here], matching.cells.source[here])
    rows = matching.opening_rows & (books.stock_day <= books.as_at)
    opening = np.zeros(len(books.accounts), dtype=np.int64)
    np.add.at(opening, books.stock_account[rows], books.stock_micros[rows])
    rounded += round_to_cents(opening)
    said = Counter[int]()
    for entry in entries:
        if entry.scope == "product_location" and entry.cause is not Cause.OPENING_BALANCE:
            said[entry.account] += entry.cents
    found = []
    for account in range(len(books.accounts)):
        cents = int(rounded[account]) - said[account] - int(totals.stock[account])
        if cents:
            key = f"account/{books.accounts[account]}/rounding"
            sentence = "Parts of a cent of all documents together."
            found.append(
                Entry("account", key, account, books.as_at, Cause.ROUNDING, "parts of a cent", cents, sentence)
            )
    return found
