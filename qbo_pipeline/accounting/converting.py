"""Documents and payments in a foreign currency, converted to the home currency at the source's rates.

What belongs here: the policy `foreign_documents = "home_currency"`, for a company in QBO that keeps one currency: the
record as it would be had it been written in home currency. Both sides of what it posts are home amounts and equal; what
payment and document differ by, for the rate moved between them, is told as a realised exchange difference.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from qbo_pipeline.accounting.accounts import Place, money_account_for
from qbo_pipeline.accounting.books import AccountRef, Books, rate_on
from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.accounting.journals import Heading, Leg, journal_entry
from qbo_pipeline.accounting.money import ZERO, apportion, cents
from qbo_pipeline.accounting.payloads import note
from qbo_pipeline.inventory.records import Document, Payment, decimal_text, record_key


def is_converted(currency: str, books: Books) -> bool:
    """Whether amounts in this currency go to QBO in home currency."""
    return currency != books.home_currency and books.policies.foreign_documents == "home_currency"


def converted_document(document: Document, books: Books) -> Document:
    """The document in home currency, or as it is where it is not converted; `books` are those of its date.

    Total and tax are converted by themselves, the lines so that they add up to their converted sum: they differ by a
    cent or two, which go to the account `rounding`. Ends with `Refused` where there is no rate.
    """
    if not is_converted(document.currency, books) or document.status != "completed":
        return document
    rate = rate_on(books, document.currency, document.business_date, document.exchange_rate)
    nets = apportion(line.net_amount * rate for line in document.lines)
    taxes = apportion(line.tax_amount * rate for line in document.lines)
    lines = (
        replace(line, unit_price=None, net_amount=net, tax_amount=tax)
        for line, net, tax in zip(document.lines, nets, taxes, strict=True)
    )
    total, tax = cents(document.total_amount * rate), cents(document.tax_amount * rate)
    return replace(
        document,
        currency=books.home_currency,
        exchange_rate=None,
        net_amount=total - tax,
        tax_amount=tax,
        total_amount=total,
        memo=note(_told(document.currency, document.total_amount, rate), document.memo),
        deposit_amount=None if document.deposit_amount is None else cents(document.deposit_amount * rate),
        lines=tuple(lines),
    )


def converted_payment(payment: Payment, books: Books) -> tuple[Payment, Decimal]:
    """The payment in home currency, and what it gained (or lost, negative) in the hands of the company.

    What it settles is converted at the rate of each document, so that the document is settled to the cent; the rest,
    and what the bank moved, at the payment's own. `books` are those of its date. Ends with `Refused` without a rate.
    """
    if not is_converted(payment.currency, books) or payment.status != "completed":
        return payment, ZERO
    rate = rate_on(books, payment.currency, payment.business_date, payment.exchange_rate)
    allocations = tuple(
        replace(item, amount=cents(item.amount * _rate_of(item.document_id, payment, rate, books)))
        for item in payment.allocations
    )
    rest = payment.amount - sum((item.amount for item in payment.allocations), Decimal(0))
    settled = sum((item.amount for item in allocations), ZERO) + cents(rest * rate)
    moved = cents(payment.amount * rate)
    gain = moved - settled if payment.kind == "payment_received" else settled - moved
    home = replace(
        payment,
        currency=books.home_currency,
        exchange_rate=None,
        amount=settled,
        memo=note(_told(payment.currency, payment.amount, rate), payment.memo),
        fee_amount=None if payment.fee_amount is None else cents(payment.fee_amount * rate),
        allocations=allocations,
    )
    return home, gain


def exchange_difference(payment: Payment, gain: Decimal, bank: AccountRef, label: str, books: Books) -> list[Draft]:
    """The journal entry by which the bank has what moved: Dr bank / Cr `exchange_difference` for a gain; none at 0."""
    if not gain:
        return []
    account = money_account_for(books, "exchange_difference", Place(field=label))
    legs = [
        Leg(account=bank, amount=gain, role="bank"),
        Leg(account=account, amount=-gain, role="exchange_difference"),
    ]
    heading = Heading(
        key=f"{record_key(payment)}#exchange",
        number=payment.number,
        label=f"Exchange difference of {label[0].lower()}{label[1:]}",
        business_date=payment.business_date,
        currency=books.home_currency,
        memo=payment.memo,
    )
    entry = journal_entry(books, heading, legs)
    return [entry] if isinstance(entry, Draft) else []


def _rate_of(document_id: str, payment: Payment, rate: Decimal, books: Books) -> Decimal:
    """The rate of the document that an allocation settles; the payment's own where that is not known, or converted."""
    document = books.document(document_id)
    if document is None or document.currency != payment.currency:
        return rate
    its = books.on(document.business_date)
    if not is_converted(document.currency, its):
        return rate
    return rate_on(its, document.currency, document.business_date, document.exchange_rate)


def _told(currency: str, amount: Decimal, rate: Decimal) -> str:
    return f"{currency} {decimal_text(amount)} at {decimal_text(rate)}"
