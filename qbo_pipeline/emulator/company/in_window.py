"""What people do in QBO's own window and no call of the API does: charges put on an invoice, bundles, tax paid."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from qbo_pipeline.emulator.company import charges, documents, present, saving, tax_payments
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.posting import bundles


def invoice_charges(book: Book, customer: str) -> Body:
    """An invoice of today for all that waits to be reimbursed by a customer. Raises 6000 where nothing does."""
    found = charges.waiting(book, customer)
    if not found:
        raise fault("6000", what="There is nothing to reimburse.")
    body = charges.invoice(book, customer, found, book.today().isoformat())
    id = documents.create(book, "Invoice", body, frozenset())[0]
    charges.bill(book, id, [charge for charge, _ in found])
    return saving.stored(book, id)


def make_bundle(book: Book, name: str, parts: dict[str, Decimal]) -> Body:
    """An Item of type Group: so much of each product (by Id) under one name."""
    return present.entry(book, "Item", bundles.make(book, name, parts))


def pay_tax(
    book: Book,
    agency: str,
    account: str,
    amount: Decimal,
    *,
    day: date | None = None,
    refund: bool = False,
    memo: str = "",
) -> Body:
    """A payment to a tax agency in home currency on a business date (today if None), or a refund from it."""
    row = tax_payments.pay(book, agency, account, amount, day or book.today(), refund=refund, description=memo)
    return present.transaction(book, row)
