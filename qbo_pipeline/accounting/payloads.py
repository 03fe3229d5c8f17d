"""Payloads: the fields that several QBO entities share, and the last step that makes a payload a draft.

What belongs here: references, texts within QBO's lengths, headers, and `finish`, which checks the payload against
`schema_checks.py`. Which fields an entity gets is in the module of its subject.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Draft, Effect, Payload, refuse
from qbo_pipeline.accounting.money import ZERO
from qbo_pipeline.accounting.schema_checks import problem_in

DOC_NUMBER_LENGTH = 21
TEXT_LENGTH = 3600  # of a note: QBO takes 4,000; posting adds its marker
DESCRIPTION_LENGTH = 4000
MEMO_LENGTH = 1000  # of the message that a sales form prints


def ref(value: str) -> dict[str, str]:
    """A reference by id, or by `"$<key>"` to what another posting makes."""
    return {"value": value}


def key_ref(key: str) -> dict[str, str]:
    """A reference to the object that the posting `key` makes."""
    return ref(f"${key}")


def shorten(text: str, limit: int) -> str:
    """The text, or its beginning and a short digest of all of it, so that different long texts stay different."""
    if len(text) <= limit:
        return text
    return f"{text[: limit - 9]}~{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def clean(text: str, banned: str) -> str:
    """The text with each banned or control character as a space, and single spaces only."""
    return " ".join("".join(" " if ch in banned or not ch.isprintable() else ch for ch in text).split())


def doc_number(number: str) -> str:
    """A document number within QBO's 21 characters; a longer one ends in a digest of the whole."""
    return shorten(clean(number, ""), DOC_NUMBER_LENGTH)


def note(*parts: str | None) -> str:
    """A private note from the parts that say something, with room left for posting's marker."""
    return "; ".join(part for part in parts if part)[:TEXT_LENGTH]


def number_field(books: Books, entity: str, number: str) -> Payload:
    """`DocNumber`, where there is a number and QBO does not number this form by itself."""
    text = doc_number(number)
    return {"DocNumber": text} if text and not numbers_by_itself(books, entity) else {}


def numbers_by_itself(books: Books, entity: str) -> bool:
    """Whether QBO numbers this form: receipts and refunds of sales follow the preference of the invoice."""
    asked = "Invoice" if entity in ("SalesReceipt", "RefundReceipt") else entity
    return asked in books.policies.numbered_by_quickbooks


def currency_fields(books: Books, currency: str, rate: Decimal) -> Payload:
    """`CurrencyRef` (and `ExchangeRate` for a foreign currency) where the company has several currencies.

    Ends with `Refused` for a foreign currency in a company that has one only.
    """
    if not books.policies.multicurrency:
        if currency != books.home_currency:
            refuse(
                "multicurrency_off",
                f"the amount is in {currency}, but the company keeps its books in {books.home_currency} only: "
                "switch Multicurrency on in QuickBooks (Account and settings, Advanced; there is no way back), and the "
                "next run finds it",
                "currency",
            )
        return {}
    foreign: Payload = {"ExchangeRate": rate} if currency != books.home_currency else {}
    return {"CurrencyRef": ref(currency)} | foreign


def finish(
    *,
    key: str,
    entity: str,
    payload: Payload,
    business_date: date | None,
    amount: Decimal,
    currency: str,
    effects: Iterable[Effect] = (),
) -> Draft:
    """The draft of a payload that QBO allows; ends with `Refused`, naming the field, for one that it does not."""
    problem = problem_in(entity, payload)
    if problem is not None:
        refuse("invalid_payload", f"{entity}.{problem.field}: {problem.text}", problem.field)
    return Draft(
        key=key,
        entity=entity,
        payload=payload,
        business_date=business_date,
        amount=amount,
        currency=currency,
        effects=merged(effects),
    )


def merged(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    """One effect for each account, product, location and record, in order of appearance; zeros left out."""
    totals: dict[tuple[str, str | None, str | None, str | None], Decimal] = {}
    for effect in effects:
        place = (effect.account_id, effect.product_id, effect.location_id, effect.record_key)
        totals[place] = totals.get(place, ZERO) + effect.amount
    return tuple(
        Effect(account_id=account, amount=amount, product_id=product, location_id=location, record_key=record)
        for (account, product, location, record), amount in totals.items()
        if amount
    )
