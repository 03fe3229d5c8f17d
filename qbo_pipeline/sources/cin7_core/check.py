"""Whether a Cin7 Core account fits the settings, and whether its own ledger agrees with its own stock.

What belongs here: the questions to what has landed; they take no call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

from qbo_pipeline.sources.cin7_core.fields import day
from qbo_pipeline.sources.cin7_core.lists import COMPANY, LEDGER_DAY, STOCK
from qbo_pipeline.sources.errors import Problem
from qbo_pipeline.sources.landed.account import Expected
from qbo_pipeline.sources.landed.objects import Landing
from qbo_pipeline.sources.landed.values import exact, objects, text

PARAMETER = "inventory_accounts"
_ACCOUNT = "Cin7 Core, /me"


def check_account(landing: Landing, expected: Expected, parameters: Mapping[str, str | Sequence[str]]) -> list[Problem]:
    """What stops the reading or is worth a look."""
    landed = landing.get(COMPANY, COMPANY)
    company = landed.content if landed else {}
    problems: list[Problem] = []
    currency = text(company, "Currency")
    if currency != expected.currency:
        remedy = (
            "They have to be one: correct [connection] currency, or connect the company that belongs to the account"
        )
        why = f"Cin7 Core keeps its books in {currency}, the settings say {expected.currency}"
        problems.append(Problem("another currency", _ACCOUNT, why, remedy))
    zone = text(company, "TimeZone")
    if zone in available_timezones() and zone != expected.time_zone:
        why = f"Cin7 Core's is {zone}, the settings say {expected.time_zone}"
        remedy = "Instants fall on another day near midnight: write the same zone in both"
        problems.append(Problem("another time zone", _ACCOUNT, why, remedy, severity="warning"))
    problems += _guard_rails(company, expected)
    problems += _golden_sum(landing, _accounts(parameters))
    return problems


def ledger_sum(landing: Landing, accounts: Sequence[str], as_at: date | None = None) -> Decimal:
    """What Cin7 Core's own ledger says that its inventory accounts hold: debits less credits, up to a day."""
    total = Decimal(0)
    for landed in landing.each(LEDGER_DAY):
        if as_at is not None and landed.object_id > as_at.isoformat():
            continue
        for line in objects(landed.content, "Transactions"):
            value = exact(line, "Amount") or Decimal(0)
            total += value * (
                (text(line, "DebitAccountCode") in accounts) - (text(line, "CreditAccountCode") in accounts)
            )
    return total


def _accounts(parameters: Mapping[str, str | Sequence[str]]) -> Sequence[str]:
    found = parameters.get(PARAMETER, ())
    return [found] if isinstance(found, str) else list(found)


def _guard_rails(company: Mapping[str, object], expected: Expected) -> list[Problem]:
    """The account's opening balance date and lock date, against the first day that is read."""
    utc = ZoneInfo("UTC")  # both are written as midnight: the day is meant
    opening, locked = (day(company, name, utc) for name in ("OpeningBalanceDate", "LockDate"))
    first = expected.first_day.isoformat()
    problems: list[Problem] = []
    if opening is not None and opening > first:
        why = f"its opening balances are of {opening}, the settings begin on {first}"
        remedy = f"Before {opening} there is nothing: write first_day = {opening} or later"
        problems.append(Problem("the books of Cin7 Core begin later", _ACCOUNT, why, remedy))
    if opening is not None and opening < first and (locked is None or locked < first):
        why = f"first_day is {first}, and Cin7 Core is locked {f'to {locked}' if locked else 'on no day'}"
        remedy = (
            "What is changed there on an earlier day changes the opening stock: set its lock date to the day before"
        )
        problems.append(Problem("earlier days are still open", _ACCOUNT, why, remedy, severity="warning"))
    return problems


def _golden_sum(landing: Landing, accounts: Sequence[str]) -> list[Problem]:
    """The system's own ledger against the system's own stock: where these two differ, no integration can be right."""
    newest = max((landed.object_id for landed in landing.each(STOCK)), default=None)
    if newest is None:
        return []
    if not accounts:
        why = f"[source.parameters] {PARAMETER} is not set, so its ledger cannot be compared with its stock"
        remedy = f'Write {PARAMETER} = ["CODE"] with the codes of its inventory accounts'
        return [Problem("the inventory accounts of Cin7 Core are not known", "/transactions", why, remedy, "warning")]
    landed = landing.get(STOCK, newest)
    assert landed is not None
    stock = sum((exact(line, "StockOnHand") or Decimal(0) for line in objects(landed.content, "Lines")), Decimal(0))
    ledger = ledger_sum(landing, accounts)
    if stock == ledger:
        return []
    why = f"its ledger has {ledger:,.2f} on {', '.join(accounts)}, its stock is worth {stock:,.2f}"
    remedy = (
        "Look for journals on these accounts in Cin7 Core, for receipts without cost, and for entries before first_day"
    )
    return [Problem("Cin7 Core does not agree with itself", "/transactions", why, remedy, severity="warning")]
