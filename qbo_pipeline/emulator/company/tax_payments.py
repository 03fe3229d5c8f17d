"""Payments to a tax agency: entered in QBO's window, which is `pay` here; the API reads them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.draft import Draft
from qbo_pipeline.emulator.company.faults import NOT_FOUND_INACTIVE, QboError, error, fault
from qbo_pipeline.emulator.company.money import minor
from qbo_pipeline.emulator.company.preparing import check_open, raise_all, write
from qbo_pipeline.emulator.company.schema.entities import entity

NAME: Final = "TaxPayment"
_COUNTRIES: Final = ("AU", "CA", "GB")
"""Intuit's reference: applicable for AU, CA and UK locales only."""


def pay(book: Book, agency: str, account: str, amount: Decimal, day: date, *, refund: bool, description: str) -> Any:
    """Dr what the agency is owed / Cr the bank, or the reverse for a refund; returns the new row.

    Raises 610 for an unknown agency or account, 5020 outside those countries, 6000, 6210 and 6430.
    """
    found, bank = book.entries["TaxAgency"].get(agency), book.entries["Account"].get(account)
    if found is None or bank is None:
        raise fault("610", what=NOT_FOUND_INACTIVE)
    errors: list[QboError] = []
    if book.country not in _COUNTRIES:
        errors.append(error("5020", what="Tax payments are available to companies in Australia, Canada and the UK."))
    if bank.body["AccountType"] not in ("Bank", "Credit Card") or book.currency_of(bank.body) != book.home_currency:
        errors.append(error("6430", "PaymentAccountRef", what=f"{bank.name} can't pay taxes"))
    if minor(amount) <= 0:
        errors.append(error("6000", "PaymentAmount", what="You must set a transaction amount."))
    check_open(book, NAME, day.isoformat(), errors)
    raise_all(errors)
    body: Body = {"PaymentAccountRef": {"value": account}, "Refund": refund}
    if description:
        body["Description"] = description
    home = book.home_currency
    draft = Draft(book, entity(NAME), 0, body, day.isoformat(), None, home, Decimal(1), None, errors, memo=description)
    draft.total = minor(amount)
    sign = -1 if refund else 1
    draft.post(found.body["TaxTrackedOnSalesAccountRef"]["value"], sign * draft.total)
    draft.post(account, -sign * draft.total)
    draft.id = book.next_id("Transaction")
    now = book.now()
    row = write(book, draft, 0, now, now)
    book.record(NAME, draft.id, "Create")
    return row
