"""Lists that are reports: the chart of accounts with balances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.present import account_balance
from qbo_pipeline.emulator.company.reports.choosing import sort_order
from qbo_pipeline.emulator.company.reports.periods import days
from qbo_pipeline.emulator.company.reports.shape import Cell, Row, amount, column, report
from qbo_pipeline.emulator.company.reports.statements import in_order

# ColKey -> (title, ColType).
_COLUMNS: Final[dict[str, tuple[str, str]]] = {
    "account_name": ("Account", "String"),
    "account_type": ("Type", "String"),
    "detail_acc_type": ("Detail type", "String"),
    "account_desc": ("Description", "String"),
    "account_bal": ("Balance", "Money"),
    "account_num": ("Account #", "String"),
    "currency": ("Currency", "String"),
    "create_date": ("Create Date", "Date"),
    "last_mod_date": ("Last Modified", "Date"),
}
_DEFAULT: Final = tuple(list(_COLUMNS)[:5])
_STATUS: Final = {"active": (True,), "not_active": (False,), "all": (True, False)}


def account_list(book: Book, params: Mapping[str, str]) -> Body:
    """AccountList: a row for each active account, in the order of statements, with its present balance.

    `account_type` (comma separated), `account_status` (Active, Not_Active, All), when it was created and changed,
    `columns`, `sort_by`, `sort_order`.
    """
    text = params.get("columns")
    keys = [key.strip() for key in text.split(",") if key.strip()] if text else list(_DEFAULT)
    by = params.get("sort_by")
    asked = [("columns", key) for key in keys] + ([("sort_by", by)] if by else [])
    wrong = [(name, key) for name, key in asked if key not in _COLUMNS]
    if wrong:
        raise fault("2170", wrong[0][0], what=wrong[0][1])
    status = (params.get("account_status") or "Active").lower()
    if status not in _STATUS:
        raise fault("2170", "account_status", what=status)
    spans = {what: days(book, params, what) for what in ("createdate", "moddate")}
    types = {kind.strip().casefold() for kind in (params.get("account_type") or "").split(",") if kind.strip()}
    found: list[dict[str, Cell]] = []
    for entry in in_order(book):
        body = entry.body
        if entry.active not in _STATUS[status]:
            continue
        instants = {"createdate": entry.created, "moddate": entry.updated}
        if any(span and not span.start <= book.local(instants[what])[:10] <= span.end for what, span in spans.items()):
            continue
        kind = body["AccountType"].casefold()
        if types and not {kind, kind.replace(" ", "")} & types:
            continue
        found.append(
            {
                "account_name": {"value": entry.name, "id": entry.id},
                "account_type": {"value": body["AccountType"]},
                "detail_acc_type": {"value": body["AccountSubType"]},
                "account_desc": {"value": body.get("Description", "")},
                "account_bal": {"value": amount(account_balance(book, entry))},
                "account_num": {"value": body.get("AcctNum", "")},
                "currency": {"value": book.currency_of(body)},
                "create_date": {"value": book.local(entry.created)},
                "last_mod_date": {"value": book.local(entry.updated)},
            }
        )
    if by == "account_bal":
        found.sort(key=lambda row: int(row[by]["value"].replace(".", "")))
    elif by:
        found.sort(key=lambda row: row[by]["value"].casefold())
    if sort_order(params) == "descend":
        found.reverse()
    rows: list[Row] = [{"ColData": [row[key] for key in keys], "type": "Data"} for row in found]
    return report(book, "AccountList", params, [column(*_COLUMNS[key], key) for key in keys], rows)
