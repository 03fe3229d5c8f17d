"""The general ledger of given accounts, read in windows small enough not to be cut off, and proved complete.

Proof, for each account: opening balance + lines = the running balance after each line; the section's total = its
lines; each window opens with what the one before it closed with; and the last closes with QBO's own trial balance.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from qbo_pipeline.errors import Signal
from qbo_pipeline.instants import parse_instant
from qbo_pipeline.quickbooks.errors import Incomplete, Unavailable
from qbo_pipeline.quickbooks.ledger import (
    AMOUNT,
    BALANCE,
    HOME_AMOUNT,
    HOME_BALANCE,
    LedgerBalance,
    LedgerLine,
    LedgerReport,
    ledger_line,
    line_amount,
)
from qbo_pipeline.quickbooks.reports import Report, ReportRow

WINDOW_DAYS = (92, 31)  # the second where the proof fails with the first, account by account
WINDOW_ROWS = 5_000  # that a window may grow to by what the ones before it held: a sixth of what QBO answers
BEGINNING = "beginning balance"
_COLUMNS = ("tx_date", "txn_type", "doc_num", "name", "memo", "split_acc", "create_date", "create_by", "last_mod_date",
            "last_mod_by")  # fmt: skip


log = logging.getLogger(__name__)

JsonObject = dict[str, Any]
ReadReport = Callable[[str, Mapping[str, str]], Report]


@dataclass(slots=True)
class _Window:
    """What one report says of one account, in the account's natural sign."""

    opening: Decimal | None = None
    rows: list[ReportRow] = field(default_factory=list)
    closing: Decimal = Decimal(0)


def read_ledger(
    report: ReadReport,
    accounts: Mapping[str, tuple[str, int]],
    first: date,
    last: date,
    *,
    multi_currency: bool = False,
    history_before: date | None = None,
) -> LedgerReport:
    """The lines of balance sheet accounts from `first` to `last` (both included), proved complete.

    The days before `history_before` are asked for with the first window, in as few reports as QBO answers whole: they
    may be many years, and mostly empty. A window is longer than the one before it, at most twice, as long as it should
    hold few enough rows.

    `accounts` are names and signs by Id (1 where a debit increases the account, -1 where a credit does). A report
    that is cut off or does not add up is split, down to one account and one day; `Incomplete` says where even that
    does not help. What is posted to an earlier day while it is read makes the chain break: then it is read once more.
    """
    if first > last:
        raise ValueError(f"the ledger's first day {first} is after its last {last}")
    expected, as_at = _trial_balance(report, accounts, first, last)
    faults: dict[str, str] = {}
    found: dict[str, tuple[Decimal, Decimal, list[LedgerLine]]] = {}
    for days, together in zip(WINDOW_DAYS, (True, False), strict=True):
        wanted = [id for id in accounts if id not in found]
        for group in [wanted] if together else [[id] for id in wanted]:
            if not group:
                continue
            rows = WINDOW_ROWS if together else 0
            windows = _windows(report, group, first, last, days, rows, multi_currency, history_before or first)
            for id in group:
                name, sign = accounts[id]
                try:
                    found[id] = _chained(id, name, sign, [window[id] for window in windows], expected[id])
                    faults.pop(id, None)
                except _Broken as broken:
                    faults[id] = str(broken)
        if not faults:
            break
        log.info("the general ledger of %d accounts does not add up; it is read again in smaller parts", len(faults))
        expected |= _trial_balance(report, {id: accounts[id] for id in faults}, first, last)[0]
    if faults:
        said = "; ".join(f"{accounts[id][0]} ({id}): {fault}" for id, fault in faults.items())
        raise Incomplete(f"QuickBooks' general ledger from {first} to {last} cannot be proved complete: {said}")
    return LedgerReport(
        tuple(line for id in accounts for line in found[id][2]),
        tuple(LedgerBalance(id, accounts[id][0], found[id][0], found[id][1]) for id in accounts),
        as_at,
    )


class _Broken(Signal):
    """An account's lines do not add up; the text says where."""


