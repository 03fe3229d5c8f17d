"""Lines and balances of the general ledger: what they hold, and how a report's row becomes one.

How they are read and proved complete is in `ledger_reading.py`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from qbo_pipeline.instants import parse_instant_or_utc
from qbo_pipeline.quickbooks.errors import Unavailable
from qbo_pipeline.quickbooks.reports import TRANSACTION_LABELS, ReportRow

AMOUNT, BALANCE = "subt_nat_amount", "rbal_nat_amount"
HOME_AMOUNT, HOME_BALANCE = "subt_nat_home_amount", "rbal_nat_home_amount"
_SIGNS = {"Asset": 1, "Liability": -1, "Equity": -1}

JsonObject = dict[str, Any]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line of an account. `amount` and `balance` (after the line) are in home currency, debit positive;
    `qbo_type` is the entity's name, instants are UTC and `None` where QBO does not say."""

    account_id: str
    account_name: str
    business_date: date
    qbo_type: str
    qbo_id: str
    qbo_number: str
    name: str
    memo: str
    split: str
    amount: Decimal
    balance: Decimal
    created_at: datetime | None
    created_by: str
    changed_at: datetime | None
    changed_by: str


@dataclass(frozen=True, slots=True)
class LedgerBalance:
    """An account's balance before the first and after the last day, in home currency, debit positive."""

    account_id: str
    account_name: str
    opening: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """Lines in QBO's order, account by account and day by day, and the balance of each account asked for.

    `as_at` is QBO's own time when the reading began: what changed before it is in the lines; `None` where QBO does not
    say.
    """

    lines: tuple[LedgerLine, ...]
    balances: tuple[LedgerBalance, ...]
    as_at: datetime | None = None


def ledger_sign(account: JsonObject) -> tuple[str, int]:
    """An account's name, and 1 where a debit increases it or -1 where a credit does; `ValueError` for profit and
    loss accounts."""
    name, kind = str(account.get("Name", "")), account.get("Classification")
    if kind not in _SIGNS:
        raise ValueError(f"the ledger can be proved for balance sheet accounts only; {name!r} is of class {kind}")
    return name, _SIGNS[kind]


def line_amount(row: ReportRow) -> Decimal:
    cell = row.cells.get(HOME_AMOUNT) or row.cells.get(AMOUNT)
    return (cell.amount if cell else None) or Decimal(0)


def ledger_line(id: str, name: str, sign: int, row: ReportRow, running: Decimal) -> LedgerLine:
    label = row.cell("txn_type").value
    qbo_id = row.cell("txn_type").id or row.cell("tx_date").id or row.cell("doc_num").id
    return LedgerLine(
        account_id=id,
        account_name=name,
        business_date=_day(row.cell("tx_date").value),
        qbo_type=TRANSACTION_LABELS.get(label, label),
        qbo_id=qbo_id,
        qbo_number=row.cell("doc_num").value,
        name=row.cell("name").value,
        memo=row.cell("memo").value,
        split=row.cell("split_acc").value,
        amount=line_amount(row) * sign,
        balance=running * sign,
        created_at=_instant(row.cell("create_date").value),
        created_by=row.cell("create_by").value,
        changed_at=_instant(row.cell("last_mod_date").value),
        changed_by=row.cell("last_mod_by").value,
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unavailable(f"QuickBooks' general ledger holds {text!r} where a date is expected") from None


def _instant(text: str) -> datetime | None:
    """An instant as reports write it, UTC where it names no zone; `None` where it cannot be read."""
    if not text:
        return None
    try:
        return parse_instant_or_utc(text)
    except (ValueError, OverflowError):
        log.warning("the general ledger holds %r where an instant is expected", text)
        return None
