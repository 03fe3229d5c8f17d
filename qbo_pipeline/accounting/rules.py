"""The table of posting rules: the kind of a record names the function that makes its drafts.

What belongs here: a table for each posting mode, and the one door through which records become drafts. A further rule
(another kind, another posting mode) is a row here and a function in the module of its subject.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qbo_pipeline.accounting import categories, terms
from qbo_pipeline.accounting.books import Books, PostingMode
from qbo_pipeline.accounting.converting import converted_document
from qbo_pipeline.accounting.drafts import Draft, Excluded, Outcome, Stop
from qbo_pipeline.accounting.exporting import NOT_APPROVED, NOT_EXPORTED, kept_out
from qbo_pipeline.accounting.movements import build_movement
from qbo_pipeline.accounting.parties import build_party
from qbo_pipeline.accounting.payments import build_payment
from qbo_pipeline.accounting.products import build_product
from qbo_pipeline.accounting.purchases import build_order, build_purchase_document
from qbo_pipeline.accounting.sales import build_quote, build_sales_document
from qbo_pipeline.accounting.summarised_sales import SUMMARY_CUSTOMER, build_summary_customer
from qbo_pipeline.accounting.tracked import (
    build_tracked_order,
    build_tracked_purchase,
    build_tracked_quote,
    build_tracked_sale,
)
from qbo_pipeline.accounting.tracked_stock import build_tracked_movement, build_tracked_product
from qbo_pipeline.inventory.records import (
    MOVEMENT_KINDS,
    PARTY_KINDS,
    PAYMENT_KINDS,
    PRODUCT_KINDS,
    Document,
    Location,
    Record,
)

Rule = Callable[[Any, Books], Outcome]
NOT_OURS = "owned_by_quickbooks"
BY_SETTINGS = (NOT_OURS, NOT_EXPORTED, NOT_APPROVED)  # what is posted already stays as it is


def _build_location(location: Location, books: Books) -> Excluded:
    return Excluded(
        rule="location_not_posted",
        message=f"Location {location.name}: accounts, class and department of one are named in [accounts.by_location]",
    )


RULES: dict[str, Rule] = {  # the inventory system keeps the stock's books, and QBO computes no cost
    **dict.fromkeys(PARTY_KINDS, build_party),
    **dict.fromkeys(PRODUCT_KINDS, build_product),
    "location": _build_location,
    "sales_invoice": build_sales_document,
    "sales_credit": build_sales_document,
    "quote": build_quote,
    "sales_receipt": build_sales_document,
    "sales_refund": build_sales_document,
    "bill": build_purchase_document,
    "purchase_credit": build_purchase_document,
    "purchase_order": build_order,
    **dict.fromkeys(MOVEMENT_KINDS, build_movement),
    **dict.fromkeys(PAYMENT_KINDS, build_payment),
}
TRACKED_RULES: dict[str, Rule] = {  # QBO keeps the stock's books: no journal and no account line on stock
    **RULES,
    **dict.fromkeys(PRODUCT_KINDS, build_tracked_product),
    "sales_invoice": build_tracked_sale,
    "sales_credit": build_tracked_sale,
    "sales_receipt": build_tracked_sale,
    "sales_refund": build_tracked_sale,
    "quote": build_tracked_quote,
    "bill": build_tracked_purchase,
    "purchase_credit": build_tracked_purchase,
    "purchase_order": build_tracked_order,
    **dict.fromkeys(MOVEMENT_KINDS, build_tracked_movement),
}
MODES: dict[PostingMode, dict[str, Rule]] = {"external": RULES, "tracked": TRACKED_RULES}


# What belongs to no record and is made where a draft refers to it: its key says all that it is made of.
UNRECORDED: dict[str, Callable[[str, Books], Draft]] = {
    terms.PREFIX: terms.build_term,
    categories.PREFIX: categories.build_category,
    SUMMARY_CUSTOMER: build_summary_customer,
}


def build_unrecorded(key: str, books: Books) -> Draft | None:
    """The draft of a list entry that stands behind no record (payment terms, a category, the customer of summarised
    sales); `None` for other keys."""
    make = next((make for prefix, make in UNRECORDED.items() if key.startswith(prefix)), None)
    return make(key, books) if make is not None else None


def build(record: Record, books: Books) -> Outcome:
    """The drafts of a record, or why there are none: `Excluded` by a rule, or `Refused` until a person acts.

    What is dated is built by the books of its date. The same record and books give the same answer, to the byte.
    Raises `KeyError` for a kind that is no record kind.
    """
    day = getattr(record, "business_date", None)
    its_books = books if day is None else books.on(day)
    if record.kind in its_books.policies.not_posted:
        return Excluded(
            rule=NOT_OURS, message=f"[ownership] of the settings says that no {record.kind} of the source is posted"
        )
    try:
        if isinstance(record, Document):
            if (out := kept_out(record, its_books)) is not None and record.status != "voided":
                return out
            record = converted_document(record, its_books)
        return MODES[its_books.policies.mode][record.kind](record, its_books)
    except Stop as stop:
        return stop.outcome