def _windows(
    report: ReadReport,
    accounts: Sequence[str],
    first: date,
    last: date,
    days: int,
    rows: int,
    multi_currency: bool,
    history_before: date,
) -> list[dict[str, _Window]]:
    windows: list[dict[str, _Window]] = []
    start, wide = first, days
    end = min(max(first, history_before) + timedelta(days=days - 1), last)
    while start <= last:
        found = list(_split(report, accounts, start, end, multi_currency))
        windows += found
        held = sum(len(window.rows) for part in found for window in part.values())
        wide = max(days, min(2 * wide, rows * wide // max(held, 1)))
        start, end = end + timedelta(days=1), min(end + timedelta(days=wide), last)
    return windows


def _split(
    report: ReadReport, accounts: Sequence[str], first: date, last: date, multi_currency: bool
) -> Iterator[dict[str, _Window]]:  # fmt: skip
    """One window, or the halves of it where QBO cut it off: first by days, then by accounts."""
    try:
        yield _window(report, accounts, first, last, multi_currency)
    except (Incomplete, _Broken) as error:
        if first < last:
            middle = first + (last - first) // 2
            yield from _split(report, accounts, first, middle, multi_currency)
            yield from _split(report, accounts, middle + timedelta(days=1), last, multi_currency)
        elif len(accounts) > 1:
            merged: dict[str, _Window] = {}
            for id in accounts:
                merged |= next(_split(report, [id], first, last, multi_currency))
            yield merged
        else:
            raise Incomplete(
                f"QuickBooks' general ledger of account {accounts[0]} on {first} alone is not complete: {error}"
            ) from None


def _window(
    report: ReadReport, accounts: Sequence[str], first: date, last: date, multi_currency: bool
) -> dict[str, _Window]:
    amount, balance = (HOME_AMOUNT, HOME_BALANCE) if multi_currency else (AMOUNT, BALANCE)
    params = {
        "start_date": first.isoformat(),
        "end_date": last.isoformat(),
        "accounting_method": "Accrual",
        "account": ",".join(accounts),
        "columns": ",".join((*_COLUMNS, amount, balance)),
    }
    answer = report("GeneralLedger", params)
    missing = [key for key in (*_COLUMNS[:3], amount, balance) if key not in answer.columns]
    if missing and answer.rows:
        raise Unavailable(f"the general ledger came without the columns {', '.join(missing)}")
    windows = {id: _Window() for id in accounts}
    totals: dict[str, list[Decimal]] = {}
    nested: dict[str, Decimal] = dict.fromkeys(accounts, Decimal(0))
    for row in answer.rows:
        id = next((section.id for section in reversed(row.path) if section.id), "")
        if id not in windows:
            continue
        if row.kind == "summary":
            total = row.cell(amount).amount
            totals.setdefault(id, []).append(total if total is not None else Decimal(0))
        elif any(cell.value.lower() == BEGINNING for cell in row.cells.values()):
            windows[id].opening = row.cell(balance).amount or Decimal(0)
        elif row.cell("tx_date").value:
            windows[id].rows.append(row)
            for section in row.path:
                if section.id in nested:
                    nested[section.id] += row.cell(amount).amount or Decimal(0)
    for id, window in windows.items():
        _check_window(id, window, totals.get(id), nested[id], amount, balance)
    return windows


def _check_window(
    id: str, window: _Window, totals: list[Decimal] | None, nested: Decimal, amount: str, balance: str
) -> None:
    opening = window.opening or Decimal(0)
    running = opening
    for row in window.rows:
        running += row.cell(amount).amount or Decimal(0)
        shown = row.cell(balance).amount
        if shown is not None and shown != running:
            where = f"{row.cell('txn_type').value} {row.cell('doc_num').value} of {row.cell('tx_date').value}"
            raise _Broken(f"after {where} account {id} shows {shown}, its lines make {running}")
    own = running - opening
    if window.rows and not totals:
        raise _Broken(f"the section of account {id} has no total")
    if totals and own not in totals and nested not in totals:
        raise _Broken(f"the total of account {id} is {totals[-1]}, its lines make {own}")
    window.closing = running


def _chained(
    id: str, name: str, sign: int, windows: list[_Window], expected: Decimal
) -> tuple[Decimal, Decimal, list[LedgerLine]]:
    """Opening, closing and lines of one account over all windows; raises `_Broken` where the chain breaks."""
    # A window without lines may have no section at all, and one that opens with nothing no opening balance.
    spoken = next((window for window in windows if window.rows or window.opening is not None), _Window())
    opening = spoken.opening or Decimal(0)
    running = opening
    lines: list[LedgerLine] = []
    for window in windows:
        if window.opening is not None and window.opening != running:
            raise _Broken(
                f"a window opens with {window.opening * sign}, the one before it closed with {running * sign}"
            )
        if window.opening is None and window.rows and running != 0:
            raise _Broken(f"a window opens with nothing, the one before it closed with {running * sign}")
        for row in window.rows:
            running += line_amount(row)
            lines.append(ledger_line(id, name, sign, row, running))
    if running * sign != expected:
        raise _Broken(f"its lines make {running * sign}, the trial balance says {expected}")
    return opening * sign + 0, running * sign + 0, lines  # + 0: no negative zero


def _trial_balance(
    report: ReadReport, accounts: Mapping[str, tuple[str, int]], first: date, last: date
) -> tuple[dict[str, Decimal], datetime | None]:
    """QBO's own balance of each account after the last day, debit positive, 0 where it is not listed; its time."""
    params = {"start_date": first.isoformat(), "end_date": last.isoformat(), "accounting_method": "Accrual"}
    answer = report("TrialBalance", params)
    debit, credit = (_column(answer, word) for word in ("debit", "credit"))
    balances = dict.fromkeys(accounts, Decimal(0))
    for row in answer.rows:
        if row.kind == "data" and row.first.id in balances:
            balances[row.first.id] = (row.cell(debit).amount or Decimal(0)) - (row.cell(credit).amount or Decimal(0))
    return balances, _time(answer)


def _time(report: Report) -> datetime | None:
    """When QBO made a report; `None` where it does not say so, with its offset."""
    try:
        return parse_instant(str(report.header.get("Time")))
    except ValueError:
        return None


def _column(report: Report, word: str) -> str:
    found = [key for key in report.columns if word in key.lower() or (word == "debit" and "debt" in key.lower())]
    if len(found) != 1:
        raise Unavailable(f"the report {report.name} has no {word} column among {', '.join(report.columns)}")
    return found[0]
