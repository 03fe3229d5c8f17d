"""What every return rule reads of an object of QuickBooks in the same way.

What belongs here: fields of dated objects and the answers that several rules give. Each raises `OddShape` where a
field is not as Intuit documents it.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from qbo_pipeline.quickbooks.shapes import JsonObject, OddShape, an_object, exact
from qbo_pipeline.returning.values import NotReturned, ReturnBook, Withheld

BEFORE_FIRST_DAY, AFTER_LAST_DAY = "before_first_day", "after_last_day"
ON_ITS_WAY = "on_its_way"


def day_of(thing: JsonObject) -> date:
    """The business date of a transaction."""
    return read_day(thing.get("TxnDate", ""), "TxnDate")


def read_day(value: object, field: str) -> date:
    """The day that a field holds, the one of an instant among them."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise OddShape(f"{field} holds {str(value)[:40]!r} instead of a day") from None


def value_of(thing: JsonObject, field: str) -> str:
    """The Id that a reference names; empty where there is none."""
    return str(an_object(thing.get(field), field).get("value", ""))


def part_id(of: str, row: JsonObject, number: int) -> str:
    """An id for a line that no other object's line has: QuickBooks counts the lines of each object from 1."""
    return f"{of}:{row['Id']}" if row.get("Id") else f"{of}:line {number}"


def currency_of(thing: JsonObject, book: ReturnBook) -> str:
    """The currency of an object; the company's where QuickBooks names none."""
    return value_of(thing, "CurrencyRef") or book.home_currency


def rate_of(thing: JsonObject, book: ReturnBook) -> Decimal | None:
    """Home units for one foreign unit; `None` in the home currency."""
    if currency_of(thing, book) == book.home_currency or thing.get("ExchangeRate") is None:
        return None
    return exact(thing["ExchangeRate"], "ExchangeRate")


def too_early(label: str, book: ReturnBook) -> NotReturned:
    """What is dated before the way back begins."""
    message = f"{label} is dated before {book.first_day}, the first day that is written back"
    return NotReturned(rule=BEFORE_FIRST_DAY, message=message)


def outside(label: str, day: date, book: ReturnBook) -> NotReturned | None:
    """Why nothing of this day is written back; `None` where its day is one of those that are."""
    if day < book.first_day:
        return too_early(label, book)
    if book.last_day is None or day <= book.last_day:
        return None
    message = f"{label} is dated after {book.last_day}, the last day of this history ([connection] last_day)"
    return NotReturned(rule=AFTER_LAST_DAY, message=message)


def on_its_way(label: str, what: str) -> Withheld:
    """What cannot be written before something else has come to the source; it goes by itself then."""
    return Withheld(
        reason=ON_ITS_WAY,
        message=f"{label} waits until the inventory system has taken {what} from its inbox; nothing else is to be done "
        "for it",
    )
