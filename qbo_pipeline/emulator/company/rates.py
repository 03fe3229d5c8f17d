"""Exchange rates: home units for one unit of a foreign currency, by date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.cleaning import clean, missing
from qbo_pipeline.emulator.company.faults import QboError, error, fault
from qbo_pipeline.emulator.company.preparing import raise_all
from qbo_pipeline.emulator.company.query.execute import rate_body
from qbo_pipeline.emulator.company.references import known_currency
from qbo_pipeline.emulator.company.schema.entities import EXCHANGE_RATE


def put(book: Book, body: Mapping[str, Any]) -> Body:
    """Set the rate of a currency from a date on. Raises 6000 for the home currency, 2220 for an unknown one."""
    errors: list[QboError] = []
    cleaned = {k: v for k, v in clean(body, EXCHANGE_RATE.fields, errors).items() if v is not None}
    missing(cleaned, EXCHANGE_RATE.fields, errors)
    raise_all(errors)
    currency = _foreign(book, cleaned["SourceCurrencyCode"])
    target = cleaned.get("TargetCurrencyCode", book.home_currency)
    if target != book.home_currency:
        errors.append(error("2220", "TargetCurrencyCode", what=target))
    raise_all(errors)
    day = cleaned.get("AsOfDate") or book.today().isoformat()
    book.touched = True
    sql = "INSERT OR REPLACE INTO rates VALUES (?, ?, ?, ?)"
    book.store.execute(sql, (currency, day, format(cleaned["Rate"], "f"), book.now()))
    return rate_body(book, currency, day)


def get(book: Book, currency: str, as_of: date | None) -> Body:
    """The rate of a currency at a date (today if None)."""
    return rate_body(book, _foreign(book, currency), (as_of or book.today()).isoformat())


def _foreign(book: Book, code: str) -> str:
    code = code.upper()
    if not known_currency(code):
        raise fault("2220", "SourceCurrencyCode", what=code)
    if code == book.home_currency:
        raise fault("6000", "SourceCurrencyCode", what="The home currency has no exchange rate.")
    return code
