"""Reports of companies in France: trial balance, general ledger and journals as they are kept there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Final

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.reports import french_lines, general_ledger
from qbo_pipeline.emulator.company.reports.cash import lines_of
from qbo_pipeline.emulator.company.reports.choosing import of_types, sort_order
from qbo_pipeline.emulator.company.reports.french_lines import TITLES, FrenchLine, only_in_france
from qbo_pipeline.emulator.company.reports.periods import period
from qbo_pipeline.emulator.company.reports.shape import Cell, Row, amount, cells, report, section
from qbo_pipeline.emulator.company.reports.statements import in_order, trial_balance_named

_DEFAULT: Final = "this month-to-date"
_LEDGER: Final = ("tx_date", "journal_code_name", "doc_num", "memo", "lettrage", "debt_amt", "credit_amt")
_JOURNAL: Final = ("txn_num", "journal_code_name", "tx_date", "doc_num", "name", "acct_num_with_extn", "account_name",
                   "memo", "debt_amt", "credit_amt")  # fmt: skip
_BALANCE: Final = "subt_rbal_amount"


def trial_balance(book: Book, params: Mapping[str, str]) -> Body:
    """TrialBalanceFR: the trial balance, under its name there. Raises 5020 outside France, as all of these do."""
    only_in_france(book)
    return trial_balance_named(book, params, "TrialBalanceFR")


def ledger(book: Book, params: Mapping[str, str]) -> Body:
    """GeneralLedgerFR: a section for each account with journal codes, lettering, debits, credits and balances.

    It is chosen from and sorted as the GeneralLedger is; balances are debits less credits.
    """
    only_in_france(book)
    found = period(book, params, _DEFAULT)
    params = of_types(book, params)
    table = lines_of(book, params)
    opening = general_ledger.opening(book, params, found, table)
    lines = french_lines.read(book, params, found, table, "l.account, l.date, l.txn, l.n")
    by_account = {account: list(own) for account, own in groupby(lines, key=lambda line: line.account)}
    sort = _sorting(params, _LEDGER)
    rows = [
        _account(book, entry.id, opening.get(int(entry.id), 0), by_account.get(int(entry.id), []), sort)
        for entry in in_order(book)
        if int(entry.id) in by_account or opening.get(int(entry.id))
    ]
    heads = [_head(key) for key in _LEDGER] + [{"ColTitle": "Balance", "ColType": _BALANCE}]
    return report(book, "GeneralLedgerFR", params, heads, rows, found)


def _account(book: Book, id: str, before: int, lines: list[FrenchLine], sort: _Sort) -> Row:
    body = book.account(id)
    title = f"{body['AcctNum']} {body['Name']}" if body.get("AcctNum") else book.entries["Account"][id].name
    balance = before
    made: list[tuple[dict[str, Cell], Row]] = []
    for line in lines:
        balance += line.home
        own = french_lines.cells(book, line)
        data = [*(own[key] for key in _LEDGER), {"value": amount(balance)}]
        made.append((own, {"ColData": data, "type": "Data"}))
    rows = sort(made)
    blank = [""] * len(_LEDGER)
    if before:
        rows.insert(0, {"ColData": cells("Beginning Balance", *blank[1:], amount(before)), "type": "Data"})
    debit, credit = _sides(lines)
    summary = cells(f"Total for {title}", *blank[3:], amount(debit), amount(credit), amount(balance))
    return section([{"value": title, "id": id}, *cells(*blank)], rows, summary)


def journal(book: Book, params: Mapping[str, str]) -> Body:
    """JournalReportFR: a section for each journal code; `journal_code` (by name) and `columns` choose."""
    only_in_france(book)
    found = period(book, params, _DEFAULT)
    keys = _columns(params, _JOURNAL)
    sort = _sorting(params, tuple(TITLES))
    wanted = {part.strip().casefold() for part in params.get("journal_code", "").split(",")} - {""}
    by_code: dict[str, list[FrenchLine]] = {}
    for line in french_lines.read(book, {}, found):
        if not wanted or line.journal.code.casefold() in wanted:
            by_code.setdefault(line.journal.code, []).append(line)
    rows: list[Row] = []
    for code in sorted(by_code):
        made = [(own := french_lines.cells(book, line), _row(own, keys)) for line in by_code[code]]
        sums = dict(zip(("debt_amt", "credit_amt"), map(amount, _sides(by_code[code])), strict=True))
        summary = cells(f"Total for {code}", *(sums.get(key, "") for key in keys[1:]))
        rows.append(section(cells(code, *[""] * (len(keys) - 1)), sort(made), summary))
    return report(book, "JournalReportFR", params, [_head(key) for key in keys], rows, found)


def _head(key: str) -> Body:
    return {"ColTitle": TITLES[key], "ColType": key}


def _row(own: Mapping[str, Cell], keys: tuple[str, ...]) -> Row:
    return {"ColData": [own[key] for key in keys], "type": "Data"}


def _sides(lines: list[FrenchLine]) -> tuple[int, int]:
    return sum(max(line.home, 0) for line in lines), sum(max(-line.home, 0) for line in lines)


_Sort = Callable[[list[tuple[dict[str, Cell], Row]]], list[Row]]


def _sorting(params: Mapping[str, str], known: tuple[str, ...]) -> _Sort:
    """What puts rows in the order of `sort_by` and `sort_order`. Raises 2170."""
    by, is_descending = params.get("sort_by"), sort_order(params) == "descend"
    if by and by not in known:
        raise fault("2170", "sort_by", what=by)

    def sort(made: list[tuple[dict[str, Cell], Row]]) -> list[Row]:
        if by:
            made = sorted(made, key=lambda each: french_lines.sortable(by, each[0][by]), reverse=is_descending)
        elif is_descending:
            made = made[::-1]
        return [row for _, row in made]

    return sort


def _columns(params: Mapping[str, str], default: tuple[str, ...]) -> tuple[str, ...]:
    text = params.get("columns")
    keys = tuple(key.strip() for key in text.split(",") if key.strip()) if text else default
    wrong = [key for key in keys if key not in TITLES]
    if wrong:
        raise fault("2170", "columns", what=", ".join(wrong))
    return keys
